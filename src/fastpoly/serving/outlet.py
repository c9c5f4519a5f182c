"""The way out of one connection: everything that is sent passes here, in order."""

from __future__ import annotations

import socket
import struct
from typing import Any

from picows import WSTransport

from fastpoly.serving import frames


class Outlet:
    """Writes to one client's socket.

    Bytes are handed to the transport as they are: one prepared frame can go to any number of
    clients without being copied or encoded again.
    """

    def __init__(self) -> None:
        self._transport: WSTransport | None = None
        self._ended = False

    def open(self, transport: WSTransport) -> None:
        """Begin; nothing can be sent before."""
        self._transport = transport

    @property
    def _connected(self) -> Any:
        """The transport below WebSocket, or None once it is gone."""
        transport = self._transport
        if transport is None or transport.is_disconnected:
            return None
        return transport.underlying_transport

    @property
    def _writable(self) -> Any:
        """The same, or None when nothing more may be sent."""
        return None if self._ended else self._connected

    @property
    def is_open(self) -> bool:
        """Whether what is sent now has a chance to arrive."""
        return self._writable is not None

    @property
    def buffered(self) -> int:
        """Bytes that wait for the socket."""
        underlying = self._connected
        return 0 if underlying is None else int(underlying.get_write_buffer_size())

    def message(self, payload: bytes) -> None:
        """Send a text message."""
        self.raw(frames.frame(payload))

    def raw(self, data: bytes) -> None:
        """Send bytes as they are: frames, or what should have been some."""
        transport = self._transport
        if transport is not None and not self._ended and not transport.is_disconnected:
            transport.underlying_transport.write(data)

    def finish(self) -> None:
        """Send what is left, then end the TCP connection in good order (FIN)."""
        underlying = self._writable
        if underlying is not None:
            self._ended = True
            underlying.close()

    def reset(self) -> None:
        """End the TCP connection at once (RST); what waits is lost."""
        underlying = self._connected
        if underlying is None:
            return
        self._ended = True
        sock = underlying.get_extra_info("socket")
        # To close a socket that must not linger is to reset its connection.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        underlying.abort()

    def limit_buffer(self, size: int) -> None:
        """Have the transport say that it is full only from so many bytes on."""
        underlying = self._writable
        if underlying is not None:
            underlying.set_write_buffer_limits(high=size)

    def limit_kernel_buffer(self, size: int) -> None:
        """Set the kernel's send buffer, in bytes, so that slow readers show sooner."""
        underlying = self._writable
        if underlying is not None:
            sock = underlying.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
