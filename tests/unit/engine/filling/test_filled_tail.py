"""Live batches without what filled the gap before them."""

from __future__ import annotations

import json
from typing import Any

from fastpoly import decode, schema
from fastpoly._core import Batch, batch_of, concat
from fastpoly.engine.filling.filled_tail import TAIL_NS, FilledTail
from fastpoly.engine.filling.repeats import clock_ns
from fastpoly.notices import Gap

STOCKS = schema.MARKETS["stocks"]
T0 = 1_781_706_600_000


def trade(q: int, t: int = T0, **more: Any) -> dict[str, Any]:
    return {"ev": "T", "sym": "A", "i": str(q), "x": 4, "p": 1.5, "s": 1, "t": t, "q": q, **more}


def bar(close: float, **more: Any) -> dict[str, Any]:
    prices = {"o": 1.0, "c": close, "h": 9.0, "l": 1.0, "v": 5.0}
    return {"ev": "AM", "sym": "A", **prices, "s": T0 - 60_000, "e": T0, **more}


def batch(*events: dict[str, Any]) -> Batch:
    return decode(json.dumps(events), market="stocks")


def tail(*events: dict[str, Any]) -> FilledTail:
    return FilledTail(STOCKS, [{**event, "filled": True} for event in events], T0 * 1_000_000)


def numbers(events: Batch) -> list[int]:
    return [event["q"] for event in events]


def test_repeats_go_wherever_they_are_in_a_batch() -> None:
    filled = tail(trade(1), trade(2), trade(3))
    assert numbers(filled.drop_repeats(batch(*map(trade, (1, 4, 2, 5, 6, 3))))) == [4, 5, 6]
    assert numbers(filled.drop_repeats(batch(trade(3)))) == []


def test_a_batch_without_repeats_stays_as_it_is() -> None:
    filled = tail(trade(1))
    for live in (batch(trade(2)), batch(trade(1, sym="B")), batch({"ev": "new"})):
        assert filled.drop_repeats(live) is live


def test_a_bar_that_is_sent_late_is_a_repeat_unless_it_was_restated() -> None:
    filled = tail(bar(2.0))
    assert len(filled.drop_repeats(batch(bar(2.0, av=100)))) == 0
    assert len(filled.drop_repeats(batch(bar(2.5, av=100)))) == 1


def test_what_was_long_over_cannot_come_late() -> None:
    old = T0 - TAIL_NS // 1_000_000
    filled = tail(trade(1, old), trade(2, old + 1), trade(3))
    assert numbers(filled.drop_repeats(batch(*map(trade, (1, 2, 3))))) == [1]


def test_notices_stay() -> None:
    gap = Gap(market="stocks", at_ns=1, cause="cut", since_ns=1, until_ns=2)
    live = concat([batch_of("stocks", [gap]), batch(trade(1), trade(2))])
    first, second = tail(trade(1)).drop_repeats(live)
    assert (first, second["q"]) == (gap, 2)


def test_clocks() -> None:
    assert clock_ns(STOCKS, trade(1)) == T0 * 1_000_000
    assert clock_ns(STOCKS, bar(2.0)) == T0 * 1_000_000
    assert clock_ns(STOCKS, {"ev": "LULD", "t": T0 * 1_000_000}) == T0 * 1_000_000
    assert clock_ns(STOCKS, {"ev": "new", "t": 1}) is None
    assert clock_ns(STOCKS, {"ev": "T", "t": "x"}) is None
