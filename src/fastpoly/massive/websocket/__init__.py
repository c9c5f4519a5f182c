"""The official client's package of its WebSocket client: that, its models and enums."""

from __future__ import annotations

from typing import Final

from fastpoly.massive.client import WebSocketClient
from fastpoly.massive.websocket.models import (
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

env_key: Final = "MASSIVE_API_KEY"
"""The variable of the environment that has the key; see `find_api_key` for others."""
