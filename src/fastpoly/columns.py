"""What columns need of Python: dtypes, values that did not fit their row, and data frames."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fastpoly import schema
from fastpoly.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

MAX_TEXT_COLUMN = 2**28
"""Characters of a text column of an array (1 GiB): one broken text must not fill the memory."""

_TEXTS = (schema.SYMBOL, schema.TEXT)
_WRITTEN = (schema.TEXT, schema.DECIMAL)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)


def _optional(module: str, extra: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{module} is not installed.", hint=f'Install it with: pip install "fastpoly[{extra}]"'
        ) from error


def numpy() -> ModuleType:
    """Return the numpy module.

    Raises:
        UsageError: It is not installed.
    """
    return _optional("numpy", "numpy")


def pyarrow() -> ModuleType:
    """Return the pyarrow module.

    Raises:
        UsageError: It is not installed.
    """
    return _optional("pyarrow", "arrow")


def pyarrow_compute() -> ModuleType:
    """Return the module pyarrow.compute; errors as from `pyarrow`."""
    return _optional("pyarrow.compute", "arrow")


def pyarrow_csv() -> ModuleType:
    """Return the module pyarrow.csv; errors as from `pyarrow`."""
    return _optional("pyarrow.csv", "arrow")


def pyarrow_parquet() -> ModuleType:
    """Return the module pyarrow.parquet; errors as from `pyarrow`."""
    return _optional("pyarrow.parquet", "arrow")


def polars() -> ModuleType:
    """Return the polars module.

    Raises:
        UsageError: It is not installed.
    """
    return _optional("polars", "polars")


def pandas() -> ModuleType:
    """Return the pandas module.

    Raises:
        UsageError: It is not installed.
    """
    return _optional("pandas", "pandas")


def duckdb() -> ModuleType:
    """Return the duckdb module.

    Raises:
        UsageError: It is not installed.
    """
    return _optional("duckdb", "duckdb")


@functools.cache
def event_type(market: str, channel: str) -> schema.EventType:
    """Return the event type of a market's channel; KeyError if it has no such channel."""
    found = schema.MARKETS[market].channel(channel)
    if found is None:
        raise KeyError(channel)
    return found.event


def record_dtype(
    event: schema.EventType, symbol_width: int, offsets: Sequence[int | None], size: int
) -> np.dtype[Any]:
    """Return the dtype of records as the core writes them.

    Args:
        event: The event type.
        symbol_width: Characters of a symbol.
        offsets: Of each field in a record, bytes; None for a column of Python objects, which
            records do not have.
        size: Bytes of a record.
    """
    kept = [
        (field, offset)
        for field, offset in zip(event.fields, offsets, strict=True)
        if offset is not None
    ]
    widths = {
        field.name: symbol_width if field.kind is schema.SYMBOL else field.width
        for field, _ in kept
    }
    made: np.dtype[Any] = numpy().dtype(
        {
            "names": [field.name for field, _ in kept],
            "formats": [field.kind.numpy.format(width=widths[field.name]) for field, _ in kept],
            "offsets": [offset for _, offset in kept],
            "itemsize": size,
        },
        align=True,
    )
    return made


@functools.lru_cache(maxsize=256)
def _wider_dtype(event: schema.EventType, widths: tuple[int, ...]) -> np.dtype[Any]:
    """Return the dtype of all columns.

    Args:
        event: The event type.
        widths: Characters of the text columns, in the order of the fields.
    """
    left = iter(widths)
    formats = {
        field.name: field.kind.numpy.format(width=next(left) if field.kind in _TEXTS else 0)
        for field in event.fields
    }
    made: np.dtype[Any] = numpy().dtype(
        {"names": list(formats), "formats": list(formats.values())}, align=True
    )
    return made


def with_spilled(
    records: np.ndarray[Any, Any], event: schema.EventType, spilled: Iterable[tuple[int, Any]]
) -> np.ndarray[Any, Any]:
    """Return the array of some records, made complete.

    Args:
        records: What was in the rows.
        event: Their type.
        spilled: ``(place, event)`` of those with values that were not in their row.
    """
    longest = MAX_TEXT_COLUMN // max(len(records), 1) // 8 * 8
    values = [
        (place, field, value)
        for place, spilt in spilled
        for field in event.fields
        if (value := _cell(field, getattr(spilt, field.name), longest)) is not None
    ]
    widths = {
        field.name: records.dtype[field.name].itemsize // 4
        for field in event.fields
        if field.kind in _TEXTS
    }
    for _, field, value in values:
        if field.kind in _TEXTS and len(value) > widths[field.name]:
            # Few widths, so that arrays of most batches have the same dtype.
            widths[field.name] = -(-len(value) // 8) * 8
    dtype = _wider_dtype(event, tuple(widths.values()))
    array = records
    if dtype != records.dtype:
        # Of zeros: the padding between columns gets into files, too.
        array = numpy().zeros(len(records), dtype)
        kept = records.dtype.names or ()
        for name in dtype.names or ():
            array[name] = records[name] if name in kept else None
    for place, field, value in values:
        array[field.name][place] = value
    return array


def decimal_value(text: str) -> float:
    """Return the number that a decimal text writes; NaN where it writes none."""
    return float(text) if _NUMBER.fullmatch(text) else float("nan")


# ---------------------------------------------------------------------------- data frames


@functools.cache
def _nullable_dtypes() -> Mapping[Any, Any]:
    """Return pandas' dtypes with room for what is missing, by Arrow type."""
    arrow, frames = pyarrow(), pandas()
    return {
        arrow.int64(): frames.Int64Dtype(),
        arrow.float64(): frames.Float64Dtype(),
        arrow.bool_(): frames.BooleanDtype(),
        arrow.utf8(): frames.StringDtype(),
    }


def to_pandas(table: pa.RecordBatch | pa.Table, event: schema.EventType) -> pd.DataFrame:
    """Return Arrow columns as a pandas.DataFrame.

    Args:
        table: The columns, as `Batch.to_arrow` makes them.
        event: Their event type, which says what may be missing.

    Raises:
        UsageError: pandas is not installed.
    """
    frames = pandas()
    nullable = _nullable_dtypes()
    series = {}
    for field in event.fields:
        column = table.column(field.name)
        # By the schema, so that frames of one event type are alike; what is missing although the
        # server always sends it has no other place either.
        mapped = field.optional or field.kind in _WRITTEN or column.null_count
        series[field.name] = column.to_pandas(types_mapper=nullable.get if mapped else None)
    return frames.DataFrame(series, copy=False)


def to_duckdb(table: pa.RecordBatch | pa.Table, connection: DuckDBPyConnection | None) -> Any:
    """Return Arrow columns as a relation of DuckDB.

    Args:
        table: The columns.
        connection: Whose relation it is; None for the module's own connection.

    Raises:
        UsageError: duckdb is not installed.
    """
    if isinstance(table, pyarrow().RecordBatch):
        table = pyarrow().Table.from_batches([table])
    return (connection or duckdb()).from_arrow(table)


def _cell(field: schema.Field, value: Any, longest: int) -> Any:
    """Return the cell for a value that its row may not have; None where the record has it."""
    if value is None or field.kind is schema.LEVELS:
        return value
    if field.kind in _TEXTS:
        return value[:longest]
    if field.kind is schema.CODES:
        codes = [code if -(2**15) <= code < 2**15 else -1 for code in value[:7]]
        return codes + [-1] * (7 - len(codes))
    if field.kind is schema.DECIMAL:
        return decimal_value(value)
    return None
