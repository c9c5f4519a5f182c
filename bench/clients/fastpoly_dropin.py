"""fastpoly's drop-in, used as the community client is: an async handler, one dict at a time.

With the job's option ``own_loop``, ``handle_messages`` is called for each message, again and again.
"""

from __future__ import annotations

from typing import Any

import uvloop

from bench.clients.meter import STAMPED, Job, Meter
from fastpoly import AsyncStreamClient


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

    client = AsyncStreamClient("bench", "stocks", host=job.url)
    await client.subscribe_stock_trades(handler_function=on_message)
    await client.subscribe_stock_quotes(handler_function=on_message)
    if job.options.get("own_loop"):
        while True:
            await client.handle_messages()
    await client.handle_messages(reconnect=True)
    raise SystemExit(f"the stream ended after {seen} of {mark}")


def run(job: Job) -> None:
    uvloop.run(stream(job))
