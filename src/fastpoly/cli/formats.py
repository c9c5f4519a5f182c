"""How ``fastpoly tail`` writes events: a table of formats, each from a batch to lines of text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from fastpoly import schema

if TYPE_CHECKING:
    from fastpoly import Batch
    from fastpoly.events import Event

__all__ = ["FORMATS"]

_MS_BELOW: Final = 10**14
"""A Unix time below this is in ms, otherwise in ns."""


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fields(market: str, event: Event) -> tuple[schema.Field, ...]:
    channel = schema.MARKETS[market].channel(event.event_type)
    return channel.event.fields if channel else ()


def _named(market: str, event: Event) -> dict[str, Any]:
    """Attribute -> value, without what is absent; wire keys where the event type is unknown."""
    fields = _fields(market, event)
    if not fields:
        return event.to_dict()
    values = {field.name: getattr(event, field.name) for field in fields}
    present = {name: value for name, value in values.items() if value is not None}
    return {"event_type": event.event_type, **present}


def as_json(batch: Batch) -> Iterable[str]:
    """JSON with the keys and values that the server sent."""
    return map(_dump, batch.dicts())


def as_named(batch: Batch) -> Iterable[str]:
    """JSON with attribute names instead of wire keys."""
    return (_dump(_named(batch.market, event)) for event in batch)


def _clock(stamp: int) -> str:
    nanoseconds = stamp * 1_000_000 if stamp < _MS_BELOW else stamp
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}.{rest // 1_000_000:03d}"


def as_text(batch: Batch) -> Iterator[str]:
    """UTC time, channel, symbol and the other attributes, to be read by people."""
    for event in batch:
        fields = _fields(batch.market, event)
        if not fields:
            yield f"{'':12}  {event.event_type:4}  {_dump(event.to_dict())}"
            continue
        stamps = (field for field in fields if field.kind in (schema.MS, schema.NS, schema.EPOCH))
        symbols = (field for field in fields if field.kind is schema.SYMBOL)
        shown = [next(stamps, None), next(symbols, None)]
        stamp, symbol = (field and getattr(event, field.name) for field in shown)
        rest = " ".join(
            f"{field.name}={value}"
            for field in fields
            if field not in shown and (value := getattr(event, field.name)) is not None
        )
        clock = "" if stamp is None else _clock(stamp)
        yield f"{clock:12}  {event.event_type:4}  {symbol or '':6}  {rest}"


FORMATS: Final[dict[str, Callable[[Batch], Iterable[str]]]] = {
    "json": as_json,
    "named": as_named,
    "text": as_text,
}
"""Name -> lines of a batch, one for each event, without their ends."""
