"""What runs a sink: its thread, its buffer, and the account of what a sink loses."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from fastpoly import Batch, decode
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.picker import Picker
from fastpoly.errors import SinkError
from fastpoly.notices import SinkFailed
from fastpoly.sinks import Sink
from fastpoly.sinks.sink_writer import SinkWriter
from tests.late_buffer import LateBuffer
from tests.loops import in_loop
from tests.waiting import PATIENCE_S, until


class Kept:
    """A sink that keeps what it gets, or raises, and may be held up."""

    rows = 10
    every = 1000.0

    def __init__(self, **failures: BaseException) -> None:
        self.calls: list[str] = []
        self.numbers: list[int] = []
        self.threads: set[int] = set()
        self.failures = failures
        self.go = threading.Event()
        self.go.set()

    def _call(self, name: str) -> None:
        self.go.wait(PATIENCE_S)
        self.calls.append(name)
        self.threads.add(threading.get_ident())
        if (failure := self.failures.get(name)) is not None:
            raise failure

    def open(self, market: str) -> None:
        self._call("open")
        self.threads.clear()

    def write(self, batch: Batch) -> None:
        self._call("write")
        self.numbers += [event["q"] for event in batch]

    def flush(self) -> None:
        self._call("flush")

    def close(self) -> None:
        self._call("close")


class Owner:
    def __init__(self) -> None:
        self.notices: list[Any] = []

    def on_full(self, buffer: Buffer) -> None: ...

    def on_room(self, buffer: Buffer) -> None: ...

    def on_notices(self, notices: Batch) -> None:
        self.notices += list(notices)


def frame(*numbers: int, channel: str = "T") -> Batch:
    return decode(json.dumps([{"ev": channel, "sym": "A", "q": number} for number in numbers]))


def make(sink: Sink, picker: Picker | None = None, **limits: Any) -> tuple[SinkWriter, Owner]:
    writer, owner = SinkWriter(sink, "ticks", "stocks"), Owner()
    buffer = Buffer("stocks", **{"max_bytes": 1 << 20, "notice_taker": owner, **limits})
    writer.adopt(buffer, picker, owner)
    return writer, owner


def push(writer: SinkWriter, *numbers: int, channel: str = "T") -> None:
    batch = frame(*numbers, channel=channel)
    writer.push(batch, batch.channels)


@in_loop
async def test_all_is_written_in_order_in_one_thread_and_closed() -> None:
    sink = Kept()
    writer, owner = make(sink)
    writer.start()
    for number in range(100):
        push(writer, number)
    writer.end(None)
    await writer.wait_drained()
    assert sink.numbers == list(range(100))
    assert sink.calls == ["open", *["write"] * 100, "close"]
    assert len(sink.threads) == 1
    assert threading.get_ident() not in sink.threads
    stats = writer.stats()
    assert (stats.writes, stats.written, stats.lost, stats.errors) == (100, 100, 0, 0)
    assert stats.buffer.received == 100
    assert owner.notices == []


@in_loop
async def test_last_batch_that_comes_with_the_end_is_written() -> None:
    sink = Kept()
    writer, owner = SinkWriter(sink, "ticks", "stocks"), Owner()
    writer.adopt(LateBuffer(frame(7), notice_taker=owner), None, owner)
    writer.start()
    await writer.wait_drained()
    assert sink.numbers == [7]


@in_loop
async def test_a_slow_sink_holds_nobody_up_and_its_buffer_has_an_end() -> None:
    sink = Kept()
    writer, owner = make(sink, max_bytes=5 * frame(10).nbytes)
    sink.go.clear()
    writer.start()
    for number in range(10, 60):
        push(writer, number)
    sink.go.set()
    writer.end(None)
    await writer.wait_drained()
    stats = writer.stats()
    assert stats.buffer.lost > 0
    assert stats.written + stats.buffer.lost == 50
    assert sink.numbers[-2:] == [58, 59]
    assert sum(notice.lost for notice in owner.notices) == stats.buffer.lost


@in_loop
async def test_what_a_sink_has_in_its_hands_is_not_written_yet() -> None:
    sink = Kept()
    writer, _ = make(sink)
    sink.go.clear()
    writer.start()
    push(writer, 1, 2)
    await until(lambda: writer.stats().writes == 1)
    assert writer.stats().written == 0
    sink.go.set()
    await until(lambda: writer.stats().written == 2)
    writer.end(None)
    await writer.wait_drained()


@in_loop
async def test_what_a_sink_raises_costs_one_batch_and_is_announced() -> None:
    sink = Kept(write=ValueError("no"))
    writer, owner = make(sink)
    writer.start()
    push(writer, 1, 2)
    await until(lambda: len(owner.notices) == 1)
    sink.failures.clear()
    push(writer, 3)
    writer.end(None)
    await writer.wait_drained()
    assert sink.numbers == [3]
    (notice,) = owner.notices
    assert isinstance(notice, SinkFailed)
    assert (notice.sink, notice.cause, notice.lost) == ("ticks", "no", 2)
    assert notice.lost_by_channel == {"T": 2}
    stats = writer.stats()
    assert (stats.written, stats.lost, stats.lost_by_channel, stats.errors) == (1, 2, {"T": 2}, 1)


@in_loop
async def test_a_sink_says_itself_what_more_it_lost() -> None:
    sink = Kept(close=SinkError("Full.", lost_by_channel={"T": 2, "Q": 1}))
    writer, owner = make(sink)
    writer.start()
    push(writer, 1, 2, 3)
    push(writer, 4, channel="Q")
    writer.end(None)
    await writer.wait_drained()
    assert [(one.lost, one.lost_by_channel) for one in owner.notices] == [(3, {"T": 2, "Q": 1})]
    stats = writer.stats()
    assert (stats.written, stats.lost) == (1, 3)


@in_loop
async def test_it_is_flushed_by_time_also_when_nothing_comes() -> None:
    sink = Kept(flush=SinkError("Full.", lost_by_channel={}))
    sink.every = 0.01
    writer, owner = make(sink)
    writer.start()
    await until(lambda: sink.calls.count("flush") >= 3)
    writer.end(None)
    await writer.wait_drained()
    assert sink.calls[-1] == "close"
    assert owner.notices[0].lost == 0


def test_what_opening_raises_comes_to_who_adds_it() -> None:
    with pytest.raises(SinkError, match="No room"):
        make(Kept(open=SinkError("No room.")))


@in_loop
async def test_one_that_is_aborted_gives_up_what_waits_and_closes() -> None:
    sink = Kept()
    writer, _ = make(sink)
    sink.go.clear()
    writer.start()
    for number in range(10):
        push(writer, number)
    writer.abort()
    sink.go.set()
    await writer.wait_drained()
    assert sink.calls[-1] == "close"
    assert len(sink.numbers) <= 1


@in_loop
async def test_a_picker_chooses_what_is_written() -> None:
    sink = Kept()
    buffer = Buffer("stocks", max_bytes=1 << 20)
    writer = SinkWriter(sink, "ticks", "stocks")
    writer.adopt(buffer, Picker(frozenset({"T"}), None, buffer), Owner())
    writer.start()
    push(writer, 1)
    push(writer, 2, channel="Q")
    push(writer, 3)
    writer.end(None)
    await writer.wait_drained()
    assert sink.numbers == [1, 3]


@in_loop
async def test_one_that_was_never_started_need_not_be_waited_for() -> None:
    writer, _ = make(Kept())
    await asyncio.wait_for(writer.wait_drained(), PATIENCE_S)
