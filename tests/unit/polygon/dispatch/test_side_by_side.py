"""Calls of one handler that wait side by side: how many, in what order, their errors and ends."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fastpoly.consumers.handlers.tasks import HandlerTasks
from fastpoly.polygon.dispatch.channel_handler import ChannelHandler
from fastpoly.polygon.dispatch.dispatcher import drive
from tests.loops import in_loop
from tests.unit.polygon.dispatch.test_channel_handler import Batches, Books
from tests.unit.polygon.dispatch.test_dispatcher import Desk, batch, shown
from tests.unit.polygon.dispatch.test_frame_run import Reader, read
from tests.waiting import PATIENCE_S, until


class Gates:
    """A handler whose calls wait until they are let go on."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.ended: list[int] = []
        self._gates: dict[int, asyncio.Event] = {}

    def open(self, *messages: int) -> None:
        for message in messages:
            self._gates.setdefault(message, asyncio.Event()).set()

    async def handle(self, message: int) -> None:
        self.began.append(message)
        try:
            await self._gates.setdefault(message, asyncio.Event()).wait()
        finally:
            self.ended.append(message)

    def handle_by_function(self, message: int) -> Any:
        return self.handle(message)


@asynccontextmanager
async def at_most(
    limit: int, handler: Any, books: Books | None = None, timeout: float = PATIENCE_S
) -> AsyncIterator[tuple[ChannelHandler, HandlerTasks]]:
    tasks = HandlerTasks(drive, limit)
    tasks.start()
    await asyncio.sleep(0)
    buffer: Any = Batches()
    yield (
        ChannelHandler(
            handler, buffer, tasks, messages="events", owner=books or Books(), concurrency=limit
        ),
        tasks,
    )
    await tasks.finish(timeout)


def numbers(*found: int) -> Any:
    return list(found)


@pytest.mark.parametrize("how", ["handle", "handle_by_function"])
@in_loop
async def test_calls_begin_in_order_up_to_the_limit_and_end_in_any(how: str) -> None:
    gates = Gates()
    async with at_most(3, getattr(gates, how)) as (handler, tasks):
        handler.deliver(numbers(1, 2))
        handler.deliver(numbers(3, 4, 5))
        await until(lambda: gates.began == [1, 2, 3])
        handler.deliver(numbers(6))
        gates.open(2)
        await until(lambda: gates.began == [1, 2, 3, 4])
        assert (gates.ended, tasks.waiting, handler.busy) == ([2], 4, True)
        gates.open(4, 3, 1)
        await until(lambda: gates.began == [1, 2, 3, 4, 5, 6])
        assert sorted(gates.ended) == [1, 2, 3, 4]
        assert handler.is_at_work
        assert not handler.busy
        gates.open(5, 6)
        await until(lambda: not handler.is_at_work)
        assert tasks.waiting == 0


@in_loop
async def test_what_does_not_wait_is_done_where_it_arrives() -> None:
    got: list[int] = []

    async def handle(message: int) -> None:
        got.append(message)

    async with at_most(2, handle) as (handler, _):
        handler.deliver(numbers(1))  # has tasks made
        await until(lambda: not handler.is_at_work)
        handler.deliver(numbers(2, 3, 4))
        assert got == [1, 2, 3, 4]
        assert not handler.is_at_work


@in_loop
async def test_task_that_becomes_free_overtakes_none_that_was_left_a_call_before() -> None:
    gates = Gates()
    async with at_most(4, gates.handle) as (handler, tasks):
        handler.deliver(numbers(1))
        await until(lambda: gates.began == [1])
        loop = asyncio.get_running_loop()
        gates.open(1)  # wakes its task, which is free in the same turn of the loop
        taken = []
        while tasks.ready:
            taken.append(tasks.take())
        tasks.release(taken.pop())  # for the handler's messages; none is left for a call
        loop.call_soon(handler.deliver, numbers(3))
        handler.deliver(numbers(2))
        await until(lambda: len(gates.began) == 3)
        gates.open(2, 3)
        await until(lambda: not handler.is_at_work)
        for task in taken:
            tasks.release(task)
    assert gates.began == [1, 2, 3]


@in_loop
async def test_function_that_gives_nothing_to_await() -> None:
    got: list[int] = []
    async with at_most(2, got.append) as (handler, _):
        handler.deliver(numbers(1, 2, 3))
        assert got == [1, 2, 3]


@in_loop
async def test_each_call_has_a_task_and_a_context_of_its_own_from_its_first_step() -> None:
    tasks: list[Any] = []
    meet = asyncio.Barrier(3)

    async def handle(message: int) -> None:
        first = asyncio.current_task()
        try:
            async with asyncio.timeout(60):
                await meet.wait()
        finally:
            assert asyncio.current_task() is first
        tasks.append(first)

    async with at_most(3, handle) as (handler, _):
        handler.deliver(numbers(1, 2, 3))
        await until(lambda: len(tasks) == 3)
        assert len(set(tasks)) == 3


@in_loop
async def test_timeout_of_one_call_leaves_the_others_alone() -> None:
    books, gates, late = Books(), Gates(), []

    async def handle(message: int) -> None:
        try:
            async with asyncio.timeout(0 if message == 2 else None):
                await gates.handle(message)
        except TimeoutError:
            late.append(message)

    async with at_most(3, handle, books) as (handler, _):
        handler.deliver(numbers(1, 2, 3))
        await until(lambda: late == [2])
        assert gates.ended == [2]
        gates.open(1, 3)
    assert (sorted(gates.ended), books.errors) == ([1, 2, 3], [])


@in_loop
async def test_errors_are_reported_with_their_messages_and_cost_the_others_nothing() -> None:
    books, gates = Books(), Gates()

    async def handle(message: int) -> None:
        if message == 1:
            raise ValueError("at once")
        await gates.handle(message)
        if message == 2:
            raise ValueError("later")
        if message == 3:
            raise asyncio.CancelledError

    async with at_most(4, handle, books) as (handler, _):
        handler.deliver(numbers(1, 2, 3, 4))
        gates.open(2, 3, 4)
        await until(lambda: not handler.is_at_work)
    assert [(type(error), message) for error, message in books.errors] == [
        (ValueError, 1),
        (ValueError, 2),
        (asyncio.CancelledError, 3),
    ]
    assert gates.ended == [2, 3, 4]


@in_loop
async def test_generator_that_a_call_gives_is_refused() -> None:
    books = Books()
    async with at_most(2, lambda message: (m for m in (message,)), books) as (handler, _):
        handler.deliver(numbers(1))
    ((error, message),) = books.errors
    assert "gave a generator" in str(error)
    assert message == 1


@in_loop
async def test_handler_that_is_not_to_be_called_again_ends_what_it_has_begun() -> None:
    books, gates = Books(), Gates()
    books.go_on = False

    async def handle(message: int) -> None:
        await gates.handle(message)
        raise ValueError(message)

    async with at_most(2, handle, books) as (handler, _):
        handler.deliver(numbers(1, 2, 3))
        handler.deliver(numbers(4))
        await until(lambda: gates.began == [1, 2])
        gates.open(1, 2, 3, 4)
        await until(lambda: not handler.is_at_work)
        handler.deliver(numbers(5))
    assert gates.began == [1, 2]
    assert [message for _, message in books.errors] == [1, 2]


@in_loop
async def test_all_that_is_under_way_is_waited_for_also_what_begins_meanwhile() -> None:
    gates = Gates()
    async with at_most(2, gates.handle) as (handler, tasks):
        handler.deliver(numbers(1, 2, 3, 4, 5))
        finishing = asyncio.create_task(tasks.finish(PATIENCE_S))
        await until(lambda: gates.began == [1, 2])
        gates.open(1, 2)
        await until(lambda: gates.began == [1, 2, 3, 4])
        assert not finishing.done()
        gates.open(3, 4, 5)
        assert await finishing
        assert sorted(gates.ended) == [1, 2, 3, 4, 5]


@in_loop
async def test_all_that_is_under_way_is_cancelled_when_it_takes_too_long() -> None:
    books, gates = Books(), Gates()
    async with at_most(3, gates.handle, books, timeout=0) as (handler, tasks):
        handler.deliver(numbers(1, 2, 3, 4))
        await until(lambda: gates.began == [1, 2, 3])
        assert not await tasks.finish(0)
        assert sorted(gates.ended) == [1, 2, 3]
        assert tasks.waiting == 0
        # What had not begun is there for whoever asks.
        assert handler.drain_unstarted() == [[4]]
    assert books.errors == []


@in_loop
async def test_call_whose_task_never_began_leaves_no_coroutine_behind() -> None:
    # "coroutine ... was never awaited" is a warning, and warnings are errors.
    gates = Gates()
    async with at_most(3, gates.handle_by_function, timeout=0) as (handler, tasks):
        handler.deliver(numbers(1, 2))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await until(lambda: not handler.is_at_work)
        assert tasks.waiting == 0
        gc.collect()
    assert gates.began == []


@in_loop
async def test_code_of_any_call_counts_as_inside() -> None:
    inside: list[bool] = []
    meet = asyncio.Barrier(3)
    made: list[HandlerTasks] = []

    async def handle(message: int) -> None:
        inside.append(made[0].current)
        await meet.wait()
        inside.append(made[0].current)

    async with at_most(3, handle) as (handler, tasks):
        made.append(tasks)
        assert not tasks.current
        handler.deliver(numbers(1, 2, 3))
        await until(lambda: len(inside) == 6)
    assert all(inside)


# ------------------------------------------------------------------------- several handlers


def q(gates: Gates) -> Callable[[Any], Any]:
    async def handle(message: Any) -> None:
        await gates.handle(message["q"])

    return handle


@in_loop
async def test_the_limit_is_each_handlers_own_and_counts_all_of_its_channels() -> None:
    desk, ours, theirs = Desk(concurrency=2), Gates(), Gates()
    await desk.start()
    both = q(ours)
    desk.dispatcher.set_handler("T", both)
    desk.dispatcher.set_handler("Q", both)
    desk.dispatcher.set_handler("AM", q(theirs))
    desk.push(batch("T Q AM T AM A"))
    await until(lambda: ours.began == [0, 1] and theirs.began == [2, 4])
    assert shown(desk.unclaimed) == ["A5"]
    ours.open(1)
    await until(lambda: ours.began == [0, 1, 3])
    ours.open(0, 3)
    theirs.open(2, 4)
    await desk.settle()
    assert await desk.dispatcher.finish(PATIENCE_S) == 0


@pytest.mark.parametrize("by_function", [False, True])
@in_loop
async def test_frames_that_the_caller_takes_one_by_one(by_function: bool) -> None:
    reader, gates = Reader(concurrency=2), Gates()
    reader.frames.append(read("T", "T", "Q T", "T"))
    handle = q(gates)
    reader.dispatcher.set_handler("T", (lambda message: handle(message)) if by_function else handle)
    await reader.start()
    began = []
    while reader.next():
        await asyncio.sleep(0)
        began.append(list(gates.began))
    assert began == [[0], [0, 1], [0, 1], [0, 1]]
    assert reader.got == ["Q2"]
    gates.open(1)
    await until(lambda: gates.began == [0, 1, 3])
    gates.open(0, 3, 4)
    await until(lambda: not reader.dispatcher.busy)
    assert gates.began == [0, 1, 3, 4]
    await reader.finish()


@in_loop
async def test_change_of_handlers_concerns_what_was_not_begun() -> None:
    desk, gates, new = Desk(concurrency=2), Gates(), []
    await desk.start()
    old = q(gates)
    desk.dispatcher.set_handler("T", old)
    desk.push(batch("T T T T"))
    await until(lambda: gates.began == [0, 1])
    desk.dispatcher.set_handler("T", new.append)
    await until(lambda: shown(new) == ["T2", "T3"])
    # Back again: what is under way counts.
    desk.dispatcher.set_handler("T", old)
    desk.push(batch("X X X X T"))
    await asyncio.sleep(0)
    assert gates.began == [0, 1]
    gates.open(0, 1, 4)
    await desk.settle()
    assert gates.began == [0, 1, 4]
    assert await desk.dispatcher.finish(PATIENCE_S) == 0
