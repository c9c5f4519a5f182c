"""A handler of a stream: a function that is called with each batch, in order, and measured.

A plain function is called at once, inside the read of the socket, unless reading has a thread of
its own. So is an ``async`` one, up to its first real wait: one that finishes without waiting never
goes through the loop. One that does wait goes on in the handler's own task, which lives as long as
the handler does (see `tasks`), and what arrives meanwhile waits in the buffer.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import math
import time
import types
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from fastpoly._core import CallTimes
from fastpoly.consumers.buffer import FAIR_SHARE_S, Buffer, BufferStats
from fastpoly.consumers.handlers.error_policy import name_of
from fastpoly.consumers.handlers.tasks import HandlerTask, next_job
from fastpoly.consumers.handlers.user_hook import refuse_generator, refuse_generator_function
from fastpoly.consumers.picker import Picker, count_notices
from fastpoly.errors import HandlerFailed, UsageError
from fastpoly.health.quantiles import Latency
from fastpoly.notices import NOTICE_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.health.stalls import BusySpan
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["Activity", "Handler", "HandlerFunction", "HandlerOwner", "HandlerStats"]

HandlerFunction: TypeAlias = "Callable[[Batch], object]"

BLOCKED_NS: Final = 100_000_000
"""A call that holds the loop for longer than this is noted."""


SLICE_NS: Final = 5_000_000
"""Calls go on within one turn of the loop until they have taken this long together."""

CANCELLED_SAID_S: Final = 1.0
"""When to say that a task was cancelled from outside: at a program's end all are, in silence."""


class Activity(StrEnum):
    """What a handler is doing. Whether more will come, its buffer knows."""

    IDLE = "idle"
    """Nothing is under way; the next batch is given to it at once."""
    RESTING = "resting"
    """Its share of the loop's time is used up; what arrives waits until the loop's next turn."""
    BUSY = "busy"
    """A coroutine of its is under way; what arrives waits in the buffer."""
    DETACHED = "detached"
    """It gets nothing more; its coroutine may finish."""
    DRAINED = "drained"
    """It gets nothing more, and nothing is under way."""


class Event(StrEnum):
    """What happens to a handler."""

    BEGUN = "begun"
    """A coroutine of its takes its first step."""
    TIRED = "tired"
    """Its share of the loop's time is used up."""
    TURN = "turn"
    """The loop has come round again."""
    DONE = "done"
    """Its coroutine is done, and there is nothing to go on with."""
    DETACHED = "detached"
    """It was taken off the stream, or its task has ended."""
    EMPTIED = "emptied"
    """Its buffer is closed and empty."""


TABLE: Final[dict[tuple[Activity, Event], Activity]] = {
    (Activity.IDLE, Event.BEGUN): Activity.BUSY,
    (Activity.IDLE, Event.DETACHED): Activity.DRAINED,
    (Activity.IDLE, Event.EMPTIED): Activity.DRAINED,
    (Activity.IDLE, Event.TIRED): Activity.RESTING,
    (Activity.RESTING, Event.TURN): Activity.IDLE,
    (Activity.RESTING, Event.DETACHED): Activity.DRAINED,
    (Activity.BUSY, Event.DONE): Activity.IDLE,
    (Activity.BUSY, Event.DETACHED): Activity.DETACHED,
    (Activity.DETACHED, Event.DONE): Activity.DRAINED,
    # The function has taken itself off the stream, and then given something to await.
    (Activity.DRAINED, Event.BEGUN): Activity.DETACHED,
}
"""What a handler does next. An event that has no entry changes nothing."""

# Looking up a member of an enum takes longer than a global name, and this is asked for every batch.
_IDLE: Final = Activity.IDLE
_BUSY: Final = Activity.BUSY


@dataclass(frozen=True, slots=True)
class HandlerStats:
    """What a handler was given and how long that took.

    Attributes:
        name: Its name.
        channels: What it listens to; None for everything.
        calls: Batches that it was called with.
        events: Events in them.
        errors: Calls that raised.
        busy_s: Seconds that it held the loop, in all.
        longest_s: Seconds of the longest time that it held the loop without a break.
        blocked: Times that it held the loop for more than 0.1 s.
        dispatch: How long after its batch was received each call began.
        call: How long each call took to its end, its own waits included.
        buffer: What waited, and what was lost.
    """

    name: str
    channels: tuple[str, ...] | None
    calls: int
    events: int
    errors: int
    busy_s: float
    longest_s: float
    blocked: int
    dispatch: Latency
    call: Latency
    buffer: BufferStats


class HandlerOwner(Protocol):
    """Who has a handler. Its methods are called in the user's loop, but for `on_full`."""

    def handler_failed(self, handler: Handler, error: BaseException, batch: Batch) -> None:
        """Take what the function raised."""

    def handler_ended(self, handler: Handler, error: BaseException) -> None:
        """Take note that the handler gets nothing more, and why; what was left is handled."""

    def handler_blocked(self, handler: Handler, seconds: float) -> None:
        """Take note that a call held the loop for so long."""

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""


_Call: TypeAlias = "tuple[Awaitable[object], Batch, int]"
"""What the function gave for a batch, and when it was called: a job of the handler's task."""


class Handler:
    """Calls one function with batches.

    Args:
        function: Takes a `Batch`; may be a coroutine function.
        channels: Names of channels; None for all.
        picker: Picks what is wanted of the stream's batches; None for everything.
        buffer: Where batches wait while the function is busy; it becomes this object's.
        loop: The loop that reads.
        owner: Who has it.

    Attributes:
        name: What to call it.
        activity: What it is doing.
        busy_span: When a coroutine of its was last under way.

    Raises:
        UsageError: The function is not callable, or is a generator function.
    """

    def __init__(
        self,
        function: HandlerFunction,
        channels: frozenset[str] | None,
        picker: Picker | None,
        buffer: Buffer,
        loop: ReaderLoop,
        owner: HandlerOwner,
    ) -> None:
        if not callable(function):
            raise UsageError(
                f"The handler {function!r} is not callable.", hint="Pass a function of one batch."
            )
        refuse_generator_function("The handler", function)
        self.function = function
        self.channels = channels
        self.name = name_of(function)
        self.activity = Activity.IDLE
        self.busy_span: BusySpan = (0.0, 0.0)
        self._picker = picker
        self._buffer = buffer
        self._threaded = loop.threaded
        self._owner = owner
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = contextvars.copy_context()
        self._task: HandlerTask | None = None
        self._drained = asyncio.Event()
        self._calls = self._events = self._errors = self._blocked = 0
        self._busy_ns = self._longest_ns = 0
        self._times = CallTimes()
        # A call that took longer than this is looked at.
        self._noteworthy_ns = 0
        # What `_busy_ns` is when the slice of this turn is used up.
        self._slice_ends_ns = SLICE_NS
        buffer.owner = self

    def __repr__(self) -> str:
        return f"<Handler {self.name}>"

    def start(self) -> None:
        """Begin, in the loop in which the function is to run."""
        self._loop = asyncio.get_running_loop()
        if inspect.iscoroutinefunction(self.function):
            # Not when the first batch comes: it may come after the program's end has cancelled all
            # tasks, and a task made then would never begin.
            self._make_task()
        if self._threaded and not self._buffer.arm():
            self._loop.call_soon(self._drain)

    # ------------------------------------------------------------------ in the thread that reads

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """See `Consumer.push`."""
        if self._picker is not None:
            picked = self._picker.pick(batch, channels)
            if picked is None:
                return
            batch = picked
        if self._threaded or self.activity is not _IDLE:
            self._buffer.put(batch, count_notices(batch, channels))
        else:
            self._call(batch)

    def end(self, error: BaseException | None) -> None:
        """See `Consumer.end`. What waits is still handed over."""
        self._buffer.close()
        if self._loop is None or not self._threaded:
            self._check_drained()
        else:
            self._post_drain()

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`."""
        if self._threaded:
            self._post_drain()

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        self._owner.on_full(buffer)

    def _post_drain(self) -> None:
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:
                return  # the loop is closed: nobody is left to be called

    # -------------------------------------------------------------------- in the user's loop

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._owner.on_room(buffer)

    def _drain(self) -> None:
        """Hand over what waits, for a fair share of the loop's time."""
        self._feed(Event.TURN)
        deadline = time.monotonic() + FAIR_SHARE_S
        while self.activity is _IDLE:
            batch = self._buffer.take_to_end()
            if batch is not None:
                self._call(batch)
                if self.activity is _IDLE and time.monotonic() > deadline:
                    self._rest()
            elif self._buffer.closed or not self._threaded or self._buffer.arm():
                break
        self._check_drained()

    def _rest(self) -> None:
        """Let the rest of the loop have its turn before the next call."""
        self._slice_ends_ns = self._busy_ns + SLICE_NS
        if self.activity is _IDLE and self._loop is not None:
            self._feed(Event.TIRED)
            self._loop.call_soon(self._drain)

    def _check_drained(self) -> None:
        """Note that all is handed over, once the buffer is closed and empty."""
        if self.activity is _IDLE and self._buffer.closed and not len(self._buffer):
            self._feed(Event.EMPTIED)
            if self._buffer.error is not None:
                self._owner.handler_ended(self, self._buffer.error)

    def _feed(self, event: Event) -> None:
        """Change what the handler is doing, by the table."""
        before = self.activity
        self.activity = TABLE.get((before, event), before)
        if self.activity is Activity.DRAINED and before is not Activity.DRAINED:
            self._drained.set()
            if self._task is not None:
                self._task.task.cancel()

    def _call(self, batch: Batch) -> bool:
        """Call the function, and step what it gives as far as that goes without waiting.

        Returns:
            Whether it waits.
        """
        times = self._times
        started = times.start(batch)
        waits = False
        try:
            result = self.function(batch)
            if result is not None:
                waits = self._step(result, batch, started)
        except BaseException as error:
            self._fail(error, batch)
        busy_ns = times.since(started) if waits else times.stop(started)
        self._calls += 1
        self._events += len(batch)
        self._busy_ns += busy_ns
        if busy_ns > self._noteworthy_ns:
            self._note_long(busy_ns)
        if self._busy_ns > self._slice_ends_ns:
            self._rest()
        return waits

    def _note_long(self, busy_ns: int) -> None:
        self._longest_ns = max(self._longest_ns, busy_ns)
        self._noteworthy_ns = min(self._longest_ns, BLOCKED_NS)
        if busy_ns > BLOCKED_NS:
            self._blocked += 1
            self._owner.handler_blocked(self, busy_ns / 1e9)

    def _fail(self, error: BaseException, batch: Batch) -> None:
        self._errors += 1
        self._owner.handler_failed(self, error, batch)

    # -------------------------------------------------------------------- what it has to await

    def _make_task(self) -> HandlerTask:
        self._task = HandlerTask(self._drive(), self, self._context)
        return self._task

    def _step(self, result: object, batch: Batch, started: int) -> bool:
        """Take what the function gave a step; return whether it waits."""
        if type(result) is not types.CoroutineType and not isinstance(result, Awaitable):
            refuse_generator(result)
            return False
        task = self._task or self._make_task()
        if task.task.done():
            # Whoever has cancelled it, be it the program's end, wants no more of this handler.
            _close(result)
            self.detach()
            return False
        call: _Call = (result, batch, started)
        if task.is_inside:
            # It goes on with what has come meanwhile.
            return not task.step(call)
        if self.activity is _IDLE:
            self.activity = _BUSY  # as `_feed` would, and every batch
        else:
            self._feed(Event.BEGUN)
        if task.is_ready:
            try:
                waits = not task.step(call)
            except BaseException:
                self._feed(Event.DONE)
                raise
            if not waits:
                if self.activity is _BUSY:
                    self.activity = _IDLE
                else:
                    self._feed(Event.DONE)
                return False
        else:
            task.defer(call)
        self.busy_span = (time.monotonic(), math.inf)
        return True

    async def _drive(self) -> None:
        """The driver of the task: await what the function gave."""
        while True:
            call: _Call = await next_job()
            try:
                await call[0]
            except GeneratorExit as error:
                if self._loop is None or not self._loop.is_running() or self._is_ended:
                    raise
                self._fail(error, call[1])  # the handler's own doing; the driver is not closed
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if self.activity is Activity.DETACHED or task is None or task.cancelling():
                    raise
                self._fail(error, call[1])  # the handler's own doing
            except BaseException as error:
                self._fail(error, call[1])

    def on_job_done(self, task: HandlerTask) -> None:
        """See `TaskOwner.on_job_done`: go on with what has come meanwhile."""
        self._times.stop(task.job[2])
        ends_ns = self._busy_ns + SLICE_NS
        while (
            self.activity is _BUSY
            and self._busy_ns < ends_ns
            and (batch := self._buffer.take_to_end()) is not None
        ):
            if self._call(batch):
                return
        self._go_idle()

    def _go_idle(self) -> None:
        self.busy_span = (self.busy_span[0], time.monotonic())
        self._feed(Event.DONE)
        if self.activity is _IDLE and (
            not self._buffer.arm() if self._threaded else len(self._buffer)
        ):
            self._rest()
        self._check_drained()

    def on_idle(self, task: HandlerTask) -> bool:
        """See `TaskOwner.on_idle`."""
        return self.activity is not Activity.DRAINED

    def on_end(self, task: HandlerTask) -> None:
        """See `TaskOwner.on_end`."""
        if task.job is not None:
            _close(task.job[0])
        from_outside = self.activity not in (Activity.DETACHED, Activity.DRAINED)
        if from_outside:
            # Whoever did it, be it the program's end, wants no more of this handler.
            self.detach()
        if self.activity is Activity.DETACHED:
            self._go_idle()
        if from_outside and self._loop is not None and not self._loop.is_closed():
            self._loop.call_later(CANCELLED_SAID_S, self._say_cancelled)

    def _say_cancelled(self) -> None:
        self._owner.handler_ended(
            self,
            HandlerFailed(
                f"The task of the handler {self.name} was cancelled; it gets no more batches.",
                hint="Cancel tasks of your own only, or add the handler again.",
            ),
        )

    @property
    def _is_ended(self) -> bool:
        return self._task is None or self._task.task.done()

    # ----------------------------------------------------------------------------------- end

    @property
    def takes_notices(self) -> bool:
        """Whether notices are wanted here."""
        return self.channels is None or NOTICE_CHANNEL in self.channels

    @property
    def is_current(self) -> bool:
        """Whether the code that asks runs inside of this handler's coroutine."""
        return self._task is not None and asyncio.current_task() is self._task.task

    def detach(self) -> None:
        """Take no more batches; what waits is lost, what runs may finish."""
        self._buffer.close()
        self._buffer.clear()
        self._feed(Event.DETACHED)

    def abort(self) -> None:
        """As `detach`, and cancel what runs."""
        self.detach()
        if self._task is not None:
            self._task.task.cancel()

    async def wait_drained(self) -> None:
        """Wait until all that came has been handled, once no more comes."""
        await self._drained.wait()

    def stats(self) -> HandlerStats:
        """Return what it was given and how long that took."""
        return HandlerStats(
            name=self.name,
            channels=None if self.channels is None else tuple(sorted(self.channels)),
            calls=self._calls,
            events=self._events,
            errors=self._errors,
            busy_s=self._busy_ns / 1e9,
            longest_s=self._longest_ns / 1e9,
            blocked=self._blocked,
            dispatch=Latency.of(self._times.dispatch),
            call=Latency.of(self._times.call),
            buffer=self._buffer.stats(),
        )


def _close(awaitable: object) -> None:
    """Let go of what will not be awaited."""
    if isinstance(awaitable, Coroutine):
        awaitable.close()
