"""Functions of the user's that are told what happens, whatever they do or raise."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from fastpoly.consumers.handlers.user_hook import MAX_RUNNING, UserHook, refuse_generator
from fastpoly.errors import UsageError
from tests.loops import in_loop
from tests.waiting import until

FAILURES = [ValueError, asyncio.CancelledError, GeneratorExit, BaseException]
EXITS = [KeyboardInterrupt, SystemExit]


class Stream:
    def __init__(self) -> None:
        self.stopped: list[BaseException] = []

    def stop_with(self, error: BaseException) -> None:
        self.stopped.append(error)


def make(function: Any) -> tuple[UserHook, Stream]:
    stream = Stream()
    return UserHook("the hook", function, stream, logging.getLogger("fastpoly.test")), stream


def raises(error: BaseException, coroutine: bool, waits: bool) -> Any:
    def plain(*_: Any) -> None:
        raise error

    async def function(*_: Any) -> None:
        if waits:
            await asyncio.sleep(0)
        raise error

    return function if coroutine else plain


WAYS = [(False, False), (True, False), (True, True)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("coroutine", "waits"), WAYS)
@pytest.mark.parametrize("kind", FAILURES)
@in_loop
async def test_what_it_raises_is_logged(
    kind: type[BaseException], coroutine: bool, waits: bool, caplog: pytest.LogCaptureFixture
) -> None:
    hook, stream = make(raises(kind(), coroutine, waits))
    hook("news")
    await settle()
    assert [record.message for record in caplog.records] == ["the hook raised"]
    assert stream.stopped == []


@pytest.mark.parametrize(("coroutine", "waits"), WAYS)
@pytest.mark.parametrize("kind", EXITS)
@in_loop
async def test_an_exit_ends_the_stream(
    kind: type[BaseException], coroutine: bool, waits: bool, caplog: pytest.LogCaptureFixture
) -> None:
    error = kind(3)
    hook, stream = make(raises(error, coroutine, waits))
    hook("news")
    await settle()
    assert stream.stopped == [error]
    assert not caplog.records


@in_loop
async def test_a_task_that_is_cancelled_from_outside_is_no_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun = asyncio.Event()

    async def function() -> None:
        begun.set()
        await asyncio.Event().wait()

    hook, _ = make(function)
    hook()
    await begun.wait()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await settle()
    assert not caplog.records


def test_a_coroutine_without_a_loop_to_run_in_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async def function() -> None:
        pass

    make(function)[0]()
    assert "the hook raised" in caplog.text


def generator(*_: Any) -> Iterator[None]:
    yield


async def async_generator(*_: Any) -> AsyncIterator[None]:
    yield


class CallsGenerator:
    def __call__(self, *_: Any) -> Iterator[None]:
        yield

    async def method(self, *_: Any) -> AsyncIterator[None]:
        yield


@pytest.mark.parametrize(
    "function",
    [
        generator,
        async_generator,
        CallsGenerator(),
        CallsGenerator().method,
        functools.partial(generator, 1),
    ],
)
def test_a_generator_function_is_refused(function: Any) -> None:
    with pytest.raises(UsageError, match="generator function"):
        make(function)


@pytest.mark.parametrize("function", [generator, async_generator])
def test_a_generator_that_shows_only_when_called_is_said(
    function: Any, caplog: pytest.LogCaptureFixture
) -> None:
    @functools.wraps(function)
    def wrapped(*arguments: Any) -> Any:
        return function(*arguments)

    make(lambda: wrapped())[0]()
    assert "ran nothing" in caplog.text


@pytest.mark.parametrize("result", [3, "text", [1], object()])
def test_other_results_are_nobodys_business(result: object) -> None:
    refuse_generator(result)


def test_calls_that_do_not_end_are_bounded_and_what_is_left_out_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        release = asyncio.Event()
        begun = ended = 0

        async def told(number: int) -> None:
            nonlocal begun, ended
            begun += 1
            await release.wait()
            ended += 1

        hook, _ = make(told)
        for number in range(10 * MAX_RUNNING):
            hook(number)
        await until(lambda: begun == MAX_RUNNING)
        assert not caplog.records
        release.set()
        await until(lambda: ended == MAX_RUNNING)
        await until(lambda: bool(caplog.records))
        assert begun == MAX_RUNNING
        (record,) = caplog.messages
        assert f"was not called {9 * MAX_RUNNING} times" in record
        hook(0)
        await until(lambda: ended == MAX_RUNNING + 1)

    asyncio.run(main())


def test_a_plain_function_is_called_each_time() -> None:
    calls: list[int] = []
    hook, _ = make(calls.append)
    for number in range(10 * MAX_RUNNING):
        hook(number)
    assert len(calls) == 10 * MAX_RUNNING
