"""Columns of a batch: its rows as a NumPy structured array or an Arrow record batch."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fastpoly import schema
from fastpoly.errors import UsageError

if TYPE_CHECKING:
    import numpy
    import pyarrow

    from fastpoly._core import Batch

MS_TO_NS = 1_000_000
FIRST_NS = 10**14
"""An epoch below this is in ms, else in ns."""

_TEXTS = (schema.SYMBOL, schema.TEXT)


def _optional(module: str, extra: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{module} is not installed.", hint=f'Install it with: pip install "fastpoly[{extra}]"'
        ) from error


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of one event type become records.

    Attributes:
        dtype: The records' dtype, without the columns of Python objects.
        placements: ``(field, offset in the record, characters of text or 0)`` of each column.
        full: The array's dtype.
    """

    dtype: numpy.dtype[Any]
    placements: tuple[tuple[int, int, int], ...]
    full: numpy.dtype[Any]

    @property
    def itemsize(self) -> int:
        """Bytes of one record."""
        return int(self.dtype.itemsize)


@functools.cache
def event_type(market: str, channel: str) -> schema.EventType:
    """The event type of a market's channel.

    Raises:
        UsageError: The market has no such channel.
    """
    found = schema.MARKETS[market].channel(channel)
    if found is None:
        names = ", ".join(each.name for each in schema.MARKETS[market].channels)
        raise UsageError(
            f"{market} has no channel {channel!r} with columns.", hint=f"Use one of: {names}."
        )
    return found.event


@functools.lru_cache(maxsize=256)
def plan(event: schema.EventType, widths: tuple[int, ...] = ()) -> Plan:
    """The plan for an event type; `widths` are the least widths of its text columns, in order."""
    numpy = _optional("numpy", "numpy")
    names, formats, placements = [], [], []
    least = iter(widths or [0] * len(event.fields))
    for index, field in enumerate(event.fields):
        width = max(field.width, next(least)) if field.kind in _TEXTS else 0
        names.append(field.name)
        formats.append(field.kind.numpy.format(width=width))
        placements.append((index, width))
    full = numpy.dtype({"names": names, "formats": formats})
    kept = [name for name in names if full[name] != object]
    dtype = numpy.dtype([(name, full[name]) for name in kept])
    return Plan(
        dtype,
        tuple(
            (index, dtype.fields[name][1], width)
            for name, (index, width) in zip(names, placements, strict=True)
            if name in kept
        ),
        numpy.dtype([(name, full[name]) for name in names]),
    )


def to_numpy(batch: Batch, market: str, channel: str) -> numpy.ndarray[Any, Any]:
    """See `Batch.to_numpy`."""
    numpy = _optional("numpy", "numpy")
    event = event_type(market, channel)
    chosen = plan(event)
    records, widths, spilled = batch.records(channel, chosen)
    needed = _widths(event, widths, spilled)
    if any(width > least for width, least in needed):
        chosen = plan(event, tuple(width for width, _ in needed))
        records, _, spilled = batch.records(channel, chosen)
    array = numpy.frombuffer(records, chosen.dtype)
    if chosen.full != chosen.dtype:
        partial, array = array, numpy.empty(len(array), chosen.full)
        for name in partial.dtype.names or ():
            array[name] = partial[name]
    for place, spilt in spilled:
        _patch(array, place, spilt, event)
    return array  # type: ignore[no-any-return]


def _widths(
    event: schema.EventType, widths: dict[str, int], spilled: list[tuple[int, Any]]
) -> list[tuple[int, int]]:
    """Of each text column: the longest text here, and the width that it has anyway."""
    result = []
    for field in event.fields:
        if field.kind in _TEXTS:
            longest = [len(getattr(spilt, field.name) or "") for _, spilt in spilled]
            result.append((max([widths[field.key], *longest]), field.width))
    return result


def _patch(array: Any, place: int, spilt: Any, event: schema.EventType) -> None:
    """Writes the values that did not fit their row, long texts and lists, into the array."""
    for field in event.fields:
        value = getattr(spilt, field.name)
        if value is None:
            continue
        if field.kind in _TEXTS or field.kind is schema.LEVELS:
            array[field.name][place] = value
        elif field.kind is schema.CODES:
            codes = [code if -(2**15) <= code < 2**15 else -1 for code in value[:7]]
            array[field.name][place] = codes + [-1] * (7 - len(codes))
        elif field.kind is schema.DECIMAL:
            array[field.name][place] = _decimal(value)


def _decimal(text: str) -> float:
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.replace(".", "", 1).isdigit():
        return float("nan")
    return float(text)


def to_arrow(batch: Batch, market: str, channel: str) -> pyarrow.RecordBatch:
    """See `Batch.to_arrow`."""
    raise UsageError("to_arrow is not available yet.")
