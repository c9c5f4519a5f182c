"""What the tests of streams share."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from fastpoly._core import Batch
from fastpoly.protocol.reconnect import FixedDelay
from fastpoly.sim import ScriptedServer, SimulatorProcess
from fastpoly.stream.stream import Stream
from tests.waiting import UNHURRIED

KEY = "k3y-of-nobody"
SOON = FixedDelay(0.01, max_attempts=20)

BOTH_WAYS = pytest.mark.parametrize("ingest", ["loop", "thread"])
"""For tests that have to hold wherever the line is read."""


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)
    gc.collect()  # so that a socket or a future left behind complains in this test


def make(server: ScriptedServer, *params: str, **options: Any) -> Stream:
    """A stream that reconnects soon, and whose other limits are long; see `UNHURRIED`."""
    options = {"reconnect": SOON, "subscribe_timeout": 60, **UNHURRIED, **options}
    return Stream("stocks", *params, api_key=KEY, url=server.url(), **options)


def numbers(batch: Batch) -> list[int]:
    return [event["q"] for event in batch.select("T", "Q")]


async def settled(stream: Stream) -> None:
    """Wait until the loop that reads has done what was asked of it so far.

    It does so in order, and this asks for what is there already.
    """
    await stream.subscribe(*stream.subscriptions)


async def pause(simulator: SimulatorProcess) -> None:
    """Stop the markets and wait until all that was sent is in the kernel's hands.

    In a thread of its own: those who hold it up may be what only this loop reads.
    """
    await asyncio.to_thread(simulator.pause)


async def all_received(stream: Stream) -> None:
    """Wait until a stream of stocks has all that the server had sent: an answer comes after it."""
    await stream.subscribe("LULD.*")


def check_threads() -> Iterator[None]:
    """A fixture's body: no thread of a stream outlives its test."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("fastpoly")]
    assert not left
