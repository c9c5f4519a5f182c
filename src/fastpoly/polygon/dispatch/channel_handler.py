"""One handler and the messages that wait for it: called in order, never twice at once."""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections import deque
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from fastpoly.consumers.buffer import FAIR_SHARE_S
from fastpoly.consumers.handlers.user_hook import refuse_generator
from fastpoly.polygon.dispatch.messages import MessageReader, MessageReaderOwner, Messages
from fastpoly.polygon.dispatch.side_by_side import SideBySide

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer
    from fastpoly.consumers.handlers.tasks import HandlerTasks
    from fastpoly.errors import FastpolyError
    from fastpoly.polygon.services import Handler

__all__ = ["ChannelHandler", "ChannelHandlerOwner"]


class ChannelHandlerOwner(MessageReaderOwner, Protocol):
    """Who has handlers of channels."""

    def handler_failed(self, error: BaseException, handler: Handler, message: Any) -> bool:
        """Take what a handler raised for a message; return whether to go on calling it."""

    def on_overflow(self, error: FastpolyError) -> object:
        """Take what a handler's buffer ended with."""


def always_awaitable(handler: Handler) -> bool:
    """Return whether every call of a handler gives something to await.

    A plain function may give one too; that shows when it is called.
    """
    function: Any = handler
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - the method itself is looked at
    )


def _ignore(message: Any) -> None:
    """The handler in place of one that is not to be called again."""


class ChannelHandler:
    """Calls one handler with its messages, in the order in which they came.

    It is never called twice at once, unless it may be: then calls of it that wait are side by side.

    A handler that returns at once, a coroutine function that need not wait included, is called
    right where the messages arrive, without a trip through the event loop. While one of its
    coroutines waits, the handler is busy, and what arrives queues.

    Args:
        handler: The handler.
        buffer: For batches that have to wait.
        tasks: Do what has to be awaited; a job of theirs is this object and an iterator.
        messages: What the handler gets.
        owner: Who has the handler.
        concurrency: How many calls of the handler may wait for something at a time.

    Attributes:
        handler: The handler.
        function: What is called for it with each message.
        awaits: Whether what that gives has to be awaited.
        channels: How many channels have this handler.
        busy: Whether messages that arrive have to queue.
        buffer: Batches that wait, within bounds.
    """

    __slots__ = (
        "_always",
        "_given",
        "_owner",
        "_pending",
        "_queued",
        "_reader",
        "_rest",
        "_side",
        "_tasks",
        "_turn_at",
        "awaits",
        "buffer",
        "busy",
        "channels",
        "function",
        "handler",
    )

    def __init__(
        self,
        handler: Handler,
        buffer: Buffer,
        tasks: HandlerTasks,
        *,
        messages: Messages,
        owner: ChannelHandlerOwner,
        concurrency: int = 1,
    ) -> None:
        self.handler = self._given = self.function = handler
        # Every call gives something to await.
        self._always = self.awaits = always_awaitable(handler)
        self._side: SideBySide | None = None
        if concurrency > 1:
            # What a plain function gives is begun outside of the call, where no message of this
            # handler is under way that is not known to be.
            begin = tasks.run if self.awaits else tasks.defer
            self.function = self._side = SideBySide(handler, concurrency, tasks, begin, self)
            self._always = False
        # What the handler gave for a message, to be awaited before the next one, and the message.
        self._pending: tuple[Awaitable[Any], Any] | None = None
        self.channels = 0
        self.busy = False
        self.buffer = buffer
        self._tasks = tasks
        self._reader = MessageReader(messages, owner)
        self._owner = owner
        # What another handler gave up; it is older than what is in the buffer.
        self._rest: deque[Batch] = deque()
        self._queued = False
        # When the loop is due a turn while messages are queued, by the monotonic clock.
        self._turn_at = 0.0

    @property
    def is_free(self) -> bool:
        """Whether the handler can be called at once: no message waits before."""
        return not (self.busy or self._queued)

    @property
    def is_at_work(self) -> bool:
        """Whether a call of the handler has not come to its end."""
        return self.busy or (self._side is not None and self._side.under_way > 0)

    def deliver(self, batch: Batch) -> None:
        """Call the handler with a batch's messages, or let the batch wait while it is busy."""
        if self.busy or self._queued:
            self.buffer.put(batch)
            self._queued = True
            if self.buffer.error is not None:
                self._owner.on_overflow(self.buffer.error)
            if not self.busy:
                self._resume()
            return
        messages = self._reader.read(batch)
        if self.awaits:
            self._tasks.run((self, messages), self)
        else:
            self._call(messages)

    def queue(self, batch: Batch) -> None:
        """Leave messages to a task, before whatever is in the buffer."""
        self._rest.append(batch)
        self._queued = True
        if not self.busy:
            self._resume()

    def _resume(self) -> None:
        """Have a task go on with what is queued."""
        job = self.next_job()
        if job is not None:
            self._tasks.defer(job, self)

    def wait(self, result: Awaitable[Any], message: Any, messages: Iterator[Any]) -> None:
        """Await what the handler gave for a message, and go on with those that follow."""
        self._pending = (result, message)
        self._tasks.run((self, messages), self)

    def drain_unstarted(self) -> list[Batch]:
        """Give up every message that the handler was not called with yet."""
        left = [batch for batch in (self._reader.stop(), *self._rest) if batch is not None]
        self._rest.clear()
        while (waiting := self.buffer.take()) is not None:
            left.append(waiting)
        return left

    def handler_failed(self, error: BaseException, message: Any) -> None:
        """Take what the handler raised."""
        if not self._owner.handler_failed(error, self._given, message):
            self.handler = self.function = _ignore
            self._always = self.awaits = False
            self.drain_unstarted()

    def next_job(self) -> tuple[ChannelHandler, Iterator[Any]] | None:
        """Return the messages that have waited longest; None if there are none."""
        if not self._queued:
            return None
        batch = self._rest.popleft() if self._rest else self.buffer.take()
        if batch is None:
            self._queued = False
            return None
        return self, self._reader.read(batch)

    def _call(self, messages: Iterator[Any]) -> None:
        message = None
        while True:
            handler = self.function
            try:
                for message in messages:
                    result = handler(message)
                    if result is not None:
                        if inspect.isawaitable(result):
                            self.wait(result, message, messages)
                            return
                        refuse_generator(result)
                if self._reader.is_cut:
                    self._keep_rest()
                    self._resume()
                return
            except BaseException as error:
                self.handler_failed(error, message)

    async def call(self, messages: Iterator[Any]) -> None:
        """Call the handler with messages and await what it gives."""
        message = None
        while True:
            handler = self.function
            try:
                if self._pending is not None:
                    (result, message), self._pending = self._pending, None
                    await result
                if self._always:
                    for message in messages:
                        await handler(message)  # type: ignore[misc]
                    if not (self._reader.is_cut or self._queued):
                        return
                    rest = await self._after_a_turn()
                    if rest is None:
                        return
                    messages = rest
                    continue
                for message in messages:
                    result = handler(message)  # type: ignore[assignment]
                    if result is not None:
                        if inspect.isawaitable(result):
                            await result
                        else:
                            refuse_generator(result)
                if not (self._reader.is_cut or self._queued):
                    return
                rest = await self._after_a_turn()
                if rest is None:
                    return
                messages = rest
            except BaseException as error:
                if self._tasks.broke_off(error):
                    self._keep_rest()
                    raise
                self.handler_failed(error, message)

    async def _after_a_turn(self) -> Iterator[Any] | None:
        """Let the loop do what else there is, if it is time for that.

        Returns:
            The rest of the messages, where they were cut; None if there is none.
        """
        is_cut = self._reader.is_cut
        if is_cut:
            self._keep_rest()
        if is_cut or time.monotonic() > self._turn_at:
            await asyncio.sleep(0)
            self._turn_at = time.monotonic() + FAIR_SHARE_S
        # Meanwhile it may have been given to another handler.
        return self._reader.read(self._rest.popleft()) if is_cut and self._rest else None

    def _keep_rest(self) -> None:
        """Have what this call did not come to wait for the next batch, before which it belongs."""
        left = self._reader.stop()
        if left is not None:
            self._rest.appendleft(left)
            self._queued = True
