"""Several iterations as one: turns, ends, and what is raised when."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

import pytest

from fastpoly._core import Batch, decode
from fastpoly.consumers.buffer import BufferStats
from fastpoly.consumers.merged import Merged
from tests.loops import in_loop


class Polls:
    """An iteration by hand."""

    def __init__(self, *numbers: int) -> None:
        self.waiting = deque(numbers)
        self.over = False
        self.error: BaseException | None = None
        self.raised = False
        self.waiter: asyncio.Future[None] | None = None

    def put(self, number: int) -> None:
        self.waiting.append(number)
        self.wake()

    def end(self, error: BaseException | None = None) -> None:
        self.over, self.error = True, error
        self.wake()

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def poll(self) -> Batch | None:
        if not self.waiting:
            return None
        return decode(f'[{{"ev":"T","q":{self.waiting.popleft()}}}]')

    @property
    def is_over(self) -> bool:
        return self.over

    @property
    def ended_by(self) -> BaseException | None:
        return self.error

    def wait_with(self, waiter: asyncio.Future[None]) -> bool:
        if self.waiting or self.over:
            return False
        self.waiter = waiter
        return True

    def stop_waiting(self) -> None:
        self.waiter = None

    def error_was_raised(self) -> None:
        self.raised = True

    def stats(self) -> BufferStats:
        raise NotImplementedError

    def abort(self) -> None:
        self.waiting.clear()
        self.end()


class Owner:
    """Raises what the test says."""

    def __init__(self, raised: BaseException | None = None) -> None:
        self.raised = raised
        self.errors: dict[str, BaseException] = {}

    def end_of(self, errors: Mapping[str, BaseException]) -> BaseException | None:
        self.errors = dict(errors)
        return self.raised

    def is_fatal(self, error: BaseException) -> bool:
        return isinstance(error, SystemExit)


async def take(merged: Merged, count: int) -> list[int]:
    return [(await anext(merged))[0]["q"] for _ in range(count)]


@in_loop
async def test_those_that_have_something_take_turns() -> None:
    merged = Merged({"a": Polls(1, 2, 3), "b": Polls(), "c": Polls(10, 20)}, Owner())
    assert await take(merged, 5) == [1, 10, 2, 20, 3]


@in_loop
async def test_it_waits_for_any_of_them() -> None:
    one, two = Polls(), Polls()
    merged = Merged({"one": one, "two": two}, Owner())
    for stream in (two, one, two):
        waiting = asyncio.ensure_future(take(merged, 1))
        await asyncio.sleep(0)
        stream.put(5)
        assert await waiting == [5]
        assert one.waiter is None
        assert two.waiter is None


@in_loop
async def test_a_cancelled_wait_lets_everyone_go() -> None:
    one = Polls()
    merged = Merged({"one": one, "two": Polls()}, Owner())
    waiting = asyncio.ensure_future(take(merged, 1))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert one.waiter is None
    one.put(1)
    assert await take(merged, 1) == [1]


@in_loop
async def test_one_that_ends_leaves_the_others_and_what_it_had_is_taken() -> None:
    one, two = Polls(1), Polls()
    owner = Owner()
    merged = Merged({"one": one, "two": two}, owner)
    error = LookupError("one")
    one.end(error)
    assert await take(merged, 1) == [1]
    waiting = asyncio.ensure_future(take(merged, 1))
    await asyncio.sleep(0)
    two.put(2)
    assert await waiting == [2]
    two.end()
    for _ in range(2):
        with pytest.raises(StopAsyncIteration):
            await anext(merged)
    assert owner.errors == {"one": error}
    assert not one.raised


@in_loop
async def test_what_the_owner_says_is_raised_at_the_end() -> None:
    streams: dict[str, Any] = {"one": Polls(), "two": Polls()}
    error = LookupError("two")
    merged = Merged(streams, Owner(error))
    streams["one"].end()
    streams["two"].end(error)
    with pytest.raises(LookupError):
        await anext(merged)
    assert streams["two"].raised
    assert not streams["one"].raised


@in_loop
async def test_what_is_fatal_is_raised_at_once() -> None:
    one, two = Polls(), Polls(1)
    merged = Merged({"one": one, "two": two}, Owner())
    one.end(SystemExit(1))
    with pytest.raises(SystemExit):
        await anext(merged)
    assert await take(merged, 1) == [1]


@in_loop
async def test_closed_it_gives_nothing_more() -> None:
    merged = Merged({"one": Polls(1), "two": Polls(2)}, Owner())
    await merged.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(merged)


@in_loop
async def test_the_loop_gets_its_turns_while_there_is_always_something() -> None:
    endless = Polls()
    endless.poll = lambda: decode('[{"ev":"T","q":1}]')  # type: ignore[method-assign]
    merged = Merged({"one": endless}, Owner())
    stop = False

    async def other() -> None:
        nonlocal stop
        stop = True

    waiting = asyncio.ensure_future(other())
    async for _ in merged:
        if stop:
            break
    await waiting
