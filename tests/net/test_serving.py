"""A server of another kind than the simulator, over sockets: what a hub or a replay is built of."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import picows
import pytest
import trustme

from fastpoly.schema import MARKETS, MarketSpec
from fastpoly.serving import frames
from fastpoly.serving.feed import ReaderFeed
from fastpoly.serving.messages import Param
from fastpoly.serving.policy import ServerPolicy
from fastpoly.serving.reader import Reader, wait_for_room
from fastpoly.serving.scripted_server import ScriptedServer
from fastpoly.serving.server import StreamServer, write_to_all
from tests.loops import in_each_loop, in_loop
from tests.net.tls import client_context, server_context
from tests.net.wire_client import WireClient
from tests.waiting import until

LAST = b'[{"ev":"T","sym":"A","p":1}]'


class Broadcast:
    """Sends everybody the same, and the last trade to whoever subscribes to trades."""

    def __init__(self) -> None:
        self.feeds: list[Feed] = []

    def market_at(self, path: str) -> MarketSpec | None:
        return MARKETS.get(path)

    def problem_of(self, query: str) -> str:
        return ""

    def attach(self, reader: Reader) -> ReaderFeed:
        feed = Feed(self, reader)
        self.feeds.append(feed)
        return feed

    @property
    def readers(self) -> list[Reader]:
        return [feed.reader for feed in self.feeds if feed.channels]


class Feed:
    def __init__(self, backend: Broadcast, reader: Reader) -> None:
        self.backend = backend
        self.reader = reader
        self.channels: set[str] = set()

    def on_message(self, payload: bytes) -> None:
        pass

    def judge_key(self, key: str) -> None:
        # A hub may have to ask somebody.
        asyncio.get_running_loop().call_soon(self.reader.accept, key)

    def on_login(self) -> None:
        pass

    def refusal(self, param: Param) -> str | None:
        return None

    def add(self, param: Param) -> None:
        self.channels.add(param.channel)

    def remove(self, param: Param) -> None:
        self.channels.discard(param.channel)

    def answer(self, statuses: list[bytes]) -> None:
        self.reader.send(statuses)

    def after_request(self, added: list[Param], removed: list[Param]) -> None:
        if any(param.channel == "T" for param in added):
            self.reader.send_text(LAST)

    def flush(self) -> None:
        pass

    def detach(self) -> None:
        self.backend.feeds.remove(self)


@in_loop
async def test_many_readers_get_one_prepared_frame() -> None:
    backend = Broadcast()
    async with StreamServer(backend) as server:
        clients = [await WireClient.login(server.url("stocks")) for _ in range(20)]
        for client in clients:
            await client.subscribe("T.*")
        data = b"".join(frames.frame(b'[{"ev":"T","sym":"A","q":%d}]' % q) for q in range(100))
        for _ in range(20):
            write_to_all(backend.readers, data)
        for client in clients:
            events = await client.some_events(2001)
            assert events[0] == {"ev": "T", "sym": "A", "p": 1}
            assert [event["q"] for event in events[1:]] == list(range(100)) * 20
            await client.close()
        await until(lambda: not server.readers)
        assert (server.accepted, backend.feeds) == (20, [])


@in_loop
async def test_a_sender_that_waits_loses_nothing_and_fills_no_memory() -> None:
    backend = Broadcast()
    policy = ServerPolicy(slow_reader="wait", socket_buffer_bytes=4096)
    async with StreamServer(backend, policy=policy) as server:
        slow, quick = [await WireClient.login(server.url("stocks")) for _ in range(2)]
        for client in (slow, quick):
            await client.subscribe("Q.*")
        assert slow.transport is not None
        slow.transport.underlying_transport.pause_reading()
        frame = frames.frame(b'[{"ev":"Q","sym":"A","x":"' + b"x" * 50_000 + b'"}]')

        async def send() -> None:
            for _ in range(200):
                await wait_for_room(backend.readers)
                write_to_all(backend.readers, frame)

        sending = asyncio.create_task(send())
        await until(lambda: not all(reader.has_room for reader in backend.readers))
        assert max(reader.outlet.buffered for reader in backend.readers) < 200_000
        slow.transport.underlying_transport.resume_reading()
        await sending
        await server.drain()
        for client in (slow, quick):
            assert len(await client.some_events(200)) == 200
            await client.close()


@in_loop
async def test_more_readers_than_there_may_be_are_turned_away() -> None:
    async with StreamServer(Broadcast(), policy=ServerPolicy(max_readers=1)) as server:
        first = await WireClient.login(server.url("stocks"))
        with pytest.raises(picows.WSHandshakeError, match="503"):
            await WireClient.connect(server.url("stocks"))
        with pytest.raises(picows.WSHandshakeError, match="404"):
            await WireClient.connect(server.url("bonds"))
        await first.close()
        await until(lambda: not server.readers)
        second = await WireClient.login(server.url("crypto"))
        await second.close()


@in_loop
async def test_a_message_in_pieces_may_not_be_larger_than_a_message() -> None:
    async with StreamServer(Broadcast(), policy=ServerPolicy(max_request_bytes=1000)) as server:
        client = await WireClient.login(server.url("stocks"))
        assert client.transport is not None
        client.transport.send(picows.WSMsgType.TEXT, b" " * 900, fin=False)
        client.transport.send(picows.WSMsgType.CONTINUATION, b" " * 900, fin=False)
        await client.ended()
        assert client.close_code == 1009


@in_loop
async def test_over_tls_and_again_on_the_same_port(authority: trustme.CA) -> None:
    server = StreamServer(Broadcast(), context=server_context(authority))
    ports = []
    for _ in range(2):
        async with server:
            ports.append(server.port)
            client = await WireClient.login(server.url("stocks"), context=client_context(authority))
            await client.subscribe("T.A")
            assert await client.some_events(1) == [{"ev": "T", "sym": "A", "p": 1}]
        await client.ended()
    assert ports[0] == ports[1]


async def speak_no_tls(port: int) -> None:
    read, write = await asyncio.open_connection("127.0.0.1", port)
    write.write(b"GET /stocks HTTP/1.1\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while await read.read(1000):
            pass
    write.close()
    with contextlib.suppress(ConnectionError):
        await write.wait_closed()


async def know_no_authority(port: int) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("127.0.0.1", port, ssl=ssl.create_default_context())


async def hang_up(port: int) -> None:
    _, write = await asyncio.open_connection("127.0.0.1", port)
    write.transport.abort()


@pytest.mark.parametrize("fail", [speak_no_tls, know_no_authority, hang_up])
@pytest.mark.parametrize("make", [partial(StreamServer, Broadcast()), ScriptedServer])
@in_each_loop
async def test_a_handshake_that_fails_is_no_matter_for_the_loop(
    authority: trustme.CA, make: Callable[..., Any], fail: Callable[[int], Awaitable[None]]
) -> None:
    loop, reported = asyncio.get_running_loop(), list[dict[str, Any]]()

    def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        reported.append(context)

    loop.set_exception_handler(report)
    async with make(context=server_context(authority)) as server:
        await fail(server.port)
        # Who comes next is served, and by then the server has seen the end of the one before.
        client = await WireClient.login(server.url("stocks"), context=client_context(authority))
    await client.ended()
    assert reported == []
    assert loop.get_exception_handler() is report


@pytest.mark.parametrize("make", [partial(StreamServer, Broadcast()), ScriptedServer])
@in_each_loop
async def test_a_server_that_cannot_listen_leaves_the_loop_as_it_was(
    authority: trustme.CA, make: Callable[..., Any]
) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = make(context=server_context(authority))
        server.port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await server.start()
    assert loop.get_exception_handler() is None
