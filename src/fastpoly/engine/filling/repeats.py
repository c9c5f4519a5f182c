"""Tells which events from elsewhere were received already, by the identities in the schema. Pure.

Two interfaces of the vendor do not write an event the same way: one has a time in ms and the other
in ns, one leaves out what the other writes as 0. So events are compared by the few keys that name
them, see `schema.Identity`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from fastpoly import schema
from fastpoly._core import Batch
from fastpoly.filters.build import make_filter
from fastpoly.notices import Notice

__all__ = ["FILLED_KEY", "Identified", "Received", "clock_ns", "identified", "symbols_of"]

FILLED_KEY: Final = "filled"
"""The key that marks events which did not come over the connection, but from a hook or a file."""

HOUR_NS: Final = 3_600_000_000_000

FIRST_NS: Final = 10**14
"""A time below this is in ms."""

Key: TypeAlias = "tuple[Hashable, ...]"


class Identified(NamedTuple):
    """An event, and what tells it from others.

    Attributes:
        event: The event, by the wire's keys.
        key: What it shares with every repeat of it.
        identity: By which identity.
        place: Its channel and symbol.
        at_ns: When it was due, Unix time in ns; None if it does not say.
    """

    event: Mapping[str, Any]
    key: Key
    identity: schema.Identity
    place: tuple[object, object]
    at_ns: int | None


def _same(value: object) -> Hashable:
    """Return a value so that it equals the other ways to write it; None for 0 and for nothing."""
    if not value:
        return None
    if isinstance(value, (int, float, str)):
        return value
    if isinstance(value, Mapping):
        return _whole(value)
    if isinstance(value, (list, tuple)):
        return tuple(map(_same, value))
    return value if isinstance(value, Hashable) else repr(value)


def _same_text(value: object) -> Hashable:
    """Return an id as text, which it is in one place, and a number in the other."""
    return str(value) if value else None


def _whole(event: Mapping[str, Any]) -> Key:
    """Return all of an event but its mark, whatever the order of its keys."""
    values = ((key, _same(value)) for key, value in event.items() if key != FILLED_KEY)
    return tuple(sorted((one for one in values if one[1] is not None), key=lambda one: one[0]))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is to be looked at in the events of a channel.

    Attributes:
        symbol: The key of the symbol.
        clock: The key of the time.
        identities: The identities, each with its keys and with what to make of their values.
    """

    symbol: str
    clock: str
    identities: tuple[
        tuple[schema.Identity, tuple[tuple[str, Callable[[object], Hashable]], ...]], ...
    ]


def _kind(event: schema.EventType) -> _Kind:
    texts = {field.key for field in event.fields if field.kind is schema.TEXT}
    return _Kind(
        event.symbol.key,
        event.of_role(schema.CLOCK)[0].key,
        tuple(
            (one, tuple((key, _same_text if key in texts else _same) for key in one.keys))
            for one in event.identities
        ),
    )


_KINDS: Final = {
    market.name: {channel.name: _kind(channel.event) for channel in market.channels}
    for market in schema.MARKETS.values()
}
"""Market -> channel -> what to look at."""


def identified(market: schema.MarketSpec, event: Mapping[str, Any]) -> Identified:
    """Return an event with what tells it from others.

    Args:
        market: The market.
        event: The event, by the wire's keys.
    """
    name = event.get("ev")
    kind = _KINDS[market.name].get(name) if isinstance(name, str) else None
    if kind is None:
        return Identified(event, _whole(event), schema.WHOLE, (name, None), None)
    place = (name, event.get(kind.symbol))
    stamp = event.get(kind.clock)
    at_ns = None
    if isinstance(stamp, (int, float)):
        at_ns = int(stamp if stamp >= FIRST_NS else stamp * 1_000_000)
    identity, readers = next(
        pair for pair in kind.identities if not pair[0].needs or event.get(pair[0].needs)
    )
    if not identity.keys:
        return Identified(event, _whole(event), identity, place, at_ns)
    day = None
    if identity.day_begins_h >= 0 and at_ns is not None:
        # Numbers begin anew.
        day = (at_ns - identity.day_begins_h * HOUR_NS) // (24 * HOUR_NS)
    values = [reader(event.get(key)) for key, reader in readers]
    return Identified(event, (*place, day, *values), identity, place, at_ns)


def clock_ns(market: schema.MarketSpec, event: Mapping[str, Any]) -> int | None:
    """Return when an event was due, Unix time in ns; None if it does not say."""
    return identified(market, event).at_ns


class Received:
    """What has been received, as far as it can repeat."""

    def __init__(self) -> None:
        self._counts: Counter[Key] = Counter()
        self._restatable: dict[Key, Mapping[str, Any]] = {}
        # When the first of a channel and symbol was due.
        self._first_ns: dict[tuple[object, object], int] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def add_batches(
        self,
        market: schema.MarketSpec,
        batches: Iterable[Batch],
        symbols: Iterable[str] | None = None,
    ) -> None:
        """Add what has come in live.

        Args:
            market: The market.
            batches: The batches; notices in them are left out.
            symbols: Symbols outside which nothing can repeat; None for all.
        """
        wanted = None if symbols is None else tuple(symbols)
        if wanted == ():
            return
        # In the core: what was received of other symbols never becomes an object.
        filter = make_filter(market.name, wanted, None)
        for batch in batches:
            for event in batch if filter is None else filter.apply(batch):
                if not isinstance(event, Notice):
                    self.add(identified(market, event.to_dict()))

    def add(self, one: Identified) -> None:
        """Add an event; of a bar that was restated, the one that was added last counts."""
        self._counts[one.key] += 1
        if one.identity.restated:
            self._restatable[one.key] = one.event
        if one.at_ns is not None:
            self._first_ns.setdefault(one.place, one.at_ns)

    def precedes(self, one: Identified) -> bool:
        """Return whether an event is later than the first that was added of its kind and symbol."""
        first_ns = self._first_ns.get(one.place)
        return first_ns is not None and one.at_ns is not None and one.at_ns > first_ns

    def has(self, one: Identified) -> bool:
        """Return whether an event, or another version of it, was added before."""
        return one.key in self._counts

    def take(self, one: Identified, corrects: bool = False) -> bool:
        """Return whether an event was added before, and account for it.

        Of events that can be told from each other only by how many there are, as many count as
        received as were added.

        Args:
            one: The event.
            corrects: Whether it is newer than what was added: a bar with other prices is then a
                correction, and no repeat.
        """
        count = self._counts.get(one.key, 0)
        if not count:
            return False
        if one.identity.counted:
            self._counts[one.key] = count - 1
            return True
        if not corrects or not one.identity.restated:
            return True
        known = self._restatable.get(one.key, one.event)
        return all(_agree(known, one.event, name) for name in one.identity.restated)


def _agree(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> bool:
    """Return whether two events have the same value, as far as both have one."""
    return not (one.get(key) and other.get(key)) or bool(one[key] == other[key])


def symbols_of(events: Iterable[Identified]) -> set[str] | None:
    """Return the symbols of events; None where one of them has none."""
    found: set[str] = set()
    for one in events:
        symbol = one.place[1]
        if not isinstance(symbol, str):
            return None
        found.add(symbol)
    return found
