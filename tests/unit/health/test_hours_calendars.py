"""The rules for trading hours against calendars that others keep, day by day."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta

import exchange_calendars
import pandas_market_calendars
import pytest

from fastpoly.health import hours
from fastpoly.health.hours import Hours, hours_at

pytestmark = pytest.mark.filterwarnings("ignore::Warning")
"""They warn about one another and pandas, each release anew; it is their data that is looked at."""

HALF_AN_HOUR_NS = 1800 * 10**9

MOURNED_BY_STOCK_FUTURES_ALONE = frozenset({date(2025, 1, 8)})
"""The evening before the day of mourning, when other futures went on."""


def test_stocks_trade_on_the_days_of_the_exchange_and_for_as_long() -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start="2007-01-01", end="2027-12-31")
    sessions = {session.date() for session in calendar.sessions}
    short = {session.date() for session in calendar.early_closes}
    assert len(sessions) > 5000
    assert len(short) > 40
    day = date(2007, 1, 1)
    while day.year < 2028:
        if day.weekday() < 5:
            assert (day in sessions) == (day not in hours._holidays(day.year)), day
            assert (day in short) == (day in hours._half_days(day.year)), day
        day += timedelta(days=1)


def test_nothing_is_expected_of_futures_while_they_rest() -> None:
    calendar = pandas_market_calendars.get_calendar("CME_Equity")
    schedule = calendar.schedule("2020-12-28", "2027-12-31")
    opens = [moment.value for moment in schedule["market_open"]]
    closes = [moment.value for moment in schedule["market_close"]]
    expected = rested = 0
    wrong: dict[date, list[int]] = {}
    for at_ns in range(opens[0], closes[-1], HALF_AN_HOUR_NS):
        is_open = at_ns < closes[bisect_right(opens, at_ns) - 1]
        if hours_at("futures", at_ns) is Hours.CLOSED:
            rested += 1
            continue
        expected += 1
        if not is_open:
            local = hours.new_york(datetime.fromtimestamp(at_ns / 1e9, UTC))
            wrong.setdefault(local.date(), []).append(at_ns)
    assert set(wrong) == MOURNED_BY_STOCK_FUTURES_ALONE
    assert 0.6 < expected / (expected + rested) < 0.7  # 23 of 24 hours, five of seven days
