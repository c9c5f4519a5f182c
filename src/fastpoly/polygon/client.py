"""`AsyncStreamClient`: the community package's client, translated to this library's engine."""

from __future__ import annotations

import asyncio
import logging
import math
import os
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

from fastpoly.consumers.handlers.error_policy import ErrorHook
from fastpoly.consumers.handlers.fill_hook import Fill
from fastpoly.consumers.handlers.user_hook import refuse_generator_function
from fastpoly.consumers.recording import Recording, RecordKeywords
from fastpoly.enums import ErrorPolicy, Ingest, Overflow, member
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.health.silence import StaleAfter
from fastpoly.market.feed import UserHooks
from fastpoly.market.stats import ClientStats
from fastpoly.net.options import (
    ConnectionOptions,
    TransportKeywords,
    require_positive,
    takes_options,
)
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.polygon.connection import Connection, ConnectionSettings
from fastpoly.polygon.dispatch.dispatcher import CHANNELS, log_notice
from fastpoly.polygon.dispatch.messages import Messages
from fastpoly.polygon.services import Handler, Service, ServiceMethods, Symbols, name_params
from fastpoly.protocol.lifecycle import State, StateChange
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.reconnect import FixedDelay, ReconnectPolicy, make_policy
from fastpoly.protocol.subscriptions import Request
from fastpoly.sources.kinds import SourceRequest, make_source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fastpoly.protocol.statuses import Action

__all__ = ["AsyncStreamClient"]

logger = logging.getLogger("fastpoly.client")

DEFAULT_MAX_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""Bytes that may wait for one handler."""


def _text(value: Any) -> Any:
    """The value of an enum's member, be it one of this library's or of the community client's."""
    return value.value if isinstance(value, Enum) else value


def _fixed_delay(attempts: int, delay: float) -> FixedDelay:
    """Return the policy that the community client's arguments mean.

    Raises:
        UsageError: They are invalid.
    """
    if type(attempts) not in (int, bool) or attempts is True or attempts < 0:
        raise UsageError(
            f"max_reconnection_attempts={attempts!r} is not a valid count.",
            hint="Pass a whole number, or False for no limit.",
        )
    if type(delay) not in (int, float) or not 0 <= delay < math.inf:
        raise UsageError(
            f"reconnection_delay={delay!r} is not a valid delay.", hint="Pass seconds, 0 or more."
        )
    return FixedDelay(float(delay), attempts or None)


class AsyncStreamClient(ServiceMethods):
    """Streams one market to handlers, which get each message as a plain dict.

    A drop-in for the class of that name in the community package ``polygon``::

        client = AsyncStreamClient("KEY", "stocks")
        await client.subscribe_stock_trades(["AMD", "NVDA"], handler_function=on_trade)
        await client.handle_messages(reconnect=True)

    The first call that needs the connection logs in. Handlers are functions or coroutine functions
    of one argument. Each is called in the order of arrival and, unless ``handler_concurrency`` says
    otherwise, never twice at once; one that waits holds up no other. What a handler raises is
    logged, given to ``on_error``, and the stream goes on. Subscriptions and handlers may be changed
    at any time, also from inside a handler.

    Use a client in one event loop. Its methods are not for other threads, but for `stats`.
    """

    @takes_options("max_message_bytes")
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
        url: str | None = None,
        messages: Messages = "dicts",
        handler_concurrency: int = 1,
        on_error: ErrorHook | None = None,
        error_policy: str = ErrorPolicy.CONTINUE,
        reconnect: ReconnectPolicy | None = None,
        ingest: str = Ingest.LOOP,
        overflow: str = Overflow.BLOCK,
        max_buffer_bytes: int = DEFAULT_MAX_BUFFER_BYTES,
        max_buffer_age: float | None = None,
        fill: Fill | None = None,
        fill_timeout: float = 30.0,
        stale_after: StaleAfter = None,
        subscribe_timeout: float = 10.0,
        **connection: Unpack[TransportKeywords],
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            api_key: The key; None to take it from ``FASTPOLY_API_KEY``, ``MASSIVE_API_KEY`` or
                ``POLYGON_API_KEY``.
            cluster: The market, such as ``stocks``; see `StreamCluster`.
            host: A host, see `StreamHost`, or a full ``ws://`` or ``wss://`` URL.
            ping_interval: See `ConnectionOptions`.
            ping_timeout: See `ConnectionOptions`.
            max_message_size: Bytes of one WebSocket message; a longer one ends the connection with
                code 1009. None for no limit.
            max_memory_queue: Accepted and not used; ``max_buffer_bytes`` bounds what waits.
            read_limit: Accepted and not used; the transport sizes its own buffers.
            write_limit: Accepted and not used, like ``read_limit``.
            url: A full URL, instead of a host; also a recording, ``file:day.mcap?speed=max``.
            messages: What handlers get: ``"dicts"``, one at a time; ``"events"``, typed, one at a
                time; or ``"batches"``, a `Batch` of the handler's channels for each socket read.
            handler_concurrency: How many calls of each handler may wait for something at a time.
                With more than 1, a handler that waits gets its next messages all the same, so they
                begin in the order of arrival and end in any; from that many on, messages wait.
            on_error: Called as ``on_error(error, handler, message)`` when a handler raises, and as
                ``on_error(error, None, None)`` when the server sends what is not JSON, or refuses a
                subscription. May be a coroutine function.
            error_policy: What happens to a handler that raises, see `ErrorPolicy`.
            reconnect: When ``handle_messages(reconnect=True)`` tries again, instead of after its
                own arguments: a `Backoff`, or another `ReconnectPolicy`.
            ingest: Where the socket is read, see `Ingest`: in a thread, a handler that blocks does
                not make the server wait.
            overflow: What happens when messages come faster than a handler takes them, see
                `Overflow`. By default the socket is not read meanwhile, so the server has to wait;
                it cuts off those who let it wait for long. Where events are dropped, the handler
                gets a `SlowConsumer` notice in their place, in the form of its messages. With
                ``ingest="thread"`` they wait twice, and what is dropped on the way to the loop goes
                to the ``notice`` handler, see `change_handler`.
            max_buffer_bytes: Bytes that may wait for one handler.
            max_buffer_age: Seconds that messages may wait for one handler; None for any time.
            fill: Called with each `Gap`; returns the events that are missing, see `Stream`.
            fill_timeout: Seconds that it may take.
            stale_after: Seconds without data after which a channel is stale, see `Stream`.
            subscribe_timeout: Seconds to wait for the server's answer to a subscription before its
                silence is reported.
            connection: See `ConnectionOptions`.

        Raises:
            UsageError: The key, the market, the host or an option is invalid.
        """
        market = market_of(_text(cluster))
        if messages not in ("dicts", "events", "batches"):
            raise UsageError(
                f"{messages!r} is not a form of messages.",
                hint="Choose 'dicts', 'events' or 'batches'.",
            )
        if type(handler_concurrency) is not int or handler_concurrency < 1:
            raise UsageError(
                f"handler_concurrency={handler_concurrency!r} is not a valid count.",
                hint="Pass a whole number, 1 for one message at a time.",
            )
        require_positive(
            max_message_size=max_message_size or None,
            max_buffer_bytes=max_buffer_bytes,
            max_buffer_age=max_buffer_age,
            fill_timeout=fill_timeout,
            subscribe_timeout=subscribe_timeout,
        )
        options = ConnectionOptions(
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            max_message_bytes=max_message_size,
            **connection,
        )
        self._market = market.spec
        self._own_policy = None if reconnect is None else make_policy(reconnect)
        self._source = make_source(
            SourceRequest(
                market=market.path,
                options=options,
                url=url,
                host=None if url else _text(host),
                api_key=api_key,
                keep_statuses=True,
                spaced=True,
            )
        )
        self._connection = Connection(
            self._source,
            market.name,
            self._default_process_message,
            ConnectionSettings(
                messages=messages,
                handler_concurrency=handler_concurrency,
                hooks=UserHooks(
                    on_error, member(ErrorPolicy, error_policy, "an error policy"), fill, logger
                ),
                threaded=member(Ingest, ingest, "a way to ingest") is Ingest.THREAD,
                overflow=member(Overflow, overflow, "an overflow policy"),
                max_buffer_bytes=max_buffer_bytes,
                max_buffer_age=max_buffer_age,
                fill_timeout=fill_timeout,
                stale_after=stale_after,
                subscribe_timeout=subscribe_timeout,
                close_timeout=options.close_timeout,
            ),
        )
        self._connection.dispatcher.set_handler(NOTICE_CHANNEL, log_notice)
        self._first_login = asyncio.Lock()
        self._is_reconnecting = False
        self._check_handler(self._default_process_message)

    def __repr__(self) -> str:
        return f"<AsyncStreamClient {self._source.where} {self.state}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.close_stream()

    # -------------------------------------------------------------------------- figures, states

    @property
    def state(self) -> State:
        """Where the connection is in its life."""
        return self._connection.feed.engine.state

    def stats(self) -> ClientStats:
        """Return what the client has done so far; from any thread."""
        return self._connection.stats()

    def record(self, path: str | os.PathLike[str], **options: Unpack[RecordKeywords]) -> Recording:
        """Record all that is received, byte for byte, beside handlers, until `close_stream`.

        Args:
            path: The file, such as ``day.mcap``.
            options: See `CaptureWriter`: ``rotate``, ``level``, ``overwrite`` and others.

        Raises:
            UsageError: An option makes no sense.
            CaptureError: The file exists, or cannot be made.
        """
        return self._connection.feed.record(path, options)

    def on_state(self, callback: Callable[[StateChange], object]) -> None:
        """Call a function, in the client's event loop, with each change of state.

        Raises:
            UsageError: It is not callable.
        """
        self._connection.feed.states.add(callback)

    def states(self) -> AsyncIterator[StateChange]:
        """Return the changes of state from now on, to the last."""
        return self._connection.feed.states.iterate()

    # --------------------------------------------------------------------- coming and going

    async def login(self, key: str | None = None) -> None:
        """Connect and authenticate; return when the server has accepted the key.

        There is no need to call it: the first call that needs the connection does, and `reconnect`.
        A subclass may override it. On a client that is connected it closes that connection first.
        Nothing is subscribed on the new one; see `reconnect`.

        Args:
            key: A key to use from now on; None for the one that the client has.

        Raises:
            AuthError: The server refused the key, or did not answer it.
            NotAuthorizedError: The plan does not include this market or host.
            ConnectionEvicted: The account has too many connections.
            ConnectionLost: The connection did not come up; see its subclasses for why.
            UsageError: The key is invalid.
        """
        if key is not None:
            self._source.use_key(key)
        await self._connection.open(resubscribe=self._is_reconnecting)

    async def _log_in_once(self) -> None:
        """Log in by `login`, which a subclass may override, unless that was done before."""
        connection = self._connection
        async with self._first_login:
            if connection.was_opened:
                return
            self._check_open()
            connection.is_first = True
            try:
                await self.login()
                if not connection.was_opened:
                    await connection.open(resubscribe=False)
            finally:
                connection.is_first = False

    async def reconnect(self) -> tuple[bool, str]:
        """Connect again, and subscribe to what was subscribed before.

        For a reconnect loop of your own; ``handle_messages(reconnect=True)`` has one.

        Returns:
            ``(True, message)``, or ``(False, message)`` with what went wrong.
        """
        self._is_reconnecting = True
        try:
            await self.login()
        except FastpolyError as error:
            return False, f"Reconnect Failed. Exception: {error}"
        finally:
            self._is_reconnecting = False
        return True, "Reconnect Successful"

    async def close_stream(self) -> None:
        """Close the connection, and let the handlers finish what has arrived.

        Handlers that take longer than ``close_timeout`` are cancelled. Where a handler calls this,
        it gets no more messages. Closing twice is fine; `login` and `reconnect` open again.

        May be awaited in the event loop of another thread; ``handle_messages(reconnect=True)``
        returns when this is done.
        """
        await self._connection.close()

    def _check_open(self) -> None:
        if self._connection.is_closed:
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
        """Handle one WebSocket frame, or with ``reconnect=True`` all of them.

        Logs in first if nothing did. By default it waits for a frame, calls the handlers of its
        messages in order, and returns: call it in a loop of your own. It returns before a handler
        that waits for something has finished. In a loop that goes on after errors without doing
        anything about them, each but the first is raised after a pause, of a quarter of a second at
        most, which ends when the client is opened or closed.

        Args:
            reconnect: Whether to go on until the client is closed, and to restore a connection that
                is lost, with its subscriptions.
            max_reconnection_attempts: How often to try in a row. The count starts over when a
                connection has delivered data. False for no limit.
            reconnection_delay: Seconds before each attempt.

        Raises:
            ConnectionLost: The connection is lost, after its last frame was handled; with
                ``reconnect=True`` when the attempts have run out.
            AuthError: The server refused the key. This and the two below are not retried.
            NotAuthorizedError: The plan does not include this market or host.
            ConnectionEvicted: Another connection has taken this one's place. With
                ``reconnect=True`` the next call connects again, once.
            Exception: What a handler raised, with ``error_policy="raise"``. The connection stays,
                and the next call goes on. SystemExit and KeyboardInterrupt are always raised.
            UsageError: An argument is invalid, the client was closed, or another coroutine handles
                its messages.
        """
        connection = self._connection
        try:
            run = connection.dispatcher.run
            if run is not None and not reconnect and run.handle_next():
                if run.is_over:
                    connection.raise_thrown()
                if connection.dispatcher.tasks.waiting:
                    # One turn, so that a handler that had to wait can go on.
                    await asyncio.sleep(0)
                return
            self._check_open()
            if connection.is_running:
                raise UsageError(
                    "handle_messages(reconnect=True) is already running.",
                    hint="Run it in one coroutine.",
                )
            if reconnect:
                policy = _fixed_delay(max_reconnection_attempts, reconnection_delay)
                await self._handle_all(
                    self._own_policy or self._source.defaults.reconnect or policy
                )
            else:
                if not connection.was_opened:
                    await self._log_in_once()
                await connection.handle_one()
                if connection.dispatcher.tasks.waiting:
                    await asyncio.sleep(0)
        except Exception:
            # A loop that logs this and calls again must not keep everyone else from running.
            await connection.pacing.hold_back()
            raise

    async def _handle_all(self, policy: ReconnectPolicy) -> None:
        connection = self._connection
        if connection.is_waited_for:
            raise UsageError(
                "Another coroutine handles messages.", hint="Run handle_messages() in one."
            )
        connection.is_running = True
        try:
            if not connection.was_opened:
                await self._log_in_once()
            await connection.handle_all(policy)
        finally:
            connection.is_running = False

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
        self, action: Action, params: str, handler: tuple[str, Handler | None] | None = None
    ) -> None:
        self._check_open()
        for param in params.split(","):
            if "." not in param:
                # The community client sends this too, and the server does not answer it.
                logger.warning(
                    "%r names no channel, so the server will not answer it; pass a list of tickers",
                    param,
                )
        if not self._connection.was_opened:
            await self._log_in_once()
        if handler is not None:
            # First, because what the request brings may arrive at once.
            self._connection.dispatcher.set_handler(*handler)
        self._connection.request(Request(action, tuple(params.split(","))))

    async def change_handler(self, service_prefix: str, handler_function: Handler | None) -> None:
        """Give a service another handler, from the very next message on.

        Args:
            service_prefix: A channel, see `StreamServicePrefix`; ``status``; or ``notice`` for what
                this library says about the stream, such as `Gap`, which is logged by default.
            handler_function: The handler, a function or a coroutine function of one argument; None
                for the default one.

        Raises:
            UsageError: There is no such channel, or the handler is not callable.
        """
        self._check_handler(handler_function)
        channel = _text(service_prefix)
        if not isinstance(channel, str) or channel not in CHANNELS:
            raise UsageError(
                f"{channel!r} is not the prefix of a service.",
                hint=f"Choose one of {', '.join(sorted(CHANNELS))}.",
            )
        if channel == NOTICE_CHANNEL and handler_function is None:
            handler_function = log_notice
        self._connection.dispatcher.set_handler(channel, handler_function)

    def _check_handler(self, handler: Handler | None) -> None:
        if handler is not None and not callable(handler):
            raise UsageError(
                f"The handler is not callable: {handler!r}.",
                hint="Pass a function or a coroutine function of one argument, without calling it.",
            )
        refuse_generator_function("The handler", handler)

    async def _default_process_message(self, update: Any) -> None:
        """Print a message: the handler of channels that have no other. A subclass may override it.

        Args:
            update: The message.
        """
        print(update)
