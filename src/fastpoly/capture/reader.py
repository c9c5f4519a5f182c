"""Reads recordings: batches and marks in the order in which they were received."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Protocol, Self

from fastpoly._core import Batch, FrameReader, FrameRecorder
from fastpoly.capture.failures import capture_error
from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.capture.writer import CaptureWriter
from fastpoly.errors import CaptureError, UsageError
from fastpoly.flat_files.reader import MEMORY_BYTES, DayFileReader
from fastpoly.flat_files.recognising import is_day_file

__all__ = ["CaptureReader", "Damage", "FileAccount"]

MOST_NS: Final = (1 << 64) - 1
END_OF_FILE: Final = (1 << 64) - 1

WHOLE: Final = (0, None)
"""The part of a file that is all of it."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of a file that could not be read.

    Attributes:
        path: The file.
        offset: Where it begins, in bytes from the file's start.
        nbytes: Its size; 0 where the file ends without its summary and nothing is known to follow.
        reason: What is wrong with it.
        first_ns: The receive time of the first frame in it, Unix time in ns; 0 if it is not known.
        last_ns: The receive time of the last.
    """

    path: str
    offset: int
    nbytes: int
    reason: str
    first_ns: int = 0
    last_ns: int = 0


@dataclass(frozen=True, slots=True)
class FileAccount:
    """One file of a recording, as far as it has been read.

    Attributes:
        path: The file.
        nbytes: Its size.
        profile: What the file says it follows; ``fastpoly`` for files of this library.
        library: What wrote it.
        metadata: What else it says about itself.
        indexed: Whether its index was there and could be trusted.
        complete: Whether it has its end; if not, it was cut off, or is still being written.
        chunks: Chunks that were read.
        packed_bytes: Their size in the file.
        unpacked_bytes: Their size unpacked.
        damages: Parts that could not be read.
        damaged_bytes: Bytes of these.
        other_messages: Messages that are neither frames nor marks, which are passed over.
    """

    path: str
    nbytes: int
    profile: str
    library: str
    metadata: dict[str, str]
    indexed: bool
    complete: bool
    chunks: int
    packed_bytes: int
    unpacked_bytes: int
    damages: int
    damaged_bytes: int
    other_messages: int


class NativeReader(Protocol):
    """What reads the files: the compiled core's `FrameReader`, or a `DayFileReader`."""

    @property
    def is_ready(self) -> bool:
        """Whether `read` answers without having to read all of the files first."""

    @property
    def keep_frames(self) -> bool:
        """Whether batches keep their frames' text; may be set."""

    @keep_frames.setter
    def keep_frames(self, keep: bool) -> None: ...

    @property
    def shards(self) -> int:
        """Shards whose events are wanted, see `fastpoly.shards.shard_bits`; may be set."""

    @shards.setter
    def shards(self, shards: int) -> None: ...

    def open(self, descriptor: int, path: str, /) -> None:
        """Add a file, by a descriptor that is taken over."""

    def begin(self) -> None:
        """Read the files' heads."""

    def prepare(self) -> None:
        """Do what makes it ready; it may take minutes, and may be called in another thread."""

    def read(self) -> Any:
        """Return what comes next, see `FrameReader.read`."""

    def copy_to(self, recorder: FrameRecorder, /) -> tuple[int, int, list[tuple[Any, ...]]]:
        """Copy all that is left, see `FrameReader.copy_to`."""

    def files(self) -> list[dict[str, Any]]:
        """Return what each file is, see `FileAccount`."""

    def close(self) -> None:
        """Give up the files; from any thread."""


class CaptureReader:
    """Iterates over recordings: `Batch` objects, and `Mark` objects between them.

    Several files are merged by receive time. What cannot be read is passed over, and a mark of kind
    ``gap`` and cause ``damaged`` stands in its place.

    Files of other writers are read too where their messages are frames of JSON. So are the vendor's
    day files, ``.csv.gz`` or ``.csv``, as if their events had been received when they happened;
    they are read and sorted as a whole before the first batch.

    Args:
        paths: The files; one of them may be a pipe, or a descriptor that is open.
        market: The market of frames of which the file does not say it.
        start_ns: The earliest receive time that is wanted, Unix time in ns. With an index, what
            comes before is not read.
        end_ns: The receive time from which on nothing is wanted, Unix time in ns.
        batch_bytes: Bytes of frames after which a batch is full.
        max_spread_ns: The most that receive times of a batch may differ, ns; None for any.
        keep_frames: Whether batches keep their frames' text, for `Batch.raw` and for recording.
        symbols: Of day files, the tickers or pairs that are wanted, as events have them; None for
            all. Of recordings, everything is read.
        memory_bytes: Of day files, about how many bytes of events are sorted in memory. More than
            that go to a temporary file.
        temporary: The folder of that file; None for the system's, which ``TMPDIR`` names.
        part: Of one recording, which may still be written: what lies between two places, in bytes.
            Each is where a chunk ends or the file does; 0 and None stand for the file's ends.

    Attributes:
        damage: Parts that could not be read, so far.
        bad_frames: Frames that are not JSON, so far.

    Raises:
        UsageError: There is no path, no such market, or some paths are of day files and some of
            recordings.
        CaptureError: A file cannot be opened.
    """

    def __init__(
        self,
        *paths: str | os.PathLike[str] | int,
        market: str | None = None,
        start_ns: int | None = None,
        end_ns: int | None = None,
        batch_bytes: int = 64 << 10,
        max_spread_ns: int | None = None,
        keep_frames: bool = False,
        symbols: Iterable[str] | None = None,
        memory_bytes: int = MEMORY_BYTES,
        temporary: str | os.PathLike[str] | None = None,
        part: tuple[int, int | None] = WHOLE,
    ) -> None:
        if not paths:
            raise UsageError("there is nothing to read", hint="pass one path or more")
        if part != WHOLE and len(paths) > 1:
            raise UsageError("a part is one of a single file", hint="pass one path")
        self.damage: list[Damage] = []
        self.bad_frames = 0
        self._done = False
        day_files = [part == WHOLE and is_day_file(path) for path in paths]
        if any(day_files) and not all(day_files):
            raise UsageError(
                "some paths are of day files and some of recordings",
                hint="convert the day files to a recording first, or read them apart",
            )
        options: dict[str, Any] = {
            "start_ns": max(start_ns or 0, 0),
            "end_ns": MOST_NS if end_ns is None else max(end_ns, 0),
            "batch_bytes": batch_bytes,
            "max_spread_ns": -1 if max_spread_ns is None else max_spread_ns,
            "keep_frames": keep_frames,
        }
        self._native: NativeReader = (
            DayFileReader(
                market, symbols=symbols, memory_bytes=memory_bytes, folder=temporary, **options
            )
            if all(day_files)
            else FrameReader(market, **options)
        )
        self._part = part
        self._paths: list[str] = []
        for path in paths:
            if isinstance(path, int):
                self._add(os.dup(path), f"descriptor {path}")
                continue
            name = os.fspath(path)
            try:
                self._add(os.open(name, os.O_RDONLY | os.O_CLOEXEC), name)
            except OSError as error:
                raise capture_error(error, "reading") from error

    @property
    def keep_frames(self) -> bool:
        """Whether batches keep their frames' text; may be set at any time."""
        return self._native.keep_frames

    @keep_frames.setter
    def keep_frames(self, keep: bool) -> None:
        self._native.keep_frames = keep

    @property
    def shards(self) -> int:
        """Events of other shards are passed over, see `shard_bits`; may be set at any time."""
        return self._native.shards

    @shards.setter
    def shards(self, shards: int) -> None:
        self._native.shards = shards

    def _add(self, descriptor: int, name: str) -> None:
        begin, end = self._part
        if isinstance(self._native, FrameReader):
            self._native.open(descriptor, name, begin, END_OF_FILE if end is None else end)
        else:
            self._native.open(descriptor, name)
        self._paths.append(name)

    def read(self) -> Batch | Mark | None:
        """Return the next batch or mark; None at the end.

        Raises:
            UsageError: Nothing says which market the frames are of.
            CaptureError: The disk refuses, it is not a recording, or it needs a decompressor that
                is not here.
        """
        if self._done:
            return None
        try:
            found = self._native.read()
        except OSError as error:
            raise capture_error(error, "reading") from error
        if isinstance(found, Batch):
            return found
        if found is None:
            self._done = True
            self._check_recognised()
            return None
        return _FROM_NATIVE[found[0]](self, found)

    def copy_to(self, writer: CaptureWriter) -> tuple[int, int]:
        """Copy all that is left to a writer, without decoding it.

        What is damaged becomes a mark there, and is noted in `damage`.

        Returns:
            How many frames and how many marks were copied.

        Raises:
            UsageError: Nothing says which market the frames are of.
            CaptureError: As from `read`.
        """
        try:
            frames, marks, damages = self._native.copy_to(writer.recorder)
        except OSError as error:
            raise capture_error(error, "reading") from error
        for found in damages:
            self._damage(found)
        self._done = True
        self._check_recognised()
        return frames, marks

    @property
    def is_ready(self) -> bool:
        """Whether `read` answers without having to read all of the files first."""
        return self._native.is_ready

    def prepare(self) -> None:
        """Read what has to be read before the first batch: of day files, all of it.

        `read` does it too. It may be called in another thread, and ends soon after `close`.

        Raises:
            UsageError: Only the market can tell what a file is, or they are of several.
            CaptureError: A file cannot be read or is no day file, or the temporary file cannot be
                written.
        """
        try:
            self._native.prepare()
        except OSError as error:
            raise capture_error(error, "reading") from error

    def begin(self) -> list[FileAccount]:
        """Read the files' heads and return what they are, before anything else is read."""
        try:
            self._native.begin()
        except OSError as error:
            raise capture_error(error, "reading") from error
        return self.files()

    def files(self) -> list[FileAccount]:
        """Return what each file is, and what was found in it so far."""
        accounts = []
        for found in self._native.files():
            kept = {key: found[key] for key in FileAccount.__dataclass_fields__}
            accounts.append(FileAccount(**kept))
        return accounts

    def _mark(self, found: tuple[Any, ...]) -> Mark:
        _, at_ns, text = found
        return Mark.from_json(text, at_ns)

    def _bad_frame(self, found: tuple[Any, ...]) -> Mark:
        _, at_ns, text, reason, offset = found
        self.bad_frames += 1
        detail = {"reason": reason, "offset": offset, "frame": text}
        return Mark(MarkKind.BAD_FRAME, at_ns, detail)

    def _damage(self, found: tuple[Any, ...]) -> Mark:
        _, at_ns, file, offset, nbytes, reason, first_ns, last_ns = found
        self._check_readable(file)
        damage = Damage(self._paths[file], offset, nbytes, reason, first_ns, last_ns)
        self.damage.append(damage)
        detail = {
            "cause": "damaged",
            "path": damage.path,
            "offset": offset,
            "size": nbytes,
            "reason": reason,
        }
        return Mark(MarkKind.GAP, at_ns, detail)

    def _check_readable(self, file: int) -> None:
        compression = self._native.files()[file]["unreadable"]
        if compression:
            raise CaptureError(
                f"{self._paths[file]} is compressed by {compression!r}.",
                hint="Convert it to zstd first; MCAP's own command line can.",
                path=self._paths[file],
            )

    def _check_recognised(self) -> None:
        for found in self._native.files():
            if not found["recognised"]:
                raise CaptureError(
                    f"{found['path']} is not a recording.",
                    hint="A recording is an MCAP file with frames of JSON.",
                    path=found["path"],
                )

    def __iter__(self) -> Iterator[Batch | Mark]:
        while (found := self.read()) is not None:
            yield found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the files. What was read stays valid."""
        self._done = True
        self._native.close()


_FROM_NATIVE: Final = {
    "mark": CaptureReader._mark,
    "bad_frame": CaptureReader._bad_frame,
    "damage": CaptureReader._damage,
}
