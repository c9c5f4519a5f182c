"""Changes of state as callbacks and as an async iterator."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Callable

from fastpoly.consumers.handlers.user_hook import StreamOwner, UserHook
from fastpoly.errors import UsageError
from fastpoly.protocol.lifecycle import State, StateChange

__all__ = ["StateChanges", "StateNews"]

logger = logging.getLogger("fastpoly.stream")


class StateNews:
    """Who is told of changes of state. Used in the user's loop.

    Args:
        owner: What an exit ends that a callback raises.
    """

    def __init__(self, owner: StreamOwner) -> None:
        self._owner = owner
        self._callbacks: tuple[UserHook, ...] = ()
        self._iterations: weakref.WeakSet[StateChanges] = weakref.WeakSet()
        self._over = False

    def add(self, callback: Callable[[StateChange], object]) -> None:
        """Call a function with each change from now on.

        Raises:
            UsageError: It is not callable, or is a generator function.
        """
        if callback is None:
            raise UsageError("None is not callable.", hint="Pass a function.")
        hook = UserHook("A callback of on_state", callback, self._owner, logger)
        self._callbacks += (hook,)

    def remove(self, callback: Callable[[StateChange], object]) -> None:
        """Remove a function again."""
        self._callbacks = tuple(one for one in self._callbacks if one.function != callback)

    def tell(self, change: StateChange) -> None:
        """Tell everyone; what they raise is logged, and an exit ends the stream."""
        self._over = change.new is State.CLOSED
        for iteration in tuple(self._iterations):
            iteration.put(change)
        for callback in self._callbacks:
            callback(change)

    def iterate(self) -> StateChanges:
        """Return an async iterator over the changes from now on."""
        changes = StateChanges(self._over)
        self._iterations.add(changes)
        return changes


class StateChanges(AsyncIterator[StateChange]):
    """Changes of state, from the moment this is made to the last one.

    Args:
        over: Whether the last one has been.
    """

    def __init__(self, over: bool) -> None:
        self._over = over
        self._queue: asyncio.Queue[StateChange] = asyncio.Queue()

    def put(self, change: StateChange) -> None:
        """Take a change."""
        self._queue.put_nowait(change)

    async def __anext__(self) -> StateChange:
        if self._over and self._queue.empty():
            raise StopAsyncIteration
        change = await self._queue.get()
        self._over = change.new is State.CLOSED
        return change
