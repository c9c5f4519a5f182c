"""fastpoly's compiled listener alone, on picows: the core without the `Stream` around it.

Not something that users write; beside `fastpoly_stream` it shows what the rest of the library adds.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import picows
import uvloop

from bench.clients.floor import LOG_IN
from bench.clients.meter import Job, Meter
from bench.clients.uses import USES
from fastpoly import Batch
from fastpoly._core import Listener


class Owner:
    """What the listener reports to."""

    def __init__(self, job: Job) -> None:
        self.meter = Meter(job)
        self.mark = self.meter.mark
        self.seen = 0
        self.use = USES[job.options["handler"]]
        self.ended = asyncio.Event()

    def on_connected(self, transport: picows.WSTransport) -> None:
        """Asks for everything without waiting: the server answers in order."""
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
        """Nothing: no answer was waited for."""

    def on_bad_frame(self, error: Exception) -> None:
        """Ends the run: the server sends no bad frames."""
        raise SystemExit(f"a bad frame: {error}")

    def on_disconnected(self, transport: picows.WSTransport) -> None:
        """Ends the run; it was not to end this way."""
        self.ended.set()


async def stream(job: Job) -> None:
    owner = Owner(job)
    context = ssl.create_default_context(cafile=job.authority) if job.secure else None
    await picows.ws_connect(lambda: Listener(owner, "stocks"), job.url, ssl_context=context)
    await owner.ended.wait()
    raise SystemExit(f"the stream ended after {owner.seen} of {owner.mark}")


def run(job: Job) -> None:
    uvloop.run(stream(job))
