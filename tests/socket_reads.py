"""Batches as a listener makes them of what a socket brings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import picows

from fastpoly._core import Batch, Listener
from fastpoly.errors import DecodeError


class Server(picows.WSListener):
    """Sends frames and closes."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        self.frames = frames

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        for frame in self.frames:
            transport.send(picows.WSMsgType.TEXT, frame)
        transport.send_close(picows.WSCloseCode.OK)
        transport.disconnect()


class Owner:
    """Keeps the batches."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def on_batch(self, batch: Batch) -> None:
        self.batches.append(batch)

    def on_connected(self, transport: Any) -> None: ...
    def on_statuses(self, statuses: list[Any]) -> None: ...
    def on_bad_frame(self, error: DecodeError) -> None: ...
    def on_disconnected(self, transport: Any) -> None: ...


def received(frames: Sequence[bytes], market: str = "stocks", **options: Any) -> list[Batch]:
    """Return the batches in which a socket brings frames; the options are the listener's."""
    owner = Owner()

    async def run() -> None:
        server = await picows.ws_create_server(lambda _: Server(frames), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        transport, _ = await picows.ws_connect(
            lambda: Listener(owner, market, **options), f"ws://127.0.0.1:{port}"
        )
        await transport.wait_disconnected()
        server.close()

    asyncio.run(run())
    return owner.batches
