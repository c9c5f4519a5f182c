"""Opening a WebSocket over real sockets: answers in any shape, refusals, redirects, secrets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ssl
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
import uvloop

from fastpoly import errors
from fastpoly.net.opening.upgrade import accept_for
from fastpoly.protocol.reconnect import Backoff
from fastpoly.serving.frames import frame
from fastpoly.serving.messages import status
from fastpoly.sim import ScriptedPeer, ScriptedServer
from fastpoly.stream.stream import Stream
from tests.net.sessions import make_session
from tests.net.tls import server_context

KEY = "k3y-of-nobody"
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]

Answer = Callable[[str], bytes]
"""From the key of a request to what is sent."""


def fields(key: str, connection: str = "Upgrade") -> bytes:
    return (
        f"Upgrade: websocket\r\nConnection: {connection}\r\n"
        f"Sec-WebSocket-Accept: {accept_for(key)}\r\n\r\n"
    ).encode()


class HttpServer:
    """Answers each request for a WebSocket with bytes of the test's own.

    Attributes:
        requests: The heads of the requests.
        sent: What clients sent after that.
    """

    def __init__(self, answer: Answer, *, chop: int = 0, keep: bool = False) -> None:
        self.requests: list[bytes] = []
        self.sent = b""
        self.times: list[float] = []
        self._answer = answer
        self._chop = chop
        self._keep = keep
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, context: ssl.SSLContext | None = None) -> HttpServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aenter__(self) -> HttpServer:
        return self if self._server else await self.start()

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            self.times.append(time.monotonic())
            key = next(
                line.partition(b": ")[2].decode()
                for line in head.split(b"\r\n")
                if line.startswith(b"Sec-WebSocket-Key")
            )
            data = self._answer(key)
            for at in range(0, len(data), self._chop or len(data)):
                writer.write(data[at : at + (self._chop or len(data))])
                await writer.drain()
                await asyncio.sleep(0)
            while self._keep and (more := await reader.read(4096)):
                self.sent += more
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def logged_in(key: str) -> bytes:
    """An answer with the whole login right behind it, and one trade."""
    return (
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 101 OK\r\n"
        + fields(key, "keep-alive, Upgrade")
        + frame(b"[" + status("CONNECTED") + b"," + status("AUTH_SUCCESS") + b"]")
        + b"".join(frame(b'[{"ev":"T","sym":"A","q":%d}]' % q) for q in range(100))
    )


@pytest.mark.sampled
@pytest.mark.parametrize("loop_factory", LOOPS)
@pytest.mark.parametrize("aiofastnet", [True, False])
@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize("chop", [0, 3])
def test_frames_right_behind_the_answer(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
    authority: trustme.CA,
    tmp_path: Path,
    aiofastnet: bool,
    secure: bool,
    chop: int,
) -> None:
    pem = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(pem)

    async def main() -> None:
        server = HttpServer(logged_in, chop=chop * 97 if secure else chop, keep=True)
        async with await server.start(server_context(authority) if secure else None):
            url = f"{'wss' if secure else 'ws'}://127.0.0.1:{server.port}/stocks"
            session, reports = make_session(
                url, KEY, ssl=pem, use_aiofastnet=aiofastnet, close_timeout=0.05
            )
            await session.open()
            async with asyncio.timeout(20):
                while sum(map(len, reports.batches)) < 100:
                    await asyncio.sleep(0.001)
            events = [event["q"] for batch in reports.batches for event in batch]
            assert events == list(range(100))
            await session.close()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())
    gc.collect()


REFUSALS: list[tuple[Answer, type[errors.FastpolyError], str]] = [
    (lambda key: b"HTTP/1.0 101 OK\r\n" + fields(key), errors.NotWebSocketError, r"HTTP/1\.0"),
    (
        lambda key: b"HTTP/1.1 101 OK\r\n" + fields("other"),
        errors.NotWebSocketError,
        "Sec-WebSocket-Accept",
    ),
    (
        lambda key: b"HTTP/1.1 101 OK\r\nSec-WebSocket-Extensions: x\r\n" + fields(key),
        errors.NotWebSocketError,
        "extension that was not offered",
    ),
    (
        lambda key: b"HTTP/1.1 101 OK\r\nSec-WebSocket-Protocol: x\r\n" + fields(key),
        errors.NotWebSocketError,
        "subprotocol that was not offered",
    ),
    (
        lambda key: b"\x15\x03\x01\x00\x02\x02\x46",
        errors.NotWebSocketError,
        "speaks TLS.*Use wss://",
    ),
    (
        lambda key: b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\n\r\n",
        errors.TooManyRequestsError,
        "left alone for 3 s",
    ),
    (
        lambda key: b"HTTP/1.1 503 Service Unavailable\r\n\r\n",
        errors.ServiceUnavailableError,
        "HTTP 503",
    ),
    (lambda key: b"HTTP/1.1 401 Unauthorized\r\n\r\n", errors.AccessDeniedError, "not sent yet"),
    (lambda key: b"HTTP/1.1 403 Forbidden\r\n\r\n", errors.AccessDeniedError, "not sent yet"),
]


@pytest.mark.sampled
@pytest.mark.parametrize(("answer", "kind", "text"), REFUSALS)
def test_refusals(answer: Answer, kind: type[errors.FastpolyError], text: str) -> None:
    async def main() -> None:
        async with await HttpServer(answer, keep=True).start() as server:
            session, _ = make_session(f"ws://127.0.0.1:{server.port}/stocks?a=sesame", KEY)
            with pytest.raises(kind, match=text) as caught:
                await session.open()
            assert caught.value.hint
            assert "sesame" not in f"{caught.value}"
            assert KEY.encode() not in server.sent

    asyncio.run(main())
    gc.collect()


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(code: int) -> None:
    async def main() -> None:
        async with ScriptedServer() as other:

            def answer(key: str) -> bytes:
                location = other.url().replace("ws://", "ws://user:sesame@")
                return f"HTTP/1.1 {code} Elsewhere\r\nLocation: {location}\r\n\r\n".encode()

            async with await HttpServer(answer).start() as server:
                session, _ = make_session(f"ws://127.0.0.1:{server.port}/stocks", KEY)
                with pytest.raises(errors.RedirectError, match="not followed") as caught:
                    await session.open()
                assert caught.value.location == other.url()
                assert "sesame" not in str(caught.value)
            assert not other.peers

    asyncio.run(main())
    gc.collect()


def test_a_server_that_asks_for_time_gets_it() -> None:
    async def main() -> None:
        server = HttpServer(lambda key: b"HTTP/1.1 429 Slow down\r\nRetry-After: 1\r\n\r\n")
        async with await server.start():
            policy = Backoff(initial_s=0, retry_first=True, max_attempts=2)
            stream = Stream(
                *("stocks", "T.*"),
                api_key=KEY,
                url=f"ws://127.0.0.1:{server.port}",
                reconnect=policy,
            )
            with pytest.raises(errors.TooManyRequestsError):
                await stream.open()
            waits = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
            assert len(waits) == 2
            assert min(waits) >= 0.99

    asyncio.run(main())
    gc.collect()


@pytest.mark.parametrize("message", ["authenticated", "Authenticated", "welcome", ""])
def test_a_key_is_accepted_by_the_status(message: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            server.on_request = lambda peer, action, params: peer.send(
                {"ev": "status", "status": "auth_success", "message": message}
            )
            session, _ = make_session(server.url(), KEY)
            await session.open()
            await session.close()

    asyncio.run(main())


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("word", ["error", "under_maintenance"])
def test_an_answer_that_is_not_understood_is_in_the_error(word: str, ends: bool) -> None:
    def answer(peer: ScriptedPeer, action: str, params: str) -> None:
        peer.send({"ev": "status", "status": word, "message": "come back at noon"})
        if ends:
            peer.hang_up()

    async def main() -> None:
        async with ScriptedServer() as server:
            server.on_request = answer
            session, _ = make_session(server.url(), KEY, auth_timeout=5 if ends else 0.1)
            with pytest.raises(errors.ConnectionLost, match=f"{word}: come back at noon"):
                await session.open()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SLOW_CONSUMER", errors.SlowReaderError),
        ("FORCE_DISCONNECT", errors.ForcedDisconnect),
    ],
)
def test_statuses_that_end_a_connection(name: str, kind: type[errors.ServerError]) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            session, _ = make_session(server.url(), KEY)
            await session.open()
            server.peers[0].send_status(name)
            server.peers[0].close(1008, "out")
            end = await asyncio.wait_for(session.closed(), 10)
            assert type(end.error) is kind
            assert end.error.hint

    asyncio.run(main())


@pytest.mark.sampled
@pytest.mark.parametrize("password", ["sesame", "sesam%C3%A9", "ses%40me", "sesam\u00e9"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks4", "socks5"])
def test_a_proxy_that_gives_up_does_not_show_its_password(
    caplog: pytest.LogCaptureFixture, scheme: str, password: str
) -> None:
    served: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.append(task)
        with contextlib.suppress(ConnectionError):
            await reader.read(10)
            writer.write(b"\x05\x02" if scheme == "socks5" else b"\x00")
            writer.close()
            await writer.wait_closed()

    async def main() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1") as server:
            port = server.sockets[0].getsockname()[1]
            session, _ = make_session(
                "ws://feed.example.test/stocks",
                KEY,
                proxy=f"{scheme}://user:{password}@127.0.0.1:{port}",
                open_timeout=5,
            )
            with pytest.raises((errors.ConnectError, errors.UsageError)) as caught:
                await session.open()
            report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
            report.stack = traceback.StackSummary.from_list(list(report.stack)[1:])
            shown = "".join(report.format()) + repr(vars(session)) + caplog.text
            assert "ses" not in shown.replace("session", "").replace("Session", "")
            assert caught.value.hint
            await asyncio.gather(*served)

    with caplog.at_level(1):
        asyncio.run(main())
    gc.collect()
