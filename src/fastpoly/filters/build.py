"""What `symbols` and `where` mean: one filter that the core applies to rows."""

from __future__ import annotations

from collections.abc import Iterable

from fastpoly._core import Filter
from fastpoly.errors import UsageError
from fastpoly.filters.conditions import Condition, field

__all__ = ["make_filter"]


def make_filter(
    market: str,
    symbols: Iterable[str] | None,
    where: Condition | None,
    channels: Iterable[str] | None = None,
) -> Filter | None:
    """Return a filter for events of some symbols for which a condition holds.

    Args:
        market: The market's name.
        symbols: Tickers or pairs as events have them; None for all.
        where: What must hold; None for anything.
        channels: Names of channels, if there will be no others; the condition must then be about
            fields of theirs.

    Returns:
        The filter; None if everything passes.

    Raises:
        UsageError: There is no symbol, or the condition is invalid.
    """
    condition = where
    if symbols is not None:
        condition = field("symbol").is_in(*_names(symbols))
        if where is not None:
            condition = condition & where
    return None if condition is None else Filter(market, condition, channels)


def _names(symbols: Iterable[str]) -> Iterable[str]:
    names = () if isinstance(symbols, str) or not isinstance(symbols, Iterable) else tuple(symbols)
    if not names or not all(isinstance(name, str) for name in names):
        raise UsageError(
            f"symbols={symbols!r} names no symbols.",
            hint="Pass a set of texts, such as {'AAPL', 'MSFT'}, or leave it out for all.",
        )
    return names
