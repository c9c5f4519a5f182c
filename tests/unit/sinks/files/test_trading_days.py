"""Columns parted by trading day, against the same worked out event by event."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import decode, schema
from fastpoly.sinks.files.trading_days import NO_DATE, TradingDays
from tests.budgets import examples

NEW_YORK = ZoneInfo("America/New_York")
BEGINS = {"forex": 17, "futures": 18}
CHANNELS = {"stocks": "T", "forex": "C", "futures": "T", "crypto": "XT"}
# Midnights, evenings and changes of clocks, in summer and winter, and a leap day.
DAYS = ("2026-03-08", "2026-06-17", "2026-11-01", "2024-02-29", "1970-01-01", "2100-12-31")


def date_of(market: str, time_ms: int | None) -> str:
    if time_ms is None or time_ms < 0:
        return NO_DATE
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).astimezone(
        NEW_YORK
    )
    if market in BEGINS and local.hour >= BEGINS[market]:
        local = local.replace(tzinfo=None) + timedelta(days=1)
    return f"{local:%Y-%m-%d}"


def split(market: str, channel: str, events: list[dict[str, Any]]) -> dict[str, list[int]]:
    spec = schema.MARKETS[market].channel(channel)
    assert spec is not None
    rows = decode(json.dumps(events), market=market).to_arrow(channel)
    found: dict[str, list[int]] = {}
    for date, part in TradingDays(market, spec.event).split(rows):
        assert date not in found
        found[date] = part.column("exchange" if "exchange" in part.schema.names else 1).to_pylist()
    return found


@examples(200)
@given(st.randoms(use_true_random=False), st.sampled_from(["stocks", "crypto"]))
def test_each_event_is_in_the_day_of_its_time(rng: Random, market: str) -> None:
    channel = CHANNELS[market]
    events = []
    for number in range(rng.randrange(1, 30)):
        day = datetime.fromisoformat(rng.choice(DAYS)).replace(tzinfo=NEW_YORK)
        at = int(day.timestamp() * 1000) + rng.randrange(-86_400_000, 2 * 86_400_000)
        at = rng.choice((at, at // 3_600_000 * 3_600_000, at // 3_600_000 * 3_600_000 - 1))
        events.append({"ev": channel, "x": number, "t": at})
        if rng.random() < 0.1:
            del events[-1]["t"]
    wanted: dict[str, list[int]] = {}
    for event in events:
        wanted.setdefault(date_of(market, event.get("t")), []).append(event["x"])
    found = split(market, channel, events)
    assert found == wanted
    assert [date for date in found if date != NO_DATE] == sorted(set(wanted) - {NO_DATE})


@pytest.mark.parametrize(
    ("market", "channel", "local", "date"),
    [
        ("stocks", "T", "2026-11-25T23:59:59", "2026-11-25"),
        ("stocks", "T", "2026-11-26T00:00:00", "2026-11-26"),
        ("forex", "C", "2026-11-25T16:59:59", "2026-11-25"),
        ("forex", "C", "2026-11-25T17:00:00", "2026-11-26"),
        ("futures", "T", "2026-11-25T17:59:59", "2026-11-25"),
        ("futures", "T", "2026-11-25T18:00:00", "2026-11-26"),
    ],
)
def test_a_trading_day_begins_when_its_market_says(
    market: str, channel: str, local: str, date: str
) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=NEW_YORK)
    assert list(split(market, channel, [{"ev": channel, "t": int(at.timestamp() * 1000)}])) == [
        date
    ]


def test_times_out_of_any_range_have_no_date() -> None:
    times = [-1, 2**63 - 1, 9_223_372_036_854, 9_223_372_036_855, "noon", None]
    events = [{"ev": "T", "x": i, "t": time} for i, time in enumerate(times)]
    assert split("stocks", "T", events) == {NO_DATE: [0, 1, 2, 3, 4, 5]}


def test_a_bar_without_its_end_is_of_the_day_of_its_start() -> None:
    spec = schema.MARKETS["forex"].channel("CA")
    assert spec is not None
    start = int(datetime(2026, 11, 25, 12, tzinfo=NEW_YORK).timestamp() * 1000)
    events = [{"ev": "CA", "pair": "A", "s": start}, {"ev": "CA", "pair": "B", "s": 0, "e": start}]
    rows = decode(json.dumps(events), market="forex").to_arrow("CA")
    parts = dict(TradingDays("forex", spec.event).split(rows))
    assert {date: part.num_rows for date, part in parts.items()} == {"2026-11-25": 2}


def test_no_rows_are_of_no_day() -> None:
    assert split("stocks", "T", [{"ev": "Q"}]) == {}
