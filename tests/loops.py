"""Tests that are coroutine functions, each in an event loop of its own."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

import uvloop

P = ParamSpec("P")


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Runs a test in a loop, and checks that it leaves no task behind.

    The loop is asyncio's, or uvloop's with ``FASTPOLY_TEST_LOOP=uvloop``.
    """
    factory = uvloop.new_event_loop if os.environ.get("FASTPOLY_TEST_LOOP") == "uvloop" else None

    async def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        await test(*args, **kwargs)
        for _ in range(20):
            # What was cancelled takes a turn to end, and who waits for that another.
            if len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(checked(*args, **kwargs))

    return run
