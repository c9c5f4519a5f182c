"""Slows down a caller who asks again and again for what can only be refused."""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["FIRST_PAUSE_S", "LAST_PAUSE_S", "Pacing"]

FIRST_PAUSE_S: Final = 0.01
"""Seconds before the second refusal in a row."""

LAST_PAUSE_S: Final = 0.25
"""The longest pause, in seconds: four refusals a second cost nothing."""


class Pacing:
    """Pauses before refusals that come in a row, each twice as long as the one before.

    The first is not held back, so a program that does something about it loses no time. Used in the
    caller's event loop.
    """

    def __init__(self) -> None:
        self._pause_s = 0.0
        self._waiters: set[asyncio.Future[None]] = set()

    def reset(self) -> None:
        """Hold nobody back, and count the next refusal as the first: things have changed."""
        if self._pause_s:
            self._pause_s = 0.0
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def hold_back(self) -> None:
        """Wait before a refusal, for one turn of the loop at least."""
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s or FIRST_PAUSE_S, LAST_PAUSE_S)
        if not pause_s:
            await asyncio.sleep(0)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait((waiter,), timeout=pause_s)
        finally:
            self._waiters.discard(waiter)
