"""Attributes are the ones of the vendor's official client, by name and by value."""

from __future__ import annotations

import json
from typing import Any

import pytest

import fastpoly
from fastpoly import schema
from tests import golden

official = pytest.importorskip("massive.websocket.models")

MARKETS = {
    "stocks": "Stocks",
    "options": "Options",
    "forex": "Forex",
    "crypto": "Crypto",
    "indices": "Indices",
    "futures": "Futures",
}
GOLDEN = [
    frame for frame in golden.written() if frame.name.split("_")[0] in {*MARKETS, "bad", "status"}
]


def _model(market: str, event_type: str | None) -> Any:
    markets = official.MARKET_EVENT_MAP[getattr(official.Market, MARKETS[market])]
    return markets.get(event_type)


def test_every_market_is_known_to_the_client() -> None:
    assert set(MARKETS) == set(schema.MARKETS)


def test_every_class_and_attribute_of_the_client_is_ours() -> None:
    for market, spec in schema.MARKETS.items():
        models = official.MARKET_EVENT_MAP[getattr(official.Market, MARKETS[market])]
        for name, model in models.items():
            channel = spec.channel(name)
            assert channel is not None, (market, name)
            assert channel.event.name == model.__name__
            ours = {"event_type", *(field.name for field in channel.event.fields)}
            assert set(model.__annotations__) <= ours, (market, name)


@pytest.mark.parametrize("frame", [f for f in GOLDEN if f.classes], ids=lambda f: f.name)
def test_attributes_equal_the_clients(frame: golden.Frame) -> None:
    batch = fastpoly.decode(frame.data, market=frame.market)
    compared = 0
    for event, item in zip(batch, json.loads(frame.data), strict=True):
        model = _model(frame.market, item["ev"])
        if model is None:
            assert type(event).__name__ in ("Status", "UnknownEvent")
            continue
        theirs = model.from_dict(item)
        assert type(event).__name__ == type(theirs).__name__
        for name in theirs.__annotations__:
            assert getattr(event, name) == getattr(theirs, name), name
        compared += 1
    assert compared or set(frame.classes or ()) <= {"Status", "UnknownEvent"}


def test_all_of_the_clients_models_were_compared() -> None:
    seen = {name for frame in GOLDEN for name in frame.classes or ()}
    models = {
        model.__name__
        for markets in official.MARKET_EVENT_MAP.values()
        for model in markets.values()
    }
    assert models <= seen
