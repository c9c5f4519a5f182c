"""Groups for consumers: when they go on, and what is never in one group."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fastpoly import Batch, decode
from fastpoly._core import batch_of, concat
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.gathering import MAX_GROUP_ROWS, Gathering, Grouping
from fastpoly.consumers.picker import Picker
from fastpoly.errors import UsageError
from fastpoly.filters.build import make_filter
from fastpoly.net.reader_loop import CallerLoop
from fastpoly.notices import Gap
from tests.virtual_time import in_virtual_time


class Taker:
    """A consumer that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[tuple[Batch, tuple[str, ...]]] = []
        self.ended: list[BaseException | None] = []

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        assert channels == batch.channels
        self.got.append((batch, channels))

    def end(self, error: BaseException | None) -> None:
        self.ended.append(error)

    def numbers(self) -> list[Any]:
        """Each group as its channel and the numbers of its events; a gap by its cause."""
        return [
            batch[0].cause if channels == ("notice",) else (*channels, [one["q"] for one in batch])
            for batch, channels in self.got
        ]


async def gathering(
    taker: Taker, *channels: str, picker: Picker | None = None, **grouping: Any
) -> Gathering:
    loop = CallerLoop()
    await loop.start()
    return Gathering("stocks", channels, taker, picker, Grouping(**grouping), loop)


def events(text: str) -> Batch:
    """Events written as ``T1 Q2``; a word without a number is a gap of that cause."""
    parts = []
    for word in text.split():
        if word[1:].isdigit():
            parts.append(decode(json.dumps([{"ev": word[0], "sym": "A", "q": int(word[1:])}])))
        else:
            notice = Gap(market="stocks", at_ns=1, cause=word, since_ns=0, until_ns=1)
            parts.append(batch_of("stocks", [notice]))
    return concat(parts)


def push(to: Gathering, text: str) -> None:
    batch = events(text)
    to.push(batch, batch.channels)


@in_virtual_time
async def test_a_group_goes_on_when_it_is_full_and_with_the_batch_that_fills_it() -> None:
    taker = Taker()
    gather = await gathering(taker, "T", "Q", rows=3)
    push(gather, "T1 Q2 T3")
    assert taker.got == []
    push(gather, "T4 T5 Q6")
    assert taker.numbers() == [("T", [1, 3, 4, 5])]
    push(gather, "Q7")
    assert taker.numbers()[1:] == [("Q", [2, 6, 7])]


@in_virtual_time
async def test_what_is_not_wanted_is_left_out() -> None:
    taker = Taker()
    gather = await gathering(taker, "T", rows=2)
    push(gather, "Q1 T2 Q3")
    push(gather, "Q4")
    push(gather, "T5")
    assert taker.numbers() == [("T", [2, 5])]


@in_virtual_time
async def test_a_group_goes_on_so_long_after_its_first_row() -> None:
    taker = Taker()
    gather = await gathering(taker, "T", "Q", rows=100, every_s=2.0)
    push(gather, "T1")
    await asyncio.sleep(1.5)
    push(gather, "T2 Q3")
    await asyncio.sleep(1.0)
    assert taker.numbers() == [("T", [1, 2])]
    await asyncio.sleep(1.0)
    assert taker.numbers()[1:] == [("Q", [3])]
    await asyncio.sleep(10.0)
    assert len(taker.got) == 2
    push(gather, "T4")
    await asyncio.sleep(2.5)
    assert taker.numbers()[2:] == [("T", [4])]


@in_virtual_time
async def test_one_that_was_full_before_its_time_does_not_cut_the_next_short() -> None:
    taker = Taker()
    gather = await gathering(taker, "T", rows=2, every_s=2.0)
    push(gather, "T1")
    await asyncio.sleep(1.0)
    push(gather, "T2")
    push(gather, "T3")
    await asyncio.sleep(1.5)
    assert taker.numbers() == [("T", [1, 2])]
    await asyncio.sleep(1.0)
    assert taker.numbers()[1:] == [("T", [3])]


@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        (["T1", "lost T2", "T3"], [("T", [1]), "lost", ("T", [2, 3])]),
        (["T1 lost T2 Q3", "Q4"], [("T", [1]), "lost", ("Q", [3, 4]), ("T", [2])]),
        (["lost", "lost again"], ["lost", "lost", "again"]),
        (["T1 Q2", "lost"], [("Q", [2]), ("T", [1]), "lost"]),
        (["T1 lost again T2"], [("T", [1]), "lost", "again", ("T", [2])]),
    ],
)
@in_virtual_time
async def test_a_gap_is_between_groups_and_never_inside_of_one(
    pushed: list[str], expected: list[Any]
) -> None:
    taker = Taker()
    gather = await gathering(taker, "T", "Q", rows=100)
    for text in pushed:
        push(gather, text)
    gather.end(None)
    assert taker.numbers() == expected
    assert taker.ended == [None]


@in_virtual_time
async def test_the_end_comes_after_what_was_gathered() -> None:
    taker = Taker()
    gather = await gathering(taker, "T", rows=100, every_s=1.0)
    push(gather, "T1")
    error = ConnectionError()
    gather.end(error)
    assert taker.numbers() == [("T", [1])]
    assert taker.ended == [error]
    await asyncio.sleep(5.0)
    assert len(taker.got) == 1


@in_virtual_time
async def test_one_that_was_stopped_hands_on_nothing_more() -> None:
    taker = Taker()
    gather = await gathering(taker, "T", rows=100, every_s=1.0)
    push(gather, "T1")
    gather.stop()
    await asyncio.sleep(5.0)
    assert taker.got == []


@in_virtual_time
async def test_a_filter_comes_before_the_group() -> None:
    taker = Taker()
    buffer = Buffer("stocks", max_bytes=1 << 20)
    picker = Picker(frozenset({"T", "notice"}), make_filter("stocks", ["B"], None, ("T",)), buffer)
    gather = await gathering(taker, "T", picker=picker, rows=2)
    for number, symbol in enumerate("ABCABB"):
        one = decode(json.dumps([{"ev": "T", "sym": symbol, "q": number}]))
        gather.push(one, one.channels)
    assert taker.numbers() == [("T", [1, 4])]
    assert buffer.filtered == 3


def test_sizes_out_of_range_are_refused() -> None:
    for rows in (0, -1, MAX_GROUP_ROWS + 1, 1.5):
        with pytest.raises(UsageError, match="rows="):
            Grouping(rows)  # type: ignore[arg-type]
    for every_s in (0, -1.0, float("nan")):
        with pytest.raises(UsageError, match="every="):
            Grouping(10, every_s)
