"""Rows gathered out of many batches, against the same done event by event."""

from __future__ import annotations

import json
import math
import threading
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastpoly
from fastpoly import Batch, schema
from fastpoly._core import RowGatherer, SyntheticMarket, batch_of, concat, decode
from fastpoly.errors import DecodeError, UsageError
from fastpoly.notices import Gap
from tests import frames
from tests.budgets import examples

markets = pytest.mark.parametrize("market", list(schema.MARKETS))


def random_batch(rng: Random, market: str) -> Batch:
    """A frame's batch, or a part of it, cut out in any way that there is."""
    try:
        batch = decode(frames.frame(rng, market, 12, hostile=0.4), market=market)
    except DecodeError:
        batch = decode(frames.canonical(rng, market, 12), market=market)
    cut = rng.randrange(6)
    if cut == 0 and batch.channels:
        return batch.select(*rng.sample(batch.channels, rng.randint(1, len(batch.channels))))
    if cut == 1:
        return concat([gap(market), batch])
    return (batch, batch[1:], batch[::2], batch[::-1])[cut - 2]


def gap(market: str) -> Batch:
    return batch_of(market, [Gap(market=market, at_ns=1, cause="x", since_ns=0, until_ns=1)])


def plain(event: Any) -> Any:
    """What can be compared of an event: NaN is not equal to itself."""
    return json.dumps(event.to_dict(), sort_keys=True, allow_nan=True)


@examples(300)
@given(st.randoms(use_true_random=False), st.sampled_from(list(schema.MARKETS)))
def test_what_is_gathered_is_every_event_of_the_channel_in_order(rng: Random, market: str) -> None:
    channel = rng.choice(schema.MARKETS[market].channels).name
    gatherer = RowGatherer(market, channel)
    batches = [random_batch(rng, market) for _ in range(rng.randrange(6))]
    wanted: list[Any] = []
    for batch in batches:
        wanted += [event for event in batch if event.event_type == channel]
        assert gatherer.add(batch) == len(wanted) == len(gatherer)
    group = gatherer.take()
    assert len(gatherer) == gatherer.nbytes == 0
    if not wanted:
        assert group is None
        return
    assert group is not None
    assert group.channels == (channel,)
    assert [plain(event) for event in group] == [plain(event) for event in wanted]
    parts = [batch.select(channel) for batch in batches]
    assert columns_of(group, channel) == columns_of(concat(parts), channel)
    # What is taken is whole of its own: the batches that it came from may go.
    del batches, parts, wanted
    group.to_arrow(channel).validate(full=True)
    assert gatherer.take() is None


def columns_of(batch: Batch, channel: str) -> Any:
    """The columns, with NaN as a text."""
    rows = batch.to_arrow(channel)
    rows.validate(full=True)
    cells = []
    for column in rows.columns:
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        cells.append(
            [
                "nan" if isinstance(cell, float) and math.isnan(cell) else cell
                for cell in column.to_pylist()
            ]
        )
    return cells


@markets
def test_groups_of_large_size_have_the_columns_of_their_batches(market: str) -> None:
    """More rows than the interpreter lock is held for, in several columns of memory."""
    made = SyntheticMarket(market, seed=3, symbols=300)
    wanted = made.subscription()
    for name in made.channels:
        wanted.add(name)
    batches = []
    now_ms = 1_781_706_600_000
    while sum(map(len, batches)) < 30_000:
        made.advance(now_ms, 500)
        batches += [decode(text, market=market) for text in wanted.payloads(100)]
        now_ms += 50
    for name in {name for batch in batches for name in batch.channels}:
        gatherer = RowGatherer(market, name)
        for batch in batches:
            gatherer.add(batch)
        group = gatherer.take()
        assert group is not None
        parts = [batch.to_arrow(name) for batch in batches if batch.count(name)]
        table = pa.Table.from_batches(parts).unify_dictionaries().combine_chunks()
        assert pa.Table.from_batches([group.to_arrow(name)]).equals(table)
        assert group.nbytes <= sum(batch.nbytes for batch in batches)


def test_what_it_counts_is_the_share_of_each_batch() -> None:
    frame = b'[{"ev":"T","sym":"A"},{"ev":"Q","sym":"A"},{"ev":"T","sym":"B"}]'
    gatherer = RowGatherer("stocks", "T")
    gatherer.add(decode(frame))
    gatherer.add(decode(frame))
    assert gatherer.nbytes == 2 * (len(frame) * 2 // 3)
    group = gatherer.take()
    assert group is not None
    assert group.nbytes == 2 * (len(frame) * 2 // 3)
    assert group.frame_count == 1


def test_it_refuses_what_has_no_columns_and_what_is_of_another_market() -> None:
    for channel in ("status", "unknown", "notice", "X"):
        with pytest.raises(UsageError):
            RowGatherer("stocks", channel)
    with pytest.raises(UsageError):
        RowGatherer("bonds", "T")
    with pytest.raises(UsageError, match="is of crypto, not of stocks"):
        RowGatherer("stocks", "T").add(decode(b'[{"ev":"XT"}]', market="crypto"))


def test_columns_of_one_batch_may_be_made_in_several_threads() -> None:
    """The interpreter lock is given up meanwhile."""
    made = SyntheticMarket("stocks", seed=5, symbols=500)
    wanted = made.subscription()
    wanted.add("T")
    gatherer = RowGatherer("stocks", "T")
    now_ms = 1_781_706_600_000
    while len(gatherer) < 20_000:
        made.advance(now_ms, 1000)
        for text in wanted.payloads(100):
            gatherer.add(decode(text))
        now_ms += 50
    group = gatherer.take()
    assert group is not None
    expected = group.to_arrow("T")
    found: list[pa.RecordBatch] = []

    def work() -> None:
        found.extend(group.to_arrow("T") for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    # New symbols meanwhile: the table of all of them grows.
    for i in range(5000):
        fastpoly.decode(b'[{"ev":"T","sym":"N%d"}]' % i)
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert all(one.equals(expected) for one in found)
