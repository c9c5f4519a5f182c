"""A bounded buffer between the socket and one consumer, and what happens when it is full.

The buffer is full when it holds more than ``max_bytes``, or a batch older than ``max_age_s``. It is
relieved when it is down to half of that: so losses come in runs, one announced run each, and not
batch by batch. Nothing is lost in silence: a `SlowConsumer` notice stands where events are missing,
and ``received + lost + events in the buffer`` is what was put in.

`put` never waits, and both ends may be in different threads.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastpoly._core import Batch, batch_of, concat, latest
from fastpoly.enums import Overflow
from fastpoly.errors import ConsumerTooSlow, FastpolyError
from fastpoly.notices import NOTICE_CHANNEL, SlowConsumer

__all__ = ["Buffer", "BufferStats"]

LOW_WATER: Final = 0.5
"""The share of the limit at which a full buffer counts as relieved."""

BLOCK_AT: Final = 0.75
"""The share of the limit at which reading stops: what is on its way still has to fit."""


def _nothing() -> None:
    """What an event is without anyone who listens."""


@dataclass(frozen=True, slots=True)
class BufferStats:
    """What went through a buffer.

    Attributes:
        received: Events that the consumer took.
        lost: Events that it did not get.
        lost_by_channel: The same by channel.
        episodes: Runs of lost events.
        events: Events in the buffer.
        nbytes: Bytes in the buffer, as they were on the wire.
        peak_nbytes: The most there ever were.
        waiting_s: How long the oldest batch in the buffer has been waiting.
        longest_wait_s: The longest that any batch waited until it was taken.
        filtered: Events that the consumer's own filter left out before.
    """

    received: int
    lost: int
    lost_by_channel: dict[str, int]
    episodes: int
    events: int
    nbytes: int
    peak_nbytes: int
    waiting_s: float
    longest_wait_s: float
    filtered: int = 0


class _Hole:
    """A run of lost events."""

    def __init__(self, now_ns: int) -> None:
        self.lost_by_channel: dict[str, int] = {}
        self.notices: list[Batch] = []
        self.since_ns = self.until_ns = now_ns


class Buffer:
    """Batches on their way to one consumer.

    Args:
        market: The market's name.
        consumer: What to call the consumer in notices.
        overflow: What happens when it is full.
        max_bytes: Bytes it may hold, as they were on the wire; one batch always fits.
        max_age_s: Seconds that a batch may wait; None for any time.

    Attributes:
        filtered: Events that were left out before they came here; only counted.
        on_ready: Called, in the thread that puts, when there is something to take or the buffer is
            closed, after `arm` had returned True.
        on_full: Called, in the thread that puts, when reading should stop (``block`` only).
        on_room: Called, in the thread that takes, when reading may go on.
    """

    def __init__(
        self,
        market: str,
        *,
        consumer: str = "iteration",
        overflow: Overflow = Overflow.DROP_OLDEST,
        max_bytes: int,
        max_age_s: float | None = None,
    ) -> None:
        self.market = market
        self.consumer = consumer
        self.overflow = overflow
        self.filtered = 0
        self.on_ready: Callable[[], object] = _nothing
        self.on_full: Callable[[], object] = _nothing
        self.on_room: Callable[[], object] = _nothing
        self._max_bytes = max_bytes
        self._low_bytes = int(max_bytes * LOW_WATER)
        self._block_bytes = int(max_bytes * BLOCK_AT)
        self._max_age_ns = None if max_age_s is None else int(max_age_s * 1e9)
        self._lock = threading.Lock()
        # (batch, when it was put in, its bytes, its events of the server)
        self._entries: deque[tuple[Batch, int, int, int]] = deque()
        self._nbytes = 0
        self._peak_nbytes = 0
        self._events = 0
        self._received = 0
        self._longest_wait_ns = 0
        # When the batch that left last had been put in.
        self._put_ns = 0
        self._lost_by_channel: dict[str, int] = {}
        self._episodes = 0
        self._hole: _Hole | None = None
        # Of drop_newest: what arrives is thrown away until there is room.
        self._refusing = False
        self._full = False
        self._armed = False
        self._closed = False
        self._error: FastpolyError | None = None
        # The consumer has got all that it will get.
        self._is_told = False

    # ----------------------------------------------------------------------------- one end

    def put(self, batch: Batch, notices: int = 0) -> None:
        """Adds a batch; what the policy says happens if there is no room. Thread-safe.

        Args:
            batch: The batch.
            notices: How many of its events are notices; they are not counted as received or lost.
        """
        now = time.monotonic_ns()
        # A few events that wait must not keep all that came with them.
        batch = batch.compact()
        nbytes = batch.nbytes
        events = len(batch) - notices
        full = False
        with self._lock:
            if self._closed or self._refusing:
                if self._refusing or self._error is not None:
                    self._lose(batch)
                return
            entries = self._entries
            over = bool(entries) and (self._nbytes + nbytes > self._max_bytes or self._is_old(now))
            if not over or self._make_room(batch, now):
                entries.append((batch, now, nbytes, events))
                self._events += events
                self._nbytes += nbytes
                if self._nbytes > self._peak_nbytes:
                    self._peak_nbytes = self._nbytes
                if self.overflow is Overflow.BLOCK:
                    full = not self._full and (self._nbytes > self._block_bytes or over)
                    self._full |= full
                elif over and self.overflow is Overflow.CONFLATE:
                    self._conflate(now)
            ready, self._armed = self._armed and (bool(entries) or self._closed), False
        if ready:
            self.on_ready()
        if full:
            self.on_full()

    def _is_old(self, now: int) -> bool:
        limit = self._max_age_ns
        return limit is not None and bool(self._entries) and now - self._entries[0][1] > limit

    def _make_room(self, batch: Batch, now: int) -> bool:
        """Applies the policy to a full buffer, before a batch that does not fit.

        Returns:
            Whether the batch goes in.
        """
        match self.overflow:
            case Overflow.DROP_OLDEST:
                self._drop_oldest(now, self._low_bytes - batch.nbytes)
            case Overflow.DROP_NEWEST:
                self._refusing = True
                self._lose(batch)
                return False
            case Overflow.ERROR:
                self._lose(batch)
                self._close(
                    ConsumerTooSlow(
                        f"{self.consumer} did not keep up: its buffer of {self._max_bytes} bytes "
                        "is full.",
                        lost_by_channel=self._lost_by_channel,
                    )
                )
                return False
        return True

    def _drop_oldest(self, now: int, room: int) -> None:
        while self._entries and (self._nbytes > room or self._is_old(now)):
            self._lose(self._pop())

    def _conflate(self, now: int) -> None:
        batches = [entry[0] for entry in self._entries]
        # With more symbols than half the limit holds, every batch would else conflate all again.
        kept = latest(batches, self._low_bytes)
        before = self._counts(batches)
        after = self._counts([kept])
        self._lose_counts({name: n - after.get(name, 0) for name, n in before.items()})
        self._entries.clear()
        self._events = sum(after.values())
        self._nbytes = kept.nbytes
        self._entries.append((kept, now, self._nbytes, self._events))

    def _pop(self) -> Batch:
        batch, self._put_ns, nbytes, events = self._entries.popleft()
        self._nbytes -= nbytes
        self._events -= events
        return batch

    @staticmethod
    def _counts(batches: list[Batch]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for batch in batches:
            for channel in batch.channels:
                if channel != NOTICE_CHANNEL:
                    counts[channel] = counts.get(channel, 0) + batch.count(channel)
        return counts

    def _lose(self, batch: Batch) -> None:
        self._lose_counts(self._counts([batch]))
        if NOTICE_CHANNEL in batch.channels:
            # News of a gap outlives the events that it came with, and keeps none of them.
            self._open_hole().notices.append(batch.select(NOTICE_CHANNEL).compact())

    def _lose_counts(self, counts: dict[str, int]) -> None:
        for channel, count in counts.items():
            if count:
                hole = self._open_hole()
                self._episodes += not hole.lost_by_channel
                for totals in (self._lost_by_channel, hole.lost_by_channel):
                    totals[channel] = totals.get(channel, 0) + count

    def _open_hole(self) -> _Hole:
        """The hole that there is or begins: something is lost that has to be told."""
        now = time.time_ns()
        if self._hole is None:
            self._hole = _Hole(now)
        self._hole.until_ns = now
        return self._hole

    # --------------------------------------------------------------------------- other end

    def take(self) -> Batch | None:
        """Takes the next batch, or None when there is none. Thread-safe."""
        room = False
        with self._lock:
            if self.overflow is Overflow.DROP_OLDEST and self._max_age_ns is not None:
                now = time.monotonic_ns()
                if self._is_old(now):
                    self._drop_oldest(now, self._nbytes)
            batch = self._next()
            if self._full and self._nbytes <= self._low_bytes:
                self._full, room = False, True
        if room:
            self.on_room()
        return batch

    def take_to_end(self) -> Batch | None:
        """As `take`, but with an end: what was lost after the last that was taken is only counted.

        A consumer that its overflow has ended goes on losing what arrives. Told of that each time,
        it would never come to why it was ended.
        """
        if self._is_told:
            return None
        batch = self.take()
        self._is_told = self._closed and not self._entries and self._hole is None
        return batch

    def _next(self) -> Batch | None:
        # The hole is before what is left, or, where the newest were dropped, after it.
        newest = self.overflow in (Overflow.DROP_NEWEST, Overflow.ERROR)
        notice = None
        if self._hole is not None and (not newest or not self._entries):
            notice = self._announce(self._hole)
        if not self._entries:
            return notice
        before = self._events
        batch = self._pop()
        self._received += before - self._events
        waited_ns = time.monotonic_ns() - self._put_ns
        if waited_ns > self._longest_wait_ns:
            self._longest_wait_ns = waited_ns
        if self._refusing and self._nbytes <= self._low_bytes:
            self._refusing = False
            if self._hole is not None:
                self._entries.append((self._announce(self._hole), time.monotonic_ns(), 0, 0))
        # Together: a consumer that loses something between any two batches would else get
        # nothing but notices.
        return batch if notice is None else concat([notice, batch])

    def _announce(self, hole: _Hole) -> Batch:
        self._hole = None
        if not hole.lost_by_channel:
            return concat(hole.notices)
        notice = SlowConsumer(
            market=self.market,
            at_ns=time.time_ns(),
            consumer=self.consumer,
            overflow=self.overflow.value,
            lost=sum(hole.lost_by_channel.values()),
            lost_by_channel=dict(hole.lost_by_channel),
            since_ns=hole.since_ns,
            until_ns=hole.until_ns,
        )
        return concat([*hole.notices, batch_of(self.market, [notice])])

    def arm(self) -> bool:
        """Asks for one call of `on_ready`. Thread-safe.

        Returns:
            False if there is something to take already, or the buffer is closed.
        """
        with self._lock:
            if self._entries or self._hole is not None or self._closed:
                return False
            self._armed = True
            return True

    # --------------------------------------------------------------------------------- end

    def close(self, error: FastpolyError | None = None) -> None:
        """Takes nothing more in; what is in it may still be taken. Thread-safe.

        Args:
            error: Why, if it is no regular end.
        """
        with self._lock:
            self._close(error)
            ready, self._armed = self._armed, False
        if ready:
            self.on_ready()

    def _close(self, error: FastpolyError | None) -> None:
        if not self._closed:
            self._closed = True
            self._error = error

    def clear(self) -> None:
        """Throws away what is in it, and counts that as lost without announcing it. Thread-safe."""
        with self._lock:
            while self._entries:
                self._lose(self._pop())
            self._hole = None
            self._refusing = False
            room, self._full = self._full, False
        if room:
            self.on_room()

    @property
    def closed(self) -> bool:
        """Whether it takes nothing more in."""
        return self._closed

    @property
    def error(self) -> FastpolyError | None:
        """Why it was closed, if that was no regular end."""
        return self._error

    @property
    def is_full(self) -> bool:
        """Whether reading should wait (``block`` only)."""
        return self._full

    def __len__(self) -> int:
        return len(self._entries)

    def stats(self) -> BufferStats:
        """What went through so far. Thread-safe."""
        with self._lock:
            waiting_ns = time.monotonic_ns() - self._entries[0][1] if self._entries else 0
            return BufferStats(
                received=self._received,
                lost=sum(self._lost_by_channel.values()),
                lost_by_channel=dict(self._lost_by_channel),
                episodes=self._episodes,
                events=self._events,
                nbytes=self._nbytes,
                peak_nbytes=self._peak_nbytes,
                waiting_s=waiting_ns / 1e9,
                longest_wait_s=self._longest_wait_ns / 1e9,
                filtered=self.filtered,
            )
