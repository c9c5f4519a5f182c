"""``fastpoly tail``: events of one market on standard output, one a line."""

from __future__ import annotations

import asyncio
import functools
import operator
import os
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

import click

from fastpoly._core import Batch
from fastpoly.cli.conditions import parse_condition
from fastpoly.cli.formats import FORMATS
from fastpoly.cli.terminal import ExitCode, Output, OutputClosed, report, run
from fastpoly.errors import UsageError
from fastpoly.net.credentials import API_KEY_VARIABLES
from fastpoly.net.endpoints import make_url
from fastpoly.notices import NOTICE_CHANNEL, Gap, SlowConsumer
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.subscriptions import parse_params
from fastpoly.stream import Stream

__all__ = ["command", "key_for"]

EVENTS_PER_WRITE: Final = 500


def key_for(url: str) -> str | None:
    """Return what to pass as the key; None to take it from the environment.

    A simulator on this machine takes any key, so without one in the environment it gets a made-up
    one.
    """
    host = urlsplit(url).hostname or ""
    local = host == "localhost" or host == "::1" or host.startswith("127.")
    return "simulator" if local and not any(map(os.environ.get, API_KEY_VARIABLES)) else None


def _say_notices(batch: Batch) -> Batch:
    """Report notices on standard error; return the rest of the batch."""
    if NOTICE_CHANNEL not in batch.channels:
        return batch
    for notice in batch.select(NOTICE_CHANNEL):
        if isinstance(notice, Gap):
            text = f"gap of {notice.seconds:.1f} s: {notice.cause}"
        elif isinstance(notice, SlowConsumer):
            text = f"lost {notice.lost:,} events, which came faster than they could be written"
        else:
            text = repr(notice)
        click.echo(f"fastpoly: {text}", err=True)
    return batch.select(*(name for name in batch.channels if name != NOTICE_CHANNEL))


async def _tail(
    stream: Stream, lines: Callable[[Batch], Iterable[bytes]], count: int | None
) -> int:
    task = asyncio.current_task()
    with Output(task.cancel if task is not None else lambda: None) as output:
        try:
            async with stream:
                async for batch in stream:
                    events = _say_notices(batch)
                    if count is not None:
                        events = events[:count]
                        count -= len(events)
                    # In pieces: a batch that has waited may be huge, and the socket is read
                    # between.
                    for start in range(0, len(events), EVENTS_PER_WRITE):
                        piece = events[start : start + EVENTS_PER_WRITE]
                        await output.write(b"\n".join(lines(piece)) + b"\n")
                    if count == 0:
                        break
        except asyncio.CancelledError:
            if output.closed:
                raise OutputClosed from None
            raise
    return ExitCode.OK


@click.command()
@click.argument("market")
@click.argument("params", metavar="PARAM...", nargs=-1, required=True)
@click.option("--url", help="A full ws:// or wss:// URL, such as the simulator's.")
@click.option("--feed", help="A feed of the vendor, such as delayed.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after this many events.")
@click.option(
    "--where",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help="Only events that meet it: 'size >= 1000', 'symbol = AAPL', 'not conditions has 12'. If "
    "repeated, all must hold.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="json",
    show_default=True,
    help="json: as the server sent them; named: JSON by attribute names; text: to read.",
)
def command(
    market: str,
    params: tuple[str, ...],
    url: str | None,
    feed: str | None,
    count: int | None,
    conditions: tuple[str, ...],
    form: str,
) -> int:
    """Write the events of a market to standard output, one a line.

    MARKET is stocks, options, forex, crypto, indices or futures. PARAM is a channel, a dot and a
    ticker, or * for all tickers: T.AAPL, 'Q.*'. The API key comes from the environment; a
    simulator on this machine needs none.
    """
    try:
        market_of(market)
        parse_params(market, params)
        target = make_url(market, feed=feed, url=url)
        parsed = list(map(parse_condition, conditions))
        where = functools.reduce(operator.and_, parsed) if parsed else None
        stream = Stream(market, *params, url=target, api_key=key_for(target), where=where)
    except UsageError as error:
        report(error)
        return ExitCode.USAGE
    return run(_tail(stream, FORMATS[form], count))
