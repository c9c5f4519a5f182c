"""Events as the service writes them, for tests that number what they send."""

from __future__ import annotations

from typing import Any


def trade(symbol: str = "AAPL", q: int = 1, **more: Any) -> dict[str, Any]:
    base = {"ev": "T", "sym": symbol, "i": str(q), "x": 4, "p": 10.5, "s": 100, "t": 1781706600000}
    return base | {"q": q, "z": 3} | more


def quote(symbol: str = "AAPL", q: int = 1) -> dict[str, Any]:
    return {
        "ev": "Q",
        "sym": symbol,
        "bx": 4,
        "ax": 7,
        "bp": 10.4,
        "ap": 10.6,
        "bs": 100,
        "as": 200,
        "t": 1781706600000,
        "q": q,
        "z": 3,
    }
