"""The services of `StreamClient`: the methods of `AsyncStreamClient` as plain functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, overload

from fastpoly.polygon.services import SERVICES, Service, Symbols

__all__ = ["PlainServiceMethods"]


class _Subscribe(Protocol):
    """A ``subscribe_`` method of a client: tickers, and whether to send them in upper case."""

    def __call__(self, symbols: Symbols = None, force_uppercase_symbols: bool = True) -> None: ...


class _Unsubscribe(Protocol):
    """An ``unsubscribe_`` method of a client: tickers, or none for the whole channel."""

    def __call__(self, symbols: Symbols = None) -> None: ...


class PlainSubscribeMethod(Protocol):
    """A ``subscribe_`` method as type checkers see it."""

    @overload
    def __get__(self, client: None, owner: type[Any]) -> Callable[..., None]: ...
    @overload
    def __get__(self, client: Any, owner: type[Any]) -> _Subscribe: ...


class PlainUnsubscribeMethod(Protocol):
    """An ``unsubscribe_`` method as type checkers see it."""

    @overload
    def __get__(self, client: None, owner: type[Any]) -> Callable[..., None]: ...
    @overload
    def __get__(self, client: Any, owner: type[Any]) -> _Unsubscribe: ...


_SUBSCRIBE_DOC: Final = """Subscribe to {doc}, channel ``{channel}``; from any thread.

Sent at once, or as soon as there is a connection. What the server refuses is told to ``on_error``.

Args:
    symbols: A list of tickers; none, or ``"all"``, for every one. A text is sent as it is, so it
        names channels too: ``"{channel}.X,{channel}.Y"``.
    force_uppercase_symbols: Whether to send the tickers in upper case.

Raises:
    SubscriptionError: The market of this client has no such channel, or a ticker is malformed.
    FastpolyError: What ended the stream, if it has ended without being closed.
"""

_UNSUBSCRIBE_DOC: Final = """End the subscription to {doc}, channel ``{channel}``.

From any thread. A few messages that were already on their way may still arrive.

Args:
    symbols: A list of tickers; none, or ``"all"``, for the whole channel. They are sent in upper
        case; a text is sent as it is: ``"{channel}.X"``.

Raises:
    SubscriptionError: The market of this client has no such channel, or a ticker is malformed.
    FastpolyError: What ended the stream, if it has ended without being closed.
"""


def _named(method: Any, name: str, service: Service, doc: str) -> Any:
    method.__name__ = name
    method.__qualname__ = f"StreamClient.{name}"
    method.__module__ = "fastpoly.polygon.threaded.client"
    method.__doc__ = doc.format(doc=service.doc, channel=service.channel)
    return method


def _subscriber(name: str) -> PlainSubscribeMethod:
    """Return the ``subscribe_`` method of a service."""
    service = SERVICES[name]

    def subscribe(
        self: PlainServiceMethods, symbols: Symbols = None, force_uppercase_symbols: bool = True
    ) -> None:
        self._subscribe(service, symbols, force_uppercase_symbols)

    method: PlainSubscribeMethod = _named(subscribe, f"subscribe_{name}", service, _SUBSCRIBE_DOC)
    return method


def _unsubscriber(name: str, called: str = "") -> PlainUnsubscribeMethod:
    """Return the ``unsubscribe_`` method of a service.

    Args:
        name: The service's name.
        called: The name in the method's own, where that is another.
    """
    service = SERVICES[name]

    def unsubscribe(self: PlainServiceMethods, symbols: Symbols = None) -> None:
        self._unsubscribe(service, symbols)

    method: PlainUnsubscribeMethod = _named(
        unsubscribe, f"unsubscribe_{called or name}", service, _UNSUBSCRIBE_DOC
    )
    return method


class PlainServiceMethods:
    """The two methods of each service; a client has them from here."""

    def _subscribe(self, service: Service, symbols: Symbols, uppercase: bool) -> None:
        raise NotImplementedError

    def _unsubscribe(self, service: Service, symbols: Symbols) -> None:
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
    # Its name in the package; the asynchronous client has the one above.
    unsubscribe_indices_value = _unsubscriber("index_value", "indices_value")
