"""A TCP proxy that breaks lines at a chosen byte: for faults that no server can make."""

from __future__ import annotations

import asyncio
import socket
import struct
from types import TracebackType
from typing import Literal

How = Literal["reset", "fin", "hold"]


class Proxy:
    """Stands on loopback between a client and a server; an async context manager.

    The settings may be changed at any time and hold for connections that come later.

    Args:
        port: The server's port.
        host: The server's address, also the one to listen on.
        down_limit: How many bytes from the server to the client pass before the line breaks;
            negative for no limit.
        up_limit: The same from the client to the server.
        how: How it breaks: ``reset`` (RST), ``fin`` (FIN) or ``hold`` (nothing passes any more,
            but both ends stay connected).
        piece: How many bytes at most pass at a time, each piece in a packet of its own; 0 for as
            they come.

    Attributes:
        port: Where it listens.
        accepted: Connections so far.
        down: Bytes from server to client so far, over all connections.
        up: Bytes from client to server so far.
    """

    def __init__(
        self,
        port: int,
        *,
        host: str = "127.0.0.1",
        down_limit: int = -1,
        up_limit: int = -1,
        how: How = "reset",
        piece: int = 0,
    ) -> None:
        self.down_limit = down_limit
        self.up_limit = up_limit
        self.how = how
        self.piece = piece
        self.port = 0
        self.accepted = 0
        self.down = 0
        self.up = 0
        self._host = host
        self._target = port
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, self._host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for line in list(self._lines):
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def url(self, path: str = "stocks") -> str:
        """The URL of a path of the server, through the proxy."""
        return f"ws://{self._host}:{self.port}/{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        if line is not None:
            self._lines.add(line)
            line.add_done_callback(self._lines.discard)
        self.accepted += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, far_writer)
        ways = (
            asyncio.ensure_future(self._carry(far_reader, writer, self.down_limit, down=True)),
            asyncio.ensure_future(self._carry(reader, far_writer, self.up_limit, down=False)),
        )
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            broken = any(way.result() for way in done)
            if broken and self.how == "hold":
                for way in ways:
                    way.cancel()
                await asyncio.Event().wait()
            for end in ends:
                self._end(end, reset=broken and self.how == "reset")
        except asyncio.CancelledError:
            for end in ends:
                end.transport.abort()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int, *, down: bool
    ) -> bool:
        """One direction, until its end (false) or its limit (true)."""
        carried = 0
        try:
            while carried != limit:
                room = min(size for size in (self.piece, limit - carried, 65536) if size > 0)
                data = await reader.read(room)
                if not data:
                    return False
                writer.write(data)
                await writer.drain()
                carried += len(data)
                if down:
                    self.down += len(data)
                else:
                    self.up += len(data)
        except OSError:
            return False
        return True

    @staticmethod
    def _end(writer: asyncio.StreamWriter, *, reset: bool) -> None:
        if not reset:
            writer.close()
            return
        sock = writer.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            # To close a socket that must not linger is to reset its connection.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
