"""The official client under its former name: the package, its client, models and enums."""

from __future__ import annotations

from typing import Final

from fastpoly.polygon.websocket.client import WebSocketClient
from fastpoly.polygon.websocket.models import (
    CryptoQuote,
    CryptoTrade,
    CurrencyAgg,
    EquityAgg,
    EquityQuote,
    EquityTrade,
    EventType,
    FairMarketValue,
    Feed,
    ForexQuote,
    FuturesAgg,
    FuturesQuote,
    FuturesTrade,
    Imbalance,
    IndexValue,
    LaunchpadValue,
    Level2Book,
    LimitUpLimitDown,
    Market,
    WebSocketMessage,
)

__all__ = [
    "CryptoQuote",
    "CryptoTrade",
    "CurrencyAgg",
    "EquityAgg",
    "EquityQuote",
    "EquityTrade",
    "EventType",
    "FairMarketValue",
    "Feed",
    "ForexQuote",
    "FuturesAgg",
    "FuturesQuote",
    "FuturesTrade",
    "Imbalance",
    "IndexValue",
    "LaunchpadValue",
    "Level2Book",
    "LimitUpLimitDown",
    "Market",
    "WebSocketClient",
    "WebSocketMessage",
    "env_key",
]

env_key: Final = "POLYGON_API_KEY"
"""The variable of the environment that has the key; see `find_api_key` for others."""
