"""``fastpoly fetch``: the events of a span of time from the vendor's REST interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Final

import click

from fastpoly import rest
from fastpoly._core import Batch
from fastpoly.cli.formats import FORMATS
from fastpoly.cli.recordings.selection import read_time, split_names
from fastpoly.cli.tail import EVENTS_PER_WRITE
from fastpoly.cli.terminal import ExitCode, FiniteRange, Output, OutputClosed, report, run
from fastpoly.errors import UsageError
from fastpoly.rest.history import endpoints_for
from fastpoly.rest.requester import DEFAULT_URL, RestOptions

__all__ = ["command"]

BUDGET: Final = 1_000_000
"""Requests at most: whoever watches a command can end it."""


async def _fetch(
    batches: AsyncGenerator[Batch, None],
    lines: Callable[[Batch], Iterable[bytes]],
    count: int | None,
) -> int:
    task = asyncio.current_task()
    with Output(task.cancel if task is not None else lambda: None) as output:
        try:
            async with aclosing(batches) as found:
                async for batch in found:
                    events = batch if count is None else batch[:count]
                    for start in range(0, len(events), EVENTS_PER_WRITE):
                        piece = events[start : start + EVENTS_PER_WRITE]
                        await output.write(b"\n".join(lines(piece)) + b"\n")
                    if count is not None and not (count := count - len(events)):
                        break
        except asyncio.CancelledError:
            if output.closed:
                raise OutputClosed from None
            raise
    return ExitCode.OK


@click.command()
@click.argument("market")
@click.argument("params", metavar="PARAM...", nargs=-1, required=True)
@click.option("--start", required=True, metavar="TIME", help="When the first event was due.")
@click.option("--end", required=True, metavar="TIME", help="When the last one was.")
@click.option("--symbols", default="", metavar="A,B", help="The tickers that are meant by *.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after this many events.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="json",
    show_default=True,
    help="json: as a stream has them; named: JSON by attribute names; text: to read.",
)
@click.option(
    "--per-second",
    type=FiniteRange(min=0, min_open=True),
    default=50.0,
    show_default=True,
    help="Requests a second at most.",
)
@click.option("--url", default=DEFAULT_URL, show_default=True, help="The server.")
def command(
    market: str,
    params: tuple[str, ...],
    start: str,
    end: str,
    symbols: str,
    count: int | None,
    form: str,
    per_second: float,
    url: str,
) -> int:
    """Write the events of a span of time to standard output, one a line, in the order of time.

    MARKET is stocks, options, forex, crypto, indices or futures. PARAM is a channel, a dot and a
    ticker: T.AAPL, AM.MSFT; trades, quotes and bars. TIME is as for cat. A bar is due at the end of
    its window. The API key comes from the environment.
    """
    try:
        names = split_names(symbols)
        endpoints_for(market, params, names)
        asking: rest.RestKeywords = {"url": url, "per_second": per_second, "budget": BUDGET}
        RestOptions(**asking)
        batches = rest.fetch(
            market, *params, start=read_time(start), end=read_time(end), symbols=names, **asking
        )
    except UsageError as error:
        report(error)
        return ExitCode.USAGE
    return run(_fetch(batches, FORMATS[form], count))
