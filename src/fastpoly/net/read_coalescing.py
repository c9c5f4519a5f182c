"""Fewer, larger reads of a busy socket: the core's coalescer, put to work in a loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final

from fastpoly._core import ReadCoalescer
from fastpoly.errors import UsageError

__all__ = ["DEFAULT_MAX_READ_DELAY_S", "ReadDelay", "check_max_read_delay"]

DEFAULT_MAX_READ_DELAY_S: Final = 250e-6
"""How long data may wait. It does from 32,000 reads a second on; waking up for each of these would
take a quarter of a core and more."""

MAX_READ_DELAY_S: Final = 1.0


def check_max_read_delay(seconds: float) -> float:
    """Return what a user gave as ``max_read_delay``, checked.

    Raises:
        UsageError: It is not a number, is below 0, or so long that milliseconds must be meant.
    """
    if not (isinstance(seconds, (int, float)) and 0 <= seconds <= MAX_READ_DELAY_S):
        raise UsageError(
            f"max_read_delay={seconds!r} is not between 0 and {MAX_READ_DELAY_S:g}.",
            hint="It is in seconds: 0.00025 for 250 microseconds, 0 for no waiting.",
        )
    return seconds


class ReadDelay:
    """Lets data wait for a moment while a socket would be read too often.

    Args:
        max_delay_s: How long data may wait, in seconds, above 0.

    Attributes:
        coalescer: What the socket's listener tells of its reads.
    """

    def __init__(self, max_delay_s: float) -> None:
        self.coalescer = ReadCoalescer(max(1, round(max_delay_s * 1e9)))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: int | None = None

    def start(self, sock: socket.socket) -> None:
        """Begin, in the loop that reads the socket."""
        self._loop = asyncio.get_running_loop()
        self._timer = self.coalescer.attach(sock.fileno())
        if self._timer is not None:
            self._loop.add_reader(self._timer, self.coalescer.on_timer)

    def stop(self) -> None:
        """End, with the socket; more than once is fine."""
        timer, self._timer = self._timer, None
        if timer is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.remove_reader(timer)
            self.coalescer.detach()
