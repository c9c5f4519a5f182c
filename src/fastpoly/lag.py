"""How late the data is, and whose fault that is. Pure, but for the clock it is given.

Of each batch that is looked at, the last event of each channel is compared with the time at which
the batch was received. Looking is sampled: some 200 times a second say as much as all.

The verdict reasons as the vendor's support does. All channels of a connection share one ordered
stream, so a reader that is slow makes all of them late, and its kernel has data that waits. Data
that is late although nothing waits was late when it came. One channel that is late alone, or trades
that a reporting facility printed long after they happened, are late reports. And an event that
seems to come from the future tells of a clock.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fastpoly import schema
from fastpoly.histogram import Histogram

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["Judgement", "LagStats", "LagWatch", "Verdict"]

SAMPLES_PER_S: Final = 200
SPACING_NS: Final = 1_000_000_000 // SAMPLES_PER_S
WINDOW_S: Final = 10
"""Judgements look at this many seconds; the figures of `LagStats` at all of them."""

LATE_NS: Final = 1_000_000_000
"""Data later than this is late: the vendor's own path takes some 10 to 100 ms."""

AHEAD_NS: Final = 50_000_000
"""An event this far in the future tells of a clock that is off."""

REPORT_NS: Final = 5_000_000_000
"""A trade that was printed this long after it happened is a late report."""

BACKLOG_BYTES: Final = 1 << 20
"""Bytes in the kernel above which this side is behind."""

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
class LagStats:
    """How late a channel's events were when they were received, in ms, over all samples.

    Attributes:
        samples: Events that were looked at.
        min_ms: The least; below 0 if an event seemed to come from the future.
        p50_ms: The median.
        p99_ms: What one in a hundred exceeds.
        max_ms: The most.
        late_reports: How many of them were trades printed 5 s or more after they happened.
    """

    samples: int
    min_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    late_reports: int


@dataclass(frozen=True, slots=True)
class _Clock:
    """Where a channel's events have their time."""

    time_key: str
    unit_ns: int
    happened_keys: tuple[str, ...]


def _clocks(market: str) -> dict[str, _Clock]:
    clocks = {}
    for channel in schema.MARKETS[market].channels:
        kinds = {field.key: field.kind for field in channel.event.fields}
        # A bar is due at its end; anything else has its time in t.
        key = next((key for key in ("e", "t") if kinds.get(key) in _UNITS), None)
        if key is not None:
            happened = tuple(name for name in ("trft", "pt") if name in kinds)
            clocks[channel.name] = _Clock(key, _UNITS[kinds[key]], happened)
    return clocks


_UNITS: Final = {schema.MS: 1_000_000, schema.NS: 1, schema.EPOCH: 0}
_EPOCH_MS_BELOW: Final = 10**14


class _Channel:
    """What is known of one channel."""

    def __init__(self) -> None:
        self.all = Histogram()
        self.late_reports = 0
        # Of the window: (when, lag, whether a late report).
        self.recent: deque[tuple[int, int, bool]] = deque(maxlen=SAMPLES_PER_S * WINDOW_S)


class LagWatch:
    """Watches how late one stream's data is.

    Args:
        market: The market's name.
        clock_ns: The wall clock, Unix time in ns.
    """

    def __init__(self, market: str, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clocks = _clocks(market)
        self._clock_ns = clock_ns
        # Every so many batches one is looked at.
        self._period = 1
        self._looked_at_ns = 0
        self._channels: dict[str, _Channel] = {}

    def look(self, batch: Batch, channels: tuple[str, ...]) -> int:
        """Looks at one batch: at the last event of each of its channels.

        Returns:
            After how many batches to look again.
        """
        received_ns = batch.received_ns
        self._sample(batch, channels, received_ns)
        passed_ns, self._looked_at_ns = received_ns - self._looked_at_ns, received_ns
        if passed_ns < SPACING_NS // 2:
            self._period = min(self._period * 2, 4096)
        elif passed_ns > SPACING_NS * 2:
            self._period = max(self._period // 2, 1)
        return self._period

    def _sample(self, batch: Batch, channels: tuple[str, ...], received_ns: int) -> None:
        for name in channels:
            clock = self._clocks.get(name)
            if clock is None:
                continue
            event = batch.select(name)[-1]
            stamp = event.get(clock.time_key)
            if not isinstance(stamp, int) or stamp <= 0:
                continue
            unit_ns = clock.unit_ns or (1_000_000 if stamp < _EPOCH_MS_BELOW else 1)
            happened = [event.get(key) for key in clock.happened_keys]
            late_report = any(
                isinstance(other, int) and (stamp - other) * unit_ns > REPORT_NS
                for other in happened
            )
            channel = self._channels.get(name)
            if channel is None:
                channel = self._channels[name] = _Channel()
            lag_ns = received_ns - stamp * unit_ns
            channel.all.record(lag_ns)
            channel.late_reports += late_report
            channel.recent.append((received_ns, lag_ns, late_report))

    def stats(self) -> dict[str, LagStats]:
        """What is known of each channel."""
        return {
            name: LagStats(
                samples=channel.all.count,
                min_ms=channel.all.min / 1e6,
                p50_ms=channel.all.percentile(50) / 1e6,
                p99_ms=channel.all.percentile(99) / 1e6,
                max_ms=channel.all.max / 1e6,
                late_reports=channel.late_reports,
            )
            for name, channel in list(self._channels.items())
        }

    def judge(
        self, *, backlog_bytes: int, waiting_s: Mapping[str, float], stalled_s: float
    ) -> Judgement:
        """Whose fault it is that data is late, if it is.

        Args:
            backlog_bytes: Bytes that wait in the kernel.
            waiting_s: How long each consumer's oldest batch has been waiting in its buffer.
            stalled_s: The longest time, of late, that the loop stood still.
        """
        since_ns = self._clock_ns() - WINDOW_S * 1_000_000_000
        lags: dict[str, list[int]] = {}
        reports = 0
        for name, channel in list(self._channels.items()):
            recent = [sample for sample in tuple(channel.recent) if sample[0] >= since_ns]
            on_time = sorted(lag for _, lag, late_report in recent if not late_report)
            reports += len(recent) - len(on_time)
            if on_time:
                lags[name] = on_time
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
        least = min(values[0] for values in lags.values())
        if least < -AHEAD_NS:
            return Judgement(
                Verdict.CLOCK_OFF,
                f"events seem to come from {-least / 1e9:.2f} s in the future: this machine's "
                "clock is behind.",
            )
        medians = {name: values[len(values) // 2] for name, values in lags.items()}
        late = {name: lag for name, lag in medians.items() if lag > LATE_NS}
        if late and stalled_s > LATE_NS / 1e9:
            return Judgement(
                Verdict.CLIENT_SLOW, f"the event loop stood still for {stalled_s:.2f} s."
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
        if reports:
            return Judgement(
                Verdict.LATE_REPORT,
                f"{reports} trades were reported {REPORT_NS / 1e9:.0f} s or more after they "
                "happened; the rest is on time.",
            )
        name, lag = max(medians.items(), key=lambda item: item[1])
        return Judgement(Verdict.ON_TIME, f"{name} has the most lag, {lag / 1e6:.0f} ms.")
