"""The formats of ``fastpoly tail``."""

from __future__ import annotations

import json

import pytest

import fastpoly
from fastpoly.cli.formats import FORMATS

TRADE = {"ev": "T", "sym": "AAPL", "x": 4, "p": 187.25, "s": 100, "t": 1781706602123, "q": 7}
IMBALANCE = {"ev": "NOI", "T": "GE", "t": 1781702405123456789, "at": 930, "a": "M", "o": -3200}
BAR = {
    "ev": "AM",
    "sym": "Ä",
    "o": 1,
    "c": 1.5,
    "h": 2,
    "l": 1,
    "s": 1781706600000,
    "e": 1781706660000,
}
UNKNOWN = {"ev": "ZZ", "sym": "AAPL", "new": [1, {"deep": None}]}


def lines(name: str, *events: dict[str, object]) -> list[str]:
    frame = json.dumps(events).encode()
    return [line.decode() for line in FORMATS[name](fastpoly.decode(frame, market="stocks"))]


@pytest.mark.parametrize("name", FORMATS)
def test_one_line_for_each_event(name: str) -> None:
    written = lines(name, TRADE, IMBALANCE, BAR, UNKNOWN)
    assert len(written) == 4
    assert not any("\n" in line for line in written)


def test_json_is_what_the_server_sent() -> None:
    events = (TRADE, IMBALANCE, BAR, UNKNOWN)
    written = lines("json", *events)
    assert [list(json.loads(line).items()) for line in written] == [
        list(event.items()) for event in events
    ]
    assert '"Ä"' in written[2]
    assert ": " not in written[0]


def test_named_has_attribute_names_and_nothing_absent() -> None:
    (line,) = lines("named", TRADE)
    assert json.loads(line) == {
        "event_type": "T",
        "symbol": "AAPL",
        "exchange": 4,
        "price": 187.25,
        "size": 100,
        "timestamp": 1781706602123,
        "sequence_number": 7,
    }


def test_named_keeps_an_unknown_event_as_it_came() -> None:
    (line,) = lines("named", UNKNOWN)
    assert json.loads(line) == UNKNOWN


def test_text_starts_with_time_channel_and_symbol() -> None:
    trade, imbalance, bar, unknown = lines("text", TRADE, IMBALANCE, BAR, UNKNOWN)
    assert trade.split()[:3] == ["14:30:02.123", "T", "AAPL"]
    assert "price=187.25" in trade
    assert "timestamp" not in trade
    assert imbalance.split()[:3] == ["13:20:05.123", "NOI", "GE"]
    assert bar.split()[:3] == ["14:30:00.000", "AM", "Ä"]
    assert "end_timestamp=1781706660000" in bar
    assert unknown.split()[0] == "ZZ"


def test_text_without_stamp_or_symbol() -> None:
    (line,) = lines("text", {"ev": "T", "p": 1})
    assert line.split() == ["T", "price=1.0"]


def test_numbers_that_only_python_can_hold() -> None:
    (line,) = lines("json", {"ev": "T", "q": 10**30})
    assert json.loads(line) == {"ev": "T", "q": 10**30}


def test_numbers_keep_their_type_and_value() -> None:
    trade = {"ev": "T", "p": 100.0, "s": 100, "ds": "100.5", "q": 2**63 - 1, "vw": 4.522e-05}
    (line,) = lines("json", trade)
    again = json.loads(line)
    assert again == trade
    assert [type(value) for value in again.values()] == [type(value) for value in trade.values()]
