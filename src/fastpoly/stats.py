"""What a stream has done so far, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from fastpoly.delivery import BufferStats
from fastpoly.handlers import HandlerStats
from fastpoly.lifecycle import State

__all__ = ["LineStats", "StreamStats"]


@dataclass(frozen=True, slots=True)
class LineStats:
    """What came over the line.

    Attributes:
        connections: Connections that were accepted so far.
        bytes_received: Bytes of messages.
        frames_received: Messages.
        events_received: Events of the server, control messages not counted.
        bad_frames: Messages that could not be read.
        last_received_ns: When something was last received, Unix time in ns; 0 for never.
        round_trip_s: Seconds between the latest ping and its pong; None before the first.
    """

    connections: int
    bytes_received: int
    frames_received: int
    events_received: int
    bad_frames: int
    last_received_ns: int
    round_trip_s: float | None


@dataclass(frozen=True, slots=True)
class StreamStats:
    """What a stream has done so far.

    Attributes:
        market: The market.
        state: Where it is in its life.
        error: What ended it, one sentence, or an empty text.
        subscriptions: Parameters that are wanted.
        confirmed: Parameters that the server has confirmed on this connection.
        line: What came over the line.
        silent: Channels that are stale, and for how many seconds they have been silent.
        iterations: What each iteration got, the stream's own first.
        handlers: What each handler got.
    """

    market: str
    state: State
    error: str
    subscriptions: tuple[str, ...]
    confirmed: tuple[str, ...]
    line: LineStats
    silent: dict[str, float]
    iterations: tuple[BufferStats, ...]
    handlers: tuple[HandlerStats, ...]

    @property
    def received(self) -> int:
        """Events that came over the line."""
        return self.line.events_received

    @property
    def lost(self) -> int:
        """Events that a consumer did not get, over all consumers."""
        buffers = [*self.iterations, *(handler.buffer for handler in self.handlers)]
        return sum(buffer.lost for buffer in buffers)
