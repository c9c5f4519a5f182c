from __future__ import annotations

import json
from typing import Any

import pytest

from fastpoly import schema
from fastpoly._core import Batch, decode
from fastpoly.lag import LagWatch, Verdict, _clocks

MS = 1_000_000
SECOND = 1_000_000_000
NOW = 1_781_706_600 * SECOND


class Received:
    """A batch with a receive time of the test's choice."""

    def __init__(self, received_ns: int, *events: dict[str, Any], market: str = "stocks") -> None:
        self.batch = decode(json.dumps(events).encode(), market=market)
        self.received_ns = received_ns
        self.channels = self.batch.channels

    def select(self, channel: str) -> Batch:
        return self.batch.select(channel)


def trade(lag_ms: float, **more: Any) -> dict[str, Any]:
    return {"ev": "T", "sym": "A", "t": int(NOW / MS - lag_ms)} | more


def quote(lag_ms: float) -> dict[str, Any]:
    return {"ev": "Q", "sym": "A", "t": int(NOW / MS - lag_ms)}


def watch(*events: dict[str, Any], market: str = "stocks", times: int = 1) -> LagWatch:
    made = LagWatch(market, clock_ns=lambda: NOW)
    for _ in range(times):
        received = Received(NOW, *events, market=market)
        made.look(received, received.channels)  # type: ignore[arg-type]
    return made


def judge(made: LagWatch, **figures: Any) -> tuple[Verdict, str]:
    quiet: dict[str, Any] = {"backlog_bytes": 0, "waiting_s": {}, "stalled_s": 0.0}
    judgement = made.judge(**(quiet | figures))
    return judgement.verdict, judgement.reason


def test_every_channel_has_a_clock() -> None:
    for market, spec in schema.MARKETS.items():
        assert set(_clocks(market)) == {channel.name for channel in spec.channels}


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
    assert (stats.samples, stats.min_ms, stats.max_ms) == (1, 40, 40)


def test_stats() -> None:
    made = LagWatch("stocks", clock_ns=lambda: NOW)
    for lag in range(1, 101):
        received = Received(NOW, trade(lag))
        made.look(received, ("T",))  # type: ignore[arg-type]
    stats = made.stats()["T"]
    assert stats.samples == 100
    assert stats.min_ms == 1
    assert 50 <= stats.p50_ms <= 57
    assert 99 <= stats.p99_ms <= 100
    assert stats.max_ms == 100


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


def test_one_channel_late_alone() -> None:
    verdict, reason = judge(watch(trade(20), quote(4000)))
    assert verdict is Verdict.LATE_REPORT
    assert "Q alone is late, by 4.00 s" in reason


def test_late_reports() -> None:
    late = trade(10, trft=NOW // MS - 600_000, trfi=201)
    made = watch(late, trade(10), times=3)
    # The last trade of each batch is looked at.
    assert judge(made)[0] is Verdict.ON_TIME
    made = watch(trade(10), late)
    assert made.stats()["T"].late_reports == 1
    received = Received(NOW, trade(10))
    made.look(received, ("T",))  # type: ignore[arg-type]
    verdict, reason = judge(made)
    assert verdict is Verdict.LATE_REPORT
    assert "1 trades were reported 5 s or more" in reason


def test_clock_off() -> None:
    verdict, reason = judge(watch(trade(-2000), quote(20)))
    assert verdict is Verdict.CLOCK_OFF
    assert "2.00 s in the future" in reason


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        ({"waiting_s": {"on_trades": 2.0, "other": 0.1}}, "on_trades is 2.00 s behind"),
        ({"backlog_bytes": 5_000_000}, "5000000 bytes wait in the kernel"),
        ({"stalled_s": 3.0}, "stood still for 3.00 s"),
    ],
)
def test_client_slow(figures: dict[str, Any], text: str) -> None:
    verdict, reason = judge(watch(trade(3000), quote(3000)), **figures)
    assert verdict is Verdict.CLIENT_SLOW
    assert text in reason


def test_old_samples_do_not_count() -> None:
    now = [NOW]
    made = LagWatch("stocks", clock_ns=lambda: now[0])
    received = Received(NOW, trade(5000))
    made.look(received, ("T",))  # type: ignore[arg-type]
    assert judge(made)[0] is Verdict.FEED_LATE
    now[0] += 11 * SECOND
    assert judge(made)[0] is Verdict.UNKNOWN
