"""The clocks that a stream goes by: the system's, or another one that stands in for them."""

from __future__ import annotations

import datetime
import time
from typing import Protocol, TypeAlias

from fastpoly.errors import UsageError

__all__ = ["Clock", "SystemClock", "When", "unix_ns"]

When: TypeAlias = datetime.datetime | int
"""A time with a time zone, or Unix time in ns."""


def unix_ns(when: When) -> int:
    """Return a time as Unix time in ns.

    Raises:
        UsageError: It has no time zone, or is no time.
    """
    if isinstance(when, int):
        return when
    if not isinstance(when, datetime.datetime) or when.tzinfo is None:
        raise UsageError(
            f"{when!r} has no time zone.", hint="Pass a datetime with one, or Unix time in ns."
        )
    epoch = datetime.datetime.fromtimestamp(0, datetime.UTC)
    return (when - epoch) // datetime.timedelta(microseconds=1) * 1000


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
