"""Takes batch after batch out of a buffer in one task, which lets others have their turn."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from fastpoly.consumers.buffer import FAIR_SHARE_S, Buffer

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["Taking"]


class Taking:
    """What a task takes. Used in the event loop of the task.

    Args:
        buffer: Out of which. Its owner calls `wake` when it is ready.

    Attributes:
        turn_ends: When the task has had its fair share of the loop's time and is to `rest`: seconds
            of the monotonic clock, to be looked at after each call of a handler.
    """

    def __init__(self, buffer: Buffer) -> None:
        self.turn_ends = 0.0
        self._buffer = buffer
        self._ready = asyncio.Event()

    def wake(self) -> None:
        """Look again whether there is something to take."""
        self._ready.set()

    async def next(self) -> Batch | None:
        """Return the next batch, once there is one; None at the end."""
        buffer = self._buffer
        while (batch := buffer.take_to_end()) is None and not buffer.exhausted:
            self._ready.clear()
            if buffer.arm():
                await self._ready.wait()
                self.turn_ends = time.monotonic() + FAIR_SHARE_S
        return batch

    async def rest(self) -> None:
        """Let others have their turn."""
        await asyncio.sleep(0)
        self.turn_ends = time.monotonic() + FAIR_SHARE_S
