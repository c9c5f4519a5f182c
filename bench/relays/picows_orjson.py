"""The same with the fastest parts there are: picows on both sides, and orjson in between."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import orjson
import picows
import uvloop

TEXT = picows.WSMsgType.TEXT
Wanted = frozenset[str]


class Reader(picows.WSListener):
    """One reader."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self.relay = relay
        self.held: Wanted = frozenset()

    def say(self, status: str, message: str) -> None:
        """Sends a control message."""
        event = {"ev": "status", "status": status, "message": message}
        self.transport.send(TEXT, orjson.dumps([event]))

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Greets."""
        self.transport = transport
        self.say("connected", "Connected Successfully")

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Takes a request."""
        if frame.msg_type is not TEXT:
            return
        request = orjson.loads(frame.get_payload_as_memoryview())
        if request["action"] == "auth":
            self.say("auth_success", "authenticated")
            return
        asked = request["params"].split(",")
        self.relay.readers[self.held].discard(self)
        self.held |= frozenset(asked)
        self.relay.readers[self.held].add(self)
        for param in asked:
            self.say("success", f"subscribed to: {param}")

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        """Forgets it."""
        self.relay.readers[self.held].discard(self)


class Relay(picows.WSListener):
    """Reads the service and hands on what is wanted; who wants the same shares its text."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: defaultdict[Wanted, set[Reader]] = defaultdict(set)

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Asks for everything."""
        for action, params in (("auth", "bench"), ("subscribe", "T.*,Q.*")):
            transport.send(TEXT, orjson.dumps({"action": action, "params": params}))

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Hands one frame on."""
        if frame.msg_type is not TEXT:
            return
        events: list[dict[str, Any]] = orjson.loads(frame.get_payload_as_memoryview())
        for held, readers in self.readers.items():
            wanted = [
                event
                for event in events
                if f"{event['ev']}.*" in held or f"{event['ev']}.{event.get('sym')}" in held
            ]
            if wanted:
                text = orjson.dumps(wanted)
                for reader in readers:
                    reader.transport.send(TEXT, text)


async def main(url: str) -> None:
    relay = Relay()
    server = await picows.ws_create_server(lambda _: Reader(relay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await picows.ws_connect(lambda: relay, url)
    await asyncio.Event().wait()


def run(url: str) -> None:
    uvloop.run(main(url))
