"""How late the data is, and whose fault that is. Pure, but for the clock it is given.

What each event says of its lag is gathered by the compiled `LineWatch`; here it is judged. The
verdict reasons as the vendor's support does. All channels of a connection share one ordered stream,
so a reader that is slow makes all of them late, and its kernel has data that waits. Data that is
late although nothing waits was late when it came. One channel that is late alone, or trades that a
reporting facility printed long after they happened, are late reports. And an event that seems to
come from the future tells of a clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastpoly._core import LATE_REPORT_S, WINDOW_S, Histogram, LineWatch
from fastpoly.health.quantiles import Latency

__all__ = ["Judgement", "LagStats", "LagWatch", "SequenceStats", "Verdict"]

LATE_NS: Final = 1_000_000_000
"""Data later than this is late: the vendor's own path takes some 10 to 100 ms."""

AHEAD_NS: Final = 50_000_000
"""An event this far in the future tells of a clock that is off."""

BACKLOG_BYTES: Final = 1 << 20
"""Bytes in the kernel above which this side is behind."""

REPORTS_SHARE: Final = 0.01
"""Reporting facilities always print some trades late; above this share of all events it is news."""

BEHIND_S: Final = 0.25
"""A wait in a buffer above which a consumer is behind."""


class Verdict(StrEnum):
    """Whose fault it is."""

    ON_TIME = "on time"
    CLIENT_SLOW = "client slow"
    FEED_LATE = "feed late"
    LATE_REPORT = "late report"
    CLOCK_OFF = "clock off"
    UNKNOWN = "unknown"
    """No data of late."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and what it rests on.

    Attributes:
        verdict: Whose fault it is.
        reason: One sentence, with figures.
    """

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class LagStats(Latency):
    """How late a channel's events were when they were received, over all of them so far.

    A bar is due at its end, anything else at its ``t``.

    Attributes:
        events: Events that carried such a time.
        late_reports: How many of them happened more than 5 s before, by their ``pt`` or ``trft``.
    """

    events: int
    late_reports: int


@dataclass(frozen=True, slots=True)
class SequenceStats:
    """What the sequence numbers of a channel's events did, each symbol's on its own.

    Numbers may be left out at any time, so none of this tells whether an event is missing.

    Attributes:
        events: Events with a sequence number.
        repeats: Events with the number of the symbol's event before.
        regressions: Events with a number below that of the symbol's event before. Numbers start
            anew each day, which is one.
    """

    events: int
    repeats: int
    regressions: int


class LagWatch:
    """Says how late the data of a connection is.

    Args:
        watch: What was counted of its events.
        delay_s: By how many seconds the feed is late as a matter of course.
        clock_ns: The wall clock, Unix time in ns.
    """

    def __init__(
        self,
        watch: LineWatch,
        delay_s: float = 0.0,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._watch = watch
        self._delay_ns = int(delay_s * 1e9)
        self._clock_ns = clock_ns

    def _beyond_delay_ns(self, lags: Histogram) -> int:
        # A percentile of a quarter of an hour may be a minute above the exact one.
        return lags.min - self._delay_ns if self._delay_ns else lags.percentile(50)

    def stats(self) -> dict[str, LagStats]:
        """Return how late the events of each channel were."""
        return {
            name: LagStats.of(lags, events=lags.count, late_reports=late_reports)
            for name, (lags, late_reports) in self._watch.lags().items()
        }

    def sequences(self) -> dict[str, SequenceStats]:
        """Return what the sequence numbers of each channel that has them did."""
        return {name: SequenceStats(*counts) for name, counts in self._watch.sequences().items()}

    def judge(
        self, *, backlog_bytes: int, waiting_s: Mapping[str, float], stalled_s: float
    ) -> Judgement:
        """Whose fault it is that data is late, if it is.

        Args:
            backlog_bytes: Bytes that wait in the kernel.
            waiting_s: How long each consumer's oldest batch has been waiting in its buffer.
            stalled_s: The longest time, of late, that the loop was blocked.
        """
        recent = self._watch.recent(self._clock_ns())
        reports = sum(late_reports for _, late_reports in recent.values())
        lags = {name: on_time for name, (on_time, _) in recent.items() if on_time.count}
        if waiting_s:
            name, waiting = max(waiting_s.items(), key=lambda item: item[1])
            if waiting > BEHIND_S:
                return Judgement(
                    Verdict.CLIENT_SLOW,
                    f"{name} is {waiting:.2f} s behind: it does too much with each batch.",
                )
        if backlog_bytes > BACKLOG_BYTES:
            return Judgement(
                Verdict.CLIENT_SLOW,
                f"{backlog_bytes} bytes wait in the kernel: the socket is not read fast enough.",
            )
        if not lags:
            return Judgement(Verdict.UNKNOWN, f"no data in the last {WINDOW_S} s.")
        least = min(on_time.min for on_time in lags.values())
        if least < -AHEAD_NS:
            return Judgement(
                Verdict.CLOCK_OFF,
                f"events seem to come from {-least / 1e9:.2f} s in the future: this machine's "
                "clock is behind.",
            )
        medians = {name: self._beyond_delay_ns(on_time) for name, on_time in lags.items()}
        late = {name: lag for name, lag in medians.items() if lag > LATE_NS}
        if late and stalled_s > LATE_NS / 1e9:
            return Judgement(
                Verdict.CLIENT_SLOW, f"the event loop was blocked for {stalled_s:.2f} s."
            )
        if late and len(late) == len(medians):
            name, lag = min(late.items(), key=lambda item: item[1])
            return Judgement(
                Verdict.FEED_LATE,
                f"every channel is late, {name} by {lag / 1e9:.2f} s, and nothing waits here: the "
                "data is late when it comes, or this machine's clock is ahead.",
            )
        if late:
            name, lag = max(late.items(), key=lambda item: item[1])
            return Judgement(
                Verdict.LATE_REPORT,
                f"{name} alone is late, by {lag / 1e9:.2f} s: it was late before it was sent.",
            )
        events = reports + sum(on_time.count for on_time in lags.values())
        if reports > events * REPORTS_SHARE:
            return Judgement(
                Verdict.LATE_REPORT,
                f"{reports} trades were reported {LATE_REPORT_S} s or more after they "
                "happened; the rest is on time.",
            )
        name, lag = max(medians.items(), key=lambda item: item[1])
        beside = f", beside the feed's {self._delay_ns / 6e10:g} min" if self._delay_ns else ""
        return Judgement(Verdict.ON_TIME, f"{name} has the most lag, {lag / 1e6:.0f} ms{beside}.")
