"""Where a reader begins: what the ``start`` of a URL's query says, and the URL without it."""

from __future__ import annotations

import urllib.parse
from typing import Final

from fastpoly.errors import UsageError

__all__ = ["EVERYTHING_NS", "read_start", "start_of_query", "without_past"]

EVERYTHING_NS: Final = 0
"""The time that everything is after."""

_NAMED: Final = {"new": None, "all": EVERYTHING_NS}
_HINT: Final = "Pass start=new, start=all, or Unix time in ns."


def read_start(text: str) -> int | None:
    """Return the time from which on a reader wants what there was, Unix time in ns.

    Args:
        text: ``new``, ``all``, or the time.

    Returns:
        The time, `EVERYTHING_NS` for all; None for nothing but what is new.

    Raises:
        UsageError: It is none of these.
    """
    if text in _NAMED:
        return _NAMED[text]
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return int(text)
    raise UsageError(f"start={text!r} is nowhere to begin.", hint=_HINT)


def start_of_query(query: str) -> int | None:
    """Return the same of a URL's query, whose other names are left to others.

    Raises:
        UsageError: It says ``start`` and no such time.
    """
    said = urllib.parse.parse_qs(query, keep_blank_values=True).get("start")
    return read_start(said[-1]) if said else None


def without_past(url: str) -> str:
    """Return a URL whose query asks for nothing but what is new; the same if it did not before."""
    head, mark, query = url.partition("?")
    parts = query.split("&")
    left = [part for part in parts if not part.startswith("start=") or part == "start=new"]
    if len(left) == len(parts):
        return url
    return head + mark + "&".join(left) if left else head
