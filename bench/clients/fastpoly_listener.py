"""fastpoly's compiled listener alone, on picows: what the core costs without the `Stream` around it.

Not something that users write; beside `fastpoly_stream` it shows what the rest of the library adds.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import picows
import uvloop
from fastpoly import Batch
from fastpoly._core import Listener

from bench.clients.floor import LOG_IN
from bench.clients.meter import Job, Meter
from bench.clients.uses import USES


class Owner:
    """What the listener reports to."""

    def __init__(self, job: Job) -> None:
        self.meter = Meter(job)
        self.mark = self.meter.mark
        self.seen = 0
        self.use = USES[job.options["handler"]]
        self.ended = asyncio.Event()

    def on_connected(self, transport: picows.WSTransport) -> None:
        for request in LOG_IN:
            transport.send(picows.WSMsgType.TEXT, request)

    def on_batch(self, batch: Batch) -> None:
        """The handler."""
        if self.use is not None:
            self.use(batch)
        self.seen += len(batch)
        if self.seen >= self.mark:
            self.mark = self.meter.reached(self.seen)

    def on_statuses(self, statuses: list[Any]) -> None:
        """Nothing: the server answers in order."""

    def on_bad_frame(self, error: Exception) -> None:
        raise SystemExit(f"a bad frame: {error}")

    def on_disconnected(self, transport: picows.WSTransport) -> None:
        self.ended.set()


async def stream(job: Job) -> None:
    owner = Owner(job)
    context = ssl.create_default_context(cafile=job.authority) if job.secure else None
    await picows.ws_connect(lambda: Listener(owner, "stocks"), job.url, ssl_context=context)
    await owner.ended.wait()
    raise SystemExit(f"the stream ended after {owner.seen} of {owner.mark}")


def run(job: Job) -> None:
    uvloop.run(stream(job))
