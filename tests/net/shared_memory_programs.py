"""Programs of processes that share memory: a writer that is told what to do, and a reader.

    python -m tests.net.shared_memory_programs write NAME BUFFER_BYTES
    python -m tests.net.shared_memory_programs read NAME [I N]

Both answer in lines on standard output. The writer reads commands: ``write FIRST COUNT`` (one event
a frame, numbered), ``pack FIRST FRAMES EVENTS``, ``mark KIND``, ``readers``, ``close``. The reader
prints ``ready``, then the numbers that it has read so far at each ``report``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from typing import Any

from fastpoly import Stream
from fastpoly.capture.marks import MarkKind
from fastpoly.shared import SharedWriter
from tests.net.events import trade

SYMBOLS = ["AAPL", "MSFT", "SPY", "QQQ", "TSLA", "NVDA", "AMZN", "META"]


def symbol_of(number: int) -> str:
    return SYMBOLS[number % len(SYMBOLS)]


async def commands() -> asyncio.Queue[list[str]]:
    """The lines of standard input as they come, in words; none at its end."""
    queue: asyncio.Queue[list[str]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(queue.put_nowait, line.split())
        loop.call_soon_threadsafe(queue.put_nowait, [])

    threading.Thread(target=read, daemon=True).start()
    return queue


def say(*words: Any) -> None:
    print(*words, flush=True)


async def write(name: str, buffer_bytes: str) -> None:
    with SharedWriter(name, market="stocks", buffer_bytes=int(buffer_bytes)) as writer:
        writer.start()
        queue = await commands()
        say("ready")
        while command := await queue.get():
            match command:
                case ["write", first, count]:
                    for number in range(int(first), int(first) + int(count)):
                        text = json.dumps([trade(symbol_of(number), q=number)])
                        writer.add_frame(text.encode(), time.time_ns(), events=1)
                case ["pack", first, frames, events]:
                    at = int(first)
                    for _ in range(int(frames)):
                        numbers = range(at, at + int(events))
                        text = json.dumps([trade(symbol_of(one), q=one) for one in numbers])
                        writer.add_frame(text.encode(), time.time_ns(), events=int(events))
                        at += int(events)
                        await asyncio.sleep(0)
                case ["mark", kind]:
                    writer.mark(MarkKind(kind), code=1006)
                case ["readers"]:
                    say(writer.stats().readers)
                    continue
                case ["close"]:
                    break
            say("done")
    say("closed")


async def read(name: str, index: str = "0", count: str = "1") -> None:
    stream = Stream("stocks", "T.*", url=f"shm://{name}", shard=(int(index), int(count)))
    numbers: list[int] = []
    gaps: list[int | None] = []

    @stream.on("T")
    def on_trades(batch: Any) -> None:
        numbers.extend(event.sequence_number for event in batch)

    @stream.on("notice")
    def on_notice(batch: Any) -> None:
        gaps.extend(gap.lost for gap in batch)

    async with stream:
        queue = await commands()
        say("ready")
        while await queue.get():
            say(json.dumps({"numbers": numbers, "gaps": gaps, "state": str(stream.state)}))


if __name__ == "__main__":
    programs = {"write": write, "read": read}
    asyncio.run(programs[sys.argv[1]](*sys.argv[2:]))
