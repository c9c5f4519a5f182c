"""One async iterator over the iterations of several streams, each with its own buffer."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from fastpoly.consumers.buffer import FAIR_SHARE_S, BufferStats

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["Merged", "MergedOwner", "Polled"]


class Polled(Protocol):
    """An iteration that batches are taken from without waiting."""

    def poll(self) -> Batch | None:
        """Return the next batch if there is one."""

    @property
    def is_over(self) -> bool:
        """Whether no more will come than is there already."""

    @property
    def ended_by(self) -> BaseException | None:
        """What ended it; None if it was closed."""

    def wait_with(self, waiter: asyncio.Future[None]) -> bool:
        """Have a future set when there is something to take.

        Returns:
            False if there is already, or it is over.

        Raises:
            UsageError: Somebody else waits, or the stream was never opened.
        """

    def stop_waiting(self) -> None:
        """Let the future go."""

    def error_was_raised(self) -> None:
        """Take note that what ended it was raised to the user."""

    def stats(self) -> BufferStats:
        """Return what went through."""

    def abort(self) -> None:
        """Take no more batches; what waits is lost."""


class MergedOwner(Protocol):
    """Who has a merged iteration."""

    def end_of(self, errors: Mapping[str, BaseException]) -> BaseException | None:
        """Return what is raised once every stream is over; None if nothing is.

        Args:
            errors: What ended streams, by their name, in the order in which they ended.
        """

    def is_fatal(self, error: BaseException) -> bool:
        """Return whether what ended one stream is raised before the others are over."""


class Merged(AsyncIterator["Batch"]):
    """Batches of several streams, in the order of each; those that have some take turns.

    It ends when all are over.

    Args:
        streams: The iterations by the name of their stream.
        owner: Who has it.
        kept: What is to live as long as this.
    """

    def __init__(
        self, streams: Mapping[str, Polled], owner: MergedOwner, kept: Iterable[object] = ()
    ) -> None:
        self._streams = dict(streams)
        self._owner = owner
        self._kept = tuple(kept)
        # Whose turn it is comes first.
        self._live = deque(self._streams.items())
        self._errors: dict[str, BaseException] = {}
        self._slice_began = 0.0

    def __aiter__(self) -> Merged:
        return self

    async def __anext__(self) -> Batch:
        if time.monotonic() - self._slice_began > FAIR_SHARE_S:
            # A consumer that always finds something would never let others run.
            await asyncio.sleep(0)
            self._slice_began = time.monotonic()
        while True:
            batch = self._poll()
            if batch is not None:
                return batch
            if not self._live:
                self._raise_end()
            await self._wait()
            self._slice_began = time.monotonic()

    def _poll(self) -> Batch | None:
        """Return a batch of the first that has one."""
        live = self._live
        for _ in range(len(live)):
            name, stream = live[0]
            # Asked before: what comes between the two belongs to it.
            over = stream.is_over
            batch = stream.poll()
            if batch is not None:
                live.rotate(-1)
                return batch
            if over:
                live.popleft()
                self._take_end(name, stream)
            else:
                live.rotate(-1)
        return None

    def _take_end(self, name: str, stream: Polled) -> None:
        error = stream.ended_by
        if error is None:
            return
        self._errors[name] = error
        if self._owner.is_fatal(error):
            stream.error_was_raised()
            raise error

    def _raise_end(self) -> None:
        error = self._owner.end_of(self._errors)
        if error is None:
            raise StopAsyncIteration
        for name in self._errors:
            self._streams[name].error_was_raised()
        raise error

    async def _wait(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting: list[Polled] = []
        try:
            for _, stream in self._live:
                if not stream.wait_with(waiter):
                    return
                waiting.append(stream)
            await waiter
        finally:
            for stream in waiting:
                stream.stop_waiting()

    def stats(self) -> dict[str, BufferStats]:
        """Return what went through, what was lost and what waits, by stream."""
        return {name: stream.stats() for name, stream in self._streams.items()}

    async def aclose(self) -> None:
        """Take no more batches; what waits is lost."""
        for stream in self._streams.values():
            stream.abort()
        self._live.clear()
