"""The Protocol that every source follows, and whom a source reports to.

A source hands over batches, decoded as their frames arrive and stamped with the time of their
receipt, control messages, and its own end. It knows nothing of who consumes them. All of it happens
in the event loop in which the connection was opened; only counts may be asked for from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fastpoly.enums import Overflow
from fastpoly.health.counts import SourceCondition, SourceCounts

if TYPE_CHECKING:
    from fastpoly._core import Batch, FrameTap, LineWatch
    from fastpoly.errors import ConnectionLost, DecodeError, FastpolyError
    from fastpoly.health.clock import Clock
    from fastpoly.health.silence import StaleAfter
    from fastpoly.protocol.close_codes import CloseReason
    from fastpoly.protocol.reconnect import ReconnectPolicy
    from fastpoly.protocol.statuses import Action, ControlMessage

__all__ = ["FollowsConsumers", "Source", "SourceConnection", "SourceDefaults", "SourceOwner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDefaults:
    """What suits a source where the user says nothing.

    Attributes:
        reconnect: When to connect again; None for what suits a server.
        overflow: What happens when a consumer's buffer is full.
        stale_after: See `Stream`.
    """

    reconnect: ReconnectPolicy | None = None
    overflow: Overflow = Overflow.DROP_OLDEST
    stale_after: StaleAfter = None


class SourceOwner(Protocol):
    """Whom a connection of a source reports to."""

    @property
    def on_batch(self) -> Callable[[Batch], object]:
        """Takes each batch, in the order of arrival; must not raise or wait."""

    @property
    def watch(self) -> LineWatch:
        """Sees every event, before the batch is handed over."""

    @property
    def shards(self) -> int:
        """The shards whose events are to be decoded, the others passed over; see `shard_bits`."""

    def on_upgraded(self) -> object:
        """Take note that the connection is up and the login has begun."""

    def on_status(self, message: ControlMessage) -> object:
        """Take a control message, after the data that came before it."""

    def on_bad_frame(self, error: DecodeError) -> object:
        """Take note of a frame that could not be read."""

    def on_missed(self, error: ConnectionLost) -> object:
        """Take note of what else was lost between the last connection and this one's first data."""


class SourceConnection(Protocol):
    """One connection of a source, opened once."""

    @property
    def is_open(self) -> bool:
        """Whether requests can be made."""

    @property
    def gives_all(self) -> bool:
        """Whether everything comes, although nothing has been asked for."""

    async def open(self) -> None:
        """Connect and log in.

        Raises:
            FastpolyError: It did not work; the connection has ended then.
            UsageError: It was opened before; that changes nothing.
        """

    def send(self, action: Action, params: Iterable[str]) -> None:
        """Make one request, whose answers come as control messages.

        Raises:
            ConnectionLost: The connection is not open.
        """

    def record_to(self, tap: FrameTap | None) -> None:
        """Give a tap, too, all that is read from now on, as it came; None to stop.

        Before `open`, or while nothing is being read.
        """

    def pause_reading(self) -> None:
        """Hand over no more batches until `resume_reading`; those under way may still come."""

    def resume_reading(self) -> None:
        """Go on; no error where nothing was paused."""

    async def closed(self) -> CloseReason:
        """Wait for the end, and return how it came about.

        Raises:
            UsageError: It was never opened.
        """

    async def close(self) -> None:
        """Close in order, and wait until that is done."""

    def abort(self) -> None:
        """End at once."""

    def drop(self, error: FastpolyError) -> None:
        """End as lost, with an error that `closed` gives."""

    def counts(self) -> SourceCounts:
        """Return what it has read so far; from any thread."""

    def condition(self) -> SourceCondition:
        """Return how it is at the moment; from any thread."""


class Source(Protocol):
    """What feeds an engine: one connection after the other."""

    @property
    def delay_s(self) -> float:
        """By how many seconds its data is late as a matter of course."""

    @property
    def clock(self) -> Clock:
        """The time by which its data is received."""

    @property
    def where(self) -> str:
        """What texts call it: a URL without credentials and without a query."""

    @property
    def defaults(self) -> SourceDefaults:
        """What suits it."""

    def use_key(self, api_key: str) -> None:
        """Log in with another key from now on, where there is a login.

        Raises:
            UsageError: The key is invalid.
        """

    def connect(self, owner: SourceOwner) -> SourceConnection:
        """Return a new connection, not opened yet, that reports to an owner."""


@runtime_checkable
class FollowsConsumers(Protocol):
    """A source that keeps a place to go on from, and so asks how far its consumers are behind."""

    def follow(self, waiting_s: Callable[[], float]) -> None:
        """Take what tells for how many seconds the oldest batch has been waiting; 0 for none."""
