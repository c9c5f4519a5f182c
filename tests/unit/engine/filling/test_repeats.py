"""What makes an event the same as another, however each of them is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from fastpoly import decode, schema
from fastpoly.engine.filling.repeats import FILLED_KEY, Received, identified, symbols_of

T0 = 1_781_706_600_000
DAY_MS = 86_400_000

STOCK = {"ev": "T", "sym": "A", "i": "7", "x": 4, "p": 1.5, "s": 10, "t": T0, "q": 3}
OPTION = {"ev": "T", "sym": "O:A", "x": 309, "p": 2.5, "s": 1, "c": [209], "t": T0}
QUOTE = {"ev": "Q", "sym": "A", "bp": 1.5, "ap": 1.6, "t": T0, "q": 9}
PAIR = {"ev": "C", "p": "EUR/USD", "x": 48, "a": 1.0, "b": 0.5, "t": T0}
COIN = {"ev": "XT", "pair": "BTC-USD", "x": 1, "p": 5.0, "s": 0.5, "t": T0, "i": "9"}
FUTURE_QUOTE = {"ev": "Q", "sym": "ESH7", "bp": 5000.0, "bs": 1, "ap": 5001.0, "as": 2, "t": T0}
FUTURE = {"ev": "T", "sym": "ESH7", "p": 5000, "s": 1, "t": T0, "q": 4}


def same(market: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    spec = schema.MARKETS[market]
    return identified(spec, one).key == identified(spec, other).key


def without(event: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key not in keys}


@pytest.mark.parametrize(
    ("market", "one", "other"),
    [
        # On an exchange the stream leaves the facility out, and the other side writes 0.
        ("stocks", STOCK, STOCK | {"trfi": 0}),
        ("stocks", STOCK, STOCK | {"i": 7, "t": T0 + 1, "p": 1.6}),
        ("stocks", without(STOCK, "i"), without(STOCK, "i") | {"p": 2, "t": T0 + 1}),
        ("stocks", QUOTE, QUOTE | {"bp": 1.25, "t": T0 + 1, "c": 1}),
        # Neither a number nor an id, and keys that only one side has.
        ("options", OPTION, OPTION | {"s": 1.0, "pt": T0, "filled": True}),
        ("options", without(OPTION, "c"), OPTION | {"c": []}),
        ("options", OPTION | {"q": 5}, OPTION | {"q": 5, "t": T0 + 1}),
        ("forex", PAIR, PAIR | {"a": 1}),
        ("crypto", COIN, COIN | {"i": 9, "t": T0 + 1}),
        ("crypto", without(COIN, "i"), without(COIN, "i") | {"r": T0 + 20}),
        ("futures", FUTURE_QUOTE, FUTURE_QUOTE | {"bp": 5000, "bt": T0}),
        ("futures", FUTURE, FUTURE | {"t": T0 + 1}),
        ("futures", without(FUTURE, "q"), without(FUTURE, "q") | {"p": 5000.0}),
        ("stocks", {"ev": "new", "a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2.0}], "ev": "new"}),
        ("indices", {"ev": "V", "T": "I:X", "val": 5, "t": 1}, {"ev": "V", "T": "I:X", "val": 5.0,
                                                               "t": 1, "filled": True}),
    ],
)  # fmt: skip
def test_the_same_event_written_in_another_way(
    market: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert same(market, one, other)


@pytest.mark.parametrize(
    ("market", "one", "other"),
    [
        ("stocks", STOCK, STOCK | {"sym": "B"}),
        ("stocks", STOCK, STOCK | {"trfi": 201}),
        ("stocks", STOCK, STOCK | {"x": 5}),
        # Ids and numbers begin anew every day.
        ("stocks", STOCK, STOCK | {"t": T0 + DAY_MS}),
        ("stocks", QUOTE, QUOTE | {"t": T0 + DAY_MS}),
        ("futures", FUTURE, FUTURE | {"t": T0 + DAY_MS}),
        ("options", OPTION, OPTION | {"c": [210]}),
        ("options", OPTION, OPTION | {"t": T0 + 1}),
        ("forex", PAIR, PAIR | {"b": 0.25}),
        ("crypto", COIN, COIN | {"x": 2}),
        ("futures", FUTURE_QUOTE, FUTURE_QUOTE | {"as": 3}),
        ("stocks", {"ev": "new", "a": [1]}, {"ev": "new", "a": [1, 1]}),
    ],
)
def test_other_events(market: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not same(market, one, other)


def test_a_crypto_id_never_begins_anew() -> None:
    assert same("crypto", COIN, COIN | {"t": T0 + 9 * DAY_MS})


def received(market: str, events: Iterable[dict[str, Any]], **options: Any) -> Received:
    found = Received()
    batch = decode(json.dumps([*events]).encode(), market=market)
    found.add_batches(schema.MARKETS[market], [batch], **options)
    return found


def take(had: Received, market: str, event: dict[str, Any], **options: Any) -> bool:
    return had.take(identified(schema.MARKETS[market], event), **options)


def test_equal_prints_count_as_many_times_as_they_came() -> None:
    had = received("options", [OPTION, OPTION])
    assert [take(had, "options", OPTION) for _ in range(3)] == [True, True, False]
    had = received("stocks", [STOCK])
    assert [take(had, "stocks", STOCK) for _ in range(2)] == [True, True]


def test_a_restated_bar_is_no_repeat_of_what_it_corrects() -> None:
    bar = {"ev": "AM", "sym": "A", "o": 1, "c": 2, "h": 3, "l": 1, "v": 100, "s": T0}
    had = received("stocks", [bar | {"av": 5000, "e": T0 + 60_000}])
    assert take(had, "stocks", bar, corrects=True)
    assert not take(had, "stocks", bar | {"v": 150}, corrects=True)
    assert take(had, "stocks", bar | {"v": 150})
    had.add(identified(schema.MARKETS["stocks"], bar | {"v": 150}))
    assert take(had, "stocks", bar | {"v": 150}, corrects=True)
    # What one side does not have says nothing.
    assert take(had, "stocks", {key: bar[key] for key in ("ev", "sym", "s", "c")}, corrects=True)


def test_only_symbols_that_can_repeat_are_looked_at() -> None:
    events = [STOCK, STOCK | {"sym": "B"}, STOCK | {"sym": "C"}]
    assert len(received("stocks", events)) == 3
    assert len(received("stocks", events, symbols={"B"})) == 1
    assert len(received("stocks", events, symbols=set())) == 0
    stocks = schema.MARKETS["stocks"]
    assert symbols_of(identified(stocks, one) for one in events) == {"A", "B", "C"}
    assert symbols_of(identified(stocks, one) for one in (STOCK, {"ev": "new"})) is None


def test_every_identity_names_keys_of_its_event_type() -> None:
    for kind in schema.EVENT_TYPES:
        keys = {field.key for field in kind.fields}
        assert not kind.identities[-1].needs, "the last one applies always"
        for identity in kind.identities:
            assert {*identity.keys, *identity.restated} <= keys
            assert not identity.needs or identity.needs in identity.keys
        assert FILLED_KEY not in keys
