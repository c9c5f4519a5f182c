"""Is the line alive? A ping after silence, and a verdict when the silence goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from picows import WSTransport

    from fastpoly._core import Listener

__all__ = ["wait_until_dead"]

STALL_S: Final = 0.5
"""A timeout that comes this much late says that the loop stood still, not the line."""


async def wait_until_dead(
    transport: WSTransport,
    listener: Listener,
    interval: float,
    timeout: float | None,
    on_round_trip: Callable[[float], object],
) -> bool:
    """Pings the line whenever it is silent, for as long as it is alive.

    Any byte counts as life, not only pongs: a busy server may be late with those.

    Args:
        transport: The line.
        listener: Its listener, for the count of bytes.
        interval: Seconds of silence after which a ping is sent.
        timeout: Seconds that the silence may then go on; None for no limit.
        on_round_trip: Called with the seconds from a ping to its pong.

    Returns:
        True if the line is dead; False if it was closed meanwhile.
    """
    while True:
        seen = listener.bytes_received
        await asyncio.sleep(interval)
        if listener.bytes_received != seen:
            continue
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout):
                (seconds,) = await transport.measure_roundtrip_time(1)
        except TimeoutError:
            # Where the loop stood still, what came meanwhile is still to be read, which a turn of
            # the loop does: libuv runs timers before it reads.
            await asyncio.sleep(0.01)
            stalled = time.monotonic() - started > (timeout or 0.0) + STALL_S
            if listener.bytes_received == seen and not stalled:
                return True
        except ConnectionError:
            return False
        else:
            on_round_trip(seconds)
