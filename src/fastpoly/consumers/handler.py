"""A handler as a consumer: called with each batch, in order, fenced and measured.

A plain function is called at once, inside the read of the socket, unless reading has a thread of
its own. So is an ``async`` one, up to its first real wait: one that finishes without waiting never
goes through the loop. One that does wait is taken over by the handler's own task, which lives as
long as the handler does, and what arrives meanwhile waits in the buffer.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import math
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from fastpoly._core import CallTimes
from fastpoly.consumers.buffer import Buffer, BufferStats
from fastpoly.consumers.iteration import FAIR_SHARE_S, Picker, count_notices
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.health.quantiles import Latency

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["Handler", "HandlerFunction", "HandlerStats"]

HandlerFunction: TypeAlias = "Callable[[Batch], object]"

BLOCKED_NS: Final = 100_000_000
"""A call that holds the loop for longer than this is noted."""

# Documented for whoever steps coroutines outside of asyncio's own tasks: without them, code in the
# first step of a handler, such as asyncio.timeout(), would find that it is in no task.
_enter_task = asyncio.tasks._enter_task
_leave_task = asyncio.tasks._leave_task


@dataclass(frozen=True, slots=True)
class HandlerStats:
    """What a handler was given and how long it took.

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


class Handler:
    """Calls one function with batches.

    Args:
        function: Takes a `Batch`; may be a coroutine function.
        channels: Names of channels; None for all.
        picker: Picks what is wanted of the line's batches; None for everything.
        buffer: Where batches wait while the function is busy.
        threaded: Whether batches come from another thread.
        on_error: Called with an exception, this handler and the batch.
        on_blocked: Called with this handler and the seconds that a call held the loop.

    Raises:
        UsageError: The function is not callable.
    """

    def __init__(
        self,
        function: HandlerFunction,
        channels: frozenset[str] | None,
        picker: Picker | None,
        buffer: Buffer,
        *,
        threaded: bool,
        on_error: Callable[[BaseException, Handler, Batch | None], object],
        on_blocked: Callable[[Handler, float], object],
    ) -> None:
        if not callable(function):
            raise UsageError(
                f"The handler {function!r} is not callable.", hint="Pass a function of one batch."
            )
        self.function = function
        self.channels = channels
        self._picker = picker
        self.name = getattr(function, "__qualname__", None) or repr(function)
        self._buffer = buffer
        self._threaded = threaded
        self._on_error = on_error
        self._on_blocked = on_blocked
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = contextvars.copy_context()
        self._driver: asyncio.Task[None] | None = None
        self._wake: asyncio.Future[None] | None = None
        self._waiting: _Waiting | None = None
        self._busy = False
        # From when to when a coroutine was last under way, by time.monotonic().
        self.work = (0.0, 0.0)
        self._attached = True
        self._drained = asyncio.Event()
        self._calls = self._events = self._errors = self._blocked = 0
        self._busy_ns = self._longest_ns = 0
        self._times = CallTimes()
        # A call that took longer than this is looked at.
        self._noteworthy_ns = 0

    def __repr__(self) -> str:
        return f"<Handler {self.name}>"

    def start(self) -> None:
        """Begins, in the loop in which the function is to run."""
        self._loop = asyncio.get_running_loop()
        self._buffer.on_ready = self._on_ready
        if inspect.iscoroutinefunction(self.function):
            # Not when the first batch comes: it may come after the program's end has cancelled all
            # tasks, and a task made then would never begin.
            self._make_driver()
        if self._threaded and not self._buffer.arm():
            self._loop.call_soon(self._drain)

    # ------------------------------------------------------------------ in the line's thread

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """See `Consumer.push`."""
        if self._picker is not None:
            picked = self._picker.pick(batch, channels)
            if picked is None:
                return
            batch = picked
        if self._threaded or self._busy:
            self._buffer.put(batch, count_notices(batch, channels))
        elif self._attached:
            self._run(batch)

    def end(self, error: FastpolyError | None) -> None:
        """See `Consumer.end`. What waits is still handed over."""
        self._buffer.close()
        if self._loop is None or not self._threaded:
            self._check_drained()
        else:
            self._on_ready()

    def _on_ready(self) -> None:
        if self._threaded and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(self._drain)

    # -------------------------------------------------------------------- in the user's loop

    def _drain(self) -> None:
        """Hands over what waits, for a fair share of the loop's time."""
        deadline = time.monotonic() + FAIR_SHARE_S
        while not self._busy and self._attached:
            batch = self._buffer.take_to_end()
            if batch is not None:
                self._run(batch)
                if time.monotonic() > deadline and self._loop is not None:
                    self._loop.call_soon(self._drain)
                    return
            elif self._buffer.closed or self._buffer.arm():
                break
        self._check_drained()

    def _check_drained(self) -> None:
        """Notes that all is handed over, once the buffer is closed and empty."""
        if self._busy or not self._buffer.closed:
            return
        if len(self._buffer) and self._attached:
            return
        if self._buffer.error is not None and self._attached:
            self._attached = False
            self._on_error(self._buffer.error, self, None)
        self._drained.set()
        if self._driver is not None:
            self._driver.cancel()

    def _run(self, batch: Batch) -> None:
        """Calls the function; goes with its coroutine up to where it first waits."""
        times = self._times
        started = times.start(batch)
        try:
            result = self.function(batch)
            if result is not None:
                self._begin(result, batch, started)
        except BaseException as error:
            self._fail(error, batch)
        busy_ns = times.since(started) if self._busy else times.stop(started)
        self._calls += 1
        self._events += len(batch)
        self._busy_ns += busy_ns
        if busy_ns > self._noteworthy_ns:
            self._note_long(busy_ns)

    def _note_long(self, busy_ns: int) -> None:
        self._longest_ns = max(self._longest_ns, busy_ns)
        self._noteworthy_ns = min(self._longest_ns, BLOCKED_NS)
        if busy_ns > BLOCKED_NS:
            self._blocked += 1
            self._on_blocked(self, busy_ns / 1e9)

    def _fail(self, error: BaseException, batch: Batch) -> None:
        self._errors += 1
        self._on_error(error, self, batch)

    def _begin(self, result: object, batch: Batch, started: int) -> None:
        """Takes a coroutine its first step here; what is not done then is the driver's."""
        loop, driver = self._loop, self._driver
        if loop is None or driver is None:
            loop, driver = self._make_driver()
        if driver.done():
            # Whoever has cancelled it, be it the program's end, wants no more of this handler.
            if isinstance(result, Coroutine):
                result.close()
            self.detach()
            return
        if type(result) is not types.CoroutineType or asyncio.current_task(loop) is not None:
            if isinstance(result, Awaitable):
                self._hand_over(_Waiting(result, batch, started))
            return
        _enter_task(loop, driver)
        try:
            yielded = self._context.run(result.send, None)
        except StopIteration:
            return
        finally:
            _leave_task(loop, driver)
        self._hand_over(_Waiting(_rest(result, yielded), batch, started))

    def _make_driver(self) -> tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]:
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        self._driver = loop.create_task(self._drive(), context=self._context)
        return loop, self._driver

    def _hand_over(self, waiting: _Waiting) -> None:
        self._busy = True
        self.work = (time.monotonic(), math.inf)
        self._waiting = waiting
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _drive(self) -> None:
        try:
            await self._drive_on()
        finally:
            self._go_idle()
            self._check_drained()

    def _go_idle(self) -> None:
        self._busy = False
        self.work = (self.work[0], time.monotonic())

    async def _drive_on(self) -> None:
        """Finishes what could not be finished at once, and what has come meanwhile."""
        loop = asyncio.get_running_loop()
        while True:
            interrupted: BaseException | None = None
            try:
                if self._wake is not None:
                    await self._wake
            except asyncio.CancelledError as error:
                if self._waiting is None:
                    raise
                # A timeout of the handler's own that struck before this task took over.
                interrupted = error
            self._wake = loop.create_future()
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                await self._finish(waiting.awaitable, waiting.batch, interrupted)
                self._times.stop(waiting.started)
            while self._attached and (batch := self._buffer.take_to_end()) is not None:
                times = self._times
                started = times.start(batch)
                result: object = None
                try:
                    result = self.function(batch)
                except BaseException as error:
                    self._fail(error, batch)
                rest = result if isinstance(result, Awaitable) else None
                busy_ns = times.stop(started) if rest is None else times.since(started)
                self._calls += 1
                self._events += len(batch)
                self._busy_ns += busy_ns
                if busy_ns > self._noteworthy_ns:
                    self._note_long(busy_ns)
                if rest is not None:
                    await self._finish(rest, batch, None)
                    times.stop(started)
            self._go_idle()
            if self._threaded and not self._buffer.arm():
                loop.call_soon(self._drain)
            self._check_drained()

    async def _finish(
        self, awaitable: Awaitable[object], batch: Batch, interrupted: BaseException | None
    ) -> None:
        try:
            if interrupted is None:
                await awaitable
            else:
                await _interrupted(awaitable, interrupted)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if not self._attached or task is None or task.cancelling():
                raise
            self._fail(error, batch)  # the handler's own doing
        except BaseException as error:
            self._fail(error, batch)

    # ----------------------------------------------------------------------------------- end

    @property
    def is_current(self) -> bool:
        """Whether the code that asks runs inside of this handler."""
        return self._driver is not None and asyncio.current_task() is self._driver

    def detach(self) -> None:
        """Takes no more batches; what waits is lost, what runs may finish."""
        self._attached = False
        self._buffer.close()
        self._buffer.clear()
        self._check_drained()

    def abort(self) -> None:
        """As `detach`, and cancels what runs."""
        self.detach()
        if self._driver is not None:
            self._driver.cancel()

    async def wait_drained(self) -> None:
        """Waits until all that came has been handled, once no more comes."""
        await self._drained.wait()

    def stats(self) -> HandlerStats:
        """What it was given and how long it took."""
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


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A call that was begun and is not finished."""

    awaitable: Awaitable[object]
    batch: Batch
    started: int


@types.coroutine
def _rest(
    coroutine: Coroutine[Any, Any, object] | Generator[Any, Any, object], yielded: Any
) -> Generator[Any, Any, object]:
    """What is left of a coroutine that has been taken one step: it awaits what that yielded."""
    try:
        yield yielded
    except BaseException as error:
        try:
            yielded = coroutine.throw(error)
        except StopIteration as stop:
            return stop.value
        return (yield from _rest(coroutine, yielded))
    return (yield from coroutine)  # type: ignore[misc]


@types.coroutine
def _interrupted(awaitable: Awaitable[object], error: BaseException) -> Generator[Any, Any, object]:
    """Awaits something that an exception reaches at its first wait."""
    generator = awaitable if isinstance(awaitable, Generator) else awaitable.__await__()
    next(generator)
    try:
        yielded = generator.throw(error)
    except StopIteration as stop:
        return stop.value
    return (yield from _rest(generator, yielded))
