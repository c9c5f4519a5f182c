"""Says what was missed when the line was lost, and when to try again.

Usage: python interruptions.py [URL]; Ctrl-C ends it
"""

import asyncio
import contextlib
import sys

from fastpoly import Stream
from fastpoly.events import Gap
from fastpoly.reconnect import Backoff

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def main():
    # Waits of up to 0.5 s, 1 s, 2 s and so on, never more than 20 s; after an hour of that it ends.
    policy = Backoff(initial_s=0.5, cap_s=20, max_attempts=180)
    async with Stream("stocks", "T.*", url=URL, reconnect=policy) as stream:
        stream.on_state(lambda change: print("state:", change.new))
        async for batch in stream:
            for event in batch.select("notice"):
                # A notice stands where the events are missing.
                if isinstance(event, Gap):
                    before = event.last_by_channel["T"]
                    after = event.first_by_channel["T"]
                    print(f"{event.seconds:.1f} s without data: {event.cause}")
                    print("missing: trades between", before.timestamp, "and", after.timestamp)


with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
