"""Closing, aborting, running as a script."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable

import pytest

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.reconnect import Backoff, FixedDelay
from fastpoly.sim import ScriptedPeer, ScriptedServer
from fastpoly.stream.stream import Stream
from tests.net.events import trade
from tests.net.streams import BOTH_WAYS, KEY, check_threads, make, numbers, run
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


@BOTH_WAYS
def test_first_connection_is_not_retried(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            await server.stop()
            stream = make(server, "T.A", ingest=ingest)
            with pytest.raises(errors.ConnectError):
                await stream.open()
            assert stream.state is State.CLOSED
            with pytest.raises(errors.UsageError, match="opened before and is closed"):
                await stream.open()

    run(main())


def test_first_connection_is_retried_if_asked() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            await server.stop()
            stream = make(server, "T.A", reconnect=Backoff(initial_s=0.02, retry_first=True))
            opening = asyncio.create_task(stream.open())
            await until(lambda: stream.state is State.WAITING)
            await server.start()
            await asyncio.wait_for(opening, PATIENCE_S)
            await stream.close()

    run(main())


@BOTH_WAYS
def test_close_in_every_state(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            mute = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for state in ("connecting", "authenticating", "subscribing", "live", "waiting"):
                server.on_request = server.answer
                server.on_connect = server.greet
                if state == "authenticating":
                    server.on_request = lambda peer, action, params: None
                if state == "subscribing":
                    server.ignored = {"T.A"}
                # Nobody upgrades a connection to a plain listening socket.
                port = mute.getsockname()[1] if state == "connecting" else server.port
                url = f"ws://127.0.0.1:{port}"
                stream = Stream(
                    "stocks", "T.A", api_key=KEY, url=url, ingest=ingest, reconnect=FixedDelay(60)
                )
                opening = asyncio.create_task(stream.open())
                reached = state if state != "waiting" else "live"
                await until(lambda: stream.state == reached)  # noqa: B023
                if state == "waiting":
                    server.peers[-1].drop()
                    await until(lambda: stream.state == "waiting")  # noqa: B023
                await asyncio.wait_for(stream.close(), PATIENCE_S)
                assert stream.state is State.CLOSED
                if state in ("live", "waiting"):
                    await opening
                else:
                    with pytest.raises(errors.FastpolyError):
                        await opening
                server.ignored = set()
            await until(lambda: all(peer.gone.is_set() for peer in server.peers))

    with contextlib.ExitStack() as stack:
        run(main())


@BOTH_WAYS
def test_drain_and_no_drain(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            for drain in (True, False):
                stream = make(server, "T.A", ingest=ingest)
                done: list[int] = []

                @stream.on("T")
                async def slow(batch: Batch) -> None:
                    await asyncio.sleep(0.02)
                    done.extend(numbers(batch))  # noqa: B023

                await stream.open()
                for number in range(10):
                    server.peers[-1].send(trade(q=number))
                    await asyncio.sleep(0.002)
                await asyncio.sleep(0.02)
                await stream.close(drain=drain)
                stats = stream.stats().handlers[0].buffer
                if drain:
                    assert done == list(range(10))
                    assert stats.lost == 0
                else:
                    assert len(done) < 9

    run(main())


@BOTH_WAYS
def test_handler_that_does_not_finish_is_cut_off(
    ingest: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, close_timeout=0.1)
            state: list[str] = []

            @stream.on("T")
            async def never(batch: Batch) -> None:
                state.append("begun")
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    state.append("cancelled")
                    raise

            await stream.open()
            server.peers[0].send(trade(q=1))
            await until(lambda: state)
            await asyncio.wait_for(stream.close(), PATIENCE_S)
            await until(lambda: len(state) == 2)
            assert state == ["begun", "cancelled"]

    run(main())
    assert "handlers were cancelled" in caplog.text


@BOTH_WAYS
def test_close_from_inside_a_handler(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)

            @stream.on("T")
            async def once(batch: Batch) -> None:
                await stream.close()

            async with stream:
                server.peers[0].send(trade(q=1))
                await asyncio.wait_for(stream.wait_closed(), PATIENCE_S)

    run(main())


@BOTH_WAYS
def test_abort(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)
            begun: list[int] = []
            cancelled: list[int] = []

            @stream.on("T")
            async def never(batch: Batch) -> None:
                begun.append(1)
                try:
                    await asyncio.sleep(60)
                finally:
                    cancelled.append(1)

            await stream.open()
            server.peers[0].send(trade(q=1))
            await until(lambda: begun)
            began = time.monotonic()
            stream.abort()
            await stream.wait_closed()
            assert time.monotonic() - began < 1
            await asyncio.sleep(0)
            assert cancelled

    run(main())


@BOTH_WAYS
def test_use_after_close(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)
            with pytest.raises(errors.UsageError):
                await stream.subscribe("T.B")
            with pytest.raises(errors.UsageError):
                await stream.wait_closed()
            async with stream:
                with pytest.raises(errors.UsageError, match="opened before and is live"):
                    await stream.open()
            for use in (
                lambda: stream.subscribe("T.B"),
                lambda: stream.unsubscribe("T.B"),
                lambda: stream.open(),
            ):
                with pytest.raises(errors.UsageError, match=r"(closed|not open)"):
                    await use()
            with pytest.raises(errors.UsageError, match="closed"):
                stream.batches("T")
            with pytest.raises(errors.UsageError, match="closed"):
                stream.on("T")(print)
            with pytest.raises(errors.UsageError, match="run before"):
                stream.run()
            await stream.close()
            stream.abort()

    run(main())


@BOTH_WAYS
def test_cancelled_while_it_waits(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            server.ignored = {"T.A"}
            stream = make(server, "T.A", ingest=ingest)
            opening = asyncio.create_task(stream.open())
            await until(lambda: stream.state is State.SUBSCRIBING)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            await until(lambda: stream.state is State.CLOSED)
            await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE_S)
            await stream.close()

    run(main())


@BOTH_WAYS
def test_run(ingest: str) -> None:
    """The server runs in a thread of its own, for run() blocks."""
    ready = threading.Event()
    server = ScriptedServer()
    stop: list[Callable[[], None]] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(stopping.set))
        async with server:
            plain = server.answer

            def answer(peer: ScriptedPeer, action: str, params: str) -> None:
                plain(peer, action, params)
                if action == "subscribe":
                    peer.send(trade(q=1))

            server.on_request = answer
            ready.set()
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(5)
    try:
        stream = make(server, "T.A", ingest=ingest)
        with pytest.raises(errors.UsageError, match="stream has no handler"):
            stream.run()
        got: list[int] = []

        @stream.on("T")
        async def on_trades(batch: Batch) -> None:
            got.extend(numbers(batch))
            with pytest.raises(errors.UsageError, match="event loop is running"):
                other.run()
            await stream.close()

        other = Stream("stocks", api_key=KEY)
        other.add_handler(print)
        stream.run()
        assert got == [1]
        with pytest.raises(errors.UsageError, match="run before"):
            stream.run()
    finally:
        stop[0]()
        thread.join()
