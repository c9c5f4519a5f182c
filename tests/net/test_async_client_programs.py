"""`AsyncStreamClient` in programs as they are: own loops, threads, subclasses, failures."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import websockets.exceptions

from fastpoly.errors import (
    AuthError,
    ConnectError,
    ConnectionEvicted,
    ConnectionLost,
    UsageError,
)
from fastpoly.polygon import pacing
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.serving.scripted_server import only_log_in
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.loops import in_loop
from tests.waiting import stands_still, until

INGEST = pytest.mark.parametrize("ingest", ["loop", "thread"])


def trade(number: int) -> dict[str, Any]:
    return {"ev": "T", "q": number}


async def make(server: ScriptedServer, handler: Any, **options: Any) -> AsyncStreamClient:
    client = AsyncStreamClient("KEY", "stocks", server.url(), close_timeout=1, **options)
    await client.change_handler("status", lambda message: None)
    await client.subscribe_stock_trades(handler_function=handler)
    return client


async def handle(client: AsyncStreamClient, reconnect: bool = False, **arguments: Any) -> None:
    """Handle messages until that raises."""
    while True:
        await client.handle_messages(reconnect, **arguments)


# ---------------------------------------------------------------------------- loops of one's own


@INGEST
@in_loop
async def test_a_loop_that_goes_on_after_errors_leaves_the_others_alive(ingest: str) -> None:
    errors: list[Exception] = []

    async def loop(client: AsyncStreamClient) -> None:
        while not any(isinstance(error, UsageError) for error in errors[-1:]):
            try:
                await client.handle_messages()
            except Exception as error:
                errors.append(error)

    async with ScriptedServer(only_log_in) as server:
        client = await make(server, lambda message: None, ingest=ingest)
        running = asyncio.create_task(loop(client))
        server.peers[-1].drop()
        await until(lambda: len(errors) > 10)
        assert all(isinstance(error, ConnectionLost) for error in errors)
        await client.close_stream()
        await running


@INGEST
@in_loop
async def test_a_loop_that_goes_on_after_errors_is_slowed_down_until_things_change(
    ingest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pause as long as the test itself: it ends by what happens, or not at all.
    monkeypatch.setattr(pacing, "FIRST_PAUSE_S", 60.0)
    monkeypatch.setattr(pacing, "LAST_PAUSE_S", 60.0)
    errors: list[Exception] = []
    got: list[Any] = []

    async def loop(client: AsyncStreamClient) -> None:
        while not any(isinstance(error, UsageError) for error in errors[-1:]):
            try:
                await client.handle_messages()
            except Exception as error:
                errors.append(error)

    async with ScriptedServer(only_log_in) as server:
        client = await make(server, got.append, ingest=ingest)
        running = asyncio.create_task(loop(client))
        for count in (1, 2):
            server.peers[-1].drop()
            await until(lambda count=count: len(errors) == 2 * count - 1)
            await stands_still(lambda: len(errors))
            assert len(errors) == 2 * count - 1
            assert await client.reconnect() == (True, "Reconnect Successful")
            server.peers[-1].send(trade(count))
            await until(lambda count=count: len(got) == count)
            assert len(errors) == 2 * count  # the one that was held back
        server.peers[-1].drop()
        await until(lambda: len(errors) == 5)
        await client.close_stream()
        await running


@in_loop
async def test_after_an_eviction_another_call_connects_once() -> None:
    async with ScriptedServer() as server:
        client = await make(server, lambda message: None)
        for count in (1, 2):
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            await until(lambda count=count: len(server.peers) == count)
            await until(lambda: client.state == "live")
            server.peers[-1].send_status("MAX_CONNECTIONS")
            server.peers[-1].close(1008)
            with pytest.raises(ConnectionEvicted):
                await running
            assert len(server.peers) == count
        assert server.peers[-1].requested == ["T.*"]
        with pytest.raises(ConnectionEvicted):
            await client.handle_messages()
        await client.close_stream()


@in_loop
async def test_of_two_loops_begun_before_the_login_the_second_is_refused() -> None:
    async with ScriptedServer(only_log_in) as server:
        client = AsyncStreamClient("KEY", "stocks", server.url())
        first = asyncio.create_task(client.handle_messages(reconnect=True))
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="already running"):
            await client.handle_messages(reconnect=True)
        with pytest.raises(UsageError, match="already running"):
            await client.handle_messages()
        await client.change_handler("status", lambda message: None)
        await until(lambda: client.state == "live")
        await client.close_stream()
        await first
        await client.login()
        single = asyncio.create_task(client.handle_messages())
        await until(lambda: client._connection.is_waited_for or single.done())
        while single.done():
            single = asyncio.create_task(client.handle_messages())
            await asyncio.sleep(0)
        with pytest.raises(UsageError, match="Another coroutine"):
            await client.handle_messages(reconnect=True)
        await client.close_stream()
        with pytest.raises(ConnectionLost):
            await single


# -------------------------------------------------------------------------------- other threads


def in_its_own_loop(client: AsyncStreamClient, home: asyncio.AbstractEventLoop) -> None:
    asyncio.run(client.close_stream())


def by_threadsafe_call(client: AsyncStreamClient, home: asyncio.AbstractEventLoop) -> None:
    asyncio.run_coroutine_threadsafe(client.close_stream(), home).result(10)


@pytest.mark.parametrize("close", [in_its_own_loop, by_threadsafe_call])
@INGEST
@in_loop
async def test_another_thread_closes_and_the_loop_ends_after_that(
    ingest: str, close: Callable[[AsyncStreamClient, asyncio.AbstractEventLoop], None]
) -> None:
    begun: list[int] = []
    got: list[int] = []

    async def slow(message: Any) -> None:
        begun.append(message["q"])
        await asyncio.sleep(0.05)
        got.append(message["q"])

    async with ScriptedServer(only_log_in) as server:
        url, is_up = server.url(), threading.Event()
        home = asyncio.new_event_loop()
        made: list[AsyncStreamClient] = []

        async def start() -> None:
            client = AsyncStreamClient("KEY", "stocks", url, ingest=ingest)
            made.append(client)
            await client.change_handler("status", lambda message: None)
            await client.subscribe_stock_trades(handler_function=slow)

        def work() -> None:
            home.run_until_complete(start())
            is_up.set()
            home.run_until_complete(made[0].handle_messages(reconnect=True))
            # Nothing turns the loop any more: what had not been done now never would be.
            home.close()

        thread = threading.Thread(target=work)
        thread.start()
        await asyncio.to_thread(is_up.wait, 10)
        server.peers[-1].send(trade(1))
        await until(lambda: begun)
        await asyncio.to_thread(close, made[0], home)
        await asyncio.to_thread(thread.join, 10)
        assert not thread.is_alive()
        assert got == [1]
        assert made[0].state == "closed"


# ------------------------------------------------------------------------------------- logging in


@INGEST
@in_loop
async def test_the_status_handler_hears_why_before_the_error(ingest: str) -> None:
    for is_async in (False, True):
        seen: list[str] = []

        async def wait_for_it(message: Any, seen: list[str] = seen) -> None:
            seen.append(message["status"])
            await asyncio.sleep(0)

        def note(message: Any, seen: list[str] = seen) -> None:
            seen.append(message["status"])

        async with ScriptedServer() as server:
            server.bad_keys = {"BAD"}
            client = AsyncStreamClient("BAD", "stocks", server.url(), ingest=ingest)
            await client.change_handler("status", wait_for_it if is_async else note)
            for call in (client.subscribe_stock_trades, client.handle_messages, client.login):
                seen.clear()
                with pytest.raises(AuthError):
                    await call()
                assert seen[-1:] == ["auth_failed"]
            seen.clear()
            assert (await client.reconnect())[0] is False
            assert seen[-1:] == ["auth_failed"]
            await client.close_stream()


@in_loop
async def test_an_overridden_login_is_what_logs_in() -> None:
    logins: list[str | None] = []

    class Client(AsyncStreamClient):
        async def login(self, key: str | None = None) -> None:
            logins.append(key)
            await asyncio.sleep(0)
            await super().login("OTHER")

    async with ScriptedServer(only_log_in) as server:
        client = Client("KEY", "stocks", server.url())
        await asyncio.gather(client.subscribe_stock_trades(["A"]), client.subscribe_stock_quotes())
        assert logins == [None]
        assert "OTHER" in server.peers[0].received[0]
        assert await client.reconnect() == (True, "Reconnect Successful")
        assert logins == [None, None]
        await server.peers[1].wait_for(2)
        assert set(server.peers[1].requested) == {"T.A", "Q.*"}
        await client.close_stream()


@in_loop
async def test_closing_while_an_overridden_login_waits_keeps_it_closed() -> None:
    gate = asyncio.Event()

    class Client(AsyncStreamClient):
        async def login(self, key: str | None = None) -> None:
            await gate.wait()
            await super().login(key)

    async with ScriptedServer(only_log_in) as server:
        client = Client("KEY", "stocks", server.url())
        opening = asyncio.create_task(client.handle_messages(reconnect=True))
        await asyncio.sleep(0)
        await client.close_stream()
        gate.set()
        with pytest.raises(UsageError, match="closed"):
            await opening
        assert server.peers == []


# ------------------------------------------------------------------- errors that are caught there


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1000, websockets.exceptions.ConnectionClosedOK),
        (1012, websockets.exceptions.ConnectionClosedError),
        (None, websockets.exceptions.ConnectionClosed),
    ],
)
@in_loop
async def test_a_lost_connection_is_caught_as_the_websockets_package_names_it(
    code: int | None, kind: type[Exception]
) -> None:
    async with ScriptedServer(only_log_in) as server:
        client = await make(server, lambda message: None)
        if code is None:
            server.peers[-1].drop()
        else:
            server.peers[-1].close(code, "why")
        with pytest.raises(kind) as caught:
            await handle(client)
        assert isinstance(caught.value, ConnectionLost)
        assert caught.value.code == (code or 1006)
        server.stop_listening()
        with pytest.raises(websockets.exceptions.ConnectionClosed, match="Gave up after 1"):
            await handle(client, True, max_reconnection_attempts=1, reconnection_delay=0)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            await client.subscribe_stock_quotes()
        await client.close_stream()


@in_loop
async def test_a_refused_connection_is_caught_as_python_names_it() -> None:
    async with ScriptedServer(only_log_in) as server:
        url = server.url()
    client = AsyncStreamClient("KEY", "stocks", url)
    with pytest.raises(ConnectionRefusedError) as caught:
        await client.handle_messages()
    assert isinstance(caught.value, ConnectError)
    assert caught.value.errno
    await client.close_stream()


# ------------------------------------------------------------------------- handlers that raise


@INGEST
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("all_frames", [False, True])
@in_loop
async def test_the_policy_raise_ends_the_call_and_not_the_connection(
    ingest: str, is_async: bool, all_frames: bool
) -> None:
    got: list[int] = []

    def function(message: Any) -> None:
        got.append(message["q"])
        if message["q"] % 2:
            raise LookupError(message["q"])

    async def coroutine(message: Any) -> None:
        await asyncio.sleep(0)
        function(message)

    async with ScriptedServer(only_log_in) as server:
        handler = coroutine if is_async else function
        client = await make(server, handler, ingest=ingest, error_policy="raise")
        for number in range(6):
            server.peers[-1].send(trade(number))
            if number % 2:
                with pytest.raises(LookupError) as caught:
                    await handle(client, all_frames)
                assert caught.value.args == (number,)
        assert got == list(range(6))
        assert len(server.peers) == 1
        await client.close_stream()


@INGEST
@pytest.mark.parametrize("kind", [asyncio.CancelledError, GeneratorExit])
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("all_frames", [False, True])
@in_loop
async def test_whatever_a_handler_raises_the_stream_goes_on(
    ingest: str, kind: type[BaseException], is_async: bool, all_frames: bool
) -> None:
    got: list[int] = []
    told: list[type[BaseException]] = []

    def function(message: Any) -> None:
        got.append(message["q"])
        if message["q"] == 0:
            raise kind

    async def coroutine(message: Any) -> None:
        await asyncio.sleep(0)
        function(message)

    async def loop(client: AsyncStreamClient) -> None:
        while True:
            await client.handle_messages(all_frames)

    async with ScriptedServer(only_log_in) as server:
        client = await make(
            server,
            coroutine if is_async else function,
            ingest=ingest,
            on_error=lambda error, *rest: told.append(type(error)),
        )
        running = asyncio.create_task(loop(client))
        for number in range(4):
            server.peers[-1].send(trade(number))
        await until(lambda: len(got) == 4)
        assert got == [0, 1, 2, 3]
        assert told == [kind]
        await client.close_stream()
        with pytest.raises((UsageError, ConnectionLost)):
            await running


@INGEST
@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("all_frames", [False, True])
@in_loop
async def test_an_exit_in_a_handler_is_raised_to_the_caller(
    ingest: str, kind: type[BaseException], is_async: bool, all_frames: bool
) -> None:
    calls: list[int] = []

    def function(message: Any) -> None:
        calls.append(message["q"])
        raise kind(7)

    async def coroutine(message: Any) -> None:
        await asyncio.sleep(0)
        function(message)

    async with ScriptedServer(only_log_in) as server:
        client = await make(server, coroutine if is_async else function, ingest=ingest)
        server.peers[-1].send(trade(1), trade(2))
        with pytest.raises(kind) as caught:
            await handle(client, all_frames)
        assert caught.value.args == (7,)
        assert calls == [1]
        await client.close_stream()


EXITS = """
import asyncio, sys
from fastpoly.polygon import AsyncStreamClient
url, ingest, when = sys.argv[1:]
async def on_trade(message):
    if when == "closing":
        closing.append(asyncio.ensure_future(client.close_stream()))
        await asyncio.sleep(0.05)
    await asyncio.sleep(0)
    sys.exit(9)
closing = []
async def main():
    global client
    client = AsyncStreamClient("KEY", "stocks", url, ingest=ingest)
    await client.change_handler("status", lambda message: sys.exit(9) if when == "status" else None)
    await client.subscribe_stock_trades(handler_function=on_trade)
    if when == "alone":
        for _ in range(4):
            await client.handle_messages()
        await asyncio.sleep(30)
    await client.handle_messages(reconnect=True)
    await asyncio.sleep(30)
asyncio.run(main())
"""


@pytest.mark.sampled
@INGEST
@pytest.mark.parametrize("when", ["live", "alone", "closing", "status"])
@in_loop
async def test_an_exit_exits_with_its_code_whoever_waits(ingest: str, when: str) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await only_log_in(peer)
        await peer.wait_for(2)
        peer.send(trade(1))
        peer.send(trade(2))

    async with ScriptedServer(script) as server:
        command = [sys.executable, "-c", EXITS, server.url(), ingest, when]
        ended = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=60
        )
    assert ended.returncode == 9, ended.stderr


@in_loop
async def test_generator_functions_are_refused() -> None:
    def generator(message: Any) -> Any:
        yield message

    async def async_generator(message: Any) -> Any:
        yield message

    client = AsyncStreamClient("KEY", "stocks")
    for handler in (generator, async_generator):
        with pytest.raises(UsageError, match="generator function"):
            await client.subscribe_stock_trades(handler_function=handler)
        with pytest.raises(UsageError, match="generator function"):
            await client.change_handler("T", handler)

    class Client(AsyncStreamClient):
        async def _default_process_message(self, update: Any) -> Any:  # type: ignore[override]
            yield update

    with pytest.raises(UsageError, match="generator function"):
        Client("KEY", "stocks")


@INGEST
@in_loop
async def test_a_handler_that_is_cancelled_from_outside_costs_its_own_message(ingest: str) -> None:
    got: list[int] = []
    handling: list[asyncio.Task[Any]] = []

    async def handler(message: Any) -> None:
        got.append(message["q"])
        if message["q"] == 0:
            task = asyncio.current_task()
            assert task is not None
            handling.append(task)
            await asyncio.Event().wait()

    async with ScriptedServer(only_log_in) as server:
        client = await make(server, handler, ingest=ingest)
        running = asyncio.create_task(client.handle_messages(reconnect=True))
        server.peers[-1].send(*map(trade, range(3)))
        await until(lambda: handling)
        handling[0].cancel()
        await until(handling[0].done)
        server.peers[-1].send(trade(3))
        await until(lambda: len(got) == 4)
        assert got == [0, 1, 2, 3]
        await client.close_stream()
        await running
