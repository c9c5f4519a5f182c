"""The services: names, signatures, and requests as the community client writes them."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from fastpoly import schema
from fastpoly.errors import SubscriptionError
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.polygon.services import SERVICES, encode, name_params

RECORDED = json.loads(
    (Path(__file__).parents[2] / "data" / "community_wire.json").read_text(encoding="utf-8")
)
METHODS = [
    pytest.param(cluster, method, id=f"{cluster}-{method}")
    for cluster, methods in RECORDED["wire"].items()
    for method in methods
]
STOCKS = schema.MARKETS["stocks"]


def test_every_recorded_method_is_there_and_no_other() -> None:
    recorded = {method for methods in RECORDED["wire"].values() for method in methods}
    ours = {name for name in dir(AsyncStreamClient) if name.startswith(("subscribe_", "unsub"))}
    assert ours == recorded
    assert len(ours) == 2 * len(SERVICES)


@pytest.mark.parametrize(("cluster", "method"), METHODS)
def test_texts_are_the_community_clients(cluster: str, method: str) -> None:
    action, _, name = method.partition("_")
    service, market = SERVICES[name], schema.MARKETS[cluster]
    for variant, sent in RECORDED["wire"][cluster][method].items():
        args, kwargs = RECORDED["arguments"][cluster][variant]
        symbols = args[0] if args else kwargs.get("symbols")
        uppercase = kwargs.get("force_uppercase_symbols", True)
        if market.channel(service.channel) is None and not service.everywhere:
            # The community client sends most of these, and the server is silent.
            with pytest.raises(SubscriptionError, match=f"{cluster} has no channel"):
                name_params(service, market, symbols, uppercase=uppercase)
        else:
            params = name_params(service, market, symbols, uppercase=uppercase)
            assert encode(action, params) == sent, variant


@pytest.mark.parametrize("name", SERVICES)
def test_signatures_are_the_documented_ones(name: str) -> None:
    def shape(method: Any) -> list[tuple[str, Any, Any]]:
        parameters = inspect.signature(method).parameters.values()
        return [(p.name, p.default, p.kind) for p in parameters]

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    subscribe = getattr(AsyncStreamClient, f"subscribe_{name}")
    unsubscribe = getattr(AsyncStreamClient, f"unsubscribe_{name}")
    assert shape(subscribe) == [
        ("self", inspect.Parameter.empty, kind),
        ("symbols", None, kind),
        ("handler_function", None, kind),
        ("force_uppercase_symbols", True, kind),
    ]
    assert shape(unsubscribe) == [
        ("self", inspect.Parameter.empty, kind),
        ("symbols", None, kind),
    ]
    for method in (subscribe, unsubscribe):
        assert inspect.iscoroutinefunction(method)
        assert method.__qualname__ == f"AsyncStreamClient.{method.__name__}"
        assert SERVICES[name].doc in inspect.getdoc(method)
    assert subscribe.__name__ == f"subscribe_{name}"
    assert unsubscribe.__name__ == f"unsubscribe_{name}"


def test_methods_are_bound_like_any_other() -> None:
    client = AsyncStreamClient("KEY", "stocks")
    assert list(inspect.signature(client.subscribe_stock_trades).parameters) == [
        "symbols",
        "handler_function",
        "force_uppercase_symbols",
    ]


@pytest.mark.parametrize("symbols", [("AMD", "NVDA"), (s for s in ("AMD", "NVDA"))])
def test_symbols_may_be_any_iterable(symbols: Any) -> None:
    assert name_params(SERVICES["stock_trades"], STOCKS, symbols) == "T.AMD,T.NVDA"


@pytest.mark.parametrize("ticker", ["AMD,NVDA", None, 5, b"AMD"])
def test_what_is_no_ticker_is_refused(ticker: Any) -> None:
    with pytest.raises(SubscriptionError, match=r"is not a ticker\. Pass a list"):
        name_params(SERVICES["stock_trades"], STOCKS, ["AAPL", ticker])


@pytest.mark.parametrize(
    "symbols",
    [["AMD", "NVDA", ""], ["", "AMD", "NVDA"], ["AMD", " NVDA"], ["AMD\n", "  ", "NVDA"]],
)
def test_what_is_empty_in_a_list_is_left_out_with_a_warning(
    symbols: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert name_params(SERVICES["stock_trades"], STOCKS, symbols) == "T.AMD,T.NVDA"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert repr(symbols) in caplog.text


@pytest.mark.parametrize("symbols", [[""], ["", " "]])
def test_a_list_of_nothing_does_not_mean_everything(symbols: list[str]) -> None:
    with pytest.raises(SubscriptionError, match=r"has no ticker\. Pass a list"):
        name_params(SERVICES["stock_trades"], STOCKS, symbols)


def test_wrong_market_names_the_right_one() -> None:
    with pytest.raises(
        SubscriptionError, match="Use another client, connected to crypto"
    ) as caught:
        name_params(SERVICES["crypto_trades"], STOCKS, None)
    assert caught.value.refused == ("XT",)


def test_request_stays_json_whatever_the_ticker() -> None:
    text = encode("subscribe", 'T.A"B\\C,T.é')
    assert json.loads(text) == {"action": "subscribe", "params": 'T.A"B\\C,T.é'}
