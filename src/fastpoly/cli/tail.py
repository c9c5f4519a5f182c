"""``fastpoly tail``: events of one market on standard output, one a line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from typing import Final

import click

from fastpoly._core import Batch
from fastpoly.cli.conditions import parse_conditions
from fastpoly.cli.formats import FORMATS
from fastpoly.cli.terminal import (
    ExitCode,
    FiniteRange,
    Output,
    OutputClosed,
    report,
    run,
    say,
)
from fastpoly.errors import UsageError
from fastpoly.net.credentials import API_KEY_VARIABLES
from fastpoly.net.endpoints import (
    WEBSOCKET_SCHEMES,
    HiddenUrl,
    is_loopback,
    make_url,
    shown_url,
)
from fastpoly.notices import NOTICE_CHANNEL, Gap, SlowConsumer
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.subscriptions import parse_params
from fastpoly.sources.kinds import SOURCE_KINDS
from fastpoly.stream.stream import Stream

__all__ = ["command", "key_for"]

EVENTS_PER_WRITE: Final = 500

SILENCE_S: Final = 1.0
"""After how much silence at the beginning it says that it waits."""

MAX_SHOWN: Final = 5
"""Parameters that it names then."""


def source_url(market: str, feed: str | None, url: str | None) -> str:
    """Return the URL of what is to be read: the service's by default, or any other source's.

    Raises:
        UsageError: It is none, or there is a feed besides.
    """
    scheme = "" if url is None else url.strip().partition(":")[0].lower()
    if url is not None and scheme in SOURCE_KINDS.keys() - set(WEBSOCKET_SCHEMES) and feed is None:
        return HiddenUrl(url)
    return make_url(market, feed=feed, url=url)


def key_for(url: str) -> str | None:
    """Return what to pass as the key; None to take it from the environment.

    A simulator on this machine takes any key, so without one in the environment it gets a made-up
    one.
    """
    local = is_loopback(url)
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
        say(f"fastpoly: {text}")
    return batch.select(*(name for name in batch.channels if name != NOTICE_CHANNEL))


def _say_waiting(stream: Stream, url: str) -> None:
    wanted = ", ".join(stream.subscriptions[:MAX_SHOWN])
    more = len(stream.subscriptions) - MAX_SHOWN
    say(
        f"fastpoly: connected to {shown_url(url)}; waiting for {wanted}"
        + (f" and {more} more" if more > 0 else "")
    )


async def _tail(
    stream: Stream,
    url: str,
    lines: Callable[[Batch], Iterable[bytes]],
    count: int | None,
    wait_s: float | None,
) -> int:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    patience = asyncio.timeout(None)
    with Output(task.cancel if task is not None else lambda: None) as output:
        try:
            async with stream, patience:
                if wait_s is not None:
                    patience.reschedule(loop.time() + wait_s)
                # Where events come at once nobody needs to be told.
                telling = loop.call_later(SILENCE_S, _say_waiting, stream, url)
                try:
                    async for batch in stream:
                        events = _say_notices(batch)
                        if not len(events):
                            continue
                        telling.cancel()
                        if count is not None:
                            events = events[:count]
                            count -= len(events)
                        # A pager that stands still is no silence of the market.
                        patience.reschedule(None)
                        # In pieces: a batch that has waited may be huge, and the socket is read
                        # between.
                        for start in range(0, len(events), EVENTS_PER_WRITE):
                            piece = events[start : start + EVENTS_PER_WRITE]
                            await output.write(b"\n".join(lines(piece)) + b"\n")
                        if count == 0:
                            break
                        if wait_s is not None:
                            patience.reschedule(loop.time() + wait_s)
                finally:
                    telling.cancel()
        except asyncio.CancelledError:
            if output.closed:
                raise OutputClosed from None
            raise
        except TimeoutError:
            if not patience.expired():
                raise
            say(f"fastpoly: nothing came for {wait_s:g} s.")
            return ExitCode.FAILED
    return ExitCode.OK


@click.command()
@click.argument("market")
@click.argument("params", metavar="PARAM...", nargs=-1, required=True)
@click.option("--url", help="A full ws://, wss://, ws+unix://, nats:// or shm:// URL.")
@click.option("--feed", help="A feed of the vendor, such as delayed.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after this many events.")
@click.option(
    "--wait",
    "wait_s",
    type=FiniteRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End, with exit code 1, when no event has come for so long.",
)
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
    wait_s: float | None,
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
        target = source_url(market, feed, url)
        where = parse_conditions(conditions)
        stream = Stream(market, *params, url=target, api_key=key_for(target), where=where)
    except UsageError as error:
        report(error)
        return ExitCode.USAGE
    return run(_tail(stream, target, FORMATS[form], count, wait_s))
