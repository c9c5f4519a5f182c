"""Which request has the events of a channel and ticker: derived from the schema's column ``rest``.

There is none for all tickers of a market, and none for channels whose ``rest`` is empty there.
"""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from typing import Final

from fastpoly import schema
from fastpoly.errors import UsageError
from fastpoly.protocol.subscriptions import parse_params

__all__ = ["MAX_ROWS", "Endpoint", "endpoint_of", "tickers_of"]

MAX_ROWS: Final = 50_000
"""Rows that one page may have."""

WIDTHS_MS: Final = {"second": 1000, "minute": 60_000}
"""Kind of a bar -> how long its window is, in ms."""

_TICKS: Final = (
    "/v3/{kind}/{ticker}?timestamp.gte={start_ns}&timestamp.lte={end_ns}"
    "&order=asc&sort=timestamp&limit={limit}"
)
_BARS: Final = (
    "/v2/aggs/ticker/{ticker}/range/1/{kind}/{start_ms}/{end_ms}"
    "?adjusted=false&sort=asc&limit={limit}"
)
_FUTURES_TICKS: Final = (
    "/futures/v1/{kind}/{ticker}?timestamp.gte={start_ns}&timestamp.lte={end_ns}"
    "&sort=timestamp.asc&limit={limit}"
)
_FUTURES_BARS: Final = (
    "/futures/v1/aggs/{ticker}?resolution={resolution}&window_start.gte={start_ns}"
    "&window_start.lte={end_ns}&sort=window_start.asc&limit={limit}"
)

ADDRESSES: Final = {"futures": (_FUTURES_TICKS, _FUTURES_BARS)}
"""Market -> how to ask for ticks and for bars, where it is not as for the others."""

RESOLUTIONS: Final = {"second": "1sec", "minute": "1min"}
"""Kind of a bar -> what futures call it."""

HAVE_CSV: Final = ("/v2/", "/v3/")
"""How paths begin that are also served as CSV."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the events of one channel and ticker are.

    Attributes:
        market: The market.
        channel: The channel.
        symbol: What the events call the ticker.
        ticker: What requests call it.
    """

    market: schema.MarketSpec
    channel: schema.Channel
    symbol: str
    ticker: str

    @property
    def param(self) -> str:
        """The subscription, such as ``T.AAPL``."""
        return f"{self.channel.name}.{self.symbol}"

    @property
    def width_ms(self) -> int:
        """How long a bar is, in ms; 0 for what is no bar."""
        return WIDTHS_MS.get(self.channel.rest, 0)

    @property
    def has_csv(self) -> bool:
        """Whether its pages also come as CSV."""
        return self.path(0, 0).startswith(HAVE_CSV)

    def path(self, start_ns: int, end_ns: int, limit: int = MAX_ROWS) -> str:
        """Return the path and query for events of a span of time, both ends included.

        Args:
            start_ns: From when on, Unix time in ns; for bars, of what their windows begin with.
            end_ns: Until when.
            limit: Rows of a page.
        """
        ticks, bars = ADDRESSES.get(self.market.name, (_TICKS, _BARS))
        return (bars if self.width_ms else ticks).format(
            kind=self.channel.rest,
            resolution=RESOLUTIONS.get(self.channel.rest, ""),
            ticker=urllib.parse.quote(self.ticker, safe=":"),
            start_ns=start_ns,
            end_ns=end_ns,
            start_ms=start_ns // 1_000_000,
            end_ms=-(-end_ns // 1_000_000),
            limit=limit,
        )


def endpoint_of(market: schema.MarketSpec, param: str) -> Endpoint | None:
    """Return where the events of a subscription are; None where REST has them not.

    Args:
        market: The market.
        param: Such as ``T.AAPL``; no wildcard.

    Raises:
        SubscriptionError: It is malformed.
        UsageError: It is a wildcard.
    """
    (checked,) = parse_params(market.name, [param])
    name, _, symbol = checked.partition(".")
    if symbol == "*":
        raise UsageError(
            f"No REST request has all tickers: {checked} cannot be asked for.",
            hint=f"Name tickers, such as {name}.{market.example}, or pass symbols=, the ones to "
            "fill.",
        )
    channel = market.channel(name)
    if channel is None or not channel.rest:
        return None
    prefix = market.symbol_prefix
    bare = symbol.removeprefix(prefix)
    if market.name == "forex":
        # Pairs have a slash in events and a hyphen in paths.
        return Endpoint(market, channel, bare.replace("-", "/"), prefix + bare.replace("/", "-"))
    ticker = prefix + bare
    # The events of crypto have the pair alone; options and indices keep their prefixes.
    return Endpoint(market, channel, bare if market.name == "crypto" else ticker, ticker)


def tickers_of(param: str, watch_list: tuple[str, ...]) -> tuple[str, ...]:
    """Return the subscriptions that stand for one: itself, or those of the watch list for all."""
    name, _, symbol = param.partition(".")
    return tuple(f"{name}.{one}" for one in watch_list) if symbol == "*" else (param,)
