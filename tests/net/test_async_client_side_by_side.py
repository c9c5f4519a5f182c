"""`handler_concurrency`: handlers that wait side by side, in every way to run a client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fastpoly.errors import ConnectionLost, UsageError
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.serving.scripted_server import only_log_in
from fastpoly.sim import ScriptedServer
from tests.loops import in_loop
from tests.waiting import PATIENCE_S, UNHURRIED, stands_still, until

WAYS = pytest.mark.parametrize(
    ("ingest", "all_frames"),
    [("loop", False), ("loop", True), ("thread", False), ("thread", True)],
)


def trade(number: int, **more: Any) -> dict[str, Any]:
    return {"ev": "T", "q": number, **more}


async def make(server: ScriptedServer, handler: Any, **options: Any) -> AsyncStreamClient:
    client = AsyncStreamClient("KEY", "stocks", server.url(), **{**UNHURRIED, **options})
    await client.change_handler("status", lambda message: None)
    await client.subscribe_stock_trades(handler_function=handler)
    return client


async def handle(client: AsyncStreamClient, all_frames: bool, **arguments: Any) -> None:
    """Handle messages until that raises, or the client is closed."""
    while not (all_frames and client._connection.is_closed):
        await client.handle_messages(all_frames, **arguments)


async def ended(running: asyncio.Task[None], all_frames: bool) -> None:
    """Wait until a client that was closed has told so whoever handles its messages."""
    async with asyncio.timeout(PATIENCE_S):
        if all_frames:
            await running
        else:
            with pytest.raises((ConnectionLost, UsageError)):
                await running


class Waiters:
    """A handler whose calls wait until they are let go on."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.ended: list[int] = []
        self.most = 0
        self.gate = asyncio.Event()

    async def handle(self, message: Any) -> None:
        self.began.append(message["q"])
        self.most = max(self.most, len(self.began) - len(self.ended))
        try:
            await self.gate.wait()
        finally:
            self.ended.append(message["q"])


@WAYS
@in_loop
async def test_as_many_as_the_limit_wait_and_nothing_is_lost(ingest: str, all_frames: bool) -> None:
    waiters = Waiters()
    async with ScriptedServer(only_log_in) as server:
        client = await make(server, waiters.handle, ingest=ingest, handler_concurrency=10)
        running = asyncio.create_task(handle(client, all_frames))
        for number in range(0, 100, 2):
            server.peers[-1].send(trade(number), trade(number + 1))
        await until(lambda: len(waiters.began) == 10)
        await stands_still(lambda: len(waiters.began))
        assert waiters.began == list(range(10))
        waiters.gate.set()
        await until(lambda: len(waiters.ended) == 100)
        assert waiters.began == list(range(100))
        assert waiters.most == 10
        await client.close_stream()
        await ended(running, all_frames)


@WAYS
@in_loop
async def test_the_socket_is_not_read_while_the_limit_waits(ingest: str, all_frames: bool) -> None:
    waiters = Waiters()
    count = 3000
    async with ScriptedServer(only_log_in) as server:
        client = await make(
            server, waiters.handle, ingest=ingest, handler_concurrency=4, max_buffer_bytes=100_000
        )
        running = asyncio.create_task(handle(client, all_frames))
        for number in range(count):
            server.peers[-1].send(trade(number, x="x" * 4000))
        await until(lambda: len(waiters.began) == 4)
        await stands_still(lambda: client.stats().received)
        assert server.peers[-1].unsent > 500_000
        assert waiters.began == [0, 1, 2, 3]
        # A caller with a loop of its own hands on what has arrived, which is as much again and one
        # read of the socket.
        most = 200_000 if all_frames else 600_000
        assert max(one.buffer.peak_nbytes for one in client.stats().handlers) <= most
        waiters.gate.set()
        await until(lambda: len(waiters.ended) == count)
        assert waiters.began == list(range(count))
        await client.close_stream()
        await ended(running, all_frames)


@WAYS
@in_loop
async def test_closing_lets_all_that_wait_and_all_that_has_arrived_end(
    ingest: str, all_frames: bool
) -> None:
    waiters = Waiters()
    async with ScriptedServer(only_log_in) as server:
        client = await make(server, waiters.handle, ingest=ingest, handler_concurrency=3)
        running = asyncio.create_task(handle(client, all_frames))
        server.peers[-1].send(*map(trade, range(8)))
        await until(lambda: len(waiters.began) == 3)
        closing = asyncio.create_task(client.close_stream())
        await until(lambda: client.state == "closed")
        assert waiters.ended == []
        waiters.gate.set()
        await closing
        assert sorted(waiters.ended) == list(range(8))
        await ended(running, all_frames)


@WAYS
@in_loop
async def test_closing_cancels_all_that_take_too_long(
    ingest: str, all_frames: bool, caplog: pytest.LogCaptureFixture
) -> None:
    waiters = Waiters()
    errors: list[Any] = []
    async with ScriptedServer(only_log_in) as server:
        client = await make(
            server,
            waiters.handle,
            ingest=ingest,
            handler_concurrency=3,
            close_timeout=0.01,
            on_error=lambda *what: errors.append(what),
        )
        running = asyncio.create_task(handle(client, all_frames))
        server.peers[-1].send(*map(trade, range(8)))
        await until(lambda: len(waiters.began) == 3)
        await client.close_stream()
        await ended(running, all_frames)
    assert sorted(waiters.ended) == [0, 1, 2]
    assert errors == []
    assert "Closed with 5 messages that no handler was given." in caplog.text


@WAYS
@in_loop
async def test_a_handler_closes_while_others_wait(ingest: str, all_frames: bool) -> None:
    waiters = Waiters()
    closed: list[int] = []
    clients: list[AsyncStreamClient] = []

    async def handler(message: Any) -> None:
        if message["q"] != 1:
            await waiters.handle(message)
            return
        await clients[0].close_stream()
        closed.append(len(waiters.ended))

    async with ScriptedServer(only_log_in) as server:
        client = await make(server, handler, ingest=ingest, handler_concurrency=3)
        clients.append(client)
        running = asyncio.create_task(handle(client, all_frames))
        server.peers[-1].send(*map(trade, range(6)))
        await until(lambda: client.state == "closed")
        assert closed == []  # what began is waited for
        waiters.gate.set()
        await until(lambda: closed)
        await ended(running, all_frames)
    assert closed == [2]
    assert sorted(waiters.ended) == [0, 2]  # and nothing else is given to it


@pytest.mark.parametrize("ingest", ["loop", "thread"])
@in_loop
async def test_a_handler_connects_anew_while_others_wait(ingest: str) -> None:
    waiters = Waiters()
    outcomes: list[Any] = []
    clients: list[AsyncStreamClient] = []

    async def handler(message: Any) -> None:
        if message["q"] == 1:
            outcomes.append(await clients[0].reconnect())
        else:
            await waiters.handle(message)

    async with ScriptedServer(only_log_in) as server:
        client = await make(server, handler, ingest=ingest, handler_concurrency=3)
        clients.append(client)
        running = asyncio.create_task(handle(client, True))
        server.peers[-1].send(*map(trade, range(3)))
        await until(lambda: outcomes)
        assert outcomes == [(True, "Reconnect Successful")]
        server.peers[-1].send(trade(3), trade(4))
        await until(lambda: waiters.began == [0, 2, 3])
        waiters.gate.set()
        await until(lambda: sorted(waiters.ended) == [0, 2, 3, 4])
        await client.close_stream()
        await ended(running, True)


@pytest.mark.parametrize("ingest", ["loop", "thread"])
@in_loop
async def test_a_handler_that_takes_frames_itself(ingest: str) -> None:
    got: list[int] = []
    clients: list[AsyncStreamClient] = []

    async def handler(message: Any) -> None:
        got.append(message["q"])
        if message["q"] < 3:
            await clients[0].handle_messages()

    async with ScriptedServer(only_log_in) as server:
        client = await make(server, handler, ingest=ingest, handler_concurrency=2)
        clients.append(client)
        server.peers[-1].send_together(*(f'[{{"ev":"T","q":{i}}}]' for i in range(6)))
        running = asyncio.create_task(handle(client, False))
        await until(lambda: got == list(range(6)))
        await client.close_stream()
        await ended(running, False)


@WAYS
@in_loop
async def test_the_policy_raise_raises_one_and_reports_each(ingest: str, all_frames: bool) -> None:
    waiters = Waiters()
    told: list[Any] = []

    async def handler(message: Any) -> None:
        await waiters.handle(message)
        if message["q"] < 3:
            raise LookupError(message["q"])

    async with ScriptedServer(only_log_in) as server:
        client = await make(
            server,
            handler,
            ingest=ingest,
            handler_concurrency=3,
            error_policy="raise",
            on_error=lambda error, function, message: told.append((error.args, function, message)),
        )
        server.peers[-1].send(*map(trade, range(5)))
        running = asyncio.create_task(handle(client, all_frames))
        await until(lambda: waiters.began == [0, 1, 2])
        waiters.gate.set()
        with pytest.raises(LookupError) as caught:
            await running
        assert caught.value.args == (0,)
        # The connection is there, and the next call goes on.
        running = asyncio.create_task(handle(client, all_frames))
        server.peers[-1].send(trade(5))
        await until(lambda: 5 in waiters.ended)
        await client.close_stream()
        await ended(running, all_frames)
        assert len(server.peers) == 1
    assert told == [((n,), handler, trade(n)) for n in range(3)]
    assert sorted(waiters.ended) == list(range(6))


@pytest.mark.parametrize("ingest", ["loop", "thread"])
@pytest.mark.parametrize("all_frames", [False, True])
@in_loop
async def test_calls_that_wait_outlive_the_connection(ingest: str, all_frames: bool) -> None:
    waiters = Waiters()
    async with ScriptedServer(only_log_in) as server:
        client = await make(server, waiters.handle, ingest=ingest, handler_concurrency=2)
        running = asyncio.create_task(handle(client, all_frames, reconnection_delay=0))
        server.peers[-1].send(*map(trade, range(4)))
        await until(lambda: waiters.began == [0, 1])
        server.peers[-1].drop()
        if all_frames:
            await until(lambda: len(server.peers) == 2)
        else:
            await ended(running, all_frames)
        waiters.gate.set()
        await until(lambda: sorted(waiters.ended) == [0, 1, 2, 3])
        await client.close_stream()
        if all_frames:
            await running


@pytest.mark.parametrize("limit", [0, -1, True, 2.0, "2", None])
def test_limits_that_make_no_sense(limit: Any) -> None:
    with pytest.raises(UsageError, match=r"handler_concurrency=.*Pass a whole number"):
        AsyncStreamClient("KEY", "stocks", handler_concurrency=limit)
