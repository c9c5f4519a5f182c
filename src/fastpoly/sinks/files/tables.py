"""The formats of files that hold one table: Parquet, Arrow IPC, CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly import columns, schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ARROW", "CSV", "PARQUET", "TABLES", "TableFormat", "TableWriter"]


class TableWriter(Protocol):
    """Writes one table to an open file."""

    def write(self, rows: pa.RecordBatch) -> None:
        """Add rows, as `Batch.to_arrow` makes them."""

    def close(self) -> None:
        """Complete what is in the file, which stays open."""


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A format of tables.

    Attributes:
        name: Its name.
        suffix: What its files' names end with.
        open: Makes the writer for an open file of pyarrow's and an event type.
    """

    name: str
    suffix: str
    open: Callable[[Any, schema.EventType], TableWriter]


# ------------------------------------------------------------------------------------- Parquet

ENCODINGS: Final = {
    schema.MS: "DELTA_BINARY_PACKED",
    schema.NS: "DELTA_BINARY_PACKED",
    schema.EPOCH: "DELTA_BINARY_PACKED",
    schema.FLOAT: "BYTE_STREAM_SPLIT",
    schema.TEXT: "DELTA_LENGTH_BYTE_ARRAY",
}
"""How the values of a kind are written where it is not by a dictionary."""

BY_DICTIONARY: Final = {
    schema.SYMBOL: "{}",
    schema.INT: "{}",
    schema.DECIMAL: "{}",
    schema.CODES: "{}.list.element",
}
"""Kinds with few values, each written once: how Parquet calls the column of a field."""


WITHOUT_STATISTICS: Final = (
    schema.SYMBOL,
    schema.TEXT,
    schema.DECIMAL,
    schema.CODES,
    schema.LEVELS,
)
"""Kinds whose least and greatest value in a row group, of all symbols, help no reader."""


def _by_dictionary(field: schema.Field) -> bool:
    return field.kind in BY_DICTIONARY and field.role != schema.SEQUENCE


def _encoding(field: schema.Field) -> str | None:
    return ENCODINGS[schema.MS] if field.role == schema.SEQUENCE else ENCODINGS.get(field.kind)


class ParquetTable:
    """A Parquet file. A group of rows is a row group."""

    def __init__(self, file: Any, event: schema.EventType) -> None:
        self._file = file
        self._dictionaries = [
            BY_DICTIONARY[field.kind].format(field.name)
            for field in event.fields
            if _by_dictionary(field)
        ]
        self._encodings = {
            field.name: encoding
            for field in event.fields
            if not _by_dictionary(field) and (encoding := _encoding(field)) is not None
        }
        self._counted = [
            field.name for field in event.fields if field.kind not in WITHOUT_STATISTICS
        ]
        self._writer: Any = None

    def write(self, rows: pa.RecordBatch) -> None:
        """See `TableWriter.write`."""
        if self._writer is None:
            self._writer = columns.pyarrow_parquet().ParquetWriter(
                self._file,
                rows.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=self._dictionaries,
                column_encoding=self._encodings,
                write_statistics=self._counted,
            )
        self._writer.write_batch(rows)

    def close(self) -> None:
        """See `TableWriter.close`."""
        if self._writer is not None:
            self._writer.close()


# ----------------------------------------------------------------------------------- Arrow IPC


class ArrowTable:
    """An Arrow IPC file, compressed by zstd. Symbols are plain text: few read more in files."""

    def __init__(self, file: Any, event: schema.EventType) -> None:
        self._file = file
        self._symbol = event.symbol.name
        self._writer: Any = None

    def write(self, rows: pa.RecordBatch) -> None:
        """See `TableWriter.write`."""
        arrow = columns.pyarrow()
        at = rows.schema.get_field_index(self._symbol)
        rows = rows.set_column(at, self._symbol, rows.column(at).cast(arrow.utf8()))
        if self._writer is None:
            options = arrow.ipc.IpcWriteOptions(compression="zstd")
            self._writer = arrow.ipc.new_file(self._file, rows.schema, options=options)
        self._writer.write_batch(rows)

    def close(self) -> None:
        """See `TableWriter.close`."""
        if self._writer is not None:
            self._writer.close()


# ----------------------------------------------------------------------------------------- CSV


TIMES: Final = (schema.MS, schema.NS, schema.EPOCH)


class CsvTable:
    """A CSV file with a header. Lists are texts: codes as in the vendor's files, levels as JSON."""

    def __init__(self, file: Any, event: schema.EventType) -> None:
        self._file = file
        self._event = event
        self._writer: Any = None

    def write(self, rows: pa.RecordBatch) -> None:
        """See `TableWriter.write`."""
        arrow, compute = columns.pyarrow(), columns.pyarrow_compute()
        made = []
        for field in self._event.fields:
            column = rows.column(field.name)
            if field.kind is schema.SYMBOL:
                column = column.cast(arrow.utf8())
            elif field.kind in TIMES:
                # pyarrow takes ten times as long to write times that have a zone.
                plain = column.cast(arrow.timestamp(column.type.unit)).cast(arrow.utf8())
                column = compute.binary_join_element_wise(plain, "Z", "")
            elif field.kind is schema.CODES:
                texts = column.cast(arrow.list_(arrow.utf8()))
                column = compute.binary_join(texts, ",")
            elif field.kind is schema.LEVELS:
                texts = [None if one is None else json.dumps(one) for one in column.to_pylist()]
                column = arrow.array(texts, arrow.utf8())
            made.append(column)
        flat = arrow.RecordBatch.from_arrays(made, rows.schema.names)
        if self._writer is None:
            self._writer = columns.pyarrow_csv().CSVWriter(self._file, flat.schema)
        self._writer.write_batch(flat)

    def close(self) -> None:
        """See `TableWriter.close`."""
        if self._writer is not None:
            self._writer.close()


PARQUET: Final = TableFormat("parquet", ".parquet", ParquetTable)
ARROW: Final = TableFormat("arrow", ".arrow", ArrowTable)
CSV: Final = TableFormat("csv", ".csv", CsvTable)

TABLES: Final = {one.name: one for one in (PARQUET, ARROW, CSV)}
"""Every format of tables, by its name."""
