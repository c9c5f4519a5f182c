from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fastpoly.histogram import Histogram

VALUES = st.integers(0, (1 << 63) - 1)


def of(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def test_empty() -> None:
    empty = Histogram()
    assert (empty.count, empty.mean, empty.percentile(99)) == (0, 0.0, 0)


def test_small_values_are_exact() -> None:
    histogram = of(list(range(8)) * 10)
    assert [histogram.percentile(p) for p in (0, 12.5, 50, 100)] == [0, 0, 3, 7]
    assert histogram.mean == 3.5


@given(st.lists(VALUES, min_size=1, max_size=60), st.floats(0, 100))
def test_percentile_is_close_from_above(values: list[int], percent: float) -> None:
    histogram = of(values)
    rank = max(1, -(-len(values) * percent // 100))
    exact = sorted(values)[int(rank) - 1]
    assert exact <= histogram.percentile(percent) <= max(exact * 1.13, exact + 1)


@given(st.lists(VALUES, max_size=30), st.lists(VALUES, max_size=30))
def test_merge_is_the_same_as_recording(one: list[int], other: list[int]) -> None:
    merged = of(one)
    merged.merge(of(other))
    both = of(one + other)
    assert merged._counts == both._counts
    assert (merged.count, merged.total, merged.max) == (both.count, both.total, both.max)
    assert merged.min == both.min
    assert merged.copy()._counts == both._counts
    merged.clear()
    assert (merged.count, merged.max) == (0, 0)


def test_negative_values_show_in_the_least() -> None:
    histogram = of([-5_000_000, 10])
    assert histogram.min == -5_000_000
    assert histogram.percentile(1) == 0
    assert histogram.count == 2
