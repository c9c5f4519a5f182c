"""A server that does what a test tells it to, and remembers what clients sent."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from fastpoly.serving import frames
from fastpoly.serving.messages import array, status
from fastpoly.serving.outlet import Outlet

logger = logging.getLogger("fastpoly.sim")


class Peer(WSListener):
    """One client of a `ScriptedServer`, as its script sees it.

    Attributes:
        number: 1, 2, 3, ... in the order in which clients came.
        path: The path of the URL that it asked for, without the slash.
        outlet: The way to it, for whatever `send` cannot do.
        received: The texts that it sent so far.
        close_code: The code of its close frame, or None.
    """

    def __init__(self, server: ScriptedServer, number: int, path: str) -> None:
        super().__init__()
        self.number = number
        self.path = path
        self.outlet = Outlet()
        self.received: list[str] = []
        self.close_code: int | None = None
        self._server = server
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._parts: list[bytes] = []
        self._gone = asyncio.Event()

    # ------------------------------------------------------------------- what scripts call

    def send(self, *objects: bytes | str | dict[str, Any]) -> None:
        """Sends one message: an array of the objects, each as JSON text or as a dict."""
        texts = [
            json.dumps(item, separators=(",", ":")) if isinstance(item, dict) else item
            for item in objects
        ]
        self.send_text(array(t.encode() if isinstance(t, str) else t for t in texts))

    def send_text(self, text: bytes | str) -> None:
        """Sends one text message as it is."""
        self.outlet.message(text.encode() if isinstance(text, str) else text)

    def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are, frames or not."""
        self.outlet.raw(data)

    def send_status(self, name: str, tail: str = "") -> None:
        """Sends a status by its name in `fastpoly.schema.STATUSES`."""
        self.send(status(name, tail))

    def ping(self, payload: bytes = b"") -> None:
        """Sends a ping."""
        self.outlet.raw(frames.frame(payload, frames.PING))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Sends a close frame; the client is expected to answer and to go."""
        self.outlet.raw(frames.close(code, reason))

    def hang_up(self) -> None:
        """Ends the TCP connection in good order, without a close frame."""
        self.outlet.finish()

    def drop(self) -> None:
        """Resets the TCP connection."""
        self.outlet.reset()

    async def receive(self) -> str:
        """The next text that the client sends.

        Raises:
            ConnectionError: The client has gone, or goes.
        """
        text = await self._inbox.get()
        if text is None:
            self._inbox.put_nowait(None)
            raise ConnectionError("the client has gone")
        return text

    async def request(self) -> dict[str, Any]:
        """The next message of the client as an object."""
        request: dict[str, Any] = json.loads(await self.receive())
        return request

    async def login(self) -> str:
        """Greets the client and accepts whatever key it sends.

        Returns:
            The key.
        """
        self.send_status("CONNECTED")
        key = str((await self.request())["params"])
        self.send_status("AUTH_SUCCESS")
        return key

    async def confirm(self) -> list[str]:
        """Waits for one subscription or its end, and confirms it.

        Returns:
            Its parameters.
        """
        request = await self.request()
        params = [param.strip() for param in request["params"].split(",")]
        name = "SUBSCRIBED" if request["action"] == "subscribe" else "UNSUBSCRIBED"
        self.send(*(status(name, param) for param in params))
        return params

    async def gone(self) -> None:
        """Waits until the connection has ended."""
        await self._gone.wait()

    # ----------------------------------------------------------------------------- picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Starts the script."""
        self.outlet.open(transport)
        self._server.begin(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Puts texts where `receive` finds them; answers pings and close frames."""
        kind = frame.msg_type
        if kind == WSMsgType.PING:
            self.outlet.raw(frames.frame(frame.get_payload_as_bytes(), frames.PONG))
        elif kind == WSMsgType.CLOSE:
            self.close_code = int(frame.get_close_code())  # type: ignore[call-overload]
            self.outlet.raw(frames.frame(frame.get_payload_as_bytes(), frames.CLOSE))
            self.outlet.finish()
        elif kind != WSMsgType.PONG:
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                text = b"".join(self._parts).decode("utf-8", "replace")
                self._parts.clear()
                self.received.append(text)
                self._inbox.put_nowait(text)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tells the script."""
        self._inbox.put_nowait(None)
        self._gone.set()


Script = Callable[[Peer], Awaitable[None]]


async def accept_everything(peer: Peer) -> None:
    """The script of a server that accepts every key and confirms every parameter."""
    await peer.login()
    while True:
        await peer.confirm()


class ScriptedServer:
    """A WebSocket server on loopback that runs a coroutine per client; an async context manager.

    Args:
        script: Called with each client's `Peer`. It may return at any time; the connection stays
            until someone ends it.
        context: For wss://, the server's TLS context.

    Attributes:
        port: Where it listens.
        peers: The clients, in the order in which they came.
        errors: What scripts raised, but for the `ConnectionError` of a client that has gone.
    """

    def __init__(
        self, script: Script = accept_everything, *, context: ssl.SSLContext | None = None
    ) -> None:
        self.port = 0
        self.peers: list[Peer] = []
        self.errors: list[BaseException] = []
        self._accepted = 0
        self._script = script
        self._context = context
        self._server: asyncio.Server | None = None
        self._scripts: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> ScriptedServer:
        self._server = await ws_create_server(
            self._accept,
            "127.0.0.1",
            0,
            logger_name=logger,
            enable_auto_pong=False,
            ssl=self._context,
        )
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
        for script in list(self._scripts):
            script.cancel()
        await asyncio.gather(*self._scripts, return_exceptions=True)
        for peer in self.peers:
            peer.drop()
            await peer.gone()

    def url(self, path: str = "stocks") -> str:
        """The URL of a path; every path is served."""
        scheme = "ws" if self._context is None else "wss"
        return f"{scheme}://127.0.0.1:{self.port}/{path}"

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What all clients sent, as objects, client after client."""
        return [json.loads(text) for peer in self.peers for text in peer.received]

    def _accept(self, request: WSUpgradeRequest) -> Peer:
        self._accepted += 1
        return Peer(self, self._accepted, request.path.decode().strip("/"))

    def begin(self, peer: Peer) -> None:
        """Runs the script for a client that has just come."""
        self.peers.append(peer)
        task = asyncio.get_running_loop().create_task(self._run(peer))
        self._scripts.add(task)
        task.add_done_callback(self._scripts.discard)

    async def _run(self, peer: Peer) -> None:
        try:
            await self._script(peer)
        except ConnectionError:
            pass
        except Exception as error:
            self.errors.append(error)
            peer.drop()
