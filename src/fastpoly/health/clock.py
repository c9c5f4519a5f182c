"""The clocks that a stream goes by: the system's, or another one that stands in for them."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Tells the time."""

    def time_ns(self) -> int:
        """Return the time of day, Unix time in ns."""

    def monotonic_ns(self) -> int:
        """Return the ns of a clock that nobody sets."""


class SystemClock:
    """The system's clocks."""

    def time_ns(self) -> int:
        """See `Clock.time_ns`."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """See `Clock.monotonic_ns`."""
        return time.monotonic_ns()
