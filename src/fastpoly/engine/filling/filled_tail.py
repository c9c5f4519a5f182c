"""Drops from live batches what was supplied just before: the end of what filled a gap. Pure.

What fills a gap reaches up to the present, and the live stream may lag behind it: a bar whose
window has ended is sent seconds later, and a slow feed sends what the other side had already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastpoly import schema
from fastpoly._core import Batch, concat
from fastpoly.engine.filling.repeats import Identified, Received, identified, symbols_of
from fastpoly.filters.build import make_filter
from fastpoly.notices import Notice

__all__ = ["TAIL_NS", "FilledTail"]

TAIL_NS: Final = 10_000_000_000
"""How long before the end of what was supplied events count, and how long after it they may come
live, in ns."""


class FilledTail:
    """The last of the events that were supplied.

    Args:
        market: The market.
        events: What was supplied, by the wire's keys.
        until_ns: When live data last came before anybody saw them, Unix time in ns.
    """

    def __init__(
        self, market: schema.MarketSpec, events: Iterable[Mapping[str, Any]], until_ns: int
    ) -> None:
        self.until_ns = until_ns + TAIL_NS
        found = [identified(market, event) for event in events]
        latest = max((one.at_ns for one in found if one.at_ns is not None), default=0)
        tail = [one for one in found if one.at_ns is None or one.at_ns > latest - TAIL_NS]
        symbols = symbols_of(tail)
        self._market = market
        self._filter = make_filter(market.name, symbols, None) if symbols else None
        self._filled = Received()
        for one in tail:
            self._filled.add(one)

    def drop_repeats(self, batch: Batch) -> Batch:
        """Return a live batch without what was supplied; as it is where nothing was."""
        # In the core: as a rule nothing of a batch can be a repeat, and it stays rows.
        possible = batch if self._filter is None else self._filter.apply(batch)
        if not any(self._filled.has(one) for one in map(self._identified, possible) if one):
            return batch
        pieces: list[Batch] = []
        first = 0
        for place, event in enumerate(batch):
            one = self._identified(event)
            if one is not None and self._filled.take(one, corrects=True):
                pieces.append(batch[first:place])
                first = place + 1
        pieces.append(batch[first:])
        return concat([piece for piece in pieces if len(piece)] or [batch[:0]])

    def _identified(self, event: Any) -> Identified | None:
        """Return a live event as it is compared; None for a notice."""
        return None if isinstance(event, Notice) else identified(self._market, event.to_dict())
