"""Runs coroutines of handlers from their first step as part of a task, wherever that step is taken.

Most coroutine functions that users register do not wait for most of their messages. A new task for
each call would cost ten times the call, and a trip through the event loop. So a call is stepped
right where its message arrives, inside the read of the socket, and only what really waits goes on
in a task. The coroutine must not notice. These are the rules, for both facades:

1. *One task from the first step to the last.* A coroutine may ask for the current task at any time:
   ``asyncio.timeout``, ``TaskGroup`` and cancel scopes do when they are entered, and cancel that
   task later. So before its first step is taken, the task that would go on with it is made the
   current one; whichever was current is put back afterwards. asyncio has functions for that, which
   it keeps for those who step coroutines themselves: ``_swap_current_task`` from Python 3.12 on,
   and the dict of current tasks before. They are for the running loop's thread only, and so is
   `HandlerTask`.
2. *One context.* Every step runs in the task's context, so what a handler sets in a context
   variable it finds after it has waited, and the code that delivers messages never sees it.
3. *A task does one job at a time.* It has a driver, a coroutine that takes one job after the other
   from `next_job`; awaiting something inside a coroutine is cheaper than a new coroutine. A task is
   given a job only while it waits for one, having had its own first turn. Otherwise the job is left
   to it from the first step, by `HandlerTask.defer`. The frames of a caller's own loop are so short
   that the driver would cost more than the handlers: `FrameStepper` begins their coroutines itself,
   by the same two rules, and gives the driver only one that waits, to go on with (`rest_of`).
4. *A cancellation reaches the job that it was meant for.* A timeout of zero seconds strikes after
   the job began to wait and before the task had its turn to go on with it. The task is then woken
   by a `CancelledError`. What the job waits for is cancelled, if it can be, as `Task.cancel` would
   have done; otherwise the job gets the error where it waits. A cancellation that was taken back by
   ``uncancel`` reaches nobody.
5. *A task outlives its jobs*, and no job outlives its task: when the task ends, cancelled or by
   what ends the process, its driver is closed and its owner is told.
6. *Tasks are made by ``asyncio.Task``* and not by the loop's task factory: an eager one would begin
   the job inside of whoever hands it over.
"""

from __future__ import annotations

import asyncio
import contextvars
import types
from asyncio import current_task
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Final, Protocol, TypeAlias

from fastpoly._core import DONE, TaskStepper

__all__ = [
    "DONE",
    "MAX_IDLE",
    "Driver",
    "HandlerTask",
    "HandlerTasks",
    "Job",
    "JobOwner",
    "TaskOwner",
    "next_job",
    "rest_of",
    "steps_of",
]

Job: TypeAlias = Any
"""What a driver is given to do."""

Driver: TypeAlias = Coroutine[Any, Any, None]
"""A coroutine that does one job after another, each given by `next_job`, without end."""

MAX_IDLE: Final = 2
"""Tasks that a pool keeps for the next job, unless it is told otherwise."""

_NOT_BEGUN: Final = object()
"""In place of what a driver yielded: it has not been given the job."""


@types.coroutine
def next_job() -> Generator[object, Job, Job]:
    """Wait for a job; for drivers."""
    return (yield DONE)


def steps_of(awaitable: Awaitable[Any]) -> Generator[Any, Any, Any]:
    """Return what ``yield from`` takes in a coroutine that is written as a generator.

    A coroutine is that itself, which is faster to ask where it is needed.
    """
    if isinstance(awaitable, types.CoroutineType | types.GeneratorType):
        return awaitable  # type: ignore[return-value]
    return awaitable.__await__()


class TaskOwner(Protocol):
    """Who has a task. All methods but the last are called inside of the task."""

    def on_job_done(self, task: HandlerTask) -> None:
        """A job that waited is done; give the task another one by `step`, or leave it."""

    def on_idle(self, task: HandlerTask) -> bool:
        """The task has nothing to do. Return whether it is to stay for the next job."""

    def on_end(self, task: HandlerTask) -> None:
        """The task has ended; `HandlerTask.job` is the job that it was at, if any."""


class HandlerTask(TaskStepper):
    """One task and its driver, in the running loop.

    Args:
        driver: The driver, not started.
        owner: Who has the task.
        context: The context of all that it does; by default a copy of the caller's.

    Attributes:
        task: The task.
        job: The job that waits, or is left to the task; None while there is none.
        job_owner: Whose job that is, in a pool.
        has_ended: Whether the task takes no more jobs.
    """

    __slots__ = (
        "_driver",
        "_loop",
        "_owner",
        "_wake",
        "_yielded",
        "job",
        "job_owner",
    )

    def __init__(
        self, driver: Driver, owner: TaskOwner, context: contextvars.Context | None = None
    ) -> None:
        context = contextvars.copy_context() if context is None else context
        context.run(driver.send, None)
        loop = asyncio.get_running_loop()
        super().__init__(driver, loop, context)
        self._owner = owner
        self.job: Job = None
        self.job_owner: JobOwner | None = None
        self._driver = driver
        self._loop = loop
        self._wake: asyncio.Future[None] | None = None
        self._yielded: object = DONE
        self.task: asyncio.Task[None] = asyncio.Task(
            self._run(), loop=loop, name="fastpoly handlers", context=context
        )
        self.task.add_done_callback(self._on_end)

    @property
    def is_ready(self) -> bool:
        """Whether a job may be given by `step`, from outside of the task."""
        return self._wake is not None and self._yielded is DONE and not self._wake.done()

    def defer(self, job: Job) -> None:
        """Leave a job to the task from its first step."""
        self.go_on(job, _NOT_BEGUN)

    def go_on(self, job: Job, yielded: object) -> None:
        """See `TaskStepper.go_on`."""
        self.job, self._yielded = job, yielded
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _run(self) -> None:
        driver, owner = self._driver, self._owner
        while True:
            error: asyncio.CancelledError | None = None
            if self._yielded is DONE:
                if not owner.on_idle(self):
                    return
                error = await self._wait()
            while self._yielded is not DONE:
                yielded, self._yielded = self._yielded, DONE
                if yielded is _NOT_BEGUN:
                    if error is not None:
                        raise error
                    yielded = driver.send(self.job)
                await _continued(driver, yielded, error)
                error = None
                self.is_inside = True
                owner.on_job_done(self)
                self.is_inside = False
            self.job = None

    async def _wait(self) -> asyncio.CancelledError | None:
        """Wait for a job.

        Returns:
            A cancellation that was meant for the job that was begun meanwhile.
        """
        while self._yielded is DONE:
            self._wake = self._loop.create_future()
            try:
                await self._wake
            except asyncio.CancelledError as error:
                if self.task.cancelling():
                    if self._yielded is DONE:
                        raise
                    return error
            finally:
                self._wake = None
        return None

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self.has_ended = True
        self._driver.close()
        self._owner.on_end(self)


@types.coroutine
def _continued(
    driver: Driver, yielded: object, error: asyncio.CancelledError | None
) -> Generator[Any, Any, None]:
    """Do the rest of a job that was begun elsewhere: what ``await`` does, from the middle on."""
    thrown: BaseException | None = error
    if error is not None and asyncio.isfuture(yielded) and yielded.cancel(*error.args):
        thrown = None  # the job gets it from what it waits for
    while yielded is not DONE:
        if thrown is None:
            try:
                sent = yield yielded
            except BaseException as raised:
                thrown = raised
        if thrown is None:
            yielded = driver.send(sent)
        else:
            throw_in, thrown = thrown, None
            yielded = driver.throw(throw_in)


@types.coroutine
def rest_of(coroutine: Coroutine[Any, Any, Any], yielded: object) -> Generator[Any, Any, None]:
    """Do the rest of a coroutine that was begun elsewhere, and waits for what it yielded."""
    while True:
        try:
            sent = yield yielded
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:
            thrown: BaseException | None = error
        else:
            thrown = None
        try:
            yielded = coroutine.send(sent) if thrown is None else coroutine.throw(thrown)
        except StopIteration:
            return


# ------------------------------------------------------------------------------------- a pool


class JobOwner(Protocol):
    """Whom a job of a pool is done for.

    Attributes:
        busy: Whether a job of this owner has begun and not ended.
    """

    busy: bool

    def next_job(self) -> Job | None:
        """Return what to go on with; None if there is nothing left."""


class HandlerTasks:
    """Tasks for many owners of jobs, as many as there are jobs that wait, and a few to spare.

    Args:
        make_driver: Gives each task its driver.
        max_idle: Tasks that are kept for the next job.

    Attributes:
        waiting: Jobs that wait, or were left to a task.
    """

    def __init__(self, make_driver: Callable[[], Driver], max_idle: int = MAX_IDLE) -> None:
        self._make_driver = make_driver
        self._max_idle = max_idle
        self._all: set[HandlerTask] = set()
        self._idle: list[HandlerTask] = []
        self._is_closing = False
        self.waiting = 0

    @property
    def current(self) -> bool:
        """Whether the code that asks runs in one of these tasks."""
        current = current_task()
        return any(task.task is current for task in self._all)

    @property
    def is_current(self) -> bool:
        """As `current`, also where no loop runs, as while the interpreter collects what is left."""
        try:
            return self.current
        except RuntimeError:
            return False

    def broke_off(self, error: BaseException) -> bool:
        """Return whether what came out of a coroutine was thrown into it from outside.

        A handler that awaits a future which someone else cancelled raises a `CancelledError` too,
        and any handler may raise what it likes. That is a failure of the handler; this is the end
        of its task, or of the coroutine.
        """
        if isinstance(error, asyncio.CancelledError):
            task = current_task()
            return task is None or task.cancelling() > 0
        return isinstance(error, GeneratorExit) and not self.is_current

    @property
    def ready(self) -> bool:
        """Whether a job can be begun at once."""
        return bool(self._idle)

    def start(self) -> None:
        """Have a task ready by the next turn of the running loop."""
        self._is_closing = False
        if not self._all:
            self._spawn()

    def run(self, job: Job, owner: JobOwner) -> None:
        """Do a job until it is done or waits; leave the rest, and what follows, to a task.

        Args:
            job: The job.
            owner: For whom. It is busy until the job is done and there is no next one.
        """
        owner.busy = True
        if not self._idle:
            self.defer(job, owner)
            return
        task = self._idle.pop()
        try:
            is_done = task.step(job)
        except BaseException:
            owner.busy = False
            self.discard(task)
            raise
        if not is_done:
            self._give(task, owner)
        elif (following := owner.next_job()) is not None:
            task.defer(following)
            self._give(task, owner)
        else:
            owner.busy = False
            self.release(task)

    def run_shared(self, job: Job, who_waits: Callable[[], JobOwner]) -> None:
        """Do a job of several owners, while a task is `ready`.

        Args:
            job: The job.
            who_waits: Asked, if it waits, for which of them it does; that one is busy from then on.
        """
        task = self.take()
        try:
            is_done = task.step(job)
        except BaseException:
            self.discard(task)
            raise
        if is_done:
            self.release(task)
        else:
            self.keep(task, who_waits())

    def take(self) -> HandlerTask:
        """Take a task for a job that pauses, while one is `ready`.

        It is given back by `release`, or by `keep` or `discard`.
        """
        return self._idle.pop()

    def keep(self, task: HandlerTask, owner: JobOwner) -> None:
        """Leave a job that waits to its task; its owner is busy until it is done."""
        owner.busy = True
        self._give(task, owner)

    def defer(self, job: Job, owner: JobOwner) -> None:
        """Leave a job to a task from its first step."""
        owner.busy = True
        if self._idle:
            task = self._idle.pop()
            task.defer(job)
            self._give(task, owner)
        else:
            task = self._spawn()
            task.defer(job)
            task.job_owner = owner
            self.waiting += 1

    def _give(self, task: HandlerTask, owner: JobOwner) -> None:
        task.job_owner = owner
        self.waiting += 1
        if not self._idle and not self._is_closing:
            # So that the next job finds one.
            self._spawn()

    def _spawn(self) -> HandlerTask:
        task = HandlerTask(self._make_driver(), self)
        self._all.add(task)
        return task

    def release(self, task: HandlerTask) -> None:
        """Give back a task that has nothing to do."""
        if self._is_closing or task.task.cancelling():
            # The latter by the job itself; it would strike the next one.
            task.task.cancel()
        else:
            self._idle.append(task)

    def discard(self, task: HandlerTask) -> None:
        """Give up a task whose job raised what ends it."""
        task.task.cancel()
        if not self._idle:
            self._spawn()

    def on_job_done(self, task: HandlerTask) -> None:
        """See `TaskOwner.on_job_done`."""
        owner = task.job_owner
        if owner is None:
            return
        following = owner.next_job()
        if following is not None:
            task.defer(following)
        else:
            self._set_free(task, owner)

    def _set_free(self, task: HandlerTask, owner: JobOwner) -> None:
        task.job_owner = None
        owner.busy = False
        self.waiting -= 1

    def on_idle(self, task: HandlerTask) -> bool:
        """See `TaskOwner.on_idle`."""
        if self._is_closing or len(self._idle) >= self._max_idle:
            return False
        self._idle.append(task)
        return True

    def on_end(self, task: HandlerTask) -> None:
        """See `TaskOwner.on_end`."""
        self._all.discard(task)
        if task in self._idle:
            self._idle.remove(task)
        if task.job_owner is not None:
            self._set_free(task, task.job_owner)

    def idle(self) -> None:
        """Keep no task that has nothing to do, until `start`; jobs are still done."""
        self._is_closing = True
        for task in self._idle:
            task.task.cancel()
        self._idle.clear()

    async def finish(self, timeout: float) -> bool:
        """Wait until all jobs are done, and cancel them if that takes too long.

        That includes jobs that others begin meanwhile. A job that calls this is not waited for.

        Args:
            timeout: Seconds to wait; and, after cancelling, to wait once more.

        Returns:
            Whether all ended by themselves.
        """
        current = current_task()
        self.idle()
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while tasks := [task.task for task in self._all if task.task is not current]:
            _, late = await asyncio.wait(tasks, timeout=max(0.0, until - loop.time()))
            if late:
                break
        else:
            return True
        late = {task.task for task in self._all if task.task is not current}
        for one in late:
            one.cancel()
        if late:
            await asyncio.wait(late, timeout=timeout)
        return not late
