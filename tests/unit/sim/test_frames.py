"""How the events of a market become one connection's WebSocket frames."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest

from fastpoly import decode
from fastpoly._core import SyntheticMarket, SyntheticSubscription
from fastpoly.schema import MARKETS
from tests.unit.sim.test_market import NOON, follow


def parse_frames(data: bytes) -> list[bytes]:
    """The payloads of unmasked, final text frames; anything else fails."""
    payloads = []
    at = 0
    while at < len(data):
        assert data[at] == 0x81
        size, at = data[at + 1], at + 2
        if size == 126:
            size, at = int.from_bytes(data[at : at + 2], "big"), at + 2
            assert size >= 126
        elif size == 127:
            size, at = int.from_bytes(data[at : at + 8], "big"), at + 8
            assert size >= 65536
        payloads.append(data[at : at + size])
        assert len(payloads[-1]) == size
        at += size
    return payloads


@pytest.fixture
def market() -> SyntheticMarket:
    return SyntheticMarket("stocks", seed=11, symbols=50)


def sizes(data: bytes) -> list[int]:
    return [len(json.loads(payload)) for payload in parse_frames(data)]


@pytest.mark.parametrize("events_per_frame", [1, 2, 7, 100, 5000])
def test_frames_hold_as_many_events_as_asked_for(
    market: SyntheticMarket, events_per_frame: int
) -> None:
    subscription = follow(market, "T.*", "Q.*")
    market.advance(NOON, 1000)
    frames = subscription.frames(events_per_frame)
    counts = sizes(frames)
    assert sum(counts) == 1000
    assert set(counts[:-1]) <= {events_per_frame}
    assert subscription.frames_sent == len(counts)
    assert subscription.bytes_sent == len(frames)


def test_frames_and_payloads_are_the_same(market: SyntheticMarket) -> None:
    subscription = follow(market, "T.*", "Q.NVDA", "LULD.*")
    market.advance(NOON, 500)
    assert parse_frames(subscription.frames(9)) == subscription.payloads(9)


def test_no_frame_is_longer_than_allowed_but_for_a_single_event(market: SyntheticMarket) -> None:
    subscription = follow(market, "T.*", "Q.*")
    market.advance(NOON, 1000)
    payloads = subscription.payloads(1000, max_bytes=2000)
    assert len(payloads) > 50
    assert max(map(len, payloads)) <= 2000
    assert sum(len(json.loads(payload)) for payload in payloads) == 1000
    assert {len(json.loads(payload)) for payload in subscription.payloads(9, max_bytes=1)} == {1}


def test_nothing_happened_and_nothing_wanted(market: SyntheticMarket) -> None:
    subscription = follow(market, "T.*")
    market.advance(NOON, 0)
    assert subscription.frames() == b""
    nothing = market.subscription()
    market.advance(NOON, 100)
    assert nothing.frames() == b""
    assert nothing.payloads() == []
    assert nothing.sent == {}


def test_a_prefix_goes_to_the_front_of_the_first_frame(market: SyntheticMarket) -> None:
    subscription = follow(market, "T.*", "Q.*")
    market.advance(NOON, 30)
    payloads = subscription.payloads(10, prefix=b'{"a":1},{"b":2}')
    assert json.loads(payloads[0])[:2] == [{"a": 1}, {"b": 2}]
    assert [len(json.loads(payload)) for payload in payloads] == [12, 10, 10]
    market.advance(NOON, 0)
    assert subscription.frames(10, prefix=b"{}") == b""


def test_counts_are_of_what_was_handed_out(market: SyntheticMarket) -> None:
    subscription = follow(market, "T.*", "Q.*")
    for _ in range(3):
        market.advance(NOON, 100)
        subscription.frames(10)
    market.advance(NOON, 100)
    market.advance(NOON, 100)
    assert sum(subscription.sent.values()) == 300
    assert set(subscription.sent) == {"T", "Q"}
    subscription.frames(10)
    assert sum(subscription.sent.values()) == 400


def chosen(market: SyntheticMarket, subscription: SyntheticSubscription) -> set[tuple[str, str]]:
    found = set()
    for step in range(50):
        market.advance(NOON + step, 100)
        for payload in subscription.payloads():
            for event in json.loads(payload):
                found.add((event["ev"], event.get("sym", event.get("T"))))
    return found


def test_subscriptions_add_up_and_come_off(market: SyntheticMarket) -> None:
    subscription = market.subscription()
    nvda, tsla = market.find("NVDA"), market.find("TSLA")
    assert subscription.add("T", nvda)
    assert not subscription.add("T", nvda)
    assert subscription.add("Q", tsla)
    assert chosen(market, subscription) == {("T", "NVDA"), ("Q", "TSLA")}
    assert subscription.add("T")
    assert not subscription.add("T")
    assert len(chosen(market, subscription)) > 40
    assert subscription.remove("T")
    assert not subscription.remove("T")
    assert chosen(market, subscription) == {("T", "NVDA"), ("Q", "TSLA")}
    assert subscription.remove("Q", tsla)
    assert not subscription.remove("Q", tsla)
    assert chosen(market, subscription) == {("T", "NVDA")}


def test_subscribers_do_not_disturb_each_other(market: SyntheticMarket) -> None:
    one, other = follow(market, "T.NVDA"), follow(market, "T.NVDA", "Q.TSLA")
    assert chosen(market, one) == {("T", "NVDA")}
    del one
    gc.collect()
    assert chosen(market, other) == {("T", "NVDA"), ("Q", "TSLA")}
    late = follow(market, "T.*")
    assert len(chosen(market, late)) > 20
    del late
    assert chosen(market, other) == {("T", "NVDA"), ("Q", "TSLA")}


def test_a_subscription_keeps_its_market() -> None:
    subscription = follow(SyntheticMarket("stocks", symbols=10), "T.*")
    gc.collect()
    subscription.market.advance(NOON, 100)
    assert subscription.frames()


def test_duplicates() -> None:
    market = SyntheticMarket("stocks", symbols=1, seed=3)
    subscription = market.subscription(duplicates=True)
    subscription.add("Q")
    subscription.add("Q", 0)
    subscription.add("T", 0)
    market.advance(NOON, 100)
    events = [event for payload in subscription.payloads(7) for event in json.loads(payload)]
    quotes = [event for event in events if event["ev"] == "Q"]
    trades = [event for event in events if event["ev"] == "T"]
    assert quotes[::2] == quotes[1::2]
    assert len(trades) + len(quotes) // 2 == 100
    assert subscription.sent == {"T": len(trades), "Q": len(quotes)}


@pytest.mark.parametrize("name", MARKETS)
def test_the_decoder_reads_all_of_it(name: str) -> None:
    market = SyntheticMarket(name, seed=12, symbols=100, late_per_million=20_000)
    subscription = follow(market)
    for step in range(700):
        market.advance(NOON - 3000 + step * 100, 30)
        for payload in subscription.payloads(40):
            batch = decode(payload, market=name)
            assert batch.dicts() == json.loads(payload)
            assert not any(event.malformed for event in batch)
            assert not any(type(event).__name__ == "UnknownEvent" for event in batch)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda s: s.add("X"), ValueError),
        (lambda s: s.remove("X"), ValueError),
        (lambda s: s.add("T", 50), IndexError),
        (lambda s: s.add("T", -1), IndexError),
        (lambda s: s.remove("T", 50), IndexError),
        (lambda s: s.frames(0), ValueError),
        (lambda s: s.payloads(0), ValueError),
        (lambda s: s.frames(-1), OverflowError),
        (lambda s: type(s)(None), TypeError),
    ],
)
def test_misuse(market: SyntheticMarket, call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(market.subscription())
