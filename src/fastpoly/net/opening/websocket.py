"""Open a WebSocket on a URL: through a socket, a proxy and TLS, to the answer that makes it one.

picows reads and writes frames. What comes before them is done here and not by its `ws_connect`,
which follows redirects to wherever they point, takes `Connection: keep-alive, Upgrade` and interim
answers for faults, and lets extensions pass that nobody offered.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl as ssl_module
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import aiofastnet
from picows import WSAutoPingStrategy
from picows.picows import WSProtocol  # type: ignore[attr-defined]
from picows.proxy import ConnectedTransport, connect_through_optional_proxy
from picows.url import WSParsedURL, parse_url

from fastpoly.errors import FastpolyError, NotWebSocketError
from fastpoly.net.endpoints import HostPort, Place, destination_of, shown_url
from fastpoly.net.opening.failures import (
    connect_error,
    handshake_error,
    http_error,
    upgrade_error,
)
from fastpoly.net.opening.upgrade import UpgradeParser, accept_for, fault_of
from fastpoly.quiet_handshake import QuietHandshake

if TYPE_CHECKING:
    from fastpoly._core import Listener

__all__ = ["Dial", "Target", "open_websocket"]

Dial: TypeAlias = Callable[[Place], Awaitable[socket.socket]]
"""Connects to a host and port, or to a Unix socket."""

READ_BUFFER_BYTES: Final = 16 * 1024
"""What picows begins to read with; it grows."""


class _TransportLog(logging.LoggerAdapter[logging.Logger]):
    """The log of what picows does, without the requests that it shows below DEBUG.

    A request has the URL's query in it, which may be a secret.
    """

    def isEnabledFor(self, level: int) -> bool:
        return level >= logging.DEBUG and super().isEnabledFor(level)


_log: Final = _TransportLog(logging.getLogger("fastpoly.transport"), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to connect to, and how.

    Attributes:
        url: A full URL, see `fastpoly.net.endpoints.make_url`.
        proxy: The proxy's URL, see `fastpoly.net.endpoints.find_proxy`.
        context: The TLS settings; None for a URL other than ``wss://``.
        max_frame_bytes: A larger frame ends the connection.
        use_aiofastnet: Whether the transport is aiofastnet's or the loop's own.
    """

    url: str
    proxy: str | None
    context: ssl_module.SSLContext | None
    max_frame_bytes: int
    use_aiofastnet: bool


class _Opening(asyncio.Protocol):
    """Sends the request, judges the answer, and hands the transport over to picows' protocol."""

    def __init__(self, frames: Any, url: str) -> None:
        self.upgraded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frames = frames
        self._url = url
        self._parser = UpgradeParser()
        self._handed_over = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._frames.connection_made(transport)  # sends the request

    def data_received(self, data: bytes) -> None:
        if self._handed_over:
            self._feed(data)  # by a transport that reads on in the same turn
            return
        if self.upgraded.done():
            return
        key = self._frames.transport.request.headers["Sec-WebSocket-Key"]
        try:
            answer = self._parser.feed(data)
            if answer is None:
                return
            if answer.status != 101:
                self._fail(http_error(answer, self._url))
                return
            fault = fault_of(answer, key)
        except ValueError as error:
            fault = str(error)
        if fault:
            self._fail(upgrade_error(fault, self._url))
            return
        self._handed_over = True
        if self._transport is not None:
            self._transport.set_protocol(self._frames)
        # picows judges once more, and so gets an answer as it expects it.
        self._feed(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept_for(key).encode()
        )
        self._feed(self._parser.rest)
        if not self.upgraded.done():
            self.upgraded.set_result(None)

    def _feed(self, data: bytes) -> None:
        while data:
            buffer = self._frames.get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self._frames.buffer_updated(size)
            data = data[size:]

    def connection_lost(self, exc: Exception | None) -> None:
        if self._handed_over:
            self._frames.connection_lost(exc)
        elif exc is not None:
            self._fail(exc)
        else:
            self._fail(
                NotWebSocketError(
                    f"{shown_url(self._url)} closed the connection before it became a WebSocket.",
                    hint="Check the port, and ws:// against wss://.",
                )
            )

    def _fail(self, error: Exception) -> None:
        if not self.upgraded.done():
            self.upgraded.set_exception(error)
            self.upgraded.exception()  # read once: nobody awaits it after a cancellation
        if self._transport is not None:
            self._transport.abort()


async def open_websocket(target: Target, listener: Listener, dial: Dial) -> None:
    """Open a WebSocket, whose transport the listener is told of.

    Args:
        target: What to connect to.
        listener: Gets the frames.
        dial: Connects to the server or the proxy. The socket stays with whoever made it, too:
            where this is cancelled, ending it is up to them.

    Raises:
        FastpolyError: It did not work.
        Exception: Something else than the network failed.
    """
    failure: FastpolyError | None = None
    try:
        await _open(target, listener, dial)
    except Exception as error:
        known = connect_error(error, target.url, target.proxy)
        if known is None:
            raise
        if target.proxy is None:
            if known is error:
                raise
            raise known from error
        failure = known
    if failure is not None:
        # Without the frames that it came through: they have the proxy's password in variables.
        raise failure.with_traceback(None)


async def _open(target: Target, listener: Listener, dial: Dial) -> None:
    destination = destination_of(target.url)
    host = destination.place.host if isinstance(destination.place, HostPort) else ""

    def listener_factory(*_: object) -> Listener:
        return listener

    frames = WSProtocol(
        destination.host,
        destination.target,
        True,
        listener_factory,
        _log,
        False,  # what a listener raises ends no connection
        None,  # the time that opening may take is the caller's affair
        False,
        10,
        10,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        # The listener answers pings itself: picows would swallow a ping that ends a read, and with
        # it the sign that the read has ended.
        False,
        target.max_frame_bytes,
        None,
        READ_BUFFER_BYTES,
    )
    loop = asyncio.get_running_loop()
    opening = _Opening(frames, target.url)
    create: Callable[..., Awaitable[Any]] = (
        partial(aiofastnet.create_connection, loop)
        if target.use_aiofastnet
        else loop.create_connection
    )
    name = host if target.context is not None else None
    transport: asyncio.Transport | None = None
    if target.proxy is None:
        sock = await dial(destination.place)
    else:
        reached = await _through_proxy(target.proxy, target.url, dial, create)
        if isinstance(reached, ConnectedTransport):
            transport = reached.transport
        else:
            sock = reached.sock
    try:
        try:
            with QuietHandshake() if target.context is not None else nullcontext():
                if transport is None:
                    transport, _ = await create(
                        _ProtocolFactory(opening),
                        ssl=target.context,
                        sock=sock,
                        server_hostname=name,
                    )
                else:
                    transport = await _over_tunnel(transport, opening, target, host)
        except (ConnectionError, EOFError) as error:
            if target.context is None:
                raise
            raise handshake_error(error, target.url) from None
        await opening.upgraded
    except BaseException:
        if transport is not None:
            transport.abort()
        raise


class _ProtocolFactory:
    """Returns the same protocol; for one connection."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol

    def __call__(self) -> asyncio.Protocol:
        return self._protocol


async def _over_tunnel(
    transport: asyncio.Transport, opening: _Opening, target: Target, host: str
) -> asyncio.Transport:
    """Begin on a connection that an HTTP proxy passes on: TLS, then the request."""
    try:
        if target.context is not None:
            loop = asyncio.get_running_loop()
            start_tls: Callable[..., Awaitable[Any]] = (
                partial(aiofastnet.start_tls, loop) if target.use_aiofastnet else loop.start_tls
            )
            secure = await start_tls(
                transport, transport.get_protocol(), target.context, server_hostname=host
            )
            if secure is None:
                raise ConnectionError("the proxy closed the connection while TLS was starting")
            transport = secure
        transport.set_protocol(opening)
        opening.connection_made(transport)
    except BaseException:
        transport.abort()
        raise
    return transport


class _ProxyDial:
    """How picows asks for the connection to the proxy."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial

    async def __call__(self, proxy: WSParsedURL) -> socket.socket:
        return await self._dial(HostPort(proxy.host, proxy.port))


async def _through_proxy(
    proxy: str, url: str, dial: Dial, create: Callable[..., Awaitable[Any]]
) -> Any:
    """Reach the server through a proxy: a socket, or a transport of an HTTP proxy."""
    return await connect_through_optional_proxy(
        asyncio.get_running_loop(),
        parse_url(url),
        parse_url(proxy, False),
        _ProxyDial(dial),
        None,
        None,
        {},
        create,
    )
