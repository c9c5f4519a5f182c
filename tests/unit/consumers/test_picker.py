"""What is picked out of a batch for one consumer, and what is counted."""

from __future__ import annotations

import json
from itertools import permutations

from fastpoly import Batch, decode
from fastpoly._core import batch_of, concat
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.picker import MAX_PLANS, Picker, count_notices
from fastpoly.filters.build import make_filter
from fastpoly.notices import Gap


def batch(text: str) -> Batch:
    """Events such as ``T.A``."""
    events = [dict(zip(("ev", "sym"), one.split("."), strict=True)) for one in text.split()]
    return decode(json.dumps(events).encode())


def picked(picker: Picker, one: Batch) -> list[str] | None:
    result = picker.pick(one, one.channels)
    return None if result is None else [f"{event['ev']}.{event['sym']}" for event in result]


def buffer() -> Buffer:
    return Buffer("stocks", max_bytes=1 << 20)


def test_by_channel() -> None:
    picker = Picker(frozenset({"T", "AM"}), None, buffer())
    assert picked(picker, batch("T.A Q.A T.B")) == ["T.A", "T.B"]
    assert picked(picker, batch("Q.A Q.B")) is None
    for _ in range(2):
        # The second time by the plan that was remembered.
        assert picked(picker, batch("AM.A T.A Q.C")) == ["AM.A", "T.A"]


def test_batch_of_wanted_channels_only_is_the_very_batch() -> None:
    picker = Picker(frozenset({"T", "Q"}), None, buffer())
    one = batch("T.A Q.A")
    assert picker.pick(one, one.channels) is one


def test_by_filter_which_is_counted() -> None:
    own = buffer()
    picker = Picker(None, make_filter("stocks", ["A"], None), own)
    assert picked(picker, batch("T.A Q.B T.A Q.C")) == ["T.A", "T.A"]
    assert own.stats().filtered == 2
    assert picked(picker, batch("T.B")) is None
    assert own.stats().filtered == 3


def test_channels_first_and_only_the_filter_counts() -> None:
    own = buffer()
    picker = Picker(frozenset({"T"}), make_filter("stocks", ["A"], None), own)
    assert picked(picker, batch("T.A T.B Q.B Q.A")) == ["T.A"]
    assert own.stats().filtered == 1


def test_count_of_notices() -> None:
    gap = Gap(market="stocks", at_ns=1, cause="x", since_ns=0, until_ns=1)
    mixed = concat([batch_of("stocks", [gap, gap]), batch("T.A")])
    assert count_notices(mixed, mixed.channels) == 2
    plain = batch("T.A")
    assert count_notices(plain, plain.channels) == 0


def test_orders_of_channels_are_not_remembered_without_end() -> None:
    picker = Picker(frozenset({"T"}), None, buffer())
    for channels in permutations(("T", "Q", "A", "AM", "LULD", "NOI")):
        assert picked(picker, batch(" ".join(f"{name}.A" for name in channels))) == ["T.A"]
    held = [value for value in vars(picker).values() if isinstance(value, dict)]
    assert held
    assert all(len(plans) <= MAX_PLANS for plans in held)
