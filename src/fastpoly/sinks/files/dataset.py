"""A folder of files by event type and trading day: ``type=T/date=2026-11-25/part-*.parquet``."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from fastpoly import columns, schema
from fastpoly.errors import SinkError, UsageError
from fastpoly.sinks.files.part_file import PartFile
from fastpoly.sinks.files.table_file import TableFile
from fastpoly.sinks.files.tables import ARROW, CSV, PARQUET, TableFormat
from fastpoly.sinks.files.trading_days import TradingDays

if TYPE_CHECKING:
    import pyarrow as pa

    from fastpoly._core import Batch

__all__ = ["ArrowSink", "CsvSink", "DatasetSink", "ParquetSink"]

MAX_OPEN: Final = 64
"""Files at a time: times in events are the server's, and may be of any day."""

ROWS: Final = 262_144
EVERY_S: Final = 60.0
PART_ROWS: Final = 4_194_304
PART_S: Final = 600.0


class DatasetKeywords(TypedDict, total=False):
    """Options of all datasets; see `DatasetSink`."""

    rows: int
    every: float
    part_rows: int
    part_s: float


class DatasetSink:
    """Writes each channel to a folder of its own, parted by trading day.

    A file is ``.part-000000.parquet.tmp`` until it is whole; a program that is killed loses those
    that are not, which a recording (`fastpoly.capture`) does not. No file is ever replaced: numbers
    go on where those in the folder end, so that several programs may write to one folder.

    Args:
        folder: The folder; made if need be.
        form: The format of the files.
        rows: Rows that are written together; in Parquet, a row group.
        every: Seconds after which they are written although they are fewer.
        part_rows: Rows at which a file is whole.
        part_s: Seconds after which a file is whole although it has fewer.

    Raises:
        UsageError: A number makes no sense, or pyarrow is not installed.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        form: TableFormat,
        *,
        rows: int = ROWS,
        every: float = EVERY_S,
        part_rows: int = PART_ROWS,
        part_s: float = PART_S,
    ) -> None:
        for name, value in (
            ("rows", rows),
            ("every", every),
            ("part_rows", part_rows),
            ("part_s", part_s),
        ):
            if not value > 0:
                raise UsageError(f"{name}={value!r} is not above 0.", hint="Pass more than 0.")
        columns.pyarrow()
        self._folder = Path(folder)
        self._form = form
        self.rows = rows
        self.every = every
        self._part_rows = part_rows
        self._part_s = part_s
        self._events: dict[str, schema.EventType] = {}
        self._days: dict[str, TradingDays] = {}
        # By channel and date, the one that was written last at the end.
        self._open: dict[tuple[str, str], TableFile] = {}
        self._next: dict[Path, int] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._folder}>"

    def open(self, market: str) -> None:
        """See `Sink.open`.

        Raises:
            SinkError: The folder cannot be made.
        """
        self._events = {one.name: one.event for one in schema.MARKETS[market].channels}
        self._days = {name: TradingDays(market, event) for name, event in self._events.items()}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failure(error, {}) from error

    def write(self, batch: Batch) -> None:
        """See `Sink.write`.

        Raises:
            SinkError: Files could not be written; their rows are lost.
        """
        failures = _Failures()
        for channel in batch.channels:
            if channel in self._events:
                for date, rows in self._days[channel].split(batch.to_arrow(channel)):
                    self._write(channel, date, rows, failures)
        failures.raise_if_any()

    def _write(self, channel: str, date: str, rows: pa.RecordBatch, failures: _Failures) -> None:
        key = channel, date
        file = self._open.pop(key, None)
        try:
            if file is None:
                file = self._begin(channel, date)
            file.write(rows)
        except Exception as error:
            # Whatever it is, the file may be broken from here on.
            lost = rows.num_rows
            if file is not None:
                lost = file.rows
                file.discard()
            failures.add(error, channel, lost)
            return
        self._open[key] = file
        if file.rows >= self._part_rows:
            self._commit(key, failures)
        while len(self._open) > MAX_OPEN:
            self._commit(next(iter(self._open)), failures)

    def _begin(self, channel: str, date: str) -> TableFile:
        folder = self._folder / f"type={channel}" / f"date={date}"
        part = PartFile.numbered(folder, self._form.suffix, self._next.get(folder, 0))
        self._next[folder] = int(part.path.stem.removeprefix("part-")) + 1
        return TableFile(part, self._form, self._events[channel])

    def _commit(self, key: tuple[str, str], failures: _Failures) -> None:
        file = self._open.pop(key)
        try:
            file.commit()
        except Exception as error:
            failures.add(error, key[0], file.rows)

    def flush(self) -> None:
        """See `Sink.flush`: files that are old enough are whole.

        Raises:
            SinkError: Some could not be completed; their rows are lost.
        """
        now, failures = time.monotonic(), _Failures()
        for key, file in list(self._open.items()):
            if now - file.begun_s >= self._part_s:
                self._commit(key, failures)
        failures.raise_if_any()

    def close(self) -> None:
        """See `Sink.close`: all files are whole.

        Raises:
            SinkError: Some could not be completed; their rows are lost.
        """
        failures = _Failures()
        for key in list(self._open):
            self._commit(key, failures)
        failures.raise_if_any()

    def discard(self) -> None:
        """Take away the files that are not whole; for those who gave up."""
        for file in self._open.values():
            file.discard()
        self._open.clear()


class _Failures:
    """What went wrong during one call, and what that cost."""

    def __init__(self) -> None:
        self._lost: Counter[str] = Counter()
        self._error: Exception | None = None

    def add(self, error: Exception, channel: str, lost: int) -> None:
        self._error = self._error or error
        self._lost[channel] += lost

    def raise_if_any(self) -> None:
        if self._error is not None:
            raise _failure(self._error, self._lost) from self._error


def _failure(error: Exception, lost: Mapping[str, int]) -> SinkError:
    return SinkError(
        f"Writing failed: {error}.",
        hint="Check the folder, its permissions, and the room on the disk.",
        lost_by_channel=lost,
    )


class ParquetSink(DatasetSink):
    """A dataset of Parquet files: ``stream.sink(ParquetSink("ticks/"))``.

    Columns are those of `Batch.to_arrow`: UTC timestamps in their unit, symbols in a dictionary.
    Times and sequence numbers are written as differences, prices as streams of bytes, all
    compressed by zstd. Needs pyarrow.

    Args:
        folder: See `DatasetSink`.
        options: ``rows``, ``every``, ``part_rows`` and ``part_s``; see there too.
    """

    def __init__(self, folder: str | os.PathLike[str], **options: Unpack[DatasetKeywords]) -> None:
        super().__init__(folder, PARQUET, **options)


class ArrowSink(DatasetSink):
    """A dataset of Arrow IPC files, compressed by zstd. Needs pyarrow.

    Args:
        folder: See `DatasetSink`.
        options: ``rows``, ``every``, ``part_rows`` and ``part_s``; see there too.
    """

    def __init__(self, folder: str | os.PathLike[str], **options: Unpack[DatasetKeywords]) -> None:
        super().__init__(folder, ARROW, **options)


class CsvSink(DatasetSink):
    """A dataset of CSV files with headers. Needs pyarrow.

    Args:
        folder: See `DatasetSink`.
        options: ``rows``, ``every``, ``part_rows`` and ``part_s``; see there too.
    """

    def __init__(self, folder: str | os.PathLike[str], **options: Unpack[DatasetKeywords]) -> None:
        super().__init__(folder, CSV, **options)
