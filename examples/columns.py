"""Volume-weighted prices of all stocks after one second of trades, without an object per trade.

Usage: python columns.py [URL]
"""

import asyncio
import contextlib
import sys

import numpy as np

from fastpoly import Stream

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def collect(stream, parts):
    async for batch in stream:
        parts.append(batch.to_numpy("T")[["symbol", "price", "size"]])


async def main():
    parts = []
    async with Stream("stocks", "T.*", url=URL) as stream:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(collect(stream, parts), 1)
    trades = np.concatenate(parts)
    symbols, index = np.unique(trades["symbol"], return_inverse=True)
    shares = np.bincount(index, trades["size"])
    vwap = np.bincount(index, trades["price"] * trades["size"]) / shares
    print(len(trades), "trades")
    for row in np.argsort(-shares)[:10]:
        print(f"{symbols[row]:8} {vwap[row]:10.4f} {shares[row]:10.0f}")


asyncio.run(main())
