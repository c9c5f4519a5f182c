"""A server in the test's own loop that says what the test tells it to, frame by frame."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from typing import Any, cast

import picows
import trustme

from fastpoly import schema

STATUSES = {spec.name: spec for spec in schema.STATUSES}


def status(name: str, tail: str = "") -> dict[str, str]:
    spec = STATUSES[name]
    return {"ev": "status", "status": spec.status, "message": spec.message + tail}


def trade(symbol: str = "AAPL", q: int = 1, **more: Any) -> dict[str, Any]:
    base = {"ev": "T", "sym": symbol, "i": str(q), "x": 4, "p": 10.5, "s": 100, "t": 1781706600000}
    return base | {"q": q, "z": 3} | more


def quote(symbol: str = "AAPL", q: int = 1) -> dict[str, Any]:
    return {
        "ev": "Q",
        "sym": symbol,
        "bx": 4,
        "ax": 7,
        "bp": 10.4,
        "ap": 10.6,
        "bs": 100,
        "as": 200,
        "t": 1781706600000,
        "q": q,
        "z": 3,
    }


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


def reset(sock: Any) -> None:
    """Resets a connection at once: nobody's loop gets to read in between what was sent and this."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with socket.socket() as other:
        os.dup2(other.fileno(), sock.fileno())  # so that whoever owns the socket can still close it


class Peer(picows.WSListener):
    """The server's side of one connection."""

    def __init__(self, server: ScriptedServer, path: str) -> None:
        self.server = server
        self.path = path
        self.requests: list[dict[str, str]] = []
        self.held: list[str] = []
        self.gone = asyncio.Event()
        self.close_code: int | None = None
        self.transport: picows.WSTransport

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport
        self.server.peers.append(self)
        self.server.arrived.set()
        self.server.on_connect(self)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            self.close_code = int(cast(int, frame.get_close_code()))
            if not transport.is_close_frame_sent:
                transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif frame.msg_type == picows.WSMsgType.TEXT:
            request = json.loads(frame.get_payload_as_bytes())
            self.requests.append(request)
            self.server.on_request(self, request["action"], request["params"])

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.gone.set()

    def send(self, *objects: dict[str, Any]) -> None:
        self.send_text(json.dumps(objects, separators=(",", ":")))

    def send_text(self, text: str | bytes, **flags: Any) -> None:
        self.transport.send(picows.WSMsgType.TEXT, text, **flags)

    def write_raw(self, data: bytes) -> None:
        self.transport.underlying_transport.write(data)

    def close(self, code: int, reason: str = "") -> None:
        self.transport.send_close(cast(picows.WSCloseCode, code), reason.encode())

    def drop(self) -> None:
        self.transport.disconnect(False)

    def reset(self) -> None:
        """Resets the line, at once."""
        reset(self.transport.underlying_transport.get_extra_info("socket"))
        self.drop()

    def finish(self) -> None:
        """Ends the line with a FIN and no close frame."""
        self.transport.disconnect(True)

    @property
    def asked(self) -> list[str]:
        """Parameters of all requests to subscribe, in order."""
        return [
            param
            for request in self.requests
            if request["action"] == "subscribe"
            for param in request["params"].split(",")
        ]


class ScriptedServer:
    """Greets, accepts any key but ``bad``, confirms each parameter; every step can be replaced.

    Attributes:
        refused: Parameters that get ``not authorized``.
        ignored: Parameters that get no answer.
        peers: Connections, in the order in which they came.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.peers: list[Peer] = []
        self.arrived = asyncio.Event()
        self.refused: set[str] = set()
        self.ignored: set[str] = set()
        self.on_connect: Callable[[Peer], None] = self.greet
        self.on_request: Callable[[Peer, str, str], None] = self.answer
        self._context = context
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> ScriptedServer:
        self._server = await picows.ws_create_server(
            lambda request: Peer(self, request.path.decode()),
            "127.0.0.1",
            self.port,
            ssl=self._context,
            enable_auto_pong=True,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stops listening and drops every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for peer in self.peers:
            if not peer.gone.is_set():
                peer.drop()
        for peer in self.peers:
            await asyncio.wait_for(peer.gone.wait(), 5)

    @property
    def url(self) -> str:
        scheme = "ws" if self._context is None else "wss"
        return f"{scheme}://127.0.0.1:{self.port}/stocks"

    async def peer(self, number: int = 1) -> Peer:
        """Waits for the connection of that number, from 1."""
        async with asyncio.timeout(10):
            while len(self.peers) < number:
                self.arrived.clear()
                await self.arrived.wait()
        return self.peers[number - 1]

    def greet(self, peer: Peer) -> None:
        peer.send(status("CONNECTED"))

    def answer(self, peer: Peer, action: str, params: str) -> None:
        if action == "auth":
            if params == "bad":
                peer.send(status("AUTH_FAILED", "authentication failed"))
                peer.drop()
            else:
                peer.send(status("AUTH_SUCCESS"))
            return
        replies = list(self.replies(peer, action, params.split(",")))
        if replies:
            peer.send(*replies)

    def replies(self, peer: Peer, action: str, params: list[str]) -> Iterable[dict[str, str]]:
        """Refusals first, then confirmations, none for what changes nothing."""
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


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Waits until a condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)
