"""The way of the data from the line to the consumers: gaps announced, perhaps filled, in order."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from fastpoly._core import LineWatch, batch_of, concat
from fastpoly.consumers.fanout import Route
from fastpoly.engine.backfill import MAX_HELD_BYTES, Filling, Supplied
from fastpoly.errors import FastpolyError, HandlerFailed
from fastpoly.health.lag import LagWatch
from fastpoly.protocol.gaps import Interruption

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter
    from fastpoly.notices import Gap

__all__ = ["Flow", "GapHook"]

GapHook = Callable[["Gap", Callable[["Supplied | None"], None]], object]
"""Called with a gap that may be filled, and a function that takes what fills it."""

RECENT_BATCHES: Final = 64
"""Batches that are kept for comparison where gaps are filled."""


def _drop(batch: Batch, channels: tuple[str, ...]) -> None:
    """Where batches go before anyone has said where."""


class Flow:
    """Takes the batches of all lines of a stream, one line after the other.

    Args:
        market: The market's name.
        on_gap: Where gaps go that are to be filled; None if they are not.
        fill_timeout_s: Seconds after which a gap stays as it is.
        on_trouble: Called with what is wrong with what fills a gap.
        filter: What consumers get; None for everything. Whatever watches the line sees all.
        delay_s: By how many seconds the feed is late as a matter of course.

    Attributes:
        watch: Watches every event of the lines, for whoever reads them.
        lag: How late the data is.
        filtered: How many events of the line did not pass the filter.
    """

    def __init__(
        self,
        market: str,
        on_gap: GapHook | None,
        fill_timeout_s: float,
        on_trouble: Callable[[FastpolyError], object],
        filter: Filter | None = None,
        *,
        delay_s: float = 0.0,
    ) -> None:
        self.watch = LineWatch(market)
        self.lag = LagWatch(self.watch, delay_s)
        self.filtered = 0
        self._market = market
        self._on_gap = on_gap
        self._fill_timeout_s = fill_timeout_s
        self._on_trouble = on_trouble
        self._filter = filter
        self._deliver: Route = _drop
        self._consumers: Route = _drop
        # What came last, for what a fill hook may give again.
        self._recent: deque[Batch] = deque(maxlen=RECENT_BATCHES)
        # When data began to flow on this line, by the receive clock; 0 before it did.
        self._flowing_since_ns = 0
        self._interruption: Interruption | None = None
        self._filling: Filling | None = None
        self._fill_timer: asyncio.TimerHandle | None = None

    def route(self, deliver: Route) -> None:
        """Has a function called with every batch, and its channels, from now on.

        The function must not raise.
        """
        self._consumers = deliver
        if self._filling is None:
            self._deliver = deliver

    def on_batch(self, batch: Batch) -> None:
        """Takes a batch of the line."""
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
        if self._on_gap is not None:
            self._recent.append(batch.compact())
        self._deliver(batch, channels)

    @property
    def has_begun(self) -> bool:
        """Whether this line has brought data."""
        return self._flowing_since_ns != 0

    @property
    def last_ns(self) -> Mapping[str, int]:
        """When each channel last had data, Unix time in ns."""
        return self.watch.last_ns()

    # ----------------------------------------------------------------------------- losses

    def end_line(self) -> float | None:
        """A line has ended.

        Returns:
            For how many seconds data had flowed on it; None if none had.
        """
        since_ns, self._flowing_since_ns = self._flowing_since_ns, 0
        if not since_ns:
            return None
        return (max(self.last_ns.values(), default=since_ns) - since_ns) / 1e9

    def interrupt(self, error: FastpolyError, channels: tuple[str, ...]) -> None:
        """Notes what was seen last; an interruption that goes on stays the same one.

        Args:
            error: Why the line was lost.
            channels: Channels that were subscribed.
        """
        if self._interruption is None:
            last = self.watch.last_events()
            self._interruption = Interruption(error, time.time_ns(), channels, last)

    def note_attempt(self) -> None:
        """The line is to be had back once more."""
        if self._interruption is not None:
            self._interruption.attempts += 1

    # ------------------------------------------------------------------------------- gaps

    def _begin(self, batch: Batch) -> Batch:
        """The first data of a line; after an interruption the gap is announced with it."""
        self._flowing_since_ns = batch.received_ns
        if self._interruption is None:
            return batch
        gap = self._interruption.gap(self._market, batch)
        self._interruption = None
        if self._on_gap is None or self._filling is not None:
            return concat([batch_of(self._market, [gap]), batch])
        filling = self._filling = Filling(gap, self._recent, self._filter)
        self._deliver = self._hold
        loop = asyncio.get_running_loop()
        self._fill_timer = loop.call_later(
            self._fill_timeout_s,
            self._leave_unfilled,
            f"The fill hook took longer than {self._fill_timeout_s:g} s.",
            "Raise fill_timeout, or ask for less at a time.",
        )
        self._on_gap(gap, lambda supplied: self._fill(filling, supplied))
        return batch

    def _hold(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """Stands in for the consumers while a gap is filled."""
        filling = self._filling
        if filling is not None and not filling.hold(batch):
            self._leave_unfilled(
                f"More than {MAX_HELD_BYTES} bytes came while the fill hook was at work.",
                "Make it quicker; live data is held back until it is done.",
            )

    def _leave_unfilled(self, detail: str, hint: str) -> None:
        """Lets what was held back go although nothing was supplied, and says why."""
        if self._filling is not None:
            self._fill(self._filling, None)
            self._on_trouble(HandlerFailed(f"{detail} The gap stays unfilled.", hint=hint))

    def _fill(self, filling: Filling, supplied: Supplied | None) -> None:
        """Lets what was held back go, after what was supplied; late supplies change nothing."""
        if filling is not self._filling:
            return
        self._filling = None
        self._deliver = self._consumers
        if self._fill_timer is not None:
            self._fill_timer.cancel()  # it would end the next one
        try:
            batches = filling.finish(supplied)
        except Exception as failure:
            error = failure if isinstance(failure, FastpolyError) else FastpolyError(repr(failure))
            self._on_trouble(error)
            batches = filling.finish(None)
        for batch in batches:
            self._consumers(batch, batch.channels)

    def finish(self) -> None:
        """There will be no more lines: what is held back goes on its way."""
        if self._filling is not None:
            self._fill(self._filling, None)
