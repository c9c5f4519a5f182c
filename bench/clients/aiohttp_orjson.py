"""aiohttp and orjson put together by hand: what many programs do.

The handler gets the list of one frame's dicts.
"""

from __future__ import annotations

import ssl
from typing import Any

import aiohttp
import orjson
import uvloop

from bench.clients.floor import LOG_IN
from bench.clients.meter import Job, Meter


async def stream(job: Job) -> None:
    meter = Meter(job)
    seen, mark, note = 0, meter.mark, meter.note

    def on_events(events: list[dict[str, Any]]) -> None:
        nonlocal seen, mark
        if note is not None:
            note((events[0]["q"],))
        seen += len(events)
        if seen >= mark:
            mark = meter.reached(seen)

    context = ssl.create_default_context(cafile=job.authority) if job.secure else False
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(job.url, ssl=context, compress=0) as socket,
    ):
        for request in LOG_IN:
            await socket.send_str(request.decode())
        async for message in socket:
            events = orjson.loads(message.data)
            if events[0]["ev"] != "status":
                on_events(events)
    raise SystemExit(f"the stream ended after {seen} of {mark}")


def run(job: Job) -> None:
    uvloop.run(stream(job))
