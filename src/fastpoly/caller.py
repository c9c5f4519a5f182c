"""One handler and the messages that wait for it: called in order, never twice at once."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.delivery import Buffer
    from fastpoly.errors import FastpolyError
    from fastpoly.services import Handler

__all__ = ["Caller", "Report", "Unpack"]

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


class Caller:
    """Calls one handler with its messages, one at a time, in the order in which they came.

    A handler that returns at once, a coroutine function that never has to wait included, is called
    right where the messages arrive, without a trip through the event loop. As soon as a coroutine
    does wait, its remainder and all later messages go to a task, one per handler, which awaits them
    one after the other.

    A coroutine that begins here and ends there must not notice: timeouts and cancel scopes ask for
    the current task when they begin and cancel that one later. So what begins here runs with the
    caller's task as the current one, by the two functions that asyncio documents for that
    (``_enter_task`` and ``_leave_task``), and in the task's context.

    Attributes:
        handler: The handler.
        channels: How many channels have this handler.
        busy: Whether messages that arrive have to queue.
        buffer: Batches that wait, within bounds.
    """

    __slots__ = (
        "_awaitable",
        "_context",
        "_detached",
        "_fail",
        "_messages",
        "_report",
        "_rest",
        "_retired",
        "_suspended",
        "_task",
        "_unpack",
        "_wake",
        "buffer",
        "busy",
        "channels",
        "handler",
    )

    def __init__(
        self,
        handler: Handler,
        buffer: Buffer,
        *,
        unpack: Unpack,
        report: Report,
        fail: Callable[[FastpolyError], None],
    ) -> None:
        """Binds a handler.

        Args:
            handler: The handler.
            buffer: For batches that have to wait.
            unpack: Takes a batch apart.
            report: Gets what the handler raises.
            fail: Gets what the buffer ended with.
        """
        self.handler = handler
        self.channels = 0
        self.busy = False
        self.buffer = buffer
        self._awaitable = always_awaitable(handler)
        self._unpack = unpack
        self._report = report
        self._fail = fail
        self._detached = False
        # Messages that another handler gave up; they are older than what is in the buffer.
        self._rest: deque[list[Any]] = deque()
        self._messages: Iterator[Any] = iter(())
        # A coroutine that waits, and what it yielded when it began to.
        self._suspended: tuple[Coroutine[Any, Any, None], object] | None = None
        self._wake: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._context = contextvars.copy_context()
        self._retired = False

    def start(self) -> None:
        """Gets the task ready, so that the first message need not wait for it."""
        self._retired = False
        if self._awaitable and self._task is None:
            self._start_task()

    def take(self, batch: Batch) -> None:
        """Calls the handler with a batch's messages, or lets the batch wait while it is busy."""
        if self._detached:
            return
        if self.busy:
            self.buffer.put(batch)
            if self.buffer.error is not None:
                self._fail(self.buffer.error)
            self._hand_over()
        else:
            self._deliver(self._unpack(batch))

    def call(self, messages: list[Any]) -> None:
        """Calls the handler, which must not be busy, with messages."""
        if not self._detached:
            self._deliver(iter(messages))

    def queue(self, messages: list[Any]) -> None:
        """Leaves messages to the task, before whatever is in the buffer."""
        self._rest.append(messages)
        self._hand_over()

    def surrender(self) -> list[Any]:
        """Gives up every message that the handler was not called with yet."""
        left = list(self._messages)
        for messages in self._rest:
            left.extend(messages)
        self._rest.clear()
        while (batch := self.buffer.take()) is not None:
            left.extend(self._unpack(batch))
        return left

    def _detach(self) -> None:
        self._detached = True
        self.surrender()

    def retire(self) -> None:
        """Ends the task, if need be after the message that the handler is busy with."""
        self._retired = True
        if self._task is not None and not self.busy:
            self._end_task(self._task)

    @property
    def current(self) -> bool:
        """Whether the code that asks runs in this handler."""
        return self._task is not None and self._task is asyncio.current_task()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task, if it was started and did not end."""
        return self._task

    # ------------------------------------------------------------- where the messages arrive

    def _deliver(self, messages: Iterator[Any]) -> None:
        if self._awaitable:
            self._begin(self._drive(messages))
        else:
            self._call(messages)

    def _call(self, messages: Iterator[Any]) -> None:
        handler = self.handler
        self._messages = messages
        message = None
        while True:
            try:
                for message in messages:
                    result = handler(message)
                    if result is not None and inspect.isawaitable(result):
                        self._begin(self._drive(messages, result, message))
                        return
                return
            except Exception as error:
                if not self._report(error, handler, message):
                    self._detach()

    def _begin(self, driver: Coroutine[Any, Any, None]) -> None:
        self.busy = True
        task = self._task
        if task is None or self._wake is None:
            # The task was not started, or did not come to wait for messages yet.
            self._suspended = (driver, _NOT_BEGUN)
            self._hand_over()
            return
        loop = task.get_loop()
        previous = asyncio.current_task(loop)
        if previous is not None:
            asyncio._leave_task(loop, previous)
        asyncio._enter_task(loop, task)
        try:
            yielded = self._context.run(driver.send, None)
        except StopIteration:
            self.busy = False
        except BaseException:
            self.busy = False
            raise
        else:
            self._suspended = (driver, yielded)
        finally:
            asyncio._leave_task(loop, task)
            if previous is not None:
                asyncio._enter_task(loop, previous)
        if self.busy or self._rest or len(self.buffer):
            self._hand_over()
        elif self._retired:
            self._end_task(task)

    def _hand_over(self) -> None:
        self.busy = True
        if self._task is None:
            self._start_task()
        elif self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _end_task(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        # At once, so that a handler that comes back gets a task of its own.
        self._task = self._wake = None

    # -------------------------------------------------------------------------- in the task

    def _start_task(self) -> None:
        name = getattr(self.handler, "__qualname__", type(self.handler).__qualname__)
        self._task = asyncio.get_running_loop().create_task(
            self._consume(), name=f"fastpoly handler {name}", context=self._context
        )

    async def _consume(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if self._suspended is not None:
                await self._resume(*self._suspended)
            elif self._rest:
                await self._drive(iter(self._rest.popleft()))
            elif (batch := self.buffer.take()) is not None:
                await self._drive(self._unpack(batch))
            else:
                self.busy = False
                if self._retired:
                    self._task = None
                    return
                self._wake = wake = loop.create_future()
                try:
                    await wake
                except asyncio.CancelledError as error:
                    # Between the hand-over and this task's turn: a timeout of the handler's own.
                    if self._suspended is None:
                        raise
                    await self._resume(*self._suspended, error)
                finally:
                    if self._wake is wake:
                        self._wake = None

    async def _resume(
        self,
        driver: Coroutine[Any, Any, None],
        yielded: object,
        error: BaseException | None = None,
    ) -> None:
        self._suspended = None
        if yielded is _NOT_BEGUN:
            await driver
        else:
            await _continued(driver, yielded, error)

    async def _drive(
        self, messages: Iterator[Any], pending: Awaitable[Any] | None = None, message: Any = None
    ) -> None:
        self._messages = messages
        handler = self.handler
        while True:
            try:
                if pending is not None:
                    awaited, pending = pending, None
                    await awaited
                if self._awaitable:
                    for message in messages:
                        await handler(message)  # type: ignore[misc]
                else:
                    for message in messages:
                        result = handler(message)
                        if result is not None and inspect.isawaitable(result):
                            await result
                return
            except asyncio.CancelledError as error:
                # Of the handler's own making, such as a future that someone else cancelled?
                if self._task is None or self._task.cancelling():
                    raise
                if not self._report(error, handler, message):
                    self._detach()
            except Exception as error:
                if not self._report(error, handler, message):
                    self._detach()


_NOT_BEGUN = object()


@types.coroutine
def _continued(
    driver: Coroutine[Any, Any, None], yielded: object, error: BaseException | None
) -> Generator[Any, Any, None]:
    """The rest of a coroutine that was begun elsewhere: what ``await`` does, from the middle on."""
    while True:
        try:
            if error is None:
                sent = yield yielded
        except BaseException as thrown:
            error = thrown
        try:
            if error is None:
                yielded = driver.send(sent)
            else:
                thrown_in, error = error, None
                yielded = driver.throw(thrown_in)
        except StopIteration:
            return
