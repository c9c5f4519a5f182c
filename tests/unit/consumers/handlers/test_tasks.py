"""Coroutines stepped as part of a task, and pools of such tasks."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import sys
import types
from collections.abc import Coroutine, Generator
from typing import Any

import pytest

from fastpoly.consumers.handlers.tasks import MAX_IDLE, HandlerTask, HandlerTasks, next_job, rest_of
from tests.loops import in_loop
from tests.waiting import PATIENCE_S


async def drive() -> None:
    """A job is a coroutine."""
    while True:
        await (await next_job())


Job = Coroutine[Any, Any, None]


class Owner:
    """Has jobs to be done one after the other."""

    def __init__(self, *following: Job) -> None:
        self.busy = False
        self.following = list(following)

    def next_job(self) -> Job | None:
        return self.following.pop(0) if self.following else None


async def made() -> HandlerTasks:
    tasks = HandlerTasks(drive)
    tasks.start()
    await asyncio.sleep(0)
    return tasks


async def note(got: list[Any], what: Any, wait: float | None = None) -> None:
    if wait is not None:
        await asyncio.sleep(wait)
    got.append(what)


@in_loop
async def test_coroutine_that_need_not_wait_is_over_at_once_with_all_that_follow() -> None:
    got: list[int] = []
    tasks = await made()
    owner = Owner(note(got, 2), note(got, 3))
    tasks.run(note(got, 1), owner)
    assert got == [1]
    assert owner.busy
    await asyncio.sleep(0)
    assert (got, owner.busy) == ([1, 2, 3], False)
    await tasks.finish(1)


@in_loop
async def test_what_follows_runs_after_what_waits() -> None:
    got: list[int] = []
    tasks = await made()
    owner = Owner(note(got, 2))
    tasks.run(note(got, 1, 0.001), owner)
    assert (got, owner.busy) == ([], True)
    assert await tasks.finish(1)
    assert (got, owner.busy) == ([1, 2], False)


@in_loop
async def test_coroutine_begins_later_where_no_worker_is_ready() -> None:
    got: list[int] = []
    tasks = HandlerTasks(drive)
    owners = [Owner(), Owner()]
    for number, owner in enumerate(owners):
        tasks.run(note(got, number), owner)
    assert got == []
    assert all(owner.busy for owner in owners)
    await tasks.finish(1)
    assert got == [0, 1]


@in_loop
async def test_many_that_wait_have_a_worker_each_and_few_workers_stay() -> None:
    got: list[int] = []
    tasks = await made()
    for number in range(20):
        tasks.run(note(got, number, 0), Owner())
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) > 20
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sorted(got) == list(range(20))
    assert tasks.ready
    assert len(asyncio.all_tasks()) <= 1 + MAX_IDLE
    await tasks.finish(1)


@in_loop
async def test_current_is_true_inside_only() -> None:
    seen: list[bool] = []
    tasks = await made()

    async def look(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        seen.append(tasks.current)

    for wait in (False, True):
        tasks.run(look(wait), Owner())
    assert not tasks.current
    await tasks.finish(1)
    assert seen == [True, True]


@in_loop
async def test_shared_coroutine_works_for_who_waits() -> None:
    got: list[str] = []
    tasks = await made()
    first, second = Owner(), Owner(note(got, "next"))
    tasks.run_shared(note(got, "at once"), lambda: first)
    assert (got, first.busy) == (["at once"], False)
    tasks.run_shared(note(got, "later", 0), lambda: second)
    assert (first.busy, second.busy) == (False, True)
    await tasks.finish(1)
    assert got == ["at once", "later", "next"]


@in_loop
async def test_finish_cancels_what_takes_too_long_also_before_its_turn() -> None:
    ended: list[str] = []
    let_go = asyncio.Event()
    tasks = await made()

    async def endless() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await let_go.wait()
            ended.append("stubborn")

    owners = [Owner(), Owner()]
    tasks.run(endless(), owners[0])
    tasks.run(stubborn(), owners[1])
    assert not await tasks.finish(0.01)
    assert ended == ["cleaned up"]
    let_go.set()
    assert await tasks.finish(1)
    assert ended == ["cleaned up", "stubborn"]
    assert not any(owner.busy for owner in owners)


@in_loop
async def test_workers_may_be_used_again_after_finish() -> None:
    got: list[int] = []
    tasks = await made()
    await tasks.finish(1)
    assert not tasks.ready
    tasks.start()
    await asyncio.sleep(0)
    tasks.run(note(got, 1), Owner())
    assert got == [1]
    await tasks.finish(1)


@in_loop
async def test_finish_from_inside_does_not_wait_for_itself() -> None:
    tasks = await made()
    got: list[bool] = []

    async def inside(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        got.append(await tasks.finish(1))

    tasks.run(inside(False), Owner())
    tasks.start()
    await asyncio.sleep(0)
    tasks.run(inside(True), Owner())
    async with asyncio.timeout(PATIENCE_S):
        while len(got) < 2:
            await asyncio.sleep(0)
    assert got == [True, True]


@in_loop
async def test_job_that_cancels_its_task_and_ends_costs_the_next_job_nothing() -> None:
    got: list[int] = []
    tasks = await made()

    async def cancel() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    tasks.run(cancel(), Owner())
    tasks.run(note(got, 1, 0), Owner())
    assert await tasks.finish(5)
    assert got == [1]


@pytest.mark.parametrize("shared", [False, True])
@in_loop
async def test_what_ends_the_process_is_raised_and_another_worker_comes(shared: bool) -> None:
    async def end() -> None:
        raise SystemExit

    tasks = await made()
    owner = Owner()
    begin: Any = tasks.run_shared if shared else tasks.run
    with pytest.raises(SystemExit):
        begin(end(), (lambda: owner) if shared else owner)
    assert not owner.busy
    await asyncio.sleep(0)
    assert tasks.ready
    await tasks.finish(1)


# ------------------------------------------- what a coroutine finds, wherever it is stepped


class Alone:
    """The owner of one task; what is given to it meanwhile comes after."""

    def __init__(self, driver: Any = None) -> None:
        self.done: list[Any] = []
        self.following: list[Job] = []
        self.ended = asyncio.Event()
        self.left: Any = None
        self.stays = True
        self.task = HandlerTask(drive() if driver is None else driver, self)

    def on_job_done(self, task: HandlerTask) -> None:
        assert task is self.task
        self.done.append(task.job)
        while self.following:
            if not task.step(self.following.pop(0)):
                return

    def on_idle(self, task: HandlerTask) -> bool:
        return self.stays

    def on_end(self, task: HandlerTask) -> None:
        self.left = task.job
        self.ended.set()


async def alone() -> Alone:
    one = Alone()
    assert not one.task.is_ready
    await asyncio.sleep(0)
    assert one.task.is_ready
    return one


async def end(one: Alone) -> None:
    one.task.task.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await one.ended.wait()


async def until_ready(one: Alone) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not one.task.is_ready:
            await asyncio.sleep(0)


class Told(Exception):
    pass


@in_loop
async def test_job_finds_its_task_in_every_step_and_the_caller_its_own() -> None:
    seen: list[Any] = []
    one = await alone()

    async def job() -> None:
        seen.append(asyncio.current_task())
        await asyncio.sleep(0)
        seen.append(asyncio.current_task())

    outer = asyncio.current_task()
    assert not one.task.step(job())
    assert asyncio.current_task() is outer
    await until_ready(one)
    assert seen == [one.task.task] * 2
    await end(one)


@in_loop
async def test_job_may_be_stepped_from_a_callback_where_no_task_is_current() -> None:
    seen: list[Any] = []
    one = await alone()
    loop = asyncio.get_running_loop()
    stepped = loop.create_future()

    async def job() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.sleep(0)
        seen.append(asyncio.current_task())

    def step() -> None:
        assert asyncio.current_task() is None
        stepped.set_result(one.task.step(job()))
        assert asyncio.current_task() is None

    loop.call_soon(step)
    assert await stepped is False
    await until_ready(one)
    assert seen == [one.task.task]
    await end(one)


@in_loop
async def test_current_task_is_put_back_whatever_the_job_raises() -> None:
    one = await alone()

    async def job() -> None:
        raise Told

    outer = asyncio.current_task()
    with pytest.raises(Told):
        one.task.step(job())
    assert asyncio.current_task() is outer
    await end(one)


@in_loop
async def test_context_is_the_tasks_in_every_step() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    variable.set("as it was when the task was made")
    seen: list[str] = []
    one = await alone()
    variable.set("the caller's")

    async def job(wait: bool) -> None:
        seen.append(variable.get())
        variable.set("the job's")
        if wait:
            await asyncio.sleep(0)
        seen.append(variable.get())

    assert one.task.step(job(False))
    assert not one.task.step(job(True))
    await until_ready(one)
    assert variable.get() == "the caller's"
    assert seen == ["as it was when the task was made", *["the job's"] * 3]
    await end(one)


@pytest.mark.parametrize("seconds", [-1, 0, 0.001])
@pytest.mark.parametrize("how", ["timeout", "wait_for"])
@in_loop
async def test_timeout_that_begins_in_the_first_step(how: str, seconds: float) -> None:
    got: list[str] = []
    one = await alone()

    async def job() -> None:
        try:
            if how == "timeout":
                async with asyncio.timeout(seconds):
                    await asyncio.sleep(60)
            else:
                await asyncio.wait_for(asyncio.sleep(60), seconds)
        except TimeoutError:
            got.append("late")
        await asyncio.sleep(0)
        got.append("and on")

    one.task.step(job())
    await until_ready(one)
    assert got == ["late", "and on"]
    assert one.task.task.cancelling() == 0
    await end(one)


@pytest.mark.parametrize("wait", [False, True])
@in_loop
async def test_what_a_job_waits_for_is_cancelled_with_it(wait: bool) -> None:
    """As `Task.cancel` does, also if the cancellation strikes before the task takes over."""
    got: list[str] = []
    one = await alone()

    async def inner() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            got.append("inner cancelled")
            raise

    async def job() -> None:
        child = asyncio.create_task(inner())
        if wait:
            await asyncio.sleep(0.001)
        try:
            async with asyncio.timeout(0):
                await child
        except TimeoutError:
            got.append("late")
        assert child.cancelled()

    if not wait:
        # So that the child has begun when the timeout strikes.
        asyncio.get_running_loop().call_soon(lambda: None)
    assert not one.task.step(job())
    await until_ready(one)
    assert got[-1] == "late"
    assert one.done
    await end(one)


@in_loop
async def test_cancelling_before_the_take_over_reaches_the_job_and_ends_the_task() -> None:
    got: list[str] = []
    one = await alone()

    async def job() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            got.append("cleaned up")

    assert not one.task.step(job())
    one.task.task.cancel()
    await one.ended.wait()
    assert got == ["cleaned up"]
    assert one.left is not None
    assert one.task.task.cancelled()


@in_loop
async def test_job_that_cancels_its_own_task_in_its_first_step() -> None:
    got: list[str] = []
    one = await alone()

    async def job() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        got.append("goes on to where it waits")
        await asyncio.sleep(0)
        got.append("no further")

    assert not one.task.step(job())
    await one.ended.wait()
    assert got == ["goes on to where it waits"]


@in_loop
async def test_cancellation_that_is_taken_back_reaches_nobody() -> None:
    got: list[str] = []
    one = await alone()

    async def job() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        task.uncancel()
        await asyncio.sleep(0)
        got.append("done")

    assert not one.task.step(job())
    await until_ready(one)
    assert got == ["done"]
    await end(one)


@in_loop
async def test_task_that_is_cancelled_before_its_first_turn_ends_with_the_job_unstarted() -> None:
    one = Alone()
    job = note([], 1)
    one.task.defer(job)
    one.task.task.cancel()
    await one.ended.wait()
    assert one.left is job
    job.close()


@in_loop
async def test_task_group_that_fails_in_the_first_step() -> None:
    got: list[str] = []
    one = await alone()

    async def fail() -> None:
        raise Told

    async def job() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                await asyncio.sleep(60)
        except* Told:
            got.append("told")
        await asyncio.sleep(0)
        got.append("and on")

    assert not one.task.step(job())
    await until_ready(one)
    assert got == ["told", "and on"]
    await end(one)


@in_loop
async def test_job_inside_of_a_job_has_a_task_and_a_context_of_its_own() -> None:
    """As where a handler causes a message for another handler."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    seen: list[Any] = []
    inner, outer = await alone(), await alone()

    async def inner_job() -> None:
        seen.append((asyncio.current_task(), variable.get()))
        variable.set("inner")
        await asyncio.sleep(0)
        seen.append((asyncio.current_task(), variable.get()))

    async def outer_job(wait: bool) -> None:
        variable.set("outer")
        if wait:
            await asyncio.sleep(0)
        assert not inner.task.step(inner_job())
        assert asyncio.current_task() is outer.task.task
        assert variable.get() == "outer"

    for wait in (False, True):
        outer.task.step(outer_job(wait))
        await until_ready(outer)
        await until_ready(inner)
    task = inner.task.task
    assert seen == [(task, "unset"), (task, "inner"), (task, "inner"), (task, "inner")]
    await end(inner)
    await end(outer)


@in_loop
async def test_next_jobs_may_be_stepped_inside_of_the_task() -> None:
    got: list[Any] = []
    one = await alone()
    one.following = [note(got, 2), note(got, 3, 0), note(got, 4)]
    assert not one.task.step(note(got, 1, 0))
    await until_ready(one)
    assert got == [1, 2, 3, 4]
    assert len(one.done) == 2
    await end(one)


@in_loop
async def test_exception_of_what_the_job_waits_for_reaches_it() -> None:
    got: list[str] = []
    one = await alone()
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def job() -> None:
        try:
            await future
        except Told:
            got.append("told")
            await asyncio.sleep(0)
            got.append("and on")

    assert not one.task.step(job())
    future.set_exception(Told())
    await until_ready(one)
    assert got == ["told", "and on"]
    await end(one)


@types.coroutine
def by_generator(future: asyncio.Future[str]) -> Generator[Any, Any, str]:
    return (yield from future)


class Awaited:
    def __init__(self, future: asyncio.Future[str]) -> None:
        self.future = future

    def __await__(self) -> Generator[Any, Any, str]:
        return (yield from self.future)


@pytest.mark.parametrize("make", [by_generator, Awaited, lambda future: future])
@in_loop
async def test_anything_that_can_be_awaited(make: Any) -> None:
    got: list[str] = []
    one = await alone()
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def job() -> None:
        got.append(await make(future))

    assert not one.task.step(job())
    future.set_result("done")
    await until_ready(one)
    assert got == ["done"]
    await end(one)


@in_loop
async def test_task_that_is_not_to_stay_ends_after_its_job() -> None:
    got: list[int] = []
    one = await alone()
    one.stays = False
    assert not one.task.step(note(got, 1, 0))
    await one.ended.wait()
    assert (got, one.left) == ([1], None)


@in_loop
async def test_driver_is_closed_with_its_task() -> None:
    closed: list[bool] = []

    async def driver() -> None:
        try:
            await drive()
        finally:
            closed.append(True)

    one = Alone(driver())
    await asyncio.sleep(0)
    await end(one)
    assert closed == [True]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio has no eager tasks")
def test_eager_tasks_begin_no_job_inside_of_who_hands_it_over() -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined, unused-ignore]
        got: list[int] = []
        tasks = await made()
        tasks.defer(note(got, 1), Owner())
        assert got == []
        tasks.run(note(got, 2, 0.001), Owner())

        async def child() -> None:
            got.append(3)
            await asyncio.sleep(0)

        async def job() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(child())
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.sleep(0)
            got.append(4)

        tasks.run(job(), Owner())
        await tasks.finish(5)
        assert sorted(got) == [1, 2, 3, 4]

    asyncio.run(main())


class TestRestOf:
    """A coroutine that was begun by hand, and goes on by `rest_of`, does what it does by itself."""

    @staticmethod
    async def waits(future: asyncio.Future[str], got: list[object]) -> None:
        try:
            got.append(await future)
            got.append(await asyncio.sleep(0, "turn"))
        except BaseException as error:
            got.append(type(error))
            raise
        finally:
            got.append("end")

    async def begun(self, future: asyncio.Future[str], got: list[object]) -> asyncio.Task[None]:
        coroutine = self.waits(future, got)
        yielded = coroutine.send(None)

        async def go_on() -> None:
            await rest_of(coroutine, yielded)

        task = asyncio.create_task(go_on())
        await asyncio.sleep(0)
        return task

    @in_loop
    async def test_to_its_end(self) -> None:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        got: list[object] = []
        task = await self.begun(future, got)
        future.set_result("value")
        await task
        assert got == ["value", "turn", "end"]

    @in_loop
    async def test_what_it_raises(self) -> None:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        got: list[object] = []
        task = await self.begun(future, got)
        future.set_exception(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            await task
        assert got == [ZeroDivisionError, "end"]

    @in_loop
    async def test_a_cancellation(self) -> None:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        got: list[object] = []
        task = await self.begun(future, got)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert future.cancelled()
        assert got == [asyncio.CancelledError, "end"]

    def test_being_closed(self) -> None:
        loop = asyncio.new_event_loop()
        future: asyncio.Future[str] = loop.create_future()
        got: list[object] = []
        coroutine = self.waits(future, got)
        rest = rest_of(coroutine, coroutine.send(None))
        assert next(rest) is future
        rest.close()
        loop.close()
        assert got == [GeneratorExit, "end"]
        assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
