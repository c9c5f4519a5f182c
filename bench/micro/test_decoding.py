"""The decoder's parts, one at a time, so that a change can be compared with the last.

    python -m pytest bench/micro --benchmark-enable --benchmark-autosave
    ... change something, build ...
    python -m pytest bench/micro --benchmark-enable --benchmark-compare --benchmark-group-by=name

Without ``--benchmark-enable`` each runs once, which shows that it works.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import fastpoly
from bench.decoders.reading import read_attributes
from bench.frames import events, frames
from fastpoly.events import EquityTrade

EVENTS = 2_000


@lru_cache(maxsize=4)
def data(per_frame: int) -> list[bytes]:
    return frames(events(EVENTS), per_frame)


@lru_cache(maxsize=4)
def batches(per_frame: int) -> list[fastpoly.Batch]:
    return [fastpoly.decode(frame) for frame in data(per_frame)]


@pytest.fixture(params=(1, 10, 100), ids="{}-a-frame".format)
def per_frame(request: pytest.FixtureRequest) -> int:
    size: int = request.param
    return size


def test_decode(benchmark: BenchmarkFixture, per_frame: int) -> None:
    given = data(per_frame)

    def work() -> int:
        return sum(len(fastpoly.decode(frame)) for frame in given)

    assert benchmark(work) == EVENTS


def test_decode_on_the_slow_path(benchmark: BenchmarkFixture, per_frame: int) -> None:
    decoder = fastpoly.Decoder("stocks")
    decoder.fast = False
    given = data(per_frame)

    def work() -> int:
        return sum(len(decoder.decode(frame)) for frame in given)

    assert benchmark(work) == EVENTS


def test_take_events(benchmark: BenchmarkFixture, per_frame: int) -> None:
    given = batches(per_frame)

    def work() -> int:
        return sum(len(list(batch)) for batch in given)

    assert benchmark(work) == EVENTS


def test_read_four_attributes(benchmark: BenchmarkFixture, per_frame: int) -> None:
    given = batches(per_frame)

    def work() -> None:
        for batch in given:
            read_attributes(batch, EquityTrade)

    benchmark(work)


def test_dicts(benchmark: BenchmarkFixture, per_frame: int) -> None:
    given = batches(per_frame)

    def work() -> int:
        return sum(len(batch.dicts()) for batch in given)

    assert benchmark(work) == EVENTS


def test_to_numpy(benchmark: BenchmarkFixture, per_frame: int) -> None:
    given = batches(per_frame)

    def work() -> int:
        return sum(len(batch.to_numpy("T")) + len(batch.to_numpy("Q")) for batch in given)

    assert benchmark(work) == EVENTS


def test_to_arrow(benchmark: BenchmarkFixture, per_frame: int) -> None:
    given = batches(per_frame)

    def work() -> int:
        return sum(len(batch.to_arrow("T")) + len(batch.to_arrow("Q")) for batch in given)

    assert benchmark(work) == EVENTS
