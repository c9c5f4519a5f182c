"""Reads a recording while it is being written: from a time on, as far as it has got."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from fastpoly._core import Batch
from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.capture.reader import CaptureReader
from fastpoly.errors import CaptureError

if TYPE_CHECKING:
    from fastpoly._core import FrameRecorder, RecordingCut

__all__ = ["FilePlace", "GrowingReader"]

FilePlace: TypeAlias = "tuple[int, int]"
"""The number of one of a recording's files, and where in it a chunk ends, in bytes."""

BATCH_BYTES: Final = 64 * 1024


class GrowingReader:
    """Reads what a recorder has written, piece by piece and each frame once.

    Each piece ends at a moment that was chosen by `cut`: exactly what was added before it has been
    read then. Files are read one after the other, in the order in which they were written.

    Args:
        recorder: Who writes it.
        market: The market's name.
        start_ns: The earliest receive time that is wanted, Unix time in ns.
    """

    def __init__(self, recorder: FrameRecorder, market: str, start_ns: int) -> None:
        self._recorder = recorder
        self._market = market
        self._start_ns = start_ns
        # Where to go on: None for the first chunk that has something of the time.
        self._at: FilePlace | None = None
        # What is being read now, and where it ends.
        self._reader: CaptureReader | None = None
        self._end: FilePlace = (0, 0)

    def cut(self) -> RecordingCut:
        """Return this moment, and have all that was added before it written soon."""
        return self._recorder.cut()

    def place_of(self, cut: RecordingCut) -> FilePlace | None:
        """Return where a moment is in the files; None while it is not all written."""
        return self._recorder.place_of(cut)

    def read(self, until: FilePlace, nbytes: int) -> list[Batch | Mark]:
        """Return what comes next before a place: about so many bytes of frames; nothing at its end.

        In any thread, one at a time. A file that cannot be read is a mark of kind ``gap`` and cause
        ``damaged``.

        Args:
            until: A later place than that of the last call, or the same.
            nbytes: How many bytes of frames are enough.
        """
        if self._at is None:
            self._at = self._recorder.find(self._start_ns)
        found: list[Batch | Mark] = []
        while nbytes > 0:
            if self._reader is None and self._at >= until:
                break
            try:
                one = (self._reader or self._open(self._at, until)).read()
            except CaptureError as error:
                found.append(Mark(MarkKind.GAP, 0, {"cause": "damaged", "reason": error.detail}))
                one = None
            if one is None:
                self.close()
                self._at = self._end
                continue
            found.append(one)
            if isinstance(one, Batch):
                nbytes -= one.nbytes
                # What comes behind it is wanted, also where the clock was put back.
                self._start_ns = 0
        return found

    def _open(self, at: FilePlace, until: FilePlace) -> CaptureReader:
        file, begin = at
        is_last = file == until[0]
        self._end = until if is_last else (file + 1, 0)
        reader = self._reader = CaptureReader(
            self._recorder.path(file),
            market=self._market,
            start_ns=self._start_ns,
            batch_bytes=BATCH_BYTES,
            keep_frames=True,
            part=(begin, until[1] if is_last else None),
        )
        return reader

    def close(self) -> None:
        """Give up the file that is being read, while no thread reads it."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
