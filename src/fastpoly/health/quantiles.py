"""How long something takes, over all the times that it was measured: the figures of a histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from fastpoly._core import Histogram

__all__ = ["Latency"]


@dataclass(frozen=True, slots=True)
class Latency:
    """Durations in ms; all are 0 where nothing was measured.

    The least and the most are exact. A percentile is at most one sixteenth above the exact one.

    Attributes:
        min_ms: The least; below 0 if something seemed to come from the future.
        p50_ms: The median.
        p99_ms: What one in a hundred exceeds.
        p999_ms: What one in a thousand exceeds.
        max_ms: The most.
    """

    min_ms: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float

    @classmethod
    def of(cls, histogram: Histogram, **more: int) -> Self:
        """Return the figures of a histogram of ns, and what more a special kind has."""
        return cls(
            min_ms=histogram.min / 1e6,
            p50_ms=histogram.percentile(50) / 1e6,
            p99_ms=histogram.percentile(99) / 1e6,
            p999_ms=histogram.percentile(99.9) / 1e6,
            max_ms=histogram.max / 1e6,
            **more,
        )
