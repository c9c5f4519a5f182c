"""Changes of state as callbacks and as an async iterator."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from fastpoly.errors import UsageError
from fastpoly.protocol.lifecycle import State, StateChange

__all__ = ["StateChanges", "StateNews"]

logger = logging.getLogger("fastpoly.stream")


class StateNews:
    """Who is told of changes of state. Used in the user's loop."""

    def __init__(self) -> None:
        self._callbacks: tuple[Callable[[StateChange], object], ...] = ()
        self._over = False

    def add(self, callback: Callable[[StateChange], object]) -> None:
        """Has a function called with each change from now on.

        Raises:
            UsageError: It is not callable.
        """
        if not callable(callback):
            raise UsageError(f"{callback!r} is not callable.", hint="Pass a function.")
        self._callbacks += (callback,)

    def remove(self, callback: Callable[[StateChange], object]) -> None:
        """Takes a function off again."""
        self._callbacks = tuple(one for one in self._callbacks if one != callback)

    def tell(self, change: StateChange) -> None:
        """Tells everyone; what they raise is logged."""
        self._over = change.new is State.CLOSED
        for callback in self._callbacks:
            try:
                callback(change)
            except Exception:
                logger.exception("a callback for changes of state raised")

    def iterate(self) -> StateChanges:
        """The changes from now on."""
        return StateChanges(self, self._over)


class StateChanges(AsyncIterator[StateChange]):
    """Changes of state, from the moment this is made to the last one.

    Args:
        news: Where they come from.
        over: Whether the last one has been.
    """

    def __init__(self, news: StateNews, over: bool) -> None:
        self._news = news
        self._over = over
        self._queue: asyncio.Queue[StateChange] = asyncio.Queue()
        self._listener = self._queue.put_nowait
        news.add(self._listener)

    async def __anext__(self) -> StateChange:
        if self._over and self._queue.empty():
            self._news.remove(self._listener)
            raise StopAsyncIteration
        change = await self._queue.get()
        self._over = change.new is State.CLOSED
        return change
