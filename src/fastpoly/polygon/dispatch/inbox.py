"""Batches on their way from the socket to the drop-in's handlers, and frames taken one by one."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

from fastpoly.consumers.buffer import FAIR_SHARE_S
from fastpoly.consumers.picker import count_notices
from fastpoly.errors import FastpolyError, UsageError

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer, BufferStats
    from fastpoly.engine.pipeline import Route
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["Handover", "HandoverOwner", "Inbox", "InboxOwner"]


class HandoverOwner(Protocol):
    """Whose batches are handed over."""

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""

    def on_overflow(self, error: FastpolyError) -> None:
        """Take what the buffer ended with: the caller's loop did not keep up."""


class Handover:
    """Brings batches from the thread that reads to the caller's loop.

    However long that loop stands still, the server does not wait until the buffer between the two
    is full.

    Args:
        buffer: The buffer, which becomes this object's.
        loop: The loop that reads.
        deliver: Takes the batches, in the caller's loop.
        owner: Whose batches they are.

    Attributes:
        deliver: As above.
    """

    def __init__(
        self, buffer: Buffer, loop: ReaderLoop, deliver: Route, owner: HandoverOwner
    ) -> None:
        self.deliver = deliver
        self._buffer = buffer
        self._loop = loop
        self._owner = owner
        buffer.owner = self
        buffer.arm()

    def put(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """Take a batch, in the thread that reads."""
        self._buffer.put(batch, count_notices(batch, channels))

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`."""
        self._loop.to_user(self._deliver_some)

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        self._owner.on_full(buffer)

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._owner.on_room(buffer)

    def _deliver_some(self) -> None:
        """Deliver what is there, for a fair share of the loop's time."""
        buffer = self._buffer
        deadline = time.monotonic() + FAIR_SHARE_S
        while True:
            batch = buffer.take()
            if batch is not None:
                try:
                    self.deliver(batch, batch.channels)
                except BaseException:
                    # Whatever it is, it costs this batch and not those that follow.
                    asyncio.get_running_loop().call_soon(self._deliver_some)
                    raise
            elif buffer.error is not None:
                self._owner.on_overflow(buffer.error)
                return
            elif buffer.arm():
                return
            if time.monotonic() > deadline:
                asyncio.get_running_loop().call_soon(self._deliver_some)
                return

    def deliver_all(self) -> None:
        """Deliver everything that is there; in the caller's loop."""
        while (batch := self._buffer.take()) is not None:
            self.deliver(batch, batch.channels)

    def stats(self) -> BufferStats:
        """Return what went through."""
        return self._buffer.stats()


class InboxOwner(Protocol):
    """Who takes frames one by one."""

    def raise_thrown(self) -> None:
        """Raise what a handler raised for the one who takes frames, if it did."""


class Inbox:
    """What was read and not yet handled, for a caller who takes it frame by frame.

    Args:
        buffer: Where batches wait.
    """

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        # Of batches that were taken.
        self._frames: deque[Batch] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end: BaseException | None = None

    def put(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """Add what was read."""
        self._buffer.put(batch, count_notices(batch, channels))
        self.wake()

    def end(self, error: BaseException) -> None:
        """Have whoever waits for more raise an error, once everything is taken."""
        self._end = error
        self.wake()

    def restart(self) -> None:
        """Expect more after all."""
        self._end = None

    def drain(self, deliver: Route) -> None:
        """Deliver everything that waits, oldest first."""
        while self._frames:
            frame = self._frames.popleft()
            deliver(frame, frame.channels)
        while (batch := self._buffer.take()) is not None:
            deliver(batch, batch.channels)

    def poll(self) -> Batch | None:
        """Return one WebSocket frame that was given back, if there is one."""
        return self._frames.popleft() if self._frames else None

    def give_back(self, frames: list[Batch]) -> None:
        """Take frames of what was taken; they come before everything else."""
        self._frames.extendleft(reversed(frames))

    @property
    def is_waited_for(self) -> bool:
        """Whether someone waits for a frame."""
        return self._waiter is not None

    async def next_batch(self, owner: InboxOwner) -> Batch:
        """Wait for what was read, be it one WebSocket frame or several.

        Args:
            owner: Asked whenever it was waited whether there is something to raise.

        Raises:
            FastpolyError: Nothing more will come.
            UsageError: Someone else waits.
        """
        while True:
            if self._frames:
                return self._frames.popleft()
            batch = self._buffer.take()
            if batch is not None:
                return batch
            end: BaseException | None = self._buffer.error or self._end
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
            owner.raise_thrown()

    def wake(self) -> None:
        """Have whoever waits look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def stats(self) -> BufferStats:
        """Return what went through."""
        return self._buffer.stats()
