"""The synthetic markets: what they send is valid, consistent with itself, and repeatable."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest

from fastpoly._core import SyntheticMarket, SyntheticSubscription
from fastpoly.schema import MARKETS

NOON = 1_781_697_600_000  # a whole minute, Unix ms
SYMBOLS = 300


def follow(market: SyntheticMarket, *params: str) -> SyntheticSubscription:
    """A subscription to the given channels or instruments; to everything without any."""
    subscription = market.subscription()
    for param in params or [f"{channel}.*" for channel in market.channels]:
        channel, _, symbol = param.partition(".")
        subscription.add(channel, None if symbol == "*" else market.find(symbol))
    return subscription


def live(
    market: SyntheticMarket,
    subscription: SyntheticSubscription,
    *,
    seconds: int = 3,
    events: int = 40,
    start: int = NOON,
) -> Iterator[dict[str, Any]]:
    """Events of some seconds in steps of 10 ms, numbers as `Decimal` or `int`."""
    for step in range(seconds * 100):
        market.advance(start + step * 10, events)
        for text in subscription.payloads():
            yield from json.loads(text, parse_float=Decimal)


def is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


VALID = {
    "SYMBOL": lambda value: isinstance(value, str) and 0 < len(value) <= 32,
    "TEXT": lambda value: isinstance(value, str) and value != "",
    "DECIMAL": lambda value: re.fullmatch(r"\d+\.(0|\d{6})", value) is not None,
    "INT": lambda value: type(value) is int,
    "FLOAT": is_number,
    "MS": lambda value: type(value) is int and abs(value - NOON) < 600_000,
    "NS": lambda value: type(value) is int and abs(value - NOON * 1_000_000) < 600 * 10**9,
    "EPOCH": lambda value: VALID["MS"](value) or VALID["NS"](value),
    "FLAG": lambda value: value is True,
    "CODES": lambda value: isinstance(value, list) and all(type(code) is int for code in value),
    "LEVELS": lambda value: value != [] and all(len(level) == 2 for level in value),
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", MARKETS)
def test_every_event_is_what_the_schema_says(name: str) -> None:
    market = SyntheticMarket(name, seed=5, symbols=2000, late_per_million=20_000)
    seen: dict[str, int] = defaultdict(int)
    keys_seen: dict[str, set[str]] = defaultdict(set)
    for event in live(market, follow(market), events=8, seconds=66, start=NOON - 3000):
        channel = MARKETS[name].channel(event["ev"])
        assert channel is not None, event
        keys = list(event)[1:]
        order = [field.key for field in channel.event.fields if field.key in event]
        assert keys == order, event
        for field in channel.event.fields:
            if field.key in event:
                assert VALID[field.kind.name](event[field.key]), (field.key, event)
            else:
                assert field.optional, (field.key, event)
        seen[channel.name] += 1
        keys_seen[channel.name].update(keys)
    assert set(seen) == {channel.name for channel in MARKETS[name].channels}
    if name == "stocks":  # the market with everything optional
        assert {"c", "trfi", "trft", "pt", "ds"} <= keys_seen["T"]
        assert {"c", "i", "bp", "ap"} <= keys_seen["Q"]
        assert {"op", "otc", "dv", "dav"} <= keys_seen["A"]


def go_spelling(number: Decimal) -> str:
    """How Go's shortest 'g' format writes a number."""
    if number == 0:
        return "0"
    sign, digits, exponent = number.normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    power = len(text) - 1 + exponent
    if -4 <= power < 6:
        return f"{number.normalize():f}"
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{'-' if sign else ''}{text[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02}"


@pytest.mark.parametrize("name", MARKETS)
def test_the_text_is_compact_and_numbers_are_spelled_as_the_server_does(name: str) -> None:
    market = SyntheticMarket(name, seed=9, symbols=SYMBOLS)
    subscription = follow(market)
    spelled: set[str] = set()
    for step in range(400):
        market.advance(NOON - 1000 + step * 10, 30)
        for payload in subscription.payloads():
            text = payload.decode("ascii")
            assert " " not in text
            raw = json.loads(text, parse_float=lambda token: spelled.add(token) or token)
            assert json.dumps(raw, separators=(",", ":")).replace('"', "") == text.replace('"', "")
    assert spelled
    for token in spelled:
        assert token == go_spelling(Decimal(token))
        assert Decimal(repr(float(token))) == Decimal(token), "not the shortest spelling"


def test_numbers_at_the_edges_of_the_formats_are_spelled_as_the_server_does() -> None:
    market = SyntheticMarket("crypto", seed=2, symbols=40)
    tokens: set[str] = set()
    for step in range(6000):
        market.advance(NOON + step * 20, 5)
    subscription = follow(market)
    for step in range(6000, 9100):
        market.advance(NOON + step * 20, 5)
        for payload in subscription.payloads():
            tokens.update(re.findall(rb"[:\[,](-?[0-9.]+e[+-][0-9]+)", payload))
    assert any(b"e-" in token for token in tokens)
    assert any(b"e+" in token for token in tokens)
    for token in tokens:
        text = token.decode()
        assert text == go_spelling(Decimal(text))


# Market -> channel of trades (or what bars are made of), its symbol, time, price and size.
BAR_SOURCES = {
    "stocks": ("T", "sym", "pt", "p", "ds", {"A": 1000, "AM": 60_000}),
    "options": ("T", "sym", "t", "p", "s", {"A": 1000, "AM": 60_000}),
    "forex": ("C", "p", "t", "b", None, {"CAS": 1000, "CA": 60_000}),
    "crypto": ("XT", "pair", "t", "p", "s", {"XAS": 1000, "XA": 60_000}),
    "indices": ("V", "T", "t", "val", None, {"A": 1000, "AM": 60_000}),
    "futures": ("T", "sym", "t", "p", "s", {"A": 1000, "AM": 60_000}),
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", BAR_SOURCES)
def test_bars_agree_with_the_trades(name: str) -> None:
    source, symbol_key, time_key, price_key, size_key, channels = BAR_SOURCES[name]
    market = SyntheticMarket(
        name, seed=3, symbols=50, trade_share=0.5, late_per_million=5000, bar_hold_ms=500
    )
    windows: dict[tuple[str, str, int], list[tuple[Decimal, Decimal]]] = defaultdict(list)
    bars: dict[tuple[str, str, int], list[dict[str, Any]]] = defaultdict(list)
    subscription = follow(market, f"{source}.*", *(f"{channel}.*" for channel in channels))
    rest = live(market, subscription, seconds=3, events=0, start=NOON + 70_000)
    for event in chain(live(market, subscription, seconds=70, events=10), rest):
        if event["ev"] == source:
            size = Decimal(event[size_key]) if size_key else Decimal(1)
            for channel, length in channels.items():
                start = event[time_key] // length * length
                windows[channel, event[symbol_key], start].append((event[price_key], size))
        else:
            assert event["e"] - event["s"] == channels[event["ev"]]
            assert event["s"] % channels[event["ev"]] == 0
            bar_symbol = event.get("sym", event.get("pair"))
            bars[event["ev"], bar_symbol, event["s"]].append(event)
    finished = [
        window for window in windows if NOON <= window[2] <= NOON + 70_000 - channels[window[0]]
    ]
    assert {window[0] for window in finished} == set(channels)
    for window in finished:
        trades = windows[window]
        bar = bars[window][-1]  # the last one sent of a window is the valid one
        prices = [price for price, _ in trades]
        volume = sum(size for _, size in trades)
        assert (bar["h"], bar["l"]) == (max(prices), min(prices)), (bar, trades)
        assert {bar["o"], bar["c"]} <= set(prices)
        if name == "indices":
            assert "v" not in bar
        elif name == "stocks":
            assert Decimal(bar["dv"]) == volume
            assert bar["v"] == int(volume)
        elif name == "forex":
            assert bar["v"] == len(trades)
        else:
            assert bar["v"] == volume
        if "vw" in bar and name == "stocks":
            notional = sum(price * size for price, size in trades)
            assert abs(bar["vw"] - notional / volume) <= Decimal("0.000051")
        if name == "futures":
            assert bar["n"] == len(trades)
            assert bar["dv"] == sum(price * size for price, size in trades)
    restated = [sent for sent in bars.values() if len(sent) > 1]
    assert bool(restated) == (name == "stocks")
    for sent in restated:
        assert [Decimal(bar["dv"]) for bar in sent] == sorted(Decimal(bar["dv"]) for bar in sent)


def test_open_and_close_are_the_first_and_last_trades_that_came_in_time() -> None:
    market = SyntheticMarket("stocks", seed=4, symbols=5, trade_share=1.0, late_per_million=0)
    subscription = follow(market, "T.*", "A.*")
    trades: dict[tuple[str, int], list[Decimal]] = defaultdict(list)
    checked = 0
    for event in live(market, subscription, seconds=10, events=3):
        if event["ev"] == "T":
            trades[event["sym"], event["pt"] // 1000 * 1000].append(event["p"])
        elif event["s"] > NOON:
            # One that arrives after the second has ended is counted, but not as the last.
            prices = trades[event["sym"], event["s"]]
            assert event["o"] in prices[:4]
            assert event["c"] in prices[-4:]
            checked += 1
    assert checked > 10


def test_trades_are_within_the_quotes_and_quotes_never_cross() -> None:
    market = SyntheticMarket("stocks", seed=6, symbols=20, trade_share=0.5, halts_per_million=0)
    quotes: dict[str, tuple[Decimal, Decimal]] = {}
    checked = 0
    for event in live(market, follow(market, "T.*", "Q.*"), seconds=5):
        if event["ev"] == "Q":
            assert event["bp"] < event["ap"]
            assert event["bs"] > 0
            quotes[event["sym"]] = (event["bp"], event["ap"])
        elif event["sym"] in quotes:
            bid, ask = quotes[event["sym"]]
            assert bid <= event["p"] <= ask
            checked += 1
    assert checked > 1000


def test_sizes_are_cut_off_fractions() -> None:
    market = SyntheticMarket("stocks", seed=6, symbols=20, trade_share=1.0)
    zeros = fractions = 0
    for event in live(market, follow(market, "T.*"), seconds=2):
        exact = Decimal(event["ds"])
        assert event["s"] == int(exact)
        assert exact > 0
        zeros += event["s"] == 0
        fractions += exact != int(exact)
    assert zeros > 10
    assert fractions > zeros


def test_halted_stocks_do_not_trade() -> None:
    market = SyntheticMarket("stocks", seed=8, symbols=100, trade_share=0.5, halts_per_million=5000)
    halted: set[str] = set()
    halts = resumptions = 0
    subscription = follow(market, "T.*", "LULD.*")
    for event in live(market, subscription, seconds=40, events=20):
        if event["ev"] == "T":
            assert event["sym"] not in halted
        elif event["i"] == [17]:
            assert (event["h"], event["l"]) == (0, 0)
            halted.add(event["T"])
            halts += 1
        elif event["i"] == [18]:
            halted.discard(event["T"])
            resumptions += 1
        else:
            assert event["l"] < event["h"]
    assert halts > 3
    assert resumptions > 1


def test_sequence_numbers_rise_per_symbol() -> None:
    market = SyntheticMarket("stocks", seed=8, symbols=20)
    last: dict[tuple[str, str], int] = {}
    for event in live(market, follow(market, "T.*", "Q.*"), seconds=2):
        key = (event["ev"], event["sym"])
        assert event["q"] > last.get(key, 0)
        last[key] = event["q"]


def test_activity_is_heavy_tailed() -> None:
    market = SyntheticMarket("stocks", seed=8, symbols=2000)
    counts: dict[str, int] = defaultdict(int)
    for event in live(market, follow(market, "T.*", "Q.*"), seconds=3, events=200):
        counts[event["sym"]] += 1
    busiest = sorted(counts.values(), reverse=True)
    assert sum(busiest[:100]) > sum(busiest) / 3
    assert len(busiest) > 1500
    assert market.symbols[0] in sorted(counts, key=counts.__getitem__)[-3:]


def test_trade_share_sets_the_mix() -> None:
    market = SyntheticMarket("stocks", seed=8, symbols=100, trade_share=0.5, halts_per_million=0)
    subscription = follow(market, "T.*", "Q.*")
    market.advance(NOON, 10_000)
    subscription.frames()
    assert sum(subscription.sent.values()) == 10_000
    assert 4500 < subscription.sent["T"] < 5500


@pytest.mark.parametrize("name", MARKETS)
def test_the_seed_decides_everything_and_subscriptions_nothing(name: str) -> None:
    def record(seed: int, *params: str) -> bytes:
        market = SyntheticMarket(name, seed=seed, symbols=SYMBOLS)
        subscription = follow(market, *params)
        return b"".join(
            text
            for step in range(300)
            for text in (market.advance(NOON + step * 10, 20), *subscription.payloads(7))
            if text
        )

    everything = record(1)
    assert everything == record(1)
    assert everything != record(2)
    first = MARKETS[name].channels[0].name
    marker = f'{{"ev":"{first}",'
    alone = json.loads(b"[" + record(1, f"{first}.*").replace(b"][", b",")[1:])
    filtered = json.loads(b"[" + everything.replace(b"][", b",")[1:])
    assert alone == [event for event in filtered if event["ev"] == first], marker


@pytest.mark.parametrize("name", MARKETS)
def test_symbols_are_distinct_and_found(name: str) -> None:
    market = SyntheticMarket(name, symbols=700)
    symbols = market.symbols
    assert len(set(symbols)) == len(symbols) > 300
    assert [market.find(symbol) for symbol in symbols] == list(range(len(symbols)))
    assert market.find("NO SUCH THING") == -1
    assert SyntheticMarket(name, symbols=1).symbols == symbols[:1]


def test_the_seed_may_be_any_64_bit_number() -> None:
    assert SyntheticMarket("stocks", seed=2**64 - 1, symbols=3).symbols


def test_an_unknown_market_is_refused() -> None:
    with pytest.raises(ValueError, match="no market named 'bonds'"):
        SyntheticMarket("bonds")


def test_late_trades_per_million_is_what_it_says() -> None:
    market = SyntheticMarket("stocks", seed=1, symbols=50, trade_share=1.0, late_per_million=50_000)
    for step in range(60):  # a trade needs a past to be late for
        market.advance(NOON - 60_000 + step * 1000, 1000)
    trades = list(live(market, follow(market, "T.*"), seconds=3, events=100))
    late = sum(event["t"] - event["pt"] >= 1000 for event in trades)
    assert 0.5 < late / len(trades) / 0.05 < 1.5
    assert all(event["pt"] <= event["t"] for event in trades)


def test_a_clock_that_is_set_back_or_forward_breaks_nothing() -> None:
    market = SyntheticMarket("stocks", seed=1, symbols=50)
    subscription = follow(market)
    for now in (NOON, NOON + 3_600_000, NOON + 1500, NOON + 1600, NOON - 90_000, NOON + 120_000):
        for step in range(200):
            market.advance(now + step * 20, 20)
            for text in subscription.payloads():
                json.loads(text)
    assert subscription.sent["AM"] > 0
