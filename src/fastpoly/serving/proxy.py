"""A TCP proxy that breaks connections at a chosen byte: for faults that no server can make."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

Direction = Literal["down", "up"]
How = Literal["reset", "fin", "hold"]


@dataclass(frozen=True, slots=True)
class Cut:
    """Where one connection breaks, and how.

    Attributes:
        direction: What is counted: ``down``, the bytes from the server, or ``up``, those to it.
        after: How many bytes pass first.
        how: ``reset`` (RST), ``fin`` (FIN) or ``hold`` (nothing passes any more, but both ends stay
            connected).
    """

    direction: Direction
    after: int
    how: How = "reset"


@dataclass(slots=True)
class Carried:
    """How many bytes passed on one connection, down from the server and up to it."""

    down: int = 0
    up: int = 0

    def add(self, direction: Direction, size: int) -> None:
        """Count bytes that passed."""
        if direction == "down":
            self.down += size
        else:
            self.up += size


class Proxy:
    """Stands on loopback between a client and a server; an async context manager.

    The settings may be changed at any time and hold for connections that come later.

    Args:
        port: The server's port.
        host: The server's address, also the one to listen on.
        cut: Where every connection breaks; None for nowhere.
        cuts: Where the connections to come break, one entry for each in order; `cut` holds after
            the last of them. Entries are taken out as connections come.
        piece: How many bytes at most pass at a time, each piece in a packet of its own; 0 for as
            they come.

    Attributes:
        port: The port that it listens on.
        connections: What passed, by connection, in the order in which they came.
    """

    def __init__(
        self,
        port: int,
        *,
        host: str = "127.0.0.1",
        cut: Cut | None = None,
        cuts: Iterable[Cut] = (),
        piece: int = 0,
    ) -> None:
        self.cut = cut
        self.cuts = list(cuts)
        self.piece = piece
        self.port = 0
        self.connections: list[Carried] = []
        self._host = host
        self._target = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
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
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def break_all(self) -> None:
        """Break every connection that is there; those that come later hold."""
        for task in self._tasks:
            task.cancel()

    @property
    def accepted(self) -> int:
        """How many connections there were so far."""
        return len(self.connections)

    @property
    def down(self) -> int:
        """Bytes from the server so far, over all connections."""
        return sum(carried.down for carried in self.connections)

    @property
    def up(self) -> int:
        """Bytes to the server so far, over all connections."""
        return sum(carried.up for carried in self.connections)

    def url(self, path: str = "stocks", *, scheme: str = "ws") -> str:
        """Return the URL of a path of the server, through the proxy."""
        return f"{scheme}://{self._host}:{self.port}/{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        carried = Carried()
        self.connections.append(carried)
        cut = self.cuts.pop(0) if self.cuts else self.cut
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, far_writer)
        ways = (
            asyncio.ensure_future(self._carry(far_reader, writer, carried, "down", cut)),
            asyncio.ensure_future(self._carry(reader, far_writer, carried, "up", cut)),
        )
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            broken = cut is not None and any(way.result() for way in done)
            how = cut.how if cut is not None and broken else "fin"
            if how == "hold":
                for way in ways:
                    way.cancel()
                await asyncio.Event().wait()
            for end in ends:
                self._end(end, reset=how == "reset")
        except asyncio.CancelledError:
            for end in ends:
                end.transport.abort()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        carried: Carried,
        direction: Direction,
        cut: Cut | None,
    ) -> bool:
        """Carry one direction until its end (false) or its cut (true)."""
        limit = cut.after if cut is not None and cut.direction == direction else -1
        passed = 0
        try:
            while passed != limit:
                room = min(size for size in (self.piece, limit - passed, 65536) if size > 0)
                data = await reader.read(room)
                if not data:
                    return False
                writer.write(data)
                await writer.drain()
                passed += len(data)
                carried.add(direction, len(data))
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
