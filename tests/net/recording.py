"""A server on loopback that writes down what clients send and says what a test tells it to.

It answers the greeting, ``auth`` and subscriptions as the service does, unless a test takes those
over; everything else, well-formed or not, comes from the test.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import picows

GREETING = '[{"ev":"status","status":"connected","message":"Connected Successfully"}]'
ACCEPTED = '[{"ev":"status","status":"auth_success","message":"authenticated"}]'
REFUSED = '[{"ev":"status","status":"auth_failed","message":"authentication failed"}]'
EVICTED = (
    '[{"ev":"status","status":"max_connections",'
    '"message":"Maximum number of websocket connections exceeded. "}]'
)


class Peer(picows.WSListener):  # type: ignore[misc]
    """One client's connection.

    Attributes:
        path: The path that it asked for.
        received: The texts that it sent, in order.
        lost: Set when the line is down.
        close_code: The code of the client's close frame, if it sent one.
    """

    def __init__(self, server: RecordingServer, path: str) -> None:
        self.server = server
        self.path = path
        self.received: list[str] = []
        self.lost = asyncio.Event()
        self.close_code: int | None = None
        self._arrived = asyncio.Event()

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport
        self.server.peers.append(self)
        at_once = sum(not peer.lost.is_set() for peer in self.server.peers)
        self.server.most_at_once = max(self.server.most_at_once, at_once)
        self.server.came.set()
        if self.server.greeting is not None:
            self.send(self.server.greeting)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.TEXT:
            text = frame.get_payload_as_utf8_text()
            self.received.append(text)
            self._arrived.set()
            answer = self.server.answer(self, text)
            if answer is not None:
                self.send(answer)
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            self.close_code = int(frame.get_close_code())
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.lost.set()

    @property
    def unsent(self) -> int:
        """Bytes that the client's side has not taken."""
        return int(self._transport.underlying_transport.get_write_buffer_size())

    def socket(self) -> socket.socket:
        """A socket of the caller's own on this connection."""
        fd = self._transport.underlying_transport.get_extra_info("socket").fileno()
        return socket.socket(fileno=os.dup(fd))

    def send(self, text: str | bytes) -> None:
        """Sends one text frame."""
        self._transport.send(picows.WSMsgType.TEXT, text)

    def send_events(self, *events: Any) -> None:
        """Sends events in one frame."""
        self.send(json.dumps(events, separators=(",", ":")))

    def send_frames(self, *frames: str) -> None:
        """Sends frames in one write, so that the client most likely gets them in one read."""
        self._transport.underlying_transport.write(b"".join(map(RecordingServer.frame, frames)))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Ends the connection with a close frame."""
        self._transport.send_close(picows.WSCloseCode(code), reason.encode())
        self._transport.disconnect()

    def drop(self) -> None:
        """Ends the connection without a word."""
        self._transport.underlying_transport.abort()

    async def wait_for(self, count: int) -> list[str]:
        """Waits until that many texts have come.

        Returns:
            All of them.
        """
        async with asyncio.timeout(5):
            while len(self.received) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.received


def as_service(peer: Peer, text: str) -> str | None:
    """What the service answers to a request."""
    request = json.loads(text)
    if request["action"] == "auth":
        return ACCEPTED
    return json.dumps(
        [
            {"ev": "status", "status": "success", "message": f"{request['action']}d to: {param}"}
            for param in request["params"].split(",")
        ],
        separators=(",", ":"),
    )


def only_auth(peer: Peer, text: str) -> str | None:
    """Accepts the key, and answers nothing else."""
    return ACCEPTED if '"auth"' in text else None


class RecordingServer:
    """The server; use it as an async context manager.

    Attributes:
        greeting: What a new client is told; None for nothing.
        answer: What it is told to a text, given the peer and the text; None for nothing.
        peers: Every connection, in the order in which they came.
        most_at_once: How many of them there were at one time, at the most.
    """

    def __init__(
        self,
        answer: Callable[[Peer, str], str | None] = as_service,
        *,
        greeting: str | None = GREETING,
    ) -> None:
        self.answer = answer
        self.greeting = greeting
        self.peers: list[Peer] = []
        self.most_at_once = 0
        self.came = asyncio.Event()
        self.port = 0
        self._server: asyncio.Server | None = None

    def url(self, market: str = "stocks") -> str:
        """The URL of a market."""
        return f"ws://127.0.0.1:{self.port}/{market}"

    @staticmethod
    def frame(text: str) -> bytes:
        """The bytes of a text frame."""
        payload = text.encode()
        size = len(payload)
        if size < 126:
            return bytes([0x81, size]) + payload
        if size < 1 << 16:
            return bytes([0x81, 126]) + size.to_bytes(2, "big") + payload
        return bytes([0x81, 127]) + size.to_bytes(8, "big") + payload

    @property
    def peer(self) -> Peer:
        """The latest connection."""
        return self.peers[-1]

    async def wait_for_peers(self, count: int) -> Peer:
        """Waits until that many clients have come.

        Returns:
            The latest.
        """
        async with asyncio.timeout(5):
            while len(self.peers) < count:
                self.came.clear()
                await self.came.wait()
        return self.peer

    async def stop(self) -> None:
        """Takes no more connections."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def start(self) -> None:
        """Takes connections, on the port that it had before if it was stopped."""
        self._server = await picows.ws_create_server(
            lambda request: Peer(self, request.path.decode()), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
        for peer in self.peers:
            if not peer.lost.is_set():
                peer.drop()
                await peer.lost.wait()
