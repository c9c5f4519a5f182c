"""Rows of REST, as its documentation shows them, into the events that the wire has."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fastpoly import decode, schema
from fastpoly.rest.endpoints import endpoint_of
from fastpoly.rest.rows import RowReader, read_page

NS = 1_781_706_600_123_456_789
MS = NS // 1_000_000
BAR = {"o": 1.5, "h": 2, "l": 1, "c": 1.75, "v": 120.0, "vw": 1.6, "n": 9}
BAR_EVENT = {"v": 120.0, "vw": 1.6, "o": 1.5, "c": 1.75, "h": 2, "l": 1}

CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "stocks",
        "T.BRK.B",
        {
            "conditions": [12, 41], "decimal_size": "100.5", "exchange": 11, "id": "1",
            "participant_timestamp": NS - 5_000_000, "price": 171.55, "sequence_number": 1063,
            "sip_timestamp": NS, "size": 100.5, "tape": 3, "trf_id": 0, "trf_timestamp": 0,
            "correction": 0,
        },
        {
            "ev": "T", "sym": "BRK.B", "i": "1", "x": 11, "p": 171.55, "s": 100, "c": [12, 41],
            "t": MS, "pt": MS - 5, "q": 1063, "z": 3, "ds": "100.5",
        },
    ),
    (
        "stocks",
        "T.A",
        {"id": "2", "exchange": 4, "price": 5, "size": 1, "sip_timestamp": NS, "trf_id": 201,
         "trf_timestamp": NS, "conditions": [], "sequence_number": 1},
        {"ev": "T", "sym": "A", "i": "2", "x": 4, "p": 5, "s": 1, "t": MS, "q": 1, "trfi": 201,
         "trft": MS},
    ),
    (
        "stocks",
        "Q.A",
        {"ask_exchange": 0, "ask_price": 0, "ask_size": 0, "bid_exchange": 11, "bid_price": 102.7,
         "bid_size": 60.0, "conditions": [1, 81], "indicators": [604], "tape": 3,
         "participant_timestamp": NS, "sequence_number": 2060, "sip_timestamp": NS},
        {"ev": "Q", "sym": "A", "c": 1, "i": [604], "bx": 11, "ax": 0, "bp": 102.7, "ap": 0,
         "bs": 60, "as": 0, "t": MS, "pt": MS, "q": 2060, "z": 3},
    ),
    ("stocks", "AM.A", BAR | {"t": MS, "otc": True},
     {"ev": "AM", "sym": "A", **BAR_EVENT, "s": MS, "e": MS + 60_000, "otc": True}),
    ("stocks", "A.A", BAR | {"t": MS},
     {"ev": "A", "sym": "A", **BAR_EVENT, "s": MS, "e": MS + 1000}),
    (
        "options",
        "T.O:SPY261218P00600000",
        {"conditions": [209], "exchange": 67, "participant_timestamp": NS, "price": 7.2,
         "sip_timestamp": NS, "size": 1},
        {"ev": "T", "sym": "O:SPY261218P00600000", "x": 67, "p": 7.2, "s": 1, "c": [209],
         "t": MS, "pt": MS},
    ),
    (
        "forex",
        "C.EUR/USD",
        {"ask_exchange": 48, "ask_price": 1.18565, "bid_exchange": 48, "bid_price": 1.18558,
         "participant_timestamp": NS},
        {"ev": "C", "p": "EUR/USD", "x": 48, "a": 1.18565, "b": 1.18558, "t": MS},
    ),
    ("forex", "CAS.EUR-USD", BAR | {"t": MS},
     {"ev": "CAS", "pair": "EUR/USD", **BAR_EVENT, "s": MS, "e": MS + 1000}),
    (
        "crypto",
        "XT.BTC-USD",
        {"conditions": [2], "exchange": 1, "id": "191450340", "participant_timestamp": NS,
         "price": 35060, "received_timestamp": NS + 22_000_000, "size": 1.0434526},
        {"ev": "XT", "pair": "BTC-USD", "p": 35060, "t": MS, "s": 1.0434526, "c": [2],
         "i": "191450340", "x": 1, "r": MS + 22},
    ),
    ("crypto", "XA.X:BTC-USD", BAR | {"t": MS},
     {"ev": "XA", "pair": "BTC-USD", **BAR_EVENT, "s": MS, "e": MS + 60_000}),
    ("indices", "AM.I:SPX", {"o": 1, "c": 2, "h": 3, "l": 1, "t": MS},
     {"ev": "AM", "sym": "I:SPX", "o": 1, "c": 2, "h": 3, "l": 1, "s": MS, "e": MS + 60_000}),
    (
        "futures",
        "T.ESH7",
        {"price": 6052, "report_sequence": 12033289, "sequence_number": 27317882, "size": 3,
         "session_end_date": "2026-06-17", "ticker": "ESH7", "timestamp": NS},
        {"ev": "T", "sym": "ESH7", "p": 6052, "s": 3, "t": MS, "q": 27317882},
    ),
    (
        "futures",
        "Q.ESH7",
        {"ask_size": 0, "ask_timestamp": NS, "bid_price": 2660, "bid_size": 1,
         "bid_timestamp": NS - 1_000_000, "channel": 360, "sequence_number": 15, "timestamp": NS},
        {"ev": "Q", "sym": "ESH7", "bp": 2660, "bs": 1, "bt": MS - 1, "as": 0, "at": MS, "t": MS},
    ),
    (
        "futures",
        "AM.ESH7",
        {"close": 3, "dollar_volume": 38.5, "high": 4, "low": 1, "open": 2, "transactions": 7,
         "volume": 13, "window_start": NS, "settlement_price": 3},
        {"ev": "AM", "sym": "ESH7", "v": 13, "dv": 38.5, "o": 2, "c": 3, "h": 4, "l": 1, "n": 7,
         "s": MS, "e": (NS + 60_000_000_000) // 1_000_000},
    ),
]  # fmt: skip
IDS = [f"{market} {param}" for market, param, _, _ in CASES]


def reader_of(market: str, param: str) -> RowReader:
    endpoint = endpoint_of(schema.MARKETS[market], param)
    assert endpoint is not None
    return RowReader(endpoint)


@pytest.mark.parametrize(("market", "param", "row", "event"), CASES, ids=IDS)
def test_a_row_is_the_event_that_the_stream_has(
    market: str, param: str, row: dict[str, Any], event: dict[str, Any]
) -> None:
    found = reader_of(market, param).read(row)
    assert found is not None
    assert found.event == event
    # Exactly, where the wire has ms: of a bar, when its window ends.
    assert found.at_ns // 1_000_000 == event.get("e", event.get("t"))
    assert "e" in event or found.at_ns == NS
    (decoded,) = decode(json.dumps([found.event]), market=market)
    assert decoded.malformed == ()
    assert decoded.to_dict() == event


def csv_text(row: dict[str, Any]) -> bytes:
    cells = [
        f'"{",".join(map(str, value))}"' if isinstance(value, list) else str(value)
        for value in row.values()
    ]
    return f"{','.join(row)}\n{','.join(cells)}\n".encode()


@pytest.mark.parametrize(("market", "param", "row", "event"), CASES, ids=IDS)
def test_csv_says_the_same(
    market: str, param: str, row: dict[str, Any], event: dict[str, Any]
) -> None:
    (line,) = read_page(csv_text(row), "text/csv; charset=utf-8").rows
    found = reader_of(market, param).read(line)
    assert found is not None
    assert found.event == event


def test_every_channel_of_rest_has_a_case() -> None:
    have = {(market, param.partition(".")[0]) for market, param, _, _ in CASES}
    kinds = {(schema.MARKETS[market].channel(name), name) for market, name in have}
    read = {channel.event.name for channel, _ in kinds if channel is not None}
    wanted = {
        channel.event.name
        for market in schema.MARKETS.values()
        for channel in market.channels
        if channel.rest
    }
    assert read == wanted


def test_corrected_rows_and_bad_ones_are_left_out_and_counted() -> None:
    reader = reader_of("stocks", "T.A")
    row = CASES[1][2]
    for wrong in ({"correction": 12}, {"correction": "1"}):
        assert reader.read(row | wrong) is None
    for wrong in ({"price": "x"}, {"sip_timestamp": 0}, {"size": {}}, {"conditions": [None]}):
        assert reader.read(row | wrong) is None
    assert (reader.corrected, reader.bad) == (2, 4)
    assert reader.read(row | {"correction": None, "new": 1, "price": None}) is not None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"<html>", b'{"results":5}', b'{"results":[1]}', b'{"next_url":1}',
     b'{"status":"ERROR","error":"why"}', b'{"results":[{"a":1}'],
)  # fmt: skip
def test_what_is_no_page(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_page(body, "application/json")


@pytest.mark.parametrize("body", [b"a,b\n1", b"a,b\n1,2,3\n", b"a,b\n1,2\n3,4"])
def test_what_is_no_page_of_csv(body: bytes) -> None:
    with pytest.raises(ValueError, match="line"):
        read_page(body, "text/csv")


def test_an_empty_page() -> None:
    assert read_page(b'{"status":"OK"}', "application/json") == ([], "")
    assert read_page(b"", "text/csv").rows == []
    assert read_page(b"a,b\n", "text/csv").rows == []
