"""fastpoly's hub, as its command runs it."""

from __future__ import annotations

import uvloop

from fastpoly import Hub


async def serve(url: str) -> None:
    async with Hub("stocks", url=url, api_key="bench") as hub:
        print(hub.url.rpartition(":")[2].partition("/")[0], flush=True)
        await hub.wait_closed()


def run(url: str) -> None:
    uvloop.run(serve(url))
