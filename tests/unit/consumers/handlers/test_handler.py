"""A handler of a stream: when it is called, what it is at, and how it ends."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from fastpoly import Batch, decode
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.handlers import handler as handler_module
from fastpoly.consumers.handlers.handler import BLOCKED_NS, TABLE, Activity, Event, Handler
from fastpoly.enums import Overflow
from fastpoly.errors import ConsumerTooSlow, FastpolyError, UsageError
from fastpoly.net.reader_loop import CallerLoop, ReaderLoop, ThreadLoop
from tests.loops import in_loop
from tests.waiting import PATIENCE_S, until


class Stream:
    """What has handlers."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.too_slow: list[FastpolyError] = []
        self.blocked: list[float] = []
        self.told: list[str] = []

    def handler_failed(self, handler: Handler, error: BaseException, batch: Batch) -> None:
        self.errors.append(error)

    def handler_ended(self, handler: Handler, error: FastpolyError) -> None:
        self.too_slow.append(error)

    def handler_blocked(self, handler: Handler, seconds: float) -> None:
        self.blocked.append(seconds)

    def on_full(self, buffer: Buffer) -> None:
        self.told.append("full")

    def on_room(self, buffer: Buffer) -> None:
        self.told.append("room")


def batch(number: int) -> Batch:
    return decode(json.dumps([{"ev": "T", "sym": "A", "q": number}]).encode())


def number_of(one: Batch) -> int:
    return one[0]["q"]  # type: ignore[no-any-return]


def make(
    function: Any, overflow: Overflow = Overflow.DROP_OLDEST, loop: ReaderLoop | None = None
) -> tuple[Handler, Stream]:
    stream = Stream()
    buffer = Buffer("stocks", overflow=overflow, max_bytes=batch(0).nbytes * 4)
    return Handler(function, None, None, buffer, loop or CallerLoop(), stream), stream


async def started(function: Any, **options: Any) -> tuple[Handler, Stream]:
    handler, stream = make(function, **options)
    handler.start()
    await asyncio.sleep(0)
    return handler, stream


def push(handler: Handler, *numbers: int) -> None:
    for number in numbers:
        one = batch(number)
        handler.push(one, one.channels)


async def ended(handler: Handler) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await handler.wait_drained()


async def until_idle(handler: Handler) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while handler.activity is not Activity.IDLE:
            await asyncio.sleep(0)


def hold_the_loop() -> None:
    time.sleep(BLOCKED_NS / 1e9 + 0.01)


def test_function_has_to_be_callable() -> None:
    with pytest.raises(UsageError, match="'print' is not callable"):
        make("print")


def test_table_leads_from_everywhere_to_the_end() -> None:
    assert {activity for activity, _ in TABLE} == set(Activity)
    assert {event for _, event in TABLE} == set(Event)
    # What is done on the way of every batch, without a look at the table.
    assert TABLE[Activity.IDLE, Event.BEGUN] is Activity.BUSY
    assert TABLE[Activity.BUSY, Event.DONE] is Activity.IDLE
    for activity in Activity:
        for event in (Event.DETACHED, Event.DONE):
            activity = TABLE.get((activity, event), activity)
        assert activity is Activity.DRAINED


def test_plain_function_is_called_where_the_batch_is_pushed_without_any_loop() -> None:
    got: list[int] = []
    handler, _ = make(lambda one: got.append(number_of(one)))
    push(handler, 1, 2)
    assert got == [1, 2]
    stats = handler.stats()
    assert (stats.calls, stats.events, stats.errors) == (2, 2, 0)


@in_loop
async def test_coroutine_that_need_not_wait_is_done_at_once() -> None:
    got: list[int] = []

    async def function(one: Batch) -> None:
        got.append(number_of(one))

    handler, _ = await started(function)
    push(handler, 1, 2)
    assert (got, handler.activity) == ([1, 2], Activity.IDLE)
    handler.end(None)
    await ended(handler)


@in_loop
async def test_what_comes_while_a_coroutine_waits_comes_after_it() -> None:
    got: list[tuple[str, int]] = []

    async def function(one: Batch) -> None:
        got.append(("begin", number_of(one)))
        if number_of(one) != 2:
            await asyncio.sleep(0)
        got.append(("end", number_of(one)))

    handler, _ = await started(function)
    push(handler, 1, 2, 3)
    assert (got, handler.activity) == ([("begin", 1)], Activity.BUSY)
    assert handler.busy_span[1] == math.inf
    await until_idle(handler)
    assert got == [(what, number) for number in (1, 2, 3) for what in ("begin", "end")]
    assert handler.busy_span[1] < math.inf
    assert handler.stats().call.max_ms is not None
    handler.end(None)
    await ended(handler)


@in_loop
async def test_function_may_give_something_to_await_now_and_then() -> None:
    got: list[Any] = []
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def function(one: Batch) -> Any:
        got.append(number_of(one))
        return {1: future, 2: "nothing to await", 3: None}[number_of(one)]

    handler, _ = await started(function)
    push(handler, 1, 2, 3)
    assert handler.activity is Activity.BUSY
    future.set_result("done")
    await until_idle(handler)
    assert got == [1, 2, 3]
    handler.end(None)
    await ended(handler)


@in_loop
async def test_errors_of_any_step_cost_their_own_batch_only() -> None:
    got: list[int] = []

    async def function(one: Batch) -> None:
        number = number_of(one)
        got.append(number)
        if number == 1:
            raise ValueError("first step")
        if number == 2:
            await asyncio.sleep(0)
            raise ValueError("after a wait")
        if number == 3:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.cancel()
            await future

    handler, stream = await started(function)
    push(handler, 1, 2, 3, 4)
    await until_idle(handler)
    assert got == [1, 2, 3, 4]
    assert [type(error) for error in stream.errors] == [
        ValueError,
        ValueError,
        asyncio.CancelledError,
    ]
    assert handler.stats().errors == 3
    handler.end(None)
    await ended(handler)


@in_loop
async def test_first_step_counts_as_time_that_it_held_the_loop() -> None:
    async def function(one: Batch) -> None:
        if number_of(one) == 1:
            await asyncio.sleep(0)
        else:
            hold_the_loop()

    handler, stream = await started(function)
    push(handler, 1, 2)  # the second is called from inside of the task
    await until_idle(handler)
    push(handler, 3)
    assert len(stream.blocked) == 2
    assert handler.stats().blocked == 2
    handler.end(None)
    await ended(handler)


@in_loop
async def test_end_waits_for_what_runs_and_what_waits() -> None:
    got: list[int] = []

    async def function(one: Batch) -> None:
        await asyncio.sleep(0)
        got.append(number_of(one))

    handler, _ = await started(function)
    push(handler, 1, 2)
    handler.end(None)
    await ended(handler)
    assert (got, handler.activity) == ([1, 2], Activity.DRAINED)


@in_loop
async def test_detached_it_may_finish_and_gets_no_more() -> None:
    got: list[int] = []
    gate = asyncio.Event()

    async def function(one: Batch) -> None:
        await gate.wait()
        got.append(number_of(one))

    handler, _ = await started(function)
    push(handler, 1, 2)
    handler.detach()
    assert handler.activity is Activity.DETACHED
    push(handler, 3)
    gate.set()
    await ended(handler)
    assert (got, handler.stats().buffer.lost) == ([1], 1)


@pytest.mark.parametrize("wait", [False, True])
@in_loop
async def test_it_may_detach_itself(wait: bool) -> None:
    got: list[str] = []

    async def function(one: Batch) -> None:
        handler.detach()
        if wait:
            await asyncio.sleep(0)
        got.append("to the end")

    handler, _ = await started(function)
    push(handler, 1, 2)
    await ended(handler)
    assert got == ["to the end"]


@in_loop
async def test_function_that_detaches_itself_may_still_give_something_to_await() -> None:
    got: list[str] = []

    async def later() -> None:
        await asyncio.sleep(0)
        got.append("to the end")

    def function(one: Batch) -> Any:
        handler.detach()
        return later()

    handler, _ = await started(function)
    push(handler, 1, 2)
    async with asyncio.timeout(PATIENCE_S):
        while not got:
            await asyncio.sleep(0)
    assert got == ["to the end"]


@in_loop
async def test_abort_cancels_what_runs() -> None:
    got: list[str] = []

    async def function(one: Batch) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            got.append("cleaned up")

    handler, stream = await started(function)
    push(handler, 1, 2)
    handler.abort()
    await ended(handler)
    assert (got, stream.errors) == (["cleaned up"], [])


@in_loop
async def test_who_cancels_its_task_wants_no_more_of_it_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[int] = []

    async def function(one: Batch) -> None:
        calls.append(number_of(one))
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    monkeypatch.setattr(handler_module, "CANCELLED_SAID_S", 0.0)
    handler, stream = await started(function)
    push(handler, 1)
    await ended(handler)
    push(handler, 2)
    assert (calls, stream.errors) == ([1], [])
    await until(lambda: bool(stream.too_slow))
    assert "was cancelled" in str(stream.too_slow[0])


@in_loop
async def test_calls_that_take_long_leave_the_loop_its_turns_and_keep_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handler_module, "SLICE_NS", 0)
    turns: list[str] = []

    def function(one: Batch) -> None:
        turns.append(str(number_of(one)))

    handler, _ = await started(function)
    for number in (1, 2, 3, 4):
        push(handler, number)
    asyncio.get_running_loop().call_soon(turns.append, "turn")
    assert turns == ["1"]
    assert handler.activity is Activity.RESTING
    push(handler, 5)
    await until_idle(handler)
    assert [one for one in turns if one != "turn"] == ["1", "2", "3", "4", "5"]
    assert turns.index("turn") < turns.index("3")
    push(handler, 6)
    assert turns[-1] == "6"
    handler.abort()


@in_loop
async def test_the_end_and_removal_reach_a_handler_that_rests() -> None:
    for end in (Handler.detach, Handler.abort, lambda handler: handler.end(None)):
        got: list[int] = []
        handler, _ = await started(lambda one, got=got: got.append(number_of(one)))
        handler._slice_ends_ns = 0
        push(handler, 1)
        push(handler, 2)
        assert handler.activity is Activity.RESTING
        end(handler)
        await ended(handler)
        assert got == ([1] if end in (Handler.detach, Handler.abort) else [1, 2])


@pytest.mark.parametrize("kind", [GeneratorExit, asyncio.CancelledError, BaseException])
@pytest.mark.parametrize("waits", [False, True])
@in_loop
async def test_whatever_it_raises_the_next_batch_is_handled(
    kind: type[BaseException], waits: bool
) -> None:
    calls: list[int] = []

    async def function(one: Batch) -> None:
        calls.append(number_of(one))
        if waits:
            await asyncio.sleep(0)
        raise kind

    handler, stream = await started(function)
    for number in (1, 2, 3):
        push(handler, number)
        await until_idle(handler)
    assert calls == [1, 2, 3]
    assert [type(error) for error in stream.errors] == [kind] * 3
    handler.abort()


@pytest.mark.parametrize("wraps", [False, True])
@in_loop
async def test_a_generator_is_refused_or_said(wraps: bool) -> None:
    def generator(one: Batch) -> Iterator[Batch]:
        yield one

    async def async_generator(one: Batch) -> AsyncIterator[Batch]:
        yield one

    for function in (generator, async_generator):
        if wraps:
            handler, stream = await started(lambda one, function=function: function(one))
            push(handler, 1)
            assert "ran nothing" in str(stream.errors[0])
            handler.abort()
        else:
            with pytest.raises(UsageError, match="generator function"):
                make(function)


@in_loop
async def test_task_that_is_cancelled_before_its_first_turn_leaves_nothing_behind() -> None:
    async def function(one: Batch) -> None:
        raise AssertionError("it never began")

    handler, _ = make(function)
    handler.start()
    push(handler, 1)
    assert handler.activity is Activity.BUSY
    handler.abort()
    await ended(handler)


@in_loop
async def test_batch_that_its_own_first_step_causes_comes_after_it() -> None:
    got: list[int] = []

    async def function(one: Batch) -> None:
        if number_of(one) == 1:
            push(handler, 2)
            await asyncio.sleep(0)
        got.append(number_of(one))

    handler, _ = await started(function)
    push(handler, 1)
    await until_idle(handler)
    assert got == [1, 2]
    handler.end(None)
    await ended(handler)


@in_loop
async def test_too_slow_for_its_policy_it_ends_after_what_it_was_owed() -> None:
    got: list[int] = []

    async def function(one: Batch) -> None:
        await asyncio.sleep(0)
        got.extend(event["q"] for event in one if event.event_type == "T")

    handler, stream = await started(function, overflow=Overflow.ERROR)
    push(handler, *range(10))
    await ended(handler)
    (error,) = stream.too_slow
    assert isinstance(error, ConsumerTooSlow)
    assert got == list(range(len(got)))
    assert error.lost_by_channel
    assert len(got) + handler.stats().buffer.lost == 10


@in_loop
async def test_full_buffer_and_room_are_passed_on() -> None:
    async def function(one: Batch) -> None:
        await asyncio.sleep(0)

    handler, stream = await started(function, overflow=Overflow.BLOCK)
    push(handler, *range(6))
    assert stream.told == ["full"]
    await until_idle(handler)
    assert stream.told == ["full", "room"]
    handler.end(None)
    await ended(handler)


@pytest.mark.parametrize("wait", [False, True])
@in_loop
async def test_from_another_thread_it_is_called_in_the_loop_in_which_it_was_started(
    wait: bool,
) -> None:
    got: list[int] = []
    threads: set[int] = set()

    async def function(one: Batch) -> None:
        if wait:
            await asyncio.sleep(0)
        threads.add(threading.get_ident())
        got.append(number_of(one))

    handler, _ = await started(function, overflow=Overflow.BLOCK, loop=ThreadLoop("unused"))

    def read() -> None:
        push(handler, *range(100))
        handler.end(None)

    thread = threading.Thread(target=read)
    thread.start()
    await ended(handler)
    thread.join()
    assert got == list(range(100))
    assert threads == {threading.get_ident()}


@in_loop
async def test_is_current_inside_of_its_coroutine_only() -> None:
    seen: list[bool] = []

    async def function(one: Batch) -> None:
        seen.append(handler.is_current)
        await asyncio.sleep(0)
        seen.append(handler.is_current)

    handler, _ = await started(function)
    push(handler, 1)
    assert not handler.is_current
    await until_idle(handler)
    assert seen == [True, True]
    handler.end(None)
    await ended(handler)
