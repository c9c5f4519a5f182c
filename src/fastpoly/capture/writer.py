"""Writes a recording: frames and marks, to one file or to one after the other."""

from __future__ import annotations

import json
import logging
import os
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from fastpoly._core import ZSTD_LEVELS, Batch, FrameRecorder
from fastpoly._version import __version__
from fastpoly.capture.failures import capture_error
from fastpoly.capture.marks import MARK_SCHEMA, Mark, MarkKind
from fastpoly.capture.rotation import rotation
from fastpoly.errors import CaptureError, UsageError
from fastpoly.schema import MARKETS

__all__ = ["CaptureStats", "CaptureWriter"]

LOGGER = logging.getLogger("fastpoly")

FORMAT: Final = "1"
"""Of channels, schemas and marks; in each file's metadata."""

COMPRESSIONS: Final = {"zstd": "zstd", "none": ""}
"""What users call a compression, and what MCAP calls it."""

FRAME_SCHEMA: Final = json.dumps({"type": "array", "items": {"type": "object"}})

SCHEMAS: Final = (("fastpoly.Mark", MARK_SCHEMA), ("fastpoly.Frame", FRAME_SCHEMA))


@dataclass(frozen=True, slots=True)
class CaptureStats:
    """What went through a `CaptureWriter`.

    Frames, events and bytes that were added are those written, those dropped, and those that still
    wait.

    Attributes:
        frames: Frames that were added.
        events: Events in them, where their number was known.
        nbytes: Bytes of their text.
        written_frames: Frames that are in the file.
        written_events: Events in these.
        written_bytes: Bytes of their text.
        dropped_frames: Frames that had no room or could not be written.
        dropped_events: Events in these.
        dropped_bytes: Bytes of their text.
        gaps: Runs of dropped frames. Each is a mark in the file, at its place.
        buffered_bytes: Bytes that wait to be written, with their records' heads.
        peak_buffered_bytes: The most there ever were.
        chunks: Chunks that were written.
        files: Files that were begun.
        file_bytes: Bytes of all of them.
        path: The file that is being written.
        error: Why nothing can be written at present; None while all is well.
    """

    frames: int
    events: int
    nbytes: int
    written_frames: int
    written_events: int
    written_bytes: int
    dropped_frames: int
    dropped_events: int
    dropped_bytes: int
    gaps: int
    buffered_bytes: int
    peak_buffered_bytes: int
    chunks: int
    files: int
    file_bytes: int
    path: str
    error: CaptureError | None

    @property
    def ratio(self) -> float:
        """Bytes of frames to a byte of file; 0 before anything is written."""
        return self.written_bytes / self.file_bytes if self.file_bytes else 0.0


class CaptureWriter:
    """Records frames and marks in MCAP files.

    Adding only copies. A thread of the writer's own compresses and writes, without the interpreter
    lock, behind a buffer. Where the disk is too slow for that, or refuses, frames are dropped:
    counted in `stats`, and announced by a mark in the file where they are missing. What the disk
    does never reaches whoever adds: it is logged, it is in `stats`, and `close` raises what lasts.

    Args:
        path: The file, such as ``day.mcap``. Where files are rotated their names have the period or
            a number before the suffix: ``day-2026-11-26.mcap``, ``day-2026-11-26-2.mcap``.
        market: The market's name; None where batches of several markets are added.
        compression: ``zstd`` or ``none``.
        level: Of zstd: 1 is fast, 19 is small, negative is faster still.
        chunk_bytes: The most bytes of frames in a chunk, which is what a reader unpacks at once,
            and what a crash may cost.
        chunk_s: The longest that frames wait for their chunk to fill, in seconds.
        max_buffer_bytes: The most bytes that wait to be written.
        rotate: Begin a new file with each trading day (``day``; New York time) or with each so many
            hours (UTC).
        max_file_bytes: Begin a new file when one has so many bytes; None for any size.
        overwrite: Replace files that exist. Without it one that exists is an error, or, where files
            are rotated, the next number is taken.
        sync: Wait for the disk after each chunk, so that a power cut costs no more than a crash.
        metadata: What else to write into the files about them. Never put a key there.
        wait: Have `add` wait for room in the buffer, rather than drop what has none: for what is
            copied and not received.
        log_errors: Whether errors are logged; if not, whoever asks for `stats` tells of them.

    Attributes:
        recorder: The part of it that is compiled.

    Raises:
        UsageError: An argument makes no sense.
        CaptureError: The file exists, or cannot be made.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        market: str | None,
        compression: str = "zstd",
        level: int = 1,
        chunk_bytes: int = 1 << 20,
        chunk_s: float = 1.0,
        max_buffer_bytes: int = 128 << 20,
        rotate: str | int | None = None,
        max_file_bytes: int | None = None,
        overwrite: bool = False,
        sync: bool = False,
        metadata: Mapping[str, str] | None = None,
        wait: bool = False,
        log_errors: bool = True,
    ) -> None:
        if compression not in COMPRESSIONS:
            raise UsageError(
                f"{compression!r} is not a compression",
                hint=f"use one of: {', '.join(COMPRESSIONS)}",
            )
        least, most = ZSTD_LEVELS
        if not least <= level <= most:
            raise UsageError(f"level={level} is not between {least} and {most}")
        if not 1 << 10 <= chunk_bytes <= 64 << 20:
            raise UsageError(f"chunk_bytes={chunk_bytes} is not between 1 KiB and 64 MiB")
        if not 0 < chunk_s <= 3600:
            raise UsageError(f"chunk_s={chunk_s} is not between 0 and 3600")
        if max_buffer_bytes < 2 * chunk_bytes:
            raise UsageError(
                f"max_buffer_bytes={max_buffer_bytes} has no room for two chunks",
                hint=f"use {2 * chunk_bytes} or more",
            )
        if max_file_bytes is not None and max_file_bytes < 1:
            raise UsageError(f"max_file_bytes={max_file_bytes} is not above 0")
        if market is not None and market not in MARKETS:
            raise UsageError(f"unknown market {market!r}", hint=f"use one of: {', '.join(MARKETS)}")
        self.market = market
        self._closed = False
        self._log_errors = log_errors
        self._reported: tuple[int, str] | None = None
        name = Path(path)
        about = {
            **(metadata or {}),
            "format": FORMAT,
            "version": __version__,
            **({} if market is None else {"market": market}),
        }
        try:
            self.recorder = FrameRecorder(
                str(name.with_suffix("")) if name.suffix else str(name),
                name.suffix,
                rotation(rotate, market or ""),
                schemas=SCHEMAS,
                library=f"fastpoly {__version__}",
                metadata=about,
                compression=COMPRESSIONS[compression],
                level=level,
                chunk_bytes=chunk_bytes,
                chunk_ns=int(chunk_s * 1e9),
                buffer_bytes=max_buffer_bytes,
                max_file_bytes=max_file_bytes or 0,
                overwrite=overwrite,
                sync=sync,
                wait=wait,
                now_ns=time.time_ns(),
            )
        except OSError as error:
            raise capture_error(error, "recording to") from error
        # One that is forgotten, also by a program that ends, still writes what it was given.
        weakref.finalize(self, self.recorder.close)

    def add(self, batch: Batch) -> None:
        """Copy the frames of a batch, with the time they were received.

        Args:
            batch: Of a source that keeps frames: one read as a whole, or a slice, of which the
                frames that begin in it are taken.

        Raises:
            UsageError: The frames were not kept, it is a selection, or the writer is closed.
        """
        self._check_open()
        self.recorder.add(batch)
        if self.recorder.failing:
            self._report()

    def add_frame(
        self, frame: bytes, received_ns: int, *, market: str | None = None, events: int = 0
    ) -> None:
        """Copy one frame, such as one that is not JSON.

        Args:
            frame: Its text.
            received_ns: When it was received, Unix time in ns.
            market: The market that it is of; the writer's own where there is none.
            events: How many events are in it, for `stats`.
        """
        self._check_open()
        if (market := market or self.market) is None:
            raise UsageError("nothing says which market the frame is of", hint="pass market=")
        self.recorder.add_frame(frame, market, received_ns, events=events)
        if self.recorder.failing:
            self._report()

    def mark(self, kind: MarkKind, at_ns: int | None = None, **detail: Any) -> None:
        """Put a mark among the frames.

        Args:
            kind: What happened.
            at_ns: When, Unix time in ns; now where nothing is said.
            detail: What else is to be known, as JSON has it. Never a key.
        """
        self._check_open()
        at_ns = time.time_ns() if at_ns is None else at_ns
        self.recorder.add_mark(at_ns, Mark(kind, at_ns, detail).to_json())

    def stats(self) -> CaptureStats:
        """Return what went through so far; log an error that is new."""
        return CaptureStats(**self.recorder.state(), error=self._report())

    def close(self) -> None:
        """Write what waits, and the index, and end the file. Takes as long as the disk takes.

        Raises:
            CaptureError: Not all could be written; `stats` has what is missing.
        """
        if self._closed:
            return
        self._closed = True
        self.recorder.close()
        if (error := self._report()) is not None:
            raise error

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError("the recording is closed", hint="begin another one")

    def _report(self) -> CaptureError | None:
        failure = self.recorder.failure()
        if failure is None:
            self._reported = None
            return None
        error = capture_error(failure, "recording to")
        if self._reported != (error.errno, error.path):
            self._reported = (error.errno, error.path)
            if self._log_errors:
                LOGGER.error("%s", error)
        return error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<CaptureWriter {self.recorder.state()['path']}>"
