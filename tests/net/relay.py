"""A TCP relay that cuts lines at a chosen byte."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import Literal


@dataclass
class Cut:
    """Where a connection is cut.

    Attributes:
        direction: ``down`` counts bytes from the server, ``up`` bytes to it.
        after: How many bytes pass first.
        how: ``rst`` resets the line, ``fin`` ends it in order, ``hold`` goes silent.
    """

    direction: Literal["down", "up"]
    after: int
    how: Literal["rst", "fin", "hold"]


class Relay:
    """Relays to a port; the plan says where each connection is cut, in order; then none is.

    Attributes:
        plan: The cuts to come.
        bytes_down: Bytes relayed from the server, by connection.
        bytes_up: Bytes relayed to the server, by connection.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.plan: list[Cut] = []
        self.bytes_down: list[int] = []
        self.bytes_up: list[int] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/stocks"

    async def _serve(self, near: asyncio.StreamReader, near_writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        number = len(self.bytes_down)
        self.bytes_down.append(0)
        self.bytes_up.append(0)
        cut = self.plan.pop(0) if self.plan else None
        try:
            far, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            near_writer.close()
            return
        writers = (near_writer, far_writer)
        self._writers.update(writers)
        try:
            down = self._pump(far, near_writer, self.bytes_down, number, "down", cut)
            up = self._pump(near, far_writer, self.bytes_up, number, "up", cut)
            tasks = [asyncio.ensure_future(down), asyncio.ensure_future(up)]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in tasks:
                    pump.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for writer in writers:
                self._writers.discard(writer)
                writer.transport.abort()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        counts: list[int],
        number: int,
        direction: str,
        cut: Cut | None,
    ) -> None:
        limit = cut.after if cut is not None and cut.direction == direction else None
        try:
            while limit is None or counts[number] < limit:
                data = await source.read(65536 if limit is None else limit - counts[number])
                if not data:
                    break
                counts[number] += len(data)
                target.write(data)
                await target.drain()
        except ConnectionError:
            return
        if limit is None or cut is None or counts[number] < limit:
            return
        if cut.how == "hold":
            await asyncio.Event().wait()
        elif cut.how == "fin":
            target.close()
            await target.wait_closed()
        else:
            sock = target.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            target.transport.abort()
