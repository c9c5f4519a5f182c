from __future__ import annotations

import asyncio
import gc
import json
import logging
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import trustme
from picows import WSFrame, WSMsgType, WSTransport

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.net.session import Session
from fastpoly.protocol.statuses import ControlMessage
from fastpoly.serving.frames import CONTINUATION, PING, frame
from fastpoly.serving.messages import status
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.heap import native_bytes
from tests.net.events import quote, trade
from tests.net.sessions import Reports, make_session
from tests.net.tls import server_context
from tests.waiting import PATIENCE_S, until

KEY = "k3y-of-nobody"


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)
    gc.collect()  # so that a socket or a future left behind complains in this test


def uvloop_run(main: Coroutine[Any, Any, None]) -> None:
    uvloop = pytest.importorskip("uvloop")
    uvloop.run(main)
    gc.collect()


@pytest.fixture(params=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    return run if request.param == "asyncio" else uvloop_run


def make(
    url: str, key: str = KEY, **options: Any
) -> tuple[Session, list[Batch], list[ControlMessage]]:
    session, reports = make_session(url, key, **options)
    return session, reports.batches, reports.statuses


@pytest.mark.sampled
@pytest.mark.parametrize("aiofastnet", [True, False])
@pytest.mark.parametrize("secure", [True, False])
def test_a_session(
    runner: Callable[[Coroutine[Any, Any, None]], None],
    authority: trustme.CA,
    tmp_path: Path,
    secure: bool,
    aiofastnet: bool,
) -> None:
    pem = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(pem)

    async def main() -> None:
        async with ScriptedServer(context=server_context(authority) if secure else None) as server:
            session, batches, statuses = make(server.url(), ssl=pem, use_aiofastnet=aiofastnet)
            assert not session.is_open
            await session.open()
            assert session.is_open
            session.send("subscribe", ["T.AAPL", "Q.AAPL"])
            (peer,) = server.peers
            await until(lambda: peer.held)
            peer.send(trade(q=1), quote(q=2))
            peer.send(trade(q=3))
            await until(lambda: sum(map(len, batches)) == 3)
            events = [event for batch in batches for event in batch]
            assert [event["q"] for event in events] == [1, 2, 3]
            assert [s.status for s in statuses] == [
                "connected",
                "auth_success",
                "success",
                "success",
            ]
            assert peer.requests[0] == {"action": "auth", "params": KEY}
            assert peer.path == "stocks"
            await session.close()
            reason = await session.closed()
            assert (reason.code, reason.error) == (1000, None)
            assert peer.close_code == 1000
            assert not session.is_open
            await session.close()
            with pytest.raises(errors.ConnectionLost, match="not open"):
                session.send("subscribe", "T.AAPL")

    runner(main())


def test_data_comes_before_the_status_that_follows_it() -> None:
    order: list[str] = []

    class InOrder(Reports):
        def __init__(self) -> None:
            super().__init__(self.take)

        def take(self, batch: Batch) -> None:
            order.extend(str(event["q"]) for event in batch)

        def on_status(self, message: ControlMessage) -> None:
            order.append(message.message)

    async def main() -> None:
        async with ScriptedServer() as server:
            session, _ = make_session(server.url(), KEY, InOrder())
            await session.open()
            order.clear()
            (peer,) = server.peers
            peer.send(trade(q=1), status("SUBSCRIBED", "T.A"), trade(q=2), trade(q=3))
            await until(lambda: len(order) == 4)
            assert order == ["1", "subscribed to: T.A", "2", "3"]
            await session.close()

    run(main())


def test_a_backlog_comes_in_batches_of_a_size_that_can_be_handled() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, batches, _ = make(server.url())
            await session.open()
            (peer,) = server.peers
            session.pause_reading()
            frames, each = 400, 40
            for first in range(0, frames * each, each):
                peer.send(*(trade(q=q) for q in range(first, first + each)))
            session.resume_reading()
            await until(lambda: sum(map(len, batches)) == frames * each)
            assert [event["q"] for batch in batches for event in batch] == list(
                range(frames * each)
            )
            # Full with the frame that reaches the size; a frame has some 5 kB here.
            assert 64 * 1024 <= max(batch.nbytes for batch in batches) < 80 * 1024
            await session.close()

    run(main())


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (status("AUTH_FAILED"), errors.AuthError, "authentication failed"),
        (status("NO_PLAN"), errors.NotAuthorizedError, "doesn't include websocket"),
        (
            status("MAX_CONNECTIONS"),
            errors.ConnectionEvicted,
            "Maximum number",
        ),
        (
            status("AUTH_TIMEOUT"),
            errors.AuthError,
            "No auth",
        ),
        (status("LEGACY_AUTH_FAILED"), errors.AuthError, "authentication failed"),
    ],
)
@pytest.mark.parametrize("drop", [True, False])
def test_refused(reply: bytes, kind: type[errors.ServerError], text: str, drop: bool) -> None:
    async def main() -> None:
        def answer(peer: ScriptedPeer, action: str, params: str) -> None:
            peer.send(reply)
            if drop:
                peer.hang_up()

        async with ScriptedServer() as server:
            server.on_request = answer
            session, _, statuses = make(server.url())
            with pytest.raises(kind, match=text) as caught:
                await session.open()
            assert caught.value.status == json.loads(reply)["status"]
            assert caught.value.hint
            assert KEY not in str(caught.value)
            assert statuses[-1].status == json.loads(reply)["status"]
            reason = await session.closed()
            assert reason.error is caught.value

    run(main())


def test_no_greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastpoly.net.session.GREETING_TIMEOUT_S", 0.05)

    async def main() -> None:
        async with ScriptedServer() as server:
            server.on_connect = lambda peer: None
            session, _, _ = make(server.url())
            await session.open()
            await session.close()

    run(main())


def test_no_answer_to_the_key() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            server.on_request = lambda peer, action, params: None
            session, _, _ = make(server.url(), auth_timeout=0.05)
            with pytest.raises(
                errors.ConnectError, match=r"did not answer the API key within 0\.05"
            ):
                await session.open()
            await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE_S)

    run(main())


@pytest.mark.sampled
@pytest.mark.parametrize("code", [1000, 1001, 1006, 1008, 1011, 1012, 4321, "fin"])
def test_every_end_has_a_reason(code: int | str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, _, _ = make(server.url())
            await session.open()
            (peer,) = server.peers
            if code == 1006:
                peer.drop()
            elif code == "fin":
                peer.hang_up()
            else:
                assert isinstance(code, int)
                peer.close(code, "so long")
            reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
            expected = code if isinstance(code, int) else 1006
            assert reason.code == expected
            assert isinstance(reason.error, errors.ConnectionLost)
            assert reason.error.code == expected
            assert str(expected) in str(reason.error)
            if expected != 1006:
                assert reason.reason == "so long"
                assert "so long" in str(reason.error)

    run(main())


def test_evicted_later_and_the_server_does_not_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastpoly.net.session.REFUSAL_GRACE_S", 0.05)

    async def main() -> None:
        async with ScriptedServer() as server:
            session, _, _ = make(server.url())
            await session.open()
            server.peers[0].send_status("MAX_CONNECTIONS")
            reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
            assert isinstance(reason.error, errors.ConnectionEvicted)

    run(main())


def test_evicted_and_closed() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, _, _ = make(server.url())
            await session.open()
            server.peers[0].send_status("MAX_CONNECTIONS")
            server.peers[0].close(1008, "max_connections")
            reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
            assert reason.code == 1008
            assert isinstance(reason.error, errors.ConnectionEvicted)

    run(main())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x83\x00", 1002),  # a reserved opcode
        (b"\x81\x80\x00\x00\x00\x00", 1002),  # masked, which a server must not
        (b"\x88\x02\x03\xe8" * 2, 1000),  # two close frames
    ],
)
def test_what_is_not_a_frame_ends_the_line(data: bytes, code: int) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, _, _ = make(server.url())
            await session.open()
            server.peers[0].send_raw(data)
            reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
            assert isinstance(reason.error, errors.ConnectionLost)
            assert reason.code in (code, 1002)

    run(main())


@pytest.mark.skipif(native_bytes() is None, reason="asks glibc")
def test_a_session_that_is_over_gives_its_memory_back() -> None:
    """Whatever still refers to it: errors keep the frames that they came through."""
    text = b"[" + b",".join([b'{"ev":"T","sym":"A" ,"q":1}'] * 3_000) + b"]"
    over: list[Session] = []

    async def one() -> None:
        async with ScriptedServer() as server:
            session, batches, _ = make(server.url())
            over.append(session)
            await session.open()
            (peer,) = server.peers
            peer.send_raw(frame(text, final=False))
            peer.send_raw(frame(b" " * len(text), CONTINUATION))
            await until(lambda: batches)
            assert len(batches.pop()) == 3_000
            await session.close()

    for _ in range(3):
        run(one())
    before = native_bytes() or 0
    for _ in range(10):
        run(one())
    # Each would hold some seventeen times the text; the pool of all may take a store or two more.
    assert (native_bytes() or 0) - before < 30 * len(text)
    assert len(over) == 13


@pytest.mark.parametrize("fragmented", [True, False])
def test_message_over_the_limit(fragmented: bool) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, reports = make_session(server.url(), KEY, max_message_bytes=1000)
            await session.open()
            (peer,) = server.peers
            if fragmented:
                peer.send_raw(frame(b"[" * 600, final=False))
                peer.send_raw(frame(b"[" * 600, CONTINUATION))
            else:
                peer.send_text(b"[" * 1001)
            reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
            assert reason.code == 1009
            assert "max_message_bytes" in str(reason.error)
            assert len(reports.bad_frames) == 1
            assert peer.close_code == 1009

    run(main())


def test_bad_frame_is_reported_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, reports = make_session(server.url(), KEY)
            await session.open()
            (peer,) = server.peers
            peer.send_text('[{"ev":')
            peer.send(trade(q=9))
            await until(lambda: reports.batches)
            assert reports.batches[0][0]["q"] == 9
            assert len(reports.bad_frames) == 1
            assert session.counts().bad_frames == 1
            await session.close()

    run(main())


def test_text_that_is_not_utf8_ends_the_line() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, reports = make_session(server.url(), KEY)
            await session.open()
            server.peers[0].send_text(b'[{"ev":"T","sym":"\xff"}]')
            reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
            assert reason.code == 1007
            assert isinstance(reason.error, errors.ConnectionLost)
            assert reason.error.code == 1007
            assert len(reports.bad_frames) == 1
            await until(lambda: server.peers[0].close_code == 1007)

    run(main())


def test_silent_line_is_pinged_and_given_up() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, _, _ = make(server.url(), ping_interval=0.05, ping_timeout=0.1)
            await session.open()
            (peer,) = server.peers
            await until(lambda: session.condition().round_trip_s is not None)
            assert session.is_open
            # Half open: the server's side reads nothing more and answers nothing.
            peer.transport.underlying_transport.pause_reading()
            reason = await asyncio.wait_for(session.closed(), PATIENCE_S)
            assert "left a ping unanswered" in str(reason.error)

    run(main())


def test_pings_of_a_server_that_reads_no_answers(
    runner: Callable[[Coroutine[Any, Any, None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers that cannot be sent do not pile up: the latest ping's will do."""
    pongs: list[bytes] = []
    plain = ScriptedPeer.on_ws_frame

    def on_ws_frame(peer: ScriptedPeer, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.PONG:
            pongs.append(frame.get_payload_as_bytes())
        plain(peer, transport, frame)

    monkeypatch.setattr(ScriptedPeer, "on_ws_frame", on_ws_frame)
    count, size = 200_000, 125

    async def main() -> None:
        async with ScriptedServer() as server:
            session, _, _ = make(server.url(), ping_interval=None)
            await session.open()
            (peer,) = server.peers
            peer.ping(b"first")
            await until(lambda: pongs == [b"first"])
            peer.transport.underlying_transport.pause_reading()
            before = session.counts().bytes_received
            for number in range(0, count, 1000):
                peer.send_raw(
                    b"".join(
                        frame(b"%0*d" % (size, place), PING)
                        for place in range(number, number + 1000)
                    )
                )
                await until(lambda: not peer.unsent)
            await until(lambda: session.counts().bytes_received - before == count * size)
            assert session._transport is not None
            unsent = session._transport.underlying_transport.get_write_buffer_size()
            assert unsent < 1_000_000
            peer.transport.underlying_transport.resume_reading()
            await until(lambda: pongs[-1] == b"%0*d" % (size, count - 1))
            assert len(pongs) < count
            await session.close()

    runner(main())


def test_data_without_pongs_is_life() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, batches, _ = make(server.url(), ping_interval=0.05, ping_timeout=0.05)
            await session.open()
            (peer,) = server.peers
            peer.transport.underlying_transport.pause_reading()
            for number in range(20):
                peer.send(trade(q=number))
                await asyncio.sleep(0.03)
            assert session.is_open
            await session.close()
            assert sum(map(len, batches)) == 20

    run(main())


def test_line_that_is_not_read_is_not_dead() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, batches, _ = make(server.url(), ping_interval=0.05, ping_timeout=0.05)
            await session.open()
            (peer,) = server.peers
            session.pause_reading()
            session.pause_reading()
            peer.send(trade(q=1))
            await asyncio.sleep(0.3)
            assert session.is_open
            assert not batches
            session.resume_reading()
            session.resume_reading()
            await until(lambda: batches)
            await session.close()
            session.pause_reading()

    run(main())


def test_loop_that_stood_still_is_not_a_dead_line(
    runner: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    import time

    async def main() -> None:
        async with ScriptedServer() as server:
            session, _, _ = make(server.url(), ping_interval=0.05, ping_timeout=0.3)
            await session.open()
            await asyncio.sleep(0.06)
            time.sleep(1.0)  # noqa: ASYNC251 - a handler that blocks
            await asyncio.sleep(0.2)
            assert session.is_open
            await session.close()

    runner(main())


# ------------------------------------------------------------------------------- bad input


def test_host_that_does_not_resolve() -> None:
    async def main() -> None:
        session, _, _ = make("ws://no-such-host.invalid/stocks")
        with pytest.raises(
            errors.HostNotFoundError, match=r"'no-such-host\.invalid' does not"
        ) as caught:
            await session.open()
        assert "spelling" in caught.value.hint

    run(main())


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def main() -> None:
        session, _, _ = make(f"ws://127.0.0.1:{port}/stocks")
        with pytest.raises(errors.ConnectError, match="does not accept connections"):
            await session.open()

    run(main())


async def plain_server(reply: bytes | None) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if reply is not None:
            writer.write(reply)
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "HTTP 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP 200"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "is not a WebSocket server"),
        (None, "closed the connection before"),
    ],
)
def test_server_that_is_no_websocket(
    runner: Callable[[Coroutine[Any, Any, None]], None], reply: bytes | None, text: str
) -> None:
    async def main() -> None:
        async with await plain_server(reply) as server:
            port = server.sockets[0].getsockname()[1]
            session, _, _ = make(f"ws://127.0.0.1:{port}/stocks")
            with pytest.raises(errors.NotWebSocketError, match=text) as caught:
                await session.open()
            assert caught.value.hint

    runner(main())


def test_server_that_says_nothing() -> None:
    async def main() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            session, _, _ = make(f"ws://127.0.0.1:{port}/stocks", open_timeout=0.1)
            with pytest.raises(
                errors.ConnectError, match=r"did not open a connection within 0\.1 s"
            ):
                await session.open()

    run(main())


@pytest.mark.parametrize("aiofastnet", [True, False])
def test_certificates(
    runner: Callable[[Coroutine[Any, Any, None]], None],
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    aiofastnet: bool,
) -> None:
    pem = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(pem)

    async def main() -> None:
        async with ScriptedServer(context=server_context(authority)) as server:
            session, _, _ = make(server.url(), use_aiofastnet=aiofastnet)
            with pytest.raises(errors.CertificateError, match="does not verify"):
                await session.open()
            monkeypatch.setenv("SSL_CERT_FILE", str(pem))
            session, _, _ = make(server.url(), use_aiofastnet=aiofastnet)
            await session.open()
            await session.close()
        async with ScriptedServer(context=server_context(authority, "other.example")) as server:
            session, _, _ = make(server.url(), use_aiofastnet=aiofastnet)
            with pytest.raises(errors.CertificateError, match="does not verify"):
                await session.open()

    runner(main())


@pytest.mark.parametrize("aiofastnet", [True, False])
def test_tls_against_plain(
    runner: Callable[[Coroutine[Any, Any, None]], None], authority: trustme.CA, aiofastnet: bool
) -> None:
    async def main() -> None:
        async with await plain_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
            port = server.sockets[0].getsockname()[1]
            session, _, _ = make(f"wss://127.0.0.1:{port}/stocks", use_aiofastnet=aiofastnet)
            with pytest.raises(errors.NotWebSocketError, match="does not speak TLS"):
                await session.open()
        async with ScriptedServer(context=server_context(authority)) as tls:
            session, _, _ = make(tls.url().replace("wss:", "ws:"), use_aiofastnet=aiofastnet)
            with pytest.raises(errors.NotWebSocketError, match="ws:// against wss://"):
                await session.open()

    runner(main())


def test_opened_twice_and_never() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, _, _ = make(server.url())
            with pytest.raises(errors.UsageError, match="never opened"):
                await session.closed()
            await session.close()
            await session.open()
            with pytest.raises(errors.UsageError, match="opened once"):
                await session.open()
            await session.close()

    run(main())


@pytest.mark.sampled
@pytest.mark.parametrize("when", ["tcp", "upgrade", "tls", "greeting", "auth"])
def test_cancelled_while_opening_leaves_nothing(
    runner: Callable[[Coroutine[Any, Any, None]], None], authority: trustme.CA, when: str
) -> None:
    async def main() -> None:
        came, gone = asyncio.Event(), asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while await reader.read(1000):
                    came.set()
            except ConnectionError:
                pass
            gone.set()
            writer.close()

        if when in ("greeting", "auth"):
            async with ScriptedServer() as scripted:
                if when == "greeting":
                    scripted.on_connect = lambda peer: None
                scripted.on_request = lambda peer, action, params: None
                session, _, _ = make(scripted.url())
                task = asyncio.create_task(session.open())
                peer = await scripted.peer()
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await asyncio.wait_for(peer.gone.wait(), PATIENCE_S)
            return
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            scheme = "wss" if when == "tls" else "ws"
            session, _, _ = make(f"{scheme}://127.0.0.1:{port}/stocks", ping_interval=None)
            task = asyncio.create_task(session.open())
            if when == "tcp":
                await asyncio.sleep(0)
            else:
                await asyncio.wait_for(came.wait(), PATIENCE_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            if when != "tcp":
                await asyncio.wait_for(gone.wait(), PATIENCE_S)
            await session.close()

    runner(main())


def test_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    async def main() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            seen.append(request)
            if b"Proxy-Authorization" not in request:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                writer.close()
                return
            host, port = request.split()[1].decode().split(":")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

            async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
                while data := await source.read(65536):
                    target.write(data)
                target.close()

            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

        async with (
            ScriptedServer() as server,
            await asyncio.start_server(serve, "127.0.0.1") as proxy,
        ):
            port = proxy.sockets[0].getsockname()[1]
            session, _, _ = make(server.url(), proxy=f"http://user:sesame@127.0.0.1:{port}")
            await session.open()
            await session.close()
            session, _, _ = make(server.url(), proxy=f"http://127.0.0.1:{port}")
            with pytest.raises(errors.ConnectError, match=r"through the proxy.*407") as caught:
                await session.open()
            assert caught.value.hint
            await asyncio.sleep(0.05)

    run(main())
    assert seen[0].startswith(b"CONNECT 127.0.0.1:")


def test_key_in_no_log_record(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            server.bad_keys = {"bad"}
            for key in (KEY, "bad"):
                session, _, _ = make(server.url(), key)
                try:
                    await session.open()
                except errors.AuthError:
                    assert key == "bad"
                else:
                    session.send("subscribe", "T.AAPL")
                    await session.close()
                assert key not in repr(session)

    with caplog.at_level(1):
        for name in ("asyncio", "picows", "aiofastnet", "fastpoly", "fastpoly.transport"):
            logging.getLogger(name).setLevel(1)
        try:
            run(main())
        finally:
            for name in ("asyncio", "picows", "aiofastnet", "fastpoly", "fastpoly.transport"):
                logging.getLogger(name).setLevel(logging.NOTSET)
    assert any(record.name.startswith("fastpoly.transport") for record in caplog.records)
    assert KEY not in caplog.text
