"""Frames that wait for a caller who takes them one at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastpoly.errors import FastpolyError, UsageError

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer

__all__ = ["Inbox"]


class Inbox:
    """What was read and not yet handled.

    Args:
        buffer: Where batches wait.
    """

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        # Of the batch that was taken last.
        self._frames: deque[Batch] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end: FastpolyError | None = None

    def put(self, batch: Batch) -> None:
        """Adds what was read."""
        self._buffer.put(batch)
        self._wake()

    def end(self, error: FastpolyError) -> None:
        """Nothing more will come, for that reason."""
        self._end = error
        self._wake()

    def restart(self) -> None:
        """More will come after all."""
        self._end = None

    def take_all(self) -> Iterator[Batch]:
        """Everything that waits, oldest first."""
        while self._frames:
            yield self._frames.popleft()
        while (batch := self._buffer.take()) is not None:
            yield batch

    def poll(self) -> Batch | None:
        """One WebSocket frame, if one is at hand without any more ado."""
        return self._frames.popleft() if self._frames else None

    async def next_frame(self) -> Batch:
        """Waits for one WebSocket frame.

        Raises:
            FastpolyError: Nothing more will come.
            UsageError: Someone else waits.
        """
        while not self._frames:
            batch = self._buffer.take()
            if batch is not None:
                self._frames.extend(batch.frames())
                continue
            end = self._buffer.error or self._end
            if end is not None:
                # Without the traces of the times that it was raised before.
                raise end.with_traceback(None)
            if self._waiter is not None:
                raise UsageError(
                    "Two coroutines handle messages.", hint="Run handle_messages() in one."
                )
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._frames.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
