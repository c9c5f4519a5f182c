"""Workers: how many there are, whom they work for, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from fastpoly.consumers.tasks import MAX_IDLE, Workers, next_job
from tests.loops import in_loop


async def drive() -> None:
    """A job is a coroutine."""
    while True:
        await (await next_job())


Job = Coroutine[Any, Any, None]


class Owner:
    """Has jobs to be done one after the other."""

    def __init__(self, *following: Job) -> None:
        self.busy = False
        self.following = list(following)

    def next_job(self) -> Job | None:
        return self.following.pop(0) if self.following else None


async def made() -> Workers:
    workers = Workers(drive)
    workers.start()
    await asyncio.sleep(0)
    return workers


async def note(got: list[Any], what: Any, wait: float | None = None) -> None:
    if wait is not None:
        await asyncio.sleep(wait)
    got.append(what)


@in_loop
async def test_coroutine_that_need_not_wait_is_over_at_once_with_all_that_follow() -> None:
    got: list[int] = []
    workers = await made()
    owner = Owner(note(got, 2), note(got, 3))
    workers.begin(note(got, 1), owner)
    assert got == [1]
    assert owner.busy
    await asyncio.sleep(0)
    assert (got, owner.busy) == ([1, 2, 3], False)
    await workers.finish(1)


@in_loop
async def test_what_follows_runs_after_what_waits() -> None:
    got: list[int] = []
    workers = await made()
    owner = Owner(note(got, 2))
    workers.begin(note(got, 1, 0.001), owner)
    assert (got, owner.busy) == ([], True)
    assert await workers.finish(1)
    assert (got, owner.busy) == ([1, 2], False)


@in_loop
async def test_coroutine_begins_later_where_no_worker_is_ready() -> None:
    got: list[int] = []
    workers = Workers(drive)
    owners = [Owner(), Owner()]
    for number, owner in enumerate(owners):
        workers.begin(note(got, number), owner)
    assert got == []
    assert all(owner.busy for owner in owners)
    await workers.finish(1)
    assert got == [0, 1]


@in_loop
async def test_many_that_wait_have_a_worker_each_and_few_workers_stay() -> None:
    got: list[int] = []
    workers = await made()
    for number in range(20):
        workers.begin(note(got, number, 0), Owner())
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) > 20
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sorted(got) == list(range(20))
    assert workers.ready
    assert len(asyncio.all_tasks()) <= 1 + MAX_IDLE
    await workers.finish(1)


@in_loop
async def test_current_is_true_inside_only() -> None:
    seen: list[bool] = []
    workers = await made()

    async def look(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        seen.append(workers.current)

    for wait in (False, True):
        workers.begin(look(wait), Owner())
    assert not workers.current
    await workers.finish(1)
    assert seen == [True, True]


@in_loop
async def test_shared_coroutine_works_for_who_waits() -> None:
    got: list[str] = []
    workers = await made()
    first, second = Owner(), Owner(note(got, "next"))
    workers.begin_shared(note(got, "at once"), lambda: first)
    assert (got, first.busy) == (["at once"], False)
    workers.begin_shared(note(got, "later", 0), lambda: second)
    assert (first.busy, second.busy) == (False, True)
    await workers.finish(1)
    assert got == ["at once", "later", "next"]


@in_loop
async def test_finish_cancels_what_takes_too_long_also_before_its_turn() -> None:
    ended: list[str] = []
    let_go = asyncio.Event()
    workers = await made()

    async def endless() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await let_go.wait()
            ended.append("stubborn")

    owners = [Owner(), Owner()]
    workers.begin(endless(), owners[0])
    workers.begin(stubborn(), owners[1])
    assert not await workers.finish(0.01)
    assert ended == ["cleaned up"]
    let_go.set()
    assert await workers.finish(1)
    assert ended == ["cleaned up", "stubborn"]
    assert not any(owner.busy for owner in owners)


@in_loop
async def test_workers_may_be_used_again_after_finish() -> None:
    got: list[int] = []
    workers = await made()
    await workers.finish(1)
    assert not workers.ready
    workers.start()
    await asyncio.sleep(0)
    workers.begin(note(got, 1), Owner())
    assert got == [1]
    await workers.finish(1)


@in_loop
async def test_finish_from_inside_does_not_wait_for_itself() -> None:
    workers = await made()
    got: list[bool] = []

    async def inside(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        got.append(await workers.finish(1))

    workers.begin(inside(False), Owner())
    workers.start()
    await asyncio.sleep(0)
    workers.begin(inside(True), Owner())
    async with asyncio.timeout(5):
        while len(got) < 2:
            await asyncio.sleep(0)
    assert got == [True, True]


@pytest.mark.parametrize("shared", [False, True])
@in_loop
async def test_what_ends_the_process_is_raised_and_another_worker_comes(shared: bool) -> None:
    async def end() -> None:
        raise SystemExit

    workers = await made()
    owner = Owner()
    begin: Any = workers.begin_shared if shared else workers.begin
    with pytest.raises(SystemExit):
        begin(end(), (lambda: owner) if shared else owner)
    assert not owner.busy
    await asyncio.sleep(0)
    assert workers.ready
    await workers.finish(1)
