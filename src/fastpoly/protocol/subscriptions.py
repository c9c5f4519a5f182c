"""Subscriptions as sets: grammar, wildcards, desired against confirmed, requests of fit size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fastpoly import schema
from fastpoly.errors import SubscriptionError, SubscriptionLimitError
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.statuses import Action

__all__ = [
    "MAX_REQUEST_BYTES",
    "MAX_REQUEST_PARAMS",
    "LiteralSubscriptions",
    "Request",
    "Subscriptions",
    "encode_request",
    "joined",
    "parse_params",
    "requests",
    "sort_params",
]

MAX_REQUEST_PARAMS: Final = 500
"""Parameters in one request. The server publishes no limit; this is what others run with."""

MAX_REQUEST_BYTES: Final = 900_000
"""Bytes of one request's parameters. The server takes up to 1 MB."""


MAX_DETAILS: Final = 5
"""Malformed parameters that an error describes one by one."""


def parse_params(market: str, params: Iterable[str | Iterable[str]]) -> tuple[str, ...]:
    """Return parameters such as ``T.AAPL``, checked against the market, in order, once each.

    Case is kept: tickers such as ``BACpB`` have lower-case letters.

    Args:
        market: The market.
        params: Parameters, each one a text, a comma-separated text, or several in an iterable.

    Raises:
        SubscriptionError: Some are malformed, or name a channel that the market does not have.
    """
    parsed, errors = sort_params(market, params)
    if errors:
        raise joined(errors)
    return parsed


def sort_params(
    market: str, params: Iterable[str | Iterable[str]]
) -> tuple[tuple[str, ...], list[SubscriptionError]]:
    """As `parse_params`, but return what is well-formed, and an error for each that is not."""
    spec = market_of(market).spec
    parsed: dict[str, None] = {}
    errors: list[SubscriptionError] = []
    for text in _texts(params):
        try:
            parsed[_checked(spec, text)] = None
        except SubscriptionError as error:
            errors.append(error)
    return tuple(parsed), errors


def joined(errors: Sequence[SubscriptionError]) -> SubscriptionError:
    """Return one error that says what several say: all that they name, and how the first ended."""
    if len(errors) == 1:
        return errors[0]
    details = [error.detail for error in errors[:MAX_DETAILS]]
    if len(errors) > MAX_DETAILS:
        details.append(f"{len(errors) - MAX_DETAILS} more are malformed too.")
    error = SubscriptionError(
        " ".join(details),
        hint=errors[0].hint,
        refused=[param for one in errors for param in one.refused],
        unanswered=[param for one in errors for param in one.unanswered],
    )
    error.__cause__ = errors[-1].__cause__
    return error


def _texts(params: Iterable[object]) -> Iterator[object]:
    """Each parameter alone; what is not text, as it is."""
    for param in params:
        if isinstance(param, str):
            for text in param.split(","):
                yield text.strip()
        elif isinstance(param, Iterable) and not isinstance(param, (bytes, bytearray)):
            yield from _texts(param)
        else:
            yield param


def _malformed(given: object, what: str, hint: str) -> SubscriptionError:
    text = given if isinstance(given, str) else repr(given)
    return SubscriptionError(f"{given!r} {what}.", hint=hint, refused=(text,))


def _checked(spec: schema.MarketSpec, text: object) -> str:
    if not isinstance(text, str):
        raise _malformed(text, "is not text", "Write T.AAPL, or T.* for all.")
    # At the first dot: symbols have dots of their own (T.BRK.B).
    name, dot, symbol = text.partition(".")
    example = f"{spec.channels[0].name}.{spec.example}"
    if not text:
        raise _malformed(text, "is empty", f"Write {example}.")
    if not dot:
        raise _malformed(
            text,
            "has no channel",
            f"Write a channel, a dot and a ticker, such as {spec.channels[0].name}.{text}.",
        )
    channel = spec.channel(name)
    if channel is None:
        raise _malformed(text, f"names no channel of {spec.name}", _channel_hint(spec, name))
    if not symbol:
        raise _malformed(text, "has no ticker", f"Write {name}.{spec.example}, or {name}.*.")
    if "*" in symbol:
        if symbol != "*":
            raise _malformed(
                text,
                "has a wildcard inside a ticker, which the server does not know",
                f"Subscribe to {name}.* and filter, or name the tickers.",
            )
        if not channel.wildcard:
            raise _malformed(
                text,
                f"is a wildcard, which the server refuses for {spec.name} {name}",
                f"Name up to {channel.limit} tickers, such as {name}.{spec.example}.",
            )
    elif not symbol.isprintable() or any(map(str.isspace, symbol)):
        raise _malformed(text, "has white space in its ticker", "Separate parameters by commas.")
    elif spec.symbol_prefix in ("O:", "I:") and not symbol.startswith(spec.symbol_prefix):
        # The server confirms any ticker and stays silent on one that it does not have.
        raise _malformed(
            text,
            f"names a ticker without {spec.symbol_prefix}",
            f"Write {name}.{spec.symbol_prefix}{symbol}.",
        )
    return text


def _channel_hint(spec: schema.MarketSpec, name: str) -> str:
    own = ", ".join(channel.name for channel in spec.channels)
    if spec.channel(name.upper()) is not None:
        return f"Channel names are upper case: write {name.upper()}."
    others = [market.name for market in schema.MARKETS.values() if market.channel(name) is not None]
    if others:
        return f"It is a channel of {' and '.join(others)}, a stream of its own; here are {own}."
    return f"Choose one of {own}."


@dataclass(frozen=True, slots=True)
class Request:
    """One message to the server.

    Attributes:
        action: ``subscribe`` or ``unsubscribe``.
        params: What it names.
    """

    action: Action
    params: tuple[str, ...]


def encode_request(action: str, params: str, *, spaced: bool = False) -> str:
    """Return the text of a message to the server.

    Args:
        action: ``auth``, ``subscribe`` or ``unsubscribe``.
        params: What it names.
        spaced: Whether to write it to the byte as the community client does: with a space between
            the two keys, and characters beyond ASCII as they are.
    """
    if spaced:
        return f'{{"action":"{action}", "params":{json.dumps(params, ensure_ascii=False)}}}'
    return json.dumps({"action": action, "params": params}, separators=(",", ":"))


def requests(action: Action, params: Iterable[str]) -> Iterator[Request]:
    """Return the requests that name parameters: as many as keep each to a size that is taken."""
    chunk: list[str] = []
    size = 0
    for param in params:
        # JSON may write a character as up to six bytes; tickers are ASCII, so this is exact there.
        cost = len(json.dumps(param)) - 1
        if chunk and (len(chunk) >= MAX_REQUEST_PARAMS or size + cost > MAX_REQUEST_BYTES):
            yield Request(action, tuple(chunk))
            chunk, size = [], 0
        chunk.append(param)
        size += cost
    if chunk:
        yield Request(action, tuple(chunk))


class Subscriptions:
    """What the user wants of one market, and what the server has confirmed on this connection.

    Three sets of parameters: `desired` is what was asked for; `wire` is what must be asked of the
    server for that, which leaves out tickers that a desired wildcard covers; `confirmed` is what
    the server acknowledged since the connection came up. Pure: `plan` says which requests would
    make the server's state equal to the desired one, and others send them.
    """

    def __init__(self, market: str) -> None:
        self._spec = market_of(market).spec
        # Dicts for their order: the server is asked in the order in which the user asked.
        self._desired: dict[str, None] = {}
        self._confirmed: dict[str, None] = {}
        self._sent: dict[str, None] = {}
        # Desired, but not asked for again on this connection unless somebody asks.
        self._passed_over: dict[str, None] = {}
        # Sent and not answered, and somebody has asked for it again.
        self._to_repeat: dict[str, None] = {}

    @property
    def market(self) -> str:
        """The market's name."""
        return self._spec.name

    @property
    def desired(self) -> tuple[str, ...]:
        """What the user asked for, in that order."""
        return tuple(self._desired)

    @property
    def confirmed(self) -> tuple[str, ...]:
        """What the server acknowledged on this connection."""
        return tuple(self._confirmed)

    @property
    def wire(self) -> tuple[str, ...]:
        """What has to be asked of the server so that everything desired arrives, once."""
        return tuple(param for param in self._desired if not self._covered(param))

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels that are desired, in order of first appearance."""
        return tuple(dict.fromkeys(param.partition(".")[0] for param in self._desired))

    def _covered(self, param: str) -> bool:
        # The channel's whole name: A.* has nothing to do with AM.X.
        name, _, symbol = param.partition(".")
        return symbol != "*" and f"{name}.*" in self._desired

    def add(self, params: Iterable[str | Iterable[str]]) -> tuple[str, ...]:
        """Add parameters to what is desired, also those that the server refused before.

        Returns:
            Those parameters, parsed.

        Raises:
            SubscriptionError: Some are malformed; nothing was added.
            SubscriptionLimitError: A channel would hold more than it may; nothing was added.
        """
        parsed, errors = sort_params(self._spec.name, params)
        errors += self._over_limits(parsed)
        if errors:
            raise joined(errors)
        self._want(parsed)
        return parsed

    def add_some(
        self, params: Iterable[str | Iterable[str]]
    ) -> tuple[tuple[str, ...], list[SubscriptionError]]:
        """As `add`, but add what can be, and return it with the errors of what cannot."""
        parsed, errors = sort_params(self._spec.name, params)
        over = self._over_limits(parsed)
        too_many = {param for error in over for param in error.refused}
        added = tuple(param for param in parsed if param not in too_many)
        self._want(added)
        return added, errors + over

    def _want(self, params: tuple[str, ...]) -> None:
        self._desired.update(dict.fromkeys(params))
        for param in map(self.carrier, params) if self._passed_over else ():
            if param in self._passed_over:
                del self._passed_over[param]
                if param in self._sent:
                    self._to_repeat[param] = None

    def _forget_sent(self, param: str) -> None:
        for of_this_connection in (self._sent, self._passed_over, self._to_repeat):
            of_this_connection.pop(param, None)

    def _over_limits(self, params: tuple[str, ...]) -> list[SubscriptionError]:
        errors: list[SubscriptionError] = []
        for channel in self._spec.channels:
            if not channel.limit:
                continue
            prefix = f"{channel.name}."
            new = [param for param in params if param.startswith(prefix)]
            held = {param for param in self._desired if param.startswith(prefix)}
            count = len(held.union(new))
            if new and count > channel.limit:
                error = SubscriptionLimitError(
                    f"{count} contracts on {self._spec.name} {channel.name} are more than the "
                    f"{channel.limit} that one connection may hold.",
                    refused=[param for param in new if param not in held],
                )
                errors.append(error)
        return errors

    def remove(self, params: Iterable[str | Iterable[str]]) -> tuple[str, ...]:
        """Remove parameters from what is desired; one that is not there is not an error.

        Returns:
            Those parameters, parsed.

        Raises:
            SubscriptionError: One is malformed, or would still arrive: a wildcard covers it, or it
                is a wildcard and single tickers are subscribed. Nothing was removed.
        """
        parsed = parse_params(self._spec.name, params)
        for param in parsed:
            if param in self._desired:
                continue
            name, _, symbol = param.partition(".")
            if symbol != "*" and f"{name}.*" in self._desired and f"{name}.*" not in parsed:
                raise SubscriptionError(
                    f"{param} arrives as part of {name}.*, and the server cannot leave it out.",
                    hint=f"Unsubscribe from {name}.*, or ignore the ticker.",
                    refused=(param,),
                )
            single = [held for held in self._desired if held.startswith(f"{name}.")]
            if symbol == "*" and any(held not in parsed for held in single):
                raise SubscriptionError(
                    f"{param} is not subscribed; {len(single)} single tickers of {name} are.",
                    hint=f"Unsubscribe from those, such as {single[0]}.",
                    refused=(param,),
                )
        for param in parsed:
            self._desired.pop(param, None)
            self._passed_over.pop(param, None)
            self._to_repeat.pop(param, None)
        return parsed

    def forget(self, params: Iterable[str]) -> None:
        """Remove parameters that the server refused or did not answer, as if never sent."""
        for param in params:
            self._desired.pop(param, None)
            self._forget_sent(param)

    def pass_over(self, refused: Iterable[str], unanswered: Iterable[str]) -> None:
        """Leave desired parameters alone for the rest of this connection.

        Args:
            refused: What the server does not hold.
            unanswered: What it may hold; somebody who wants it no more has to say so.
        """
        for param in refused:
            self._sent.pop(param, None)
            self._passed_over[param] = None
        self._passed_over.update(dict.fromkeys(unanswered))

    def restart(self) -> None:
        """Begin with a new connection: the server knows of nothing."""
        self._confirmed.clear()
        self._sent.clear()
        self._passed_over.clear()
        self._to_repeat.clear()

    def adopt(self, params: Iterable[str]) -> None:
        """Take desired parameters for sent, so that `plan` leaves them alone."""
        self._sent.update((param, None) for param in params if param in self._desired)

    def plan(self) -> list[Request]:
        """Return the requests that bring the server from what it was sent to what is desired.

        What is let go of goes first where a wildcard makes way for single tickers: a ticker that is
        asked for while its wildcard is held might go unanswered and be lost with the wildcard.
        Elsewhere it goes last, and single tickers only once their wildcard is confirmed: until then
        nothing else brings them, and it may be refused.
        """
        wire = dict.fromkeys(self.wire)
        sent, passed, again = self._sent, self._passed_over, self._to_repeat
        asked = [p for p in wire if p in again or not (p in sent or p in passed)]
        dropped = [param for param in self._sent if param not in wire]
        wildcards = [param for param in dropped if param.endswith(".*")]
        single = [p for p in dropped if not p.endswith(".*") and not self._awaits_wildcard(p)]
        return [
            *requests("unsubscribe", wildcards),
            *requests("subscribe", asked),
            *requests("unsubscribe", single),
        ]

    def _awaits_wildcard(self, param: str) -> bool:
        return param in self._desired and self.carrier(param) not in self._confirmed

    @staticmethod
    def dropping(params: Iterable[str]) -> list[Request]:
        """Return requests to unsubscribe from parameters, whether they are held or not."""
        return list(requests("unsubscribe", params))

    def sent(self, request: Request) -> None:
        """Take note that a request went out."""
        if request.action == "subscribe":
            self._sent.update(dict.fromkeys(request.params))
            for param in request.params if self._to_repeat else ():
                self._to_repeat.pop(param, None)
        else:
            # Whoever wants it again has to ask again, also where it was passed over.
            for param in request.params:
                self._forget_sent(param)

    def changes(self, request: Request) -> tuple[str, ...]:
        """Return the parameters of a request that change what the server holds."""
        subscribing = request.action == "subscribe"
        params = dict.fromkeys(filter(None, map(str.strip, request.params)))
        return tuple(param for param in params if self.is_held(param) is not subscribing)

    def acknowledge(self, action: Action, param: str) -> None:
        """Take note of a confirmed parameter; one that nobody asked for is ignored."""
        if action == "subscribe":
            # A server may confirm whatever it likes, without end.
            if param in self._sent or param in self._desired:
                self._confirmed[param] = None
            if param in self._passed_over:  # late
                del self._passed_over[param]
                self._sent[param] = None
            self._to_repeat.pop(param, None)
        else:
            self._confirmed.pop(param, None)

    def carrier(self, param: str) -> str:
        """Return the parameter on the wire that brings a desired one: itself, or its wildcard."""
        return f"{param.partition('.')[0]}.*" if self._covered(param) else param

    def is_confirmed(self, param: str) -> bool:
        """Return whether the server has confirmed what brings a desired parameter."""
        carrier = self.carrier(param)
        # What it was asked to let go of since is confirmed no longer than until it answers.
        return carrier in self._confirmed and carrier in self._sent

    def is_held(self, param: str) -> bool:
        """Return whether the server may be sending a parameter's data because of itself."""
        return param in self._sent or param in self._confirmed


class LiteralSubscriptions(Subscriptions):
    """The net of requests that are sent as the user wrote them; a set, not a log of them.

    Nothing is checked, and nothing left out: what the server makes of a text is the server's.
    """

    def apply(self, request: Request, *, sent: bool) -> None:
        """Add or remove what a request names; a wildcard removes its whole channel.

        Args:
            request: The request, in the user's words.
            sent: Whether it goes out now; if not, it is part of what the next connection is asked.
        """
        for param in filter(None, map(str.strip, request.params)):
            if request.action == "subscribe":
                self._desired[param] = None
                if sent:
                    self._passed_over.pop(param, None)
                    self._sent[param] = None
                continue
            channel, _, symbol = param.partition(".")
            # The channel's whole name: A.* has nothing to do with AM.X.
            gone = [
                held
                for held in self._desired
                if held == param or (symbol == "*" and held.partition(".")[0] == channel)
            ]
            for held in gone:
                del self._desired[held]
                self._forget_sent(held)

    def _covered(self, param: str) -> bool:
        return False
