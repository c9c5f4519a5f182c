"""Bars on their way to consumers: when a minute is complete, and who hears of it where."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fastpoly import Batch, schema
from fastpoly._core import Decoder, LineWatch, batch_of, concat
from fastpoly.consumers.fanout import Route
from fastpoly.consumers.kept.bars import MINUTES, KeptBars
from fastpoly.errors import UsageError
from fastpoly.net.reader_loop import CallerLoop
from fastpoly.notices import Gap, MinuteComplete
from fastpoly.sources.capture import RecordingClock
from tests.virtual_time import START_NS, VirtualClock, in_virtual_time

M0 = START_NS // 1_000_000 - 60_000
"""The start of the minute that has just ended when a test begins."""


class Feed:
    """Where batches come from and where they go to, with the bars that are kept between.

    Attributes:
        told: What consumers got: of each event its channel, symbol and minute; of each minute that
            is complete its number and counts.
    """

    def __init__(self, clock: Any = None) -> None:
        self.clock = VirtualClock() if clock is None else clock
        self.loop = CallerLoop()
        self.told: list[Any] = []
        self.notices: list[MinuteComplete] = []
        self.bars = KeptBars("stocks", self, self.loop, self.clock)
        self._deliver: Route
        self._decoder = Decoder("stocks")

    async def begin(self, **options: Any) -> Feed:
        await self.loop.start()
        self.bars.route(self._take)
        self.bars.keep("AM", **{"starts": 10, "complete_after_s": 3.0, **options})
        return self

    def route(self, deliver: Route) -> None:
        self._deliver = deliver

    def _take(self, batch: Batch, channels: tuple[str, ...]) -> None:
        assert channels == batch.channels
        for event in batch:
            if isinstance(event, MinuteComplete):
                self.notices.append(event)
                self.told.append(f"{minute(event.start)} complete")
            elif isinstance(event, Gap):
                self.told.append("gap")
            else:
                self.told.append(f"{event.symbol}{minute(event['s'])}")

    def send(self, text: str, at_s: float | None = None) -> None:
        """Send bars, written as ``A0 B1``; ``gap`` is a gap. By default they are received now."""
        now_ns = self.clock.time_ns() if at_s is None else START_NS + round(at_s * 1e9)
        parts = []
        for word in text.split():
            if word == "gap":
                notice = Gap(market="stocks", at_ns=1, cause="x", since_ns=0, until_ns=1)
                parts.append(batch_of("stocks", [notice]))
                continue
            symbol, number, *close = word[0], int(word[1]), *word[2:]
            bar = {"ev": "AM", "sym": symbol, "c": len(close), "s": M0 + number * 60_000}
            frame = json.dumps([bar])
            parts.append(self._decoder.receive(frame, now_ns, LineWatch("stocks")))
        batch = concat(parts) if len(parts) > 1 else parts[0]
        assert batch.received_ns == now_ns
        self._deliver(batch, batch.channels)


def minute(start_ms: int) -> int:
    return (start_ms - M0) // 60_000


def counts(notice: MinuteComplete) -> tuple[int, ...]:
    return notice.bars, notice.expected, notice.missing, notice.late, notice.restated


@in_virtual_time
async def test_the_first_batch_after_its_time_follows_the_notice() -> None:
    feed = await Feed().begin()
    feed.send("A0 B0", 1.0)
    feed.send("C0", 3.999999999)
    assert feed.told == ["A0", "B0", "C0"]
    feed.send("D0", 4.0)
    assert feed.told[3:] == ["0 complete", "D0"]
    (notice,) = feed.notices
    assert (notice.market, notice.channel) == ("stocks", "AM")
    assert (notice.start, notice.at_ns) == (M0, START_NS + 4 * 10**9)
    assert counts(notice) == (3, 0, 0, 0, 0)
    feed.bars.stop()


@in_virtual_time
async def test_where_nothing_comes_the_clock_says_so_at_that_time() -> None:
    feed = await Feed().begin()
    await asyncio.sleep(1)
    feed.send("A0")
    await asyncio.sleep(2.999)
    assert feed.told == ["A0"]
    await asyncio.sleep(0.02)
    assert feed.told == ["A0", "0 complete"]
    assert feed.notices[0].at_ns == START_NS + 4 * 10**9
    # Once only; the next minute begins anew.
    await asyncio.sleep(100)
    feed.send("A1 A0")
    await asyncio.sleep(3.02)
    assert feed.told[2:] == ["A1", "A0", "1 complete"]
    feed.bars.stop()


@in_virtual_time
async def test_symbols_that_are_missing_are_named_and_what_is_late_is_counted() -> None:
    feed = await Feed().begin()
    feed.send("A0 B0 C0")
    await asyncio.sleep(60)
    feed.send("A1 D1")
    await asyncio.sleep(5)
    feed.send("B1 A1x A1x D1")  # late, restated, and twice the same as before
    feed.send("C0x")  # restated, of the minute before
    await asyncio.sleep(55)
    feed.send("A2 B2")
    await asyncio.sleep(5)
    assert [counts(one) for one in feed.notices] == [
        (3, 0, 0, 0, 0),
        (2, 3, 2, 0, 0),
        (2, 3, 1, 1, 2),
    ]
    assert [one.stragglers for one in feed.notices] == [(), ("B", "C"), ("D",)]
    feed.bars.stop()


@in_virtual_time
async def test_the_names_of_those_that_are_missing_have_an_end() -> None:
    feed = await Feed().begin()
    names = [chr(0x41 + number) for number in range(150)]
    feed.send(" ".join(f"{name}0" for name in names if not name.isspace()))
    await asyncio.sleep(60)
    feed.send("A1")
    await asyncio.sleep(5)
    assert feed.notices[1].missing > 100
    assert len(feed.notices[1].stragglers) == 100
    feed.bars.stop()


@in_virtual_time
async def test_minutes_are_announced_in_their_order_whichever_came_first() -> None:
    feed = await Feed().begin()
    feed.send("A1", 60.0)
    feed.send("B0", 61.0)  # as after a reconnect
    feed.send("A2", 64.0)
    assert feed.told == ["A1", "B0", "0 complete", "1 complete", "A2"]
    # One of before what is complete is late and opens nothing.
    feed.send("C0", 65.0)
    feed.send("B2", 67.0)
    assert feed.told[5:] == ["C0", "2 complete", "B2"]
    assert feed.notices[2].late == 1
    feed.bars.stop()


@in_virtual_time
async def test_a_gap_goes_through_and_what_it_swallowed_is_missing() -> None:
    feed = await Feed().begin()
    feed.send("A0 B0")
    await asyncio.sleep(60)
    feed.send("A1 gap B1")
    assert feed.told[-3:] == ["A1", "gap", "B1"]
    found = feed.bars.snapshot("AM", None, False)
    assert [f"{bar.symbol}{minute(bar['s'])}" for bar in found] == ["A0", "A1", "B0", "B1"]
    assert list(found.stale) == [True, True, True, False]
    assert found.gap is not None
    assert len(feed.bars.snapshot("AM", None, True)) == 1
    await asyncio.sleep(5)
    assert counts(feed.notices[1]) == (2, 2, 0, 0, 0)
    # Nothing came of a whole minute: it has no notice, and nothing to compare the next with.
    await asyncio.sleep(115)
    feed.send("gap A3")
    await asyncio.sleep(5)
    assert [minute(one.start) for one in feed.notices] == [0, 1, 3]
    assert counts(feed.notices[2]) == (1, 0, 0, 0, 0)
    feed.bars.stop()


@in_virtual_time
async def test_the_end_announces_what_is_complete_and_nothing_else() -> None:
    feed = await Feed(RecordingClock()).begin()
    feed.send("A0", 1.0)
    feed.clock.now_ns = START_NS + 2 * 10**9
    feed.bars.stop()
    assert feed.told == ["A0"]
    feed = await Feed(RecordingClock()).begin()
    feed.send("A0", 1.0)
    feed.clock.now_ns = START_NS + 4 * 10**9
    feed.bars.stop()
    assert feed.told == ["A0", "0 complete"]
    await asyncio.sleep(60)
    assert feed.told == ["A0", "0 complete"]


@in_virtual_time
async def test_a_clock_that_stands_still_is_waited_for() -> None:
    feed = await Feed(RecordingClock()).begin()
    feed.clock.now_ns = START_NS
    feed.send("A0", 0.0)
    await asyncio.sleep(60)
    assert feed.told == ["A0"]
    feed.clock.now_ns = START_NS + 3 * 10**9
    await asyncio.sleep(3)
    assert feed.told == ["A0", "0 complete"]
    feed.bars.stop()


@in_virtual_time
async def test_bars_of_the_future_open_no_minute() -> None:
    feed = await Feed().begin()
    feed.send("A9")
    await asyncio.sleep(10)
    assert feed.told == ["A9"]
    feed.bars.stop()


@in_virtual_time
async def test_without_a_wish_nothing_is_announced() -> None:
    feed = await Feed().begin(complete_after_s=None)
    feed.send("A0 B0")
    await asyncio.sleep(60)
    feed.send("A1")
    await asyncio.sleep(60)
    assert feed.told == ["A0", "B0", "A1"]
    assert len(feed.bars.snapshot("AM", "A", False)) == 2
    feed.bars.stop()


@in_virtual_time
async def test_wrong_arguments() -> None:
    feed = await Feed().begin()
    for options, text in (
        ({"channel": "AM"}, "Bars of AM are kept already"),
        ({"starts": 1}, "starts=1 is not a number from 2 to 10,080"),
        ({"starts": 10_081}, "starts=10081 is not"),
        ({"starts": "5"}, "starts='5' is not"),
        ({"complete_after_s": 3}, "Bars of A are not of a minute"),
        ({"channel": "T"}, "are no bars"),
        ({"channel": "XA"}, "no channel 'XA'"),
    ):
        with pytest.raises(UsageError, match=text):
            feed.bars.keep(**{"channel": "A", "starts": 5, "complete_after_s": None, **options})
    other = Feed()
    for seconds in (0, -1, 60, float("nan")):
        with pytest.raises(UsageError, match="is not between 0 and 60"):
            other.bars.keep("AM", 5, seconds)
    with pytest.raises(UsageError, match=r'keep_bars\("AM"\)'):
        other.bars.snapshot("AM", None, False)
    with pytest.raises(UsageError, match="are no bars"):
        other.bars.snapshot("T", None, False)


def test_the_channels_of_minutes_are_those_of_the_table() -> None:
    assert {
        channel.name
        for market in schema.MARKETS.values()
        for channel in market.channels
        if channel.doc.startswith("Minute bars")
    } == MINUTES
