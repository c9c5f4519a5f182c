"""The floor: a picows listener in Python that counts bytes and looks at nothing."""

from __future__ import annotations

import ssl
from typing import Any

import picows
import uvloop

from bench.clients.meter import Job, Meter

LOG_IN = (
    b'{"action":"auth","params":"bench"}',
    b'{"action":"subscribe","params":"T.*,Q.*"}',
)


class Counter(picows.WSListener):
    """Counts payload bytes; the meter's marks are in bytes too."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self.meter = meter
        self.mark = meter.mark
        self.seen = 0

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Asks for everything without waiting: the server answers in order."""
        for request in LOG_IN:
            transport.send(picows.WSMsgType.TEXT, request)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """The whole of the work."""
        self.seen += frame.payload_size
        if self.seen >= self.mark:
            self.mark = self.meter.reached(self.seen)


async def listen(job: Job, listener: Any) -> None:
    context = ssl.create_default_context(cafile=job.authority) if job.secure else None
    transport, _ = await picows.ws_connect(lambda: listener, job.url, ssl_context=context)
    await transport.wait_disconnected()
    raise SystemExit(f"the stream ended after {listener.seen} of {listener.mark}")


def run(job: Job) -> None:
    uvloop.run(listen(job, Counter(Meter(job))))
