"""A user's function that is told of failures, and how many of its calls run at a time."""

from __future__ import annotations

import asyncio
import logging

import pytest

from fastpoly.consumers.user_hook import MAX_RUNNING, UserHook
from tests.waiting import until

logger = logging.getLogger("fastpoly.of-a-test")


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

        hook = UserHook("on_error", told, logger)
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
    hook = UserHook("on_error", calls.append, logger)
    for number in range(10 * MAX_RUNNING):
        hook(number)
    assert len(calls) == 10 * MAX_RUNNING
