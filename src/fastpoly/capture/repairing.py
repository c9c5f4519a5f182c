"""Makes a whole recording from one that was cut off or damaged."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fastpoly.capture.reader import CaptureReader, Damage
from fastpoly.capture.writer import CaptureWriter
from fastpoly.errors import CaptureError

__all__ = ["RepairAccount", "repair"]


@dataclass(frozen=True, slots=True)
class RepairAccount:
    """What `repair` found.

    Attributes:
        path: The file that was written.
        frames: Frames that were kept.
        marks: Marks that were kept.
        damage: Parts that could not be read. Each is a mark in the new file, at its place.
        nbytes: Bytes of the new file.
    """

    path: str
    frames: int
    marks: int
    damage: tuple[Damage, ...]
    nbytes: int


def repair(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    market: str | None = None,
    overwrite: bool = False,
) -> RepairAccount:
    """Write all that can be read of a recording to a new one that is whole and has its index.

    Args:
        path: The recording that was cut off or damaged; it is not changed.
        out: The file to write.
        market: The market of frames of which the file does not say it.
        overwrite: Replace ``out`` if it exists.

    Raises:
        UsageError: Nothing says which market the frames are of.
        CaptureError: One of the files cannot be read or written, they are the same, or there is
            nothing in it that can be read.
    """
    if os.path.exists(out) and os.path.samefile(path, out):
        raise CaptureError(
            f"{os.fspath(out)} is the file that is to be repaired.",
            hint="Write to another file.",
            path=os.fspath(out),
        )
    with CaptureReader(path, market=market) as reader:
        said = reader.begin()[0].metadata
        writer = CaptureWriter(
            out,
            market=market or said.get("market"),
            overwrite=overwrite,
            wait=True,
            metadata={**said, "repaired_from": Path(path).name},
        )
        with writer:
            frames, marks = reader.copy_to(writer)
        return RepairAccount(
            writer.stats().path, frames, marks, tuple(reader.damage), writer.stats().file_bytes
        )
