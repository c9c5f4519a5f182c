"""``fastpoly tail``: events of one market on standard output, one a line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import click

from fastpoly import Batch, Stream
from fastpoly.cli.formats import FORMATS
from fastpoly.cli.terminal import ExitCode, Output, report, run
from fastpoly.credentials import API_KEY_VARIABLES
from fastpoly.endpoints import make_url, market_of
from fastpoly.errors import UsageError
from fastpoly.events import Gap, SlowConsumer
from fastpoly.subscriptions import parse_params

__all__ = ["command", "loopback_key"]


def loopback_key(url: str) -> str | None:
    """A key for a simulator on this machine where the environment has none, or else None."""
    host = urlsplit(url).hostname or ""
    local = host == "localhost" or host == "::1" or host.startswith("127.")
    return "none" if local and not any(map(os.environ.get, API_KEY_VARIABLES)) else None


async def _write_events(
    stream: Stream, output: Output, lines: Callable[[Batch], Iterable[str]], count: int | None
) -> int:
    left = count
    async with stream:
        async for batch in stream:
            for notice in (*batch.select("gap"), *batch.select("slow_consumer")):
                click.echo(f"fastpoly: {notice}", err=True)
            ...
    return ExitCode.OK
