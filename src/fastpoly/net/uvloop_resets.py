"""Makes a transport on uvloop notice a reset, and read all that came before it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import select
import socket
from typing import Final

import aiofastnet

__all__ = ["CAN_WATCH", "ResetWatch", "on_uvloop"]

CAN_WATCH: Final = hasattr(select, "epoll")
"""Only Linux has what the watch needs."""


def on_uvloop() -> bool:
    """Return whether the running loop is uvloop's."""
    return type(asyncio.get_running_loop()).__module__.partition(".")[0] == "uvloop"


class ResetWatch:
    """Watches a socket that aiofastnet reads on uvloop.

    For a socket with an error, libuv reports the error alone; uvloop then has it read once more and
    no longer polls it. Where data came before the reset, that one read brings data, perhaps only
    part of it, and the transport would wait for ever for the rest and for the end.

    This watch waits for the error by a poll of its own, clears it from the socket, and has the
    transport polled again. Without the error the socket looks as after any other end: what came
    before can be read, and then there is no more. So the transport finds out by itself.

    Attributes:
        transport: What reads the socket; None as long as that is not known.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poll: select.epoll | None = None

    def start(self, sock: socket.socket) -> None:
        """Begin, in the loop that reads the socket."""
        self.stop()
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._poll = select.epoll()
        self._poll.register(sock, 0)  # errors and hang-ups are reported unasked
        self._loop.add_reader(self._poll.fileno(), self._on_event)

    def stop(self) -> None:
        """End; more than once is fine, and after the socket or the loop was closed."""
        poll, self._poll = self._poll, None
        if poll is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.remove_reader(poll.fileno())
            poll.close()
        self._socket = self.transport = None

    def _on_event(self) -> None:
        sock, transport = self._socket, self.transport
        self.stop()  # a hang-up does not pass, and would be reported in every turn of the loop
        if sock is None or sock.fileno() < 0:
            return
        if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return  # closed in order, or the transport has seen the error
        transport = transport or _find_transport(sock)
        if transport is None:
            return
        if transport.is_closing():
            transport.abort()  # the other side's part in closing will not come
        elif transport.is_reading():
            transport.pause_reading()
            transport.resume_reading()


def _find_transport(sock: socket.socket) -> aiofastnet.Transport | None:
    # picows tells the transport when the WebSocket is up, and opening can be reset, too. A search
    # through all objects takes its milliseconds, but that is for a connection that has failed.
    holders = gc.get_referrers(sock)
    return next((one for one in holders if isinstance(one, aiofastnet.Transport)), None)
