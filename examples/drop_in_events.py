"""The drop-in with typed events instead of dicts, and with errors of handlers reported.

Usage: python drop_in_events.py [URL]
"""

import asyncio
import sys

from fastpoly import AsyncStreamClient, StreamHost

URL = sys.argv[1] if len(sys.argv) > 1 else StreamHost.MASSIVE_REAL_TIME

seen = 0


async def on_trade(trade):
    global seen
    seen += 1
    if seen <= 5:
        print(trade.symbol, trade.price, trade.size, trade.to_dict())
    elif seen == 6:
        raise ValueError("the sixth trade is one too many")
    elif seen == 10:
        await client.close_stream()


def on_error(error, handler, message):
    print(f"{handler.__name__} failed on {message.symbol}: {error}")


client = AsyncStreamClient(None, "stocks", host=URL, messages="events", on_error=on_error)


async def main():
    await client.change_handler("status", lambda status: None)
    await client.subscribe_stock_trades(handler_function=on_trade)
    await client.handle_messages(reconnect=True)


asyncio.run(main())
