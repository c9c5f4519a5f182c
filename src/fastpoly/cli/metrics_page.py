"""``--metrics PORT``: the figures of a command that goes on for days, for Prometheus and probes."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import click

from fastpoly.cli.listening import no_listening
from fastpoly.cli.terminal import say
from fastpoly.metrics import HasStats, MetricsPage

__all__ = ["metrics_option", "with_metrics"]

HOST = "127.0.0.1"

metrics_option = click.option(
    "--metrics",
    "metrics_port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Serve /metrics and /health on this port of this machine; 0 for any free one.",
)


async def with_metrics(source: HasStats, port: int | None, work: Coroutine[Any, Any, int]) -> int:
    """Do a command's work, beside a page of its figures if there is a port for it.

    Raises:
        FastpolyError: The port is taken or not ours; the work is not begun then.
    """
    async with AsyncExitStack() as stack:
        if port is not None:
            page = MetricsPage(source, host=HOST, port=port)
            try:
                await stack.enter_async_context(page)
            except OSError as error:
                work.close()
                raise no_listening(error, HOST, port, "--metrics") from error
            say(f"Figures: http://{HOST}:{page.port}/metrics")
        return await work
