"""Hands each batch of the line to every consumer; keeps what comes before there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.iteration import Consumer, count_notices
from fastpoly.errors import FastpolyError

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["FanOut", "Route"]

Route: TypeAlias = "Callable[[Batch, tuple[str, ...]], object]"
"""Where batches go, each with its channels."""


class FanOut:
    """The consumers of one line. All of it runs where the line is read.

    Batches that come before there is any consumer go into a buffer, which the first consumer takes
    over: an iteration as it is, handlers by being handed what is in it.

    Args:
        route: Called with the function that is to get the line's batches from now on; with one
            consumer that is the consumer's own.
        unclaimed: The buffer for what comes before there is a consumer.
        call_soon: Has a function called in the line's loop, later.
    """

    def __init__(
        self,
        route: Callable[[Route], object],
        unclaimed: Buffer,
        call_soon: Callable[[Callable[[], object]], object],
    ) -> None:
        self._route = route
        self._unclaimed: Buffer | None = unclaimed
        self._call_soon = call_soon
        self._consumers: tuple[Consumer, ...] = ()
        self._ended: tuple[FastpolyError | None] | None = None
        route(self._keep)

    def claim(self, consumer: Consumer) -> None:
        """Adds the consumer that has taken the buffer over."""
        self._unclaimed = None
        self.attach(consumer)

    def attach(self, consumer: Consumer) -> None:
        """Adds a consumer."""
        if self._ended is not None:
            consumer.end(self._ended[0])
            return
        self._consumers += (consumer,)
        if self._unclaimed is None:
            self._update()
        elif len(self._consumers) == 1:
            # Later, so that handlers which are added together get what waits together.
            self._call_soon(self._release)

    def detach(self, consumer: Consumer) -> None:
        """Removes a consumer; one that is not there is no error."""
        self._consumers = tuple(one for one in self._consumers if one is not consumer)
        if self._unclaimed is None:
            self._update()

    def end(self, error: FastpolyError | None) -> None:
        """Tells every consumer that there will be no more."""
        self._release()
        self._ended = (error,)
        if self._unclaimed is not None:
            self._unclaimed.close(error)
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
        self._route(self._consumers[0].push if len(self._consumers) == 1 else self._push_all)

    def _push_all(self, batch: Batch, channels: tuple[str, ...]) -> None:
        for consumer in self._consumers:
            consumer.push(batch, channels)

    def _keep(self, batch: Batch, channels: tuple[str, ...]) -> None:
        if self._unclaimed is not None:
            self._unclaimed.put(batch, count_notices(batch, channels))
