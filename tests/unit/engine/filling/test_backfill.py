from __future__ import annotations

import json
from typing import Any

import pytest

from fastpoly import decode
from fastpoly._core import Batch
from fastpoly.engine.filling.backfill import MAX_HELD_BYTES, Backfill
from fastpoly.errors import UsageError
from fastpoly.notices import Gap


def trade(q: int, **more: Any) -> dict[str, Any]:
    base = {"ev": "T", "sym": "A", "i": str(q), "x": 4, "p": 1.5, "s": 100, "t": 1000 + q, "q": q}
    return base | more


def batch(*events: dict[str, Any], market: str = "stocks") -> Batch:
    return decode(json.dumps(events).encode(), market=market)


def gap(market: str = "stocks") -> Gap:
    return Gap(market=market, at_ns=9, cause="cut", since_ns=1, until_ns=8)


def flat(batches: list[Batch]) -> list[Any]:
    return [event for one in batches for event in one]


def test_order_and_mark() -> None:
    filling = Backfill(gap(), [batch(trade(1))])
    assert filling.hold(batch(trade(5)))
    assert filling.hold(batch(trade(6)))
    notice, *events = flat(filling.finish([trade(2), trade(3)]))
    assert isinstance(notice, Gap)
    assert notice.filled == 2
    assert [event["q"] for event in events] == [2, 3, 5, 6]
    assert [bool(event.get("filled")) for event in events] == [True, True, False, False]
    assert events[0].price == 1.5


def test_repeats_of_what_was_before_after_and_among_themselves() -> None:
    filling = Backfill(gap(), [batch(trade(1), trade(2))])
    filling.hold(batch(trade(5)))
    supplied = [trade(2), trade(3), trade(3), trade(4), trade(5)]
    (notice, *events) = flat(filling.finish(supplied))
    assert [event["q"] for event in events] == [3, 4, 5]
    assert notice.filled == 2


def test_nothing_supplied() -> None:
    for supplied in (None, [], [trade(1)]):
        filling = Backfill(gap(), [batch(trade(1))])
        filling.hold(batch(trade(2)))
        notice, event = flat(filling.finish(supplied))
        assert notice.filled == 0
        assert event["q"] == 2


def test_a_batch_may_be_supplied() -> None:
    notice, event = flat(Backfill(gap(), []).finish(batch(trade(7))))
    assert (notice.filled, event["q"], event["filled"]) == (1, 7, True)


@pytest.mark.parametrize(
    ("market", "one", "same", "other"),
    [
        ("stocks", trade(1), trade(2, i="1"), trade(1, x=5)),
        ("stocks", trade(1), trade(2, i="1"), trade(1, trfi=201)),
        (
            "stocks",
            {"ev": "Q", "sym": "A", "bp": 1, "q": 5},
            {"ev": "Q", "sym": "A", "bp": 2, "q": 5},
            {"ev": "Q", "sym": "A", "bp": 1, "q": 6},
        ),
        (
            "stocks",
            {"ev": "AM", "sym": "A", "o": 1, "s": 60, "e": 120},
            {"ev": "AM", "sym": "A", "o": 1.0, "av": 5, "s": 60, "e": 120},
            {"ev": "AM", "sym": "A", "o": 1, "s": 120, "e": 180},
        ),
        (
            "crypto",
            {"ev": "XT", "pair": "BTC-USD", "i": "9", "x": 1, "p": 5, "t": 1},
            {"ev": "XT", "pair": "BTC-USD", "i": "9", "x": 1, "p": 6, "t": 1},
            {"ev": "XT", "pair": "BTC-USD", "i": "9", "x": 2, "p": 5, "t": 1},
        ),
        (
            "forex",
            {"ev": "C", "p": "EUR/USD", "a": 1.1, "b": 1.0, "t": 5},
            {"ev": "C", "p": "EUR/USD", "a": 1.1, "b": 1.0, "t": 5},
            {"ev": "C", "p": "EUR/USD", "a": 1.2, "b": 1.0, "t": 5},
        ),
        (
            "futures",
            {"ev": "T", "sym": "ESH7", "p": 1, "q": 3},
            {"ev": "T", "sym": "ESH7", "p": 2, "q": 3},
            {"ev": "T", "sym": "ESH7", "p": 1, "q": 4},
        ),
    ],
)
def test_what_makes_events_the_same(
    market: str, one: dict[str, Any], same: dict[str, Any], other: dict[str, Any]
) -> None:
    filling = Backfill(gap(market), [batch(one, market=market)])
    notice, *events = flat(filling.finish([same, other]))
    assert notice.filled == 1
    assert {**other, "filled": True} == events[0].to_dict()


def test_what_is_no_event() -> None:
    for wrong in (["AAPL"], [{"sym": "AAPL"}], [5]):
        with pytest.raises(UsageError, match="fill hook returned"):
            Backfill(gap(), []).finish(wrong)  # type: ignore[arg-type]


def test_what_is_held_back_is_bounded() -> None:
    filling = Backfill(gap(), [])
    big = batch(trade(1, pad="x" * (MAX_HELD_BYTES // 3)))
    assert [filling.hold(big) for _ in range(3)] == [True, True, False]
    assert len(filling.finish(None)) == 4


def test_trades_on_an_exchange_are_not_repeated_because_the_other_side_writes_zeros() -> None:
    live = [trade(1), trade(2), trade(9)]
    elsewhere = [{**trade(q), "trfi": 0, "trft": 0} for q in (1, 2, 3, 9)]
    filling = Backfill(gap(), [batch(*live[:2])])
    filling.hold(batch(live[2]))
    _, *events = flat(filling.finish(elsewhere))
    assert [event["q"] for event in events] == [3, 9]


def test_equal_prints_are_supplied_as_often_as_they_are_missing() -> None:
    print_ = {"ev": "T", "sym": "O:A", "x": 309, "p": 2.5, "s": 1, "t": 5}
    filling = Backfill(gap("options"), [batch(print_, market="options")])
    filling.hold(batch(print_, market="options"))
    notice, *events = flat(filling.finish([print_] * 4))
    assert notice.filled == 2
    assert len(events) == 3


def bar(start: int, close: float, **more: Any) -> dict[str, Any]:
    return {"ev": "AM", "sym": "A", "o": 1, "c": close, "h": 9, "l": 1, "v": 5, "s": start, **more}


def test_a_restated_bar_is_supplied_and_the_newest_wins() -> None:
    filling = Backfill(gap(), [batch(bar(60, 2.0, av=50), bar(120, 3.0, av=55))])
    filling.hold(batch(bar(240, 7.0, av=70)))
    elsewhere = [bar(60, 2.0), bar(120, 3.5), bar(180, 4.0), bar(180, 4.5), bar(240, 6.5)]
    notice, *events = flat(filling.finish(elsewhere))
    assert notice.filled == 2
    assert [(one["s"], one["c"]) for one in events] == [(120, 3.5), (180, 4.5), (240, 7.0)]


def test_what_comes_live_again_is_not_supplied_out_of_order() -> None:
    filling = Backfill(gap(), [batch(trade(1))])
    filling.hold(batch(trade(5), trade(3, sym="B")))
    supplied = [trade(q, sym=sym) for q in range(2, 9) for sym in ("A", "B", "C")]
    _, *events = flat(filling.finish(supplied))
    numbers = {
        symbol: [one["q"] for one in events if one["sym"] == symbol] for symbol in ("A", "B", "C")
    }
    assert numbers == {"A": [2, 3, 4, 5], "B": [2, 3], "C": [*range(2, 9)]}
