"""A server of the protocol: listens, takes readers in, and keeps them within their limits."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

from picows import (
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from fastpoly.quiet_handshake import QuietHandshake
from fastpoly.schema import MarketSpec
from fastpoly.serving import frames
from fastpoly.serving.accounts import Accounts
from fastpoly.serving.feed import ReaderFeed
from fastpoly.serving.listening import Listening
from fastpoly.serving.outlet import Outlet
from fastpoly.serving.policy import ServerPolicy
from fastpoly.serving.reader import Reader
from fastpoly.serving.socket_file import BACKLOG, ListeningFile
from fastpoly.unix_sockets import unix_url

logger = logging.getLogger("fastpoly.serving")

# More ends at once than one turn of the loop: what waits for them looks this often, in seconds.
_POLL_S = 0.001


class Backend(Protocol):
    """What is behind a server: a synthetic market, a live connection, a recording."""

    def market_at(self, path: str) -> MarketSpec | None:
        """Return the market that a URL's path stands for, or None for HTTP status 404.

        Args:
            path: Without the slash at its beginning and without a query.
        """

    def problem_of(self, query: str) -> str:
        """Return why a URL's query is refused, with HTTP status 400; an empty text if it is not.

        Args:
            query: Without its question mark; mostly empty.
        """

    def attach(self, reader: Reader) -> ReaderFeed:
        """Return what is behind a reader whose connection is up. It is greeted afterwards."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a server that takes no readers answers the request for a WebSocket.

    Attributes:
        status: The HTTP status, 400 or more.
        retry_after_s: Seconds for which it wants to be left alone; None to say nothing about that.
    """

    status: int
    retry_after_s: int | None = None


class StreamServer(Listening):
    """A WebSocket server that speaks the service's protocol; an async context manager.

    Args:
        backend: Where its data come from.
        host: Address to listen on; None for the Unix socket alone.
        port: Port to listen on; 0 for any free one.
        file: A Unix socket to listen on as well; it has no TLS.
        context: For wss://, the server's TLS context.
        policy: Its limits.
        outlet: The class of what stands between readers and their sockets.

    Attributes:
        port: The port that it listens on; the same again after `stop` and `start`.
        readers: The clients that are connected, by number.
        accepted: How many there were so far.
        refusal: What everyone is answered who wants to be one; None to take them in.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        host: str | None = "127.0.0.1",
        port: int = 0,
        file: ListeningFile | None = None,
        context: ssl.SSLContext | None = None,
        policy: ServerPolicy | None = None,
        outlet: type[Outlet] = Outlet,
    ) -> None:
        self.port = port
        self.readers: dict[int, Reader] = {}
        self.accepted = 0
        self.refusal: Refusal | None = None
        self._backend = backend
        self._host = host
        self._file = file
        self._context = context
        self._policy = policy or ServerPolicy()
        self._outlet = outlet
        self._accounts: Accounts[Reader] = Accounts(
            self._policy.max_readers_per_account, self._policy.evict
        )
        self._servers: list[asyncio.Server] = []
        self._quiet = ExitStack()
        self._pinging: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken or not ours.
        """
        if self._context is not None:
            self._quiet.enter_context(QuietHandshake())
        try:
            if self._host is not None:
                await self._listen(
                    host=self._host, port=self.port, ssl=self._context, reuse_address=True
                )
                self.port = self._servers[0].sockets[0].getsockname()[1]
            if self._file is not None:
                await self._listen(sock=await self._file.listen(), backlog=BACKLOG)
        except BaseException:
            self.stop_listening()
            self._quiet.close()
            raise
        if self._policy.ping_interval_s:
            self._pinging = asyncio.get_running_loop().create_task(self._ping())

    async def _listen(self, **where: Any) -> None:
        server = await ws_create_server(
            self._accept,
            logger_name=logger,
            max_frame_size=self._policy.max_request_bytes,
            enable_auto_pong=False,
            **where,
        )
        self._servers.append(server)

    def stop_listening(self) -> None:
        """Take no more readers in; those who are there stay."""
        if self._file is not None:
            self._file.remove()
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def stop(self, reason: str = "server stopped") -> None:
        """Stop listening and drop every reader.

        Args:
            reason: Why, for `Reader.ended`.
        """
        pinging, self._pinging = self._pinging, None
        if pinging is not None:
            pinging.cancel()
            await asyncio.gather(pinging, return_exceptions=True)
        self.stop_listening()
        for reader in list(self.readers.values()):
            reader.drop(reason)
        while self.readers:  # noqa: ASYNC110 - many ends, one waiter, milliseconds
            await asyncio.sleep(_POLL_S)
        self._quiet.close()

    def url(self, path: str) -> str:
        """Return the URL of a path; by the Unix socket if that is all it listens on."""
        return self.urls(path)[0]

    def urls(self, path: str) -> tuple[str, ...]:
        """Return the URL of a path by each way to reach it; that by the Unix socket is last."""
        found = []
        if self._host is not None:
            scheme = "ws" if self._context is None else "wss"
            found.append(f"{scheme}://{self._host}:{self.port}/{path}")
        if self._file is not None:
            found.append(unix_url(self._file.path, path))
        return tuple(found)

    async def drain(self, seconds: float = 20.0) -> None:
        """Wait until everything sent so far has been handed to the kernel.

        Raises:
            TimeoutError: A client did not read it within so many seconds.
        """
        async with asyncio.timeout(seconds):
            while any(reader.outlet.buffered for reader in self.readers.values()):  # noqa: ASYNC110
                # A transport does not tell when its buffer is empty.
                await asyncio.sleep(_POLL_S)

    async def _ping(self) -> None:
        ping = frames.frame(b"", frames.PING)
        while True:
            await asyncio.sleep(self._policy.ping_interval_s)
            write_to_all(list(self.readers.values()), ping)

    def _accept(self, request: WSUpgradeRequest) -> Reader | WSUpgradeResponseWithListener | None:
        path, _, query = request.path.decode("ascii", "replace").partition("?")
        market = self._backend.market_at(path.strip("/"))
        if market is None:
            return None
        if self.refusal is not None:
            wait_s = self.refusal.retry_after_s
            response = WSUpgradeResponse.create_error_response(
                self.refusal.status,
                b"The server takes no readers at the moment.",
                None if wait_s is None else {"Retry-After": str(wait_s)},
            )
            return WSUpgradeResponseWithListener(response, None)
        if self._policy.max_readers and len(self.readers) >= self._policy.max_readers:
            response = WSUpgradeResponse.create_error_response(
                503, b"The server has as many readers as it may."
            )
            return WSUpgradeResponseWithListener(response, None)
        if problem := self._backend.problem_of(query):
            response = WSUpgradeResponse.create_error_response(400, problem.encode())
            return WSUpgradeResponseWithListener(response, None)
        self.accepted += 1
        return Reader(self, market, self.accepted, self._policy, self._outlet(), query)

    # ---------------------------------------------------------------------- what readers call

    def on_connected(self, reader: Reader) -> ReaderFeed:
        """Enter a reader whose connection is up, and return what is behind it."""
        self.readers[reader.number] = reader
        return self._backend.attach(reader)

    def on_accepted(self, reader: Reader) -> None:
        """Count a reader that has logged in, and evict where there is one too many."""
        superfluous = self._accounts.admit(reader.account, reader)
        if superfluous is reader:
            reader.doom()
        elif superfluous is not None:
            superfluous.evict()

    def on_disconnected(self, reader: Reader) -> None:
        """Forget a reader whose connection has ended."""
        self._accounts.remove(reader.account, reader)
        self.readers.pop(reader.number, None)


def write_to_all(readers: Iterable[Reader], data: bytes) -> None:
    """Send prepared frames to many readers: the same bytes, neither copied nor encoded again."""
    for reader in readers:
        reader.write(data)
