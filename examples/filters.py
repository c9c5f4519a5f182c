"""Only what is wanted: large trades of some symbols, decided before any object is made.

Usage: python filters.py [URL]
"""

import asyncio
import sys

from fastpoly import Stream, field

URL = sys.argv[1] if len(sys.argv) > 1 else None
SYMBOLS = {"AAPL", "MSFT", "NVDA", "SPY", "TSLA"}
# 12: outside of regular hours; 37: odd lot. Quotes have neither field, so none is left out.
LARGE = (field("size") >= 200) & ~field("conditions").has_any(12, 37)


async def main():
    stream = Stream("stocks", "T.*", "Q.*", url=URL, symbols=SYMBOLS, where=LARGE)

    # A handler may want still less.
    @stream.on("Q", where=field("bid_size").between(1, 3))
    def on_quotes(batch):
        thin.update(batch.symbol_counts())

    thin = {}
    shown = 0
    async with stream:
        async for batch in stream:
            for trade in batch.select("T"):
                print(trade.symbol, trade.size, trade.conditions or "")
                shown += 1
            if shown >= 10 and thin:
                break
        stats = stream.stats()
    print("thin quotes of", *sorted(thin))
    print(f"{stats.line.events_received} events came, {stats.filtered} of them were left out")


asyncio.run(main())
