"""The loop that reads: what runs where, and what is said when a loop is not there."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from fastpoly.errors import UsageError
from fastpoly.net.reader_loop import CallerLoop, ReaderLoop, ThreadLoop
from tests.loops import in_loop
from tests.waiting import PATIENCE_S

BOTH = pytest.mark.parametrize("make", [CallerLoop, lambda: ThreadLoop("reader")])


async def where() -> int:
    return threading.get_ident()


@BOTH
@in_loop
async def test_before_it_is_started(make: Any) -> None:
    loop: ReaderLoop = make()
    assert loop.post(pytest.fail) is False
    with pytest.raises(UsageError, match="not open"):
        await loop.call(where)


@BOTH
@in_loop
async def test_what_is_posted_and_called_runs_in_it_and_what_is_for_the_user_does_not(
    make: Any,
) -> None:
    loop: ReaderLoop = make()
    await loop.start()
    user, reader = threading.get_ident(), await loop.call(where)
    assert loop.threaded is (reader != user)
    seen: list[tuple[str, int]] = []
    done = asyncio.Event()

    def in_reader() -> None:
        seen.append(("reader", threading.get_ident()))
        assert loop.to_user(in_user, "argument")

    def in_user(argument: str) -> None:
        seen.append((argument, threading.get_ident()))
        done.set()

    assert loop.post(loop.call_soon, in_reader)
    async with asyncio.timeout(PATIENCE_S):
        await done.wait()
    assert seen == [("reader", reader), ("argument", user)]
    await loop.stop()


@in_loop
async def test_thread_that_has_ended_is_not_there() -> None:
    loop = ThreadLoop("reader")
    assert loop.to_user(pytest.fail) is False
    await loop.start()
    await loop.stop()
    assert loop.post(pytest.fail) is False
    with pytest.raises(UsageError):
        await loop.call(where)


@BOTH
def test_loop_that_has_been_closed_is_not_there(make: Any) -> None:
    async def main() -> ReaderLoop:
        loop: ReaderLoop = make()
        await loop.start()
        return loop

    loop = asyncio.run(main())
    if loop.threaded:
        assert loop.to_user(pytest.fail) is False
        loop.stop_soon()
    else:
        assert loop.post(pytest.fail) is False
