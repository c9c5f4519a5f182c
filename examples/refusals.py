"""What can go wrong at the start, by whose fault it is, and what each error says to do about it.

Usage: python refusals.py [URL]
"""

import asyncio
import sys

import fastpoly
from fastpoly import Stream

URL = sys.argv[1] if len(sys.argv) > 1 else None


async def attempt(market, param, url, **options):
    try:
        async with Stream(market, param, url=url, reconnect=False, **options):
            print(f"{market} {param}: streams")
    except fastpoly.UsageError as error:
        print("the caller:", error)
    except fastpoly.ServerError as error:
        print("the server:", error)
    except fastpoly.ConnectionLost as error:
        print("the line:", error)


async def main():
    await attempt("stocks", "T.AAPL", URL)
    await attempt("stocks", "AAPL", URL)
    await attempt("stocks", "XT.BTC-USD", URL)
    await attempt("bonds", "T.*", URL)
    await attempt("options", "Q.*", URL)
    await attempt("stocks", "T.*", URL, api_key="wrong")
    await attempt("stocks", "T.*", "ws://127.0.0.1:1")


asyncio.run(main())
