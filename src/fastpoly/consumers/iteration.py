"""What stands at the end of a buffer: an async iterator, a handler. Fenced and measured."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Final, Protocol

from fastpoly.consumers.buffer import Buffer, BufferStats
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.notices import NOTICE_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter

__all__ = ["Batches", "Consumer", "Picker", "count_notices"]

FAIR_SHARE_S: Final = 0.01
"""How long an iteration may go on without letting the loop do anything else."""


class Consumer(Protocol):
    """Who gets batches from the line."""

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """Takes a batch; in the thread that reads the line. Must not raise or wait.

        Args:
            batch: The batch.
            channels: Its `Batch.channels`, which take a look at each event to find out.
        """

    def end(self, error: FastpolyError | None) -> None:
        """There will be no more; in the thread that reads the line."""


class Picker:
    """Picks out of batches what one consumer wants.

    Args:
        channels: Names of channels; None for all.
        filter: What is wanted of them; None for everything.
        buffer: The consumer's, which counts what the filter leaves out.
    """

    def __init__(
        self, channels: frozenset[str] | None, filter: Filter | None, buffer: Buffer
    ) -> None:
        self._channels = channels
        self._filter = filter
        self._buffer = buffer
        # Channels of a batch -> those to select, all of them or none; there are few combinations.
        self._plans: dict[tuple[str, ...], tuple[str, ...]] = {}

    def pick(self, batch: Batch, channels: tuple[str, ...]) -> Batch | None:
        """The events that are wanted; None if there are none."""
        picked: Batch | None = batch
        if self._channels is not None:
            picked = self._select(batch, channels, self._channels)
        if self._filter is None or picked is None:
            return picked
        passed = self._filter.apply(picked)
        self._buffer.filtered += len(picked) - len(passed)
        return passed if len(passed) else None

    def _select(
        self, batch: Batch, channels: tuple[str, ...], wanted: frozenset[str]
    ) -> Batch | None:
        plan = self._plans.get(channels)
        if plan is None:
            plan = tuple(channel for channel in channels if channel in wanted)
            self._plans[channels] = plan
        if not plan:
            return None
        return batch if len(plan) == len(channels) else batch.select(*plan)


def count_notices(batch: Batch, channels: tuple[str, ...]) -> int:
    """How many notices there are in a batch of these channels."""
    return batch.count(NOTICE_CHANNEL) if NOTICE_CHANNEL in channels else 0


class Batches(AsyncIterator["Batch"]):
    """An async iterator over batches, with a buffer of its own.

    It ends when the stream is closed and the buffer is empty, and raises what ended the stream.

    Args:
        buffer: The buffer.
        picker: Picks what is wanted; None for everything.
        call_soon: Has a function called in the loop that iterates; from any thread.
        detach: Takes this consumer off the line.
        on_raise: Called when what ended the stream is raised.
    """

    def __init__(
        self,
        buffer: Buffer,
        picker: Picker | None,
        call_soon: Callable[[Callable[[], object]], object],
        detach: Callable[[Consumer], object],
        on_raise: Callable[[], object],
    ) -> None:
        self._buffer = buffer
        self._picker = picker
        self._call_soon = call_soon
        self._detach = detach
        self._on_raise = on_raise
        self._waiter: asyncio.Future[None] | None = None
        self._slice_began = 0.0
        self.name = buffer.consumer
        # From when to when whoever iterates had the last batch, by time.monotonic().
        self.work = (0.0, 0.0)
        buffer.on_ready = self._on_ready

    # ----------------------------------------------------------------- in the line's thread

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """See `Consumer.push`."""
        picked = batch if self._picker is None else self._picker.pick(batch, channels)
        if picked is not None:
            self._buffer.put(picked, count_notices(picked, channels))

    def end(self, error: FastpolyError | None) -> None:
        """See `Consumer.end`."""
        self._buffer.close(error)

    def _on_ready(self) -> None:
        self._call_soon(self._wake)

    # ----------------------------------------------------------------- in the user's loop

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> Batches:
        return self

    async def __anext__(self) -> Batch:
        buffer = self._buffer
        now = time.monotonic()
        self.work = (self.work[0], now)
        if now - self._slice_began > FAIR_SHARE_S:
            # A consumer that always finds something would never let others run.
            await asyncio.sleep(0)
            self._slice_began = time.monotonic()
        while True:
            batch = buffer.take_to_end()
            if batch is not None:
                self.work = (time.monotonic(), math.inf)
                return batch
            if buffer.closed:
                if buffer.error is not None:
                    self._on_raise()
                    raise buffer.error
                raise StopAsyncIteration
            if self._waiter is not None:
                raise UsageError(
                    "Two tasks wait for the next batch of one iteration.",
                    hint="Give each an iteration of its own: stream.batches().",
                )
            if buffer.arm():
                self._waiter = asyncio.get_running_loop().create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
                self._slice_began = time.monotonic()

    def stats(self) -> BufferStats:
        """What went through, what was lost, what waits."""
        return self._buffer.stats()

    async def aclose(self) -> None:
        """Takes no more batches; what waits is lost."""
        self.abort()

    def abort(self) -> None:
        """As `aclose`."""
        self._detach(self)
        self._buffer.close()
        self._buffer.clear()
