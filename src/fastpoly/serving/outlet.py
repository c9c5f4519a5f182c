"""The way out of one connection: whatever is sent passes here, in order, faults and all."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from picows import WSTransport

from fastpoly.serving import frames


class Outlet:
    """Writes to one client's socket.

    Attributes:
        silent: Whether nothing at all is sent, as on a line that is dead without a sign.
        pieces: Into how many frames a message is cut; 1 for whole ones.
        split: How many bytes one write to the socket has; 0 for no limit.
    """

    def __init__(self) -> None:
        self.silent = False
        self.pieces = 1
        self.split = 0
        self._transport: WSTransport | None = None
        self._dripping: asyncio.Task[None] | None = None
        self._backlog = bytearray()
        self._ended = False

    def open(self, transport: WSTransport) -> None:
        """Begins; nothing can be sent before."""
        self._transport = transport

    @property
    def _socket(self) -> Any:
        """The transport below WebSocket, or None when there is nothing to write to."""
        return None if self._ended else self._line

    @property
    def _line(self) -> Any:
        """The same, also while it only sends what is left."""
        transport = self._transport
        if transport is None or transport.is_disconnected:
            return None
        return transport.underlying_transport

    @property
    def is_open(self) -> bool:
        """Whether what is sent now has a chance to arrive."""
        return self._socket is not None and not self.silent

    @property
    def buffered(self) -> int:
        """Bytes that wait for the socket and have a chance to reach it."""
        underlying = self._line
        if underlying is None or self.silent:
            return 0
        return int(underlying.get_write_buffer_size()) + len(self._backlog)

    def message(self, payload: bytes) -> None:
        """Sends a text message."""
        if self.pieces > 1:
            for fragment in frames.fragments(payload, self.pieces):
                self.raw(fragment)
        else:
            self.raw(frames.frame(payload))

    def raw(self, data: bytes) -> None:
        """Sends bytes as they are: frames, or what should have been some."""
        underlying = self._socket
        if underlying is None or self.silent:
            return
        if self.split or self._backlog:
            self._backlog += data
            if self._dripping is None:
                self._dripping = asyncio.get_running_loop().create_task(self._drip())
        else:
            underlying.write(data)

    async def _drip(self) -> None:
        """Writes the backlog piece by piece, each in a turn of the loop of its own."""
        while self._backlog and (underlying := self._socket) is not None:
            size = self.split or len(self._backlog)
            underlying.write(bytes(self._backlog[:size]))
            del self._backlog[:size]
            await asyncio.sleep(0)
        self._dripping = None

    def finish(self) -> None:
        """Sends what is left, then ends the TCP connection in good order (FIN)."""
        underlying = self._socket
        if underlying is None:
            return
        if self._backlog:
            underlying.write(bytes(self._backlog))
            self._backlog.clear()
        self._ended = True
        underlying.close()

    def reset(self) -> None:
        """Ends the TCP connection at once (RST); what waits is lost."""
        underlying = self._line
        if underlying is None:
            return
        self._ended = True
        self._backlog.clear()
        sock = underlying.get_extra_info("socket")
        # To close a socket that must not linger is to reset its connection.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        underlying.abort()

    def die(self) -> None:
        """Neither sends nor reads any more; the TCP connection stays up."""
        underlying = self._socket
        self.silent = True
        if underlying is not None:
            underlying.pause_reading()

    def revive(self) -> None:
        """Undoes `die`."""
        self.silent = False
        underlying = self._socket
        if underlying is not None:
            underlying.resume_reading()

    def limit_kernel_buffer(self, size: int) -> None:
        """Sets the kernel's send buffer, in bytes, so that slow readers show sooner."""
        underlying = self._socket
        if underlying is not None:
            sock = underlying.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
