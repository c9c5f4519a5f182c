"""What the columns of a frame must hold, worked out event by event from the reference decoder."""

from __future__ import annotations

import math
import re
from typing import Any

from fastpoly import schema
from tests.reference import Expected

MISSING_INT = -(2**63)
CODES_WIDTH = 7
MS_BELOW = 10**14
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def event_type_of(market: str, channel: str) -> schema.EventType:
    spec = schema.MARKETS[market].channel(channel)
    assert spec is not None
    return spec.event


def nanoseconds(value: int) -> int | None:
    """An EPOCH value in ns, or None where that is beyond 64 bits."""
    scaled = value * 1_000_000 if value < MS_BELOW else value
    return scaled if MISSING_INT < scaled < 2**63 else None


def decimal(text: str) -> float:
    return float(text) if _DECIMAL.fullmatch(text) else math.nan


def numpy_cell(kind: schema.Kind, value: Any) -> Any:
    """The value of one cell as ``column.tolist()`` or, for times, as the int64 behind it."""
    name = kind.name
    if name in ("SYMBOL", "TEXT"):
        return (value or "").rstrip("\0")  # NumPy's text does not know trailing NULs
    if name == "DECIMAL":
        return math.nan if value is None else decimal(value)
    if name == "FLOAT":
        return math.nan if value is None else value
    if name == "FLAG":
        return bool(value)
    if name == "CODES":
        codes = [code if -(2**15) <= code < 2**15 else -1 for code in (value or [])[:CODES_WIDTH]]
        return codes + [-1] * (CODES_WIDTH - len(codes))
    if name == "LEVELS":
        return value
    if name == "EPOCH" and value is not None:
        value = nanoseconds(value)
    return MISSING_INT if value is None else value


def arrow_cell(kind: schema.Kind, value: Any) -> Any:
    """The value of one cell, with times as the int64 behind them; None where it is null."""
    if kind.name == "EPOCH" and value is not None:
        return nanoseconds(value)
    return value


def rows(events: list[Expected], channel: str) -> list[Expected]:
    return [event for event in events if event.event_type == channel]
