"""The demo's meter: exact counts and lags, sampled symbols."""

from __future__ import annotations

import json
import time

import pytest

import fastpoly
from fastpoly._core import Histogram
from fastpoly.cli.meter import SAMPLES_PER_BATCH, Meter, percentile_ms


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
    lags = meter.take().lags["T"]
    median = percentile_ms(lags, 50)
    assert lags.count == 3
    assert median is not None
    assert 5000 <= median < 65_000


def test_events_without_a_stamp_have_no_lag() -> None:
    meter = Meter("stocks")
    meter.add(batch_of(bar("AAPL"), trade("AAPL", None)))
    tally = meter.take()
    assert tally.events == {"AM": 1, "T": 1}
    assert tally.lags == {}
    assert percentile_ms(tally.lags_of_all(), 99) is None
    assert percentile_ms(None, 99) is None


def test_samples_stand_for_the_whole_batch() -> None:
    meter = Meter("stocks")
    length = SAMPLES_PER_BATCH * 50
    half = length // 2
    meter.add(batch_of(*[trade("AAPL")] * half, *[trade("MSFT")] * half))
    assert dict(meter.busiest(5)) == pytest.approx({"AAPL": 0.5, "MSFT": 0.5})


@pytest.mark.parametrize("length", [1, 2, SAMPLES_PER_BATCH + 1, 1000])
def test_lags_are_of_all_events(length: int) -> None:
    meter = Meter("stocks")
    now_ms = time.time_ns() // 1_000_000
    late = [trade("AAPL", now_ms - 3_600_000)] * (length - 1)
    meter.add(batch_of(trade("AAPL", now_ms), *late))
    lags = meter.take().lags["T"]
    assert lags.count == length
    assert lags.min < 60_000_000_000


def test_lags_of_part_of_a_batch() -> None:
    meter = Meter("stocks")
    batch = batch_of(*[trade("AAPL"), bar("AAPL")] * 10)
    for part in (batch[3:9], batch.select("T")[:4], batch[::2], batch.select("AM")):
        meter.add(part)
    assert meter.take().lags["T"].count == 3 + 4 + 10


def test_busiest_are_ranked_over_batches() -> None:
    meter = Meter("stocks")
    for symbol, times in (("A", 1), ("B", 5), ("C", 3)):
        for _ in range(times):
            meter.add(batch_of(trade(symbol)))
    assert [symbol for symbol, _ in meter.busiest(2)] == ["B", "C"]
    assert meter.busiest(1)[0][1] == pytest.approx(5 / 9)


def test_lags_of_channels_and_intervals_add_up() -> None:
    meter = Meter("stocks")
    now_ms = time.time_ns() // 1_000_000
    quote = {**trade("AAPL", now_ms - 60_000), "ev": "Q"}
    meter.add(batch_of(trade("AAPL", now_ms), quote))
    assert meter.take().lags_of_all().count == 2
    meter.add(batch_of(quote))
    assert meter.take().lags_of_all().count == 1
    assert {name: lags.count for name, lags in meter.total.lags.items()} == {"T": 1, "Q": 2}
    assert meter.total.lags_of_all().max >= 60_000_000_000


def test_a_clock_behind_the_servers_is_no_lag() -> None:
    lags = Histogram()
    lags.record(-3_000_000)
    assert percentile_ms(lags, 50) == 0
