"""Calls of one coroutine handler that wait side by side, up to a limit."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Protocol

from fastpoly.consumers.handlers.user_hook import refuse_generator

if TYPE_CHECKING:
    from fastpoly.consumers.handlers.tasks import HandlerTasks
    from fastpoly.polygon.services import Handler

__all__ = ["SideBySide", "SideBySideOwner"]


class SideBySideOwner(Protocol):
    """Who has a handler whose calls run side by side."""

    def handler_failed(self, error: BaseException, message: Any) -> object:
        """Take what the handler raised for a message."""


class SideBySide:
    """Stands in for a handler: a call of this begins one of the handler, and does not wait for it.

    Calls of the handler begin in the order of their messages. While as many as the limit wait for
    something, what a call of this gives is to be awaited before the next.

    Args:
        handler: The handler, a function or a coroutine function.
        limit: How many calls may be under way.
        tasks: Do them, each in a task of its own; a job of theirs is a call and what it gave.
        begin: How they are given a job: `HandlerTasks.run`, or `HandlerTasks.defer` where nothing
            may be begun inside of a call of this.
        owner: Who has the handler.

    Attributes:
        under_way: How many calls have not come to their end.
        unbegun: How many of those have not begun.
    """

    __slots__ = (
        "_begin",
        "_free",
        "_handler",
        "_limit",
        "_waiters",
        "owner",
        "tasks",
        "unbegun",
        "under_way",
    )

    def __init__(
        self,
        handler: Handler,
        limit: int,
        tasks: HandlerTasks,
        begin: Callable[[tuple[_Call, Awaitable[Any]], _Call], None],
        owner: SideBySideOwner,
    ) -> None:
        self.under_way = self.unbegun = 0
        self.tasks = tasks
        self.owner = owner
        self._handler = handler
        self._limit = limit
        self._begin = begin
        self._free: list[_Call] = []
        self._waiters: list[asyncio.Future[None]] = []

    def __call__(self, message: Any) -> SideBySide | None:
        """Begin a call of the handler.

        Returns:
            What to await before the next; None if it may come at once.
        """
        result = self._handler(message)
        if result is None:
            return None
        if not inspect.isawaitable(result):
            refuse_generator(result)
            return None
        call = self._free.pop() if self._free else _Call(self)
        # A task that has just become free must not overtake one that was left a call before.
        begin = self.tasks.defer if self.unbegun else self._begin
        call.expect(message, result)
        begin((call, result), call)
        return None if self.under_way < self._limit else self

    def __await__(self) -> Generator[Any, None, None]:
        """Wait until fewer calls than the limit are under way."""
        while self.under_way >= self._limit:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                yield from waiter
            finally:
                self._waiters.remove(waiter)

    def on_end(self, call: _Call) -> None:
        """Take note that a call has come to its end."""
        self._free.append(call)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)


class _Call:
    """One call at a time: the owner of its job, see `JobOwner`."""

    __slots__ = ("_busy", "_message", "_side", "_unbegun")

    def __init__(self, side: SideBySide) -> None:
        self._side = side
        self._busy = False
        self._message: Any = None
        self._unbegun: Awaitable[Any] | None = None

    def expect(self, message: Any, result: Awaitable[Any]) -> None:
        """Get ready to await what the handler gave for a message."""
        self._message = message
        self._unbegun = result
        self._side.unbegun += 1

    async def call(self, result: Awaitable[Any]) -> None:
        """Await it: the job."""
        self._unbegun = None
        self._side.unbegun -= 1
        try:
            await result
        except BaseException as error:
            if self._side.tasks.broke_off(error):
                raise
            self._side.owner.handler_failed(error, self._message)

    def next_job(self) -> None:
        """See `JobOwner.next_job`: a call is all there is."""

    @property
    def busy(self) -> bool:
        """See `JobOwner.busy`."""
        return self._busy

    @busy.setter
    def busy(self, busy: bool) -> None:
        if busy == self._busy:
            return
        self._busy = busy
        self._side.under_way += 1 if busy else -1
        if not busy:
            unbegun, self._unbegun, self._message = self._unbegun, None, None
            if unbegun is not None:
                # Its task was cancelled before.
                self._side.unbegun -= 1
                if isinstance(unbegun, Coroutine):
                    unbegun.close()
            self._side.on_end(self)
