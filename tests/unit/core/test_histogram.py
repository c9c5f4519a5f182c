from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly._core import Histogram
from fastpoly.health.quantiles import Latency

VALUES = st.one_of(
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(0, 1000),
    st.builds(lambda bits, by: (1 << bits) + by, st.integers(4, 62), st.integers(-2, 2)),
)


def of(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def largest_in_bucket(value: int) -> int:
    """A bucket is what shares the five leading bits; values below 32 have one each."""
    shift = max(value.bit_length() - 5, 0)
    return (((value >> shift) + 1) << shift) - 1


def expected(values: list[int], percent: float) -> int:
    rank = max(1, math.ceil(len(values) * percent / 100))
    exact = sorted(max(value, 0) for value in values)[rank - 1]
    return max(min(largest_in_bucket(exact), max(values)), min(values))


def test_empty() -> None:
    empty = Histogram()
    assert (empty.count, empty.min, empty.max, empty.percentile(99)) == (0, 0, 0, 0)
    assert Latency.of(empty) == Latency(0, 0, 0, 0, 0)


def test_small_values_are_exact() -> None:
    histogram = of(list(range(32)) * 10)
    assert [histogram.percentile(p) for p in (0, 12.5, 50, 100)] == [0, 3, 15, 31]


@given(st.lists(VALUES, min_size=1, max_size=60), st.floats(0, 100))
def test_percentile(values: list[int], percent: float) -> None:
    histogram = of(values)
    assert histogram.percentile(percent) == expected(values, percent)
    assert (histogram.count, histogram.min, histogram.max) == (
        len(values),
        min(values),
        max(values),
    )


@given(st.integers(1, (1 << 63) - 1), st.integers(1, (1 << 63) - 1))
def test_percentile_is_close_from_above(value: int, greater: int) -> None:
    value, greater = sorted((value, greater))
    assert value <= of([value, greater]).percentile(50) <= value * 17 // 16


@given(st.lists(VALUES, max_size=30), st.lists(VALUES, max_size=30))
def test_merge_is_the_same_as_recording(one: list[int], other: list[int]) -> None:
    merged = of(one)
    merged.merge(of(other))
    both = of(one + other)
    percents = range(0, 101, 5)
    assert [*map(merged.percentile, percents)] == [*map(both.percentile, percents)]
    assert (merged.count, merged.min, merged.max) == (both.count, both.min, both.max)
    merged.clear()
    assert (merged.count, merged.max, merged.percentile(50)) == (0, 0, 0)


def test_merge_with_itself() -> None:
    histogram = of([1, 5])
    histogram.merge(histogram)
    assert (histogram.count, histogram.percentile(50), histogram.percentile(75)) == (4, 1, 5)


def test_negative_values_show_in_the_least() -> None:
    histogram = of([-5_000_000, 10])
    assert histogram.min == -5_000_000
    assert histogram.percentile(1) == 0
    assert histogram.count == 2


def test_what_64_bits_do_not_hold_is_refused() -> None:
    with pytest.raises(OverflowError):
        Histogram().record(1 << 63)


def test_latency_is_in_ms() -> None:
    latency = Latency.of(of([1_000_000] * 997 + [2_000_000, 3_000_000, 4_000_000]))
    assert (latency.min_ms, latency.max_ms) == (1, 4)
    assert 1 <= latency.p50_ms <= latency.p99_ms <= 17 / 16
    assert 3 <= latency.p999_ms <= 3 * 17 / 16
