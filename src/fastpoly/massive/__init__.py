"""The official client's `WebSocketClient`, on this library's engine."""

from __future__ import annotations

from fastpoly.errors import AuthError
from fastpoly.massive import exceptions as exceptions
from fastpoly.massive import websocket as websocket
from fastpoly.massive.client import WebSocketClient

__all__ = ["AuthError", "WebSocketClient"]
