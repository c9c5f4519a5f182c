"""One file with one table, which has its name once it is whole."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from fastpoly import columns, schema

if TYPE_CHECKING:
    import pyarrow as pa

    from fastpoly.sinks.files.part_file import PartFile
    from fastpoly.sinks.files.tables import TableFormat

__all__ = ["TableFile"]


class TableFile:
    """A table on its way to a file.

    Args:
        part: The file; it becomes this object's.
        form: Its format.
        event: The event type.

    Attributes:
        rows: Rows that were given to it: what is lost if it does not become whole.
        begun_s: When it was begun, by the monotonic clock.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, part: PartFile, form: TableFormat, event: schema.EventType) -> None:
        self.rows = 0
        self.begun_s = time.monotonic()
        self._part = part
        try:
            self._file = columns.pyarrow().OSFile(str(part.temporary), "wb")
        except OSError:
            part.discard()
            raise
        self._table = form.open(self._file, event)

    def write(self, rows: pa.RecordBatch) -> None:
        """Add rows.

        Raises:
            Exception: They cannot be written; `discard` is all that is left to do.
        """
        self.rows += rows.num_rows
        self._table.write(rows)

    def commit(self) -> None:
        """Complete the file and give it its name.

        Raises:
            OSError: That is not possible; the file is gone, and its rows are lost.
        """
        try:
            self._table.close()
            self._file.close()
            self._part.commit()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Take the file away."""
        # What a full disk refuses it refuses again, and objects that were never closed would try
        # that at a time of their own.
        with contextlib.suppress(Exception):
            self._table.close()
        with contextlib.suppress(OSError):
            self._file.close()
        self._part.discard()
