"""Tasks for handlers that may have to wait, and a way to begin such a handler without one."""

from __future__ import annotations

import asyncio
import contextvars
import types
from asyncio import _enter_task, _leave_task, current_task
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, Protocol, TypeAlias

__all__ = ["Driver", "Job", "Owner", "Workers", "next_job"]

Job: TypeAlias = Any
"""What a driver is given to do."""

Driver: TypeAlias = Coroutine[Any, Any, None]
"""A coroutine that does one job after another, each given by `next_job`, without end."""

MAX_IDLE: Final = 2
"""Workers that are kept for the next job."""

_MORE: Final = object()
"""What a driver yields when it has nothing to do."""

_NOT_BEGUN: Final = object()
"""In place of what a driver yielded: it has not been given the job."""


@types.coroutine
def next_job() -> Generator[object, Job, Job]:
    """What drivers await to be given a job."""
    return (yield _MORE)


class Owner(Protocol):
    """Whom a job is done for.

    Attributes:
        busy: Whether a job of this owner has begun and not ended.
    """

    busy: bool

    def next_job(self) -> Job | None:
        """What to go on with; None if there is nothing left."""


class Workers:
    """Does jobs where they come up, as far as that goes without waiting.

    A coroutine that begins here and ends in a task must not notice: timeouts and cancel scopes ask
    for the current task when they begin, and cancel that one later. So each job is from its first
    step the work of one task, by the functions that asyncio documents for that (``_enter_task``
    and ``_leave_task``), and in that task's context; if it waits, that task goes on with it.

    Args:
        make_driver: Gives each worker its driver.
    """

    def __init__(self, make_driver: Callable[[], Driver]) -> None:
        self._make_driver = make_driver
        self._all: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._resting = False
        self.waiting = 0

    @property
    def current(self) -> bool:
        """Whether the code that asks is run by a worker."""
        task = current_task()
        return any(worker.task is task for worker in self._all)

    @property
    def ready(self) -> bool:
        """Whether a job can be begun at once."""
        return bool(self._idle)

    def start(self) -> None:
        """Gets a worker ready, in the running loop, by its next turn."""
        self._resting = False
        if not self._all:
            self._hire()

    def begin(self, job: Job, owner: Owner) -> None:
        """Does a job until it ends or waits; leaves the rest, and what follows, to a task.

        Args:
            job: The job.
            owner: For whom. It is busy until the job has ended and there is no next one.
        """
        owner.busy = True
        if not self._idle:
            self.leave(job, owner)
            return
        worker = self._idle.pop()
        try:
            yielded = worker.begin(job)
        except BaseException:
            owner.busy = False
            self._dismiss(worker)
            raise
        if yielded is not _MORE:
            self._give(worker, (job, yielded, owner))
        elif (following := owner.next_job()) is not None:
            self._give(worker, (following, _NOT_BEGUN, owner))
        else:
            owner.busy = False
            self._release(worker)

    def begin_shared(self, job: Job, who_waits: Callable[[], Owner]) -> None:
        """The same for a job of several owners, while a worker is `ready`.

        Args:
            job: The job.
            who_waits: Asked, if it waits, for which of them it does; that one is busy from then on.
        """
        worker = self._idle.pop()
        try:
            yielded = worker.begin(job)
        except BaseException:
            self._dismiss(worker)
            raise
        if yielded is _MORE:
            self._release(worker)
        else:
            owner = who_waits()
            owner.busy = True
            self._give(worker, (job, yielded, owner))

    def leave(self, job: Job, owner: Owner) -> None:
        """Leaves a job to a task from its first step."""
        owner.busy = True
        work = (job, _NOT_BEGUN, owner)
        if self._idle:
            self._give(self._idle.pop(), work)
        else:
            self.waiting += 1
            self._hire(work)

    def _give(self, worker: _Worker, work: _Work) -> None:
        self.waiting += 1
        worker.work = work
        worker.wake()
        if not self._idle and not self._resting:
            # So that the next job finds one.
            self._hire()

    def _hire(self, work: _Work | None = None) -> None:
        self._all.add(_Worker(self, self._make_driver(), work))

    def _release(self, worker: _Worker) -> None:
        if self._resting:
            worker.task.cancel()
        else:
            self._idle.append(worker)

    def _dismiss(self, worker: _Worker) -> None:
        worker.task.cancel()
        if not self._idle:
            self._hire()

    def _on_idle(self, worker: _Worker) -> bool:
        """Whether a worker that has nothing to do may stay."""
        if self._resting or len(self._idle) >= MAX_IDLE:
            return False
        self._idle.append(worker)
        return True

    def _on_end(self, worker: _Worker) -> None:
        self._all.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)

    def rest(self) -> None:
        """Keeps no worker that has nothing to do, until `start`; jobs are still done."""
        self._resting = True
        for worker in self._idle:
            worker.task.cancel()
        self._idle.clear()

    async def finish(self, timeout: float) -> bool:
        """Waits until all jobs have ended, and cancels them if that takes too long.

        A job that calls this is not waited for.

        Args:
            timeout: Seconds to wait; and, after cancelling, to wait once more.

        Returns:
            Whether all ended by themselves.
        """
        current = current_task()
        tasks = [worker.task for worker in self._all if worker.task is not current]
        self.rest()
        if not tasks:
            return True
        _, late = await asyncio.wait(tasks, timeout=timeout)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=timeout)
        return not late


_Work: TypeAlias = tuple[Job, object, Owner]
"""A job, what its driver yielded when it began to wait, and its owner."""


class _Worker:
    """One task and its driver.

    Attributes:
        task: The task.
        work: What the task is to do next.
    """

    __slots__ = ("_driver", "_loop", "_run_here", "_send", "_wake", "_workers", "task", "work")

    def __init__(self, workers: Workers, driver: Driver, work: _Work | None) -> None:
        self._workers = workers
        self._driver = driver
        self._wake: asyncio.Future[None] | None = None
        context = contextvars.copy_context()
        context.run(driver.send, None)
        self._run_here = context.run
        self._send = driver.send
        self._loop = asyncio.get_running_loop()
        self.work = work
        self.task = self._loop.create_task(self._run(), name="fastpoly handlers", context=context)

    def begin(self, job: Job) -> object:
        """Gives the driver a job, as if in the task, which must be idle.

        Returns:
            What it yielded when it had done it, or began to wait.
        """
        loop, task = self._loop, self.task
        previous = current_task(loop)
        if previous is not None:
            _leave_task(loop, previous)
        _enter_task(loop, task)
        try:
            return self._run_here(self._send, job)
        finally:
            _leave_task(loop, task)
            if previous is not None:
                _enter_task(loop, previous)

    def wake(self) -> None:
        """There is work."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _run(self) -> None:
        workers, driver = self._workers, self._driver
        owner: Owner | None = None
        try:
            while True:
                error = None if self.work is not None else await self._idle()
                if self.work is None:
                    return
                (job, yielded, owner), self.work = self.work, None
                if yielded is _NOT_BEGUN:
                    if error is not None:
                        raise error
                    yielded = driver.send(job)
                await _continued(driver, yielded, error)
                following = owner.next_job()
                if following is not None:
                    self.work = (following, _NOT_BEGUN, owner)
                else:
                    owner.busy = False
                    owner = None
                    workers.waiting -= 1
        finally:
            if owner is not None:
                owner.busy = False
                workers.waiting -= 1
            driver.close()
            workers._on_end(self)

    async def _idle(self) -> asyncio.CancelledError | None:
        """Waits for work, unless there is to be no more.

        Returns:
            What was meant for the job that was begun elsewhere: a timeout of its own, before this
            task had its turn.
        """
        if not self._workers._on_idle(self):
            return None
        self._wake = self._loop.create_future()
        try:
            await self._wake
        except asyncio.CancelledError as error:
            if self.work is None:
                raise
            return error
        finally:
            self._wake = None
        return None


@types.coroutine
def _continued(
    driver: Driver, yielded: object, error: BaseException | None
) -> Generator[Any, Any, None]:
    """The rest of a job that was begun elsewhere: what ``await`` does, from the middle on."""
    while yielded is not _MORE:
        try:
            if error is None:
                sent = yield yielded
        except BaseException as thrown:
            error = thrown
        if error is None:
            yielded = driver.send(sent)
        else:
            thrown_in, error = error, None
            yielded = driver.throw(thrown_in)
