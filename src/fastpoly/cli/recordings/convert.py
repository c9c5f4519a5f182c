"""``fastpoly convert``: recordings to files for others, by the name of the target."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from fastpoly.cli.recordings.selection import read_selection, selection_options, source_of
from fastpoly.cli.terminal import ExitCode, exit_code, report, say
from fastpoly.errors import FastpolyError
from fastpoly.sinks.converting import ConvertAccount, convert

__all__ = ["command"]


class _Bar:
    """How far it is, on standard error; nothing where that is not a terminal."""

    def __init__(self, quiet: bool) -> None:
        self._progress = Progress(
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[events]:,} events"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=quiet or not sys.stderr.isatty(),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, events=0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def advance(self, done_bytes: int, total_bytes: int, events: int) -> None:
        """See `ConvertProgress.advance`."""
        self._progress.update(
            self._task, completed=done_bytes, total=total_bytes or None, events=events
        )


def _say(account: ConvertAccount) -> None:
    total = sum(account.events.values())
    each = ", ".join(f"{name}: {count:,}" for name, count in sorted(account.events.items()))
    rate = total / account.seconds if account.seconds else 0
    say(
        f"{total:,} events{f' ({each})' if each else ''} in {account.seconds:.1f} s, "
        f"{rate:,.0f} events/s"
    )
    for text, count in (
        ("gaps in the recording", len(account.gaps)),
        ("frames that are not JSON", account.bad_frames),
        ("events of other markets, passed over", account.passed_over),
    ):
        if count:
            say(f"{count:,} {text}")


@click.command()
@click.argument("sources", metavar="SRC...", nargs=-1, required=True)
@click.argument("target", metavar="DST")
@selection_options
@click.option(
    "--temporary",
    metavar="FOLDER",
    help="Where day files are sorted that memory does not hold; by default TMPDIR.",
)
@click.option("--force", "-f", is_flag=True, help="Replace what exists.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
def command(
    sources: tuple[str, ...],
    target: str,
    temporary: str | None,
    force: bool,
    quiet: bool,
    market: str | None,
    channels: str | None,
    symbols: str | None,
    conditions: tuple[str, ...],
    start: str | None,
    end: str | None,
) -> int:
    """Convert recordings to files that others read.

    SRC is a recording, - for standard input, or one of the vendor's day files (.csv.gz); several
    are merged by the time of receipt. DST is a folder, such as ticks/, for a Parquet dataset by
    channel and trading day, or a file: .parquet, .arrow and .csv make one for each channel (day.csv
    is day.T.csv and so on, unless --channels names just one), .jsonl and .jsonl.gz one of
    everything in order, and .mcap a recording.

    What DST stands for appears as a whole, once all is written, or not at all.
    """
    try:
        wanted = read_selection(market, channels, symbols, conditions, start, end)
        with _Bar(quiet) as bar:
            account = convert(
                list(map(source_of, sources)),
                target,
                market=wanted.market,
                channels=wanted.channels,
                symbols=wanted.symbols,
                where=wanted.where,
                start_ns=wanted.start_ns,
                end_ns=wanted.end_ns,
                overwrite=force,
                progress=bar,
                temporary=temporary,
            )
    except FastpolyError as error:
        report(error)
        return exit_code(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    if not quiet:
        _say(account)
    return ExitCode.OK
