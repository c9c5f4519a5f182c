"""The WebSocket frames of one read, handled one at a time for a caller with a loop of its own.

A batch, a job and a way through all of the dispatcher for each frame cost three times what the
handler of a frame's only event does. So the messages of many frames are made together, and one job
calls the handlers of all of them; it pauses after each frame until the caller asks for the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from operator import length_hint
from typing import TYPE_CHECKING, Any, Protocol

from fastpoly.polygon.messages import CHUNK

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.tasks import HandlerTask, HandlerTasks
    from fastpoly.polygon.channel_handler import ChannelHandler

__all__ = ["FrameRun", "FrameRunOwner"]


class FrameRunOwner(Protocol):
    """Whose handlers get the messages."""

    def call_plain(self, messages: Iterator[Any]) -> object:
        """Call each message's handler with it, where no result has to be awaited."""

    def call(self, messages: Iterator[Any], run: FrameRun) -> Awaitable[None]:
        """Call each message's handler with it, await what that gives, and wait for more."""

    def who_waits(self) -> ChannelHandler:
        """Return the handler that waits, after stopping the run."""

    def give_back(self, frames: list[Batch]) -> object:
        """Take frames that were not begun; they come before any that are still to be taken."""

    def on_over(self, left: Batch | None) -> object:
        """Take note of the end, and what is left of the frame that was handled last."""


class FrameRun:
    """The frames of one batch, on their way to handlers that are all free.

    Args:
        batch: What the read brought.
        make: Makes the messages of events.
        tasks: Do what has to be awaited; None where nothing has.
        owner: Whose handlers they are.

    Attributes:
        is_over: Whether no more frames are taken from here.
        is_inside: Whether a frame is being handled.
    """

    __slots__ = (
        "_batch",
        "_begun",
        "_left",
        "_made",
        "_make",
        "_messages",
        "_owner",
        "_sizes",
        "_task",
        "_tasks",
        "is_inside",
        "is_over",
    )

    def __init__(
        self,
        batch: Batch,
        make: Callable[[Batch], list[Any]],
        tasks: HandlerTasks | None,
        owner: FrameRunOwner,
    ) -> None:
        self.is_over = False
        self.is_inside = False
        self._batch = batch
        self._make = make
        self._tasks = tasks
        self._owner = owner
        self._sizes = batch.frame_sizes
        # Frames that were begun, and those that there are messages of.
        self._begun = self._made = 0
        self._messages: Iterator[Any] = iter(())
        self._left: Batch | None = None
        self._task: HandlerTask | None = None

    def handle_next(self) -> bool:
        """Call the handlers of the next frame's messages.

        Returns:
            Whether there was one that can be handled here. If not, the run is over.
        """
        begun, task = self._begun, self._task
        if (
            self.is_inside  # a handler asks for more
            or (begun >= self._made and not self._make_more())
            or (task is not None and task.has_ended)
        ):
            self.stop()
            return False
        self._begun = begun + 1
        messages = islice(self._messages, self._sizes[begun])
        self.is_inside = True
        try:
            if task is not None:
                if not task.step(messages):
                    self._wait(task)
            elif self._tasks is not None:
                self._begin(self._tasks, messages)
            else:
                self._owner.call_plain(messages)
        except BaseException:
            self.stop()
            if self._tasks is not None and self._task is not None:
                self._tasks.discard(self._task)
                self._task = None
            raise
        finally:
            self.is_inside = False
            if self.is_over:
                self._finish()
        return True

    def _begin(self, tasks: HandlerTasks, messages: Iterator[Any]) -> None:
        task = self._task = tasks.take()
        if not task.step((self, messages)):
            self._wait(task)

    def _wait(self, task: HandlerTask) -> None:
        """Leave the rest of a job to its task, as one of the handlers waits."""
        self._task = None
        if self._tasks is not None:
            self._tasks.keep(task, self._owner.who_waits())

    def call(self, messages: Iterator[Any]) -> Awaitable[None]:
        """Have the handlers called: the job, see `drive`."""
        return self._owner.call(messages, self)

    def _make_more(self) -> bool:
        """Make the messages of the next frames, as many as are made at a time."""
        sizes, begun = self._sizes, self._begun
        made, count = begun, 0
        while made < len(sizes) and count + sizes[made] <= CHUNK:
            count += sizes[made]
            made += 1
        start = sum(sizes[:begun])
        try:
            self._messages = iter(self._make(self._batch[start : start + count]) if count else ())
        except Exception:
            return False  # one cannot be made, which must not cost the others
        self._made = made
        return made > begun

    def stop(self) -> None:
        """Give back frames that were not begun; from inside, after it also the rest of this one."""
        if self.is_over:
            return
        self.is_over = True
        batch, sizes, begun = self._batch, self._sizes, self._begun
        left = length_hint(self._messages) - sum(sizes[begun : self._made])
        deque(self._messages, maxlen=0)
        if left:
            end = sum(sizes[:begun])
            self._left = batch[end - left : end]
        if begun < len(sizes):
            self._owner.give_back(batch.frames()[begun:])
        if not self.is_inside:
            task = self._task
            if task is not None and self._tasks is not None and not task.has_ended:
                task.step(None)
            self._finish()

    def _finish(self) -> None:
        task, self._task = self._task, None
        if task is not None and self._tasks is not None and not task.has_ended:
            self._tasks.release(task)
        self._owner.on_over(self._left)
