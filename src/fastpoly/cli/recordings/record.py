"""``fastpoly record``: a market to a file, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from typing import Any, Final

import click

from fastpoly.capture import CaptureStats
from fastpoly.cli.metrics_page import metrics_option, with_metrics
from fastpoly.cli.tail import key_for, source_url
from fastpoly.cli.terminal import ExitCode, report, run, say
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.notices import NOTICE_CHANNEL, Gap, SlowConsumer
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.subscriptions import parse_params
from fastpoly.stream.stream import Stream

__all__ = ["command", "progress"]

SHOW_S: Final = 1.0
"""How often the progress is shown."""


def progress(stats: CaptureStats, seconds: float, rate: float) -> str:
    """Return a recording's figures as one line.

    Args:
        stats: The figures.
        seconds: For how long it has been recorded.
        rate: Events a second of late.
    """
    line = (
        f"{seconds:,.0f} s  {stats.events:,} events  {rate:,.0f}/s  "
        f"{stats.file_bytes / 1e6:,.1f} MB  {stats.dropped_events:,} lost"
    )
    return f"{line}  ({stats.error.detail})" if stats.error is not None else line


class _Progress:
    """Shows how a recording goes on, where standard error is a terminal, and its sum at the end."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._began = self._shown = time.monotonic()
        self._events = 0
        self._is_live = sys.stderr.isatty()

    def _line(self) -> str:
        (stats,) = self._stream.stats().recordings
        now = time.monotonic()
        rate = (stats.events - self._events) / max(now - self._shown, 1e-9)
        self._events, self._shown = stats.events, now
        return progress(stats, now - self._began, rate)

    async def keep_showing(self) -> None:
        while True:
            await asyncio.sleep(SHOW_S)
            if self._is_live:
                click.echo(f"\r{self._line()}\x1b[K", err=True, nl=False)

    def finish(self, stats: CaptureStats) -> None:
        self._events, self._shown = 0, self._began
        begin = "\r" if self._is_live else ""
        click.echo(f"{begin}{stats.path}: {self._line()}", err=True)


def _say(batch: Any) -> None:
    for notice in batch:
        if isinstance(notice, Gap):
            click.echo(f"fastpoly: gap of {notice.seconds:.1f} s: {notice.cause}", err=True)
        elif isinstance(notice, SlowConsumer):
            click.echo(f"fastpoly: lost {notice.lost:,} events: {notice.consumer}", err=True)


def _remove(stats: CaptureStats) -> None:
    """Remove the file of a stream that never opened: it has nothing but what refused it."""
    try:
        os.unlink(stats.path)
    except OSError as error:
        say(f"{stats.path} has no event: it cannot be removed: {error.strerror}")
    else:
        say(f"nothing was recorded: there is no {stats.path}")


async def _record(stream: Stream, seconds: float | None) -> int:
    stream.add_handler(_say, NOTICE_CHANNEL)
    shown = _Progress(stream)
    has_opened = False
    showing = asyncio.create_task(shown.keep_showing())
    try:
        async with stream:
            has_opened = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await stream.wait_closed()
    finally:
        showing.cancel()
        # Also where it never opened.
        await stream.close()
        (stats,) = stream.stats().recordings
        if has_opened or stream.stats().received:
            shown.finish(stats)
        else:
            _remove(stats)
    return ExitCode.FAILED if stats.dropped_frames or stats.error else ExitCode.OK


def _period(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.isdecimal() else text


@click.command()
@click.argument("path", metavar="FILE")
@click.argument("market")
@click.argument("params", metavar="PARAM...", nargs=-1, required=True)
@click.option("--url", help="A full ws://, wss://, ws+unix://, nats:// or shm:// URL.")
@click.option("--feed", help="A feed of the vendor, such as delayed.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Stop after so long.")
@click.option(
    "--rotate", metavar="day|HOURS", help="A new file each trading day, or each so many hours."
)
@click.option(
    "--max-file-bytes", type=click.IntRange(min=1), help="A new file after so many bytes."
)
@click.option(
    "--level", type=int, default=1, show_default=True, help="Of zstd: 1 is fast, 19 is small."
)
@click.option("--sync", is_flag=True, help="Wait for the disk after each chunk.")
@metrics_option
@click.option("-f", "--force", is_flag=True, help="Replace FILE if it exists.")
def command(
    path: str,
    market: str,
    params: tuple[str, ...],
    url: str | None,
    feed: str | None,
    seconds: float | None,
    rotate: str | None,
    max_file_bytes: int | None,
    level: int,
    sync: bool,
    metrics_port: int | None,
    force: bool,
) -> int:
    """Record a market to FILE, byte for byte, until Ctrl-C or SIGTERM.

    MARKET and PARAM are as for tail. Nobody waits for the disk: what it is too slow for is counted
    and marked in the file. Of a recording that is killed all but the last second can be read. Exits
    with 1 where something was lost on the way to the disk.
    """
    try:
        market_of(market)
        parse_params(market, params)
        target = source_url(market, feed, url)
        stream = Stream(market, *params, url=target, api_key=key_for(target))
        stream.record(
            path,
            rotate=_period(rotate),
            max_file_bytes=max_file_bytes,
            level=level,
            sync=sync,
            overwrite=force,
        )
    except UsageError as error:
        report(error)
        return ExitCode.USAGE
    except FastpolyError as error:
        report(error)
        return ExitCode.FAILED
    return run(with_metrics(stream, metrics_port, _record(stream, seconds)))
