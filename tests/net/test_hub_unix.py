"""The hub on a Unix socket: every way to read it, in both kinds of loop, and what may go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme

from fastpoly import AsyncStreamClient, Hub, UsageError, errors
from fastpoly.massive import WebSocketClient
from fastpoly.net.opening.upgrade import accept_for
from fastpoly.notices import Gap
from fastpoly.polygon import StreamClient
from fastpoly.serving import frames
from fastpoly.serving.messages import array, status
from fastpoly.sim import ScriptedServer
from tests.loops import in_each_loop, in_loop
from tests.net.events import trade
from tests.net.hubs import fast, flood, hub_of, numbers, reader_of, take
from tests.net.sessions import make_session
from tests.net.streams import BOTH_WAYS
from tests.net.tls import server_context
from tests.waiting import PATIENCE_S, UNHURRIED, until

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no Unix sockets")


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fp-") as folder:  # pytest's own are long
        yield Path(folder) / "hub.sock"


@asynccontextmanager
async def scripted_hub(
    path: Path, *params: str, **options: Any
) -> AsyncIterator[tuple[ScriptedServer, Hub]]:
    async with ScriptedServer() as server, hub_of(server, *params, unix=path, **options) as hub:
        yield server, hub


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_there(path: Path) -> bool:
    return os.path.lexists(path)


# ------------------------------------------------------------------------------- our own readers


@BOTH_WAYS
@in_each_loop
async def test_a_stream_reads_it_and_its_file_is_its_owner_s_alone(path: Path, ingest: str) -> None:
    async with scripted_hub(path) as (server, hub):
        assert hub.url == f"ws+unix://{path}:/stocks"
        assert hub.urls == (hub.url,)
        assert mode(path) == 0o600
        async with reader_of(hub.url, "T.A", ingest=ingest) as one:
            # More than the kernel takes at once.
            for number in range(0, 20_000, 100):
                server.peers[0].send(*(trade("A", number + n) for n in range(100)))
            assert numbers(await take(one, 20_000)) == list(range(20_000))
            await one.subscribe("T.B")
            server.peers[0].send(trade("B", 1))
            assert numbers(await take(one, 1)) == [1]
    assert not is_there(path)


@in_each_loop
async def test_it_may_listen_on_a_port_too(path: Path) -> None:
    async with scripted_hub(path, port=0, unix_mode=0o660) as (server, hub):
        by_port, by_file = hub.urls
        assert by_port == hub.url
        assert by_port.startswith("ws://127.0.0.1:")
        assert mode(path) == 0o660
        async with reader_of(by_port, "T.A") as one, reader_of(by_file, "T.A") as other:
            server.peers[0].send(trade("A", 1))
            assert numbers(await take(one, 1)) == numbers(await take(other, 1)) == [1]
        assert len(server.peers) == 1


@BOTH_WAYS
@in_each_loop
async def test_a_hub_that_is_started_again_is_found_again(path: Path, ingest: str) -> None:
    async with ScriptedServer() as server:
        first = hub_of(server, unix=path)
        await first.start()
        async with reader_of(first.url, "T.A", reconnect=fast(), ingest=ingest) as one:
            server.peers[0].send(trade("A", 1))
            assert numbers(await take(one, 1)) == [1]
            await first.stop()
            assert not is_there(path)
            async with hub_of(server, unix=path):
                peer = await server.peer(2)
                await until(lambda: peer.held)
                peer.send(trade("A", 2))
                gap, event = await take(one, 2)
                assert isinstance(gap, Gap)
                assert gap.code == 1001
                assert event["q"] == 2


@in_each_loop
async def test_while_it_waits_for_slow_readers_another_may_take_its_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastpoly.hub.hub.DRAIN_S", PATIENCE_S)
    async with ScriptedServer() as server:
        first = hub_of(server, unix=path, max_delay=0.0)
        await first.start()
        slow = reader_of(first.url, "T.*", overflow="block", max_buffer_bytes=10_000)
        await slow.open()
        peer = server.peers[0]
        sent = await flood(peer, first, lambda: first.stats().readers[0].buffered)
        stopping = asyncio.create_task(first.stop())
        await until(lambda: not is_there(path))
        async with hub_of(server, unix=path) as second, reader_of(second.url, "T.A") as one:
            assert not stopping.done()
            assert numbers(await take(slow, sent)) == list(range(sent))
            await stopping
            (await server.peer(2)).send(trade("A", 1))
            assert numbers(await take(one, 1)) == [1]
        await slow.close()
        assert "the hub is stopped" in str(slow.error)


@in_loop
async def test_a_hub_may_read_another_by_it(path: Path) -> None:
    async with (
        scripted_hub(path) as (server, hub),
        Hub("stocks", url=hub.url, **UNHURRIED) as second,
        reader_of(second.url, "T.A") as one,
    ):
        server.peers[0].send(trade("A", 1))
        assert numbers(await take(one, 1)) == [1]


@in_loop
async def test_the_drop_ins_read_it(path: Path) -> None:
    async with scripted_hub(path) as (server, hub):
        got: dict[str, list[Any]] = {"async": [], "threaded": [], "url": [], "feed": []}

        client = AsyncStreamClient("key", "stocks", url=hub.url, **UNHURRIED)
        await client.subscribe_stock_trades(["A"], handler_function=got["async"].append)

        async def handle() -> None:
            while not got["async"]:
                await client.handle_messages()

        threaded = StreamClient(
            "key", "stocks", url=hub.url, on_message=lambda _, text: got["threaded"].append(text)
        )
        threaded.start_stream_thread()
        threaded.subscribe_stock_trades(["A"])

        official = [
            WebSocketClient(subscriptions=["T.A"], url=hub.url),
            WebSocketClient(subscriptions=["T.A"], feed=f"ws+unix://{path}", secure=False),
        ]
        tasks = [
            asyncio.create_task(one.connect(got[name].extend))
            for one, name in zip(official, ("url", "feed"), strict=True)
        ]
        handling = asyncio.create_task(handle())
        await until(lambda: [one.subscriptions for one in hub.stats().readers] == [1] * 4)
        server.peers[0].send(trade("A", 1))
        await asyncio.wait_for(handling, PATIENCE_S)
        await until(lambda: got["url"] and got["feed"] and any("T" in x for x in got["threaded"]))
        await client.close_stream()
        await asyncio.to_thread(threaded.close_stream)
        for one in official:
            await one.close()
        await asyncio.gather(*tasks)
        assert got["async"][0]["q"] == got["url"][0].sequence_number == 1


# ----------------------------------------------------------------------------- other libraries


async def talk(send: Callable[[str], Any], receive: Callable[[], Any]) -> None:
    """What a client of the protocol says, up to a confirmed subscription."""
    assert json.loads(await receive())[0]["status"] == "connected"
    await send('{"action":"auth","params":"any"}')
    assert json.loads(await receive())[0]["status"] == "auth_success"
    await send('{"action":"subscribe","params":"T.A"}')
    assert json.loads(await receive())[0]["message"] == "subscribed to: T.A"


@in_each_loop
async def test_websockets_reads_it(path: Path) -> None:
    websockets = pytest.importorskip("websockets")
    async with (
        scripted_hub(path) as (server, _),
        websockets.unix_connect(str(path), uri="ws://localhost/stocks") as client,
    ):
        await talk(client.send, client.recv)
        server.peers[0].send(trade("A", 1))
        assert numbers(json.loads(await client.recv())) == [1]


@in_each_loop
async def test_aiohttp_reads_it(path: Path) -> None:
    async with (
        scripted_hub(path) as (server, _),
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.ws_connect("ws://localhost/stocks") as client,
    ):
        await talk(client.send_str, client.receive_str)
        server.peers[0].send(trade("A", 1))
        assert numbers(json.loads(await client.receive_str())) == [1]


# ------------------------------------------------------------------------------- slow readers


SMALL = {"max_reader_bytes": 100_000, "max_delay": 0.0}


@in_each_loop
async def test_a_slow_reader_loses_its_own_and_is_told(path: Path) -> None:
    async with (
        scripted_hub(path, **SMALL) as (server, hub),
        reader_of(hub.url, "T.*", overflow="block", max_buffer_bytes=50_000) as slow,
        reader_of(hub.url, "T.*") as other,
    ):
        got: list[int] = []

        async def read() -> None:
            async for batch in other:
                got.extend(numbers(list(batch)))

        reading = asyncio.create_task(read())
        peer = server.peers[0]
        sent = await flood(peer, hub, lambda: hub.stats().readers[0].is_behind)
        peer.send(*(trade("C", sent + n) for n in range(10)))
        found: list[Any] = []
        async with asyncio.timeout(PATIENCE_S):
            async for batch in slow:
                found += batch
                if found[-1].get("q") == sent + 9:
                    break
        gap = found[-2]
        assert isinstance(gap, Gap)
        assert gap.code == 1013
        assert gap.lost_by_channel == {"T": 9} == dict(hub.stats().lost_by_channel)
        assert numbers(found[:-2]) == list(range(sent))
        await until(lambda: len(got) == sent + 10)
        assert got == list(range(sent + 10))
        await other.close()
        await reading


@in_each_loop
async def test_one_who_never_reads_again_is_let_go(path: Path) -> None:
    async with scripted_hub(path, "T.*", **SMALL, policy="disconnect") as (server, hub):
        await until(lambda: server.peers and server.peers[0].held)
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
            session.ws_connect("ws://localhost/stocks") as client,
        ):
            await talk(client.send_str, client.receive_str)
            transport = client.get_extra_info("socket")
            assert transport is not None
            client._conn.transport.pause_reading()  # type: ignore[union-attr]
            await flood(server.peers[0], hub, lambda: hub.stats().evicted == 1)
            await until(lambda: not hub.stats().readers)
            assert client._conn is not None
            client._conn.transport.resume_reading()  # type: ignore[union-attr]


# ------------------------------------------------------------------------- how connections end


class RawServer:
    """A server on a Unix socket that opens one WebSocket and leaves the rest to the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head = b""
        self.connected = asyncio.Event()

    async def __aenter__(self) -> RawServer:
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.head = await reader.readuntil(b"\r\n\r\n")
        (key,) = (
            line.partition(b": ")[2].decode()
            for line in self.head.split(b"\r\n")
            if line.startswith(b"Sec-WebSocket-Key")
        )
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_for(key).encode() + b"\r\n\r\n"
        )
        writer.write(frames.frame(array([status("CONNECTED")])))
        await reader.read(1)  # the key; what follows is left unread
        writer.write(frames.frame(array([status("AUTH_SUCCESS")])))
        self.connected.set()


@pytest.mark.parametrize("unread", [False, True])
@pytest.mark.parametrize("count", [0, 1, 3000])
@in_each_loop
async def test_all_that_came_before_the_end_is_read(path: Path, unread: bool, count: int) -> None:
    async with RawServer(path) as server:
        session, reports = make_session(f"ws+unix://{path}:/stocks?x=1", "k", ping_interval=None)
        await session.open()
        first, *fields = server.head.split(b"\r\n")
        assert first == b"GET /stocks?x=1 HTTP/1.1"
        assert b"Host: localhost" in fields
        await server.connected.wait()
        transport = server.writer.transport
        if unread:
            # Who closes while there is something unread resets the connection.
            transport.pause_reading()  # type: ignore[attr-defined]
            session.send("subscribe", "T.A")
        for number in range(count):
            server.writer.write(frames.frame(json.dumps([trade("A", number)]).encode()))
        transport.close()
        reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
        assert isinstance(reason.error, errors.ConnectionLost)
        assert reason.code == 1006
        got = [event["q"] for batch in reports.batches for event in batch]
        assert got == list(range(count))


@in_each_loop
async def test_silence_is_noticed_by_pings(path: Path) -> None:
    async with RawServer(path) as server:
        session, _ = make_session(
            f"ws+unix://{path}:/stocks", "k", ping_interval=0.02, ping_timeout=0.02
        )
        await session.open()
        await server.connected.wait()
        reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
        assert "silent" in str(reason.error)


# --------------------------------------------------------------------------- what may go wrong


async def opening(url: str, **options: Any) -> errors.ConnectError:
    with pytest.raises(errors.ConnectError) as caught:
        await reader_of(url, "T.A", **options).open()
    return caught.value


@in_each_loop
async def test_why_nobody_answers_is_said(path: Path) -> None:
    url = f"ws+unix://{path}:/stocks"
    error = await opening(url)
    assert "No such file" in str(error)
    assert "Start the server" in str(error)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    error = await opening(url)
    assert "Connection refused" in str(error)
    assert "a server that has ended" in str(error)


@pytest.mark.skipif(os.geteuid() == 0, reason="an administrator may connect anyway")
@in_loop
async def test_who_may_not_connect_is_told_whom_to_ask(path: Path) -> None:
    async with scripted_hub(path, unix_mode=0) as (_, hub):
        assert "--unix-mode" in str(await opening(hub.url))


@in_each_loop
async def test_where_many_wait_to_be_accepted_it_waits_too(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as first:
        server.bind(str(path))
        server.listen(0)
        first.connect(str(path))
        url = f"ws+unix://{path}:/stocks"
        assert "did not open" in str(await opening(url, open_timeout=0.05))
        opened = asyncio.create_task(opening(url))
        await asyncio.sleep(0.02)
        server.accept()[0].close()
        # It is its turn, and what answers is no WebSocket server.
        accepted, _ = await asyncio.to_thread(server.accept)
        accepted.sendall(b"no\r\n\r\n")
        assert isinstance(await opened, errors.NotWebSocketError)
        accepted.close()


@in_each_loop
async def test_a_place_that_is_taken_is_refused_and_the_dead_s_is_not(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with scripted_hub(path) as (server, hub), reader_of(hub.url, "T.A") as one:
        second = hub_of(server, unix=path, port=0)
        with pytest.raises(OSError, match="another program listens there"):
            await second.start()
        # Its port is free again.
        port = int(second.url.rpartition(":")[2].partition("/")[0])
        with socket.socket() as free:
            assert free.connect_ex(("127.0.0.1", port)) != 0
        server.peers[0].send(trade("A", 1))
        assert numbers(await take(one, 1)) == [1]


@in_loop
async def test_a_token_is_asked_for_there_too(path: Path) -> None:
    async with scripted_hub(path, token="t0ken") as (_, hub):
        with pytest.raises(errors.AuthError):
            await reader_of(hub.url, "T.A", api_key="other").open()
        async with reader_of(hub.url, "T.A", api_key="t0ken"):
            pass


@in_loop
async def test_the_port_has_tls_and_the_unix_socket_has_none(path: Path) -> None:
    context = server_context(trustme.CA())
    async with scripted_hub(path, port=0, context=context) as (_, hub):
        assert [url.partition(":")[0] for url in hub.urls] == ["wss", "ws+unix"]
        async with reader_of(hub.urls[1], "T.A"):
            pass


def test_what_makes_no_sense_is_refused(path: Path) -> None:
    def refused(match: str, **options: Any) -> None:
        with pytest.raises(UsageError, match=match):
            Hub("stocks", url="ws://127.0.0.1:1/stocks", **{"unix": path, **options})

    refused("nothing to use a certificate for", context=server_context(trustme.CA()))
    refused("a host and no port", host="::1")
    refused("other machines", host="::", port=0)
    refused("octal", unix_mode=660)
    refused("Choose a short one", unix="/run/" + "a" * 107)
    with pytest.raises(UsageError, match="proxy"):
        asyncio.run(reader_of(f"ws+unix://{path}", "T.A", proxy="http://127.0.0.1:1").open())
