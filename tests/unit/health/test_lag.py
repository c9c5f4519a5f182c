from __future__ import annotations

import json
from typing import Any

import pytest

from fastpoly import schema
from fastpoly._core import LineWatch, decode
from fastpoly.health.lag import LagWatch, SequenceStats, Verdict

MS = 1_000_000
SECOND = 1_000_000_000
NOW = 1_781_706_600 * SECOND


class Line:
    """Events that are received at times of the test's choice."""

    def __init__(self, market: str = "stocks", delay_s: float = 0.0) -> None:
        self.market = market
        self.now_ns = NOW
        self.watch = LineWatch(market)
        self.lag = LagWatch(self.watch, delay_s, clock_ns=lambda: self.now_ns)

    def receive(self, *events: dict[str, Any]) -> None:
        batch = decode(json.dumps(events).encode(), market=self.market)
        self.watch.see(batch, self.now_ns)


def trade(lag_ms: float, **more: Any) -> dict[str, Any]:
    return {"ev": "T", "sym": "A", "t": int(NOW / MS - lag_ms)} | more


def quote(lag_ms: float) -> dict[str, Any]:
    return {"ev": "Q", "sym": "A", "t": int(NOW / MS - lag_ms)}


def watch(*events: dict[str, Any], market: str = "stocks") -> LagWatch:
    line = Line(market)
    line.receive(*events)
    return line.lag


def judge(made: LagWatch, **figures: Any) -> tuple[Verdict, str]:
    quiet: dict[str, Any] = {"backlog_bytes": 0, "waiting_s": {}, "stalled_s": 0.0}
    judgement = made.judge(**(quiet | figures))
    return judgement.verdict, judgement.reason


def test_every_channel_has_a_clock() -> None:
    for market, spec in schema.MARKETS.items():
        line = Line(market)
        for channel in spec.channels:
            (clock,) = channel.event.of_role(schema.CLOCK)
            unit = 1 if clock.kind is schema.NS else MS
            line.receive({"ev": channel.name, clock.key: NOW // unit - 1})
        assert set(line.lag.stats()) == {channel.name for channel in spec.channels}


@pytest.mark.parametrize(
    ("market", "event"),
    [
        ("stocks", {"ev": "T", "t": NOW // MS - 40}),
        ("stocks", {"ev": "AM", "s": NOW // MS - 60_040, "e": NOW // MS - 40}),
        ("stocks", {"ev": "LULD", "t": NOW - 40 * MS}),
        ("stocks", {"ev": "FMV", "t": NOW - 40 * MS}),
        ("stocks", {"ev": "FMV", "t": NOW // MS - 40}),
        ("crypto", {"ev": "XT", "t": NOW // MS - 40, "r": NOW // MS - 5}),
        ("futures", {"ev": "Q", "t": NOW // MS - 40, "bt": 1, "at": 1}),
        ("indices", {"ev": "V", "t": NOW // MS - 40}),
        ("forex", {"ev": "CAS", "e": NOW // MS - 40, "s": 1}),
    ],
)
def test_units(market: str, event: dict[str, Any]) -> None:
    (stats,) = watch(event, market=market).stats().values()
    assert (stats.events, stats.min_ms, stats.p50_ms, stats.max_ms) == (1, 40, 40, 40)


def test_stats() -> None:
    line = Line()
    line.receive(*map(trade, range(1, 501)))
    line.receive(*map(trade, range(501, 1001)))
    stats = line.lag.stats()["T"]
    assert stats.events == 1000
    assert stats.late_reports == 0
    assert stats.min_ms == 1
    assert 500 <= stats.p50_ms <= 500 * 17 / 16
    assert 990 <= stats.p99_ms <= 1000
    assert 999 <= stats.p999_ms <= 1000
    assert stats.max_ms == 1000


def test_sequences() -> None:
    line = Line()
    line.receive(*(trade(1, q=q) for q in (5, 6, 6, 4, 9)), trade(1, sym="B", q=1), trade(1))
    assert line.lag.sequences() == {"T": SequenceStats(events=6, repeats=1, regressions=1)}


def test_what_has_no_time_is_passed_over() -> None:
    made = watch({"ev": "T"}, {"ev": "Q", "t": None}, {"ev": "A", "e": "x"}, {"ev": "new", "t": 5})
    assert made.stats() == {}
    assert judge(made)[0] is Verdict.UNKNOWN


def test_on_time() -> None:
    verdict, reason = judge(watch(trade(20), quote(35)))
    assert verdict is Verdict.ON_TIME
    assert reason == "Q has the most lag, 35 ms."


def test_feed_late() -> None:
    verdict, reason = judge(watch(trade(2500), quote(4000)))
    assert verdict is Verdict.FEED_LATE
    assert "T by 2.50 s" in reason


def test_delayed_feed() -> None:
    """What is late as a matter of course is nobody's fault; what comes on top is."""
    for behind_ms, expected in ((35, Verdict.ON_TIME), (2500, Verdict.FEED_LATE)):
        line = Line(delay_s=900)
        line.receive(*(trade(900_000 + behind_ms + n) for n in range(20)))
        verdict, reason = judge(line.lag)
        assert verdict is expected
    assert "T by 2.50 s" in reason
    line = Line(delay_s=900)
    line.receive(trade(900_035))
    assert judge(line.lag)[1] == "T has the most lag, 35 ms, beside the feed's 15 min."
    assert line.lag.stats()["T"].min_ms == 900_035


def test_one_channel_late_alone() -> None:
    verdict, reason = judge(watch(trade(20), quote(4000)))
    assert verdict is Verdict.LATE_REPORT
    assert "Q alone is late, by 4.00 s" in reason


def test_late_reports() -> None:
    line = Line()
    line.receive(trade(10))
    line.receive(trade(10), trade(10, trft=NOW // MS - 600_000, trfi=201), trade(10))
    stats = line.lag.stats()["T"]
    assert (stats.events, stats.late_reports) == (4, 1)
    verdict, reason = judge(line.lag)
    assert verdict is Verdict.LATE_REPORT
    assert "1 trades were reported 5 s or more" in reason
    line.receive(*[trade(10)] * 100)
    assert judge(line.lag)[0] is Verdict.ON_TIME, "a few are what is usual"
    line.receive(*[trade(10, pt=NOW // MS - 60_000)] * 2)
    assert judge(line.lag)[0] is Verdict.LATE_REPORT
    line.now_ns += 11 * SECOND
    line.receive(trade(-10_990))
    assert judge(line.lag)[0] is Verdict.ON_TIME


def test_clock_off() -> None:
    verdict, reason = judge(watch(trade(-2000), quote(20)))
    assert verdict is Verdict.CLOCK_OFF
    assert "2.00 s in the future" in reason


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        ({"waiting_s": {"on_trades": 2.0, "other": 0.1}}, "on_trades is 2.00 s behind"),
        ({"backlog_bytes": 5_000_000}, "5000000 bytes wait in the kernel"),
        ({"stalled_s": 3.0}, "was blocked for 3.00 s"),
    ],
)
def test_client_slow(figures: dict[str, Any], text: str) -> None:
    verdict, reason = judge(watch(trade(3000), quote(3000)), **figures)
    assert verdict is Verdict.CLIENT_SLOW
    assert text in reason


def test_what_was_received_long_ago_does_not_count() -> None:
    line = Line()
    line.receive(trade(5000))
    assert judge(line.lag)[0] is Verdict.FEED_LATE
    line.now_ns += 7 * SECOND
    assert judge(line.lag)[0] is Verdict.FEED_LATE
    line.now_ns += 4 * SECOND
    assert judge(line.lag)[0] is Verdict.UNKNOWN
    assert line.lag.stats()["T"].max_ms == 5000


def test_one_event_in_the_future_is_enough() -> None:
    """The clock's fault shows in the least lag, however many events have a greater one."""
    verdict, reason = judge(watch(*[trade(20)] * 1000, trade(-60), *[quote(20)] * 1000))
    assert verdict is Verdict.CLOCK_OFF
    assert "0.06 s in the future" in reason
