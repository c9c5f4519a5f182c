"""Conflation on rows, against the same done event by event."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import Batch, decode, schema
from fastpoly._core import batch_of, latest
from fastpoly.errors import DecodeError, UsageError
from fastpoly.notices import Gap
from tests import conflation, frames
from tests.budgets import examples

SYMBOLS = ("A", "B", "BRK.B", "O:SPXW261218C06800000", "x" * 33, "y" * 40, "é", "", None, 7, [1])


def gap(at_ns: int) -> Batch:
    return batch_of(
        "stocks", [Gap(market="stocks", at_ns=at_ns, cause="x", since_ns=0, until_ns=1)]
    )


def share(some: Batch, of: list[Batch]) -> int:
    total = sum(len(batch) - batch.count("notice") for batch in of)
    return sum(batch.nbytes for batch in of) * (len(some) - some.count("notice")) // (total or 1)


def random_batch(rng: Random, market: str) -> Batch:
    """A frame's batch, or a part of it; few symbols, so that they come again."""
    if market == "stocks" and rng.random() < 0.1:
        return gap(rng.randrange(100))
    if rng.random() < 0.3:
        try:
            return decode(frames.frame(rng, market, 6, hostile=0.6), market=market)
        except DecodeError:
            pass
    objects = []
    for q in range(rng.randrange(12)):
        channel = rng.choice(schema.MARKETS[market].channels)
        event = {"ev": channel.name, channel.event.symbol.key: rng.choice(SYMBOLS), "q": q}
        if rng.random() < 0.2:
            event["new"] = {"ev": "T"}
        if rng.random() < 0.1:
            event = {"ev": rng.choice(("status", "unheard")), "sym": "A"}
        if rng.random() < 0.1:
            del event[channel.event.symbol.key if channel.event.symbol.key in event else "ev"]
        objects.append(event)
    batch = decode(json.dumps(objects, ensure_ascii=rng.random() < 0.5), market=market)
    cut = rng.randrange(4)
    if cut == 0 and batch.channels:
        return batch.select(*rng.sample(batch.channels, rng.randint(1, len(batch.channels))))
    return (batch, batch[1:], batch[::2])[cut - 1] if cut else batch


@examples(300)
@given(frames.markets, st.randoms(use_true_random=False))
def test_keeps_what_the_slow_way_keeps(market: str, rng: Random) -> None:
    batches = [random_batch(rng, market) for _ in range(rng.randint(1, 5))]
    want = conflation.latest(batches)
    got = latest(batches)
    assert [type(event) for event in got] == [type(event) for event in want]
    assert repr(list(got)) == repr(want)
    # Its share of the bytes, or what it has of its own text if that is more.
    nbytes = sum(batch.nbytes for batch in batches)
    assert share(got, batches) <= got.nbytes <= nbytes
    assert got.received_ns == batches[-1].received_ns
    # Once more changes nothing.
    assert repr(list(latest([got]))) == repr(want)


@examples(300)
@given(frames.markets, st.integers(0, 2000), st.randoms(use_true_random=False))
def test_a_limit_takes_the_oldest_but_no_notice(market: str, max_bytes: int, rng: Random) -> None:
    batches = [random_batch(rng, market) for _ in range(rng.randint(1, 5))]
    every = list(latest(batches))
    got = latest(batches, max_bytes)
    events = [event for event in got if not isinstance(event, Gap)]
    begin = len(every) - len(events) - sum(isinstance(event, Gap) for event in got)
    while begin < len(every) and sum(not isinstance(e, Gap) for e in every[begin:]) > len(events):
        begin += 1
    want = [event for i, event in enumerate(every) if i >= begin or isinstance(event, Gap)]
    assert repr(list(got)) == repr(want)
    assert got.nbytes <= max_bytes or len(events) == 1
    if len(events) < sum(not isinstance(event, Gap) for event in every):
        assert events, "at least one fits"


def test_a_limit_counts_what_an_event_really_has() -> None:
    small = [{"ev": "T", "sym": f"S{number}", "q": number} for number in range(100)]
    giant = {"ev": "new", "text": "x" * 10_000}
    batch = decode(json.dumps([*small[:50], giant, *small[50:], giant]))
    assert len(latest([batch], batch.nbytes)) == 102
    # By their number 60 fit.
    some = latest([batch], batch.nbytes * 60 // 102)
    assert [event.get("q") for event in some] == [*range(50, 100), None]
    assert some.nbytes > 10_000
    assert latest([batch[-2:]], 5000).nbytes > 10_000
    assert batch[-1:].compact().nbytes > 10_000


def test_symbols_that_are_only_in_the_bytes() -> None:
    long, other = "x" * 40, "é"
    batch = decode(
        json.dumps(
            [
                {"ev": "T", "sym": long, "q": 1},
                {"ev": "T", "sym": other, "q": 2},
                {"ev": "Q", "sym": long, "q": 3},
                {"ev": "T", "sym": long, "q": 4},
                {"ev": "T", "sym": 7, "q": 5},
                {"ev": "T", "sym": 7, "q": 6},
                {"ev": "T", "q": 7},
                {"ev": "T", "sym": None, "q": 8},
            ]
        )
    )
    assert [event["q"] for event in latest([batch])] == [2, 3, 4, 5, 6, 7, 8]


def test_what_has_no_symbol_stays() -> None:
    batch = decode('[{"ev":"status"},{"ev":"new","sym":"A"},7,{"ev":"T","sym":"A"}]')
    first, second = gap(1), gap(2)
    kept = latest([batch, first, batch, second])
    assert kept.channels == ("status", "unknown", "notice", "T")
    assert len(kept) == 2 * 3 + 2 + 1
    assert kept.select("notice")[0] is first[0]


def test_new_symbols_do_not_outgrow_the_set() -> None:
    names = [f"NEW{number}" for number in range(5000)] * 2
    frame = "[" + ",".join(f'{{"ev":"T","sym":"{name}"}}' for name in names) + "]"
    assert [event.symbol for event in latest([decode(frame)])] == names[:5000]


def test_wrong_arguments() -> None:
    with pytest.raises(UsageError, match="no batch"):
        latest([])
    with pytest.raises(UsageError, match="is not a Batch"):
        latest(["A"])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="different markets"):
        latest([decode("[]"), decode("[]", market="crypto")])
