"""Tasks for coroutines that may have to wait, and a way to begin such a coroutine without one."""

from __future__ import annotations

import asyncio
import contextvars
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, Protocol, TypeAlias

__all__ = ["Driver", "Owner", "Workers"]

Driver: TypeAlias = Coroutine[Any, Any, None]
"""A coroutine that calls handlers."""

MAX_IDLE: Final = 2
"""Workers that are kept for the next coroutine."""


class Owner(Protocol):
    """Whom a worker works for from the moment in which a coroutine waits."""

    busy: bool

    def next_driver(self) -> Driver | None:
        """What to go on with; None if there is nothing left."""


class Workers:
    """Runs coroutines where they are, as far as they come without waiting.

    A coroutine that begins here and ends in a task must not notice: timeouts and cancel scopes ask
    for the current task when they begin, and cancel that one later. So each runs from its first
    step as the work of one task, by the functions that asyncio documents for that (``_enter_task``
    and ``_leave_task``), and in that task's context; and if it waits, that task goes on with it.
    """

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._closing = False

    @property
    def current(self) -> bool:
        """Whether the code that asks is run by a worker."""
        task = asyncio.current_task()
        return any(worker.task is task for worker in self._all)

    @property
    def ready(self) -> bool:
        """Whether a coroutine can be begun at once."""
        return bool(self._idle)

    def start(self) -> None:
        """Gets a worker ready, in the running loop, by its next turn."""
        self._closing = False
        if not self._all:
            self._hire(None, None)

    def begin(self, driver: Driver, owner: Owner) -> None:
        """Runs a coroutine until it ends or waits; leaves the rest, and its owner, to a task.

        The owner is busy until the coroutine has ended and there is no next one.
        """
        owner.busy = True
        if not self._idle:
            self._hire(driver, owner)
            return
        worker = self._idle.pop()
        try:
            yielded = worker.run(driver)
        except StopIteration:
            following = owner.next_driver()
            if following is None:
                owner.busy = False
                self._idle.append(worker)
                self._end_if_closing()
            else:
                self._give(worker, following, _NOT_BEGUN, owner)
        except BaseException:
            owner.busy = False
            self._idle.append(worker)
            raise
        else:
            self._give(worker, driver, yielded, owner)

    def begin_shared(self, driver: Driver, owner_of: Callable[[], Owner]) -> None:
        """The same for a coroutine of several owners, while a worker is `ready`.

        Args:
            driver: The coroutine.
            owner_of: Asked, if it waits, for whom it does.
        """
        worker = self._idle.pop()
        try:
            yielded = worker.run(driver)
        except StopIteration:
            self._idle.append(worker)
            self._end_if_closing()
        except BaseException:
            self._idle.append(worker)
            raise
        else:
            owner = owner_of()
            owner.busy = True
            self._give(worker, driver, yielded, owner)

    def leave(self, driver: Driver, owner: Owner) -> None:
        """Leaves a coroutine to a task from its first step."""
        owner.busy = True
        if self._idle:
            self._give(self._idle.pop(), driver, _NOT_BEGUN, owner)
        else:
            self._hire(driver, owner)

    def _hire(self, driver: Driver | None, owner: Owner | None) -> None:
        worker = _Worker(self)
        self._all.add(worker)
        if driver is not None:
            worker.work = (driver, _NOT_BEGUN, owner)

    def _give(self, worker: _Worker, driver: Driver, yielded: object, owner: Owner) -> None:
        worker.work = (driver, yielded, owner)
        worker.wake()
        if not self._idle and not self._closing:
            # So that the next coroutine finds one.
            self._hire(None, None)

    def _on_idle(self, worker: _Worker) -> bool:
        """Whether a worker that has nothing to do may stay."""
        if self._closing or len(self._idle) >= MAX_IDLE:
            return False
        self._idle.append(worker)
        return True

    def _on_end(self, worker: _Worker) -> None:
        self._all.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)

    def _end_if_closing(self) -> None:
        if self._closing:
            for worker in self._idle:
                worker.task.cancel()
            self._idle.clear()

    async def finish(self, timeout: float) -> bool:
        """Waits until all coroutines have ended, and cancels them if that takes too long.

        A coroutine that calls this is not waited for.

        Args:
            timeout: Seconds to wait; and, after cancelling, to wait once more.

        Returns:
            Whether all ended by themselves.
        """
        self._closing = True
        current = asyncio.current_task()
        tasks = [worker.task for worker in self._all if worker.task is not current]
        self._end_if_closing()
        if not tasks:
            return True
        _, late = await asyncio.wait(tasks, timeout=timeout)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=timeout)
        return not late


class _Worker:
    """One task."""

    __slots__ = ("_context", "_wake", "_workers", "task", "work")

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._wake: asyncio.Future[None] | None = None
        self._context = contextvars.copy_context()
        # A coroutine, what it yielded when it began to wait, and its owner.
        self.work = _NOTHING
        self.task = asyncio.get_running_loop().create_task(
            self._run(), name="fastpoly handlers", context=self._context
        )

    def run(self, driver: Driver) -> object:
        """Runs a coroutine as if in the task, which must be idle.

        Returns:
            What it yielded to wait for.

        Raises:
            StopIteration: It has ended.
        """
        task = self.task
        loop = task.get_loop()
        previous = asyncio.current_task(loop)
        if previous is not None:
            asyncio._leave_task(loop, previous)
        asyncio._enter_task(loop, task)
        try:
            return self._context.run(driver.send, None)
        finally:
            asyncio._leave_task(loop, task)
            if previous is not None:
                asyncio._enter_task(loop, previous)

    def wake(self) -> None:
        """There is work."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _run(self) -> None:
        owner: Owner | None = None
        try:
            while True:
                error = None if self.work[0] is not None else await self._idle()
                driver, yielded, owner = self.work
                if driver is None:
                    return
                self.work = _NOTHING
                if yielded is not _NOT_BEGUN:
                    await _continued(driver, yielded, error)
                elif error is None:
                    await driver
                else:
                    driver.close()
                    raise error
                following = None if owner is None else owner.next_driver()
                if following is not None:
                    self.work = (following, _NOT_BEGUN, owner)
                elif owner is not None:
                    owner.busy = False
                    owner = None
        finally:
            if owner is not None:
                owner.busy = False
            self._workers._on_end(self)

    async def _idle(self) -> asyncio.CancelledError | None:
        """Waits for work, unless there is to be no more.

        Returns:
            What was meant for the coroutine that is the work: its own timeout, before this task
            had its turn.
        """
        if not self._workers._on_idle(self):
            return None
        self._wake = asyncio.get_running_loop().create_future()
        try:
            await self._wake
        except asyncio.CancelledError as error:
            if self.work[0] is None:
                raise
            return error
        finally:
            self._wake = None
        return None


_NOT_BEGUN: Final = object()
"""In place of what a coroutine yielded: it has not been started."""

_Work: TypeAlias = tuple[Driver | None, object, Owner | None]

_NOTHING: Final[_Work] = (None, _NOT_BEGUN, None)


@types.coroutine
def _continued(
    driver: Driver, yielded: object, error: BaseException | None
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
