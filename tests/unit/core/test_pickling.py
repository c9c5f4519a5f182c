"""Batches, parts of them and their columns as other processes get them, and as copies."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, Final

import pytest

import fastpoly
from fastpoly import Batch, Decoder, field
from fastpoly._core import (
    CallTimes,
    Filter,
    Histogram,
    LineWatch,
    batch_of,
    concat,
    restore_batch,
)
from fastpoly.notices import SlowConsumer

FRAME: Final = (
    b'[{"ev":"T","sym":"A","p":1,"q":7},{"q":1,"ev":"Q","c":"x","sym":"B"},{"ev":"new","a":[1e5]},7,'
    b'{"ev":"status","status":"s","message":"\\ud800"},{"ev":"T","sym":"C","c":[12,37],"p":-0.0}]'
)
LOST: Final = SlowConsumer(
    market="stocks",
    at_ns=1,
    consumer="x",
    overflow="error",
    lost=1,
    lost_by_channel={"T": 1},
    since_ns=1,
    until_ns=2,
)


def again(value: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))  # noqa: S301


def received() -> Batch:
    return Decoder("stocks").receive(FRAME, 1_781_706_600_123_456_789)


def with_notices() -> Batch:
    return concat([received(), concat([batch_of("stocks", [LOST]), received()])])


PARTS: Final[dict[str, Callable[[Batch], Batch]]] = {
    "whole": lambda batch: batch,
    "slice": lambda batch: batch[1:3],
    "backwards": lambda batch: batch[::-1],
    "selection": lambda batch: batch.select("T", "status"),
    "one channel": lambda batch: batch.select("T"),
    "filtered": lambda batch: batch.where(field("price") == 1),
    "compact": lambda batch: batch[:1].compact(),
    "nothing": lambda batch: batch[:0],
    "no event of a channel": lambda batch: batch.select("LULD"),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("make", [received, with_notices])
def test_a_batch_reads_the_same(make: Callable[[], Batch], part: str) -> None:
    batch = PARTS[part](make())
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = again(batch, protocol)
        assert twin.dicts() == batch.dicts()
        assert [list(one) for one in twin.dicts()[:1]] == [list(one) for one in batch.dicts()[:1]]
        assert list(twin) == list(batch)
        assert repr(list(twin)) == repr(list(batch))
        assert (twin.market, twin.channels, repr(twin)) == (
            batch.market,
            batch.channels,
            repr(batch),
        )
        assert (twin.nbytes, twin.received_ns) == (batch.nbytes, batch.received_ns)
        assert list(map(len, twin.frames())) == list(map(len, batch.frames()))


def test_every_market_by_its_own_channels() -> None:
    for market, ev in (("crypto", "XT"), ("futures", "T"), ("forex", "C")):
        batch = fastpoly.decode(f'[{{"ev":"{ev}"}}]', market=market)
        assert type(again(batch)[0]) is type(batch[0])


def test_columns_are_those_of_the_batch() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    made = received().columns("T")
    assert pyarrow.table(again(made)).equals(pyarrow.table(made))


@pytest.mark.parametrize("part", PARTS)
def test_a_copy_is_the_batch_itself(part: str) -> None:
    batch = PARTS[part](received())
    assert copy.copy(batch) is batch
    assert copy.deepcopy({"in": [batch]})["in"][0] is batch


def test_text_of_frames_goes_along_where_it_is_kept() -> None:
    frames = [[b'[{"ev":"T","sym":"A"}]'], []]
    texts = [b'[ {"ev":"T","sym":"A"} ]', b"[]"]
    batch = restore_batch("stocks", frames, 30, 5, texts, [3, 5])
    for one in (batch, again(batch)):
        assert one.raw() == texts
        assert next(part.received_ns for part in one.frames()) == 3
        assert one.received_ns == 5


@pytest.mark.parametrize(
    "make",
    [
        lambda: iter(received()),
        lambda: Decoder("stocks"),
        lambda: LineWatch("stocks"),
        lambda: Filter("stocks", field("size") > 1),
        Histogram,
        CallTimes,
    ],
)
def test_what_has_no_copy_says_so(make: Callable[[], Any]) -> None:
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot pickle"):
            attempt(make())


def test_an_iterator_takes_no_state_from_outside() -> None:
    assert not hasattr(iter(received()), "__setstate__")
