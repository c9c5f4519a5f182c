"""Tells which events from elsewhere were received already, by the identities in the schema. Pure.

Two interfaces of the vendor do not write an event the same way: one has a time in ms and the other
in ns, one leaves out what the other writes as 0. So events are compared by the few keys that name
them, see `schema.Identity`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from fastpoly import schema
from fastpoly._core import Batch
from fastpoly.filters.build import make_filter
from fastpoly.notices import Notice

__all__ = ["FILLED_KEY", "Received", "clock_ns", "key_of", "symbols_of"]

FILLED_KEY: Final = "filled"
"""The key that marks events which did not come over the connection, but from a hook or a file."""

HOUR_MS: Final = 3_600_000

Key: TypeAlias = "tuple[Hashable, ...]"


def key_of(market: schema.MarketSpec, event: Mapping[str, Any]) -> tuple[Key, schema.Identity]:
    """Return what an event shares with every repeat of it, and by which identity.

    Args:
        market: The market.
        event: The event, by the wire's keys.
    """
    name = event.get("ev")
    channel = market.channel(name) if isinstance(name, str) else None
    if channel is None:
        return _whole(event), schema.WHOLE
    kind = channel.event
    identity = next(one for one in kind.identities if not one.needs or event.get(one.needs))
    if not identity.keys:
        return _whole(event), identity
    values = (_same(key, event.get(key)) for key in identity.keys)
    day = _day(event, kind, identity.day_begins_h)
    return (name, event.get(kind.symbol.key), day, *values), identity


def _whole(event: Mapping[str, Any]) -> Key:
    """Return all of an event but its mark, whatever the order of its keys."""
    values = ((key, _same(key, value)) for key, value in event.items() if key != FILLED_KEY)
    return tuple(sorted((one for one in values if one[1] is not None), key=lambda one: one[0]))


def _same(key: str, value: object) -> Hashable:
    """Return a value so that it equals the other ways to write it; None for 0 and for nothing."""
    if not value:
        return None
    if key == "i" and isinstance(value, (int, str)):
        return str(value)  # ids are numbers in one place and text in the other
    if isinstance(value, Mapping):
        return _whole(value)
    if isinstance(value, (list, tuple)):
        return tuple(_same("", item) for item in value)
    return value if isinstance(value, Hashable) else repr(value)


def _day(event: Mapping[str, Any], kind: schema.EventType, begins_h: int) -> int | None:
    """Return on which day an event was; None where numbers do not begin anew."""
    stamp = event.get(kind.of_role(schema.CLOCK)[0].key)
    if begins_h < 0 or not isinstance(stamp, (int, float)):
        return None
    ms = stamp / 1e6 if stamp >= 1e14 else stamp
    return int((ms - begins_h * HOUR_MS) // (24 * HOUR_MS))


def clock_ns(market: schema.MarketSpec, event: Mapping[str, Any]) -> int | None:
    """Return when an event was due, Unix time in ns; None if it does not say."""
    name = event.get("ev")
    channel = market.channel(name) if isinstance(name, str) else None
    if channel is None:
        return None
    stamp = event.get(channel.event.of_role(schema.CLOCK)[0].key)
    if not isinstance(stamp, (int, float)):
        return None
    return int(stamp if stamp >= 1e14 else stamp * 1e6)


class Received:
    """What has been received, as far as it can repeat.

    Args:
        market: The market.
    """

    def __init__(self, market: schema.MarketSpec) -> None:
        self._market = market
        self._counts: Counter[Key] = Counter()
        self._restatable: dict[Key, Mapping[str, Any]] = {}
        # When the first of a channel and symbol was due.
        self._first_ns: dict[tuple[object, object], int] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def add_batches(self, batches: Iterable[Batch], symbols: Iterable[str] | None = None) -> None:
        """Add what has come in live.

        Args:
            batches: The batches; notices in them are left out.
            symbols: Symbols outside which nothing can repeat; None for all.
        """
        wanted = None if symbols is None else tuple(symbols)
        if wanted == ():
            return
        # In the core: what was received of other symbols never becomes an object.
        filter = make_filter(self._market.name, wanted, None)
        for batch in batches:
            for event in batch if filter is None else filter.apply(batch):
                if not isinstance(event, Notice):
                    self.add(event.to_dict())

    def add(self, event: Mapping[str, Any]) -> None:
        """Add an event; of a bar that was restated, the one that was added last counts."""
        key, identity = key_of(self._market, event)
        self._counts[key] += 1
        if identity.restated:
            self._restatable[key] = event
        if (stamp := clock_ns(self._market, event)) is not None:
            self._first_ns.setdefault(_place(self._market, event), stamp)

    def precedes(self, event: Mapping[str, Any]) -> bool:
        """Return whether an event is later than the first that was added of its kind and symbol."""
        stamp = clock_ns(self._market, event)
        first_ns = None if stamp is None else self._first_ns.get(_place(self._market, event))
        return first_ns is not None and stamp is not None and stamp > first_ns

    def has(self, event: Mapping[str, Any]) -> bool:
        """Return whether an event, or another version of it, was added before."""
        return key_of(self._market, event)[0] in self._counts

    def take(self, event: Mapping[str, Any], corrects: bool = False) -> bool:
        """Return whether an event was added before, and account for it.

        Of events that can be told from each other only by how many there are, as many count as
        received as were added.

        Args:
            event: The event.
            corrects: Whether it is newer than what was added: a bar with other prices is then a
                correction, and no repeat.
        """
        key, identity = key_of(self._market, event)
        count = self._counts.get(key, 0)
        if not count:
            return False
        if identity.counted:
            self._counts[key] = count - 1
            return True
        known = self._restatable.get(key, event)
        return not corrects or all(_agree(known, event, name) for name in identity.restated)


def _agree(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> bool:
    """Return whether two events have the same value, as far as both have one."""
    return not (one.get(key) and other.get(key)) or bool(one[key] == other[key])


def _place(market: schema.MarketSpec, event: Mapping[str, Any]) -> tuple[object, object]:
    """Return the channel and the symbol of an event that has a clock."""
    channel = market.channel(event["ev"])
    return event["ev"], None if channel is None else event.get(channel.event.symbol.key)


def symbols_of(market: schema.MarketSpec, events: Iterable[Mapping[str, Any]]) -> set[str] | None:
    """Return the symbols of events; None where one of them has none."""
    found: set[str] = set()
    for event in events:
        name = event.get("ev")
        channel = market.channel(name) if isinstance(name, str) else None
        symbol = None if channel is None else event.get(channel.event.symbol.key)
        if not isinstance(symbol, str):
            return None
        found.add(symbol)
    return found
