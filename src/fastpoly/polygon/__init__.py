"""The clients of both packages that are imported as ``polygon``, on this library's engine."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix

if TYPE_CHECKING:
    from fastpoly.polygon.websocket.client import WebSocketClient

__all__ = [
    "AsyncStreamClient",
    "StreamCluster",
    "StreamHost",
    "StreamServicePrefix",
    "WebSocketClient",
]


def __getattr__(name: str) -> Any:
    # When asked for: it is another package's, and who has one of them seldom has the other.
    if name == "WebSocketClient":
        return importlib.import_module("fastpoly.polygon.websocket").WebSocketClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
