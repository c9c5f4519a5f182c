"""Durations in logarithmic buckets: small, mergeable, within 13 % at any size. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["Histogram"]

SUB_BITS: Final = 3
"""Each doubling has 2**SUB_BITS buckets."""

_SUB: Final = 1 << SUB_BITS
_BUCKETS: Final = (64 - SUB_BITS + 1) * _SUB


def _index(value: int) -> int:
    if value < _SUB:
        return max(value, 0)
    shift = value.bit_length() - SUB_BITS - 1
    return min((shift + 1) * _SUB + (value >> shift) - _SUB, _BUCKETS - 1)


def _upper(index: int) -> int:
    """The largest value of a bucket."""
    if index < _SUB:
        return index
    shift = index // _SUB - 1
    return ((_SUB + index % _SUB + 1) << shift) - 1


class Histogram:
    """Counts of values by size; nanoseconds by convention. Values below 0 count as 0.

    Attributes:
        count: How many values.
        total: Their sum.
        min: The smallest, below 0 too; 0 if there is none.
        max: The largest; 0 if there is none.
    """

    __slots__ = ("_counts", "count", "max", "min", "total")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self.count = self.total = self.min = self.max = 0

    def record(self, value: int) -> None:
        """Adds a value."""
        if not self.count or value < self.min:
            self.min = value
        if not self.count or value > self.max:
            self.max = value
        self.count += 1
        self.total += value
        self._counts[_index(value)] += 1

    @property
    def mean(self) -> float:
        """The mean; 0 if there is no value."""
        return self.total / self.count if self.count else 0.0

    def percentile(self, percent: float) -> int:
        """The value that so many percent of all do not exceed, from above; 0 if there is none.

        Args:
            percent: 0 to 100.
        """
        if not self.count:
            return 0
        rank = max(1, -(-self.count * percent // 100))
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if seen >= rank:
                return max(min(_upper(index), self.max), self.min)
        return self.max

    def merge(self, other: Histogram) -> None:
        """Adds all values of another one."""
        if not other.count:
            return
        self.min = min(self.min, other.min) if self.count else other.min
        self.max = max(self.max, other.max) if self.count else other.max
        self.count += other.count
        self.total += other.total
        for index, count in enumerate(other._counts):
            self._counts[index] += count

    def copy(self) -> Histogram:
        """The same values."""
        twin = Histogram()
        twin.merge(self)
        return twin

    def clear(self) -> None:
        """Forgets all values."""
        self._counts = [0] * _BUCKETS
        self.count = self.total = self.min = self.max = 0
