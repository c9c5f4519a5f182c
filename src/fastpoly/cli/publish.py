"""``fastpoly publish``: a market to a broker, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import click

from fastpoly.cli.metrics_page import metrics_option, with_metrics
from fastpoly.cli.tail import key_for
from fastpoly.cli.terminal import ExitCode, OutputClosed, exit_code, report, run, say, write_out
from fastpoly.consumers.publishing import Publishing, PublishStats
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.net.endpoints import make_url
from fastpoly.notices import NOTICE_CHANNEL, Gap, SlowConsumer
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.subscriptions import parse_params
from fastpoly.stream.stream import Stream

__all__ = ["command", "figures"]


def figures(stats: PublishStats) -> dict[str, Any]:
    """Return the figures of what was published, as they are written at the end."""
    return {
        "to": stats.where,
        "events": stats.events,
        "acknowledged": {
            "events": stats.chain.events,
            "messages": stats.chain.messages,
            "bytes": stats.chain.nbytes,
        },
        "unacknowledged_messages": stats.chain.waiting_messages,
        "dropped": stats.dropped_by_channel,
        "losses": stats.losses,
        "faults": stats.chain.faults,
        "error": "" if stats.error is None else stats.error.detail,
    }


def _say(batch: Any) -> None:
    for notice in batch:
        if isinstance(notice, Gap):
            say(f"fastpoly: gap of {notice.seconds:.1f} s: {notice.cause}")
        elif isinstance(notice, SlowConsumer):
            say(f"fastpoly: lost {notice.lost:,} events: {notice.consumer}")


async def _say_standby(publishing: Publishing) -> None:
    await publishing.wait_standby()
    say("Another publisher leads: waiting until it is gone.")


async def _publish(stream: Stream, to: str, standby: bool, as_line: bool, options: Any) -> int:
    publishing = stream.publish(to, standby=standby, **options)
    stream.add_handler(_say, NOTICE_CHANNEL)
    saying = asyncio.ensure_future(_say_standby(publishing))
    try:
        async with stream:
            # At once, and whether or not anybody reads on.
            with contextlib.suppress(OutputClosed):
                write_out(publishing.where)
            ends = [
                asyncio.ensure_future(stream.wait_closed()),
                asyncio.ensure_future(publishing.wait_failed()),
            ]
            try:
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    one.result()
            finally:
                for one in ends:
                    one.cancel()
                await asyncio.gather(*ends, return_exceptions=True)
    finally:
        saying.cancel()
        await stream.close()
        if as_line:
            with contextlib.suppress(OutputClosed):
                write_out(json.dumps(figures(publishing.stats())))
    return ExitCode.OK


@click.command()
@click.argument("market")
@click.argument("params", metavar="PARAM...", nargs=-1, required=True)
@click.option("--to", required=True, metavar="URL", help="The broker, such as nats://host:4222.")
@click.option("--url", help="A full ws://, wss:// or ws+unix:// URL to read, such as a hub's.")
@click.option("--feed", help="A feed of the vendor, such as delayed.")
@click.option("--standby", is_flag=True, help="Wait until no other publisher leads.")
@click.option(
    "--max-delay",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds that an event may wait for its message to fill.",
)
@click.option(
    "--max-buffer-bytes",
    type=click.IntRange(min=1),
    help="Of what the broker has not acknowledged.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    help="Of the broker's stream, where it is still to be made.",
)
@click.option(
    "--max-age",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds that it keeps a message, where it is still to be made.",
)
@click.option("--replicas", type=click.IntRange(1, 5), help="Servers of a cluster that have each.")
@metrics_option
@click.option("--json", "as_line", is_flag=True, help="At the end, write figures as JSON.")
def command(
    market: str,
    params: tuple[str, ...],
    to: str,
    url: str | None,
    feed: str | None,
    standby: bool,
    metrics_port: int | None,
    as_line: bool,
    **options: Any,
) -> int:
    """Publish a market to NATS JetStream, for readers on any machine.

    MARKET and PARAM are as for tail. Prints the broker's stream once it publishes; a standby does
    so when it leads. Ctrl-C and SIGTERM stop it when the broker has what was received. Exits with 1
    when another publisher has taken over.
    """
    try:
        market_of(market)
        parse_params(market, params)
        target = make_url(market, feed=feed, url=url)
        stream = Stream(market, *params, url=target, api_key=key_for(target))
    except FastpolyError as error:
        report(error)
        return ExitCode.USAGE if isinstance(error, UsageError) else exit_code(error)
    given = {name: value for name, value in options.items() if value is not None}
    publishing = _publish(stream, to, standby, as_line, given)
    return run(with_metrics(stream, metrics_port, publishing))
