"""Tasks that write to a broker: ended although nats-py lets a cancellation pass by."""

from __future__ import annotations

import asyncio

import pytest

from fastpoly.broker.link import end_task
from tests.loops import in_loop


@pytest.mark.parametrize("swallowed", [0, 1, 3])
@in_loop
async def test_a_task_ends_however_often_it_lets_a_cancellation_pass(swallowed: int) -> None:
    times = 0

    async def write() -> None:
        nonlocal times
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                times += 1
                if times > swallowed:
                    raise

    task = asyncio.create_task(write())
    await asyncio.sleep(0)
    await end_task(task)
    assert task.cancelled()
    assert times == swallowed + 1


@in_loop
async def test_a_task_that_has_ended_is_left_alone() -> None:
    async def fail() -> None:
        raise ValueError

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    await end_task(task)
    assert isinstance(task.exception(), ValueError)
