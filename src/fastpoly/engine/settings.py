"""How a market is kept connected, and whom its engine reports to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from fastpoly.health.clock import Clock, SystemClock
from fastpoly.shards import ALL_SHARDS

if TYPE_CHECKING:
    from fastpoly._core import Filter
    from fastpoly.engine.pipeline import GapTicket
    from fastpoly.errors import FastpolyError
    from fastpoly.health.silence import StaleAfter
    from fastpoly.protocol.lifecycle import StateChange
    from fastpoly.protocol.reconnect import ReconnectPolicy

__all__ = ["EngineOwner", "EngineSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How a market is kept connected.

    Attributes:
        policy: When to reconnect.
        subscribe_timeout_s: Seconds to wait for the server's next answer to a request.
        stale_after: Seconds of silence after which a channel is stale.
        fill_timeout_s: Seconds that filling a gap may take; None where gaps are not filled.
        gap_apart: Whether a gap comes as a batch of its own, see `Pipeline`.
        filter: What consumers get; None for everything.
        clock: The time.
        shards: The shards whose events are wanted, see `fastpoly.shards.shard_bits`.
    """

    policy: ReconnectPolicy
    subscribe_timeout_s: float = 10.0
    stale_after: StaleAfter = None
    fill_timeout_s: float | None = None
    gap_apart: bool = False
    filter: Filter | None = None
    clock: Clock = field(default_factory=SystemClock)
    shards: int = ALL_SHARDS


class EngineOwner(Protocol):
    """Whom an engine reports to, in its own event loop."""

    def on_state_change(self, change: StateChange) -> object:
        """Take every change of state."""

    def on_warning(self, error: FastpolyError) -> object:
        """Take an error that ends nothing, such as a refusal after a reconnect."""

    def on_gap(self, ticket: GapTicket) -> object:
        """Take a gap that is to be filled."""

    def on_exit(self, error: BaseException) -> object:
        """Take the program's end, which the reconnect policy asks for; the engine's end follows."""

    def on_finish(self, error: FastpolyError | None) -> object:
        """Take the end, and what caused it, or None."""
