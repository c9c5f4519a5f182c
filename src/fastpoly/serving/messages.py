"""What a server says and understands: status objects, requests, parameters, symbols."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fastpoly.schema import STATUSES, MarketSpec

_SPECS: Final = {spec.name: spec for spec in STATUSES}

# What follows the beginnings that the schema table knows.
_TAILS: Final = {
    "NO_PLAN": " Visit https://massive.com/pricing to upgrade.",
    "CONNECTED": "Connected Successfully",
    "AUTH_SUCCESS": "authenticated",
    "AUTH_FAILED": "authentication failed",
    "AUTH_TIMEOUT": "No authentication request received.",
    # The space is the service's own.
    "MAX_CONNECTIONS": "Maximum number of websocket connections exceeded. ",
    # What the service says here is not known.
    "SLOW_CONSUMER": "The connection is not read fast enough.",
    "FORCE_DISCONNECT": "The connection was ended by the service.",
    "SUBSCRIPTION_LIMIT": " for feed. Please remove some subscriptions and try again.",
}


def status(name: str, tail: str = "", **fields: Any) -> bytes:
    """Return one status object as JSON.

    Args:
        name: The name of an entry of `fastpoly.schema.STATUSES`.
        tail: What follows its message, such as the parameter that was accepted.
        fields: What else it says, after the message.
    """
    spec = _SPECS[name]
    message = spec.message + _TAILS.get(name, "") + tail
    return json.dumps(
        {"ev": "status", "status": spec.status, "message": message, **fields},
        separators=(",", ":"),
    ).encode()


def array(objects: Iterable[bytes]) -> bytes:
    """Return a frame's text: the objects in one array."""
    return b"[" + b",".join(objects) + b"]"


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """One message of a client."""

    action: str
    params: str


def parse_request(payload: bytes) -> ClientRequest | None:
    """Return a client's message, or None if it is not a JSON object with two texts."""
    try:
        value: Any = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    action, params = value.get("action"), value.get("params")
    if not isinstance(action, str) or not isinstance(params, str):
        return None
    return ClientRequest(action, params)


@dataclass(frozen=True, slots=True)
class Param:
    """One ``CHANNEL.SYMBOL``.

    Attributes:
        text: As the client wrote it, without the white space around it.
        channel: The part before the first dot.
        symbol: The rest, as the data spells it; ``*`` for everything.
    """

    text: str
    channel: str
    symbol: str


def parse_params(params: str, market: MarketSpec) -> list[Param]:
    """Return the parameters of a request, in order, without those of unknown channels.

    The service answers a parameter that it does not know with silence.
    """
    found = []
    for part in params.split(","):
        text = part.strip()
        channel, dot, symbol = text.partition(".")
        if dot and symbol and market.channel(channel) is not None:
            found.append(Param(text, channel, canonical(market, symbol)))
    return found


def canonical(market: MarketSpec, symbol: str) -> str:
    """Return a symbol as the data spells it, from any of the spellings that clients use."""
    if symbol == "*":
        return symbol
    if market.name == "forex":
        pair = symbol.removeprefix("C:").replace("-", "/")
        if "/" not in pair and len(pair) == 6:
            pair = f"{pair[:3]}/{pair[3:]}"
        return pair
    if market.name == "crypto":
        return symbol.removeprefix("X:")
    return symbol
