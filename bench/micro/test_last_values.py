"""What keeping last values adds to a stream's batches, beside the same by hand.

``without`` decodes and hands over; ``kept`` also keeps the last event of each symbol, as
`Stream.keep_last` does; ``by hand`` keeps events in a dict. See `test_decoding` for how to run them
and compare them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import fastpoly
from bench.micro.test_decoding import EVENTS, batches, data, per_frame
from fastpoly._core import LastRows

__all__ = ["per_frame"]

Keep = Callable[[fastpoly.Batch], object]


def nothing() -> Keep:
    return len


def kept() -> Keep:
    rows = LastRows("stocks")
    rows.keep("T")
    rows.keep("Q")
    return rows.add


def by_hand() -> Keep:
    last: dict[str, dict[str, Any]] = {"T": {}, "Q": {}}

    def add(batch: fastpoly.Batch) -> None:
        for event in batch:
            last[event.event_type][event.symbol] = event

    return add


@pytest.mark.parametrize("make", [nothing, kept, by_hand], ids=["without", "kept", "by hand"])
def test_keep_last(benchmark: BenchmarkFixture, per_frame: int, make: Callable[[], Keep]) -> None:
    given, keep = data(per_frame), make()

    def work() -> int:
        total = 0
        for frame in given:
            batch = fastpoly.decode(frame)
            keep(batch)
            total += len(batch)
        return total

    assert benchmark(work) == EVENTS


def test_snapshot(benchmark: BenchmarkFixture) -> None:
    rows = LastRows("stocks")
    rows.keep("Q")
    for batch in batches(100):
        rows.add(batch)
    assert benchmark(lambda: len(rows.snapshot("Q")[0].to_numpy("Q"))) > 0
