"""When a market's data may be expected: trading hours, holidays, half days. Pure.

All of it follows New York time, whose rule for daylight saving is written out here: systems without
a time zone database are common where Python runs in containers. So are the rules for holidays,
which a test holds against well-kept calendars (docs/decisions/0009-hours-from-rules.md). A closure
that was announced after this was written, such as a day of mourning, is not known: the market looks
stale then, and is dialled again once and after ever longer times, see `SilenceMonitor`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final

__all__ = ["Hours", "hours_at", "new_york"]


class Hours(Enum):
    """How much may be expected of a market at a time."""

    CLOSED = "closed"
    EXTENDED = "extended"
    """Before or after regular hours: thin."""
    REGULAR = "regular"


_MOURNING_AND_STORMS: Final = frozenset(
    {date(2007, 1, 2), date(2012, 10, 29), date(2012, 10, 30), date(2018, 12, 5), date(2025, 1, 9)}
)
"""Days on which the US stock exchanges were closed and no rule says so."""

_JUNETEENTH_SINCE: Final = 2022

_AROUND_CHRISTMAS_AND_NEW_YEAR: Final = ((12, 24), (12, 25), (12, 26), (1, 1), (1, 2))
"""Where these holidays are when a weekend has moved them."""


def _nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def new_york(at: datetime) -> datetime:
    """Return a point in time as New York's clocks show it, without a time zone.

    Args:
        at: Any point in time from 2007 on, with a time zone.
    """
    utc = at.astimezone(UTC).replace(tzinfo=None)
    # Daylight saving: from the second Sunday of March to the first of November, at 2:00 local.
    begin = datetime.combine(_nth_weekday(utc.year, 3, 6, 2), time(7))
    end = datetime.combine(_nth_weekday(utc.year, 11, 6, 1), time(6))
    return utc - timedelta(hours=4 if begin <= utc < end else 5)


def _easter(year: int) -> date:
    # Anonymous Gregorian computus.
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=8)
def _holidays(year: int) -> frozenset[date]:
    """Return the days on which the US stock exchanges are closed."""
    days = {
        _nth_weekday(year, 1, 0, 3),  # Martin Luther King
        _nth_weekday(year, 2, 0, 3),  # Washington
        _easter(year) - timedelta(days=2),  # Good Friday
        max(date(year, 5, day) for day in range(25, 32) if date(year, 5, day).weekday() == 0),
        _nth_weekday(year, 9, 0, 1),  # Labor
        _nth_weekday(year, 11, 3, 4),  # Thanksgiving
    }
    for month, day in ((1, 1), (6, 19), (7, 4), (12, 25)):
        fixed = date(year, month, day)
        if month == 6 and year < _JUNETEENTH_SINCE:
            continue
        if fixed.weekday() == 6:
            days.add(fixed + timedelta(days=1))
        elif fixed.weekday() == 5 and month != 1:
            # New Year on a Saturday is not made up for in the old year.
            days.add(fixed - timedelta(days=1))
        else:
            days.add(fixed)
    return frozenset(days | {day for day in _MOURNING_AND_STORMS if day.year == year})


@lru_cache(maxsize=8)
def _without_session(year: int) -> frozenset[date]:
    """Return the holidays that futures do not trade on at all, from the evening before."""
    in_winter = {
        day for day in _holidays(year) if (day.month, day.day) in _AROUND_CHRISTMAS_AND_NEW_YEAR
    }
    return frozenset({*in_winter, _easter(year) - timedelta(days=2)})


@lru_cache(maxsize=8)
def _half_days(year: int) -> frozenset[date]:
    """Return the days on which regular hours end at 13:00."""
    days = {
        _nth_weekday(year, 11, 3, 4) + timedelta(days=1),
        date(year, 7, 3),
        date(year, 12, 24),
    }
    return frozenset(day for day in days if day.weekday() < 5) - _holidays(year)


@dataclass(frozen=True, slots=True)
class _ExchangeDay:
    """Trading days of a US exchange."""

    opens: time
    closes: time
    extended: tuple[time, time] | None = None

    def at(self, local: datetime) -> Hours:
        day = local.date()
        if day.weekday() >= 5 or day in _holidays(day.year):
            return Hours.CLOSED
        closes, ends = self.closes, self.extended[1] if self.extended is not None else self.closes
        if day in _half_days(day.year):
            closes, ends = min(closes, time(13)), min(ends, time(17))
        if self.opens <= local.time() < closes:
            return Hours.REGULAR
        if self.extended is not None and self.extended[0] <= local.time() < ends:
            return Hours.EXTENDED
        return Hours.CLOSED


def _christmas_or_new_year(day: date) -> bool:
    return (day.month, day.day) in ((12, 25), (1, 1))


@dataclass(frozen=True, slots=True)
class _TradingWeek:
    """From an hour of Sunday to an hour of Friday, perhaps with a break each day.

    Around Christmas and New Year all of them rest. A market that keeps the exchanges' holidays and
    half days closes early then, product by product: nothing is expected before the evening. On the
    evening before Good Friday, Christmas and New Year, wherever weekends move them, nothing is
    expected either.
    """

    opens: time
    closes: time
    pause: tuple[time, time] | None = None
    keeps_holidays: bool = False

    def at(self, local: datetime) -> Hours:
        day, now = local.weekday(), local.time()
        before = day == 6 and now < self.opens
        if day == 5 or before or (day == 4 and now >= self.closes):
            return Hours.CLOSED
        if self.pause is not None and self.pause[0] <= now < self.pause[1]:
            return Hours.CLOSED
        return Hours.CLOSED if self._is_quiet(local.date(), now) else Hours.REGULAR

    def _is_quiet(self, day: date, now: time) -> bool:
        afternoon = now >= time(13)
        tomorrow = day + timedelta(days=1)
        if afternoon and _christmas_or_new_year(tomorrow):
            return True
        evening = now >= self.opens
        if self.keeps_holidays and evening and tomorrow in _without_session(tomorrow.year):
            return True
        rests = _christmas_or_new_year(day)
        if self.keeps_holidays:
            rests = day in _holidays(day.year) or (afternoon and day in _half_days(day.year))
        return rests and now < self.opens


class _Always:
    def at(self, local: datetime) -> Hours:
        return Hours.REGULAR


_SCHEDULES: Final[dict[str, _ExchangeDay | _TradingWeek | _Always]] = {
    "stocks": _ExchangeDay(time(9, 30), time(16), (time(4), time(20))),
    "options": _ExchangeDay(time(9, 30), time(16)),
    "indices": _ExchangeDay(time(9, 30), time(16)),
    "forex": _TradingWeek(time(17), time(17)),
    "crypto": _Always(),
    "futures": _TradingWeek(time(18), time(17), (time(17), time(18)), keeps_holidays=True),
}


def hours_at(market: str, at_ns: int) -> Hours:
    """Return what may be expected of a market at a time.

    Args:
        market: The market's name.
        at_ns: The time, Unix time in ns.
    """
    return _SCHEDULES[market].at(new_york(datetime.fromtimestamp(at_ns / 1e9, UTC)))
