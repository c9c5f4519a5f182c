"""Fills a gap with events from elsewhere, without repeating what was received. Pure.

While the hook looks for what is missing, live batches are held back, so that what it finds comes
where it belongs: after the gap, before the first event that followed it. What it gives is marked by
a key that the server does not send: ``event.get("filled")`` is True, and stays with the event
wherever it goes.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from fastpoly import schema
from fastpoly._core import Batch, Filter, batch_of, decode
from fastpoly.engine.filling.filled_tail import FilledTail
from fastpoly.engine.filling.repeats import FILLED_KEY, Received, identified, symbols_of
from fastpoly.errors import UsageError
from fastpoly.notices import Gap

__all__ = ["Backfill", "Supplied"]

Supplied: TypeAlias = "Batch | Iterable[Mapping[str, Any]]"
"""What a hook may give: a batch, or events, or dicts with the wire's keys and ``ev``."""

MAX_HELD_BYTES: Final = 64 * 1024 * 1024
"""Live data that is held back at most, in bytes on the wire; then the gap stays a gap."""


class Backfill:
    """One gap while it is being filled.

    Args:
        gap: The gap.
        before: Batches from before it, for what a hook may give again.
        filter: What is wanted of what a hook gives; None for all of it.

    Attributes:
        filled: What was supplied and is new, once it is known; None where there is nothing.
    """

    def __init__(self, gap: Gap, before: Iterable[Batch], filter: Filter | None = None) -> None:
        self.gap = gap
        self.filled: Batch | None = None
        self._market = schema.MARKETS[gap.market]
        self._before = list(before)
        self._filter = filter
        self._held: list[Batch] = []
        self._held_bytes = 0

    def hold(self, batch: Batch) -> bool:
        """Holds a live batch back.

        Returns:
            Whether there is room for more.
        """
        batch = batch.compact()
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        return self._held_bytes <= MAX_HELD_BYTES

    def finish(self, supplied: Supplied | None) -> list[Batch]:
        """Everything in order: the gap, what was supplied, what was held back.

        Args:
            supplied: What the hook gave; None if it gave nothing.

        Raises:
            UsageError: It gave something else than events.
        """
        filled = self.filled = self._fresh(supplied) if supplied is not None else None
        gap = dataclasses.replace(self.gap, filled=len(filled) if filled is not None else 0)
        notice = batch_of(gap.market, [gap])
        return [notice, *([filled] if filled is not None and len(filled) else []), *self._held]

    def tail(self, received_ns: int) -> FilledTail | None:
        """Return what may yet come live of what was supplied; None where nothing was.

        Args:
            received_ns: When the last live data came, Unix time in ns.
        """
        if self.filled is None or not len(self.filled):
            return None
        return FilledTail(self._market, self.filled.dicts(), received_ns)

    def _fresh(self, supplied: Supplied) -> Batch | None:
        """What was supplied, is wanted and was not received, once each, as a batch."""
        events = [identified(self._market, event) for event in _events_of(supplied)]
        symbols = symbols_of(events)
        before, held = Received(), Received()
        before.add_batches(self._market, self._before, symbols)
        held.add_batches(self._market, self._held, symbols)
        fresh: dict[object, Mapping[str, Any]] = {}
        for number, one in enumerate(events):
            if held.precedes(one):
                continue  # what is subscribed again comes live, and in order
            # A bar that came after the gap is newer than what was supplied, whatever it says.
            if not (before.take(one, corrects=True) or held.take(one)):
                key = (one.key, number) if one.identity.counted else one.key
                fresh[key] = {**one.event, FILLED_KEY: True}
        if not fresh:
            return None
        batch = decode(
            json.dumps([*fresh.values()], default=str).encode(), market=self._market.name
        )
        return batch if self._filter is None else self._filter.apply(batch)


def _events_of(supplied: Supplied) -> list[Mapping[str, Any]]:
    """Return what a hook gave as dicts.

    Raises:
        UsageError: It gave something else than events.
    """
    if not isinstance(supplied, Iterable):
        raise UsageError(
            f"The fill hook returned {type(supplied).__name__}, which holds no events.",
            hint="Return a Batch, or a list of dicts with the wire's keys, ev among them.",
        )
    events: list[Mapping[str, Any]] = []
    for item in supplied:
        event = item.to_dict() if hasattr(item, "to_dict") else item
        if not isinstance(event, Mapping) or "ev" not in event:
            raise UsageError(
                f"The fill hook returned {type(item).__name__} {str(item)[:80]!r}, which is "
                "not an event.",
                hint="Return a Batch, or dicts with the wire's keys, ev among them.",
            )
        events.append(event)
    return events
