"""`AsyncStreamClient`: the community package's client, on this library's engine."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from fastpoly import schema
from fastpoly.connection import Connection, lost
from fastpoly.credentials import find_api_key
from fastpoly.dispatch import CHANNELS, Dispatcher, Messages
from fastpoly.endpoints import SslLike, make_url, market_of, shown_url
from fastpoly.errors import ConnectionLost, DecodeError, FastpolyError, UsageError
from fastpoly.services import (
    Handler,
    Service,
    Symbols,
    name_params,
    subscriber,
    unsubscriber,
)
from fastpoly.session import Session

if TYPE_CHECKING:
    from fastpoly.events import Status

__all__ = ["AsyncStreamClient"]

logger = logging.getLogger("fastpoly.client")

DEFAULT_MAX_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""Bytes of messages that may wait for handlers before reading pauses."""

STABLE_S: Final = 30.0
"""A connection that delivers data for this long counts as restored: attempts start over."""


def _text(value: Any) -> Any:
    """The value of an enum's member, be it one of this library's or of the community client's."""
    return value.value if isinstance(value, Enum) else value


class AsyncStreamClient:
    """Streams one market to handlers, which get each message as a plain dict.

    A drop-in for the class of that name in the community package ``polygon``::

        client = AsyncStreamClient("KEY", "stocks")
        await client.subscribe_stock_trades(["AMD", "NVDA"], handler_function=on_trade)
        await client.handle_messages(reconnect=True)

    The first call that needs the connection logs in. Handlers are functions or coroutine functions
    of one argument. Each is called in the order of arrival and never twice at once; one that waits
    holds up no other. What a handler raises is logged, given to ``on_error``, and the stream goes
    on. Subscriptions and handlers may be changed at any time, also from inside a handler.

    Use a client in one event loop. Its methods are not for other threads.
    """

    def __init__(
        self,
        api_key: str | None,
        cluster: str,
        host: str = "socket.massive.com",
        ping_interval: float | None = 20,
        ping_timeout: float | None = 19,
        max_message_size: int | None = 1048576,
        max_memory_queue: int | None = 32,
        read_limit: int = 65536,
        write_limit: int = 65536,
        *,
        messages: Messages = "dicts",
        on_error: Callable[[BaseException, Handler | None, Any], object] | None = None,
        max_buffer_bytes: int = DEFAULT_MAX_BUFFER_BYTES,
        open_timeout: float | None = 10.0,
        auth_timeout: float | None = 10.0,
        close_timeout: float = 5.0,
        ssl: SslLike = None,
        proxy: str | bool | None = True,
    ) -> None:
        """Prepares a client; nothing is sent yet.

        Args:
            api_key: The key; None to take it from ``FASTPOLY_API_KEY``, ``MASSIVE_API_KEY`` or
                ``POLYGON_API_KEY``.
            cluster: The market, such as ``stocks``; see `StreamCluster`.
            host: A host, see `StreamHost`, or a full ``ws://`` or ``wss://`` URL.
            ping_interval: Seconds of silence after which a ping is sent; None or 0 for no pings.
            ping_timeout: Seconds to wait for the pong before the line counts as dead.
            max_message_size: Bytes of one WebSocket message; a longer one ends the connection with
                code 1009. None for no limit.
            max_memory_queue: Accepted and not used; ``max_buffer_bytes`` bounds what waits.
            read_limit: Accepted and not used; the transport sizes its own buffers.
            write_limit: Accepted and not used, like ``read_limit``.
            messages: What handlers get: ``"dicts"``, one at a time; ``"events"``, typed, one at a
                time; or ``"batches"``, a `Batch` of the handler's channels for each socket read.
            on_error: Called as ``on_error(error, handler, message)`` when a handler raises, and as
                ``on_error(error, None, None)`` when the server sends what is not JSON.
            max_buffer_bytes: Bytes that may wait for handlers. Beyond that the socket is not read,
                and the server has to wait; it cuts off those who let it wait for long.
            open_timeout: Seconds for the connection to come up.
            auth_timeout: Seconds for the server's answer to the key.
            close_timeout: Seconds that `close_stream` gives the server, and then the handlers.
            ssl: None for the system's certificate authorities, a file of others, or an
                `ssl.SSLContext`.
            proxy: A proxy's URL; True for the environment's; None for none.

        Raises:
            UsageError: The key, the market, the host or an option is none.
        """
        self._key = find_api_key(api_key)
        market = market_of(_text(cluster))
        self._market = market.spec
        self._url = make_url(market.path, host=_text(host))
        if messages not in ("dicts", "events", "batches"):
            raise UsageError(
                f"{messages!r} is not what handlers can get.",
                hint="Choose 'dicts', 'events' or 'batches'.",
            )
        if on_error is not None and not callable(on_error):
            raise UsageError(f"on_error is not callable: {on_error!r}.", hint="Pass a function.")
        self._on_error = on_error
        self._close_timeout = close_timeout
        self._session_options: dict[str, Any] = {
            "ping_interval": ping_interval,
            "ping_timeout": ping_timeout,
            "open_timeout": open_timeout,
            "auth_timeout": auth_timeout,
            "close_timeout": close_timeout,
            "max_message_bytes": max_message_size or 0,
            "ssl": ssl,
            "proxy": proxy,
        }
        self._connection = Connection(self._make_session, max_buffer_bytes)
        self._dispatcher = Dispatcher(
            self._default_process_message,
            messages=messages,
            report=self._report,
            account=self._connection.account,
        )
        self._running = False

    def __repr__(self) -> str:
        state = "open" if self._connection.is_open else "not open"
        return f"<AsyncStreamClient {shown_url(self._url)} {state}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.close_stream()

    # --------------------------------------------------------------------- coming and going

    async def login(self, key: str | None = None) -> None:
        """Connects and authenticates, and returns when the server has accepted the key.

        There is no need to call it: the first call that needs the connection does. On a client that
        is connected it closes that connection first. Nothing is subscribed on the new one; see
        `reconnect`.

        Args:
            key: A key to use from now on; None for the one that the client has.

        Raises:
            AuthError: The server refused the key, or did not answer it.
            NotAuthorizedError: The plan does not include this market or host.
            ConnectionEvicted: The account has too many connections.
            ConnectionLost: The connection did not come up; see its subclasses for why.
            UsageError: The key is none.
        """
        if key is not None:
            self._key = find_api_key(key)
        await self._open()

    async def _open(self, *, only_first: bool = False, resubscribe: bool = False) -> None:
        self._connection.closed = False
        self._dispatcher.start()
        await self._connection.open(only_first=only_first, resubscribe=resubscribe)

    async def reconnect(self) -> tuple[bool, str]:
        """Connects again, and subscribes to what was subscribed before.

        For a reconnect loop of your own; ``handle_messages(reconnect=True)`` has one.

        Returns:
            ``(True, message)``, or ``(False, message)`` with what went wrong.
        """
        try:
            await self._open(resubscribe=True)
        except FastpolyError as error:
            return False, f"Reconnect Failed. Exception: {error}"
        return True, "Reconnect Successful"

    async def close_stream(self) -> None:
        """Closes the connection, and lets the handlers finish what has arrived.

        Handlers that take longer than ``close_timeout`` are cancelled. Where a handler calls this,
        it gets no more messages. Closing twice is fine; `login` and `reconnect` open again.
        """
        if self._connection.closed:
            return
        await self._connection.close()
        left = await self._dispatcher.finish(self._close_timeout)
        if left:
            logger.warning("Closed with %d bytes of messages that no handler was given", left)

    def _make_session(self) -> Session:
        return Session(
            self._url,
            self._key,
            self._market.name,
            on_batch=self._connection.on_batch,
            on_status=self._on_status,
            on_bad_frame=self._on_bad_frame,
            keep_statuses=True,
            **self._session_options,
        )

    def _check_open(self) -> None:
        if self._connection.closed:
            raise UsageError(
                "The client was closed.", hint="Await login() or reconnect() to open it again."
            )

    # -------------------------------------------------------------------------- the stream

    async def handle_messages(
        self,
        reconnect: bool = False,
        max_reconnection_attempts: int = 5,
        reconnection_delay: float = 5,
    ) -> None:
        """Handles one WebSocket frame, or with ``reconnect=True`` all of them.

        Logs in first if nothing did. By default it waits for a frame, calls the handlers of its
        messages in order, and returns: call it in a loop of your own. It returns before a handler
        that waits for something has finished.

        Args:
            reconnect: Whether to go on until the client is closed, and to restore a connection that
                is lost, with its subscriptions.
            max_reconnection_attempts: How often to try in a row. The count starts over when a
                connection has delivered data for a while. False for no limit.
            reconnection_delay: Seconds before each attempt.

        Raises:
            ConnectionLost: The connection is lost, after its last frame was handled; with
                ``reconnect=True`` when the attempts have run out.
            AuthError: The server refused the key. This and the two below are not retried.
            NotAuthorizedError: The plan does not include this market or host.
            ConnectionEvicted: Another connection has taken this one's place.
            UsageError: An argument is none, the client was closed, or another coroutine handles its
                messages.
        """
        self._check_open()
        if self._running:
            raise UsageError(
                "handle_messages(reconnect=True) runs already.", hint="Run it in one coroutine."
            )
        if reconnect:
            await self._run(max_reconnection_attempts, reconnection_delay)
            return
        if not self._connection.was_opened:
            await self._open(only_first=True)
        self._dispatcher.deliver(await self._connection.next_frame())
        if self._dispatcher.busy:
            # One turn, so that a handler that had to wait can go on.
            await asyncio.sleep(0)

    async def _run(self, attempts: int, delay: float) -> None:
        if attempts is not False and (type(attempts) is not int or attempts < 1):
            raise UsageError(
                f"max_reconnection_attempts={attempts!r} is no count.",
                hint="Pass a whole number, 1 or more, or False for no limit.",
            )
        connection = self._connection
        self._running = connection.restoring = True
        try:
            await self._open(only_first=True)
            for batch in connection.take_waiting():
                self._dispatcher.deliver(batch)
            connection.sink = self._dispatcher.deliver
            while True:
                reason = await connection.ended()
                if connection.closed:
                    return
                if reason is not None and not connection.is_open:
                    await self._restore(lost(reason), attempts or sys.maxsize, delay)
        finally:
            self._running = connection.restoring = False
            connection.sink = None

    async def _restore(self, error: FastpolyError, attempts: int, delay: float) -> None:
        for attempt in range(attempts):
            logger.warning("%s Attempt %d to reconnect in %g s", error, attempt + 1, delay)
            await asyncio.sleep(delay)
            if self._connection.closed:
                return
            try:
                await self._connection.open(resubscribe=True)
            except FastpolyError as failure:
                error = failure
            else:
                return
        raise ConnectionLost("gave up") from error

    # ---------------------------------------------------------------- subscriptions, handlers

    async def _subscribe(
        self, service: Service, symbols: Symbols, handler: Handler | None, uppercase: bool
    ) -> None:
        self._check_handler(handler)
        params = name_params(service, self._market, symbols, uppercase=uppercase)
        await self._request("subscribe", params, (service.channel, handler))

    async def _unsubscribe(self, service: Service, symbols: Symbols) -> None:
        await self._request("unsubscribe", name_params(service, self._market, symbols))

    async def _request(
        self, action: str, params: str, handler: tuple[str, Handler | None] | None = None
    ) -> None:
        self._check_open()
        for param in params.split(","):
            if "." not in param:
                # The community client sends this too, and the server does not answer it.
                logger.warning(
                    "%r names no channel, so nothing comes of it; pass a list of tickers", param
                )
        if not self._connection.was_opened:
            await self._open(only_first=True)
        if handler is not None:
            # First, because what the request brings may arrive at once.
            self._dispatcher.set_handler(*handler)
        self._connection.request(action, params)

    async def change_handler(self, service_prefix: str, handler_function: Handler | None) -> None:
        """Gives a service another handler, from the very next message on.

        Args:
            service_prefix: A channel, or ``status``; see `StreamServicePrefix`.
            handler_function: The handler, a function or a coroutine function of one argument; None
                for the default one.

        Raises:
            UsageError: There is no such channel, or the handler is not callable.
        """
        self._check_handler(handler_function)
        channel = _text(service_prefix)
        if channel not in CHANNELS:
            raise UsageError(
                f"{channel!r} is not the prefix of a service.",
                hint=f"Choose one of {', '.join(sorted(CHANNELS))}.",
            )
        self._dispatcher.set_handler(channel, handler_function)

    def _check_handler(self, handler: Handler | None) -> None:
        if handler is not None and not callable(handler):
            raise UsageError(
                f"The handler is not callable: {handler!r}.",
                hint="Pass a function or a coroutine function of one argument, without calling it.",
            )

    async def _default_process_message(self, update: Any) -> None:
        """Prints a message: the handler of channels that have no other. A subclass may override it.

        Args:
            update: The message.
        """
        print(update)

    # ---------------------------------------------------------------------- what goes wrong

    def _on_status(self, status: Status) -> None:
        spec = schema.status_spec(status.status or "", status.message or "")
        if spec is not None and spec.error:
            logger.warning("The server said: %s", status.message)

    def _on_bad_frame(self, error: DecodeError) -> None:
        self._report(error, None, None)

    def _report(self, error: BaseException, handler: Handler | None, message: Any) -> None:
        logger.error("", exc_info=error)
        if self._on_error is not None:
            try:
                self._on_error(error, handler, message)
            except Exception:
                logger.exception("on_error raised")

    subscribe_fair_market_value = subscriber("fair_market_value")
    unsubscribe_fair_market_value = unsubscriber("fair_market_value")
    subscribe_stock_trades = subscriber("stock_trades")
    unsubscribe_stock_trades = unsubscriber("stock_trades")
    subscribe_stock_quotes = subscriber("stock_quotes")
    unsubscribe_stock_quotes = unsubscriber("stock_quotes")
    subscribe_stock_minute_aggregates = subscriber("stock_minute_aggregates")
    unsubscribe_stock_minute_aggregates = unsubscriber("stock_minute_aggregates")
    subscribe_stock_second_aggregates = subscriber("stock_second_aggregates")
    unsubscribe_stock_second_aggregates = unsubscriber("stock_second_aggregates")
    subscribe_stock_limit_up_limit_down = subscriber("stock_limit_up_limit_down")
    unsubscribe_stock_limit_up_limit_down = unsubscriber("stock_limit_up_limit_down")
    subscribe_stock_imbalances = subscriber("stock_imbalances")
    unsubscribe_stock_imbalances = unsubscriber("stock_imbalances")
    subscribe_option_trades = subscriber("option_trades")
    unsubscribe_option_trades = unsubscriber("option_trades")
    subscribe_option_quotes = subscriber("option_quotes")
    unsubscribe_option_quotes = unsubscriber("option_quotes")
    subscribe_option_minute_aggregates = subscriber("option_minute_aggregates")
    unsubscribe_option_minute_aggregates = unsubscriber("option_minute_aggregates")
    subscribe_option_second_aggregates = subscriber("option_second_aggregates")
    unsubscribe_option_second_aggregates = unsubscriber("option_second_aggregates")
    subscribe_forex_quotes = subscriber("forex_quotes")
    unsubscribe_forex_quotes = unsubscriber("forex_quotes")
    subscribe_forex_minute_aggregates = subscriber("forex_minute_aggregates")
    unsubscribe_forex_minute_aggregates = unsubscriber("forex_minute_aggregates")
    subscribe_forex_second_aggregates = subscriber("forex_second_aggregates")
    unsubscribe_forex_second_aggregates = unsubscriber("forex_second_aggregates")
    subscribe_crypto_trades = subscriber("crypto_trades")
    unsubscribe_crypto_trades = unsubscriber("crypto_trades")
    subscribe_crypto_quotes = subscriber("crypto_quotes")
    unsubscribe_crypto_quotes = unsubscriber("crypto_quotes")
    subscribe_crypto_minute_aggregates = subscriber("crypto_minute_aggregates")
    unsubscribe_crypto_minute_aggregates = unsubscriber("crypto_minute_aggregates")
    subscribe_crypto_second_aggregates = subscriber("crypto_second_aggregates")
    unsubscribe_crypto_second_aggregates = unsubscriber("crypto_second_aggregates")
    subscribe_crypto_level2_book = subscriber("crypto_level2_book")
    unsubscribe_crypto_level2_book = unsubscriber("crypto_level2_book")
    subscribe_indices_minute_aggregates = subscriber("indices_minute_aggregates")
    unsubscribe_indices_minute_aggregates = unsubscriber("indices_minute_aggregates")
    subscribe_indices_second_aggregates = subscriber("indices_second_aggregates")
    unsubscribe_indices_second_aggregates = unsubscriber("indices_second_aggregates")
    subscribe_index_value = subscriber("index_value")
    unsubscribe_index_value = unsubscriber("index_value")
