"""The official client, as its documentation shows it; or on uvloop and orjson, as it also can be.

Its handler gets the list of one frame's models.
"""

from __future__ import annotations

import asyncio
from typing import Any

import massive
import orjson
import uvloop

from bench.clients.meter import Job, Meter


def run(job: Job) -> None:
    meter = Meter(job)
    seen, mark, note = 0, meter.mark, meter.note

    async def on_messages(messages: list[Any]) -> None:
        nonlocal seen, mark
        if note is not None:
            note((messages[0].sequence_number,))
        seen += len(messages)
        if seen >= mark:
            mark = meter.reached(seen)

    tuned = job.options.get("tuned", False)
    client = massive.WebSocketClient(
        api_key="bench",
        feed=job.address,
        market="stocks",
        subscriptions=["T.*", "Q.*"],
        secure=job.secure,
        ca_certs=job.authority,
        custom_json=orjson if tuned else None,
    )
    (uvloop.run if tuned else asyncio.run)(client.connect(on_messages))
    raise SystemExit(f"the stream ended after {seen} of {mark}")
