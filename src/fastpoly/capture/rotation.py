"""When a recording goes on in a new file: the periods of time, and how their files are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from fastpoly.errors import UsageError
from fastpoly.health.hours import new_york

__all__ = ["Rotation", "rotation"]

NEVER_NS: Final = (1 << 63) - 1
HOUR_NS: Final = 3_600 * 1_000_000_000

DAY_BEGINS: Final = {"forex": 17, "futures": 18}
"""The hour of the evening before at which a market's trading day begins, New York time. The days of
all other markets are those of New York's calendar, as in the vendor's files."""


class Rotation(Protocol):
    """Says which period a time is in."""

    def period(self, at_ns: int) -> tuple[str, int]:
        """Return what the period's files are called after, and its end, Unix time in ns."""


class _Never:
    def period(self, at_ns: int) -> tuple[str, int]:
        return "", NEVER_NS


@dataclass(frozen=True)
class _Hours:
    hours: int

    def period(self, at_ns: int) -> tuple[str, int]:
        length = self.hours * HOUR_NS
        begin = at_ns - at_ns % length
        at = datetime.fromtimestamp(begin // 1_000_000_000, UTC)
        return f"-{at:%Y%m%dT%H}Z", begin + length


@dataclass(frozen=True)
class _TradingDays:
    begins: int

    def period(self, at_ns: int) -> tuple[str, int]:
        at = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC)
        day = self._day(at)
        # The hours of a day differ where clocks change: the first whole hour of the next is looked
        # for, which is at most 25 away.
        hour = at.replace(minute=0, second=0, microsecond=0)
        for ahead in range(1, 27):
            end = hour + timedelta(hours=ahead)
            if self._day(end) != day:
                return f"-{day}", int(end.timestamp()) * 1_000_000_000
        raise AssertionError("a day of more than 26 hours")

    def _day(self, at: datetime) -> str:
        local = new_york(at)
        if self.begins and local.hour >= self.begins:
            local += timedelta(days=1)
        return f"{local:%Y-%m-%d}"


def rotation(rotate: str | int | None, market: str) -> Rotation:
    """Return the periods that ``rotate`` names.

    Args:
        rotate: None for one period without end, ``day`` for trading days, or a number of hours.
        market: The market's name; it decides when a trading day begins.

    Raises:
        UsageError: It is none of these.
    """
    if rotate is None:
        return _Never()
    if rotate == "day":
        return _TradingDays(DAY_BEGINS.get(market, 0))
    if isinstance(rotate, int) and not isinstance(rotate, bool) and 1 <= rotate <= 24:
        return _Hours(rotate)
    raise UsageError(
        f"rotate={rotate!r} is not a period", hint='use "day", a number of hours up to 24, or None'
    )
