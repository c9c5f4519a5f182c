"""fastpoly's drop-in for the official client, used as that is: a handler of one frame's models."""

from __future__ import annotations

from typing import Any

import uvloop

from bench.clients.meter import Job, Meter
from fastpoly.massive import WebSocketClient


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

    client = WebSocketClient(
        "bench",
        feed=job.address,
        market="stocks",
        subscriptions=["T.*", "Q.*"],
        secure=job.secure,
        ca_certs=job.authority,
    )
    uvloop.run(client.connect(on_messages))
    raise SystemExit(f"the stream ended after {seen} of {mark}")
