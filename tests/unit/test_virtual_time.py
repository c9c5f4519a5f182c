"""The loop of virtual time that tests of the engine run in."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.virtual_time import DeadlockError, VirtualClock, idle, in_virtual_time


@in_virtual_time
async def test_an_hour_takes_no_time_and_timers_come_in_order() -> None:
    began = time.monotonic()
    loop, clock = asyncio.get_running_loop(), VirtualClock()
    at_ns, rang = clock.time_ns(), []
    for seconds in (30, 10, 20):
        loop.call_later(seconds, rang.append, seconds)
    await asyncio.sleep(3600)
    assert rang == [10, 20, 30]
    assert clock.time_ns() - at_ns == pytest.approx(3600e9)
    assert time.monotonic() - began < 60


@in_virtual_time
async def test_idle_waits_for_what_is_ready_and_not_for_timers() -> None:
    loop, done = asyncio.get_running_loop(), []

    async def work() -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        done.append("work")

    loop.call_later(0.001, done.append, "timer")
    task = asyncio.create_task(work())
    await idle()
    assert done == ["work"]
    assert loop.time() == 0
    await task


@in_virtual_time
async def test_the_wall_clock_can_be_set_and_the_other_cannot() -> None:
    clock = VirtualClock()
    before = clock.time_ns(), clock.monotonic_ns()
    clock.set_by_ns -= 5
    assert (clock.time_ns(), clock.monotonic_ns()) == (before[0] - 5, before[1])


def test_a_deadlock_says_who_waits() -> None:
    @in_virtual_time
    async def waits_for_nobody() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match=r"Nothing can happen any more. Waiting: .*leave"):
        waits_for_nobody()


def test_waiting_beside_a_timer_for_ever_is_a_deadlock_too() -> None:
    @in_virtual_time
    async def waits_beside_a_timer() -> None:
        loop = asyncio.get_running_loop()

        def again() -> None:
            loop.call_later(3600, again)

        again()
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match="A week has gone by"):
        waits_beside_a_timer()


def test_a_task_that_is_left_behind_fails_the_test() -> None:
    left = []

    @in_virtual_time
    async def leaves_a_task() -> None:
        left.append(asyncio.create_task(asyncio.sleep(5)))

    with pytest.raises(AssertionError):
        leaves_a_task()
