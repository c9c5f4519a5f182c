"""One handler and the messages that wait for it: called in order, never twice at once."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.delivery import Buffer
    from fastpoly.errors import FastpolyError
    from fastpoly.services import Handler
    from fastpoly.workers import Driver, Workers

__all__ = ["Caller", "Report", "Unpack", "cancelled_from_outside"]

Unpack: TypeAlias = "Callable[[Batch], Iterator[Any]]"
"""A batch's messages, in the form that handlers get."""

Report: TypeAlias = Callable[[BaseException, "Handler", Any], bool]
"""Gets an error, the handler that raised it and the message that it had been given.

Returns whether to go on calling the handler.
"""


def always_awaitable(handler: Handler) -> bool:
    """Whether every call of a handler gives something to await.

    A plain function may give one too; that shows when it is called.
    """
    function: Any = handler
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - the method itself is looked at
    )


def cancelled_from_outside() -> bool:
    """Whether a `CancelledError` is meant for the task, and is not of the handler's own making.

    A handler that awaits a future which someone else cancelled raises one too.
    """
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _ignore(message: Any) -> None:
    """The handler in place of one that is not to be called again."""


class Caller:
    """Calls one handler with its messages, one at a time, in the order in which they came.

    A handler that returns at once, a coroutine function that need not wait included, is called
    right where the messages arrive, without a trip through the event loop. While one of its
    coroutines waits, the handler is busy, and what arrives queues.

    Args:
        handler: The handler.
        buffer: For batches that have to wait.
        workers: Run its coroutines.
        unpack: Takes a batch apart.
        report: Gets what the handler raises.
        fail: Gets what the buffer ended with.

    Attributes:
        handler: The handler.
        awaits: Whether its results have to be awaited.
        channels: How many channels have this handler.
        busy: Whether messages that arrive have to queue.
        buffer: Batches that wait, within bounds.
    """

    __slots__ = (
        "_fail",
        "_messages",
        "_queued",
        "_report",
        "_rest",
        "_unpack",
        "_workers",
        "awaits",
        "buffer",
        "busy",
        "channels",
        "handler",
    )

    def __init__(
        self,
        handler: Handler,
        buffer: Buffer,
        workers: Workers,
        *,
        unpack: Unpack,
        report: Report,
        fail: Callable[[FastpolyError], None],
    ) -> None:
        self.handler = handler
        self.awaits = always_awaitable(handler)
        self.channels = 0
        self.busy = False
        self.buffer = buffer
        self._queued = False
        self._workers = workers
        self._unpack = unpack
        self._report = report
        self._fail = fail
        # Messages that another handler gave up; they are older than what is in the buffer.
        self._rest: deque[list[Any]] = deque()
        # Those that the handler is being called with.
        self._messages: Iterator[Any] = iter(())

    def take(self, batch: Batch) -> None:
        """Calls the handler with a batch's messages, or lets the batch wait while it is busy."""
        if self.busy:
            self.buffer.put(batch)
            self._queued = True
            if self.buffer.error is not None:
                self._fail(self.buffer.error)
        elif self.awaits:
            self._workers.begin(self.drive(self._unpack(batch)), self)
        else:
            self._call(self._unpack(batch))

    def queue(self, messages: list[Any]) -> None:
        """Leaves messages to a task, before whatever is in the buffer."""
        self._rest.append(messages)
        self._queued = True
        if not self.busy:
            driver = self.next_driver()
            if driver is not None:
                self._workers.leave(driver, self)

    def surrender(self) -> list[Any]:
        """Gives up every message that the handler was not called with yet."""
        left = list(self._messages)
        for messages in self._rest:
            left.extend(messages)
        self._rest.clear()
        while (batch := self.buffer.take()) is not None:
            left.extend(self._unpack(batch))
        return left

    def fault(self, error: BaseException, message: Any) -> None:
        """The handler has raised."""
        if not self._report(error, self.handler, message):
            self.handler = _ignore
            self.awaits = False
            self.surrender()

    def next_driver(self) -> Driver | None:
        """A coroutine for the messages that have waited longest; None if there are none."""
        if not self._queued:
            return None
        if self._rest:
            return self.drive(iter(self._rest.popleft()))
        batch = self.buffer.take()
        if batch is not None:
            return self.drive(self._unpack(batch))
        self._queued = False
        return None

    def _call(self, messages: Iterator[Any]) -> None:
        self._messages = messages
        message = None
        while True:
            handler = self.handler
            try:
                for message in messages:
                    result = handler(message)
                    if result is not None and inspect.isawaitable(result):
                        self._workers.begin(self.drive(messages, result, message), self)
                        return
                return
            except Exception as error:
                self.fault(error, message)

    async def drive(
        self, messages: Iterator[Any], pending: Awaitable[Any] | None = None, message: Any = None
    ) -> None:
        """Calls the handler with messages.

        Args:
            messages: The messages.
            pending: What the handler gave for an earlier message, to be awaited first.
            message: That message.
        """
        self._messages = messages
        while True:
            handler = self.handler
            try:
                if pending is not None:
                    awaited, pending = pending, None
                    await awaited
                if self.awaits:
                    for message in messages:
                        await handler(message)  # type: ignore[misc]
                else:
                    for message in messages:
                        result = handler(message)
                        if result is not None and inspect.isawaitable(result):
                            await result
                return
            except asyncio.CancelledError as error:
                if cancelled_from_outside():
                    raise
                self.fault(error, message)
            except Exception as error:
                self.fault(error, message)
