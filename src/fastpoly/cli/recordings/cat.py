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
from fastpoly.capture import Mark, MarkKind
from fastpoly.capture.selection import Selection, Selector
from fastpoly.cli.formats import FORMATS
from fastpoly.cli.recordings.csv_lines import CsvLines
from fastpoly.cli.recordings.selection import (
    STDIO,
    check_new,
    read_selection,
    selection_options,
    source_of,
)
from fastpoly.cli.terminal import ExitCode, report, run
from fastpoly.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    selector = Selector(selection, several_markets=True)
    lines: Lines | None = None
    reader = selection.open(*map(source_of, paths))
    with reader, _opened(out, force) as file:
        for found in reader:
            await asyncio.sleep(0)  # for Ctrl-C and SIGTERM
            if isinstance(found, Mark):
                _say_mark(found)
                continue
            if lines is None:
                lines = _make_lines(form, found.market, selection.channels)
                file.write(lines.header())
            events = selector.pick(found)
            if events is None:
                continue
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
    channels: str | None,
    symbols: str | None,
    conditions: tuple[str, ...],
    start: str | None,
    end: str | None,
) -> int:
    """Print the events of recordings, one a line, in the order in which they were received.

    FILE is a recording, or - for standard input; several are merged by time. Control messages are
    left out. Where something is missing standard error says so.
    """
    try:
        selection = read_selection(market, channels, symbols, conditions, start, end)
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
