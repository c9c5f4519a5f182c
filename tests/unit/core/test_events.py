"""Events: attributes by the official names, the wire's own keys, and equality."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import sys
from random import Random
from typing import Any

import pytest

import fastpoly
from fastpoly import events, schema
from tests import frames, golden

TRADE = {"ev": "T", "sym": "AAPL", "p": 1.5, "c": [1, 2], "x": None, "s": "bad", "new": {"a": [1]}}


def decoded(item: Any, market: str = "stocks") -> Any:
    (event,) = fastpoly.decode(json.dumps([item]), market=market)
    return event


def compact(item: Any, market: str = "stocks") -> Any:
    (event,) = fastpoly.decode(json.dumps([item], separators=(",", ":")), market=market)
    return event


@pytest.fixture(params=[decoded, compact], ids=["padded", "compact"])
def trade(request: pytest.FixtureRequest) -> Any:
    return request.param(TRADE)


def test_every_event_type_of_the_schema_is_a_class() -> None:
    for event_type in schema.EVENT_TYPES:
        cls = getattr(events, event_type.name)
        assert issubclass(cls, events.Event)
        for field in event_type.fields:
            assert hasattr(cls, field.name), (event_type.name, field.name)
        assert cls.__doc__
    assert issubclass(events.Status, events.Event)
    assert issubclass(events.UnknownEvent, events.Event)


def test_classes_come_with_their_channel() -> None:
    for market, spec in schema.MARKETS.items():
        for channel in spec.channels:
            event = decoded({"ev": channel.name}, market)
            assert type(event) is getattr(events, channel.event.name)
            assert event.event_type == channel.name


def test_read_by_wire_key(trade: Any) -> None:
    assert trade["p"] == 1.5
    assert trade["ev"] == "T"
    assert trade["s"] == "bad"
    assert trade["x"] is None
    assert trade["new"] == {"a": [1]}
    assert trade.get("c") == [1, 2]
    assert trade.get("x", 7) is None
    assert trade.get("trfi") is None
    assert trade.get("trfi", 7) == 7
    assert "p" in trade
    assert "x" in trade
    assert "trfi" not in trade
    assert "price" not in trade
    assert list(trade.keys()) == list(TRADE)
    assert dict(trade) == TRADE
    assert list(dict(trade)) == list(TRADE)
    assert trade.to_dict() == TRADE


@pytest.mark.parametrize("ev", ["T", "news"])
def test_a_dict_of_very_many_keys_takes_one_parsing(ev: str) -> None:
    """An event of a hostile server costs time in proportion to its length, not to the square."""
    content = {"ev": ev, "huge": 10**999, **{f"key {n}": [n] for n in range(100_000)}}
    text = json.dumps([content])
    (event,) = fastpoly.decode(text, market="stocks")
    limit = sys.get_int_max_str_digits()
    # What dict() does, but every parsing after that for the keys makes the number infinite.
    keys = list(event.keys())
    try:
        sys.set_int_max_str_digits(640)
        values = {key: event[key] for key in keys}
        assert event["huge"] == float("inf")
    finally:
        sys.set_int_max_str_digits(limit)
    assert values == content
    assert dict(event) == content


@pytest.mark.parametrize("ev", ["T", "news"])
def test_values_are_nobody_elses(ev: str) -> None:
    content = {"ev": ev, "a": [1], "b": {"c": []}}
    (event,) = fastpoly.decode(json.dumps([content]), market="stocks")
    for _ in range(3):
        # In every order in which keys and values can be asked for.
        assert list(event.keys()) == list(content)
        for key in ("a", "b", "a", "b"):
            value = event[key]
            assert value == content[key]
            value.clear()
        keys = event.keys()
        assert {key: event[key] for key in keys} == content
        assert list(keys) == list(content)
        dict(event)["a"].append(2)
        assert dict(event) == content
        with pytest.raises(KeyError):
            event["absent"]


def test_two_events_read_by_turns() -> None:
    contents: list[dict[str, Any]] = [{"ev": "T", "n": [n], "m": {"k": n}} for n in range(2)]
    one, other = fastpoly.decode(json.dumps(contents), market="stocks")
    keys = one.keys(), other.keys()
    for event, content, names in zip((one, other), contents, keys, strict=True):
        assert {key: event[key] for key in names} == content
    assert [dict(one), dict(other)] == contents


def test_read_as_a_mapping(trade: Any) -> None:
    assert list(trade) == [*trade] == list(TRADE)
    assert list(reversed(trade)) == list(reversed(TRADE))
    assert list(trade.items()) == list(TRADE.items())
    assert list(trade.values()) == list(TRADE.values())
    assert len(trade) == len(TRADE)
    assert {**trade} == TRADE
    assert trade
    match trade:
        case {"ev": "T", "p": price}:
            assert price == 1.5
        case _:
            pytest.fail("is no mapping")


def test_what_looks_for_sequences_finds_none(trade: Any) -> None:
    numpy = pytest.importorskip("numpy")
    assert numpy.array([trade, trade], dtype=object).shape == (2,)


@pytest.mark.parametrize("text", ["[5]", "[{}]", "[[]]", '["x"]'])
def test_an_unknown_event_is_true_whatever_its_keys(text: str) -> None:
    (event,) = fastpoly.decode(text)
    assert event
    assert (len(event), list(event), list(event.items())) == (0, [], [])


@pytest.mark.parametrize("key", ["trfi", "price", "", "p ", "\0", "P", "é"])
def test_absent_key(trade: Any, key: str) -> None:
    with pytest.raises(KeyError) as caught:
        trade[key]
    assert caught.value.args == (key,)


@pytest.mark.parametrize("key", [0, None, 1.5, b"p", ("p",)])
def test_key_of_another_type(trade: Any, key: Any) -> None:
    with pytest.raises((KeyError, TypeError)):
        trade[key]


def test_read_by_attribute(trade: Any) -> None:
    assert trade.symbol == "AAPL"
    assert trade.price == 1.5
    assert trade.conditions == [1, 2]
    assert trade.exchange is None
    assert trade.trf_id is None
    assert trade.size is None
    assert trade.malformed == ("s",)
    with pytest.raises(AttributeError):
        _ = trade.pair
    with pytest.raises(AttributeError):
        _ = trade.new


def test_can_not_be_changed(trade: Any) -> None:
    for name in ("price", "event_type", "malformed", "anything"):
        with pytest.raises(AttributeError):
            setattr(trade, name, 5)
    with pytest.raises(TypeError):
        trade["p"] = 5
    trade.to_dict()["new"]["a"].append(2)
    trade["new"]["a"].append(2)
    trade.conditions.append(3)
    assert trade.to_dict() == TRADE
    assert trade.conditions == [1, 2]


def test_equal_when_of_one_class_and_with_one_content() -> None:
    reordered = dict(reversed(TRADE.items()))
    assert decoded(TRADE) == compact(TRADE) == decoded(reordered)
    assert decoded(TRADE) != decoded({**TRADE, "p": 2})
    assert decoded(TRADE) != decoded({**TRADE, "more": None})
    assert decoded({"ev": "T", "p": 1}) == decoded({"ev": "T", "p": 1.0})
    assert decoded({"ev": "T", "sym": "X"}) == decoded({"ev": "T", "sym": "X"}, "options")
    assert decoded({"ev": "T", "sym": "X"}) != decoded({"ev": "T", "sym": "X"}, "futures")
    assert decoded({"ev": "A", "sym": "X"}) != decoded({"ev": "AM", "sym": "X"})


def test_equal_rows_differ_where_their_json_does() -> None:
    for one, other in (
        ({"ev": "T", "p": None}, {"ev": "T"}),
        ({"ev": "T", "x": "a"}, {"ev": "T", "x": "b"}),
        ({"ev": "T", "p": 9007199254740992}, {"ev": "T", "p": 9007199254740993}),
        ({"ev": "T", "c": []}, {"ev": "T"}),
        ({"ev": "A", "otc": False}, {"ev": "A"}),
        ({"ev": "T", "i": "5"}, {"ev": "T", "i": 5}),
        ({"ev": "T", "x": "5"}, {"ev": "T", "x": 5}),
    ):
        for make in (decoded, compact):
            assert make(one) != make(other), (one, other)
            assert make(one).to_dict() == one


def test_not_equal_to_anything_else(trade: Any) -> None:
    assert trade != TRADE
    assert trade != 5
    assert trade is not None
    with pytest.raises(TypeError):
        _ = trade < trade


def test_repr_names_class_and_content(trade: Any) -> None:
    text = repr(trade)
    assert "EquityTrade" in text
    assert "AAPL" in text
    assert "1.5" in text
    assert "\n" not in text


def test_repr_of_every_named_frame() -> None:
    for frame in golden.named():
        if frame.name.startswith("deepest"):
            continue  # Python's repr has a limit of its own
        if frame.classes is not None and len(frame.data) < 100_000:
            for event in fastpoly.decode(frame.data, market=frame.market)[:50]:
                assert type(event).__name__ in repr(event)


def test_attributes_have_the_types_of_their_kinds() -> None:
    types = {"str": str, "int": int, "float": float, "bool": bool}
    rng = Random(9)
    for market, spec in schema.MARKETS.items():
        for channel in spec.channels:
            pairs = frames.event(rng, market, channel, frozenset())
            text = frames.spelled(rng, pairs, padded=False, escaped=False)
            (event,) = fastpoly.decode(f"[{text}]", market=market)
            assert type(event.event_type) is str
            for field in channel.event.fields:
                expected = types.get(field.kind.python, list)
                assert type(getattr(event, field.name)) is expected, (market, channel, field)


def test_match_statement() -> None:
    match decoded(TRADE):
        case events.EquityTrade(symbol="AAPL", price=price):
            assert price == 1.5
        case _:
            pytest.fail("did not match")


def test_status() -> None:
    status = decoded({"ev": "status", "status": "success", "message": "subscribed to: T.*"})
    assert type(status) is events.Status
    assert (status.event_type, status.status, status.message) == (
        "status",
        "success",
        "subscribed to: T.*",
    )
    assert status["message"] == status.message
    assert decoded({"ev": "status"}).message is None


def test_unknown_event() -> None:
    item = {"ev": "ZZ", "p": 1, "nested": {"a": [None]}}
    event = decoded(item)
    assert type(event) is events.UnknownEvent
    assert event.event_type == "ZZ"
    assert event.to_dict() == dict(event) == item
    assert event["nested"] == {"a": [None]}
    assert event.malformed == ()


@pytest.mark.parametrize(
    "item", [{}, {"sym": "A"}, {"ev": None}, {"ev": 5, "sym": "A"}, {"ev": ["T"]}]
)
def test_object_without_a_type(item: dict[str, Any]) -> None:
    event = decoded(item)
    assert type(event) is events.UnknownEvent
    assert event.event_type is None
    assert event.to_dict() == item


@pytest.mark.parametrize("value", [5, -1.5, "T", None, True, [], [1, {"ev": "T"}], 10**30])
def test_element_that_is_no_object(value: Any) -> None:
    event = decoded(value)
    assert type(event) is events.UnknownEvent
    assert event.event_type is None
    assert event.to_dict() == {}
    assert list(event.keys()) == []
    assert event.value == value
    assert type(event.value) is type(value)
    with pytest.raises(KeyError):
        event["ev"]


def test_events_are_no_work_for_the_garbage_collector(trade: Any) -> None:
    assert not gc.is_tracked(trade)


def test_symbol_text_exists_once() -> None:
    frame = json.dumps(
        [{"ev": "T", "sym": "ONCE", "p": at} for at in range(3)], separators=(",", ":")
    )
    batch = fastpoly.decode(frame)
    names = {id(event.symbol) for event in batch} | {id(item["sym"]) for item in batch.dicts()}
    assert len(names) == 1


@pytest.mark.parametrize("market", schema.MARKETS)
def test_copies_and_pickles_are_equal(market: str) -> None:
    for frame in golden.named():
        if frame.classes is None or len(frame.data) > 20_000 or frame.market != market:
            continue
        if frame.name.startswith("deepest"):
            continue  # Python's == has a limit of its own
        for event in fastpoly.decode(frame.data, market=market):
            pickled = pickle.loads(pickle.dumps(event))  # noqa: S301
            for other in (copy.copy(event), copy.deepcopy(event), pickled):
                assert type(other) is type(event)
                assert other == event
                assert repr(other.to_dict()) == repr(event.to_dict())
                assert repr(other) == repr(event)
