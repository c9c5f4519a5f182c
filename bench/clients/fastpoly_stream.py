"""fastpoly's native interface: one handler for trades and quotes, called with batches.

What the handler does with a batch is the job's option ``handler``, see `bench.clients.uses`.
"""

from __future__ import annotations

import ssl

import uvloop
from fastpoly import Batch, Stream

from bench.clients.meter import STAMPED, Job, Meter
from bench.clients.uses import USES


def run(job: Job) -> None:
    meter = Meter(job)
    use = USES[job.options["handler"]]
    seen, mark, note = 0, meter.mark, meter.note

    def on_batch(batch: Batch) -> None:
        nonlocal seen, mark
        if note is not None:
            for channel in batch.channels:
                sequence = batch.to_numpy(channel)["sequence_number"]
                note(sequence[sequence > STAMPED].tolist())
        if use is not None:
            use(batch)
        seen += len(batch)
        if seen >= mark:
            mark = meter.reached(seen)

    async def stream() -> None:
        context = ssl.create_default_context(cafile=job.authority) if job.secure else None
        async with Stream("stocks", "T.*", "Q.*", api_key="bench", url=job.url, ssl=context) as live:
            live.on("T", "Q")(on_batch)
            await live.closed()
        raise SystemExit(f"the stream ended after {seen} of {mark}")

    uvloop.run(stream())
