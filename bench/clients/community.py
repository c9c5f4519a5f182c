"""The community client with an async handler, on uvloop and orjson, both of which it can use.

Its handler gets one dict at a time. With the job's option ``own_loop``, ``handle_messages`` is
called for each frame, again and again.
"""

from __future__ import annotations

from typing import Any

import polygon
import uvloop

from bench.clients.meter import STAMPED, Job, Meter


async def stream(job: Job) -> None:
    meter = Meter(job)
    seen, mark, note = 0, meter.mark, meter.note

    async def on_message(message: dict[str, Any]) -> None:
        nonlocal seen, mark
        if note is not None and message["q"] > STAMPED:
            note((message["q"],))
        seen += 1
        if seen >= mark:
            mark = meter.reached(seen)

    client = polygon.AsyncStreamClient("bench", "stocks", host=job.address)
    client._url = job.url  # it would always ask for TLS
    client._handlers["status"] = lambda message: None  # it would print
    await client.subscribe_stock_trades(handler_function=on_message)
    await client.subscribe_stock_quotes(handler_function=on_message)
    if job.options.get("own_loop"):
        while True:
            await client.handle_messages()
    await client.handle_messages(reconnect=True)
    raise SystemExit(f"the stream ended after {seen} of {mark}")


def run(job: Job) -> None:
    uvloop.run(stream(job))
