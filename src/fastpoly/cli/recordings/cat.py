"""``fastpoly cat``: the events of recordings as lines of JSON, as CSV, or to be read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Final, Protocol

import click

from fastpoly._core import Batch
from fastpoly.capture import CaptureReader, Mark, MarkKind
from fastpoly.cli.formats import FORMATS
from fastpoly.cli.recordings.csv_lines import CsvLines
from fastpoly.cli.recordings.selection import (
    STDIO,
    Selection,
    check_new,
    selection_options,
    source_of,
)
from fastpoly.cli.terminal import ExitCode, report, run
from fastpoly.errors import UsageError
from fastpoly.filters.build import make_filter
from fastpoly.schema import STATUS_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastpoly._core import Filter

__all__ = ["SUFFIXES", "command"]

SUFFIXES: Final = {
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".csv": "csv",
    ".txt": "text",
}
"""The end of an output's name -> the format that it means."""

EVENTS_PER_WRITE: Final = 500


class Lines(Protocol):
    """A format."""

    def header(self) -> bytes:
        """Return what comes before the first event."""

    def lines(self, batch: Batch) -> bytes:
        """Return a line for each event, with their ends."""


class _Plain:
    """A format of `FORMATS`."""

    def __init__(self, form: Callable[[Batch], Iterable[bytes]]) -> None:
        self._form = form

    def header(self) -> bytes:
        return b""

    def lines(self, batch: Batch) -> bytes:
        return b"".join(line + b"\n" for line in self._form(batch))


def _make_lines(form: str, market: str, channels: tuple[str, ...]) -> Lines:
    return CsvLines(market, channels) if form == "csv" else _Plain(FORMATS[form])


class _Picked:
    """What is wanted of each batch."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._filters: dict[str, Filter | None] = {}

    def of(self, batch: Batch) -> Batch:
        wanted, market = self._selection, batch.market
        channels = [name for name in batch.channels if name != STATUS_CHANNEL]
        if wanted.channels:
            channels = [name for name in channels if name in wanted.channels]
        if len(channels) != len(batch.channels):
            batch = batch.select(*channels)
        if market not in self._filters:
            self._filters[market] = make_filter(
                market, wanted.symbols, wanted.where, wanted.channels or None
            )
        filter_ = self._filters[market]
        return batch if filter_ is None or not len(batch) else filter_.apply(batch)


def _say_mark(mark: Mark) -> None:
    """Say on standard error where something is missing."""
    detail = mark.detail
    why = detail.get("reason") or detail.get("error") or detail.get("cause") or "no reason given"
    if mark.kind is MarkKind.GAP and detail.get("cause") != "reconnect":
        size = f" ({detail['events']:,} events)" if detail.get("events") else ""
        click.echo(f"fastpoly: something is missing here{size}: {why}", err=True)
    elif mark.kind is MarkKind.LOST:
        click.echo(f"fastpoly: the connection was lost here: {why}", err=True)
    elif mark.kind is MarkKind.BAD_FRAME:
        click.echo(f"fastpoly: a frame that is not JSON: {why}", err=True)


@contextlib.contextmanager
def _opened(path: str, force: bool) -> Iterator[IO[bytes]]:
    check_new(path, force)
    if path == STDIO:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with open(path, "wb") as file:
        yield file


async def _cat(
    paths: tuple[str, ...],
    selection: Selection,
    form: str,
    out: str,
    force: bool,
    count: int | None,
) -> int:
    picked = _Picked(selection)
    lines: Lines | None = None
    reader = CaptureReader(
        *map(source_of, paths),
        market=selection.market,
        start_ns=selection.start_ns,
        end_ns=selection.end_ns,
    )
    with reader, _opened(out, force) as file:
        for found in reader:
            await asyncio.sleep(0)  # for Ctrl-C and SIGTERM
            if isinstance(found, Mark):
                _say_mark(found)
                continue
            events = picked.of(found)
            if lines is None:
                lines = _make_lines(form, found.market, selection.channels)
                file.write(lines.header())
            if count is not None:
                events = events[:count]
                count -= len(events)
            for start in range(0, len(events), EVENTS_PER_WRITE):
                file.write(lines.lines(events[start : start + EVENTS_PER_WRITE]))
            if count == 0:
                break
    return ExitCode.OK


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@selection_options
@click.option("--count", type=click.IntRange(min=1), help="Stop after this many events.")
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS, "csv"]),
    help="By default what the output's name ends in, and json for standard output.",
)
@click.option(
    "-o", "--output", "out", default=STDIO, metavar="FILE", help="Write to a file instead."
)
@click.option("-f", "--force", is_flag=True, help="Replace the output if it exists.")
def command(
    paths: tuple[str, ...],
    count: int | None,
    form: str | None,
    out: str,
    force: bool,
    market: str | None,
    channels: str,
    symbols: str,
    conditions: tuple[str, ...],
    start: str | None,
    end: str | None,
) -> int:
    """Print the events of recordings, one a line, in the order in which they were received.

    FILE is a recording, or - for standard input; several are merged by time. Control messages are
    left out. Where something is missing standard error says so.
    """
    try:
        selection = Selection.of(market, channels, symbols, conditions, start, end)
        if form is None:
            suffix = os.path.splitext(out)[1].lower()
            if out != STDIO and suffix not in SUFFIXES:
                raise UsageError(
                    f"{out} has no ending that names a format.",
                    hint=f"End it in one of {', '.join(SUFFIXES)}, or pass --format.",
                )
            form = "json" if out == STDIO else SUFFIXES[suffix]
    except UsageError as error:
        report(error)
        return ExitCode.USAGE
    return run(_cat(paths, selection, form, out, force, count))
