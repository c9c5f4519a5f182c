"""The clients of both packages that are imported as ``polygon``, on this library's engine."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix
from fastpoly.polygon.options import (
    OptionSymbol,
    build_option_symbol,
    build_polygon_option_symbol,
    convert_option_symbol_formats,
    detect_option_symbol_format,
    parse_option_symbol,
    parse_polygon_option_symbol,
)
from fastpoly.polygon.threaded.client import StreamClient

if TYPE_CHECKING:
    from fastpoly.polygon.websocket.client import WebSocketClient

__all__ = [
    "AsyncStreamClient",
    "OptionSymbol",
    "StreamClient",
    "StreamCluster",
    "StreamHost",
    "StreamServicePrefix",
    "WebSocketClient",
    "build_option_symbol",
    "build_polygon_option_symbol",
    "convert_option_symbol_formats",
    "detect_option_symbol_format",
    "parse_option_symbol",
    "parse_polygon_option_symbol",
]


def __getattr__(name: str) -> Any:
    # When asked for: it is another package's, and who has one of them seldom has the other.
    if name == "WebSocketClient":
        return importlib.import_module("fastpoly.polygon.websocket").WebSocketClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
