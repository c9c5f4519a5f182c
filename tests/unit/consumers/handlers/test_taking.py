"""What a task takes out of a buffer: all of it, and its end; and when others have their turn."""

from __future__ import annotations

import asyncio
import json
import time

from fastpoly import Batch, decode
from fastpoly.consumers.buffer import FAIR_SHARE_S, Buffer
from fastpoly.consumers.handlers.taking import Taking
from fastpoly.enums import Overflow
from tests.late_buffer import LateBuffer
from tests.loops import in_loop


def batch(number: int) -> Batch:
    return decode(json.dumps([{"ev": "T", "sym": "A", "q": number}]).encode())


class Owner:
    """Wakes who takes out of a buffer."""

    def __init__(self, buffer: Buffer) -> None:
        self.taking = Taking(buffer)
        self.woken = 0
        buffer.owner = self

    def on_ready(self, buffer: Buffer) -> None:
        self.woken += 1
        self.taking.wake()

    def on_full(self, buffer: Buffer) -> None: ...

    def on_room(self, buffer: Buffer) -> None: ...


async def taken(taking: Taking) -> list[int]:
    numbers: list[int] = []
    while (found := await taking.next()) is not None:
        numbers += [event["q"] for event in found]
    return numbers


def make(**options: float) -> tuple[Buffer, Owner]:
    buffer = Buffer("stocks", max_bytes=int(options.get("max_bytes", 1 << 20)))
    return buffer, Owner(buffer)


@in_loop
async def test_it_waits_for_batches_and_for_the_end() -> None:
    buffer, owner = make()
    buffer.put(batch(1))
    task = asyncio.create_task(taken(owner.taking))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert owner.woken == 0
    buffer.put(batch(2))
    buffer.put(batch(3))
    assert owner.woken == 1, "once, for all that comes until it has its turn"
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()
    buffer.close()
    assert await task == [1, 2, 3]
    assert await owner.taking.next() is None


@in_loop
async def test_last_batch_that_comes_with_the_end_is_not_left() -> None:
    buffer = LateBuffer(batch(7))
    assert await taken(Owner(buffer).taking) == [7]


@in_loop
async def test_after_an_overflow_that_ends_it_what_waited_comes_and_then_the_end() -> None:
    size = batch(1).nbytes
    buffer = Buffer("stocks", overflow=Overflow.ERROR, max_bytes=2 * size + size // 2)
    owner = Owner(buffer)
    for number in range(5):
        buffer.put(batch(number))
    first = await owner.taking.next()
    assert first is not None
    assert [event["q"] for event in first] == [0]
    rest = []
    while (found := await owner.taking.next()) is not None:
        rest.append(found.channels)
        buffer.put(batch(9))  # it is lost, and told of no more than once
    assert rest == [("T",), ("notice",)]
    assert buffer.error is not None


@in_loop
async def test_a_rest_lets_others_have_their_turn() -> None:
    _, owner = make()
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "had theirs")
    before_s = time.monotonic()
    await owner.taking.rest()
    assert others == ["had theirs"]
    assert before_s + FAIR_SHARE_S <= owner.taking.turn_ends <= time.monotonic() + FAIR_SHARE_S


@in_loop
async def test_a_turn_begins_when_something_comes() -> None:
    buffer, owner = make()
    task = asyncio.create_task(owner.taking.next())
    await asyncio.sleep(0)
    before_s = time.monotonic()
    buffer.put(batch(1))
    await task
    assert owner.taking.turn_ends >= before_s + FAIR_SHARE_S
