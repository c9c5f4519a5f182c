"""What is in a recording, by reading all of it."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass

from fastpoly._core import Batch
from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.capture.reader import CaptureReader, Damage, FileAccount

__all__ = ["CaptureInfo", "info"]


@dataclass(frozen=True, slots=True)
class CaptureInfo:
    """What is in a recording.

    Attributes:
        files: Each file.
        markets: Markets that there are frames of.
        first_ns: When the first frame was received, Unix time in ns; 0 without any.
        last_ns: When the last was.
        frames: Frames.
        events: Events, by channel. Control messages are of ``status``.
        symbols: How many symbols there are, by market.
        frame_bytes: Bytes of the frames.
        marks: Marks, by kind.
        gaps: Marks of kind ``gap``, those of damage included.
        damage: Parts that could not be read.
        bad_frames: Frames that are not JSON.
    """

    files: tuple[FileAccount, ...]
    markets: tuple[str, ...]
    first_ns: int
    last_ns: int
    frames: int
    events: dict[str, int]
    symbols: dict[str, int]
    frame_bytes: int
    marks: dict[MarkKind, int]
    gaps: tuple[Mark, ...]
    damage: tuple[Damage, ...]
    bad_frames: int

    @property
    def nbytes(self) -> int:
        """Bytes of the files."""
        return sum(file.nbytes for file in self.files)

    @property
    def ratio(self) -> float:
        """Bytes of frames to a byte of file."""
        return self.frame_bytes / self.nbytes if self.nbytes else 0.0

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return (self.last_ns - self.first_ns) / 1e9


def info(*paths: str | os.PathLike[str], market: str | None = None) -> CaptureInfo:
    """Read recordings and return what is in them.

    Args:
        paths: The files.
        market: The market of frames of which the file does not say it.

    Raises:
        UsageError: Nothing says which market the frames are of.
        CaptureError: A file cannot be read, or is not a recording.
    """
    count = _Count()
    with CaptureReader(*paths, market=market) as reader:
        for found in reader:
            if isinstance(found, Mark):
                count.mark(found)
            else:
                count.batch(found)
        return CaptureInfo(
            files=tuple(reader.files()),
            markets=tuple(sorted(count.symbols)),
            first_ns=count.first_ns,
            last_ns=count.last_ns,
            frames=count.frames,
            events=dict(count.events),
            symbols={name: len(symbols) for name, symbols in count.symbols.items()},
            frame_bytes=count.frame_bytes,
            marks=dict(count.marks),
            gaps=tuple(count.gaps),
            damage=tuple(reader.damage),
            bad_frames=reader.bad_frames,
        )


class _Count:
    def __init__(self) -> None:
        self.first_ns = self.last_ns = self.frames = self.frame_bytes = 0
        self.events: Counter[str] = Counter()
        self.symbols: dict[str, set[str]] = {}
        self.marks: Counter[MarkKind] = Counter()
        self.gaps: list[Mark] = []

    def mark(self, mark: Mark) -> None:
        self.marks[mark.kind] += 1
        if mark.kind is MarkKind.GAP:
            self.gaps.append(mark)

    def batch(self, batch: Batch) -> None:
        frames = batch.frames()
        if not self.frames:
            self.first_ns = frames[0].received_ns
        self.last_ns = batch.received_ns
        self.frames += len(frames)
        self.frame_bytes += batch.nbytes
        for channel in batch.channels:
            self.events[channel] += batch.count(channel)
        self.symbols.setdefault(batch.market, set()).update(batch.symbol_counts())
