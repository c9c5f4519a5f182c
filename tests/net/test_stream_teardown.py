"""Given up at any moment, by a cancellation or by the end of the loop: nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

import pytest

from fastpoly import AsyncStreamClient
from fastpoly._core import Batch
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedServer, SimulatorProcess
from fastpoly.stream.stream import Stream
from tests.budgets import share
from tests.net.events import trade
from tests.net.streams import BOTH_WAYS, check_threads, make, run
from tests.waiting import PATIENCE_S, UNHURRIED, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)

Simulators = Callable[..., SimulatorProcess]


# ---------------------------------------------------------------- cancelled at every wait


@types.coroutine
def cancelled_at(awaitable: Awaitable[Any], wait: int) -> Generator[Any, Any, int]:
    """Awaits something in a task that is cancelled at a wait of that number, from 1.

    Returns:
        How many waits there were.
    """
    steps = awaitable.__await__()
    answer: Callable[[], Any] = lambda: next(steps)  # noqa: E731
    count = 0
    while True:
        try:
            yielded = answer()
        except StopIteration:
            return count
        count += 1
        if count == wait:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            sent = yield yielded
        except BaseException as error:
            answer = lambda error=error: steps.throw(error)  # noqa: E731
        else:
            answer = lambda sent=sent: steps.send(sent)  # noqa: E731


async def is_cancelled(awaitable: Awaitable[Any], wait: int) -> bool:
    """Whether there was such a wait."""

    async def body() -> None:
        await cancelled_at(awaitable, wait)

    try:
        await asyncio.wait_for(asyncio.create_task(body()), PATIENCE_S)
    except asyncio.CancelledError:
        return True
    return False


USES: dict[str, Callable[[Stream], Coroutine[Any, Any, object]]] = {
    "open": lambda stream: stream.open(),
    "subscribe": lambda stream: stream.subscribe("T.B"),
    "unsubscribe": lambda stream: stream.unsubscribe("T.A"),
    "close": lambda stream: stream.close(),
    "wait_closed": lambda stream: stream.wait_closed(),
    "anext": lambda stream: anext(aiter(stream)),  # type: ignore[dict-item]
}


@pytest.mark.sampled
@BOTH_WAYS
@pytest.mark.parametrize("use", USES)
def test_cancelled_at_every_wait(use: str, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            wait, more = 1, True
            while more:
                stream = make(server, "T.A", ingest=ingest)
                stream.add_handler(lambda batch: None)
                if use != "open":
                    await stream.open()
                if use == "wait_closed":
                    asyncio.get_running_loop().call_later(0.02, stream.abort)
                if use == "anext":
                    aiter(stream)
                    asyncio.get_running_loop().call_later(0.02, server.peers[-1].send, trade())
                more = await is_cancelled(USES[use](stream), wait)
                if use in ("subscribe", "unsubscribe", "anext"):
                    # The stream takes no notice.
                    assert stream.state is State.LIVE
                    await asyncio.wait_for(stream.subscribe("T.C"), PATIENCE_S)
                if use != "open" or not more:
                    await asyncio.wait_for(stream.close(), PATIENCE_S)
                assert stream.state is State.CLOSED
                await until(lambda: all(peer.gone.is_set() for peer in server.peers))
                await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
                wait += 1
        assert wait > 2

    run(main())


# ------------------------------------------------------------------- the loop is over


async def opens(url: str, ingest: str) -> None:
    stream = Stream("stocks", "T.*", api_key="key", url=url, ingest=ingest, **UNHURRIED)

    @stream.on
    async def handle(batch: Batch) -> None:
        await asyncio.sleep(0.001)

    await stream.open()


async def iterates(url: str, ingest: str) -> None:
    async with Stream(
        "stocks", "T.*", api_key="key", url=url, ingest=ingest, **UNHURRIED
    ) as stream:
        async for _batch in stream:
            await asyncio.sleep(0.001)


async def uses_the_client(url: str, ingest: str) -> None:
    client = AsyncStreamClient("key", "stocks", host=url, ingest=ingest, **UNHURRIED)

    async def handle(message: dict[str, Any]) -> None:
        pass

    await client.change_handler("status", handle)
    await client.subscribe_stock_trades(handler_function=handle)
    await client.handle_messages(reconnect=True)


@pytest.mark.sampled
@pytest.mark.budget
@BOTH_WAYS
@pytest.mark.parametrize("program", [opens, iterates, uses_the_client])
def test_loop_that_ends_at_any_moment(
    fastpoly_simulators: Simulators,
    program: Callable[[str, str], Coroutine[Any, Any, None]],
    ingest: str,
) -> None:
    """What asyncio.run does at a program's end: all tasks are cancelled together, once."""
    simulator = fastpoly_simulators(rate=5000, symbols=50)
    complaints: list[dict[str, Any]] = []

    async def main(turns: int, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        task = asyncio.create_task(program(simulator.url("stocks"), ingest))
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.sleep(seconds)
        assert not task.done() or not task.exception()

    moments = [*((turns, 0.0) for turns in range(16)), *((0, ms / 1e3) for ms in range(1, 25, 2))]
    for turns, seconds in share(moments):
        began = time.monotonic()
        asyncio.run(main(turns, seconds))
        assert time.monotonic() - began < PATIENCE_S, (turns, seconds)
        gc.collect()
    assert not complaints
    ended = time.monotonic() + PATIENCE_S
    while any(thread.name.startswith("fastpoly") for thread in threading.enumerate()):
        assert time.monotonic() < ended, threading.enumerate()
        time.sleep(0.01)
    while any(not line["ended"] for line in simulator.stats()["connections"]):
        assert time.monotonic() < ended, simulator.stats()
        time.sleep(0.01)
