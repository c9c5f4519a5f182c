"""Wait for what a test expects to happen, where no event says that it has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 45.0
"""When to give up on what does happen, on any machine however busy; no measure of speed.

Less than the 60 s that a test has something take that must not be waited for.
"""

UNHURRIED: Any = {"open_timeout": 60, "auth_timeout": 60, "close_timeout": 60}
"""Limits of a connection that is not about them: nothing comes to its end by one of these."""


async def until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: It does not within so many seconds.
    """
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


async def stands_still(figure: Callable[[], object], looks: int = 20) -> None:
    """Wait until a figure has been the same for so many looks at it, ten milliseconds apart.

    Between looks the loop turns, so what is on its way to this process has come when it is not
    itself held up: a busy machine makes looks rarer, not the figure.

    Raises:
        TimeoutError: It never stands still.
    """
    async with asyncio.timeout(PATIENCE_S):
        before, same = figure(), 0
        while same < looks:
            await asyncio.sleep(0.01)
            now = figure()
            before, same = now, same + 1 if now == before else 0


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait until a condition holds, in a thread without an event loop.

    Raises:
        TimeoutError: It does not within so many seconds.
    """
    gives_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > gives_up:
            raise TimeoutError("what the test waits for does not happen")
        time.sleep(0.01)
