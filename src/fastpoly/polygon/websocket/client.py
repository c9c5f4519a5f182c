"""`WebSocketClient` as the package ``polygon-api-client`` has it, with the hosts of then."""

from __future__ import annotations

from fastpoly.massive.client import WebSocketClient as PresentClient
from fastpoly.polygon.websocket.models.common import Feed

__all__ = ["WebSocketClient"]


class WebSocketClient(PresentClient):
    """As `fastpoly.massive.WebSocketClient`, but connects to the former domain by default."""

    default_feed = Feed.RealTime.value
