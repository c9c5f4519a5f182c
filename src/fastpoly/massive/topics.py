"""What `subscribe` and `unsubscribe` ask for, as requests that bring the server there.

The official client keeps a set of texts. Here each is checked against the market, and wildcards
are folded: ``T.*`` takes the place of single tickers of ``T``, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from fastpoly.protocol.subscriptions import Request, requests, sort_params

if TYPE_CHECKING:
    from fastpoly.errors import SubscriptionError
    from fastpoly.protocol.statuses import Action

__all__ = ["CHANGES", "wanted_changes"]

Changes = tuple[list[Request], "list[SubscriptionError]"]


def _channel(param: str) -> str:
    return param.partition(".")[0]


def _is_wildcard(param: str) -> bool:
    return param.endswith(".*")


def _subscribing(market: str, desired: frozenset[str], params: Iterable[str]) -> Changes:
    parsed, errors = sort_params(market, params)
    all_of = {_channel(param) for param in (*desired, *parsed) if _is_wildcard(param)}
    new = [
        param
        for param in parsed
        if param not in desired and (_is_wildcard(param) or _channel(param) not in all_of)
    ]
    new_wildcards = {_channel(param) for param in new if _is_wildcard(param)}
    folded = [
        param
        for param in sorted(desired)
        if _channel(param) in new_wildcards and not _is_wildcard(param)
    ]
    return [*requests("subscribe", new), *requests("unsubscribe", folded)], errors


def _unsubscribing(market: str, desired: frozenset[str], params: Iterable[str]) -> Changes:
    parsed, errors = sort_params(market, params)
    channels = {_channel(param) for param in parsed if _is_wildcard(param)}
    gone = [param for param in sorted(desired) if param in parsed or _channel(param) in channels]
    return list(requests("unsubscribe", gone)), errors


CHANGES: Final[Mapping[Action, Callable[[str, frozenset[str], Iterable[str]], Changes]]] = {
    "subscribe": _subscribing,
    "unsubscribe": _unsubscribing,
}


def wanted_changes(
    action: Action, market: str, desired: Iterable[str], params: Iterable[str]
) -> Changes:
    """Return the requests that a call means, and an error for each parameter that is malformed.

    Args:
        action: ``subscribe`` or ``unsubscribe``.
        market: The market.
        desired: What is subscribed, or to be, before the call.
        params: What the call names.
    """
    return CHANGES[action](market, frozenset(desired), params)
