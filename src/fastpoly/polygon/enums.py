"""The community package's names of markets, hosts, channels and formats of option symbols."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OptionSymbolFormat", "StreamCluster", "StreamHost", "StreamServicePrefix"]


class StreamCluster(StrEnum):
    """Markets as the community client names them."""

    STOCKS = "stocks"
    OPTIONS = "options"
    FOREX = "forex"
    CRYPTO = "crypto"
    INDICES = "indices"


class StreamHost(StrEnum):
    """Hosts: the community client's names for the former domain's, then the current domain's."""

    REAL_TIME = "socket.polygon.io"
    BUSINESS = "business.polygon.io"
    DELAYED = "delayed.polygon.io"
    MASSIVE_REAL_TIME = "socket.massive.com"
    MASSIVE_BUSINESS = "business.massive.com"
    MASSIVE_DELAYED = "delayed.massive.com"


class StreamServicePrefix(StrEnum):
    """Channels as the community client names them; names of one channel are aliases."""

    STOCK_TRADES = "T"
    STOCK_QUOTES = "Q"
    STOCK_MINUTE_AGGREGATES = "AM"
    STOCK_SECOND_AGGREGATES = "A"
    STOCK_LULD = "LULD"
    STOCK_IMBALANCES = "NOI"
    FOREX_QUOTES = "C"
    FOREX_MINUTE_AGGREGATES = "CA"
    CRYPTO_TRADES = "XT"
    CRYPTO_QUOTES = "XQ"
    CRYPTO_LEVEL2 = "XL2"
    CRYPTO_MINUTE_AGGREGATES = "XA"
    STATUS = "status"
    OPTION_TRADES = "T"
    OPTION_QUOTES = "Q"
    OPTION_MINUTE_AGGREGATES = "AM"
    OPTION_SECOND_AGGREGATES = "A"
    FAIR_MARKET_VALUE = "FMV"
    INDICES_MINUTE_AGGREGATES = "AM"
    INDICES_SECOND_AGGREGATES = "A"
    INDICES_VALUE = "V"
    FOREX_SECOND_AGGREGATES = "CAS"
    CRYPTO_SECOND_AGGREGATES = "XAS"


class OptionSymbolFormat(StrEnum):
    """How brokers write option symbols; names of one format are aliases."""

    POLYGON = "polygon"
    TDA = "tda"
    TD_AMERITRADE = "tda"
    TOS = "tos"
    THINK_OR_SWIM = "tos"
    TRADIER = "tradier"
    TRADE_STATION = "trade_station"
    IB = "ibkr"
    IBKR = "ibkr"
    INTERACTIVE_BROKERAGE = "ibkr"
