"""Prints the first twenty trades of more than a hundred shares.

Usage: python trades.py [URL]
"""

import asyncio
import sys

from fastpoly import Stream

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def main():
    printed = 0
    async with Stream("stocks", "T.*", url=URL) as stream:
        async for batch in stream:
            # A batch is what one read of the socket brought: one trade or thousands.
            for trade in batch.select("T"):
                if trade.size > 100:
                    print(trade.symbol, trade.price, trade.size, trade.conditions or "")
                    printed += 1
                    if printed == 20:
                        return


asyncio.run(main())
