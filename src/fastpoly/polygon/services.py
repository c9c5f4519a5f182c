"""The services of `AsyncStreamClient`: which channel each method names, and what it sends."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, overload

from fastpoly import schema
from fastpoly.errors import SubscriptionError

__all__ = [
    "SERVICES",
    "Handler",
    "Service",
    "ServiceMethods",
    "Symbols",
    "encode",
    "name_params",
]

logger = logging.getLogger("fastpoly.client")

Handler: TypeAlias = Callable[[Any], Awaitable[Any] | object]
"""What takes a message: a function, or a coroutine function, of one argument."""

Symbols: TypeAlias = Iterable[str] | str | None
"""Tickers; None, an empty list or ``"all"`` for every one; a text is sent as it is."""


@dataclass(frozen=True, slots=True)
class Service:
    """One pair of methods, ``subscribe_<name>`` and ``unsubscribe_<name>``.

    Attributes:
        name: The methods' names, without the verb.
        channel: The channel that they name on the wire, which is also the ``ev`` of its messages.
        doc: What the channel carries.
        everywhere: Whether to send it on a market of which the schema knows no such channel.
    """

    name: str
    channel: str
    doc: str
    everywhere: bool = False


SERVICES: Final = {
    service.name: service
    for service in (
        Service("fair_market_value", "FMV", "fair market values", everywhere=True),
        Service("stock_trades", "T", "trades of stocks"),
        Service("stock_quotes", "Q", "quotes of stocks"),
        Service("stock_minute_aggregates", "AM", "minute bars of stocks"),
        Service("stock_second_aggregates", "A", "second bars of stocks"),
        Service("stock_limit_up_limit_down", "LULD", "limit-up limit-down bands and halts"),
        Service("stock_imbalances", "NOI", "net order imbalances of stocks"),
        Service("option_trades", "T", "trades of options contracts"),
        Service("option_quotes", "Q", "quotes of options contracts"),
        Service("option_minute_aggregates", "AM", "minute bars of options contracts"),
        Service("option_second_aggregates", "A", "second bars of options contracts"),
        Service("forex_quotes", "C", "quotes of currency pairs"),
        Service("forex_minute_aggregates", "CA", "minute bars of currency pairs"),
        Service("forex_second_aggregates", "CAS", "second bars of currency pairs"),
        Service("crypto_trades", "XT", "trades of crypto pairs"),
        Service("crypto_quotes", "XQ", "quotes of crypto pairs"),
        Service("crypto_minute_aggregates", "XA", "minute bars of crypto pairs"),
        Service("crypto_second_aggregates", "XAS", "second bars of crypto pairs"),
        Service("crypto_level2_book", "XL2", "order books of crypto pairs"),
        Service("indices_minute_aggregates", "AM", "minute bars of indices"),
        Service("indices_second_aggregates", "A", "second bars of indices"),
        Service("index_value", "V", "values of indices"),
    )
}
"""Every service by name, in the order of the community client's class."""


def name_params(
    service: Service, market: schema.MarketSpec, symbols: Symbols, *, uppercase: bool = True
) -> str:
    """Return what a request for symbols of a service names, as the community client writes it.

    Empty texts in a list, such as ``"AMD,".split(",")`` has, are left out with a warning; the
    server would not answer what they make of the request. So is space around a ticker.

    Args:
        service: The service.
        market: The market that the client is connected to.
        symbols: See `Symbols`.
        uppercase: Whether to write tickers in upper case. Those of options and indices always are.

    Raises:
        SubscriptionError: The market has no such channel, or a ticker is malformed.
    """
    channel = service.channel
    if market.channel(channel) is None and not service.everywhere:
        raise SubscriptionError(
            f"{market.name} has no channel {channel}, which carries {service.doc}.",
            hint=f"Use another client, connected to {_markets_with(channel)}.",
            refused=(channel,),
        )
    if isinstance(symbols, str) and symbols != "all":
        return symbols
    given = [] if symbols is None or isinstance(symbols, str) else list(symbols)
    if not given:
        return f"{channel}.*"
    tickers = [ticker.strip() if isinstance(ticker, str) else ticker for ticker in given]
    if tickers != given or "" in tickers:
        logger.warning("%r: left out what is empty, and space around tickers", given)
        tickers = [ticker for ticker in tickers if ticker != ""]
    if not tickers:
        # Not every ticker of the market, which is what an empty list asks for.
        raise SubscriptionError(
            f"{given!r} has no ticker.", hint="Pass a list of tickers, such as ['AMD', 'NVDA']."
        )
    return ",".join(
        f"{channel}.{_written(ticker, market.symbol_prefix, uppercase)}" for ticker in tickers
    )


def _written(ticker: object, prefix: str, uppercase: bool) -> str:
    if not isinstance(ticker, str) or "," in ticker:
        raise SubscriptionError(
            f"{ticker!r} is not a ticker.", hint="Pass a list of tickers, such as ['AMD', 'NVDA']."
        )
    # Forex and crypto pairs go out as given: the server wants neither C: nor X: in front.
    if prefix in ("O:", "I:"):
        ticker = ticker.upper()
        return ticker if ticker == "*" or ticker.startswith(prefix) else prefix + ticker
    return ticker.upper() if uppercase else ticker


def _markets_with(channel: str) -> str:
    return " or ".join(spec.name for spec in schema.MARKETS.values() if spec.channel(channel))


def encode(action: str, params: str) -> str:
    """A request's text, to the space the community client's."""
    return f'{{"action":"{action}", "params":{json.dumps(params, ensure_ascii=False)}}}'


class _Subscribe(Protocol):
    """A ``subscribe_`` method of a client: tickers, a handler, and whether to send upper case."""

    async def __call__(
        self,
        symbols: Symbols = None,
        handler_function: Handler | None = None,
        force_uppercase_symbols: bool = True,
    ) -> None: ...


class _Unsubscribe(Protocol):
    """An ``unsubscribe_`` method of a client: tickers, or none for the whole channel."""

    async def __call__(self, symbols: Symbols = None) -> None: ...


class SubscribeMethod(Protocol):
    """A ``subscribe_`` method as type checkers see it."""

    @overload
    def __get__(self, client: None, owner: type[Any]) -> Callable[..., Awaitable[None]]: ...
    @overload
    def __get__(self, client: Any, owner: type[Any]) -> _Subscribe: ...


class UnsubscribeMethod(Protocol):
    """An ``unsubscribe_`` method as type checkers see it."""

    @overload
    def __get__(self, client: None, owner: type[Any]) -> Callable[..., Awaitable[None]]: ...
    @overload
    def __get__(self, client: Any, owner: type[Any]) -> _Unsubscribe: ...


_SUBSCRIBE_DOC: Final = """Subscribes to {doc}, channel ``{channel}``.

Args:
    symbols: A list of tickers; none, or ``"all"``, for every one. A text is sent as it is, so it
        names channels too: ``"{channel}.X,{channel}.Y"``.
    handler_function: What to call with each message of the channel, a function or a coroutine
        function of one argument. It replaces the channel's handler; without one the messages go
        to the default handler.
    force_uppercase_symbols: Whether to send the tickers in upper case.

Raises:
    SubscriptionError: The market of this client has no such channel, or a ticker is malformed.
    UsageError: The handler is not callable, or the client was closed.
    FastpolyError: As from `login`, if this is the first call; `ConnectionLost` if it is lost
        and nothing is about to restore it.
"""

_UNSUBSCRIBE_DOC: Final = """End the subscription to {doc}, channel ``{channel}``.

Args:
    symbols: A list of tickers; none, or ``"all"``, for the whole channel. They are sent in upper
        case; a text is sent as it is: ``"{channel}.X"``.

Raises:
    SubscriptionError: The market of this client has no such channel, or a ticker is malformed.
    UsageError: The client was closed.
    FastpolyError: As from `login`, if this is the first call; `ConnectionLost` if it is lost
        and nothing is about to restore it.
"""


def _named(method: Any, verb: str, service: Service, doc: str) -> Any:
    method.__name__ = f"{verb}_{service.name}"
    method.__qualname__ = f"AsyncStreamClient.{method.__name__}"
    method.__module__ = "fastpoly.polygon.client"
    method.__doc__ = doc.format(doc=service.doc, channel=service.channel)
    return method


def _subscriber(name: str) -> SubscribeMethod:
    """Return the ``subscribe_`` method of a service."""
    service = SERVICES[name]

    async def subscribe(
        self: ServiceMethods,
        symbols: Symbols = None,
        handler_function: Handler | None = None,
        force_uppercase_symbols: bool = True,
    ) -> None:
        await self._subscribe(service, symbols, handler_function, force_uppercase_symbols)

    method: SubscribeMethod = _named(subscribe, "subscribe", service, _SUBSCRIBE_DOC)
    return method


def _unsubscriber(name: str) -> UnsubscribeMethod:
    """Return the ``unsubscribe_`` method of a service."""
    service = SERVICES[name]

    async def unsubscribe(self: ServiceMethods, symbols: Symbols = None) -> None:
        await self._unsubscribe(service, symbols)

    method: UnsubscribeMethod = _named(unsubscribe, "unsubscribe", service, _UNSUBSCRIBE_DOC)
    return method


class ServiceMethods:
    """The two methods of each service; a client has them from here."""

    async def _subscribe(
        self, service: Service, symbols: Symbols, handler: Handler | None, uppercase: bool
    ) -> None:
        raise NotImplementedError

    async def _unsubscribe(self, service: Service, symbols: Symbols) -> None:
        raise NotImplementedError

    subscribe_fair_market_value = _subscriber("fair_market_value")
    unsubscribe_fair_market_value = _unsubscriber("fair_market_value")
    subscribe_stock_trades = _subscriber("stock_trades")
    unsubscribe_stock_trades = _unsubscriber("stock_trades")
    subscribe_stock_quotes = _subscriber("stock_quotes")
    unsubscribe_stock_quotes = _unsubscriber("stock_quotes")
    subscribe_stock_minute_aggregates = _subscriber("stock_minute_aggregates")
    unsubscribe_stock_minute_aggregates = _unsubscriber("stock_minute_aggregates")
    subscribe_stock_second_aggregates = _subscriber("stock_second_aggregates")
    unsubscribe_stock_second_aggregates = _unsubscriber("stock_second_aggregates")
    subscribe_stock_limit_up_limit_down = _subscriber("stock_limit_up_limit_down")
    unsubscribe_stock_limit_up_limit_down = _unsubscriber("stock_limit_up_limit_down")
    subscribe_stock_imbalances = _subscriber("stock_imbalances")
    unsubscribe_stock_imbalances = _unsubscriber("stock_imbalances")
    subscribe_option_trades = _subscriber("option_trades")
    unsubscribe_option_trades = _unsubscriber("option_trades")
    subscribe_option_quotes = _subscriber("option_quotes")
    unsubscribe_option_quotes = _unsubscriber("option_quotes")
    subscribe_option_minute_aggregates = _subscriber("option_minute_aggregates")
    unsubscribe_option_minute_aggregates = _unsubscriber("option_minute_aggregates")
    subscribe_option_second_aggregates = _subscriber("option_second_aggregates")
    unsubscribe_option_second_aggregates = _unsubscriber("option_second_aggregates")
    subscribe_forex_quotes = _subscriber("forex_quotes")
    unsubscribe_forex_quotes = _unsubscriber("forex_quotes")
    subscribe_forex_minute_aggregates = _subscriber("forex_minute_aggregates")
    unsubscribe_forex_minute_aggregates = _unsubscriber("forex_minute_aggregates")
    subscribe_forex_second_aggregates = _subscriber("forex_second_aggregates")
    unsubscribe_forex_second_aggregates = _unsubscriber("forex_second_aggregates")
    subscribe_crypto_trades = _subscriber("crypto_trades")
    unsubscribe_crypto_trades = _unsubscriber("crypto_trades")
    subscribe_crypto_quotes = _subscriber("crypto_quotes")
    unsubscribe_crypto_quotes = _unsubscriber("crypto_quotes")
    subscribe_crypto_minute_aggregates = _subscriber("crypto_minute_aggregates")
    unsubscribe_crypto_minute_aggregates = _unsubscriber("crypto_minute_aggregates")
    subscribe_crypto_second_aggregates = _subscriber("crypto_second_aggregates")
    unsubscribe_crypto_second_aggregates = _unsubscriber("crypto_second_aggregates")
    subscribe_crypto_level2_book = _subscriber("crypto_level2_book")
    unsubscribe_crypto_level2_book = _unsubscriber("crypto_level2_book")
    subscribe_indices_minute_aggregates = _subscriber("indices_minute_aggregates")
    unsubscribe_indices_minute_aggregates = _unsubscriber("indices_minute_aggregates")
    subscribe_indices_second_aggregates = _subscriber("indices_second_aggregates")
    unsubscribe_indices_second_aggregates = _unsubscriber("indices_second_aggregates")
    subscribe_index_value = _subscriber("index_value")
    unsubscribe_index_value = _unsubscriber("index_value")
