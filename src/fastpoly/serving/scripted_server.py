"""A server for tests: answers as the service does, or says exactly what a test wants it to say."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from fastpoly.quiet_handshake import QuietHandshake
from fastpoly.serving import frames
from fastpoly.serving.listening import Listening
from fastpoly.serving.messages import array, status
from fastpoly.serving.outlet import Outlet

logger = logging.getLogger("fastpoly.serving")

# How long a test waits for a client before it is given up as failed.
_PATIENCE_S = 45.0


class ScriptedPeer(WSListener):
    """One client of a `ScriptedServer`, as the server sees it.

    Attributes:
        number: 1, 2, 3, ... in the order in which clients came.
        path: The path of the URL that it asked for, without the slash.
        transport: The WebSocket transport, for whatever has no method here.
        outlet: The way to the client, for whatever `send` cannot do.
        received: The texts that it sent so far.
        held: The parameters that were confirmed, as `ScriptedServer.answer` does it.
        close_code: The code of its close frame, or None.
        gone: Set once the connection has ended.
    """

    transport: WSTransport

    def __init__(self, server: ScriptedServer, number: int, path: str) -> None:
        super().__init__()
        self.number = number
        self.path = path
        self.outlet = Outlet()
        self.received: list[str] = []
        self.held: list[str] = []
        self.close_code: int | None = None
        self.gone = asyncio.Event()
        self._server = server
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._arrived = asyncio.Event()
        self._parts: list[bytes] = []

    # ------------------------------------------------------------------------------ sending

    def send(self, *objects: bytes | str | dict[str, Any]) -> None:
        """Send one message: an array of the objects, each as JSON text or as a dict."""
        texts = [
            json.dumps(item, separators=(",", ":")) if isinstance(item, dict) else item
            for item in objects
        ]
        self.send_text(array(t.encode() if isinstance(t, str) else t for t in texts))

    def send_text(self, text: bytes | str) -> None:
        """Send one text message as it is."""
        self.outlet.message(text.encode() if isinstance(text, str) else text)

    def send_together(self, *texts: bytes | str) -> None:
        """Send several text messages in one write, so that they most likely come in one read."""
        self.outlet.raw(
            b"".join(frames.frame(t.encode() if isinstance(t, str) else t) for t in texts)
        )

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, frames or not."""
        self.outlet.raw(data)

    def send_status(self, name: str, tail: str = "") -> None:
        """Send a status by its name in `fastpoly.schema.STATUSES`."""
        self.send(status(name, tail))

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping."""
        self.outlet.raw(frames.frame(payload, frames.PING))

    @property
    def unsent(self) -> int:
        """How many bytes wait because the client does not read."""
        return self.outlet.buffered

    # ------------------------------------------------------------------------------- ending

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send a close frame; the client is expected to answer and to go."""
        self.outlet.raw(frames.close(code, reason))

    def hang_up(self) -> None:
        """End the TCP connection in good order (FIN), without a close frame."""
        self.outlet.finish()

    def drop(self, *, at_once: bool = False) -> None:
        """Reset the TCP connection (RST).

        Args:
            at_once: Reset it before this call returns, so that a client in the same event loop
                has no chance to read what was sent just before.
        """
        if at_once and not self.gone.is_set():
            reset_at_once(self.transport.underlying_transport.get_extra_info("socket"))
        self.outlet.reset()

    # ---------------------------------------------------------------------------- receiving

    async def receive(self) -> str:
        """Return the next text that the client sends.

        Raises:
            ConnectionError: The client has gone, or goes.
        """
        text = await self._inbox.get()
        if text is None:
            self._inbox.put_nowait(None)
            raise ConnectionError("the client has gone")
        return text

    async def request(self) -> dict[str, Any]:
        """Return the next message of the client as an object."""
        request: dict[str, Any] = json.loads(await self.receive())
        return request

    async def wait_for(self, count: int) -> list[str]:
        """Wait until the client has sent that many texts, and return all of them.

        Raises:
            TimeoutError: They did not come within 45 seconds.
        """
        async with asyncio.timeout(_PATIENCE_S):
            while len(self.received) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.received

    async def login(self) -> str:
        """Greet the client, accept whatever key it sends, and return the key."""
        self.send_status("CONNECTED")
        key = str((await self.request())["params"])
        self.send_status("AUTH_SUCCESS")
        return key

    async def confirm(self) -> list[str]:
        """Wait for one subscription or its end, confirm it, and return its parameters."""
        request = await self.request()
        params = [param.strip() for param in request["params"].split(",")]
        name = "SUBSCRIBED" if request["action"] == "subscribe" else "UNSUBSCRIBED"
        self.send(*(status(name, param) for param in params))
        return params

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What the client sent, as objects."""
        return [json.loads(text) for text in self.received]

    @property
    def requested(self) -> list[str]:
        """The parameters of all its requests to subscribe, in order."""
        return [
            param
            for request in self.requests
            if request["action"] == "subscribe"
            for param in request["params"].split(",")
        ]

    # ------------------------------------------------------------------------------- picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Enter the client."""
        self.transport = transport
        self.outlet.open(transport)
        self._server.enter(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hand on texts, and answer pings and close frames."""
        kind = frame.msg_type
        if kind == WSMsgType.PING:
            self.outlet.raw(frames.frame(frame.get_payload_as_bytes(), frames.PONG))
        elif kind == WSMsgType.CLOSE:
            self.close_code = int(frame.get_close_code())  # type: ignore[call-overload]
            self.outlet.raw(frames.frame(frame.get_payload_as_bytes(), frames.CLOSE))
            self.outlet.finish()
        elif kind == WSMsgType.PONG:
            self._server.on_pong(self, frame.get_payload_as_bytes())
        else:
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                text = b"".join(self._parts).decode("utf-8", "replace")
                self._parts.clear()
                self._on_text(text)

    def _on_text(self, text: str) -> None:
        self.received.append(text)
        self._arrived.set()
        self._inbox.put_nowait(text)
        self._server.on_text(self, text)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell the script, and whoever waits for the end."""
        self._inbox.put_nowait(None)
        self.gone.set()


Script = Callable[[ScriptedPeer], Awaitable[None]]


async def accept_everything(peer: ScriptedPeer) -> None:
    """Accept every key and confirm every parameter."""
    await peer.login()
    while True:
        await peer.confirm()


async def only_log_in(peer: ScriptedPeer) -> None:
    """Accept every key, and answer nothing else."""
    await peer.login()


async def only_greet(peer: ScriptedPeer) -> None:
    """Greet, and answer nothing at all."""
    peer.send_status("CONNECTED")


class ScriptedServer(Listening):
    """A WebSocket server on loopback for tests; an async context manager.

    With a script, it runs this coroutine for each client and says nothing by itself. Without one it
    behaves as the service does: it greets, answers the key, and confirms or refuses parameters.
    Each of these answers can be replaced by assigning to `on_connect` and `on_request`; they are
    called in the event loop as soon as the client has come or has sent a request.

    Args:
        script: Called with each client's `ScriptedPeer`. It may return at any time; the connection
            stays until one side ends it.
        context: For wss://, the server's TLS context.

    Attributes:
        port: The port that it listens on; the same again after `stop` and `start`.
        peers: The clients, in the order in which they came.
        most_at_once: How many were connected at the same time, at most.
        bad_keys: Keys that are refused.
        refused: Parameters that get ``not authorized``.
        ignored: Parameters that get no answer.
        on_connect: Called with each new client; `greet` unless replaced.
        on_request: Called with the client, the action and the parameters of each request; `answer`
            unless replaced.
        errors: What scripts raised, other than the `ConnectionError` of a client that has gone.
    """

    def __init__(
        self, script: Script | None = None, *, context: ssl.SSLContext | None = None
    ) -> None:
        self.port = 0
        self.peers: list[ScriptedPeer] = []
        self.most_at_once = 0
        self.bad_keys: set[str] = set()
        self.refused: set[str] = set()
        self.ignored: set[str] = set()
        self.on_connect: Callable[[ScriptedPeer], None] = self.greet
        self.on_request: Callable[[ScriptedPeer, str, str], None] = self.answer
        self.errors: list[BaseException] = []
        self._accepted = 0
        self._script = script
        self._context = context
        self._arrived = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._quiet = ExitStack()
        self._scripts: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen, on the same port as before if it was stopped."""
        if self._context is not None:
            self._quiet.enter_context(QuietHandshake())
        try:
            self._server = await ws_create_server(
                self._accept,
                "127.0.0.1",
                self.port,
                logger_name=logger,
                enable_auto_pong=False,
                ssl=self._context,
            )
        except BaseException:
            self._quiet.close()
            raise
        self.port = self._server.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        """Refuse new clients; those that are connected stay."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def stop(self) -> None:
        """Stop listening, end all scripts, and drop every client."""
        self.stop_listening()
        for script in list(self._scripts):
            script.cancel()
        await asyncio.gather(*self._scripts, return_exceptions=True)
        for peer in self.peers:
            if not peer.gone.is_set():
                peer.drop()
        for peer in self.peers:
            await peer.gone.wait()
        self._quiet.close()

    def url(self, path: str = "stocks") -> str:
        """Return the URL of a path; every path is served."""
        scheme = "ws" if self._context is None else "wss"
        return f"{scheme}://127.0.0.1:{self.port}/{path}"

    async def peer(self, number: int = 1) -> ScriptedPeer:
        """Wait for the client of that number, from 1, and return it.

        Raises:
            TimeoutError: It did not come within 45 seconds.
        """
        async with asyncio.timeout(_PATIENCE_S):
            while len(self.peers) < number:
                self._arrived.clear()
                await self._arrived.wait()
        return self.peers[number - 1]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What all clients sent, as objects, client after client."""
        return [request for peer in self.peers for request in peer.requests]

    # ------------------------------------------------------------ answers without a script

    def greet(self, peer: ScriptedPeer) -> None:
        """Send the greeting."""
        peer.send_status("CONNECTED")

    def answer(self, peer: ScriptedPeer, action: str, params: str) -> None:
        """Answer a request as the service does."""
        if action != "auth":
            replies = list(self.replies(peer, action, [p.strip() for p in params.split(",")]))
            if replies:
                peer.send(*replies)
        elif params in self.bad_keys:
            peer.send_status("AUTH_FAILED")
            peer.hang_up()
        else:
            peer.send_status("AUTH_SUCCESS")

    def replies(self, peer: ScriptedPeer, action: str, params: list[str]) -> Iterable[bytes]:
        """Yield refusals, then confirmations; nothing for what changes nothing."""
        taken = [param for param in params if param not in self.ignored]
        for param in taken:
            if action == "subscribe" and param in self.refused:
                yield status("NOT_AUTHORIZED")
        for param in taken:
            if action == "subscribe" and param not in self.refused and param not in peer.held:
                peer.held.append(param)
                yield status("SUBSCRIBED", param)
            elif action == "unsubscribe" and param in peer.held:
                peer.held.remove(param)
                yield status("UNSUBSCRIBED", param)

    # ---------------------------------------------------------------------- what peers call

    def _accept(self, request: WSUpgradeRequest) -> ScriptedPeer:
        self._accepted += 1
        return ScriptedPeer(self, self._accepted, request.path.decode().strip("/"))

    def enter(self, peer: ScriptedPeer) -> None:
        """Enter a client that has just come; run its script or greet it."""
        self.peers.append(peer)
        at_once = sum(not peer.gone.is_set() for peer in self.peers)
        self.most_at_once = max(self.most_at_once, at_once)
        self._arrived.set()
        if self._script is None:
            self.on_connect(peer)
            return
        task = asyncio.get_running_loop().create_task(self._run(self._script, peer))
        self._scripts.add(task)
        task.add_done_callback(self._scripts.discard)

    def on_text(self, peer: ScriptedPeer, text: str) -> None:
        """Answer a client's text, unless a script does."""
        if self._script is None:
            request = json.loads(text)
            self.on_request(peer, request["action"], request["params"])

    def on_pong(self, peer: ScriptedPeer, payload: bytes) -> None:
        """Take note of a client's pong; does nothing unless replaced."""

    async def _run(self, script: Script, peer: ScriptedPeer) -> None:
        try:
            await script(peer)
        except ConnectionError:
            pass
        except Exception as error:
            self.errors.append(error)
            peer.drop()


def reset_at_once(sock: Any) -> None:
    """Reset a connection before any event loop gets to read what was sent on it.

    Args:
        sock: The socket, which stays with its owner: its descriptor is replaced by another one that
            the owner can still close.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with socket.socket() as other:
        os.dup2(other.fileno(), sock.fileno())
