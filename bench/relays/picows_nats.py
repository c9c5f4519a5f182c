"""The same with the fastest parts there are: picows and orjson, and a message for each event."""

from __future__ import annotations

import asyncio
from typing import Any

import nats
import orjson
import picows
import uvloop

from bench.relays.events_stream import STREAM, SUBJECTS, subject

TEXT = picows.WSMsgType.TEXT


class Upstream(picows.WSListener):
    """Reads the service, and lets its events wait for the broker."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue()

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Asks for everything."""
        for action, params in (("auth", "bench"), ("subscribe", "T.*,Q.*")):
            transport.send(TEXT, orjson.dumps({"action": action, "params": params}))

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Takes a frame."""
        if frame.msg_type is TEXT:
            self.waiting.put_nowait(orjson.loads(frame.get_payload_as_memoryview()))


async def publish(url: str, to: str) -> None:
    """Publishes each event under its symbol."""
    broker = await nats.connect(to)
    stream = broker.jetstream()
    await stream.add_stream(name=STREAM, subjects=SUBJECTS)
    _, upstream = await picows.ws_connect(Upstream, url)
    print("ready", flush=True)
    while True:
        for event in await upstream.waiting.get():
            if event["ev"] != "status":
                await stream.publish_async(subject(event), orjson.dumps(event))


def run(url: str, to: str) -> None:
    uvloop.run(publish(url, to))
