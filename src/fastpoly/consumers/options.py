"""The options that every kind of consumer takes, as users name them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict, Unpack

from fastpoly.filters.conditions import Condition

__all__ = ["ConsumerKeywords", "consumer_options"]


class ConsumerKeywords(TypedDict, total=False):
    """Options of `Stream.batches`, and of all that gets batches."""

    symbols: Iterable[str] | None
    where: Condition | None
    max_buffer_bytes: int | None
    max_buffer_age: float | None
    overflow: str | None


NAMES = {
    "symbols": "symbols",
    "where": "where",
    "max_buffer_bytes": "max_bytes",
    "max_buffer_age": "max_age_s",
    "overflow": "overflow",
}
"""As users name an option, and as `ConsumerRegistry` does."""


def consumer_options(**options: Unpack[ConsumerKeywords]) -> dict[str, Any]:
    """Return what `ConsumerRegistry` takes for these; None for each that is not there.

    Raises:
        TypeError: There is no such option.
    """
    unknown = options.keys() - NAMES.keys()
    if unknown:
        raise TypeError(f"unexpected option {min(unknown)!r}; there are {', '.join(NAMES)}")
    return {own: options.get(name) for name, own in NAMES.items()}
