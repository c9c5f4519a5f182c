"""Is the connection alive? A ping after silence, and a verdict if the silence goes on."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from picows import WSTransport

    from fastpoly._core import Listener

__all__ = ["KeepAlive"]

STALL_S: Final = 0.5
"""A timeout that is this late says that the loop stood still, and nothing of the connection."""


class KeepAlive:
    """Watches one connection.

    Any byte counts as life, not only pongs: a busy server may be late with those.

    Args:
        interval: Seconds of silence after which a ping is sent.
        timeout: Seconds that the silence may then go on; None for no limit.

    Attributes:
        round_trip_s: Seconds between the latest ping and its pong, or None before the first.
    """

    def __init__(self, interval: float, timeout: float | None) -> None:
        self._interval = interval
        self._timeout = timeout
        self._reading = True
        self._disturbed = False
        self.round_trip_s: float | None = None

    def note_reading(self, reading: bool) -> None:
        """Take note whether the connection is read; while it is not, its silence means nothing."""
        self._reading = reading
        self._disturbed = True

    async def wait_until_dead(self, transport: WSTransport, listener: Listener) -> bool:
        """Ping the connection whenever it is silent, for as long as it is alive.

        Args:
            transport: The connection.
            listener: Its listener, for the count of bytes.

        Returns:
            True if the connection is dead; False if it was closed meanwhile.
        """
        ping: asyncio.Future[list[float]] | None = None
        while True:
            seen = listener.bytes_received
            self._disturbed = not self._reading
            await asyncio.sleep(self._interval)
            if listener.bytes_received != seen or self._disturbed:
                continue
            started = time.monotonic()
            if ping is None:
                # A task that nobody cancels: picows would have nobody to report the end to.
                ping = asyncio.ensure_future(_measure(transport))
                ping.add_done_callback(self._note_pong)
            await asyncio.wait([ping], timeout=self._timeout)
            if ping.done():
                if ping.cancelled() or ping.exception() is not None:
                    return False
                ping = None
                continue
            # Where the loop stood still, what came meanwhile is still to be read, which a turn of
            # the loop does: libuv runs timers before it reads.
            await asyncio.sleep(0.01)
            stalled = time.monotonic() - started > (self._timeout or 0.0) + STALL_S
            heard = ping.done() or listener.bytes_received != seen
            if not heard and not stalled and not self._disturbed:
                return True

    def _note_pong(self, ping: asyncio.Future[list[float]]) -> None:
        if not ping.cancelled() and ping.exception() is None:
            (self.round_trip_s,) = ping.result()


async def _measure(transport: WSTransport) -> list[float]:
    if transport.is_disconnected:
        # The connection ended before this task began: picows would wait for a pong for ever.
        raise ConnectionResetError
    return await transport.measure_roundtrip_time(1)
