"""A strategy that reads its share of a published market, and counts."""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop

from fastpoly import Batch, Stream


async def read(url: str) -> None:
    """Answers each line of standard input with the number of events and of gaps so far."""
    stream = Stream("stocks", "T.*", "Q.*", url=url)
    events = gaps = 0

    @stream.on("T", "Q")
    def count_events(batch: Batch) -> None:
        nonlocal events
        events += len(batch)

    @stream.on("notice")
    def count_gaps(batch: Batch) -> None:
        nonlocal gaps
        gaps += len(batch)

    async with stream:
        print("ready", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps([events, gaps]), flush=True)


def run(url: str) -> None:
    uvloop.run(read(url))
