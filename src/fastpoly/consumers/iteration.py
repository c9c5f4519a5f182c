"""An async iterator over batches: the consumer behind ``async for batch in stream``."""

from __future__ import annotations

import asyncio
import math
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly.consumers.buffer import FAIR_SHARE_S, Buffer, BufferStats
from fastpoly.consumers.picker import Picker, count_notices
from fastpoly.errors import FastpolyError, UsageError

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.health.stalls import BusySpan
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["Batches", "BatchesOwner", "Events", "Iteration"]

_TWO_TASKS: Final = "Two tasks are waiting for the next batch of one iteration."
_TWO_TASKS_HINT: Final = "Give each an iteration of its own: stream.batches()."
_NEVER_OPENED: Final = "The stream was never opened."
_NEVER_OPENED_HINT: Final = "Enter `async with` first."


class BatchesOwner(Protocol):
    """Who has an iteration."""

    @property
    def is_started(self) -> bool:
        """Whether batches come, or came."""

    def detach(self, consumer: Batches) -> None:
        """Give it no more batches."""

    def error_was_raised(self) -> None:
        """What ended the stream has been raised to the user."""

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""


class Batches(AsyncIterator["Batch"]):
    """An async iterator over batches, with a buffer of its own.

    It ends when the stream is closed and the buffer is empty, and raises what ended the stream.

    Args:
        buffer: The buffer, which becomes this object's.
        picker: Picks what is wanted; None for everything.
        loop: The loop that reads.
        owner: Who has it.
        takes_notices: As below.

    Attributes:
        name: What to call it.
        busy_span: When whoever iterates had the last batch.
        takes_notices: Whether notices are wanted here.
    """

    def __init__(
        self,
        buffer: Buffer,
        picker: Picker | None,
        loop: ReaderLoop,
        owner: BatchesOwner,
        *,
        takes_notices: bool = True,
    ) -> None:
        self.takes_notices = takes_notices
        self.name = buffer.consumer
        self.busy_span: BusySpan = (0.0, 0.0)
        self._buffer = buffer
        self._picker = picker
        self._loop = loop
        self._owner = owner
        self._waiter: asyncio.Future[None] | None = None
        self._slice_began = 0.0
        self._ended_by: BaseException | None = None
        buffer.owner = self

    # ------------------------------------------------------------------ in the thread that reads

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """See `Consumer.push`."""
        picked = batch if self._picker is None else self._picker.pick(batch, channels)
        if picked is not None:
            self._buffer.put(picked, count_notices(picked, channels))

    def end(self, error: BaseException | None) -> None:
        """See `Consumer.end`."""
        self._ended_by = error
        self._buffer.close(error if isinstance(error, FastpolyError) else None)

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`."""
        self._loop.to_user(self._wake)

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        self._owner.on_full(buffer)

    # ---------------------------------------------------------------------- in the user's loop

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._owner.on_room(buffer)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> Batches:
        return self

    async def __anext__(self) -> Batch:
        buffer = self._buffer
        now = time.monotonic()
        self.busy_span = (self.busy_span[0], now)
        if now - self._slice_began > FAIR_SHARE_S:
            # A consumer that always finds something would never let others run.
            await asyncio.sleep(0)
            self._slice_began = time.monotonic()
        while True:
            batch = buffer.take_to_end()
            if batch is not None:
                self.busy_span = (time.monotonic(), math.inf)
                return batch
            if buffer.exhausted:
                error = self.ended_by
                if error is not None:
                    self._owner.error_was_raised()
                    raise error
                raise StopAsyncIteration
            if self._waiter is not None:
                raise UsageError(_TWO_TASKS, hint=_TWO_TASKS_HINT)
            if not self._owner.is_started:
                raise UsageError(_NEVER_OPENED, hint=_NEVER_OPENED_HINT)
            if buffer.arm():
                self._waiter = asyncio.get_running_loop().create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
                self._slice_began = time.monotonic()

    def poll(self) -> Batch | None:
        """Return the next batch if there is one, for who takes from several; see `Polled`."""
        batch = self._buffer.take_to_end()
        now = time.monotonic()
        self.busy_span = (self.busy_span[0], now) if batch is None else (now, math.inf)
        return batch

    @property
    def is_over(self) -> bool:
        """See `Polled.is_over`."""
        return self._buffer.closed

    @property
    def ended_by(self) -> BaseException | None:
        """See `Polled.ended_by`."""
        return self._buffer.error or self._ended_by

    def wait_with(self, waiter: asyncio.Future[None]) -> bool:
        """See `Polled.wait_with`."""
        if self._waiter is not None:
            raise UsageError(_TWO_TASKS, hint=_TWO_TASKS_HINT)
        if not self._owner.is_started:
            raise UsageError(_NEVER_OPENED, hint=_NEVER_OPENED_HINT)
        if not self._buffer.arm():
            return False
        self._waiter = waiter
        return True

    def stop_waiting(self) -> None:
        """See `Polled.stop_waiting`."""
        self._waiter = None

    def error_was_raised(self) -> None:
        """See `Polled.error_was_raised`."""
        self._owner.error_was_raised()

    def stats(self) -> BufferStats:
        """Return what went through, what was lost, what waits."""
        return self._buffer.stats()

    async def aclose(self) -> None:
        """Take no more batches; what waits is lost."""
        self.abort()

    def abort(self) -> None:
        """As `aclose`."""
        self._owner.detach(self)
        self._buffer.close()
        self._buffer.clear()


class Iteration(AsyncIterator["Batch"]):
    """An iteration beside others, which leaves the stream when nobody holds it any more.

    Args:
        batches: The consumer behind it, which the stream holds.
    """

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        # Not a method of this object's, which would keep it.
        weakref.finalize(self, batches.abort).atexit = False

    def __aiter__(self) -> Iteration:
        return self

    async def __anext__(self) -> Batch:
        return await self._batches.__anext__()

    @property
    def batches(self) -> Batches:
        """The consumer behind it, for as long as this is held."""
        return self._batches

    def stats(self) -> BufferStats:
        """Return what went through, what was lost, what waits."""
        return self._batches.stats()

    async def aclose(self) -> None:
        """Take no more batches; what waits is lost."""
        self._batches.abort()


class Events(AsyncIterator[Any]):
    """The events of an iteration, one by one.

    Args:
        batches: The iteration.
    """

    def __init__(self, batches: Iteration) -> None:
        self._batches = batches
        self._left: Iterator[Any] = iter(())
        self._turn_ends = 0.0

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Any:
        if time.monotonic() > self._turn_ends:
            # A batch may hold thousands; they are no reason to keep the loop for so long.
            await asyncio.sleep(0)
            self._turn_ends = time.monotonic() + FAIR_SHARE_S
        while True:
            for event in self._left:
                return event
            self._left = iter(await self._batches.__anext__())

    def stats(self) -> BufferStats:
        """Return what went through, what was lost, what waits in batches."""
        return self._batches.stats()

    async def aclose(self) -> None:
        """Take no more events; what waits is lost."""
        self._left = iter(())
        await self._batches.aclose()
