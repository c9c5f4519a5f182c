"""What faults can happen to: a market, a server, a connection."""

from __future__ import annotations

from random import Random
from typing import Any, Protocol

from fastpoly.serving.reader import Reader
from fastpoly.sim.outlet import FaultyOutlet

__all__ = ["FaultedConnection", "FaultedMarket", "FaultedServer"]


class FaultedMarket(Protocol):
    """What can go wrong with a market and its clock."""

    clock_offset_ms: int

    def happen_at_once(self, events: int) -> None:
        """Make so many trades and quotes without a pause between them."""

    def hurry(self, factor: float) -> None:
        """Multiply the rate; 1 undoes it."""

    def stall(self, on: bool) -> None:
        """Let nothing happen for a while; what was due happens when it is over."""


class FaultedServer(Protocol):
    """What can go wrong with a server."""

    @property
    def ack_delay(self) -> float:
        """Seconds from a request to its confirmations when nothing is wrong."""

    def inject(self, name: str, number: int | None = None, **settings: Any) -> int:
        """Make a fault happen now, to one connection or to all."""

    def restart(self, seconds: float) -> None:
        """Drop everyone and listen again after so many seconds."""

    def refuse(self, seconds: float, status: int, retry_after_s: int) -> None:
        """Drop everyone, and answer who comes with an HTTP status for so many seconds."""

    def later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Call something after so many seconds, if the server still runs."""


class FaultedConnection(Protocol):
    """What can go wrong with a connection."""

    number: int
    muted: bool
    ack_delay: float
    lost_acks: float

    @property
    def reader(self) -> Reader:
        """The server's side of it."""

    @property
    def outlet(self) -> FaultyOutlet:
        """The way to the client."""

    @property
    def pump(self) -> FaultedMarket:
        """The market that it is connected to."""

    @property
    def simulator(self) -> FaultedServer:
        """The server that it belongs to."""

    @property
    def random(self) -> Random:
        """Chance, of this connection only."""

    def deliver(self) -> None:
        """Send what the last moment of the market brought."""

    def deliver_giant(self, events: int) -> None:
        """Make so many trades and quotes happen and send them in one frame."""

    def die(self) -> None:
        """Go dead without a sign."""

    def later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Call something after so many seconds, if the connection is still there."""
