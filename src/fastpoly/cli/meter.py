"""What the demo measures of a stream: per batch, from its counts and its events' times."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fastpoly import schema
from fastpoly._core import Histogram, LineWatch

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.events import Event

__all__ = ["Meter", "Tally", "percentile_ms"]

SAMPLES_PER_BATCH: Final = 16
"""Events of a batch whose symbol is looked at, evenly spread; all where there are fewer."""


def percentile_ms(lags: Histogram | None, percent: float) -> float | None:
    """Return the lag in ms that this share of events stayed within; None without events."""
    return None if lags is None or not lags.count else max(lags.percentile(percent), 0) / 1e6


def _merged(parts: Iterable[Histogram]) -> Histogram:
    merged = Histogram()
    for part in parts:
        merged.merge(part)
    return merged


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
    lags: dict[str, Histogram] = field(default_factory=dict)
    nbytes: int = 0
    batches: int = 0

    def update(self, other: Tally) -> None:
        """Add what the other one has."""
        self.events.update(other.events)
        for channel, lags in other.lags.items():
            self.lags.setdefault(channel, Histogram()).merge(lags)
        self.nbytes += other.nbytes
        self.batches += other.batches

    def lags_of_all(self) -> Histogram:
        """Return the lags of all channels together."""
        return _merged(self.lags.values())


class Meter:
    """Counts batches; at any rate of events it costs the same few microseconds for each batch.

    Counts, bytes and lags are of all events. Symbols come from events spread evenly over the batch,
    each of which stands for those up to the next.

    Args:
        market: Whose events they are.
    """

    def __init__(self, market: str) -> None:
        fields = {channel.name: channel.event for channel in schema.MARKETS[market].channels}
        self._symbol = {name: event.symbol.name for name, event in fields.items()}
        # A bar's end is not a stamp: it is sent some time later on purpose.
        self._stamped = {
            name
            for name, event in fields.items()
            if any(field.key == "t" for field in event.of_role(schema.CLOCK))
        }
        self._market = market
        self._watch = LineWatch(market)
        self._symbols: defaultdict[str, float] = defaultdict(float)
        self._since = Tally()
        self.total = Tally()

    def add(self, batch: Batch) -> None:
        """Count a batch that is being handled now."""
        self._watch.see(batch, time.time_ns())
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
            self._sample(batch[number * length // looked_at], length / looked_at)

    def _sample(self, event: Event, stands_for: float) -> None:
        channel = event.event_type
        if channel in self._symbol:
            symbol = getattr(event, self._symbol[channel])
            if symbol is not None:
                self._symbols[symbol] += stands_for

    def take(self) -> Tally:
        """Return what arrived since the last call; it is added to `total`."""
        taken, self._since = self._since, Tally()
        watch, self._watch = self._watch, LineWatch(self._market)
        taken.lags = {
            name: lags for name, (lags, _) in watch.lags().items() if name in self._stamped
        }
        self.total.update(taken)
        return taken

    def busiest(self, count: int) -> list[tuple[str, float]]:
        """Return the busiest symbols so far and their estimated share of all events."""
        total = sum(self._symbols.values())
        ranked = sorted(self._symbols.items(), key=lambda item: item[1], reverse=True)
        return [(symbol, events / total) for symbol, events in ranked[:count]]
