from __future__ import annotations

import pytest

from fastpoly import UsageError
from fastpoly.protocol.start import EVERYTHING_NS, read_start, start_of_query, without_past

HOST = "ws://127.0.0.1:9000/stocks"


def test_a_start_is_new_all_or_a_time() -> None:
    assert read_start("new") is None
    assert read_start("all") == EVERYTHING_NS == read_start("0")
    assert read_start("1795781835707922113") == 1795781835707922113


@pytest.mark.parametrize("text", ["", "now", "-1", "1.5", "1e9", "\uff11", "9" * 30])
def test_anything_else_says_what_to_pass(text: str) -> None:
    with pytest.raises(UsageError, match="start=") as caught:
        read_start(text)
    assert "start=all" in caught.value.hint


def test_a_query_says_it_among_other_things() -> None:
    assert start_of_query("") is None
    assert start_of_query("a=b") is None
    assert start_of_query("a=b&start=7&c") == 7
    assert start_of_query("start=7&start=new") is None
    with pytest.raises(UsageError):
        start_of_query("start=")


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", ""),
        ("?a=b", "?a=b"),
        ("?start=all", ""),
        ("?a=%20b&start=7&c=", "?a=%20b&c="),
        ("?start=new", "?start=new"),
        ("?start=7&start=all", ""),
    ],
)
def test_a_later_connection_asks_for_nothing_from_before(query: str, left: str) -> None:
    assert without_past(HOST + query) == HOST + left
