"""Gaps, reading and figures of a market over several connections."""

from __future__ import annotations

import asyncio
from typing import Any

from fastpoly.consumers.buffer import Buffer
from fastpoly.enums import Overflow
from fastpoly.errors import ConnectError, ReaderOverrun
from fastpoly.filters.build import make_filter
from fastpoly.protocol.close_codes import CloseReason
from fastpoly.protocol.reconnect import FixedDelay
from tests.scripted_engine import (
    Policy,
    ScriptedEngine,
    begin,
    trades,
)
from tests.virtual_time import idle, in_virtual_time

# --------------------------------------------------------------------------------------------- gaps


@in_virtual_time
async def test_a_gap_tells_what_was_last_and_first_over_several_attempts() -> None:
    it = ScriptedEngine("T.A", "Q.A", "AM.A", policy=FixedDelay(5.0, None))
    await it.engine.open()
    it.send(1, 2)
    it.send(3, channel="Q")
    await asyncio.sleep(1)
    lost_ns = it.clock.time_ns()
    it.connection.lose(1012)
    await asyncio.sleep(6)
    it.connection.lose(1006)  # accepted and confirmed, but no data: the same interruption
    it.source.obliging = False
    await asyncio.sleep(6)
    it.connection.refuse(ConnectError("Nobody is there."))
    it.source.obliging = True
    await asyncio.sleep(6)
    assert it.gaps == []
    it.connection.deliver(*trades([9], "Q"), *trades([10], "T"), *trades([11], "Q"))
    gap = it.gaps[0]
    assert (gap.code, gap.attempts, gap.channels) == (1012, 3, ("T", "Q", "AM"))
    assert (gap.since_ns, gap.until_ns) == (lost_ns, it.clock.time_ns())
    assert {name: event["q"] for name, event in gap.last_by_channel.items()} == {"T": 2, "Q": 3}
    assert {name: event["q"] for name, event in gap.first_by_channel.items()} == {"T": 10, "Q": 9}
    assert it.told() == [1, 2, 3, gap, 9, 10, 11]
    assert len(it.batches) == 3, "the gap is the first event of the batch that ended it"
    it.send(12)
    assert it.told()[-1] == 12
    await it.engine.close()


@in_virtual_time
async def test_what_a_source_misses_before_its_first_data_belongs_to_the_same_gap() -> None:
    it = ScriptedEngine("T.A", policy=FixedDelay(5.0, None))
    await it.engine.open()
    it.send(1)
    it.connection.end(CloseReason(1006, "", ReaderOverrun("Too slow.", events=10)))
    await asyncio.sleep(6)
    for _ in range(2):
        it.connection.miss(ReaderOverrun("Too slow.", events=3))
    it.send(18)
    (gap,) = it.gaps
    assert (gap.lost, gap.attempts) == (16, 1)
    assert it.told() == [1, gap, 18]
    await it.engine.close()


@in_virtual_time
async def test_a_gap_may_be_a_batch_of_its_own() -> None:
    it = ScriptedEngine("T.A", gap_apart=True)
    await it.engine.open()
    it.send(1)
    it.connection.lose()
    await asyncio.sleep(6)
    it.send(2)
    assert [[*batch] for batch, _ in it.batches][1] == it.gaps
    assert [channels for _, channels in it.batches] == [("T",), ("notice",), ("T",)]
    await it.engine.close()


@in_virtual_time
async def test_each_loss_after_data_is_a_gap_of_its_own() -> None:
    it = ScriptedEngine("T.A")
    await it.engine.open()
    for number in range(4):
        it.send(number)
        it.connection.lose(1006)
        await asyncio.sleep(6)
    it.send(4)
    kinds = [one if isinstance(one, int) else "gap" for one in it.told()]
    assert kinds == [0, "gap", 1, "gap", 2, "gap", 3, "gap", 4]
    assert [gap.attempts for gap in it.gaps] == [1, 1, 1, 1]
    await it.engine.close()


@in_virtual_time
async def test_a_loss_before_anything_was_confirmed_or_came_is_no_gap() -> None:
    it = ScriptedEngine("T.A", policy=Policy([1.0], retry_first=True), obliging=False)
    opening = await begin(it.engine.open())
    it.connection.accept()
    await idle()
    it.connection.lose()
    it.source.obliging = True
    await opening
    it.send(1)
    assert it.told() == [1]
    await it.engine.close()


@in_virtual_time
async def test_a_stream_that_was_live_has_a_gap_even_if_nothing_had_come() -> None:
    it = ScriptedEngine("T.A")
    await it.engine.open()
    it.connection.lose()
    await asyncio.sleep(6)
    it.send(1)
    gap, number = it.told()
    assert (gap.last_by_channel, number) == ({}, 1)
    await it.engine.close()


@in_virtual_time
async def test_nothing_is_missing_where_nothing_was_wanted_any_more() -> None:
    it = ScriptedEngine("T.A")
    await it.engine.open()
    it.send(1)
    await it.engine.unsubscribe(["T.A"])
    it.send(2)  # was under way
    it.connection.lose()
    await asyncio.sleep(6)
    await it.engine.subscribe(["T.A"])
    it.send(3)
    assert it.told() == [1, 2, 3]
    await it.engine.close()


@in_virtual_time
async def test_a_source_that_need_not_be_asked_has_gaps_without_being_asked() -> None:
    it = ScriptedEngine()
    it.source.gives_all = True
    await it.engine.open()
    it.connection.lose()
    await asyncio.sleep(6)
    it.send(1)
    it.connection.lose()
    await asyncio.sleep(6)
    it.send(2)
    first, gap, second = it.told()
    assert (first, gap.last_by_channel["T"]["q"], second) == (1, 1, 2)
    await it.engine.close()


@in_virtual_time
async def test_control_messages_among_the_data_end_no_gap() -> None:
    it = ScriptedEngine("T.A")
    await it.engine.open()
    it.send(1)
    it.connection.lose()
    await asyncio.sleep(6)
    it.connection.deliver({"ev": "status", "status": "success", "message": "subscribed to: T.A"})
    assert not it.gaps
    it.connection.deliver({"ev": "status", "status": "success", "message": "x"}, *trades([2]))
    (gap,) = it.gaps
    assert list(gap.first_by_channel) == ["T"]
    assert it.told()[-1] == 2
    await it.engine.close()


@in_virtual_time
async def test_a_filter_hides_no_gap_and_counts_what_it_holds_back() -> None:
    wanted = make_filter("stocks", symbols={"A"}, where=None)
    it = ScriptedEngine("T.*", filter=wanted)
    await it.engine.open()
    it.send(1)
    it.send(2, symbol="B")
    it.connection.lose()
    await asyncio.sleep(6)
    it.send(3, symbol="B")
    it.send(4)
    first, gap, last = it.told()
    assert (first, last) == (1, 4)
    # What watches the data sees all of it.
    assert gap.last_by_channel["T"]["q"] == 2
    assert gap.first_by_channel["T"]["q"] == 3
    assert it.engine.pipeline.filtered == 2
    await it.engine.close()


# ------------------------------------------------------------------------------ reading and figures


class Owner:
    """The owner of a buffer that is filled and emptied in one thread."""

    def __init__(self, it: ScriptedEngine) -> None:
        self.it = it

    def on_ready(self, buffer: Buffer) -> None:
        pass

    def on_full(self, buffer: Buffer) -> None:
        self.it.engine.note_room(buffer)

    def on_room(self, buffer: Buffer) -> None:
        self.it.engine.note_room(buffer)


def block(it: ScriptedEngine) -> Buffer:
    buffer = Buffer("stocks", overflow=Overflow.BLOCK, max_bytes=1, owner=Owner(it))

    def put(batch: Any, channels: tuple[str, ...]) -> None:
        buffer.put(batch)

    it.engine.pipeline.route(put)
    return buffer


@in_virtual_time
async def test_a_full_buffer_pauses_reading_on_this_connection_and_the_next() -> None:
    it = ScriptedEngine("T.A")
    buffer = block(it)
    await it.engine.open()
    it.send(1)
    assert buffer.is_full
    assert not it.connection.is_reading
    assert not it.engine.is_reading
    it.send(2)
    assert it.engine.stats().backlog_bytes > 0
    it.connection.lose()
    await asyncio.sleep(6)
    assert not it.connection.is_reading
    it.send(3)
    taken = []
    while (batch := buffer.take()) is not None:
        taken += [event.get("q", "gap") for event in batch]
    assert taken == [1, "gap", 3]
    assert it.connection.is_reading
    await it.engine.close()


@in_virtual_time
async def test_answers_are_read_although_a_buffer_is_full() -> None:
    it = ScriptedEngine("T.A")
    buffer = block(it)
    await it.engine.open()
    it.send(1)
    assert not it.connection.is_reading
    it.source.obliging = False
    asking = await begin(it.engine.subscribe(["T.B"]))
    assert it.connection.is_reading
    it.connection.confirm("subscribe", "T.B")
    await asking
    assert buffer.is_full
    assert not it.connection.is_reading
    await it.engine.close()


@in_virtual_time
async def test_figures_go_over_all_connections() -> None:
    it = ScriptedEngine("T.A")
    assert it.engine.stats().connections == 0
    await it.engine.open()
    it.send(1, 2)
    it.connection.lose()
    await asyncio.sleep(6)
    it.send(3)
    it.connection.deliver_text("[")
    stats = it.engine.stats()
    assert (stats.connections, stats.frames_received, stats.events_received) == (2, 3, 3)
    assert (stats.bad_frames, len(it.warnings)) == (1, 1)
    assert stats.last_received_ns <= it.clock.time_ns()
    await it.engine.close()
    assert it.engine.stats() == stats
