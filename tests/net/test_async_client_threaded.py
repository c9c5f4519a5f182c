"""`AsyncStreamClient` whose socket is read in a thread."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import threading
import time
from typing import Any

import pytest

from fastpoly.errors import (
    AuthError,
    ConnectError,
    ConnectionLost,
    ConsumerTooSlow,
    DecodeError,
    UsageError,
)
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.serving.frames import frame
from fastpoly.serving.scripted_server import only_greet, only_log_in
from fastpoly.sim import ScriptedServer
from tests.loops import in_loop
from tests.waiting import PATIENCE_S, UNHURRIED, stands_still, until


def make(server: ScriptedServer, **options: Any) -> AsyncStreamClient:
    options = {"ingest": "thread", **UNHURRIED, **options}
    return AsyncStreamClient("KEY", "stocks", server.url(), **options)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "fastpoly" in thread.name]


@in_loop
async def test_messages_reach_handlers_in_the_callers_loop_and_in_order() -> None:
    got: list[int] = []
    loop = asyncio.get_running_loop()

    async def handler(message: Any) -> None:
        assert asyncio.get_running_loop() is loop
        got.append(message["q"])
        if message["q"] % 100 == 0:
            await asyncio.sleep(0)

    async with ScriptedServer(only_log_in) as server:
        async with make(server) as client:
            await client.change_handler("status", lambda message: None)
            await client.subscribe_stock_trades(handler_function=handler)
            assert len(threads()) == 1
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            for start in range(0, 1000, 10):
                server.peers[-1].send(*({"ev": "T", "q": start + n} for n in range(10)))
            await until(lambda: len(got) == 1000)
            await client.unsubscribe_stock_trades(["A"])
            assert (await server.peers[-1].wait_for(3))[2] == (
                '{"action":"unsubscribe", "params":"T.A"}'
            )
        await running
        assert got == list(range(1000))
        assert threads() == []
        assert server.peers[-1].close_code == 1000


@in_loop
async def test_frames_one_at_a_time_and_the_end_after_the_last() -> None:
    got: list[Any] = []
    async with ScriptedServer(only_log_in) as server, make(server) as client:
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=got.append)
        server.peers[-1].send_together('[{"ev":"T","q":1}]', '[{"ev":"T","q":2}]')
        server.peers[-1].close(1012, "restart")
        for count in (0, 0, 1, 2):
            await client.handle_messages()
            assert len(got) == count
        with pytest.raises(ConnectionLost) as caught:
            await client.handle_messages()
        assert (caught.value.code, caught.value.reason) == (1012, "restart")


@in_loop
async def test_handler_that_blocks_does_not_make_the_server_wait() -> None:
    got: list[int] = []

    def handler(message: Any) -> None:
        if not got:
            time.sleep(0.5)
        got.append(message["q"])

    # Server and client share the loop that the handler blocks, so a thread has to send meanwhile.
    async with ScriptedServer(only_log_in) as server, make(server) as client:
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=handler)
        running = asyncio.create_task(client.handle_messages(reconnect=True))
        await until(lambda: client._connection.is_running)
        count, size = 200, 50_000
        frames = [
            frame(f'[{{"ev":"T","q":{number},"x":"{"x" * size}"}}]'.encode())
            for number in range(count)
        ]
        sent: list[int] = []
        connection = server.peers[-1].transport.underlying_transport.get_extra_info("socket")
        connection = socket.socket(fileno=os.dup(connection.fileno()))

        def send() -> None:
            # 10 MB, far more than the kernel holds for a reader who does not read.
            left = memoryview(b"".join(frames))
            with connection:
                while left:
                    select.select([], [connection], [])
                    left = left[connection.send(left) :]
            sent.append(len(got))

        sender = threading.Thread(target=send)
        sender.start()
        await until(lambda: len(got) == count)
        sender.join()
        assert got == list(range(count))
        # All of it was on its way while the handler was still busy with the first.
        assert sent == [0]
        await client.close_stream()
        await running


@in_loop
async def test_full_buffer_pauses_the_thread_and_loses_nothing() -> None:
    got: list[int] = []
    gate = asyncio.Event()

    async def handler(message: Any) -> None:
        await gate.wait()
        got.append(message["q"])

    async with ScriptedServer(only_log_in) as server:
        async with make(server, max_buffer_bytes=100_000) as client:
            await client.change_handler("status", lambda message: None)
            await client.subscribe_stock_trades(handler_function=handler)
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            for number in range(2000):
                server.peers[-1].send({"ev": "T", "q": number, "x": "x" * 4000})
            await until(lambda: client.stats().received)
            await stands_still(lambda: client.stats().received)
            assert server.peers[-1].unsent > 500_000
            gate.set()
            await until(lambda: len(got) == 2000)
            assert got == list(range(2000))
        await running


@in_loop
async def test_overflow_may_be_an_error() -> None:
    async with ScriptedServer(only_log_in) as server:
        client = make(server, overflow="error", max_buffer_bytes=10_000)
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=lambda message: time.sleep(0.05))
        running = asyncio.create_task(client.handle_messages(reconnect=True))
        for number in range(500):
            server.peers[-1].send({"ev": "T", "q": number, "x": "x" * 500})
        with pytest.raises(ConsumerTooSlow, match="the event loop"):
            await running
        await client.close_stream()
    assert threads() == []


@in_loop
async def test_frame_that_is_not_json_is_reported_in_the_callers_loop() -> None:
    errors: list[Any] = []

    def on_error(*what: Any) -> None:
        errors.append((threading.current_thread(), *what))

    async with ScriptedServer(only_log_in) as server, make(server, on_error=on_error) as client:
        await client.login()
        server.peers[-1].send_text("[{")
        await until(lambda: errors)
    ((thread, error, handler, message),) = errors
    assert thread is threading.main_thread()
    assert (type(error), handler, message) == (DecodeError, None, None)


@in_loop
async def test_failures_leave_no_thread() -> None:
    async with ScriptedServer() as server:
        server.bad_keys = {"KEY"}
        with pytest.raises(AuthError):
            await make(server).login()
        assert threads() == []
        server.on_request = lambda peer, action, params: None
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(make(server).login(), 0.05)
        assert threads() == []
    with pytest.raises(ConnectError):
        await make(server).login()
    assert threads() == []


@in_loop
async def test_close_while_it_logs_in() -> None:
    async with ScriptedServer(only_greet) as server:
        client = make(server)
        logging_in = asyncio.create_task(client.login())
        await (await server.peer(1)).wait_for(1)
        async with asyncio.timeout(PATIENCE_S):
            await client.close_stream()
        with pytest.raises((ConnectionLost, UsageError)):
            await logging_in
    assert threads() == []
