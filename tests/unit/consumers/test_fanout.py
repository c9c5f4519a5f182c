"""Who gets a batch: each consumer that is there, in order, and the first what came before it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fastpoly import Batch, decode
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.fanout import FanOut, Route
from fastpoly.errors import ConnectionLost, FastpolyError
from fastpoly.net.reader_loop import CallerLoop
from tests.loops import in_loop


class Source:
    """Where batches come from."""

    deliver: Route

    def route(self, deliver: Route) -> None:
        self.deliver = deliver

    def send(self, *numbers: int) -> None:
        for number in numbers:
            one = decode(json.dumps([{"ev": "T", "sym": "A", "q": number}]).encode())
            self.deliver(one, one.channels)


class Consumer:
    def __init__(self) -> None:
        self.got: list[int] = []
        self.ends: list[FastpolyError | None] = []

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        assert channels == batch.channels
        self.got += [event["q"] for event in batch]

    def end(self, error: FastpolyError | None) -> None:
        self.ends.append(error)


async def make() -> tuple[Source, Buffer, FanOut]:
    source, unclaimed, loop = Source(), Buffer("stocks", max_bytes=1 << 20), CallerLoop()
    await loop.start()
    return source, unclaimed, FanOut(source, unclaimed, loop)


@in_loop
async def test_consumers_that_are_added_together_get_what_came_before_them_together() -> None:
    source, _, fan_out = await make()
    source.send(1, 2)
    consumers = [Consumer(), Consumer()]
    for consumer in consumers:
        fan_out.attach(consumer)
    source.send(3)
    assert [consumer.got for consumer in consumers] == [[], []]
    await asyncio.sleep(0)
    source.send(4)
    assert [consumer.got for consumer in consumers] == [[1, 2, 3, 4]] * 2


@in_loop
async def test_who_claims_the_buffer_takes_it_over_as_it_is() -> None:
    source, unclaimed, fan_out = await make()
    source.send(1)
    consumer = Consumer()
    fan_out.claim(consumer)
    source.send(2)
    assert consumer.got == [2]
    assert len(unclaimed) == 1


@in_loop
async def test_single_consumer_is_called_by_the_source_itself() -> None:
    source, _, fan_out = await make()
    first, second = Consumer(), Consumer()
    fan_out.claim(first)
    assert source.deliver == first.push
    fan_out.attach(second)
    source.send(1)
    fan_out.detach(first)
    assert source.deliver == second.push
    source.send(2)
    assert (first.got, second.got) == ([1], [1, 2])


@in_loop
async def test_who_is_not_there_may_be_detached_and_without_consumers_batches_go_nowhere() -> None:
    source, unclaimed, fan_out = await make()
    consumer = Consumer()
    fan_out.detach(consumer)
    fan_out.claim(consumer)
    fan_out.detach(consumer)
    source.send(1)
    assert (consumer.got, len(unclaimed)) == ([], 0)


@pytest.mark.parametrize("error", [None, ConnectionLost("gone")])
@in_loop
async def test_end_reaches_everyone_after_all_that_came_and_who_comes_later(error: Any) -> None:
    source, _, fan_out = await make()
    source.send(1)
    early, late = Consumer(), Consumer()
    fan_out.attach(early)
    fan_out.end(error)
    assert (early.got, early.ends) == ([1], [error])
    fan_out.attach(late)
    assert (late.got, late.ends) == ([], [error])
    await asyncio.sleep(0)
    assert early.got == [1]


@in_loop
async def test_end_without_a_consumer_closes_the_buffer_with_its_reason() -> None:
    source, unclaimed, fan_out = await make()
    source.send(1)
    error = ConnectionLost("gone")
    fan_out.end(error)
    assert unclaimed.closed
    assert unclaimed.error is error
    assert unclaimed.take_to_end() is not None
