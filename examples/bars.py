"""Second bars by symbol and start; one that comes again, because of late trades, replaces itself.

Usage: python bars.py [URL]
"""

import asyncio
import sys

from fastpoly import Stream

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def main():
    bars, changed = {}, 0
    async with Stream("stocks", "A.*", url=URL) as stream:
        async for batch in stream:
            for bar in batch.select("A"):
                key = bar.symbol, bar.start_timestamp
                changed += key in bars
                bars[key] = bar
            if len(bars) >= 60:
                break
    print(len(bars), "bars,", changed, "sent again")
    for bar in sorted(bars.values(), key=lambda bar: -bar.volume)[:5]:
        print(bar.symbol, bar.open, bar.high, bar.low, bar.close, bar.volume)


asyncio.run(main())
