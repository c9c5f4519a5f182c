"""How lines end over aiofastnet on uvloop: a reset is noticed, and all that came before it is read.

What has to hold anywhere is tested on asyncio's loop too, where no watch is needed.
"""

from __future__ import annotations

import asyncio
import gc
import os
import select
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import aiofastnet
import pytest
import trustme
import uvloop

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.net.session import Session
from fastpoly.net.uvloop_resets import ResetWatch
from fastpoly.serving.scripted_server import reset_at_once
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.net.events import trade
from tests.net.sessions import Reports, make_session
from tests.net.tls import client_context, server_context
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no epoll")

EVENTS_IN_A_FRAME = 100
READ_AT_MOST = 256 * 1024  # before the transport lets the loop have its turn


def run(main: Coroutine[Any, Any, None], factory: Any = uvloop.new_event_loop) -> None:
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)
    gc.collect()  # so that a socket or a transport left behind complains in this test


class Line:
    """A session over TLS or not, and the server's side of it."""

    def __init__(
        self,
        authority: trustme.CA,
        secure: bool = True,
        use_aiofastnet: bool | None = None,
        proxy: str | None = None,
    ) -> None:
        self.got: list[int] = []
        self.server = ScriptedServer(context=server_context(authority) if secure else None)
        self._options: dict[str, Any] = {
            "ssl": client_context(authority),
            "ping_interval": None,  # or pings would find the line dead
            "use_aiofastnet": use_aiofastnet,
            "proxy": proxy,
        }

    async def __aenter__(self) -> Line:
        await self.server.__aenter__()
        self.session = await self.open()
        self.peer = await self.server.peer()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        await self.server.stop()

    def take(self, batch: Batch) -> None:
        self.got.extend(event["q"] for event in batch)

    async def open(self) -> Session:
        session, _ = make_session(self.server.url(), "key", Reports(self.take), **self._options)
        await session.open()
        return session

    @property
    def transport(self) -> Any:
        assert self.session._transport is not None
        return self.session._transport.underlying_transport

    def send(self, frames: int) -> list[int]:
        """Sends frames of events; returns their numbers."""
        numbers = list(range(frames * EVENTS_IN_A_FRAME))
        for begin in range(0, len(numbers), EVENTS_IN_A_FRAME):
            self.peer.send(*(trade(q=q) for q in numbers[begin : begin + EVENTS_IN_A_FRAME]))
        return numbers

    async def ended(self) -> tuple[int, str]:
        reason = await asyncio.wait_for(self.session.closed(), PATIENCE_S)
        return reason.code, reason.reason


BOTH_LOOPS = pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
PLAIN_AND_TLS = pytest.mark.parametrize("secure", [False, True])


@pytest.mark.sampled
@BOTH_LOOPS
@PLAIN_AND_TLS
@pytest.mark.parametrize("use_aiofastnet", [True, False, None])
def test_which_transport(
    factory: Callable[[], Any], secure: bool, use_aiofastnet: bool | None, authority: trustme.CA
) -> None:
    async def main() -> None:
        async with Line(authority, secure, use_aiofastnet) as line:
            wanted = use_aiofastnet
            if wanted is None:
                wanted = secure or factory is asyncio.new_event_loop
            assert isinstance(line.transport, aiofastnet.Transport) is wanted

    run(main(), factory)


@pytest.mark.sampled
@PLAIN_AND_TLS
@pytest.mark.parametrize("frames", [0, 1, 5])
@pytest.mark.parametrize("paused", [False, True])
def test_all_that_came_before_a_reset_is_read(
    secure: bool, frames: int, paused: bool, authority: trustme.CA
) -> None:
    async def main() -> None:
        async with Line(authority, secure, use_aiofastnet=True) as line:
            if paused:
                line.session.pause_reading()
            sent = line.send(frames)
            line.peer.drop(at_once=True)
            if paused:
                await asyncio.sleep(0.05)
                assert line.got == []
                line.session.resume_reading()
            assert await line.ended() == (1006, "")
            assert line.got == sent
            assert isinstance((await line.session.closed()).error, errors.ConnectionLost)

    run(main())


@PLAIN_AND_TLS
def test_what_one_read_does_not_bring_is_read_too(secure: bool, authority: trustme.CA) -> None:
    async def main() -> None:
        async with Line(authority, secure, use_aiofastnet=True) as line:
            line.session.pause_reading()
            sock = line.session._socket
            assert sock is not None
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            sent: list[int] = []
            while (before := line.session.backlog_bytes) <= READ_AT_MOST:
                sent += line.send(1)
                await until(lambda: line.session.backlog_bytes > before + 5000)
            line.session.resume_reading()
            line.peer.drop(at_once=True)
            assert await line.ended() == (1006, "")
            assert line.got == sent

    run(main())


@PLAIN_AND_TLS
@pytest.mark.parametrize("paused", [False, True])
def test_a_close_frame_before_a_reset_counts(
    secure: bool, paused: bool, authority: trustme.CA
) -> None:
    async def main() -> None:
        async with Line(authority, secure, use_aiofastnet=True) as line:
            if paused:
                line.session.pause_reading()
            sent = line.send(2)
            line.peer.close(1012, "later")
            line.peer.drop(at_once=True)
            await asyncio.sleep(0.05)
            line.session.resume_reading()
            assert await line.ended() == (1012, "later")
            assert line.got == sent

    run(main())


@pytest.mark.sampled
@BOTH_LOOPS
@pytest.mark.parametrize("how", [1000, 1012, "FIN"])
def test_an_end_in_order_keeps_its_code_and_all_that_was_sent(
    factory: Callable[[], Any], how: int | str, authority: trustme.CA
) -> None:
    async def main() -> None:
        async with Line(authority) as line:
            sent = line.send(60)
            if isinstance(how, int):
                line.peer.close(how, "done")
            else:
                line.peer.hang_up()
            assert await line.ended() == ((how, "done") if isinstance(how, int) else (1006, ""))
            assert line.got == sent

    run(main(), factory)


def test_a_reset_instead_of_the_end_of_closing(authority: trustme.CA) -> None:
    """TLS that is closed waits for the other side's part, which will not come after a reset."""

    async def main() -> None:
        async with Line(authority) as line:
            line.peer.transport.underlying_transport.pause_reading()
            line.peer.close(1000)
            # The answer to the close frame lies unread, and this side waits for the end of TLS.
            await until(line.transport.is_closing)
            assert line.session._transport is not None
            assert not line.session._transport.is_disconnected
            line.peer.send_raw(b"more")
            line.peer.drop(at_once=True)
            assert await line.ended() == (1000, "")

    run(main())


def test_through_a_proxy(authority: trustme.CA) -> None:
    """There TLS has a transport of its own above the one that reads the socket."""

    async def main() -> None:
        near: list[asyncio.StreamWriter] = []

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            near.append(writer)
            request = await reader.readuntil(b"\r\n\r\n")
            host, port = request.split()[1].decode().split(":")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

        async with await asyncio.start_server(serve, "127.0.0.1") as proxy:
            port = proxy.sockets[0].getsockname()[1]
            async with Line(authority, proxy=f"http://127.0.0.1:{port}") as line:
                line.session.pause_reading()
                sent = line.send(3)
                await until(lambda: line.session.backlog_bytes > 15_000)
                line.session.resume_reading()
                reset_at_once(near[0].get_extra_info("socket"))
                near[0].close()
                assert await line.ended() == (1006, "")
                assert line.got == sent

    run(main())


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.sampled
@PLAIN_AND_TLS
@pytest.mark.parametrize("how", ["close", "abort", "reset", "FIN"])
def test_nothing_is_left_behind(secure: bool, how: str, authority: trustme.CA) -> None:
    async def main() -> None:
        async with Line(authority, secure, use_aiofastnet=True) as line:
            before = descriptors()
            for number in range(2, 7):
                session = await line.open()
                peer: ScriptedPeer = await line.server.peer(number)
                assert descriptors() > before
                if how == "close":
                    await session.close()
                elif how == "abort":
                    session.abort()
                elif how == "reset":
                    peer.send(trade())
                    peer.drop(at_once=True)
                else:
                    peer.hang_up()
                reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
                assert (reason.error is None) is (how in ("close", "abort"))
                await peer.gone.wait()
                await until(lambda: descriptors() == before)
            # The first line has not been touched by the ends of the others.
            sent = line.send(1)
            await until(lambda: line.got[-len(sent) :] == sent)
            assert line.session.is_open

    run(main())


# ---------------------------------------------------------------------------- while it is opened


async def accept(listening: socket.socket) -> socket.socket:
    loop = asyncio.get_running_loop()
    connection, _ = await loop.sock_accept(listening)
    return connection


@pytest.mark.parametrize(
    ("after_tls", "said"),
    [
        (False, "ended the connection during the TLS handshake"),
        (True, "closed the connection before it became a WebSocket"),
    ],
)
def test_a_reset_in_the_middle_of_opening(
    after_tls: bool, said: str, authority: trustme.CA
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        before = descriptors()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            port = listening.getsockname()[1]
            session, _ = make_session(
                f"wss://127.0.0.1:{port}/stocks", "key", ssl=client_context(authority)
            )
            opening = asyncio.ensure_future(session.open())
            connection = await accept(listening)
            with connection:
                if after_tls:
                    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                    tls = server_context(authority).wrap_bio(incoming, outgoing, server_side=True)
                    request = b""
                    while not request:
                        incoming.write(await loop.sock_recv(connection, 65536))
                        try:
                            tls.do_handshake()
                            request = tls.read(65536)
                        except ssl.SSLWantReadError:
                            await loop.sock_sendall(connection, outgoing.read())
                    tls.write(b"HTTP/1.1 101 Swi")
                    connection.send(outgoing.read())
                else:
                    await loop.sock_recv(connection, 65536)
                    connection.send(b"\x16\x03\x03\x00\x7a\x02")
                reset_at_once(connection)
            with pytest.raises(errors.ConnectError, match=said):
                await asyncio.wait_for(opening, PATIENCE_S)
        await until(lambda: descriptors() == before)

    run(main())


# ------------------------------------------------------------------------------- the watch itself


def test_a_watch_that_has_nothing_to_do() -> None:
    async def main() -> None:
        before = descriptors()
        near, far = socket.socketpair()
        with near, far:
            watch = ResetWatch()
            watch.stop()
            watch.start(near)
            watch.start(near)  # as after a redirect
            assert descriptors() == before + 3
            far.close()  # a hang-up and no error
            await until(lambda: descriptors() == before + 1)
            watch.stop()
            watch.start(near)
        watch.stop()
        watch.stop()
        assert descriptors() == before

    for factory in (asyncio.new_event_loop, uvloop.new_event_loop):
        run(main(), factory)


@BOTH_LOOPS
def test_a_watch_that_outlives_its_loop(factory: Callable[[], Any]) -> None:
    before = descriptors()
    watch = ResetWatch()
    with socket.socket() as sock:

        async def main() -> None:
            watch.start(sock)

        loop = factory()
        loop.run_until_complete(main())
        loop.close()
        watch.stop()
    gc.collect()
    assert descriptors() == before


def test_a_socket_that_is_read_by_nobody() -> None:
    """A reset between two steps of opening; the next step meets with it."""

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            near = socket.create_connection(listening.getsockname())
            far, _ = listening.accept()
        with near, far:
            watch = ResetWatch()
            watch.start(near)
            far.send(b"x")
            reset_at_once(far)
            await until(lambda: watch._poll is None)
            assert near.recv(10) == b"x"
            assert near.recv(10) == b""
            assert not select.select([], [], [near], 0)[2]

    run(main())
