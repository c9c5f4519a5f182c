"""``fastpoly replay``: a recording again, to see how fast and what; or as a server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from fastpoly.cli.recordings.selection import read_selection, selection_options
from fastpoly.cli.terminal import ExitCode, exit_code, report, run
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.notices import NOTICE_CHANNEL, Gap
from fastpoly.replay_server import ReplayServer
from fastpoly.stream.replay import Replay, replay

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["command"]


class _Tally:
    """Counts what a replay hands over."""

    def __init__(self) -> None:
        self.batches = self.gaps = 0
        self.events: Counter[str] = Counter()

    def add(self, batch: Batch) -> None:
        self.batches += 1
        for channel in batch.channels:
            if channel == NOTICE_CHANNEL:
                self.gaps += sum(isinstance(one, Gap) for one in batch.select(channel))
            else:
                self.events[channel] += batch.count(channel)

    def as_dict(self, stream: Replay, seconds: float) -> dict[str, Any]:
        stats = stream.stats()
        events = self.events.total()
        return {
            "events": dict(self.events),
            "batches": self.batches,
            "gaps": self.gaps,
            "filtered": stats.filtered,
            "bad_frames": stats.line.bad_frames,
            "frames": stats.line.frames_received,
            "seconds": round(seconds, 3),
            "events_per_s": round(events / max(seconds, 1e-9)),
            "recorded_until_ns": stream.clock.time_ns(),
        }


def _as_text(figures: dict[str, Any]) -> str:
    lines = [f"{name:8}{count:>15,}" for name, count in sorted(figures["events"].items())]
    return "\n".join(
        [
            *lines,
            f"{sum(figures['events'].values()):,} events in {figures['batches']:,} batches and "
            f"{figures['frames']:,} frames, {figures['gaps']:,} gaps, "
            f"{figures['bad_frames']:,} frames that are not JSON",
            f"{figures['seconds']:,.1f} s, {figures['events_per_s']:,} events/s",
        ]
    )


async def _replay(stream: Replay, as_line: bool) -> int:
    tally = _Tally()
    stream.add_handler(tally.add)
    began = time.monotonic()
    try:
        async with stream:
            await stream.wait_closed()
    except asyncio.CancelledError:
        _print(tally, stream, began, as_line)
        raise
    _print(tally, stream, began, as_line)
    return ExitCode.OK


async def _serve(server: ReplayServer, address: str) -> int:
    try:
        await server.start()
    except OSError as error:
        raise FastpolyError(
            f"Could not listen on {address}: {error.strerror or error}.",
            hint="Choose another --port, or 0 for any free one.",
        ) from error
    try:
        with contextlib.suppress(BrokenPipeError):
            click.echo(server.url)
        click.echo("Listening; accepts any key. Press Ctrl-C to stop.", err=True)
        await asyncio.Event().wait()
    finally:
        await server.stop()
    return ExitCode.OK


def _print(tally: _Tally, stream: Replay, began: float, as_line: bool) -> None:
    figures = tally.as_dict(stream, time.monotonic() - began)
    click.echo(json.dumps(figures) if as_line else _as_text(figures))


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@selection_options
@click.option(
    "--speed",
    help="1 for the recorded pace, which is served by default; 10 for ten times that; max for as "
    "fast as possible.",
)
@click.option("--serve", is_flag=True, help="Serve it to clients that connect by URL.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=int, default=8766, show_default=True, help="0 for any free one.")
@click.option("--shared", is_flag=True, help="One replay for all, not each from the beginning.")
@click.option("--close", is_flag=True, help="Close the connections at the end.")
@click.option("--json", "as_line", is_flag=True, help="Write the figures as one line of JSON.")
def command(
    paths: tuple[str, ...],
    speed: str | None,
    serve: bool,
    host: str,
    port: int,
    shared: bool,
    close: bool,
    as_line: bool,
    market: str | None,
    channels: str | None,
    symbols: str | None,
    conditions: tuple[str, ...],
    start: str | None,
    end: str | None,
) -> int:
    """Replay recordings and print the figures: events, gaps, and how fast they came.

    FILE is a recording, or one of the vendor's day files (.csv.gz); several are merged by time.
    With --serve it is a server in the vendor's protocol until Ctrl-C: it prints its URL, takes any
    key, and each connection gets what it subscribes to.
    """
    try:
        wanted = read_selection(market, channels, symbols, conditions, start, end)
        if serve:
            if wanted.channels or wanted.symbols or wanted.where is not None:
                raise UsageError(
                    "A server sends what clients subscribe to.",
                    hint="Leave out --channels, --symbols and --where.",
                )
            server = ReplayServer(
                *paths,
                market=wanted.market,
                speed=read_speed(speed or "1"),
                start_ns=wanted.start_ns,
                end_ns=wanted.end_ns,
                shared=shared,
                close_at_end=close,
                host=host,
                port=port,
            )
            return run(_serve(server, f"{host}:{port}"))
        stream = replay(
            *paths,
            market=wanted.market,
            speed=read_speed(speed or "max"),
            start=wanted.start_ns,
            end=wanted.end_ns,
            channels=wanted.channels,
            symbols=wanted.symbols,
            where=wanted.where,
        )
    except FastpolyError as error:
        report(error)
        return ExitCode.USAGE if isinstance(error, UsageError) else exit_code(error)
    return run(_replay(stream, as_line))


def read_speed(text: str) -> float | str:
    """Return a speed as `replay` takes it."""
    try:
        return float(text)
    except ValueError:
        return text
