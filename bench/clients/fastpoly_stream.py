"""fastpoly's native interface: one handler for trades and quotes, called with batches.

What the handler does with a batch is the job's option ``handler``, see `bench.clients.uses`. With
``recorded`` the frames are recorded beside it, with ``sunk`` the events are written to Parquet, to
files beside the result. Its other options are the stream's.
"""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

import numpy  # noqa: F401  or the first batch would wait for it
import uvloop

from bench.clients.meter import STAMPED, Job, Meter
from bench.clients.uses import USES
from fastpoly import Batch, Stream


def run(job: Job) -> None:
    meter = Meter(job)
    settings = dict(job.options)
    use = USES[settings.pop("handler")]
    recorded, sunk = settings.pop("recorded", False), settings.pop("sunk", False)
    seen, mark, note = 0, meter.mark, meter.note

    def on_batch(batch: Batch) -> None:
        nonlocal seen, mark
        if note is not None:
            numbers = (event.sequence_number for event in batch)
            note([number for number in numbers if number > STAMPED])
        if use is not None:
            use(batch)
        seen += len(batch)
        if seen >= mark:
            mark = meter.reached(seen)

    async def stream() -> None:
        context = ssl.create_default_context(cafile=job.authority) if job.secure else None
        live = Stream("stocks", "T.*", "Q.*", api_key="bench", url=job.url, ssl=context, **settings)
        live.on("T", "Q")(on_batch)
        folder = Path(job.result).parent
        if recorded:
            live.record(folder / "recorded.mcap", overwrite=True)
        if sunk:
            # Earlier commits, which `bench.against` measures by this client, do not have it.
            from fastpoly.sinks import ParquetSink

            live.sink(ParquetSink(tempfile.mkdtemp(dir=folder)))
        async with live:
            await live.wait_closed()
        raise SystemExit(f"the stream ended after {seen} of {mark}")

    uvloop.run(stream())
