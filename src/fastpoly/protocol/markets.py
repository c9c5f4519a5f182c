"""Which market a name, an enum member or a URL path means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastpoly import schema
from fastpoly.errors import UsageError

__all__ = ["MarketPath", "market_of"]

_MARKET_BY_PATH: Final = {path: spec for spec in schema.MARKETS.values() for path in spec.paths}


@dataclass(frozen=True, slots=True)
class MarketPath:
    """A market and the path of the URL that serves it.

    Attributes:
        spec: The market's entry in the schema.
        path: The URL path, such as ``futures/cme``.
    """

    spec: schema.MarketSpec
    path: str

    @property
    def name(self) -> str:
        """The name of the market in the schema; all futures paths are ``futures``."""
        return self.spec.name


def market_of(market: str) -> MarketPath:
    """Return the market that a name or an enum member means.

    Raises:
        UsageError: There is no such market.
    """
    if isinstance(market, str):
        # str() first: an enum member formats as its value, a subclass of str as itself.
        path = str(market).strip().strip("/").lower().replace("futures_", "futures/")
        if path in _MARKET_BY_PATH:
            return MarketPath(_MARKET_BY_PATH[path], path)
    raise UsageError(
        f"{market!r} is not a market.",
        hint=f"Choose one of {', '.join(map(repr, _MARKET_BY_PATH))}.",
    )
