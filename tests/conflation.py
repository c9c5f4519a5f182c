"""Of many events the latest of each channel and symbol, found slowly: event by event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fastpoly import schema
from fastpoly._core import Batch

if TYPE_CHECKING:
    from fastpoly.events import Event

__all__ = ["latest"]

_SYMBOL_KEYS: Final = {
    (market.name, channel.name): channel.event.symbol.key
    for market in schema.MARKETS.values()
    for channel in market.channels
}


def latest(batches: Sequence[Batch]) -> list[Event]:
    """The last event of each channel and symbol, in the order of those last events.

    What has no symbol, such as notices and events that the market does not know, is kept as it is.

    Args:
        batches: One batch or more, of one market.

    Returns:
        The events that are left.
    """
    seen: set[tuple[str, str]] = set()
    kept: list[Event] = []
    for batch in reversed(batches):
        for index in range(len(batch) - 1, -1, -1):
            event: Event = batch[index]
            channel = event.event_type or ""
            key = _SYMBOL_KEYS.get((batch.market, channel))
            symbol = event.get(key) if key is not None else None
            if isinstance(symbol, str):
                if (channel, symbol) in seen:
                    continue
                seen.add((channel, symbol))
            kept.append(event)
    kept.reverse()
    return kept
