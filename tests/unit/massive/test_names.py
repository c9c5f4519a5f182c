"""Names and paths: what programs of the official client import is where they look for it."""

from __future__ import annotations

import importlib
from enum import Enum
from typing import Any

import pytest

import fastpoly
from fastpoly import schema
from fastpoly.massive import AuthError, WebSocketClient
from fastpoly.massive.enums import EventType, Feed, Market
from fastpoly.polygon.websocket import WebSocketClient as FormerClient
from fastpoly.polygon.websocket.models import Feed as FormerFeed

PATHS = {
    "": ["WebSocketClient", "AuthError"],
    ".exceptions": ["AuthError"],
    ".websocket": ["WebSocketClient", "env_key", "Feed", "Market", "EventType", "WebSocketMessage"],
    ".websocket.models": ["Feed", "Market", "EventType", "WebSocketMessage", "EquityTrade"],
    ".websocket.models.common": ["Feed", "Market", "EventType"],
    ".websocket.models.models": ["EquityTrade", "FuturesAgg", "WebSocketMessage"],
}


@pytest.mark.parametrize("path", PATHS)
def test_what_programs_import(path: str) -> None:
    module = importlib.import_module(f"fastpoly.massive{path}")
    for name in PATHS[path]:
        assert name in module.__all__
        assert hasattr(module, name)
    assert not [name for name in module.__all__ if not hasattr(module, name)]
    official = pytest.importorskip("massive")
    assert official
    theirs = importlib.import_module(f"massive{path}")
    assert not [name for name in PATHS[path] if not hasattr(theirs, name)]


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith(".websocket")])
def test_the_former_package_has_the_same(path: str) -> None:
    former = importlib.import_module(f"fastpoly.polygon{path}")
    assert former.__all__ == importlib.import_module(f"fastpoly.massive{path}").__all__
    assert not [name for name in former.__all__ if not hasattr(former, name)]


@pytest.mark.parametrize("kind", [Feed, Market, EventType], ids=lambda kind: kind.__name__)
def test_enums_are_the_official_ones(kind: Any) -> None:
    theirs = getattr(pytest.importorskip("massive.websocket.models"), kind.__name__)
    assert {name: one.value for name, one in kind.__members__.items()} == {
        name: one.value for name, one in theirs.__members__.items()
    }
    assert not issubclass(kind, str)


def test_every_feed_and_market_of_this_library_has_its_name() -> None:
    assert {one.value for one in Feed} == {f"{one.value}.{schema.DOMAIN}" for one in fastpoly.Feed}
    assert {one.value for one in Market} == {one.value for one in fastpoly.Market}
    assert {one.name: one.value.replace("polygon.io", "massive.com") for one in FormerFeed} == {
        one.name: one.value for one in Feed
    }


def test_every_model_is_an_event_class() -> None:
    theirs = pytest.importorskip("massive.websocket.models.models")
    ours = importlib.import_module("fastpoly.massive.websocket.models.models")
    models = {name for name, one in vars(theirs).items() if hasattr(one, "__dataclass_fields__")}
    assert models == {*ours.__all__} - {"WebSocketMessage"}


# ------------------------------------------------------------------------------- the constructor


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FASTPOLY_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        ({}, "wss://socket.massive.com/stocks"),
        ({"feed": Feed.Delayed, "market": Market.Options}, "wss://delayed.massive.com/options"),
        ({"feed": fastpoly.Feed.DELAYED}, "wss://delayed.massive.com/stocks"),
        ({"market": "futures/cme"}, "wss://socket.massive.com/futures/cme"),
        ({"market": fastpoly.Market.CRYPTO}, "wss://socket.massive.com/crypto"),
        ({"feed": "localhost:8765", "secure": False}, "ws://localhost:8765/stocks"),
        ({"feed": "wss://mine.example/"}, "wss://mine.example/stocks"),
        ({"feed": FormerFeed.RealTime}, "wss://socket.polygon.io/stocks"),
    ],
)
def test_where_it_connects_to(arguments: dict[str, Any], url: str) -> None:
    client = WebSocketClient("SECRETKEY", **arguments)
    assert client.url == url
    assert isinstance(client.market, Enum)
    assert client.market_value == client.market.value
    assert "SECRETKEY" not in repr(client)


def test_the_former_client_connects_to_the_former_domain() -> None:
    assert FormerClient("SECRETKEY").url == "wss://socket.polygon.io/stocks"
    assert isinstance(FormerClient("SECRETKEY"), WebSocketClient)


@pytest.mark.parametrize("cls", [WebSocketClient, FormerClient])
@pytest.mark.parametrize("name", ["MASSIVE_API_KEY", "POLYGON_API_KEY"])
def test_the_key_is_looked_for_when_it_is_made(
    cls: type[WebSocketClient], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AuthError, match="no API key"):
        cls()
    monkeypatch.setenv(name, "FROM-THE-ENVIRONMENT")
    assert cls().api_key == "FROM-THE-ENVIRONMENT"
    client = cls("PASSED")
    client.api_key = "ANOTHER"
    assert client.api_key == "ANOTHER"


def test_a_server_on_this_machine_needs_no_key() -> None:
    assert WebSocketClient("", feed="localhost:1", secure=False).api_key


def test_what_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="bonds"):
        WebSocketClient("KEY", market="bonds")
    with pytest.raises(fastpoly.UsageError, match="ping_intervall="):
        WebSocketClient("KEY", ping_intervall=5)


def test_attributes_are_the_official_ones() -> None:
    theirs = pytest.importorskip("massive").WebSocketClient("KEY", subscriptions=["T.A"])
    ours = WebSocketClient("KEY", subscriptions=["T.A"])
    public = {name for name in vars(theirs) if not name.startswith("_")}
    assert not [name for name in public if not hasattr(ours, name)]
    same = public - {"feed", "market", "subscribed", "url"}
    assert {name: getattr(ours, name) for name in same} == {
        name: getattr(theirs, name) for name in same
    }
    assert ours.url == theirs.url


def test_subscriptions_before_there_is_a_connection(caplog: pytest.LogCaptureFixture) -> None:
    client = WebSocketClient("KEY", subscriptions="T.A,Q.B")
    assert client.scheduled_subs == {"T.A", "Q.B"}
    client.subscribe("T.*", "AAPL")
    assert "'AAPL' has no channel" in caplog.text
    assert client.scheduled_subs == {"T.*", "Q.B"}
    assert client.schedule_resub
    client.unsubscribe("Q.*")
    assert client.scheduled_subs == {"T.*"}
    client.unsubscribe_all()
    assert client.scheduled_subs == client.subs == set()
    assert client.subscribed


def test_a_verbose_client_is_the_only_one_that_is(capsys: pytest.CaptureFixture[str]) -> None:
    quiet, loud = WebSocketClient("KEY"), WebSocketClient("KEY", verbose=True)
    assert loud._logger.isEnabledFor(10)
    assert not quiet._logger.isEnabledFor(10)
    assert capsys.readouterr() == ("", "")
