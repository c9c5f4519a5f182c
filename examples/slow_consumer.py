"""A consumer that is too slow for the whole market: it keeps up with the present, and counts.

Usage: python slow_consumer.py [URL]
"""

import asyncio
import sys

from fastpoly import Stream
from fastpoly.events import SlowConsumer

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def main():
    received = lost = 0
    # At most 100 kB wait; then the oldest half is thrown away, and a notice takes its place.
    options = {"max_buffer_bytes": 100_000, "overflow": "drop_oldest"}
    async with Stream("stocks", "T.*", "Q.*", url=URL, **options) as stream:
        async for batch in stream:
            for event in batch:
                if isinstance(event, SlowConsumer):
                    lost += event.lost
                    print("lost", dict(event.lost_by_channel))
                else:
                    received += 1
            if lost and received > 1000:
                break
            await asyncio.sleep(0.0005 * len(batch))
    print("received", received, "and lost", lost)


asyncio.run(main())
