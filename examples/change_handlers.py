"""Handlers and subscriptions change while the stream runs, from outside and from inside a handler.

Usage: python change_handlers.py [URL]
"""

import asyncio
import sys

from fastpoly import AsyncStreamClient, StreamHost, StreamServicePrefix

URL = sys.argv[1] if len(sys.argv) > 1 else StreamHost.MASSIVE_REAL_TIME

client = AsyncStreamClient(None, "stocks", host=URL)


async def first_trade(msg):
    print("the first trade:", msg["sym"])
    # The very next trade goes to the other handler.
    await client.change_handler(StreamServicePrefix.STOCK_TRADES, further_trades)
    await client.subscribe_stock_quotes([msg["sym"]], handler_function=quotes)


async def further_trades(msg):
    pass


async def quotes(msg):
    print("a quote of that stock:", msg["sym"], msg.get("bp"), msg.get("ap"))
    await client.close_stream()


def statuses(msg):
    print("the server says:", msg["message"])


async def main():
    await client.change_handler("status", statuses)
    await client.subscribe_stock_trades(handler_function=first_trade)
    await client.handle_messages(reconnect=True)


asyncio.run(main())
