"""What one writes first: ``websockets`` and ``json``, and a message for each event."""

from __future__ import annotations

import json

import nats
import uvloop
from websockets.asyncio.client import connect

from bench.relays.events_stream import STREAM, SUBJECTS, subject


async def publish(url: str, to: str) -> None:
    """Reads the service and publishes each event under its symbol."""
    broker = await nats.connect(to)
    stream = broker.jetstream()
    await stream.add_stream(name=STREAM, subjects=SUBJECTS)
    async with connect(url, compression=None, max_size=None) as upstream:
        for action, params in (("auth", "bench"), ("subscribe", "T.*,Q.*")):
            await upstream.send(json.dumps({"action": action, "params": params}))
        print("ready", flush=True)
        async for text in upstream:
            for event in json.loads(text):
                if event["ev"] != "status":
                    await stream.publish_async(subject(event), json.dumps(event).encode())


def run(url: str, to: str) -> None:
    uvloop.run(publish(url, to))
