"""Converts recordings to files for others: reads in one thread, writes each channel in its own."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.capture.row_groups import GROUP_ROWS, row_groups
from fastpoly.capture.selection import Selection, Selector
from fastpoly.capture.writer import CaptureWriter
from fastpoly.errors import SinkError, UsageError
from fastpoly.flat_files.recognising import is_day_file
from fastpoly.sinks.files.part_file import PartFile
from fastpoly.sinks.targets import Output, Target, find_target

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.capture.reader import CaptureReader
    from fastpoly.filters.conditions import Condition

__all__ = ["ConvertAccount", "ConvertProgress", "convert"]

WAITING: Final = 1
"""Groups that wait for a thread that writes, beside the one that it has."""

RECORDING: Final = ".mcap"

REPORT_S: Final = 0.1


class ConvertProgress(Protocol):
    """Who is told how far it is, a few times a second."""

    def advance(self, done_bytes: int, total_bytes: int, events: int) -> None:
        """Take note.

        Args:
            done_bytes: Bytes of the recordings that were read.
            total_bytes: Their size.
            events: Events that were read.
        """


@dataclass(frozen=True, slots=True)
class ConvertAccount:
    """What was converted.

    Attributes:
        market: The market; None where there was no event.
        events: Events that were written, by channel.
        passed_over: Events of other markets than the chosen one.
        gaps: Marks of what is missing in the recording.
        bad_frames: Frames that are not JSON.
        seconds: How long it took.
    """

    market: str | None
    events: dict[str, int]
    passed_over: int
    gaps: tuple[Mark, ...]
    bad_frames: int
    seconds: float


def convert(
    paths: Sequence[str | os.PathLike[str] | int],
    target: str | os.PathLike[str],
    *,
    market: str | None = None,
    channels: Iterable[str] = (),
    symbols: Iterable[str] | None = None,
    where: Condition | None = None,
    start_ns: int | None = None,
    end_ns: int | None = None,
    rows: int = GROUP_ROWS,
    overwrite: bool = False,
    progress: ConvertProgress | None = None,
    temporary: str | os.PathLike[str] | None = None,
) -> ConvertAccount:
    """Convert recordings or day files. The target appears as a whole; when this raises, not at all.

    Args:
        paths: The recordings; several are merged by the time of receipt. One may be a descriptor.
        target: A folder, for a Parquet dataset, or a file: ``.parquet``, ``.arrow``, ``.csv``,
            ``.jsonl``, ``.jsonl.gz``, see `find_target`; or ``.mcap``, a recording of all of it.
        market: The market, where the recordings do not say it, or have several.
        channels: Names of channels; none for all.
        symbols: Tickers or pairs; None for all.
        where: A condition that events have to meet.
        start_ns: The earliest receive time that is wanted, Unix time in ns.
        end_ns: The receive time from which on nothing is wanted.
        rows: Rows that are written together.
        overwrite: Whether to replace what exists.
        progress: Who is told how far it is.
        temporary: The folder of the temporary file in which day files are sorted, where memory does
            not hold them; None for the system's, which ``TMPDIR`` names.

    Raises:
        UsageError: The target exists, or an argument is invalid.
        CaptureError: A recording cannot be read.
        SinkError: The target cannot be written.
    """
    started = time.monotonic()
    names = tuple(channels)
    tickers = None if symbols is None else frozenset(symbols)
    selection = Selection(market, names, tickers, where, start_ns, end_ns)
    selector = Selector(selection)
    is_recording = Path(target).suffix == RECORDING
    if is_recording and (
        names or where is not None or (tickers is not None and not all(map(is_day_file, paths)))
    ):
        raise UsageError(
            "A recording is copied as it is.",
            hint="Leave out channels, symbols and conditions; of day files, symbols can be chosen.",
        )
    with selection.open(*paths, temporary=temporary, keep_frames=is_recording) as reader:
        meter = _Meter(reader, progress)
        events: Counter[str] = Counter()
        try:
            if is_recording:
                _record(reader, selector, Path(target), overwrite, events, meter)
            else:
                to = find_target(target, names, overwrite=overwrite)
                _write(reader, selector, to, rows, events, meter)
        except OSError as error:
            raise _failure(error) from error
        meter.end()
        return ConvertAccount(
            selector.market,
            dict(events),
            selector.passed_over,
            tuple(selector.gaps),
            reader.bad_frames,
            time.monotonic() - started,
        )


def _write(
    reader: CaptureReader,
    selector: Selector,
    target: Target,
    rows: int,
    events: Counter[str],
    meter: _Meter,
) -> None:
    """Write what is wanted to a target, and count it."""
    pen = _Pen(target)
    try:
        for name, batch in _read(reader, selector, rows, target.by_channel):
            _count(batch, events, meter)
            pen.write(batch, name)
        pen.close()
        target.commit()
    except BaseException:
        pen.discard()
        target.discard()
        raise


def _record(
    reader: CaptureReader,
    selector: Selector,
    path: Path,
    overwrite: bool,
    events: Counter[str],
    meter: _Meter,
) -> None:
    """Write all frames and marks to a recording, and count their events."""
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists.", hint="Pass another name, or --force to replace it.")
    said = reader.begin()[0].metadata
    part = PartFile(path, overwrite=overwrite)
    try:
        with CaptureWriter(
            part.temporary,
            market=said.get("market"),
            overwrite=True,
            wait=True,
            log_errors=False,
            metadata={"converted_from": Path(reader.files()[0].path).name},
        ) as writer:
            for found in reader:
                selector.take(found)
                if isinstance(found, Mark):
                    _record_mark(writer, found)
                    continue
                _count(found, events, meter)
                writer.add(found)
        part.commit()
    except BaseException:
        part.discard()
        raise


def _record_mark(writer: CaptureWriter, mark: Mark) -> None:
    if mark.kind is MarkKind.BAD_FRAME:
        writer.add_frame(mark.detail["frame"], mark.at_ns)
    elif mark.kind is not MarkKind.OTHER:
        writer.mark(mark.kind, mark.at_ns, **mark.detail)


def _count(batch: Batch, events: Counter[str], meter: _Meter) -> None:
    for channel in batch.channels:
        events[channel] += batch.count(channel)
    meter.note(len(batch))


def _failure(error: OSError) -> SinkError:
    return SinkError(
        f"Writing failed: {error}.",
        hint="Check the target, its permissions, and the room on the disk. Nothing was left there.",
    )


def _read(
    reader: CaptureReader, selector: Selector, rows: int, by_channel: bool
) -> Iterator[tuple[str | None, Batch]]:
    """Give what is wanted as groups of one channel, or as it comes, for one output."""
    if rows < 1:
        raise UsageError(f"rows={rows!r} is not above 0.", hint="Pass 1 or more.")
    if by_channel:
        yield from row_groups(reader, selector, rows)
        return
    for found in reader:
        batch = selector.pick(found)
        if batch is not None:
            yield None, batch


class _Meter:
    """Tells how far it is, now and then."""

    def __init__(self, reader: CaptureReader, progress: ConvertProgress | None) -> None:
        self._reader = reader
        self._progress = progress
        self._events = 0
        self._next_s = 0.0

    def note(self, events: int) -> None:
        self._events += events
        if self._progress is not None and time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + REPORT_S
            files = self._reader.files()
            total = sum(file.nbytes for file in files)
            self._progress.advance(
                min(sum(file.packed_bytes for file in files), total), total, self._events
            )

    def end(self) -> None:
        if self._progress is not None:
            total = sum(file.nbytes for file in self._reader.files())
            self._progress.advance(total, total, self._events)


class _Pen:
    """Threads that write, one for each output."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._threads: dict[str | None, _Writing] = {}

    def write(self, batch: Batch, name: str | None) -> None:
        """Have a batch written, as soon as there is room for it; raise what went wrong before."""
        thread = self._threads.get(name)
        if thread is None:
            thread = self._threads[name] = _Writing(self._target.open(batch.market, name))
        thread.put(batch)

    def close(self) -> None:
        """Wait until all is written; raise what went wrong."""
        for thread in self._threads.values():
            thread.finish()
        for thread in self._threads.values():
            thread.join()
            thread.check()
            thread.output.close()

    def discard(self) -> None:
        for thread in self._threads.values():
            thread.give_up()
        for thread in self._threads.values():
            thread.join()
            thread.output.discard()


class _Writing(threading.Thread):
    """Writes to one output what is put here."""

    def __init__(self, output: Output) -> None:
        super().__init__(name="fastpoly-convert", daemon=True)
        self.output = output
        self._jobs: queue.Queue[Batch | None] = queue.Queue(WAITING)
        self._error: BaseException | None = None
        self._is_given_up = False
        self.start()

    def run(self) -> None:
        while (batch := self._jobs.get()) is not None:
            # What comes after an error is taken all the same: who puts it must not wait for ever.
            if self._error is None and not self._is_given_up:
                try:
                    self.output.write(batch)
                except BaseException as error:
                    self._error = error

    def put(self, batch: Batch) -> None:
        self.check()
        self._jobs.put(batch)

    def check(self) -> None:
        if self._error is not None:
            raise self._error

    def finish(self) -> None:
        self._jobs.put(None)

    def give_up(self) -> None:
        self._is_given_up = True
        self.finish()
