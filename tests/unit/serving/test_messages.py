"""What the simulator says and understands."""

from __future__ import annotations

import json

import pytest

from fastpoly.schema import MARKETS, STATUSES, status_spec
from fastpoly.serving.messages import (
    ClientRequest,
    array,
    canonical,
    parse_params,
    parse_request,
    status,
)


@pytest.mark.parametrize("name", [spec.name for spec in STATUSES])
def test_statuses_are_those_of_the_table(name: str) -> None:
    value = json.loads(status(name))
    assert list(value) == ["ev", "status", "message"]
    assert value["ev"] == "status"
    found = status_spec(value["status"], value["message"])
    assert found is not None
    assert found.name == name


def test_status_texts_are_the_services_own() -> None:
    assert status("SUBSCRIBED", "T.AAPL") == (
        b'{"ev":"status","status":"success","message":"subscribed to: T.AAPL"}'
    )
    assert json.loads(status("AUTH_FAILED"))["message"] == "authentication failed"
    assert json.loads(status("MAX_CONNECTIONS"))["message"].endswith("exceeded. ")
    assert array([b"{}", b"{}"]) == b"[{},{}]"


@pytest.mark.parametrize(
    ("payload", "request_"),
    [
        (b'{"action":"auth","params":"k"}', ClientRequest("auth", "k")),
        (b' {"params":"T.*","action":"subscribe","more":1} ', ClientRequest("subscribe", "T.*")),
        (b"", None),
        (b"\xff", None),
        (b"null", None),
        (b'{"action":"auth"}', None),
        (b'{"action":"auth","params":null}', None),
    ],
)
def test_requests(payload: bytes, request_: ClientRequest | None) -> None:
    assert parse_request(payload) == request_


def test_params_are_split_at_the_first_dot_and_trimmed() -> None:
    params = parse_params(" T.BRK.B ,AM.AAPL,  Q.*,ZZ.A,AAPL,.A,T.,,a.b", MARKETS["stocks"])
    assert [(p.text, p.channel, p.symbol) for p in params] == [
        ("T.BRK.B", "T", "BRK.B"),
        ("AM.AAPL", "AM", "AAPL"),
        ("Q.*", "Q", "*"),
    ]


@pytest.mark.parametrize(
    ("market", "symbol", "expected"),
    [
        ("forex", "EURUSD", "EUR/USD"),
        ("forex", "C:EUR-USD", "EUR/USD"),
        ("forex", "EUR", "EUR"),
        ("crypto", "X:BTC-USD", "BTC-USD"),
        ("options", "O:SPY261218P00680000", "O:SPY261218P00680000"),
        ("stocks", "BACpB", "BACpB"),
        ("forex", "*", "*"),
    ],
)
def test_symbols_as_the_data_spells_them(market: str, symbol: str, expected: str) -> None:
    assert canonical(MARKETS[market], symbol) == expected
