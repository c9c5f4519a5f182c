"""Keeps the newest bars of each symbol, and says when those of a minute are there."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastpoly._core import BarRows, batch_of
from fastpoly.consumers.kept.between import Between, around_gaps
from fastpoly.consumers.kept.snapshot import BarSnapshot
from fastpoly.errors import UsageError
from fastpoly.notices import NOTICE_CHANNEL, MinuteComplete

if TYPE_CHECKING:
    import asyncio

    from fastpoly._core import Batch
    from fastpoly.consumers.fanout import BatchSource
    from fastpoly.health.clock import Clock
    from fastpoly.net.reader_loop import ReaderLoop
    from fastpoly.notices import Gap

__all__ = ["BAR_STARTS", "MAX_STARTS", "MAX_STRAGGLERS", "KeptBars"]

BAR_STARTS: Final = 60
"""Bars of each symbol that are kept where nothing else is said: an hour of minutes."""

MAX_STARTS: Final = 10_080
"""A week of minutes. A bar takes about 250 bytes."""

MAX_STRAGGLERS: Final = 100
"""Symbols that a notice names."""

MINUTES: Final = frozenset({"AM", "CA", "XA"})
"""Channels whose bars are of a minute; the other bars are of a second."""

MINUTE_MS: Final = 60_000
NEVER_NS: Final = 1 << 63
SOONEST_S: Final = 0.01
"""How long a timer waits at least: the clock may stand still, as that of a recording does."""


@dataclass(frozen=True, slots=True)
class KeptChannel:
    """The bars of one channel.

    Attributes:
        bars: The bars.
        delay_ns: How long after its first bar was received a minute is complete; None where nobody
            is to be told.
    """

    bars: BarRows
    delay_ns: int | None


class KeptBars(Between):
    """The newest bars, kept before any consumer gets them; to be asked in any thread.

    A minute is complete a fixed time after its first bar was received, by the stamps of the batches
    alone: with the first batch that was received then, before its events. Where none comes, a timer
    says so at that time by the stream's clock, which no earlier batch can follow. So a recording,
    whose clock stands still between its batches, has the notices where the live stream had them.

    Args:
        market: The market's name.
        source: Where batches come from.
        loop: The loop that reads.
        clock: The stream's.
    """

    def __init__(self, market: str, source: BatchSource, loop: ReaderLoop, clock: Clock) -> None:
        super().__init__(source, loop)
        self._market = market
        self._clock = clock
        self._kept: dict[str, KeptChannel] = {}
        self._gap: Gap | None = None
        # Minutes that have begun: when each is complete, its channel, its start.
        self._open: list[tuple[int, str, int]] = []
        self._due_ns = NEVER_NS
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, channel: str, starts: int, complete_after_s: float | None) -> None:
        """Keep the newest bars of a channel from now on, and say when a minute is complete.

        Args:
            channel: The channel.
            starts: How many bars of each symbol.
            complete_after_s: Seconds after its first bar when a minute is complete; None where
                nobody is to be told.

        Raises:
            UsageError: An argument is invalid, or bars of the channel are kept already.
        """
        if channel in self._kept:
            raise UsageError(f"Bars of {channel} are kept already.", hint="Say it once.")
        if not isinstance(starts, int) or not 2 <= starts <= MAX_STARTS:
            raise UsageError(
                f"starts={starts!r} is not a number from 2 to {MAX_STARTS:,}.",
                hint="390 minutes are a trading day.",
            )
        kept = KeptChannel(
            BarRows(self._market, channel, starts),
            None if complete_after_s is None else _delay_ns(channel, complete_after_s),
        )
        # Replaced, and not changed: the thread that reads may be going through it.
        self._kept = {**self._kept, channel: kept}
        self._stand()

    def snapshot(self, channel: str, symbol: str | None, since_gap: bool) -> BarSnapshot:
        """Return the bars of a channel, or of one symbol.

        Raises:
            UsageError: Its bars are not kept, or the market has no such channel.
        """
        kept = self._kept.get(channel)
        if kept is None:
            BarRows(self._market, channel, BAR_STARTS)  # which says so where there are none
            raise UsageError(
                f"Bars of {channel} are not kept.",
                hint=f'Call stream.keep_bars("{channel}") before the stream is opened.',
            )
        batch, received, stale, changes, left_out = kept.bars.snapshot(symbol, since_gap)
        return BarSnapshot(
            channel, batch, received, stale, changes, gap=self._gap, left_out=left_out
        )

    def stop(self) -> None:
        """Say what is complete by now, and nothing more; in the loop that reads."""
        self._complete(self._clock.time_ns())
        self._open.clear()
        self._due_ns = NEVER_NS
        if self._timer is not None:
            self._timer.cancel()

    # -------------------------------------------------------------------------------- batches

    def _take(self, batch: Batch, channels: tuple[str, ...]) -> None:
        received_ns = batch.received_ns
        if received_ns >= self._due_ns:
            self._complete(received_ns)
        kept = self._kept
        if NOTICE_CHANNEL in channels:
            for part, gap in around_gaps(batch, channels):
                for one in kept.values():
                    one.bars.add(part)
                    if gap is not None:
                        one.bars.pass_gap()
                self._gap = gap or self._gap
        else:
            for channel in channels:
                if channel in kept:
                    kept[channel].bars.add(batch)
        for channel, one in kept.items():
            if one.delay_ns is not None and channel in channels:
                for start in one.bars.take_opened():
                    self._begin(channel, start, received_ns + one.delay_ns)
        self._deliver(batch, channels)

    # -------------------------------------------------------------------------------- minutes

    def _begin(self, channel: str, start: int, due_ns: int) -> None:
        bisect.insort(self._open, (due_ns, channel, start))
        if due_ns < self._due_ns:
            self._due_ns = due_ns
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        seconds = (self._due_ns - self._clock.time_ns()) / 1e9
        self._timer = self._loop.call_later(max(seconds, SOONEST_S), self._on_timer)

    def _on_timer(self) -> None:
        now_ns = self._clock.time_ns()
        if now_ns >= self._due_ns:
            self._complete(now_ns)
        if self._open:
            self._set_timer()

    def _complete(self, now_ns: int) -> None:
        """Announce what is complete by now."""
        while self._open and self._open[0][0] <= now_ns:
            due_ns, channel, newest = self._open[0]
            # An older minute that began later is not complete after a newer one.
            starts = sorted(start for _, one, start in self._open if one == channel)
            for start in starts[: starts.index(newest) + 1]:
                self._announce(channel, start, due_ns)
            self._open = [one for one in self._open if one[1] != channel or one[2] > newest]
        self._due_ns = self._open[0][0] if self._open else NEVER_NS

    def _announce(self, channel: str, start: int, due_ns: int) -> None:
        counts, missing = self._kept[channel].bars.close(start, start - MINUTE_MS, MAX_STRAGGLERS)
        notice = MinuteComplete(
            market=self._market,
            at_ns=due_ns,
            channel=channel,
            start=start,
            stragglers=tuple(bar.symbol for bar in missing),
            **counts,
        )
        self._deliver(batch_of(self._market, [notice]), (NOTICE_CHANNEL,))


def _delay_ns(channel: str, seconds: float) -> int:
    if channel not in MINUTES:
        raise UsageError(
            f"Bars of {channel} are not of a minute.", hint="Leave complete_after out."
        )
    if not 0 < seconds < 60:
        raise UsageError(
            f"complete_after={seconds!r} is not between 0 and 60.",
            hint="Pass seconds, such as 3.",
        )
    return round(seconds * 1e9)
