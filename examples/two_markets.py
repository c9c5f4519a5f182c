"""Stocks and crypto at once, each on a connection of its own; one may fail without the other.

Usage: python two_markets.py [URL]
"""

import asyncio
import sys
from collections import Counter

from fastpoly import Streams

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def main():
    counts = Counter()
    async with Streams(stocks=["T.*", "Q.*"], crypto=["XT.*", "XQ.*"], url=URL) as streams:
        async for batch in streams:
            counts[batch.market] += len(batch)
            if all(
                counts[name] >= 1000 for name in streams.markets if name not in streams.failures
            ):
                break
    for market, error in streams.failures.items():
        print(f"{market} ended: {error}")
    for market, count in counts.items():
        print(f"{market}: {count} events")


asyncio.run(main())
