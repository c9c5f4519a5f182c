"""Holds the compiled decoder to the reference decoder, in every form that it gives a frame in."""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import fastpoly
from fastpoly import schema
from fastpoly.errors import DecodeError
from tests import expected_columns, reference
from tests.reference import Expected, NotJson, Undecided

_GENERAL = {market: fastpoly.Decoder(market) for market in schema.MARKETS}
for _decoder in _GENERAL.values():
    _decoder.fast = False

TAILS = tuple(
    (text * 64)[:64]
    for text in (
        *(b"\0", b"\xff", b'"', b"7", b"}", b"]", b",", b" ", b"\\", b".", b"e", b"]]", b"}]"),
        *(b"}][", b',{"ev":"T","sym":"A"}', b'"}]', b"5}]", b',"x":4}]', b'\x81\x07[{"ev":"T'),
    )
)
"""What may lie behind a frame in memory: it must not matter."""

MOST_KEYS = 40
"""How many keys of one event are read one by one."""

_NAMES = {event.name: tuple(field.name for field in event.fields) for event in schema.EVENT_TYPES}
_NAMES["Status"] = reference.STATUS_FIELDS
_NAMES["UnknownEvent"] = ()


def exact(frame: bytes) -> Any:
    """The frame in a buffer of just its size: AddressSanitizer sees a step beyond it."""
    return (ctypes.c_ubyte * len(frame)).from_buffer_copy(frame)


def in_place(frame: bytes, market: str, tail: bytes) -> fastpoly.Batch:
    """Decodes a frame where a socket's buffer has it, with the tail behind it.

    Raises:
        DecodeError: As `fastpoly.decode`.
    """
    whole = b"\x81~" + frame + tail
    buffer = exact(whole)
    try:
        return fastpoly.Decoder(market).decode_in_place(buffer, len(frame))
    finally:
        assert bytes(buffer) == whole, "the buffer was changed"
        ctypes.memset(buffer, 0xFF, len(whole))


def _decoders(frame: bytes, market: str) -> Iterator[tuple[str, Callable[[], fastpoly.Batch]]]:
    """Ways to decode a frame: the general path, and one of the others, which take turns."""
    turn = zlib.crc32(frame)
    if turn % 3 == 0:
        yield "", lambda: fastpoly.decode(exact(frame), market=market)
    elif turn % 3 == 1:
        # A decoder of its own has a buffer of the frame's size: a sanitizer sees a step beyond.
        yield "", lambda: fastpoly.Decoder(market).decode(exact(frame))
    else:
        tail = TAILS[turn // 3 % len(TAILS)]
        yield f"before {tail!r}: ", lambda: in_place(frame, market, tail)
    yield "general path: ", lambda: _GENERAL[market].decode(exact(frame))


def observed(batch: fastpoly.Batch) -> list[Expected]:
    """What a batch says of its events, in the reference decoder's terms."""
    return [
        Expected(
            type(event).__name__,
            event.event_type,
            {name: getattr(event, name) for name in _NAMES[type(event).__name__]},
            event.malformed,
            item,
        )
        for event, item in zip(list(batch), batch.dicts(), strict=True)
    ]


def _differ(what: str, got: Any, want: Any) -> Iterator[str]:
    # repr tells 1 from 1.0 and True, -0.0 from 0.0, and one double from the next; == does not.
    if repr(got) != repr(want):
        yield f"{what}: got {got!r}, want {want!r}"


def _by_key(event: Any, item: Any) -> tuple[Any, ...]:
    """All that an event says of its wire keys, in the order of what `_told` says it must say."""
    keys = _some_keys(item)
    return (
        event.to_dict(),
        list(event.keys()),
        [event[key] for key in keys],
        [event.get(key, 0) for key in keys],
        [key in event for key in keys],
        "no such key" in event,
        None if isinstance(item, dict) else event.value,
    )


def _told(item: Any) -> tuple[Any, ...]:
    told = item if isinstance(item, dict) else {}
    values = [told[key] for key in _some_keys(item)]
    there = [True] * len(values)
    return told, list(told), values, values, there, False, None if told is item else item


def _some_keys(item: Any) -> list[str]:
    keys = list(item) if isinstance(item, dict) else []
    return keys[:: len(keys) // MOST_KEYS] if len(keys) > MOST_KEYS else keys


def _events(batch: fastpoly.Batch, want: list[Expected]) -> Iterator[str]:
    got = observed(batch)
    if repr(got) != repr(want):
        for index, (one, other) in enumerate(zip(got, want, strict=True)):
            for part in ("cls", "event_type", "attributes", "malformed", "item"):
                what = f"event {index} {part}"
                yield from _differ(what, getattr(one, part), getattr(other, part))
    for index, (event, expected) in enumerate(zip(batch, want, strict=True)):
        item = expected.item
        yield from _differ(f"event {index} by key", _by_key(event, item), _told(item))


def _channels(batch: fastpoly.Batch, want: list[Expected], market: str) -> Iterator[str]:
    spec = schema.MARKETS[market]
    names = [
        "unknown" if one.cls == "UnknownEvent" else one.event_type or "unknown" for one in want
    ]
    yield from _differ("channels", batch.channels, tuple(dict.fromkeys(names)))
    for name in (*(channel.name for channel in spec.channels), schema.STATUS_CHANNEL, "unknown"):
        yield from _differ(f"count({name})", batch.count(name), names.count(name))
    for name in batch.channels:
        items = [one.item for one, other in zip(want, names, strict=True) if other == name]
        yield from _differ(f"select({name})", batch.select(name).dicts(), items)


def _columns(batch: fastpoly.Batch, want: list[Expected], market: str) -> Iterator[str]:
    for channel in schema.MARKETS[market].channels:
        rows = expected_columns.rows(want, channel.name)
        if not rows:
            continue
        array = batch.to_numpy(channel.name)
        table = batch.to_arrow(channel.name)
        for field in channel.event.fields:
            where = f"{channel.name}.{field.name}"
            values = [row.attributes[field.name] for row in rows]
            column = array[field.name]
            if column.dtype.kind == "M":
                column = column.astype("i8")
            cells = [expected_columns.numpy_cell(field.kind, value) for value in values]
            yield from _differ(f"to_numpy {where}", column.tolist(), cells)
            arrow = table.column(field.name)
            if field.kind.arrow.startswith("ts"):
                arrow = arrow.cast("int64")
            cells = [expected_columns.arrow_cell(field.kind, value) for value in values]
            yield from _differ(f"to_arrow {where}", arrow.to_pylist(), cells)


def _touch(frame: Any, market: str) -> None:
    """Asks for everything that an undecided frame could give; only a ValueError may come of it."""
    try:
        batch = fastpoly.decode(frame, market=market)
        batch.dicts()
        observed(batch)
        for event in batch:
            repr(event)
        for channel in schema.MARKETS[market].channels:
            batch.to_numpy(channel.name)
            batch.to_arrow(channel.name)
    except ValueError:
        pass


def _compared(
    batch: fastpoly.Batch, want: list[Expected], market: str, frame: bytes
) -> Iterator[str]:
    if len(batch) != len(want):
        yield f"{len(batch)} events, want {len(want)}"
        return
    yield from _differ("nbytes", batch.nbytes, len(frame))
    yield from _differ("dicts()", batch.dicts(), [one.item for one in want])
    yield from _events(batch, want)
    yield from _channels(batch, want, market)
    yield from _columns(batch, want, market)


def disagreements(frame: bytes, market: str) -> list[str]:
    """What the compiled decoder makes of a frame that the reference decoder does not."""
    with reference.recursion_allowed():
        return list(_disagreements(frame, market))


def _disagreements(frame: bytes, market: str) -> Iterator[str]:
    try:
        want = reference.decode(frame, market)
    except Undecided:
        _touch(exact(frame), market)
        return
    except NotJson as refusal:
        offsets = []
        for name, decode in _decoders(frame, market):
            try:
                batch = decode()
            except DecodeError as error:
                offsets.append(error.offset)
            else:
                yield f"{name}accepted, {len(batch)} events; want a refusal: {refusal}"
        if len(set(offsets)) > 1 or not 0 <= max(offsets, default=0) <= len(frame):
            yield f"offsets {offsets} of {len(frame)} bytes"
        return
    for name, decode in _decoders(frame, market):
        try:
            batch = decode()
        except DecodeError as error:
            yield f"{name}refused: {error}"
        else:
            for message in _compared(batch, want, market, frame):
                yield name + message


def agree(frame: bytes, market: str) -> None:
    """Fails with the frame and every difference."""
    messages = disagreements(frame, market)
    assert not messages, f"{market} {frame[:2000]!r}\n" + "\n".join(
        message[:600] for message in messages[:20]
    )
