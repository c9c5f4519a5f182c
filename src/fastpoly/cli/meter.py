"""What the demo measures of a stream: per batch, from its counts and a few of its events."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fastpoly import schema

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.events import Event

__all__ = ["Lags", "Meter", "Tally"]

SAMPLES_PER_BATCH: Final = 16
"""How many events of a batch are looked at, evenly spread; all where there are fewer."""

LAG_STEP_NS: Final = 100_000
"""Lags are counted in steps of 0.1 ms; the server's stamps are whole milliseconds."""


class Lags:
    """How many events had which lag."""

    def __init__(self) -> None:
        self._events: defaultdict[int, float] = defaultdict(float)

    def add(self, lag_ns: int, events: float) -> None:
        """Count a lag for that many events; a clock that runs backwards counts as no lag."""
        self._events[max(lag_ns, 0) // LAG_STEP_NS] += events

    def update(self, other: Lags) -> None:
        """Count what the other one counted."""
        for lag, events in other._events.items():
            self._events[lag] += events

    def percentile_ms(self, percent: float) -> float | None:
        """The lag in ms that this share of events stayed within; None if there was none."""
        left = sum(self._events.values()) * percent / 100
        for lag in sorted(self._events):
            left -= self._events[lag]
            if left <= 0:
                return (lag + 1) * LAG_STEP_NS / 1e6
        return None


@dataclass(slots=True)
class Tally:
    """What arrived in some time.

    Attributes:
        events: Events by channel.
        lags: Lags by channel, for channels whose events carry the server's stamp.
        nbytes: Bytes of the frames.
        batches: Calls of the handler.
    """

    events: Counter[str] = field(default_factory=Counter)
    lags: defaultdict[str, Lags] = field(default_factory=lambda: defaultdict(Lags))
    nbytes: int = 0
    batches: int = 0

    def update(self, other: Tally) -> None:
        """Add what the other one has."""
        self.events.update(other.events)
        for channel, lags in other.lags.items():
            self.lags[channel].update(lags)
        self.nbytes += other.nbytes
        self.batches += other.batches

    def lags_of_all(self) -> Lags:
        """The lags of all channels together."""
        lags = Lags()
        for each in self.lags.values():
            lags.update(each)
        return lags


class Meter:
    """Counts batches; at any rate of events it costs the same few microseconds for each batch.

    Counts and bytes are exact. Lags and symbols come from events spread evenly over the batch, each
    of which stands for those up to the next; so a lag is rather over- than understated.

    Args:
        market: Whose events they are.
    """

    def __init__(self, market: str) -> None:
        fields = {channel.name: channel.event for channel in schema.MARKETS[market].channels}
        self._symbol = {name: event.symbol.name for name, event in fields.items()}
        self._stamp = {
            name: stamp.name
            for name, event in fields.items()
            for stamp in event.fields
            if stamp.key == "t" and stamp.kind is schema.MS
        }
        self._symbols: defaultdict[str, float] = defaultdict(float)
        self._since = Tally()
        self.total = Tally()

    def add(self, batch: Batch) -> None:
        """Count a batch that is being handled now."""
        now_ns = time.time_ns()
        since = self._since
        since.batches += 1
        since.nbytes += batch.nbytes
        for channel in batch.channels:
            # Notices, such as of a gap, come in batches too but are none of the server's events.
            if channel in self._symbol:
                since.events[channel] += batch.count(channel)
        length = len(batch)
        looked_at = min(length, SAMPLES_PER_BATCH)
        for number in range(looked_at):
            self._sample(batch[number * length // looked_at], now_ns, length / looked_at)

    def _sample(self, event: Event, now_ns: int, stands_for: float) -> None:
        channel = event.event_type
        if channel in self._stamp:
            stamp = getattr(event, self._stamp[channel])
            if stamp is not None:
                self._since.lags[channel].add(now_ns - stamp * 1_000_000, stands_for)
        if channel in self._symbol:
            symbol = getattr(event, self._symbol[channel])
            if symbol is not None:
                self._symbols[symbol] += stands_for

    def take(self) -> Tally:
        """What arrived since the last call; it is added to `total`."""
        taken, self._since = self._since, Tally()
        self.total.update(taken)
        return taken

    def busiest(self, count: int) -> list[tuple[str, float]]:
        """The busiest symbols so far and their estimated share of all events."""
        total = sum(self._symbols.values())
        ranked = sorted(self._symbols.items(), key=lambda item: item[1], reverse=True)
        return [(symbol, events / total) for symbol, events in ranked[:count]]
