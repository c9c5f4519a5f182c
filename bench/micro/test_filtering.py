"""Filters and conflation on rows, and what the same choice costs once events exist.

See `test_decoding` for how to run these and compare them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import fastpoly
from bench.micro.test_decoding import EVENTS, batches
from fastpoly import field
from fastpoly._core import latest

BY_SYMBOL = {
    symbol for batch in batches(100) for symbol in sorted({event.symbol for event in batch})[:1]
}

CONDITIONS: dict[str, fastpoly.Condition] = {
    "all pass": (field("size") >= 0) & (field("bid_size") >= 0),
    "none passes": (field("size") < 0) & (field("bid_size") < 0),
    "symbols": field("symbol").is_in(*BY_SYMBOL),
    "symbols, large and regular": field("symbol").is_in(*BY_SYMBOL)
    & (field("size") >= 100)
    & ~field("conditions").has_any(12, 37),
    "text as number": field("fractional_shares") >= 0,
}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=[*CONDITIONS])
def test_where(benchmark: BenchmarkFixture, condition: fastpoly.Condition) -> None:
    given = batches(100)

    def work() -> int:
        return sum(len(batch.where(condition)) for batch in given)

    assert 0 <= benchmark(work) <= EVENTS


@pytest.mark.parametrize(
    "wanted",
    [lambda event: event.symbol in BY_SYMBOL],
    ids=["symbols"],
)
def test_list_comprehension(benchmark: BenchmarkFixture, wanted: Callable[[object], bool]) -> None:
    """What `test_where[symbols]` does, in Python."""
    given = batches(100)

    def work() -> int:
        return sum(len([event for event in batch if wanted(event)]) for batch in given)

    assert 0 <= benchmark(work) <= EVENTS


def test_compact(benchmark: BenchmarkFixture) -> None:
    given = [batch.where(CONDITIONS["symbols"]) for batch in batches(100)]

    def work() -> int:
        return sum(len(batch.compact()) for batch in given)

    assert benchmark(work) < EVENTS


def test_conflate(benchmark: BenchmarkFixture) -> None:
    given = batches(100)

    assert len(benchmark(latest, given)) < EVENTS
