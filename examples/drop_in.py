"""The community client's interface; only the import differs.

Usage: python drop_in.py [URL]; Ctrl-C ends it
"""

import asyncio
import contextlib
import sys

from fastpoly import AsyncStreamClient, StreamHost

URL = sys.argv[1] if len(sys.argv) > 1 else StreamHost.MASSIVE_REAL_TIME


async def on_trade(msg):
    print("trade", msg["sym"], msg["p"], msg["s"])


def on_bar(msg):
    print("bar", msg["sym"], msg["o"], msg["c"])


async def main():
    # The key: the first argument, or None for the one in the environment.
    client = AsyncStreamClient(None, "stocks", host=URL)
    await client.subscribe_stock_trades(handler_function=on_trade)
    await client.subscribe_stock_second_aggregates(handler_function=on_bar)
    await client.handle_messages(reconnect=True)


with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
