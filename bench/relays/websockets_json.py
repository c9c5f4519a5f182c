"""What one writes first: ``websockets`` on both sides, and ``json`` in between."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import Any

import uvloop
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, broadcast, serve

Wanted = frozenset[str]


class Relay:
    """Readers by what they want; who wants the same shares its text."""

    def __init__(self) -> None:
        self.readers: defaultdict[Wanted, set[ServerConnection]] = defaultdict(set)

    async def read(self, connection: ServerConnection) -> None:
        """Serves one reader."""
        held: Wanted = frozenset()
        await say(connection, "connected", "Connected Successfully")
        try:
            async for text in connection:
                request = json.loads(text)
                if request["action"] == "auth":
                    await say(connection, "auth_success", "authenticated")
                else:
                    self.readers[held].discard(connection)
                    asked = request["params"].split(",")
                    held |= frozenset(asked)
                    self.readers[held].add(connection)
                    for param in asked:
                        await say(connection, "success", f"subscribed to: {param}")
        finally:
            self.readers[held].discard(connection)

    async def forward(self, url: str) -> None:
        """Reads the service and hands on what is wanted."""
        async with connect(url, compression=None, max_size=None) as upstream:
            for action, params in (("auth", "bench"), ("subscribe", "T.*,Q.*")):
                await upstream.send(json.dumps({"action": action, "params": params}))
            async for text in upstream:
                self.hand_on(json.loads(text))

    def hand_on(self, events: list[dict[str, Any]]) -> None:
        """Sends each set of readers what it wants."""
        for held, connections in self.readers.items():
            wanted = [
                event
                for event in events
                if f"{event['ev']}.*" in held or f"{event['ev']}.{event.get('sym')}" in held
            ]
            if wanted:
                broadcast(connections, json.dumps(wanted))


async def say(connection: ServerConnection, status: str, message: str) -> None:
    await connection.send(json.dumps([{"ev": "status", "status": status, "message": message}]))


async def main(url: str) -> None:
    relay = Relay()
    async with serve(relay.read, "127.0.0.1", 0, compression=None, max_size=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await relay.forward(url)
        await asyncio.Event().wait()


def run(url: str) -> None:
    uvloop.run(main(url))
