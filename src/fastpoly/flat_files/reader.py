"""Reads day files as if they were a recording: their events as frames, ordered by time."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from fastpoly._core import DayFileRows
from fastpoly.errors import CaptureError, UsageError
from fastpoly.flat_files.kinds import DayFile
from fastpoly.flat_files.recognising import (
    layout_of,
    read_header,
    recognise,
    unknown_columns,
)
from fastpoly.flat_files.unpacking import TextFile
from fastpoly.shards import ALL_SHARDS

if TYPE_CHECKING:
    from fastpoly._core import FrameRecorder

__all__ = ["MEMORY_BYTES", "DayFileReader"]

LOGGER = logging.getLogger("fastpoly")

MEMORY_BYTES: Final = 512 << 20
"""About how many bytes of events are sorted in memory; more than that go to a temporary file."""

MOST_HEADER: Final = 1 << 16
"""Bytes in which a header has to end."""


@dataclass(slots=True)
class _Opened:
    """One file, of which the header has been read."""

    path: str
    text: TextFile
    pieces: Iterator[bytes] = field(default_factory=lambda: iter(()))
    rest: bytes = b""
    header: tuple[str, ...] = ()
    kind: DayFile | None = None


class DayFileReader:
    """What `FrameReader` is for recordings: events of day files as frames, ordered by time.

    Each event is a frame of its own, received at the time to which it belongs: the exact time in ns
    of a trade or a quote, the end of a bar's window. All files are read before the first event is
    known.

    Args:
        market: The market; None for what the files are of.
        start_ns: The earliest time that is wanted, Unix time in ns.
        end_ns: The time from which on nothing is wanted.
        batch_bytes: Bytes of frames after which a batch is full.
        max_spread_ns: The most that times in a batch may differ, ns; -1 for any.
        keep_frames: Whether batches keep the text of their frames.
        symbols: Tickers or pairs as events have them; None for all.
        memory_bytes: About how many bytes of events are sorted in memory.
        folder: Where the temporary file is, if one is needed; None for the system's folder.
    """

    def __init__(
        self,
        market: str | None,
        *,
        start_ns: int,
        end_ns: int,
        batch_bytes: int,
        max_spread_ns: int,
        keep_frames: bool,
        symbols: Iterable[str] | None = None,
        memory_bytes: int = MEMORY_BYTES,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        self._market = market
        self._span = (start_ns, end_ns)
        self._batch_bytes = batch_bytes
        self._max_spread_ns = max_spread_ns
        self._keep_frames = keep_frames
        self._symbols = None if symbols is None else tuple(symbols)
        self._memory_bytes = memory_bytes
        self._folder = os.fspath(folder if folder is not None else tempfile.gettempdir())
        self._files: list[_Opened] = []
        self._rows: DayFileRows | None = None
        self._shards = ALL_SHARDS
        self._found: Iterator[Any] | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def keep_frames(self) -> bool:
        """Whether batches keep the text of their frames; may be set at any time."""
        return self._keep_frames

    @keep_frames.setter
    def keep_frames(self, keep: bool) -> None:
        self._keep_frames = keep
        if self._rows is not None:
            self._rows.keep_frames = keep

    @property
    def shards(self) -> int:
        """Events of other shards are passed over, see `shard_bits`; may be set at any time."""
        return self._shards

    @shards.setter
    def shards(self, shards: int) -> None:
        self._shards = shards
        if self._rows is not None:
            self._rows.shards = shards

    @property
    def is_ready(self) -> bool:
        """Whether `read` answers at once, and does not read the files first."""
        return self._found is not None or self._is_closed

    def open(self, descriptor: int, path: str) -> None:
        """Add a file, by a descriptor that is taken over."""
        self._files.append(_Opened(path, TextFile(descriptor)))

    def begin(self) -> None:
        """Read the headers.

        Raises:
            CaptureError: One is no day file.
            UsageError: Only the market can tell what one is, or they are of several.
            OSError: One cannot be read.
        """
        with self._lock:
            self._begin()

    def _begin(self) -> None:
        for one in self._files:
            if one.kind is None:
                self._recognise(one)
        markets = {one.kind.market for one in self._files if one.kind is not None}
        if len(markets) > 1:
            raise UsageError(
                f"The files are of {' and of '.join(sorted(markets))}.",
                hint="Read those of one market together.",
            )

    def _recognise(self, one: _Opened) -> None:
        one.pieces = one.text.pieces()
        begun = b""
        for piece in one.pieces:
            begun += piece
            if b"\n" in begun or len(begun) > MOST_HEADER:
                break
        line, _, one.rest = begun.partition(b"\n")
        one.header = read_header(line[:MOST_HEADER])
        one.kind = recognise(one.header, os.path.abspath(one.path), self._market)
        unknown = unknown_columns(one.header, one.kind)
        if unknown:
            LOGGER.warning(
                "%s has columns that are not known and are left out: %s",
                one.path,
                ", ".join(unknown),
            )

    def prepare(self) -> None:
        """Read and sort the files, if that has not been done; it takes as long as it takes.

        Raises:
            CaptureError: See `begin`; or the temporary file cannot be written.
            UsageError: See `begin`.
            OSError: A file cannot be read.
        """
        with self._lock:
            if self.is_ready:
                return
            self._begin()
            rows = self._rows = DayFileRows(
                self._files[0].kind.market if self._files[0].kind is not None else "",
                batch_bytes=self._batch_bytes,
                max_spread_ns=self._max_spread_ns,
                keep_frames=self._keep_frames,
                memory_bytes=self._memory_bytes,
                folder=self._folder,
            )
            rows.shards = self._shards
            try:
                for one in self._files:
                    if not self._take(rows, one):
                        return
                rows.sort()
            except OSError as error:
                raise self._refused(error) from error
            self._found = self._all_found(rows)

    def _refused(self, error: OSError) -> Exception:
        """Return the error for a refusal of the system: here, the temporary file is ours."""
        if error.filename != self._folder:
            return error
        return CaptureError(
            f"The temporary file in {self._folder} cannot be written: {error.strerror}.",
            hint="Have TMPDIR name a folder with room for the unpacked file, or choose symbols.",
            path=self._folder,
            errno=error.errno or 0,
        )

    def _take(self, rows: DayFileRows, one: _Opened) -> bool:
        """Read one file to its end; False where the reader was closed meanwhile."""
        if one.kind is None:
            return False
        rows.begin_file(layout_of(one.header, one.kind), self._symbols, *self._span)
        rows.feed(one.rest)
        one.rest = b""
        for piece in one.pieces:
            if self._is_closed:
                return False
            rows.feed(piece)
        rows.end_file(one.text.damage is None)
        return True

    def read(self) -> Any:
        """Return what comes next, as `FrameReader.read` does; None at the end.

        Lines that cannot be read come first. Damage comes after the first batch: what is missing
        may be of any time.

        Raises:
            CaptureError: See `prepare`.
            UsageError: See `prepare`.
            OSError: See `prepare`.
        """
        self.prepare()
        return None if self._found is None else next(self._found, None)

    def _all_found(self, rows: DayFileRows) -> Iterator[Any]:
        first_ns = rows.first_ns
        for line, reason, text in rows.bad_lines():
            yield "bad_frame", first_ns, text, f"line {line}: {reason}", 0
        if (batch := rows.read()) is not None:
            yield batch
        yield from self._damages(rows, first_ns)
        while (found := rows.read()) is not None:
            yield found

    def _damages(self, rows: DayFileRows, at_ns: int) -> Iterator[tuple[Any, ...]]:
        untold = rows.bad_line_count - len(rows.bad_lines())
        if untold:
            reason = f"{untold} further lines cannot be read"
            yield "damage", at_ns, 0, 0, 0, reason, 0, 0
        for number, one in enumerate(self._files):
            if one.text.damage is not None:
                offset, reason = one.text.damage
                size = max(one.text.nbytes - offset, 0)
                yield "damage", at_ns, number, offset, size, reason, 0, 0

    def copy_to(self, recorder: FrameRecorder) -> tuple[int, int, list[tuple[Any, ...]]]:
        """Copy all events to a recorder, as `FrameReader.copy_to` does.

        Lines that cannot be read are copied too, as frames that are none.
        """
        self.prepare()
        rows = self._rows
        if rows is None or self._found is None:
            return 0, 0, []
        for _, _, text in rows.bad_lines():
            recorder.add_frame(text, rows.market, rows.first_ns)
        return rows.copy_to(recorder), 0, list(self._damages(rows, rows.first_ns))

    def files(self) -> list[dict[str, Any]]:
        """Return what each file is and what was found in it so far; see `FileAccount`."""
        return [self._account(one) for one in self._files]

    def _account(self, one: _Opened) -> dict[str, Any]:
        damage = one.text.damage
        return {
            "path": one.path,
            "nbytes": one.text.nbytes,
            "recognised": True,
            "indexed": False,
            "complete": damage is None,
            "profile": "" if one.kind is None else one.kind.name,
            "library": "",
            "metadata": {} if one.kind is None else {"market": one.kind.market},
            "chunks": 0,
            "damages": int(damage is not None),
            "damaged_bytes": 0 if damage is None else max(one.text.nbytes - damage[0], 0),
            "other_messages": 0,
            "packed_bytes": one.text.read_bytes,
            "unpacked_bytes": one.text.text_bytes,
            "unreadable": "",
        }

    def close(self) -> None:
        """Give up the files. What another thread is reading ends soon."""
        self._is_closed = True
        with self._lock:
            self._found = self._rows = None
            for one in self._files:
                one.text.close()
