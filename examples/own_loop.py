"""A loop of one's own around `handle_messages`, which handles one frame, and around `reconnect`.

Usage: python own_loop.py [URL]
"""

import asyncio
import sys

from fastpoly import AsyncStreamClient, ConnectionLost, StreamHost

URL = sys.argv[1] if len(sys.argv) > 1 else StreamHost.MASSIVE_REAL_TIME

seen = 0


def count(msg):
    global seen
    seen += 1


async def main():
    async with AsyncStreamClient(None, "stocks", host=URL) as client:
        await client.subscribe_stock_trades(handler_function=count)
        while seen < 1000:
            try:
                await client.handle_messages()
            except ConnectionLost as error:
                print("lost:", error)
                done, message = await client.reconnect()
                print(message)
                if not done:
                    await asyncio.sleep(5)
    print(seen, "trades")


asyncio.run(main())
