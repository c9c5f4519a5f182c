from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from fastpoly import schema
from fastpoly.health import hours
from fastpoly.health.hours import Hours, hours_at, new_york


def at(market: str, local: str) -> Hours:
    """`local` is New York time."""
    wanted = datetime.fromisoformat(local)
    for offset in (4, 5):
        utc = (wanted + timedelta(hours=offset)).replace(tzinfo=UTC)
        if new_york(utc) == wanted:
            return hours_at(market, int(utc.timestamp() * 1e9))
    raise AssertionError(local)


def test_every_market_has_hours() -> None:
    for market in schema.MARKETS:
        hours_at(market, 0)


def test_daylight_saving_agrees_with_the_time_zone_database() -> None:
    try:
        zone = ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        pytest.skip("no time zone database here")
    start = datetime(2007, 1, 1, tzinfo=UTC)
    for step in range(0, 24 * 365 * 30, 7):
        utc = start + timedelta(hours=step)
        assert new_york(utc) == utc.astimezone(zone).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("local", "stocks", "options"),
    [
        ("2026-11-23T09:29:59", Hours.EXTENDED, Hours.CLOSED),
        ("2026-11-23T09:30:00", Hours.REGULAR, Hours.REGULAR),
        ("2026-11-23T15:59:59", Hours.REGULAR, Hours.REGULAR),
        ("2026-11-23T16:00:00", Hours.EXTENDED, Hours.CLOSED),
        ("2026-11-23T20:00:00", Hours.CLOSED, Hours.CLOSED),
        ("2026-11-23T03:59:59", Hours.CLOSED, Hours.CLOSED),
        ("2026-07-01T09:30:00", Hours.REGULAR, Hours.REGULAR),
        ("2026-11-21T12:00:00", Hours.CLOSED, Hours.CLOSED),  # Saturday
        ("2026-11-26T12:00:00", Hours.CLOSED, Hours.CLOSED),  # Thanksgiving
        ("2026-11-27T12:59:00", Hours.REGULAR, Hours.REGULAR),  # the half day after it
        ("2026-11-27T13:00:00", Hours.EXTENDED, Hours.CLOSED),
        ("2026-11-27T16:59:59", Hours.EXTENDED, Hours.CLOSED),
        ("2026-11-27T17:00:00", Hours.CLOSED, Hours.CLOSED),
    ],
)
def test_exchange_days(local: str, stocks: Hours, options: Hours) -> None:
    assert at("stocks", local) is stocks
    assert at("options", local) is options
    assert at("indices", local) is options


# As the exchange published them.
HOLIDAYS = {
    2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
    2025: "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_holidays(year: int) -> None:
    found = {day.strftime("%m-%d") for day in hours._holidays(year) if day.weekday() < 5}
    assert found == set(HOLIDAYS[year].split())


def test_new_year_on_a_saturday_is_no_holiday_of_the_old_year() -> None:
    assert at("stocks", "2021-12-31T12:00:00") is Hours.REGULAR


def test_half_days() -> None:
    assert {day.isoformat() for day in hours._half_days(2025)} == {
        "2025-07-03",
        "2025-11-28",
        "2025-12-24",
    }
    # The third of July 2026 is a holiday itself; the 24th of December 2027 too.
    assert {day.isoformat() for day in hours._half_days(2026)} == {"2026-11-27", "2026-12-24"}
    assert {day.isoformat() for day in hours._half_days(2027)} == {"2027-11-26"}


@pytest.mark.parametrize(
    ("local", "forex", "futures"),
    [
        ("2026-11-22T16:59:59", Hours.CLOSED, Hours.CLOSED),  # Sunday
        ("2026-11-22T17:00:00", Hours.REGULAR, Hours.CLOSED),
        ("2026-11-22T18:00:00", Hours.REGULAR, Hours.REGULAR),
        ("2026-11-23T17:30:00", Hours.REGULAR, Hours.CLOSED),  # the futures' break
        ("2026-11-25T03:00:00", Hours.REGULAR, Hours.REGULAR),
        ("2026-11-20T16:59:59", Hours.REGULAR, Hours.REGULAR),  # Friday
        ("2026-11-20T17:00:00", Hours.CLOSED, Hours.CLOSED),
        ("2026-11-25T19:00:00", Hours.REGULAR, Hours.REGULAR),  # the eve of Thanksgiving
        ("2026-11-26T12:00:00", Hours.REGULAR, Hours.CLOSED),
        ("2026-11-26T18:00:00", Hours.REGULAR, Hours.REGULAR),
        ("2026-11-27T12:59:59", Hours.REGULAR, Hours.REGULAR),  # the half day after it
        ("2026-11-27T13:00:00", Hours.REGULAR, Hours.CLOSED),
        ("2026-12-24T12:59:59", Hours.REGULAR, Hours.REGULAR),
        ("2026-12-24T20:00:00", Hours.CLOSED, Hours.CLOSED),
        ("2026-12-25T12:00:00", Hours.CLOSED, Hours.CLOSED),
        ("2025-12-31T12:59:59", Hours.REGULAR, Hours.REGULAR),
        ("2025-12-31T19:00:00", Hours.CLOSED, Hours.CLOSED),
        ("2026-01-01T16:00:00", Hours.CLOSED, Hours.CLOSED),
        ("2026-01-01T18:00:00", Hours.REGULAR, Hours.REGULAR),
        ("2026-11-28T12:00:00", Hours.CLOSED, Hours.CLOSED),
    ],
)
def test_trading_weeks(local: str, forex: Hours, futures: Hours) -> None:
    assert at("forex", local) is forex
    assert at("futures", local) is futures
    assert at("crypto", local) is Hours.REGULAR
