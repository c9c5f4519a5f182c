"""The WebSocket frames of one read, handled one at a time for a caller with a loop of its own.

A batch, a job and a way through all of the dispatcher for each frame cost three times what the
handler of a frame's only event does. So the messages of many frames are made together, and the
handlers of a frame are called when the caller asks for it, all in one task.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from itertools import islice
from operator import length_hint
from typing import TYPE_CHECKING, Any, Protocol

from fastpoly._core import FrameStepper
from fastpoly.consumers.handlers.tasks import rest_of
from fastpoly.consumers.handlers.user_hook import refuse_generator
from fastpoly.polygon.dispatch.messages import CHUNK

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.handlers.tasks import HandlerTask, HandlerTasks
    from fastpoly.polygon.dispatch.channel_handler import ChannelHandler

__all__ = ["FrameRun", "FrameRunOwner"]


class FrameRunOwner(Protocol):
    """Whose handlers get the messages."""

    def call_plain(self, messages: Iterator[Any]) -> object:
        """Call each message's handler with it, where no result has to be awaited."""

    def on_wait(self, target: ChannelHandler) -> object:
        """Take note that a handler waits, and stop the run."""

    def give_back(self, frames: list[Batch]) -> object:
        """Take frames that were not begun; they come before any that are still to be taken."""

    def on_over(self, left: Batch | None) -> object:
        """Take note of the end, and what is left of the frame that was handled last."""


class _Awaiting:
    """A job that awaits the result of a handler's call.

    Args:
        run: Of which the message is.
        target: The handler.
        message: What it was called with.
        result: What it gave.
    """

    __slots__ = ("_message", "_result", "_run", "target")

    def __init__(
        self, run: FrameRun, target: ChannelHandler, message: Any, result: Awaitable[Any]
    ) -> None:
        self.target = target
        self._run = run
        self._message = message
        self._result = result

    async def call(self, messages: None) -> None:
        """Await it; see `drive`."""
        try:
            await self._result
        except BaseException as error:
            self._run.failed(self.target, self._message, error)


class FrameRun(FrameStepper):
    """The frames of one batch, on their way to handlers that are all free.

    Args:
        batch: What the read brought.
        make: Makes the messages of events.
        tasks: Do what has to be awaited.
        awaits: Whether anything has.
        owner: Whose handlers they are.
        channel_of: See `FrameStepper`, like the two that follow.
    """

    __slots__ = ("_awaits", "_batch", "_left", "_make", "_owner", "_tasks")

    def __init__(
        self,
        batch: Batch,
        make: Callable[[Batch], list[Any]],
        tasks: HandlerTasks,
        owner: FrameRunOwner,
        channel_of: Callable[[Any], Any],
        by_channel: dict[str, ChannelHandler],
        default: ChannelHandler,
        *,
        awaits: bool,
    ) -> None:
        super().__init__(batch.frame_sizes, channel_of, by_channel, default)
        self._batch = batch
        self._make = make
        self._tasks = tasks
        self._awaits = awaits
        self._owner = owner
        self._left: Batch | None = None

    def handle_slowly(self) -> bool:
        """See `FrameStepper.handle_slowly`."""
        if (
            self.is_inside  # a handler asks for more
            or (self.begun >= self.made and not self._make_more())
            or (self.task is not None and self.task.has_ended)
        ):
            self.stop()
            return False
        if self._awaits:
            if self.task is None:
                self.task = self._tasks.take()
            return self.handle_next()
        begun, self.begun = self.begun, self.begun + 1
        self.is_inside = True
        try:
            self._owner.call_plain(islice(self.messages, self.sizes[begun]))
        except BaseException:
            self.stop()
            raise
        finally:
            self.is_inside = False
            if self.is_over:
                self.finish()
        return True

    def rest_of(
        self,
        target: ChannelHandler,
        message: Any,
        coroutine: Coroutine[Any, Any, Any],
        yielded: object,
    ) -> Any:
        """See `FrameStepper.rest_of`."""
        return _Awaiting(self, target, message, rest_of(coroutine, yielded)), None

    def job_of(self, target: ChannelHandler, message: Any, result: Any) -> Any:
        """See `FrameStepper.job_of`."""
        if inspect.isawaitable(result) or target.awaits:
            return _Awaiting(self, target, message, result), None
        refuse_generator(result)
        return None

    def failed(self, target: ChannelHandler, message: Any, error: BaseException) -> None:
        """See `FrameStepper.failed`."""
        if self._tasks.broke_off(error):
            raise error
        target.handler_failed(error, message)

    def wait(self, task: HandlerTask) -> None:
        """See `FrameStepper.wait`."""
        self.task = None
        target = task.job[0].target
        self._owner.on_wait(target)
        self._tasks.keep(task, target)

    def break_off(self) -> None:
        """See `FrameStepper.break_off`."""
        self.stop()
        if self.task is not None:
            self._tasks.discard(self.task)
            self.task = None

    def _make_more(self) -> bool:
        """Make the messages of the next frames, as many as are made at a time."""
        sizes, begun, batch = self.sizes, self.begun, self._batch
        made = len(sizes)
        if begun or len(batch) > CHUNK:
            made, count = begun, 0
            while made < len(sizes) and count + sizes[made] <= CHUNK:
                count += sizes[made]
                made += 1
            start = sum(sizes[:begun])
            batch = batch[start : start + count]
        try:
            self.messages = iter(self._make(batch) if len(batch) else ())
        except Exception:
            return False  # one cannot be made, which must not cost the others
        self.made = made
        return made > begun

    def stop(self) -> None:
        """Give back frames that were not begun; from inside, after it also the rest of this one."""
        if self.is_over:
            return
        self.is_over = True
        batch, sizes, begun = self._batch, self.sizes, self.begun
        left = length_hint(self.messages) - sum(sizes[begun : self.made])
        deque(self.messages, maxlen=0)
        if left:
            end = sum(sizes[:begun])
            self._left = batch[end - left : end]
        if begun < len(sizes):
            self._owner.give_back(batch.frames()[begun:])
        if not self.is_inside:
            self.finish()

    def finish(self) -> None:
        """See `FrameStepper.finish`."""
        task, self.task = self.task, None
        if task is not None and not task.has_ended:
            self._tasks.release(task)
        self._owner.on_over(self._left)
