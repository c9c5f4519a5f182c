"""How ``fastpoly tail`` writes events: a table of formats, each from a batch to lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import count, repeat
from typing import TYPE_CHECKING, Any, Final

import orjson

from fastpoly import schema

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.events import Event

__all__ = ["FORMATS"]

_MS_BELOW: Final = 10**14
"""A Unix time below this is in ms, otherwise in ns."""


def _dump(value: object, batch: Batch, at: int) -> bytes:
    """What was read of the event at a place as JSON; its own text where that cannot be written."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # An integer beyond 64 bits, half of a surrogate pair, lists nested more than 254 deep.
        pass
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        # What pickle takes is what came; between its values there may be ends of lines.
        content = batch[at].__reduce__()[1][1]
        text = content if isinstance(content, bytes) else orjson.dumps(content)
        return text.replace(b"\r", b" ").replace(b"\n", b" ")


def _fields(market: str, event: Event) -> tuple[schema.Field, ...]:
    channel = schema.MARKETS[market].channel(event.event_type or "")
    return channel.event.fields if channel else ()


def _named(market: str, event: Event) -> dict[str, Any]:
    """Attribute -> value, without what is absent; wire keys where the event type is unknown."""
    fields = _fields(market, event)
    if not fields:
        return event.to_dict()
    values = {field.name: getattr(event, field.name) for field in fields}
    present = {name: value for name, value in values.items() if value is not None}
    return {"event_type": event.event_type, **present}


def as_json(batch: Batch) -> Iterable[bytes]:
    """JSON with the keys and values that the server sent."""
    return map(_dump, batch.dicts(), repeat(batch), count())


def as_named(batch: Batch) -> Iterable[bytes]:
    """JSON with attribute names instead of wire keys."""
    return (_dump(_named(batch.market, event), batch, at) for at, event in enumerate(batch))


def _clock(stamp: int) -> str:
    nanoseconds = stamp * 1_000_000 if stamp < _MS_BELOW else stamp
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}.{rest // 1_000_000:03d}"
    except (ValueError, OverflowError, OSError):  # no year of the calendar
        return str(stamp)


_FIRST: Final = ((schema.MS, schema.NS, schema.EPOCH), (schema.SYMBOL,))
"""The kinds of the fields that come first in a line; every event type has one of each."""


def as_text(batch: Batch) -> Iterable[bytes]:
    """UTC time, channel, symbol and the other attributes, to be read by people."""
    return (_printable(line).encode() for line in _texts(batch))


def _printable(line: str) -> str:
    """The line, with escapes for what would end it, move the cursor, or cannot be written."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


def _texts(batch: Batch) -> Iterator[str]:
    for at, event in enumerate(batch):
        fields = _fields(batch.market, event)
        if not fields:
            text = _dump(event.to_dict(), batch, at).decode()
            yield f"{'':12}  {event.event_type or '':4}  {text}"
            continue
        shown = [next(field for field in fields if field.kind in kinds) for kinds in _FIRST]
        stamp, symbol = (getattr(event, field.name) for field in shown)
        rest = " ".join(
            f"{field.name}={value}"
            for field in fields
            if field not in shown and (value := getattr(event, field.name)) is not None
        )
        clock = "" if stamp is None else _clock(stamp)
        yield f"{clock:12}  {event.event_type:4}  {symbol or '':6}  {rest}"


FORMATS: Final[dict[str, Callable[[Batch], Iterable[bytes]]]] = {
    "json": as_json,
    "named": as_named,
    "text": as_text,
}
"""Name -> the lines of a batch in UTF-8, one for each event, without their ends."""
