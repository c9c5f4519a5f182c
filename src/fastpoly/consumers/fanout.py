"""Hands each batch of a stream to every consumer; keeps what comes before there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from fastpoly.consumers.picker import count_notices
from fastpoly.errors import FastpolyError

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["BatchSource", "Consumer", "FanOut", "Route"]

Route: TypeAlias = "Callable[[Batch, tuple[str, ...]], object]"
"""Where batches go, each with its channels."""


class Consumer(Protocol):
    """Who gets a stream's batches. Its methods are called in the thread that reads."""

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """Take a batch. Must not raise or wait.

        Args:
            batch: The batch.
            channels: Its `Batch.channels`, which take a look at each event to find out.
        """

    def end(self, error: BaseException | None) -> None:
        """There will be no more; for that reason, or because the stream was closed."""


class BatchSource(Protocol):
    """Where batches come from."""

    def route(self, deliver: Route) -> None:
        """Call `deliver` with every batch from now on."""


class FanOut:
    """The consumers of one stream. All of it runs in the reader loop.

    Batches that come before there is any consumer go into a buffer, which the first consumer takes
    over: an iteration as it is, handlers by being handed what is in it. With one consumer the
    source calls that one directly.

    Args:
        source: Where batches come from.
        unclaimed: The buffer for what comes before there is a consumer.
        loop: The loop that reads.
    """

    def __init__(self, source: BatchSource, unclaimed: Buffer, loop: ReaderLoop) -> None:
        self._source = source
        self._unclaimed: Buffer | None = unclaimed
        self._loop = loop
        self._consumers: tuple[Consumer, ...] = ()
        self._ended: tuple[BaseException | None] | None = None
        source.route(self._keep)

    def claim(self, consumer: Consumer) -> None:
        """Add the consumer that has taken the buffer over."""
        self._unclaimed = None
        self.attach(consumer)

    def attach(self, consumer: Consumer) -> None:
        """Add a consumer."""
        if self._ended is not None:
            consumer.end(self._ended[0])
            return
        self._consumers += (consumer,)
        if self._unclaimed is None:
            self._update()
        elif len(self._consumers) == 1:
            # Later, so that handlers which are added together get what waits together.
            self._loop.call_soon(self._release)

    def detach(self, consumer: Consumer) -> None:
        """Remove a consumer; one that is not there is not an error."""
        self._consumers = tuple(one for one in self._consumers if one is not consumer)
        if self._unclaimed is None:
            self._update()

    def end(self, error: BaseException | None) -> None:
        """Tell every consumer that there will be no more."""
        self._release()
        self._ended = (error,)
        if self._unclaimed is not None:
            self._unclaimed.close(error if isinstance(error, FastpolyError) else None)
        for consumer in self._consumers:
            consumer.end(error)

    def _release(self) -> None:
        unclaimed = self._unclaimed
        if unclaimed is None or not self._consumers:
            return
        self._unclaimed = None
        while (batch := unclaimed.take()) is not None:
            self._push_all(batch, batch.channels)
        self._update()

    def _update(self) -> None:
        self._source.route(self._consumers[0].push if len(self._consumers) == 1 else self._push_all)

    def _push_all(self, batch: Batch, channels: tuple[str, ...]) -> None:
        for consumer in self._consumers:
            consumer.push(batch, channels)

    def _keep(self, batch: Batch, channels: tuple[str, ...]) -> None:
        if self._unclaimed is not None:
            self._unclaimed.put(batch, count_notices(batch, channels))
