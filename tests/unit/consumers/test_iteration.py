"""An iteration over batches: what it waits for, what it ends with, and who is told."""

from __future__ import annotations

import asyncio
import gc
import json
import math

import pytest

from fastpoly import Batch, decode
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.iteration import Batches, Events, Iteration
from fastpoly.consumers.picker import Picker
from fastpoly.enums import Overflow
from fastpoly.errors import ConnectionLost, UsageError
from fastpoly.net.reader_loop import CallerLoop
from tests.late_buffer import LateBuffer
from tests.loops import in_loop


class Stream:
    """What has iterations."""

    is_started = True

    def __init__(self) -> None:
        self.told: list[str] = []

    def detach(self, consumer: Batches) -> None:
        self.told.append("detach")

    def error_was_raised(self) -> None:
        self.told.append("raised")

    def on_full(self, buffer: Buffer) -> None:
        self.told.append("full")

    def on_room(self, buffer: Buffer) -> None:
        self.told.append("room")


def batch(number: int, channel: str = "T") -> Batch:
    return decode(json.dumps([{"ev": channel, "sym": "A", "q": number}]).encode())


def make(overflow: Overflow = Overflow.DROP_OLDEST, *channels: str) -> tuple[Batches, Stream]:
    stream = Stream()
    buffer = Buffer("stocks", overflow=overflow, max_bytes=batch(0).nbytes * 4)
    picker = Picker(frozenset(channels), None, buffer) if channels else None
    return Batches(buffer, picker, CallerLoop(), stream), stream


def push(batches: Batches, one: Batch) -> None:
    batches.push(one, one.channels)


@in_loop
async def test_waits_for_batches_and_ends_when_the_stream_does() -> None:
    batches, stream = make()
    push(batches, batch(1))
    got = []

    async def iterate() -> None:
        got.extend([event["q"] async for one in batches for event in one])

    task = asyncio.create_task(iterate())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    push(batches, batch(2))
    push(batches, batch(3))
    batches.end(None)
    await task
    assert (got, stream.told) == ([1, 2, 3], [])


@in_loop
async def test_raises_what_ended_the_stream_after_what_waited_and_says_so() -> None:
    batches, stream = make()
    push(batches, batch(1))
    batches.end(ConnectionLost("gone"))
    assert [event["q"] for event in await anext(batches)] == [1]
    assert stream.told == []
    for _ in range(2):
        with pytest.raises(ConnectionLost, match="gone"):
            await anext(batches)
    assert stream.told == ["raised", "raised"]


@in_loop
async def test_last_batch_that_comes_with_the_end_is_not_left() -> None:
    batches = Batches(LateBuffer(batch(7)), None, CallerLoop(), Stream())
    assert [event["q"] async for one in batches for event in one] == [7]


@in_loop
async def test_picks() -> None:
    batches, _ = make(Overflow.DROP_OLDEST, "Q")
    push(batches, batch(1))
    push(batches, batch(2, "Q"))
    assert [event["q"] for event in await anext(batches)] == [2]


@in_loop
async def test_two_tasks_cannot_wait_for_one_iteration() -> None:
    batches, _ = make()
    first = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(UsageError, match="Two tasks"):
        await anext(batches)
    push(batches, batch(1))
    assert len(await first) == 1


@in_loop
async def test_who_waits_may_be_cancelled_and_wait_again() -> None:
    batches, _ = make()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await anext(batches)
    push(batches, batch(1))
    assert len(await anext(batches)) == 1


@in_loop
async def test_span_of_who_works_on_a_batch() -> None:
    batches, _ = make()
    push(batches, batch(1))
    push(batches, batch(2))
    await anext(batches)
    began, over = batches.busy_span
    assert over == math.inf
    await anext(batches)
    assert batches.busy_span[0] >= began
    waiting = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0)
    assert batches.busy_span[1] < math.inf
    waiting.cancel()


@in_loop
async def test_full_buffer_and_room_are_passed_on() -> None:
    batches, stream = make(Overflow.BLOCK)
    for number in range(4):
        push(batches, batch(number))
    assert stream.told == ["full"]
    for _ in range(4):
        await anext(batches)
    assert stream.told == ["full", "room"]


@in_loop
async def test_closing_takes_it_off_the_stream_and_loses_what_waits() -> None:
    batches, stream = make()
    push(batches, batch(1))
    await batches.aclose()
    assert stream.told == ["detach"]
    assert [one async for one in batches] == []
    assert batches.stats().lost == 1


@in_loop
async def test_an_iteration_that_nobody_holds_leaves_the_stream() -> None:
    batches, owner = make()
    iteration = Iteration(batches)
    push(batches, batch(1))
    assert len(batches._buffer) == 1
    del iteration
    gc.collect()
    assert owner.told == ["detach"]
    assert len(batches._buffer) == 0


@in_loop
async def test_events_come_one_by_one_and_hold_their_iteration() -> None:
    batches, owner = make()
    events = Events(Iteration(batches))
    for number in (1, 2):
        push(batches, batch(number))
    batches.end(None)
    assert [event["q"] async for event in events] == [1, 2]
    del events
    gc.collect()
    assert owner.told == ["detach"]
