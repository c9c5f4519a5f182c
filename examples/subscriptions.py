"""Follows the trades of a few stocks, and asks for quotes of those that move.

Usage: python subscriptions.py [URL]
"""

import asyncio
import sys

from fastpoly import Stream

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def main():
    first, followed = {}, []
    async with Stream("stocks", "T.*", url=URL) as stream:
        async for batch in stream:
            for trade in batch.select("T"):
                start = first.setdefault(trade.symbol, trade.price)
                if abs(trade.price / start - 1) > 0.0005 and trade.symbol not in followed:
                    followed.append(trade.symbol)
                    # Returns when the server has confirmed it, and raises if it refuses.
                    await stream.subscribe(f"Q.{trade.symbol}")
                    print("quotes of", trade.symbol)
            for quote in batch.select("Q"):
                print(quote.symbol, quote.bid_price, quote.ask_price)
            if len(followed) >= 3 and batch.count("Q"):
                break
        await stream.unsubscribe("T.*")
        print("still subscribed:", *stream.subscriptions)


asyncio.run(main())
