"""The drop-in's own surface: what the community client documents, and what comes after it."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import fastpoly
from fastpoly import AsyncStreamClient, UsageError
from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix

PORTING = (Path(__file__).parents[3] / "docs" / "porting.md").read_text(encoding="utf-8")
EMPTY = inspect.Parameter.empty

DOCUMENTED: dict[str, list[tuple[str, Any]]] = {
    "__init__": [
        ("api_key", EMPTY),
        ("cluster", EMPTY),
        ("host", "socket.massive.com"),  # there "socket.polygon.io", the vendor's former domain
        ("ping_interval", 20),
        ("ping_timeout", 19),
        ("max_message_size", 1048576),
        ("max_memory_queue", 32),
        ("read_limit", 65536),
        ("write_limit", 65536),
    ],
    "__aenter__": [],
    "__aexit__": [("exc_type", EMPTY), ("exc_val", EMPTY), ("exc_tb", EMPTY)],
    "change_handler": [("service_prefix", EMPTY), ("handler_function", EMPTY)],
    "close_stream": [],
    "handle_messages": [
        ("reconnect", False),
        ("max_reconnection_attempts", 5),
        ("reconnection_delay", 5),
    ],
    "login": [("key", None)],
    "reconnect": [],
    "_default_process_message": [("update", EMPTY)],
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_signatures_are_the_documented_ones_with_keywords_after_them(name: str) -> None:
    method = getattr(AsyncStreamClient, name)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    count = len(DOCUMENTED[name])
    assert [(p.name, p.default) for p in parameters[:count]] == DOCUMENTED[name]
    assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters[:count])
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not EMPTY for p in parameters[count:])
    assert inspect.iscoroutinefunction(method) == (name != "__init__")


def test_enums_have_every_documented_member() -> None:
    assert {member.name: member.value for member in StreamCluster} == {
        "STOCKS": "stocks",
        "OPTIONS": "options",
        "FOREX": "forex",
        "CRYPTO": "crypto",
        "INDICES": "indices",
    }
    hosts = {
        "REAL_TIME": "socket.polygon.io",
        "BUSINESS": "business.polygon.io",
        "DELAYED": "delayed.polygon.io",
    }
    assert (
        hosts.items() <= {name: str(host) for name, host in StreamHost.__members__.items()}.items()
    )
    prefixes = (
        "STOCK_TRADES=T STOCK_QUOTES=Q STOCK_MINUTE_AGGREGATES=AM STOCK_SECOND_AGGREGATES=A "
        "STOCK_LULD=LULD STOCK_IMBALANCES=NOI FOREX_QUOTES=C FOREX_MINUTE_AGGREGATES=CA "
        "CRYPTO_TRADES=XT CRYPTO_QUOTES=XQ CRYPTO_LEVEL2=XL2 CRYPTO_MINUTE_AGGREGATES=XA "
        "STATUS=status OPTION_TRADES=T OPTION_QUOTES=Q OPTION_MINUTE_AGGREGATES=AM "
        "OPTION_SECOND_AGGREGATES=A FAIR_MARKET_VALUE=FMV INDICES_MINUTE_AGGREGATES=AM "
        "INDICES_SECOND_AGGREGATES=A INDICES_VALUE=V"
    )
    for pair in prefixes.split():
        name, _, value = pair.partition("=")
        assert StreamServicePrefix[name] == value


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("polygon", "AsyncStreamClient"),
        ("polygon.streaming", "AsyncStreamClient"),
        ("polygon.streaming.async_streaming", "AsyncStreamClient"),
        ("polygon.enums", "StreamCluster"),
        ("polygon.enums", "StreamHost"),
        ("polygon.enums", "StreamServicePrefix"),
        ("enums", "StreamHost"),
    ],
)
def test_names_are_where_programs_look_for_them(module: str, name: str) -> None:
    found = getattr(importlib.import_module(f"fastpoly.{module}"), name)
    assert found is getattr(fastpoly, name)


def test_porting_page_names_every_keyword_and_no_other() -> None:
    table = PORTING.partition("### What is new")[2].partition("\n\n`change_handler")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+)=", row)}
    parameters = inspect.signature(AsyncStreamClient).parameters.values()
    assert named == {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}


def test_porting_page_names_only_methods_that_exist() -> None:
    table = PORTING.partition("### Call by call")[2].partition("### What is different")[0]
    named = set(re.findall(r"^\| `(?:async with )?(\w+)\(", table, re.MULTILINE))
    assert named - {"AsyncStreamClient"} == {
        "login",
        "handle_messages",
        "reconnect",
        "change_handler",
        "close_stream",
    }


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("ping_interval", -1),
        ("ping_timeout", 0),
        ("max_message_size", -5),
        ("max_buffer_bytes", 0),
        ("max_buffer_age", -0.5),
        ("open_timeout", 0),
        ("auth_timeout", "soon"),
        ("close_timeout", float("nan")),
    ],
)
def test_numbers_that_make_no_sense(option: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{option}="):
        AsyncStreamClient("KEY", "stocks", **{option: value})


@pytest.mark.parametrize(
    "options",
    [
        {"ping_interval": 0},
        {"ping_interval": None, "ping_timeout": None},
        {"max_message_size": None, "max_memory_queue": None},
        {"max_buffer_age": None, "open_timeout": None},
    ],
)
def test_numbers_may_be_left_out(options: Any) -> None:
    AsyncStreamClient("KEY", "stocks", **options)
