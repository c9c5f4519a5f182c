"""Tests that are coroutine functions, each in an event loop of its own."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

import pytest
import uvloop

P = ParamSpec("P")


async def leave_no_task(test: Coroutine[Any, Any, None]) -> None:
    """Run a test, and check that no task is left of it."""
    await test
    for _ in range(20):
        # What was cancelled takes a turn to end, and who waits for that another.
        if len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test in a loop, and check that it leaves no task behind.

    The loop is asyncio's, or uvloop's with ``FASTPOLY_TEST_LOOP=uvloop``.
    """
    factory = uvloop.new_event_loop if os.environ.get("FASTPOLY_TEST_LOOP") == "uvloop" else None

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(leave_no_task(test(*args, **kwargs)))

    return run


LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def in_each_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """As `in_loop`, but in asyncio's loop and in uvloop's: two tests."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=LOOPS[str(kwargs.pop("loop"))]) as runner:
            runner.run(leave_no_task(test(*args, **kwargs)))

    signature = inspect.signature(test)
    loop = inspect.Parameter("loop", inspect.Parameter.KEYWORD_ONLY)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), loop]
    )
    return pytest.mark.parametrize("loop", LOOPS)(run)
