"""One handler per channel; `run` is for scripts that do nothing else.

Usage: python handlers.py [URL]; Ctrl-C ends it
"""

import asyncio
import sys

from fastpoly import Stream

URL = sys.argv[1] if len(sys.argv) > 1 else None

stream = Stream("stocks", "T.*", "A.*", url=URL)


@stream.on("T")
def on_trades(batch):
    largest = max(batch, key=lambda trade: trade.size)
    print(f"{len(batch):5} trades, the largest {largest.size} {largest.symbol}")


@stream.on("A")
async def on_bars(batch):
    # While this waits, its bars wait in a buffer of their own; the trades go on.
    await asyncio.sleep(0.01)
    print(f"{len(batch):5} second bars")


stream.run()
