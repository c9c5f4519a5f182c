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
from dataclasses import dataclass
from typing import Final, Protocol

from fastpoly._core import Batch, batch_of, concat, latest
from fastpoly.consumers.overflow import POLICIES
from fastpoly.enums import Overflow
from fastpoly.errors import FastpolyError
from fastpoly.notices import NOTICE_CHANNEL, SlowConsumer

__all__ = ["FAIR_SHARE_S", "Buffer", "BufferOwner", "BufferStats", "NoticeTaker"]

MAX_BATCHES: Final = 1 << 19
"""Batches that one may hold: each takes more than a kilobyte, however few bytes it came in."""

LOW_WATER: Final = 0.5
"""The share of the limit at which a full buffer counts as relieved."""

FAIR_SHARE_S: Final = 0.01
"""Seconds for which a consumer may take from a buffer without a turn for the rest of its loop."""


class BufferOwner(Protocol):
    """Who is told what happens to a buffer."""

    def on_ready(self, buffer: Buffer) -> None:
        """There is something to take, or the buffer is closed; once after each `Buffer.arm`.

        Called in the thread that puts.
        """

    def on_full(self, buffer: Buffer) -> None:
        """Reading should stop (``block`` only). Called in the thread that puts."""

    def on_room(self, buffer: Buffer) -> None:
        """Reading may go on. Called in the thread that takes."""


class NoticeTaker(Protocol):
    """Who is told what a consumer that wants no notices is not."""

    def on_notices(self, notices: Batch) -> None:
        """Take notices; in the thread that puts, or the one that takes."""


class _Nobody:
    """The owner of a buffer that has none."""

    def on_ready(self, buffer: Buffer) -> None:
        pass

    def on_full(self, buffer: Buffer) -> None:
        pass

    def on_room(self, buffer: Buffer) -> None:
        pass


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


class LossRun:
    """A run of lost events that the consumer has not been told of yet."""

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

        owner: Who is told what happens to it; None for nobody.
        notice_taker: Who is told of losses in place of the consumer; None to tell the consumer.

    Attributes:
        filtered: Events that were left out before they came here; only counted.
        owner: As above; a consumer that takes a buffer over sets itself.

    The other attributes are for overflow policies, see `BoundedBuffer`.
    """

    def __init__(
        self,
        market: str,
        *,
        consumer: str = "iteration",
        overflow: str = Overflow.DROP_OLDEST,
        max_bytes: int,
        max_age_s: float | None = None,
        owner: BufferOwner | None = None,
        notice_taker: NoticeTaker | None = None,
    ) -> None:
        self.market = market
        self.consumer = consumer
        self.filtered = 0
        self.owner: BufferOwner = _Nobody() if owner is None else owner
        self.max_bytes = max_bytes
        self.low_bytes = int(max_bytes * LOW_WATER)
        self.nbytes = 0
        self.refusing = False
        self.is_full = False
        self.lost_by_channel: dict[str, int] = {}
        self._overflow = str(overflow)
        self._policy = POLICIES[overflow]
        self._watermark_bytes = max_bytes * self._policy.watermark
        self._max_age_ns = None if max_age_s is None else int(max_age_s * 1e9)
        self._notice_taker = notice_taker
        # Notices for whoever takes them, to be handed over without the lock.
        self._untold: deque[Batch] = deque()
        # Reentrant: a signal handler or a finalizer of the user's may ask for figures, or abort.
        self._lock = threading.RLock()
        # (batch, when it was put in, its bytes, its events of the server)
        self._entries: deque[tuple[Batch, int, int, int]] = deque()
        self._peak_nbytes = 0
        self._events = 0
        self._received = 0
        self._longest_wait_ns = 0
        # When the batch that left last had been put in.
        self._put_ns = 0
        self._episodes = 0
        self._loss_run: LossRun | None = None
        self._armed = False
        self._closed = False
        self._error: FastpolyError | None = None
        # Whether the consumer has taken all that it will get.
        self._end_taken = False

    def use(self, overflow: str) -> None:
        """Have another policy decide from now on what happens when it is full."""
        with self._lock:
            self._overflow = str(overflow)
            self._policy = POLICIES[overflow]
            self._watermark_bytes = self.max_bytes * self._policy.watermark
            was_full, self.is_full, self.refusing = self.is_full, False, False
        if was_full:
            self.owner.on_room(self)

    # ----------------------------------------------------------------------------- one end

    def put(self, batch: Batch, notices: int = 0) -> None:
        """Add a batch; what the policy says happens if there is no room. Thread-safe.

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
            if self._closed or self.refusing:
                if self.refusing or self._error is not None:
                    self.lose(batch)
                return
            entries = self._entries
            over = bool(entries) and (
                self.nbytes + nbytes > self.max_bytes
                or len(entries) >= MAX_BATCHES
                or self._is_old(now)
            )
            if not over or self._policy.make_room(self, batch, now):
                entries.append((batch, now, nbytes, events))
                self._events += events
                self.nbytes += nbytes
                if self.nbytes > self._peak_nbytes:
                    self._peak_nbytes = self.nbytes
                if over or self.nbytes > self._watermark_bytes:
                    full = self._policy.on_put(self, over, now)
            ready, self._armed = self._armed and (bool(entries) or self._closed), False
        if self._untold:
            self._hand_over()
        if ready:
            self.owner.on_ready(self)
        if full:
            self.owner.on_full(self)

    def _is_old(self, now_ns: int) -> bool:
        limit = self._max_age_ns
        return limit is not None and bool(self._entries) and now_ns - self._entries[0][1] > limit

    # ------------------------------------------------------- for policies, with the lock held

    def drop_oldest(self, now_ns: int, room: int) -> None:
        """See `BoundedBuffer.drop_oldest`."""
        entries = self._entries
        while entries and (
            self.nbytes > room or len(entries) >= MAX_BATCHES or self._is_old(now_ns)
        ):
            self.lose(self._pop())

    def conflate(self, now_ns: int) -> None:
        """See `BoundedBuffer.conflate`."""
        batches = [entry[0] for entry in self._entries]
        # With more symbols than half the limit holds, every batch would otherwise conflate all
        # again.
        kept = latest(batches, self.low_bytes)
        before = self._counts(batches)
        after = self._counts([kept])
        self._lose_counts({name: n - after.get(name, 0) for name, n in before.items()})
        self._entries.clear()
        self._events = sum(after.values())
        self.nbytes = kept.nbytes
        self._entries.append((kept, now_ns, self.nbytes, self._events))

    def lose(self, batch: Batch) -> None:
        """See `BoundedBuffer.lose`."""
        self._lose_counts(self._counts([batch]))
        if NOTICE_CHANNEL in batch.channels:
            # News of a gap outlives the events that it came with, and keeps none of them.
            self._open_loss_run().notices.append(batch.select(NOTICE_CHANNEL).compact())

    def put_notice(self) -> None:
        """See `BoundedBuffer.put_notice`."""
        if self._loss_run is not None:
            notice = self._announce(self._loss_run)
            if notice is not None:
                self._entries.append((notice, time.monotonic_ns(), 0, 0))

    def end(self, error: FastpolyError | None) -> None:
        """See `BoundedBuffer.end`."""
        if not self._closed:
            self._closed = True
            self._error = error

    def _pop(self) -> Batch:
        batch, self._put_ns, nbytes, events = self._entries.popleft()
        self.nbytes -= nbytes
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

    def _lose_counts(self, counts: dict[str, int]) -> None:
        for channel, count in counts.items():
            if count:
                run = self._open_loss_run()
                self._episodes += not run.lost_by_channel
                for totals in (self.lost_by_channel, run.lost_by_channel):
                    totals[channel] = totals.get(channel, 0) + count

    def _open_loss_run(self) -> LossRun:
        """Return the run that there is, or begin one: something is lost that has to be told."""
        now = time.time_ns()
        if self._loss_run is None:
            self._loss_run = LossRun(now)
        self._loss_run.until_ns = now
        return self._loss_run

    # --------------------------------------------------------------------------- other end

    def take(self) -> Batch | None:
        """Take the next batch, or return None when there is none. Thread-safe."""
        room = False
        with self._lock:
            if self._max_age_ns is not None:
                now = time.monotonic_ns()
                if self._is_old(now):
                    self._policy.on_take(self, now)
            batch = self._next()
            if (self.is_full or self.refusing) and self.nbytes <= self.low_bytes:
                room = self._policy.on_relief(self)
        if self._untold:
            self._hand_over()
        if room:
            self.owner.on_room(self)
        return batch

    def _hand_over(self) -> None:
        while self._notice_taker is not None and self._untold:
            self._notice_taker.on_notices(self._untold.popleft())

    def take_to_end(self) -> Batch | None:
        """As `take`, but with an end: what is lost after the last batch was taken is only counted.

        A consumer that its overflow has ended goes on losing what arrives. Told of that each time,
        it would never come to why it was ended.
        """
        if self._end_taken:
            return None
        batch = self.take()
        self._end_taken = self._closed and not self._entries and self._loss_run is None
        return batch

    def _next(self) -> Batch | None:
        notice = None
        if self._loss_run is not None and not (self._policy.notice_last and self._entries):
            notice = self._announce(self._loss_run)
        if not self._entries:
            return notice
        before = self._events
        batch = self._pop()
        self._received += before - self._events
        waited_ns = time.monotonic_ns() - self._put_ns
        if waited_ns > self._longest_wait_ns:
            self._longest_wait_ns = waited_ns
        # Together: a consumer that loses something between any two batches would otherwise get
        # nothing but notices.
        return batch if notice is None else concat([notice, batch])

    def _announce(self, run: LossRun) -> Batch | None:
        """Make the notice of a run of losses; None if somebody else is told of it."""
        self._loss_run = None
        if not run.lost_by_channel:
            return concat(run.notices)
        notice = SlowConsumer(
            market=self.market,
            at_ns=time.time_ns(),
            consumer=self.consumer,
            overflow=self._overflow,
            lost=sum(run.lost_by_channel.values()),
            lost_by_channel=dict(run.lost_by_channel),
            since_ns=run.since_ns,
            until_ns=run.until_ns,
        )
        told = concat([*run.notices, batch_of(self.market, [notice])])
        if self._notice_taker is None:
            return told
        self._untold.append(told)
        return None

    def arm(self) -> bool:
        """Ask for one call of `BufferOwner.on_ready`. Thread-safe.

        Returns:
            False if there is something to take already, or the buffer is closed.
        """
        with self._lock:
            if self._entries or self._loss_run is not None or self._closed:
                return False
            self._armed = True
            return True

    # --------------------------------------------------------------------------------- end

    def close(self, error: FastpolyError | None = None) -> None:
        """Take nothing more in; what is in it may still be taken. Thread-safe.

        Args:
            error: Why; None for a regular end.
        """
        with self._lock:
            self.end(error)
            ready, self._armed = self._armed, False
        if ready:
            self.owner.on_ready(self)

    def clear(self) -> None:
        """Throw away what is in it, and count that as lost without announcing it. Thread-safe."""
        with self._lock:
            while self._entries:
                self.lose(self._pop())
            self._loss_run = None
            self.refusing = False
            room, self.is_full = self.is_full, False
        if room:
            self.owner.on_room(self)

    @property
    def closed(self) -> bool:
        """Whether it takes nothing more in."""
        return self._closed

    @property
    def exhausted(self) -> bool:
        """Whether nothing more will come out of it, for who has just found nothing to take.

        That it is closed does not say so: the last batch may have come in between.
        """
        return self._closed and (self._end_taken or (not self._entries and self._loss_run is None))

    @property
    def error(self) -> FastpolyError | None:
        """Why it was closed; None for a regular end."""
        return self._error

    def __len__(self) -> int:
        return len(self._entries)

    def stats(self) -> BufferStats:
        """Return what went through so far. Thread-safe."""
        with self._lock:
            waiting_ns = time.monotonic_ns() - self._entries[0][1] if self._entries else 0
            return BufferStats(
                received=self._received,
                lost=sum(self.lost_by_channel.values()),
                lost_by_channel=dict(self.lost_by_channel),
                episodes=self._episodes,
                events=self._events,
                nbytes=self.nbytes,
                peak_nbytes=self._peak_nbytes,
                waiting_s=waiting_ns / 1e9,
                longest_wait_s=self._longest_wait_ns / 1e9,
                filtered=self.filtered,
            )
