"""From the source to the consumers: filtered, gaps announced in order and perhaps filled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from fastpoly._core import LineWatch, batch_of, concat
from fastpoly.engine.filling.backfill import MAX_HELD_BYTES, Backfill, Supplied
from fastpoly.engine.filling.recent import RecentBatches
from fastpoly.errors import FastpolyError, HandlerFailed
from fastpoly.health.lag import LagWatch
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.protocol.gaps import Interruption, told_gap
from fastpoly.schema import STATUS_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter
    from fastpoly.engine.filling.filled_tail import FilledTail
    from fastpoly.health.clock import Clock
    from fastpoly.notices import Gap
    from fastpoly.protocol.statuses import ControlMessage

__all__ = ["GapTicket", "Pipeline", "PipelineOwner", "Route"]

Route: TypeAlias = "Callable[[Batch, tuple[str, ...]], object]"
"""Where batches go, each with its channels."""


def _drop(batch: Batch, channels: tuple[str, ...]) -> None:
    """Where batches go before anyone has said where."""


class GapTicket:
    """A gap that somebody fills, or does not.

    Attributes:
        gap: The gap.
    """

    def __init__(self, gap: Gap, pipeline: Pipeline, backfill: Backfill) -> None:
        self.gap = gap
        self._pipeline = pipeline
        self._backfill = backfill

    def fill(self, supplied: Supplied | None) -> None:
        """Supply what is missing, or None; in the event loop of the engine.

        Once is enough: what comes later, or too late, changes nothing.
        """
        self._pipeline.fill(self._backfill, supplied)


class PipelineOwner(Protocol):
    """Whose batches they are."""

    def on_gap(self, ticket: GapTicket) -> object:
        """Take a gap that is to be filled."""

    def on_warning(self, error: FastpolyError) -> object:
        """Take what is wrong with what was supplied for a gap."""


class Pipeline:
    """Takes the batches of all connections of a stream, one connection after the other.

    Args:
        market: The market's name.
        owner: Whose batches they are.
        clock: The time.
        fill_timeout_s: Seconds after which a gap stays as it is; None where gaps are not filled.
        gap_apart: Whether a gap is a batch of its own, and not the first event of the one that
            ended it: for consumers that take the server's frames one by one.
        filter: What consumers get; None for everything. What watches the data sees all of it.
        delay_s: By how many seconds the data is late as a matter of course.

    Attributes:
        clock: The time.
        watch: Watches every event of the connections, for whoever reads them.
        lag: How late the data is.
        filtered: How many events did not pass the filter.
    """

    def __init__(
        self,
        market: str,
        owner: PipelineOwner,
        clock: Clock,
        *,
        fill_timeout_s: float | None = None,
        gap_apart: bool = False,
        filter: Filter | None = None,
        delay_s: float = 0.0,
    ) -> None:
        self.watch = LineWatch(market)
        self.lag = LagWatch(self.watch, delay_s)
        self.filtered = 0
        self._market = market
        self._owner = owner
        self.clock = clock
        self._fill_timeout_s = fill_timeout_s
        self._gap_apart = gap_apart
        self._filter = filter
        self._deliver: Route = _drop
        self._consumers: Route = _drop
        # What came last, for what a fill hook may give again.
        self._recent = RecentBatches()
        # What filled a gap and may yet come live.
        self._tail: FilledTail | None = None
        # When data began to flow on this connection, by the monotonic clock; 0 before it did.
        self._flowing_since_ns = 0
        self._interruption: Interruption | None = None
        self._backfill: Backfill | None = None
        self._fill_timer: asyncio.TimerHandle | None = None

    def route(self, deliver: Route) -> None:
        """Have a function called with every batch, and its channels, from now on.

        The function must not raise.
        """
        self._consumers = deliver
        if self._backfill is None:
            self._deliver = deliver

    def on_batch(self, batch: Batch) -> None:
        """Take a batch of the connection."""
        if not self._flowing_since_ns:
            batch = self._begin(batch)
        channels = batch.channels
        if self._filter is not None:
            passed = self._filter.apply(batch)
            if passed is not batch:
                self.filtered += len(batch) - len(passed)
                if not len(passed):
                    return
                batch, channels = passed, passed.channels
        if self._tail is not None:
            batch = self._without_repeats(self._tail, batch)
            channels = batch.channels
            if not len(batch):
                return
        if self._fill_timeout_s is not None:
            self._recent.add(batch)
        self._deliver(batch, channels)

    @property
    def has_begun(self) -> bool:
        """Whether this connection has brought data."""
        return self._flowing_since_ns != 0

    @property
    def last_ns(self) -> Mapping[str, int]:
        """When each channel last had data, Unix time in ns."""
        return self.watch.last_ns()

    # ----------------------------------------------------------------------------- losses

    def end_connection(self) -> float | None:
        """Take note that a connection has ended.

        Returns:
            For how many seconds data had been flowing on it; None if none had.
        """
        since_ns, self._flowing_since_ns = self._flowing_since_ns, 0
        return (self.clock.monotonic_ns() - since_ns) / 1e9 if since_ns else None

    def interrupt(
        self,
        error: FastpolyError,
        channels: tuple[str, ...],
        at_ns: int | None = None,
        params: tuple[str, ...] = (),
    ) -> int:
        """Note what was seen last; an interruption that goes on stays the same one.

        Args:
            error: Why the connection was lost.
            channels: Channels that were subscribed.
            at_ns: When, Unix time in ns; now where nothing is said.
            params: Parameters that were subscribed.

        Returns:
            When the interruption began.
        """
        if self._interruption is None:
            last = self.watch.last_events()
            at_ns = self.clock.time_ns() if at_ns is None else at_ns
            self._interruption = Interruption(error, at_ns, channels, last, params)
        self._interruption.count(error)
        return self._interruption.since_ns

    def note_attempt(self) -> None:
        """Count another attempt to reconnect."""
        if self._interruption is not None:
            self._interruption.attempts += 1

    # ------------------------------------------------------------------------------- gaps

    def _begin(self, batch: Batch) -> Batch:
        """Take note of a connection's first data; after an interruption, announce the gap."""
        data = [name for name in batch.channels if name != STATUS_CHANNEL]
        if not data:
            return batch
        self._flowing_since_ns = self.clock.monotonic_ns()
        if self._interruption is None:
            return batch
        gap = self._interruption.gap(self._market, batch.select(*data), batch.received_ns)
        self._interruption = None
        if self._fill_timeout_s is None or self._backfill is not None:
            notice = batch_of(self._market, [gap])
            if not self._gap_apart:
                return concat([notice, batch])
            self._deliver(notice, (NOTICE_CHANNEL,))
            return batch
        backfill = self._backfill = Backfill(gap, self._recent, self._filter)
        self._deliver = self._hold
        loop = asyncio.get_running_loop()
        self._fill_timer = loop.call_later(
            self._fill_timeout_s,
            self._leave_unfilled,
            f"The fill hook took longer than {self._fill_timeout_s:g} s.",
            "Raise fill_timeout, or ask for less at a time.",
        )
        self._owner.on_gap(GapTicket(gap, self, backfill))
        return batch

    def _hold(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """Stand in for the consumers while a gap is filled."""
        backfill = self._backfill
        if backfill is not None and not backfill.hold(batch):
            self._leave_unfilled(
                f"More than {MAX_HELD_BYTES} bytes arrived while the fill hook was running.",
                "Make it faster; live data is held back until it has finished.",
            )

    def _leave_unfilled(self, detail: str, hint: str) -> None:
        """Let what was held back go although nothing was supplied, and say why."""
        if self._backfill is not None:
            self.fill(self._backfill, None)
            self._owner.on_warning(HandlerFailed(f"{detail} The gap stays unfilled.", hint=hint))

    def fill(self, backfill: Backfill, supplied: Supplied | None) -> None:
        """Let what was held back go, after what was supplied; see `GapTicket.fill`."""
        if backfill is not self._backfill:
            return
        self._backfill = None
        self._deliver = self._consumers
        if self._fill_timer is not None:
            self._fill_timer.cancel()  # it would end the next one
        try:
            batches = backfill.finish(supplied)
        except BaseException as failure:  # of objects that the user's hook gave
            error = failure if isinstance(failure, FastpolyError) else FastpolyError(repr(failure))
            self._owner.on_warning(error)
            batches = backfill.finish(None)
        for batch in batches:
            self._consumers(batch, batch.channels)
        if backfill.filled is not None:
            # The next gap may be so soon that its hook gives the end of this one again.
            self._recent.add(backfill.filled)
            self._tail = backfill.tail(self.clock.time_ns())

    def _without_repeats(self, tail: FilledTail, batch: Batch) -> Batch:
        """Return a batch without what filled the last gap."""
        if batch.received_ns > tail.until_ns:
            self._tail = None
            return batch
        return tail.drop_repeats(batch)

    def announce_told(self, message: ControlMessage) -> None:
        """Announce a gap that the server, a hub, tells of; after the data that came before it."""
        last = self.watch.last_events()
        gap = told_gap(self._market, message, self.clock.time_ns(), last)
        self.announce(batch_of(self._market, [gap]))

    def announce(self, notices: Batch) -> None:
        """Hand notices that somebody else has made to the consumers."""
        self._deliver(notices, notices.channels)

    def finish(self) -> None:
        """Let what is held back go: there will be no more connections."""
        if self._backfill is not None:
            self.fill(self._backfill, None)
