"""Hubs before a server that says what a test wants it to say, and what reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastpoly import Hub, Stream
from fastpoly.protocol.reconnect import Backoff
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.net.events import trade
from tests.waiting import PATIENCE_S, UNHURRIED, until

UPSTREAM_KEY = "upstream-key-of-nobody"


def fast() -> Backoff:
    return Backoff(initial_s=0.001, cap_s=0.01, retry_first=True)


def hub_of(server: ScriptedServer, *params: str, **options: Any) -> Hub:
    options = {"reconnect": fast(), "subscribe_timeout": 60, **UNHURRIED, **options}
    return Hub("stocks", *params, url=server.url(), api_key=UPSTREAM_KEY, **options)


def reader_of(url: str, *params: str, **options: Any) -> Stream:
    options = {"reconnect": False, "subscribe_timeout": 60, **UNHURRIED, **options}
    return Stream("stocks", *params, url=url, **options)


async def take(one: Stream, count: int) -> list[Any]:
    """So many events of a stream, notices included."""
    found: list[Any] = []
    async with asyncio.timeout(PATIENCE_S):
        async for batch in one:
            found += batch
            if len(found) >= count:
                return found
    return found


def numbers(events: list[Any]) -> list[int]:
    return [event["q"] for event in events]


async def flood(peer: ScriptedPeer, hub: Hub, enough: Callable[[], bool]) -> int:
    """Send trades of A and B until it is enough; return how many."""
    sent = 0
    async with asyncio.timeout(PATIENCE_S):
        while not enough():
            peer.send(*(trade("AB"[n % 2], sent + n) for n in range(500)))
            sent += 500
            await until(lambda: hub.stats().routed >= sent)  # noqa: B023 - at once
    return sent
