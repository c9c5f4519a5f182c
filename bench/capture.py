"""What does it cost to record frames, what does a recording take, and how fast is it read back?

In one process: the contenders do not need others' versions, and what is measured is processor time,
of the calling thread and of all threads.
"""

from __future__ import annotations

import gzip
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from bench.frames import frames
from fastpoly import Batch, decode
from fastpoly.capture import CaptureReader, CaptureWriter

START_NS: Final = 1_781_706_600_000_000_000
STEP_NS: Final = 5_000


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: Of each contender, one after the other.
        frames: Events a frame.
    """

    rounds: int
    frames: tuple[int, ...]


FULL: Final = Effort(5, (1, 10, 100))
QUICK: Final = Effort(1, (100,))

Recorded = list[tuple[int, bytes]]


@dataclass(frozen=True)
class Cost:
    """Processor time, ns: of the thread that called, and of the process."""

    caller: int
    total: int


def timed(work: Callable[[], object]) -> Cost:
    """Do the work and return what it cost."""
    caller, total = time.thread_time_ns(), time.process_time_ns()
    work()
    return Cost(time.thread_time_ns() - caller, time.process_time_ns() - total)


def kept_batches(recorded: Recorded, folder: Path) -> list[Batch]:
    """The frames as a source gives them that keeps their text."""
    path = folder / "source.mcap"
    with CaptureWriter(
        path, market="stocks", compression="none", wait=True, overwrite=True
    ) as writer:
        for stamp, text in recorded:
            writer.add_frame(text, stamp)
    with CaptureReader(path, keep_frames=True) as reader:
        return [found for found in reader if isinstance(found, Batch)]


def write_ours(batches: list[Batch], path: Path, *, compression: str, level: int = 1) -> Cost:
    """fastpoly's writer; the rest, after the last batch was added, is in the total only."""
    writer = CaptureWriter(
        path,
        market="stocks",
        compression=compression,
        level=level,
        overwrite=True,
        max_buffer_bytes=1 << 30,
    )
    total = time.process_time_ns()

    def add() -> None:
        for batch in batches:
            writer.add(batch)

    cost = timed(add)
    writer.close()
    assert writer.stats().dropped_frames == 0
    return Cost(cost.caller, time.process_time_ns() - total)


def write_mcap(recorded: Recorded, path: Path) -> Cost:
    """The ``mcap`` package's writer, as it comes: chunks of 1 MiB, zstd."""

    def write() -> None:
        with path.open("wb") as file:
            writer = Writer(file, compression=CompressionType.ZSTD)
            writer.start()
            schema = writer.register_schema("frame", "jsonschema", b"{}")
            channel = writer.register_channel("frames/stocks", "json", schema)
            for stamp, text in recorded:
                writer.add_message(channel, stamp, text, stamp)
            writer.finish()

    return timed(write)


def write_gzip(recorded: Recorded, path: Path) -> Cost:
    """A line a frame, with its time, as many collectors do it."""

    def write() -> None:
        with gzip.open(path, "wb", compresslevel=6) as file:
            for stamp, text in recorded:
                file.write(b"%d %b\n" % (stamp, text))

    return timed(write)


def read_ours(path: Path) -> Cost:
    """fastpoly's reader, to decoded batches."""

    def read() -> None:
        with CaptureReader(path) as reader:
            for _ in reader:
                pass

    return timed(read)


def read_mcap(path: Path) -> Cost:
    """The ``mcap`` package's reader, and `decode`: what one would write without ours."""

    def read() -> None:
        with path.open("rb") as file:
            for _, _, message in make_reader(file).iter_messages(log_time_order=False):
                decode(message.data)

    return timed(read)


def measure(events_file: Path, effort: Effort) -> list[dict[str, Any]]:
    """Write and read with each contender; return a cell for each of them and size of frame."""
    events = events_file.read_bytes().splitlines()
    cells: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=events_file.parent) as temporary:
        folder = Path(temporary)
        for per_frame in effort.frames:
            recorded = [
                (START_NS + i * STEP_NS, text) for i, text in enumerate(frames(events, per_frame))
            ]
            cells += _cells(recorded, per_frame, folder, effort.rounds)
    return cells


def _cells(recorded: Recorded, per_frame: int, folder: Path, rounds: int) -> list[dict[str, Any]]:
    count = len(recorded) * per_frame
    batches = kept_batches(recorded, folder)
    writers: dict[str, Callable[[Path], Cost]] = {
        "fastpoly, zstd 1": partial(write_ours, batches, compression="zstd"),
        "fastpoly, none": partial(write_ours, batches, compression="none"),
        "mcap, zstd": partial(write_mcap, recorded),
        "gzip lines": partial(write_gzip, recorded),
    }
    readers: dict[str, Callable[[Path], Cost]] = {
        "fastpoly, zstd 1": read_ours,
        "fastpoly, none": read_ours,
        "mcap, zstd": read_mcap,
    }
    written: dict[str, list[Cost]] = {name: [] for name in writers}
    found: dict[str, list[Cost]] = {name: [] for name in readers}
    paths = {name: folder / f"{number}.mcap" for number, name in enumerate(writers)}
    for _ in range(rounds):
        for name, write in writers.items():
            written[name].append(write(paths[name]))
        for name, read in readers.items():
            found[name].append(read(paths[name]))
    return [
        {
            "contender": name,
            "per_frame": per_frame,
            "write_caller_ns": min(cost.caller for cost in written[name]) / count,
            "write_total_ns": min(cost.total for cost in written[name]) / count,
            "bytes": paths[name].stat().st_size / count,
            "read_ns": (
                min(cost.total for cost in found[name]) / count if name in readers else None
            ),
        }
        for name in writers
    ]
