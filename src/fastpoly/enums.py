"""The names of markets, feeds and policies; a plain string works as well."""

from __future__ import annotations

import importlib
from enum import StrEnum
from typing import Any, TypeVar

from fastpoly.errors import UsageError

__all__ = [
    "ErrorPolicy",
    "Feed",
    "Ingest",
    "Market",
    "OnFailure",
    "Overflow",
]


class Market(StrEnum):
    """A market: a path of the service's URL, with a connection of its own."""

    STOCKS = "stocks"
    OPTIONS = "options"
    FOREX = "forex"
    CRYPTO = "crypto"
    INDICES = "indices"
    FUTURES = "futures"
    FUTURES_CME = "futures/cme"
    FUTURES_CBOT = "futures/cbot"
    FUTURES_NYMEX = "futures/nymex"
    FUTURES_COMEX = "futures/comex"


class Feed(StrEnum):
    """A feed: the stem of a host name, such as ``delayed`` in ``delayed.massive.com``."""

    REAL_TIME = "socket"
    DELAYED = "delayed"
    BUSINESS = "business"
    DELAYED_BUSINESS = "delayed-business"
    POLY_FEED = "polyfeed"
    POLY_FEED_PLUS = "polyfeedplus"
    NASDAQ = "nasdaqfeed"
    STARTER = "starterfeed"
    LAUNCHPAD = "launchpad"
    EDGX_BUSINESS = "edgx-business"
    IEX_BUSINESS = "iex-business"
    DELAYED_EDGX_BUSINESS = "delayed-edgx-business"
    DELAYED_NASDAQ_LAST_SALE_BUSINESS = "delayed-nasdaq-last-sale-business"
    DELAYED_NASDAQ_BASIC = "delayed-nasdaq-basic-business"
    DELAYED_FULL_MARKET_BUSINESS = "delayed-fullmarket-business"
    FULL_MARKET_BUSINESS = "fullmarket-business"
    NASDAQ_LAST_SALE_BUSINESS = "nasdaq-last-sale-business"
    NASDAQ_BASIC_BUSINESS = "nasdaq-basic-business"


class Overflow(StrEnum):
    """What happens when a consumer's buffer is full."""

    BLOCK = "block"
    """Stop reading the socket until there is room. The server then buffers, and
    closes the connection in the end."""
    DROP_OLDEST = "drop_oldest"
    """Throw away the oldest batches; the consumer stays near the present."""
    DROP_NEWEST = "drop_newest"
    """Throw away what arrives; the consumer keeps what was already waiting for it."""
    CONFLATE = "conflate"
    """Keep only the latest event of each channel and symbol."""
    ERROR = "error"
    """End the consumer with `ConsumerTooSlow`."""


class Ingest(StrEnum):
    """Where the socket is read and decoded."""

    LOOP = "loop"
    """In the caller's event loop: least latency; while a handler blocks, nothing is read."""
    THREAD = "thread"
    """In a thread with a loop of its own: the socket is read whatever the handlers do."""


class ErrorPolicy(StrEnum):
    """What happens to a handler that raises."""

    CONTINUE = "continue"
    """It is called again for the next batch."""
    DETACH = "detach"
    """It is not called again."""
    STOP = "stop"
    """The stream ends with `HandlerFailed`."""
    RAISE = "raise"
    """`AsyncStreamClient.handle_messages` raises what the handler raised, and may be called again.
    Elsewhere it is ``stop``."""


class OnFailure(StrEnum):
    """What becomes of the other markets of `Streams` when one of them fails."""

    CARRY_ON = "carry on"
    """They go on; the failure is told, and is raised at the end only if all have failed."""
    STOP_ALL = "stop all"
    """They are closed, and the failure is raised at the end."""


_E = TypeVar("_E", bound=StrEnum)


def member(kind: type[_E], value: str, what: str) -> _E:
    """Return the member of an enum that a string means.

    Args:
        kind: The enum.
        value: A member, its value, or its name in any case.
        what: What to call it in the error.

    Raises:
        UsageError: There is no such member.
    """
    if isinstance(value, str):
        for candidate in kind:
            # StrEnum members of another class compare by value, so those are accepted too.
            if candidate == value or candidate.name == value.upper():
                return candidate
    choices = ", ".join(repr(candidate.value) for candidate in kind)
    raise UsageError(f"{value!r} is not {what}.", hint=f"Choose one of {choices}.")


_MOVED = frozenset(("StreamCluster", "StreamHost", "StreamServicePrefix"))
"""The community client's names, which earlier versions had here."""


def __getattr__(name: str) -> Any:
    # By name and when asked for, as this module is below the one that has them.
    if name in _MOVED:
        return getattr(importlib.import_module("fastpoly.polygon.enums"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
