"""The server of the socket benchmarks: replays WebSocket bytes that were made beforehand.

It costs as little as a server can, so that the client is what is measured: one blocking socket,
one connection at a time, frames framed before the first client connects. It speaks just enough of
the protocol (upgrade, ``connected``, auth, acks) for every client to get to its data, sends what
its plan says, and closes with code 1000.

Run as ``python -m bench.server PLAN`` with a plan in JSON; prints its port.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from bench.frames import frames

ACCEPT_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY = 0x81, 0x82
NORMAL_CLOSE: Final = b"\x88\x02\x03\xe8"
STREAM_WRITE_BYTES: Final = 256 * 1024
HELD_UP_NS: Final = 200_000
"""A write that takes longer was waiting for the client."""

STAMP: Final = b'"q":'
STAMP_DIGITS: Final = 19
"""How long a time in ns since 1970 is, until the year 2286."""


@dataclass(frozen=True)
class Plan:
    """What every connection is sent.

    Attributes:
        events_file: Rendered events, one a line; sent over and over.
        per_frame: Events in a frame.
        total: Events to send; a multiple of `per_frame`.
        pace: ``stream`` writes large blocks that ignore where frames end, as quickly as the client
            reads; ``frames`` writes each frame by itself; ``rate`` writes each frame when it is
            due, and puts that time, ns since 1970, into the ``q`` of the frame's first event.
        rate: Events a second, for pace ``rate``.
        certificate: PEM file with key and chain, for TLS.
        hold: Whether to wait, before it sends, for a line on standard input.
    """

    events_file: str
    per_frame: int
    total: int
    pace: str = "stream"
    rate: int = 0
    certificate: str | None = None
    hold: bool = False

    def dump(self) -> str:
        """The plan as `load` reads it."""
        return json.dumps(asdict(self))

    @staticmethod
    def load(text: str) -> Plan:
        """The plan that `dump` wrote."""
        return Plan(**json.loads(text))


def framed(payload: bytes) -> bytes:
    """A text frame as a server sends it, not masked."""
    size = len(payload)
    if size < 126:
        return bytes((TEXT, size)) + payload
    if size < 1 << 16:
        return bytes((TEXT, 126)) + size.to_bytes(2, "big") + payload
    return bytes((TEXT, 127)) + size.to_bytes(8, "big") + payload


def status(name: str, message: str) -> bytes:
    """A frame with one control message."""
    return framed(json.dumps([{"ev": "status", "status": name, "message": message}]).encode())


def requests(connection: socket.socket) -> Iterator[dict[str, str]]:
    """What the client sends, request by request; other frames are passed over."""
    buffer = b""
    while True:
        while len(buffer) >= 6:
            size, start = buffer[1] & 0x7F, 2
            if size == 126:
                size, start = int.from_bytes(buffer[2:4], "big"), 4
            end = start + 4 + size
            if len(buffer) < end:
                break
            mask = buffer[start : start + 4]
            payload = bytes(byte ^ mask[i & 3] for i, byte in enumerate(buffer[start + 4 : end]))
            if buffer[0] in (TEXT, BINARY):  # a client with orjson sends its requests as bytes
                yield json.loads(payload)
            buffer = buffer[end:]
        received = connection.recv(65536)
        if not received:
            return
        buffer += received


def upgrade(connection: socket.socket) -> None:
    """Answers the client's HTTP request."""
    request = b""
    while b"\r\n\r\n" not in request:
        received = connection.recv(65536)
        if not received:
            raise ConnectionError("the client left before it asked for an upgrade")
        request += received
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in request.split(b"\r\n")[1:])
    }
    digest = hashlib.sha1(headers[b"sec-websocket-key"] + ACCEPT_GUID, usedforsecurity=False)
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest.digest()) + b"\r\n\r\n"
    )


def log_in(connection: socket.socket) -> None:
    """The protocol up to the data: until trades and quotes are both subscribed to."""
    upgrade(connection)
    connection.sendall(status("connected", "Connected Successfully"))
    wanted = {"T.*", "Q.*"}
    for request in requests(connection):
        if request["action"] == "auth":
            connection.sendall(status("auth_success", "authenticated"))
        elif request["action"] == "subscribe":
            asked = [parameter.strip() for parameter in request["params"].split(",")]
            connection.sendall(
                b"".join(status("success", f"subscribed to: {parameter}") for parameter in asked)
            )
            wanted -= set(asked)
        if not wanted:
            return
    raise ConnectionError("the client left before it subscribed")


class Replay:
    """The bytes of a plan, made once, sent to each connection."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        rendered = Path(plan.events_file).read_bytes().splitlines()
        self._payloads = frames(rendered, plan.per_frame)
        self._frames = [framed(payload) for payload in self._payloads]
        self._count = plan.total // plan.per_frame

    def send(self, connection: socket.socket) -> None:
        """Sends all of the plan, then a normal close."""
        {"stream": self._stream, "frames": self._by_frame, "rate": self._at_rate}[self.plan.pace](
            connection
        )
        connection.sendall(NORMAL_CLOSE)

    def _stream(self, connection: socket.socket) -> None:
        whole = b"".join(self._frames)
        rounds, rest = divmod(self._count, len(self._frames))
        for _ in range(rounds):
            self._blocks(connection, whole)
        self._blocks(connection, b"".join(self._frames[:rest]))

    @staticmethod
    def _blocks(connection: socket.socket, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), STREAM_WRITE_BYTES):
            connection.sendall(view[start : start + STREAM_WRITE_BYTES])

    def _by_frame(self, connection: socket.socket) -> None:
        rounds, rest = divmod(self._count, len(self._frames))
        send = connection.sendall
        for batch in [self._frames] * rounds + [self._frames[:rest]]:
            for frame in batch:
                send(frame)

    def _at_rate(self, connection: socket.socket) -> None:
        interval_ns = 1_000_000_000 * self.plan.per_frame // self.plan.rate
        stampable = [with_room_for_a_stamp(payload) for payload in self._payloads]
        send, clock = connection.sendall, time.time_ns
        due = clock()
        owed = 0  # how late the client has made the server
        for index in range(self._count):
            frame, at = stampable[index % len(stampable)]
            due += interval_ns
            late = clock() - due
            if late <= 0:
                owed = 0
                while clock() < due:
                    pass
            elif late > owed:
                due += (
                    late - owed
                )  # the rest is the server's own doing: another process had its core
            # A stamp of when the frame was due, not of when it was sent: a client that holds the
            # server up must not look quick for it.
            frame[at : at + STAMP_DIGITS] = b"%d" % due
            started = clock()
            send(frame)
            took = clock() - started
            if took > HELD_UP_NS:
                owed += took


def with_room_for_a_stamp(payload: bytes) -> tuple[bytearray, int]:
    """A frame whose first sequence number is as wide as a stamp, and where that stands in it."""
    start = payload.index(STAMP) + len(STAMP)
    end = start
    while payload[end] in b"0123456789":
        end += 1
    wide = framed(payload[:start] + b"0" * STAMP_DIGITS + payload[end:])
    return bytearray(wide), wide.index(STAMP) + len(STAMP)


def serve(plan: Plan) -> None:
    """Serves one connection after another, for ever."""
    replay = Replay(plan)
    context = None
    if plan.certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(plan.certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            connection, _ = listening.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                if context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
                log_in(connection)
                if plan.hold:
                    sys.stdin.readline()
                replay.send(connection)
                while connection.recv(65536):
                    pass
            except OSError as error:
                # A client that has all it wants leaves in the middle; it reports for itself.
                print(f"bench.server[{os.getpid()}]: {error}", file=sys.stderr)
            finally:
                connection.close()


if __name__ == "__main__":
    serve(Plan.load(sys.argv[1]))
