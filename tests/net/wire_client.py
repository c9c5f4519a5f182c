"""A bare WebSocket client that keeps everything it gets; it knows nothing of fastpoly."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.waiting import PATIENCE_S, until

SECONDS = PATIENCE_S


class WireClient(WSListener):
    """One connection; `texts` holds every text message as bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[bytes] = []
        self.frames = 0
        self.pongs = 0
        self.pings = 0
        self.close_code: int | None = None
        self.transport: WSTransport | None = None
        self.failure: BaseException | None = None
        self._parts: list[bytes] = []
        self._parsed: list[Any] = []

    @classmethod
    async def connect(cls, url: str, *, context: ssl.SSLContext | None = None) -> WireClient:
        transport, client = await ws_connect(
            cls, url, ssl_context=context, max_frame_size=1 << 30, disconnect_on_exception=True
        )
        if client is None:
            raise ConnectionResetError("the connection ended before the upgrade")
        assert isinstance(client, WireClient)
        client.transport = transport
        return client

    @classmethod
    async def login(cls, url: str, key: str = "any", *, context: Any = None) -> WireClient:
        """A client that has its auth_success."""
        client = await cls.connect(url, context=context)
        client.send("auth", key)
        assert (await client.statuses(2))[-1]["status"] == "auth_success"
        return client

    # ------------------------------------------------------------------------------ picows

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self.close_code = int(frame.get_close_code())
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif kind == WSMsgType.PONG:
            self.pongs += 1
        else:
            self.frames += 1
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                self.texts.append(b"".join(self._parts))
                self._parts.clear()

    # ---------------------------------------------------------------------------- requests

    def send(self, action: str, params: str) -> None:
        self.send_text(json.dumps({"action": action, "params": params}))

    def send_text(self, text: str) -> None:
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, text.encode())

    async def until(self, condition: Any, seconds: float = SECONDS) -> None:
        """Wait until the condition holds."""
        await until(condition, seconds)

    @property
    def messages(self) -> list[Any]:
        """Every text message as parsed JSON; an empty list where it is not JSON."""
        for text in self.texts[len(self._parsed) :]:
            try:
                self._parsed.append(json.loads(text))
            except (ValueError, RecursionError):
                self._parsed.append([])
        return self._parsed

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [item for message in self.messages for item in message if isinstance(item, dict)]

    def events(self, *channels: str) -> list[dict[str, Any]]:
        return [
            item
            for item in self.objects
            if item.get("ev") != "status" and (not channels or item["ev"] in channels)
        ]

    def all_statuses(self) -> list[dict[str, Any]]:
        return [item for item in self.objects if item.get("ev") == "status"]

    async def statuses(self, count: int, seconds: float = SECONDS) -> list[dict[str, Any]]:
        """The first `count` statuses, once they are there."""
        await self.until(lambda: len(self.all_statuses()) >= count, seconds)
        return self.all_statuses()[:count]

    async def subscribe(self, params: str, acks: int | None = None) -> list[dict[str, Any]]:
        """Asks and waits for the answers, one per parameter unless told otherwise."""
        before = len(self.all_statuses())
        self.send("subscribe", params)
        count = len(params.split(",")) if acks is None else acks
        return (await self.statuses(before + count))[before:]

    async def some_events(self, count: int, *channels: str) -> list[dict[str, Any]]:
        await self.until(lambda: len(self.events(*channels)) >= count)
        return self.events(*channels)[:count]

    async def ended(self, seconds: float = SECONDS) -> None:
        """Waits for the end of the connection, however it comes."""
        assert self.transport is not None
        try:
            async with asyncio.timeout(seconds):
                await self.transport.wait_disconnected()
        except TimeoutError:
            raise
        except Exception as error:  # what picows found wrong with the stream
            self.failure = error

    async def close(self) -> None:
        assert self.transport is not None
        self.transport.disconnect(False)
        await self.ended()
