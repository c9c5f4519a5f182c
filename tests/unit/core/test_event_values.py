"""Events as values: made by keyword or from a dict, compared, hashed, read as dataclasses are."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from random import Random
from typing import Any, Final

import pytest

import fastpoly
from fastpoly import events, schema
from fastpoly.events import CurrencyAgg, EquityAgg, EquityQuote, EquityTrade
from tests import frames

CLASSES: Final = [getattr(events, one.name) for one in schema.EVENT_TYPES]
TRADE: Final = {"ev": "T", "sym": "AAPL", "i": "7", "p": 1.5, "s": 100, "c": [12, 37], "t": 5}


def decoded(item: Any, market: str = "stocks") -> Any:
    (event,) = fastpoly.decode(json.dumps([item], separators=(",", ":")), market=market)
    return event


def samples() -> list[Any]:
    """Some events of every channel of every market, with and without optional keys."""
    rng = Random(4)
    made = []
    for market, spec in schema.MARKETS.items():
        for channel in spec.channels:
            for leave_out in (False, True):
                keys = [one.key for one in channel.event.fields if one.optional and leave_out]
                pairs = frames.event(rng, market, channel, frozenset(keys))
                text = frames.spelled(rng, pairs, padded=False, escaped=False)
                made += list(fastpoly.decode(f"[{text}]", market=market))
    return made


SAMPLES: Final = samples()


@pytest.fixture
def trade() -> Any:
    return decoded(TRADE)


# ---------------------------------------------------------------------------------- making


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_is_made_again_from_what_it_says(event: Any) -> None:
    cls = type(event)
    assert cls(**vars(event)) == event
    assert cls(*vars(event).values()) == event
    assert cls.from_dict(dict(event)) == event
    assert cls.from_dict(event).to_dict() == event.to_dict()
    assert dataclasses.replace(event) == event


def test_by_keyword_is_the_event_that_comes_from_the_wire(trade: Any) -> None:
    made = EquityTrade(
        event_type="T", symbol="AAPL", id="7", price=1.5, size=100, conditions=[12, 37], timestamp=5
    )
    assert made == trade
    assert made.to_dict() == TRADE
    assert list(made.to_dict()) == list(TRADE)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_made_of_nothing_it_has_its_first_channel(cls: Any) -> None:
    first = next(
        channel.name
        for market in schema.MARKETS.values()
        for channel in market.channels
        if channel.event.name == cls.__name__
    )
    for event in (cls(), cls.__new__(cls), cls(event_type=None), cls.from_dict({})):
        assert type(event) is cls
        assert event.to_dict() == {"ev": first}
        assert set(vars(event).values()) == {first, None}


def test_every_channel_of_a_class() -> None:
    assert EquityAgg("AM").event_type == "AM"
    assert [CurrencyAgg(ev).event_type for ev in ("CA", "CAS", "XA", "XAS")] == [
        "CA",
        "CAS",
        "XA",
        "XAS",
    ]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"prise": 1}, "has no attribute 'prise'; it has event_type, symbol"),
        ({"price": "1.5"}, r"EquityTrade.price is float \| None, not '1.5'"),
        ({"conditions": [1, "x"]}, "EquityTrade.conditions is list"),
        ({"size": True}, "EquityTrade.size is int"),
        ({"size": object()}, "not JSON serializable"),
        ({"event_type": "Q"}, "has the event type 'T', not 'Q'"),
        ({"event_type": 5}, "has the event type 'T', not 5"),
        ({"price": float("nan")}, "not JSON compliant"),
    ],
)
def test_what_cannot_be_made_says_why(arguments: dict[str, Any], word: str) -> None:
    with pytest.raises((TypeError, ValueError), match=word):
        EquityTrade(**arguments)


def test_by_place() -> None:
    assert EquityTrade("T", "AAPL", 4).exchange == 4
    with pytest.raises(TypeError, match="takes 14 values, and got 15"):
        EquityTrade(*[None] * 15)
    with pytest.raises(TypeError, match="'symbol' twice"):
        EquityTrade("T", "AAPL", symbol="B")  # type: ignore[misc]


def test_from_a_dict_it_reads_as_from_the_wire() -> None:
    event = EquityTrade.from_dict({"sym": "A", "p": "bad", "new": {"a": [1]}, "x": None})
    assert event == decoded({"ev": "T", "sym": "A", "p": "bad", "new": {"a": [1]}, "x": None})
    assert event.malformed == ("p",)
    assert event["new"] == {"a": [1]}
    with pytest.raises(ValueError, match="'A' or 'AM', not 'T'"):
        EquityAgg.from_dict({"ev": "T"})
    with pytest.raises(TypeError, match="from a dict, not from list"):
        EquityAgg.from_dict([])  # type: ignore[arg-type]


# --------------------------------------------------------------------------- reading, comparing


def test_vars_and_dataclasses(trade: Any) -> None:
    names = [field.name for field in dataclasses.fields(EquityTrade)]
    assert dataclasses.is_dataclass(EquityTrade)
    assert tuple(names) == EquityTrade.__match_args__
    assert vars(trade) == {name: getattr(trade, name) for name in names}
    assert vars(trade) == dataclasses.asdict(trade)
    assert dataclasses.astuple(trade) == tuple(vars(trade).values())
    assert dataclasses.replace(trade, price=2.5).to_dict() == {**TRADE, "p": 2.5}
    # What copy.replace calls, from Python 3.13 on.
    assert trade.__replace__(price=2.5) == dataclasses.replace(trade, price=2.5)
    assert vars(trade) is not vars(trade)
    vars(trade)["price"] = 9
    assert trade.price == 1.5
    with pytest.raises(TypeError):
        dataclasses.replace(trade, prise=1)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_fields_have_the_types_of_the_table(cls: type[Any]) -> None:
    spec = next(one for one in schema.EVENT_TYPES if one.name == cls.__name__)
    kinds = {one.name: one.kind.python for one in spec.fields} | {"event_type": "str"}
    assert {one.name: str(one.type) for one in dataclasses.fields(cls)} == {
        name: f"{kind} | None" for name, kind in kinds.items()
    }
    assert all(one.default is None for one in dataclasses.fields(cls))


def test_status_and_unknown_events_show_what_they_have() -> None:
    status = decoded({"ev": "status", "status": "success", "message": "m"})
    assert vars(status) == {"event_type": "status", "status": "success", "message": "m"}
    unknown = decoded({"ev": "new", "a": [{"b": 1}]})
    assert vars(unknown) == {"event_type": "new", "value": {"ev": "new", "a": [{"b": 1}]}}
    assert hash(unknown) == hash(decoded({"a": [{"b": 1.0}], "ev": "new"}))


def test_patterns_by_place_and_by_name(trade: Any) -> None:
    match trade:
        case EquityQuote():
            pytest.fail("is no quote")
        case EquityTrade("T", symbol, price=price):
            assert (symbol, price) == ("AAPL", 1.5)
        case _:
            pytest.fail("did not match")


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_equal_events_have_one_hash(event: Any) -> None:
    assert {event: 1}[type(event)(**vars(event))] == 1
    assert {event: 1}[pickle.loads(pickle.dumps(event))] == 1  # noqa: S301
    assert {event: 1}[type(event).from_dict(dict(reversed(event.items())))] == 1


def test_hashes_tell_events_apart(trade: Any) -> None:
    assert len({trade, decoded({**TRADE, "p": 2}), decoded({**TRADE, "x": None})}) == 3
    assert hash(decoded({"ev": "T", "p": 1})) == hash(decoded({"ev": "T", "p": 1.0}))
    assert hash(decoded({"ev": "T", "new": {"a": [1, {"b": None}]}}))


def test_a_copy_is_the_event_itself(trade: Any) -> None:
    assert copy.copy(trade) is trade
    assert copy.deepcopy([trade])[0] is trade


# ------------------------------------------------------------------------- the official models


def official() -> Any:
    return pytest.importorskip("massive.websocket.models")


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_places_are_those_of_the_official_model(cls: type[Any]) -> None:
    model = getattr(official(), cls.__name__, None)
    if model is None:
        pytest.skip("the official client has no such model")
    names = [field.name for field in dataclasses.fields(model)]
    assert list(cls.__match_args__)[: len(names)] == names


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_equal_to_the_official_model_of_the_same_message(event: Any) -> None:
    model = getattr(official(), type(event).__name__, None)
    if model is None:
        pytest.skip("the official client has no such model")
    theirs = model.from_dict(event.to_dict())
    assert event == theirs
    assert theirs == event
    theirs.event_type = "other"
    assert event != theirs
    assert theirs != event


def test_not_equal_to_other_models(trade: Any) -> None:
    models = official()
    assert trade != models.EquityQuote.from_dict(TRADE)
    assert trade != dataclasses.make_dataclass("EquityTrade", ["symbol"])("AAPL")


# ---------------------------------------------------------------------------------- writers


def test_json_by_wire_keys_or_by_attributes(trade: Any) -> None:
    assert json.loads(json.dumps([trade], default=dict)) == [TRADE]
    assert json.loads(json.dumps([trade], default=vars)) == [vars(trade)]


def test_orjson_writes_attributes(trade: Any) -> None:
    orjson = pytest.importorskip("orjson")
    assert orjson.loads(orjson.dumps([trade])) == [vars(trade)]
    passed = orjson.dumps([trade], default=dict, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    assert orjson.loads(passed) == [TRADE]


def test_msgspec_writes_attributes(trade: Any) -> None:
    msgspec = pytest.importorskip("msgspec")
    assert json.loads(msgspec.json.encode([trade])) == [vars(trade)]
    assert msgspec.to_builtins(trade) == vars(trade)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(dict(trade))) == TRADE


def test_pydantic_takes_and_writes_them(trade: Any) -> None:
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(EquityTrade)
    assert adapter.validate_python(trade) is trade
    assert adapter.validate_python({"symbol": "A", "price": 2}) == EquityTrade(symbol="A", price=2)
    assert adapter.validate_json(adapter.dump_json(trade)) == trade
    assert adapter.dump_python(trade) == vars(trade)
    for wrong in (5, {"prise": 1}, {"price": "x"}, decoded({"ev": "Q"})):
        with pytest.raises(pydantic.ValidationError):
            adapter.validate_python(wrong)
    model = pydantic.create_model("Held", event=(events.Event, ...))
    assert model(event=trade).model_dump() == {"event": vars(trade)}
    with pytest.raises(pydantic.ValidationError):
        model(event=vars(trade))
