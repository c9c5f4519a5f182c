"""What a stream has done so far, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastpoly._core import Histogram
from fastpoly.consumers.buffer import BufferStats
from fastpoly.consumers.handler import HandlerStats
from fastpoly.health.lag import Judgement, LagStats, SequenceStats
from fastpoly.protocol.lifecycle import State

if TYPE_CHECKING:
    from fastpoly._core import Listener

__all__ = ["Backlog", "LineCount", "LineStats", "StreamStats"]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waited in the kernel, at the moments when it was looked at: once a second or oftener.

    The most is exact. A percentile is at most one sixteenth above the exact one.

    Attributes:
        looks: How often it was looked at.
        p50_bytes: The median.
        p99_bytes: What one in a hundred exceeds.
        max_bytes: The most.
    """

    looks: int
    p50_bytes: int
    p99_bytes: int
    max_bytes: int

    @classmethod
    def of(cls, sizes: Histogram) -> Backlog:
        """The figures of a histogram of bytes."""
        return cls(sizes.count, sizes.percentile(50), sizes.percentile(99), sizes.max)


@dataclass(frozen=True, slots=True)
class LineStats:
    """What came over the line.

    Attributes:
        connections: Connections that were accepted so far.
        reads: Reads of the socket that brought messages.
        bytes_received: Bytes of messages.
        frames_received: Messages.
        events_received: Events of the server, control messages not counted.
        bad_frames: Messages that could not be read.
        last_received_ns: When something was last received, Unix time in ns; 0 for never.
        round_trip_s: Seconds between the latest ping and its pong; None before the first.
        backlog_bytes: Bytes that have arrived and wait in the kernel to be read.
        backlog: The same over all connections so far.
        coalescing: Whether data waits for a moment, because reads would come too often.
    """

    connections: int
    reads: int
    bytes_received: int
    frames_received: int
    events_received: int
    bad_frames: int
    last_received_ns: int
    round_trip_s: float | None
    backlog_bytes: int
    backlog: Backlog
    coalescing: bool


class LineCount:
    """Counts over all connections of a stream; what it says is right from any thread."""

    def __init__(self) -> None:
        # One attribute, so that whoever reads sees a line that ends either in the totals or as the
        # present one: connections, reads, bytes, frames, events, bad frames, last received; the
        # listener.
        self._count: tuple[tuple[int, ...], Listener | None] = ((0,) * 7, None)
        self._backlogs = Histogram()

    def begin(self, listener: Listener) -> None:
        """A line is being opened."""
        self._count = (self._count[0], listener)

    def accepted(self) -> None:
        """The line was accepted."""
        (connections, *rest), listener = self._count
        self._count = ((connections + 1, *rest), listener)

    def look(self, backlog_bytes: int) -> None:
        """So much waits in the kernel at this moment."""
        self._backlogs.record(backlog_bytes)

    def end(self) -> None:
        """The line has ended."""
        self._count = (self._sum(), None)

    def _sum(self) -> tuple[int, ...]:
        totals, listener = self._count
        if listener is None:
            return totals
        connections, reads, nbytes, frames, events, bad, last_ns = totals
        return (
            connections,
            reads + listener.reads,
            nbytes + listener.bytes_received,
            frames + listener.frames_received,
            events + listener.events_received,
            bad + listener.bad_frames,
            max(last_ns, listener.last_received_ns),
        )

    def stats(self, round_trip_s: float | None, backlog_bytes: int) -> LineStats:
        """All so far."""
        connections, reads, nbytes, frames, events, bad, last_ns = self._sum()
        listener = self._count[1]
        return LineStats(
            connections,
            reads,
            nbytes,
            frames,
            events,
            bad,
            last_ns,
            round_trip_s,
            backlog_bytes,
            Backlog.of(self._backlogs),
            listener is not None and listener.coalescing,
        )


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
        filtered: Events of it that the stream's own filter left out.
        silent: Channels that are stale, and for how many seconds they have been silent.
        lag: How late the events of each channel were when they were received.
        sequences: What the sequence numbers of each channel that has them did.
        judgement: Whether data is late at the moment, and whose fault that is.
        stalls: Times that the event loop in which the line is read stood still.
        longest_stall_s: The longest of them, in seconds.
        iterations: What each iteration got, the stream's own first.
        handlers: What each handler got.
    """

    market: str
    state: State
    error: str
    subscriptions: tuple[str, ...]
    confirmed: tuple[str, ...]
    line: LineStats
    filtered: int
    silent: dict[str, float]
    lag: dict[str, LagStats]
    sequences: dict[str, SequenceStats]
    judgement: Judgement
    stalls: int
    longest_stall_s: float
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
