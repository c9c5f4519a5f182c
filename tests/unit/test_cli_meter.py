"""The demo's meter: exact counts, sampled lags and symbols."""

from __future__ import annotations

import json
import time

import pytest

import fastpoly
from fastpoly.cli.meter import SAMPLES_PER_BATCH, Lags, Meter


def batch_of(*events: dict[str, object]) -> fastpoly.Batch:
    return fastpoly.decode(json.dumps(events).encode(), market="stocks")


def trade(symbol: str, stamp_ms: int | None = 1_781_706_600_000) -> dict[str, object]:
    event: dict[str, object] = {"ev": "T", "sym": symbol, "x": 4, "p": 1.5, "s": 100, "q": 1}
    return event if stamp_ms is None else {**event, "t": stamp_ms}


def bar(symbol: str) -> dict[str, object]:
    return {"ev": "AM", "sym": symbol, "o": 1, "c": 1, "h": 1, "l": 1, "s": 0, "e": 60000}


def test_counts_and_bytes_are_exact() -> None:
    meter = Meter("stocks")
    first = batch_of(*[trade("AAPL")] * 100, bar("AAPL"))
    second = batch_of(trade("MSFT"))
    meter.add(first)
    meter.add(second)
    tally = meter.take()
    assert tally.events == {"T": 101, "AM": 1}
    assert tally.batches == 2
    assert tally.nbytes == first.nbytes + second.nbytes > 0


def test_take_starts_anew_and_total_keeps_all() -> None:
    meter = Meter("stocks")
    meter.add(batch_of(trade("AAPL")))
    meter.take()
    meter.add(batch_of(trade("AAPL"), trade("AAPL")))
    assert meter.take().events == {"T": 2}
    assert meter.take().events == {}
    assert meter.total.events == {"T": 3}
    assert meter.total.batches == 2


def test_lag_is_from_the_stamp_to_now() -> None:
    meter = Meter("stocks")
    now_ms = time.time_ns() // 1_000_000
    meter.add(batch_of(*[trade("AAPL", now_ms - 5000)] * 3))
    median = meter.take().lags["T"].percentile_ms(50)
    assert median is not None
    assert 5000 <= median < 65_000


def test_events_without_a_stamp_have_no_lag() -> None:
    meter = Meter("stocks")
    meter.add(batch_of(bar("AAPL"), trade("AAPL", None)))
    tally = meter.take()
    assert tally.events == {"AM": 1, "T": 1}
    assert tally.lags == {}
    assert tally.lags_of_all().percentile_ms(99) is None


def test_samples_stand_for_the_whole_batch() -> None:
    meter = Meter("stocks")
    length = SAMPLES_PER_BATCH * 50
    half = length // 2
    meter.add(batch_of(*[trade("AAPL")] * half, *[trade("MSFT")] * half))
    assert dict(meter.busiest(5)) == pytest.approx({"AAPL": 0.5, "MSFT": 0.5})


@pytest.mark.parametrize("length", [1, 2, SAMPLES_PER_BATCH - 1, SAMPLES_PER_BATCH + 1, 1000])
def test_weights_add_up_to_the_batch(length: int) -> None:
    meter = Meter("stocks")
    meter.add(batch_of(*[trade("AAPL")] * length))
    assert sum(meter.take().lags["T"]._events.values()) == pytest.approx(length)


def test_busiest_are_ranked_over_batches() -> None:
    meter = Meter("stocks")
    for symbol, times in (("A", 1), ("B", 5), ("C", 3)):
        for _ in range(times):
            meter.add(batch_of(trade(symbol)))
    assert [symbol for symbol, _ in meter.busiest(2)] == ["B", "C"]
    assert meter.busiest(1)[0][1] == pytest.approx(5 / 9)


def test_percentiles() -> None:
    lags = Lags()
    for milliseconds in range(100):
        lags.add(milliseconds * 1_000_000, 1)
    assert lags.percentile_ms(50) == pytest.approx(49.1)
    assert lags.percentile_ms(99) == pytest.approx(98.1)
    assert lags.percentile_ms(100) == pytest.approx(99.1)


def test_percentiles_heed_weights() -> None:
    lags = Lags()
    lags.add(1_000_000, 99)
    lags.add(500_000_000, 1)
    assert lags.percentile_ms(98) == pytest.approx(1.1)
    assert lags.percentile_ms(99.5) == pytest.approx(500.1)


def test_a_clock_behind_the_servers_is_no_lag() -> None:
    lags = Lags()
    lags.add(-3_000_000, 1)
    assert lags.percentile_ms(50) == pytest.approx(0.1)
