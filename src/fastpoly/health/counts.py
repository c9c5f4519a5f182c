"""What came from a source: counts of one connection, and their sum over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from fastpoly._core import Batch, Histogram

__all__ = ["Backlog", "ConnectionCounts", "Counted", "LineStats", "SourceCondition", "SourceCounts"]


class SourceCounts(NamedTuple):
    """What one connection of a source has brought.

    Attributes:
        reads: Reads that brought messages.
        bytes_received: Bytes of messages.
        frames_received: Messages.
        events_received: Events of the server, control messages not counted.
        bad_frames: Messages that could not be read.
        last_received_ns: When something was last received, Unix time in ns; 0 for never.
    """

    reads: int = 0
    bytes_received: int = 0
    frames_received: int = 0
    events_received: int = 0
    bad_frames: int = 0
    last_received_ns: int = 0

    def plus(self, other: SourceCounts) -> SourceCounts:
        """Return the counts of both."""
        added = SourceCounts(*(one + another for one, another in zip(self, other, strict=True)))
        return added._replace(last_received_ns=max(self[-1], other[-1]))

    def after(self, batch: Batch) -> SourceCounts:
        """Return the counts after one more read, which brought a batch."""
        return SourceCounts(
            self.reads + 1,
            self.bytes_received + batch.nbytes,
            self.frames_received + batch.frame_count,
            self.events_received + len(batch),
            self.bad_frames,
            batch.received_ns,
        )


class SourceCondition(NamedTuple):
    """How a connection is at the moment.

    Attributes:
        round_trip_s: Seconds between the latest ping and its pong; None before the first.
        backlog_bytes: Bytes that have arrived and wait to be read.
        coalescing: Whether data waits for a moment, because reads would come too often.
    """

    round_trip_s: float | None = None
    backlog_bytes: int = 0
    coalescing: bool = False


class Counted(Protocol):
    """What counts: one connection of a source."""

    def counts(self) -> SourceCounts:
        """Return what it has read so far; from any thread."""

    def condition(self) -> SourceCondition:
        """Return how it is at the moment; from any thread."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waited in the kernel, at the moments when it was looked at: once a second or more often.

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
        """Return the figures of a histogram of bytes."""
        return cls(sizes.count, sizes.percentile(50), sizes.percentile(99), sizes.max)


@dataclass(frozen=True, slots=True)
class LineStats:
    """What came over all connections of a stream.

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


class ConnectionCounts:
    """Counts over all connections of a stream; what it says is right from any thread."""

    def __init__(self) -> None:
        self._accepted = 0
        # One attribute, so that whoever reads sees a connection that ends either in the totals or
        # as the present one.
        self._count: tuple[SourceCounts, Counted | None] = (SourceCounts(), None)
        self._backlogs = Histogram()

    def begin(self, connection: Counted) -> None:
        """Count a connection that is being opened."""
        self._count = (self._count[0], connection)

    def accept(self) -> None:
        """Count it among those that were accepted."""
        self._accepted += 1

    def look(self) -> None:
        """Take note of what waits in the kernel at this moment."""
        connection = self._count[1]
        if connection is not None:
            self._backlogs.record(connection.condition().backlog_bytes)

    def end(self) -> None:
        """Add the connection that has ended to the totals."""
        self._count = (self._sum(), None)

    def _sum(self) -> SourceCounts:
        totals, connection = self._count
        return totals if connection is None else totals.plus(connection.counts())

    def stats(self) -> LineStats:
        """Return all so far."""
        connection = self._count[1]
        condition = SourceCondition() if connection is None else connection.condition()
        return LineStats(
            self._accepted,
            *self._sum(),
            condition.round_trip_s,
            condition.backlog_bytes,
            Backlog.of(self._backlogs),
            condition.coalescing,
        )
