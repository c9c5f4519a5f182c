"""Stocks and crypto at once, each on a connection of its own; one may fail without the other.

Usage: python two_markets.py [URL]
"""

import asyncio
import sys

from fastpoly import FastpolyError, Stream

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def follow(market, *params):
    count = 0
    try:
        async with Stream(market, *params, url=URL) as stream:
            async for batch in stream:
                count += len(batch)
                if count >= 1000:
                    break
    except FastpolyError as error:
        print(f"{market} ended: {error}")
    else:
        print(f"{market}: {count} events")


async def main():
    await asyncio.gather(follow("stocks", "T.*", "Q.*"), follow("crypto", "XT.*", "XQ.*"))


asyncio.run(main())
