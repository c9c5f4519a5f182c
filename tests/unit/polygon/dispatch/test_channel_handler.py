"""One handler and its messages: order, waiting, what it may do with its task, and its errors."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fastpoly.consumers.handlers.tasks import HandlerTasks
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.polygon.dispatch.channel_handler import (
    ChannelHandler,
    always_awaitable,
)
from fastpoly.polygon.dispatch.dispatcher import drive
from fastpoly.polygon.dispatch.messages import CHUNK
from tests.loops import in_loop
from tests.waiting import PATIENCE_S, until


class Books:
    """What a caller tells: its errors."""

    def __init__(self) -> None:
        self.errors: list[tuple[BaseException, Any]] = []
        self.failures: list[FastpolyError] = []
        self.go_on = True

    def handler_failed(self, error: BaseException, handler: Any, message: Any) -> bool:
        self.errors.append((error, message))
        return self.go_on

    def message_unreadable(self, error: Exception) -> None:
        self.errors.append((error, None))

    def on_overflow(self, error: FastpolyError) -> None:
        self.failures.append(error)


class Batches(deque[list[int]]):
    """A buffer without bounds; a batch is a list of numbers."""

    error: FastpolyError | None = None
    put = deque[list[int]].append

    def take(self) -> list[int] | None:
        return self.popleft() if self else None


def make(
    handler: Any, books: Books | None = None, tasks: HandlerTasks | None = None
) -> ChannelHandler:
    buffer: Any = Batches()
    books = books or Books()
    return ChannelHandler(
        handler,
        buffer,
        tasks or HandlerTasks(drive),
        messages="events",
        owner=books,
    )


@asynccontextmanager
async def started(handler: Any, books: Books | None = None) -> AsyncIterator[ChannelHandler]:
    tasks = HandlerTasks(drive)
    tasks.start()
    await asyncio.sleep(0)
    yield make(handler, books, tasks)
    await tasks.finish(5)


async def settle(caller: ChannelHandler) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while caller.busy:
            await asyncio.sleep(0)


def test_function_is_called_where_the_messages_arrive() -> None:
    # No loop runs here at all.
    got: list[int] = []
    make(got.append).deliver([1, 2, 3])
    assert got == [1, 2, 3]


@in_loop
async def test_coroutine_that_need_not_wait_costs_no_turn_of_the_loop() -> None:
    got: list[int] = []

    async def handler(message: int) -> None:
        got.append(message)

    async with started(handler) as caller:
        caller.deliver([1, 2, 3])
        assert got == [1, 2, 3]
        assert not caller.busy


@in_loop
async def test_first_messages_before_the_task_has_started() -> None:
    got: list[int] = []

    async def handler(message: int) -> None:
        got.append(message)

    tasks = HandlerTasks(drive)
    caller = make(handler, tasks=tasks)
    caller.deliver([1, 2])
    caller.deliver([3])
    assert got == []
    await settle(caller)
    assert got == [1, 2, 3]
    await tasks.finish(5)


@in_loop
async def test_coroutine_that_waits_is_never_run_twice_at_once_and_keeps_order() -> None:
    began: list[int] = []
    ended: list[int] = []
    books = Books()

    async def handler(message: int) -> None:
        began.append(message)
        assert len(began) == len(ended) + 1
        if message % 3:
            await asyncio.sleep(0)
        ended.append(message)

    async with started(handler, books) as caller:
        caller.deliver([0, 1, 2])
        assert began == [0, 1]
        assert caller.busy
        caller.deliver([3, 4])
        caller.deliver([5])
        assert len(caller.buffer) == 2
        await settle(caller)
        assert ended == [0, 1, 2, 3, 4, 5]
        assert len(caller.buffer) == 0
        caller.deliver([6])
        assert ended[-1] == 6


@pytest.mark.parametrize("wait", [0, 0.001])
@in_loop
async def test_task_and_context_are_the_same_before_and_after_waiting(wait: float) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    tasks: list[Any] = []

    async def handler(message: str) -> None:
        tasks.append(asyncio.current_task())
        variable.set(message)
        await asyncio.sleep(wait)
        tasks.append(asyncio.current_task())
        assert variable.get() == message

    books = Books()
    async with started(handler, books) as caller:
        outer = asyncio.current_task()
        for message in "abc":
            caller.deliver([message])
            assert asyncio.current_task() is outer
            await settle(caller)
        assert tasks[0::2] == tasks[1::2]
        assert outer not in tasks
        assert variable.get("unset") == "unset"
    assert books.errors == []


@in_loop
async def test_messages_may_arrive_from_a_callback_of_the_loop() -> None:
    # As they do from a socket: no task is the current one there.
    got: list[int] = []

    async def handler(message: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.sleep(0)
            got.append(message)

    books = Books()
    async with started(handler, books) as caller:
        asyncio.get_running_loop().call_soon(caller.deliver, [1, 2])
        await asyncio.sleep(0)
        await settle(caller)
    assert (got, books.errors) == ([1, 2], [])


@pytest.mark.parametrize("seconds", [-1, 0, 0.001])
@in_loop
async def test_timeout_of_the_handlers_own(seconds: float) -> None:
    outcomes: list[str] = []

    async def handler(message: int) -> None:
        try:
            async with asyncio.timeout(seconds):
                await asyncio.sleep(60)
        except TimeoutError:
            outcomes.append("late")

    books = Books()
    async with started(handler, books) as caller:
        caller.deliver([1])
        caller.deliver([2, 3])
        await settle(caller)
        assert outcomes == ["late"] * 3
    assert books.errors == []


@in_loop
async def test_task_group_of_the_handlers_own() -> None:
    got: list[int] = []

    async def work(message: int) -> None:
        await asyncio.sleep(0)
        got.append(message)

    async def handler(message: int) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work(message))
            group.create_task(work(-message))

    async with started(handler) as caller:
        caller.deliver([1, 2])
        await settle(caller)
    assert got == [1, -1, 2, -2]


@in_loop
async def test_future_that_is_done_before_the_task_has_its_turn() -> None:
    got: list[Any] = []
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def handler(message: int) -> None:
        got.append(await future)

    async with started(handler) as caller:
        caller.deliver([1])
        future.set_result("done")
        await settle(caller)
    assert got == ["done"]


@in_loop
async def test_error_that_is_thrown_while_it_waits_reaches_the_handler() -> None:
    caught: list[BaseException] = []
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def handler(message: int) -> None:
        try:
            await future
        except OSError as error:
            caught.append(error)
            await asyncio.sleep(0)
        caught.append(RuntimeError(message))

    async with started(handler) as caller:
        caller.deliver([1])
        future.set_exception(OSError("broken"))
        await settle(caller)
    assert [type(error) for error in caught] == [OSError, RuntimeError]


async def coroutine_function(message: Any) -> None:
    pass


class Object:
    async def __call__(self, message: Any) -> None:
        pass

    async def method(self, message: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (coroutine_function, True),
        (functools.partial(coroutine_function), True),
        (functools.partial(functools.partial(coroutine_function)), True),
        (Object(), True),
        (Object().method, True),
        (print, False),
        ([].append, False),
        (lambda message: coroutine_function(message), False),
    ],
)
def test_which_handlers_always_give_something_to_await(handler: Any, expected: bool) -> None:
    assert always_awaitable(handler) is expected


@in_loop
async def test_function_that_gives_something_to_await_now_and_then() -> None:
    got: list[int] = []

    async def later(message: int) -> None:
        await asyncio.sleep(0)
        got.append(message)

    def handler(message: int) -> Any:
        if message % 2:
            return later(message)
        got.append(message)
        return "nothing to await"

    books = Books()
    async with started(handler, books) as caller:
        caller.deliver([0, 1, 2, 3])
        caller.deliver([4, 5])
        assert got == [0]
        await settle(caller)
        caller.deliver([6])
    assert (got, books.errors) == ([0, 1, 2, 3, 4, 5, 6], [])


def fail(message: int) -> None:
    if message == 2:
        raise ValueError(message)


async def fail_at_once(message: int) -> None:
    fail(message)


async def fail_later(message: int) -> None:
    await asyncio.sleep(0)
    fail(message)


def fail_in_what_it_gives(message: int) -> Any:
    return fail_later(message)


@pytest.mark.parametrize("failing", [fail, fail_at_once, fail_later, fail_in_what_it_gives])
@in_loop
async def test_error_costs_its_own_message_only(failing: Callable[[int], Any]) -> None:
    books = Books()
    got: list[int] = []

    @functools.wraps(failing)
    def handler(message: int) -> Any:
        got.append(message)
        return failing(message)

    async with started(handler, books) as caller:
        caller.deliver([1, 2, 3])
        caller.deliver([4])
        await settle(caller)
    assert got == [1, 2, 3, 4]
    assert [(type(error), message) for error, message in books.errors] == [(ValueError, 2)]


@in_loop
async def test_cancelled_future_is_the_handlers_error_and_not_its_end() -> None:
    books = Books()
    got: list[int] = []

    async def handler(message: int) -> None:
        if message == 1:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(future.cancel)
            await future
        got.append(message)

    async with started(handler, books) as caller:
        caller.deliver([1, 2])
        await settle(caller)
    assert got == [2]
    assert isinstance(books.errors[0][0], asyncio.CancelledError)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@in_loop
async def test_what_ends_the_process_is_not_kept_from_it(kind: type[BaseException]) -> None:
    async def handler(message: int) -> None:
        raise kind

    def function(message: int) -> None:
        raise kind

    # The owner carries it out, and does not want the handler called again.
    books = Books()
    books.go_on = False
    async with started(handler, books) as caller:
        caller.deliver([1, 2])
        assert not caller.busy
    make(function, books).deliver([3, 4])
    assert [(type(error), message) for error, message in books.errors] == [(kind, 1), (kind, 3)]


@pytest.mark.parametrize("kind", [asyncio.CancelledError, GeneratorExit, BaseException])
@pytest.mark.parametrize("waits", [False, True])
@in_loop
async def test_whatever_a_handler_raises_is_its_own_failure(
    kind: type[BaseException], waits: bool
) -> None:
    got: list[int] = []

    async def handler(message: int) -> None:
        if waits:
            await asyncio.sleep(0)
        got.append(message)
        if message == 1:
            raise kind

    def function(message: int) -> None:
        got.append(message)
        if message == 1:
            raise kind

    books = Books()
    async with started(handler, books) as caller:
        caller.deliver([1, 2])
        await settle(caller)
    make(function, books).deliver([1, 2])
    assert got == [1, 2, 1, 2]
    assert [type(error) for error, _ in books.errors] == [kind, kind]


@in_loop
async def test_a_generator_that_a_handler_returns_is_reported() -> None:
    async def numbers() -> AsyncIterator[int]:
        yield 1

    books = Books()
    make(lambda message: (n for n in [message]), books).deliver([1])
    make(lambda message: numbers(), books).deliver([2])
    assert [(type(error), message) for error, message in books.errors] == [
        (UsageError, 1),
        (UsageError, 2),
    ]


@in_loop
async def test_what_a_cancelled_handler_had_not_come_to_is_next() -> None:
    got: list[int] = []
    waiting: set[asyncio.Task[Any]] = set()

    async def handler(message: int) -> None:
        got.append(message)
        if message == 1:
            task = asyncio.current_task()
            assert task is not None
            waiting.add(task)
            await asyncio.Event().wait()

    async with started(handler) as caller:
        caller.deliver([1, 2])
        caller.deliver([3])
        (task,) = waiting
        task.cancel()
        await until(task.done)
        await until(lambda: not caller.busy)
        assert got == [1]
        caller.deliver([4])
        await settle(caller)
    assert got == [1, 2, 3, 4]


@pytest.mark.parametrize("is_async", [False, True])
@in_loop
async def test_a_slow_handler_leaves_the_loop_turns(
    is_async: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastpoly.polygon.dispatch.messages.FAIR_SHARE_S", -1)
    monkeypatch.setattr("fastpoly.polygon.dispatch.channel_handler.FAIR_SHARE_S", -1)
    got: list[int] = []
    seen: list[int] = []

    def function(message: int) -> None:
        got.append(message)

    async def coroutine(message: int) -> None:
        got.append(message)

    async with started(coroutine if is_async else function) as caller:
        caller.deliver(list(range(3 * CHUNK)))
        assert got == list(range(CHUNK))
        caller.deliver([3 * CHUNK])
        caller.deliver([3 * CHUNK + 1])
        while caller.busy:
            seen.append(len(got))
            await asyncio.sleep(0)
        caller.deliver([3 * CHUNK + 2])
    assert got == list(range(3 * CHUNK + 3))
    assert {CHUNK, 2 * CHUNK, 3 * CHUNK} <= set(seen)


@in_loop
async def test_drain_unstarted_gives_up_what_the_handler_has_not_begun_with() -> None:
    books = Books()
    got: list[int] = []
    gate = asyncio.Event()

    async def handler(message: int) -> None:
        got.append(message)
        await gate.wait()

    async with started(handler, books) as caller:
        caller.deliver([1, 2])
        caller.deliver([3])
        caller.queue([4])
        assert caller.drain_unstarted() == [[2], [4], [3]]
        assert caller.drain_unstarted() == []
        gate.set()
        await settle(caller)
    assert got == [1]


@in_loop
async def test_handler_may_drain_unstarted_its_own_messages() -> None:
    got: list[int] = []
    left: list[Any] = []

    async def handler(message: int) -> None:
        got.append(message)
        left.extend(caller.drain_unstarted())

    async with started(handler) as caller:
        caller.deliver([1, 2, 3])
    assert (got, left) == ([1], [[2, 3]])


@in_loop
async def test_handler_that_causes_messages_for_itself_gets_them_afterwards() -> None:
    got: list[int] = []

    async def handler(message: int) -> None:
        if message < 3:
            caller.deliver([message + 1])
        got.append(message)

    async with started(handler) as caller:
        caller.deliver([1])
        await settle(caller)
    assert got == [1, 2, 3]


@pytest.mark.parametrize("failing", [fail, fail_at_once, fail_later, fail_in_what_it_gives])
@in_loop
async def test_handler_may_be_called_no_more_after_an_error(
    failing: Callable[[int], Any],
) -> None:
    books = Books()
    books.go_on = False
    got: list[int] = []

    @functools.wraps(failing)
    def handler(message: int) -> Any:
        got.append(message)
        return failing(message)

    async with started(handler, books) as caller:
        caller.deliver([1, 2, 3])
        caller.deliver([4])
        await settle(caller)
        caller.deliver([5])
        await settle(caller)
    assert got == [1, 2]
    assert len(books.errors) == 1


@in_loop
async def test_end_of_the_buffer_is_told() -> None:
    books = Books()

    async def handler(message: int) -> None:
        await asyncio.sleep(0)

    async with started(handler, books) as caller:
        caller.deliver([1])
        error: Any = FastpolyError("full")
        caller.buffer.error = error  # type: ignore[misc]
        caller.deliver([2])
        assert books.failures == [error]
        await settle(caller)
