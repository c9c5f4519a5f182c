"""`AsyncStreamClient`: the community package's client, on this library's engine."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from enum import Enum
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from fastpoly import schema
from fastpoly._core import LineWatch
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.error_policy import ErrorHook, HandlerErrorPolicy
from fastpoly.enums import ErrorPolicy, Ingest, Overflow, member
from fastpoly.errors import DecodeError, FastpolyError, UsageError
from fastpoly.net.credentials import ApiKey, find_api_key
from fastpoly.net.endpoints import SslLike, make_url, market_of, shown_url
from fastpoly.net.read_coalescing import DEFAULT_MAX_READ_DELAY_S, check_max_read_delay
from fastpoly.net.session import Session
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.polygon.connection import Connection
from fastpoly.polygon.dispatcher import CHANNELS, Dispatcher, log_notice
from fastpoly.polygon.messages import Messages
from fastpoly.polygon.services import Handler, Service, ServiceMethods, Symbols, name_params
from fastpoly.polygon.threaded_session import ThreadedSession
from fastpoly.protocol.reconnect import FixedDelay, ReconnectPolicy, make_policy

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.events import Status

__all__ = ["AsyncStreamClient"]

logger = logging.getLogger("fastpoly.client")

DEFAULT_MAX_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""Bytes that may wait for one handler."""

DEFAULT_STABLE_S: Final = 10.0
"""Seconds of data on a restored line after which attempts to reconnect are counted from 1 again."""


def _text(value: Any) -> Any:
    """The value of an enum's member, be it one of this library's or of the community client's."""
    return value.value if isinstance(value, Enum) else value


def _require_positive(**values: Any) -> None:
    for name, value in values.items():
        if value is not None and not (isinstance(value, (int, float)) and value > 0):
            raise UsageError(f"{name}={value!r} is not above 0.", hint="Pass a positive number.")


def _fixed_delay(attempts: int, delay: float) -> FixedDelay:
    """The policy that the community client's arguments mean.

    Raises:
        UsageError: They mean none.
    """
    if type(attempts) not in (int, bool) or attempts is True or attempts < 0:
        raise UsageError(
            f"max_reconnection_attempts={attempts!r} is no count.",
            hint="Pass a whole number, or False for no limit.",
        )
    if type(delay) not in (int, float) or not 0 <= delay < math.inf:
        raise UsageError(
            f"reconnection_delay={delay!r} is no delay.", hint="Pass seconds, 0 or more."
        )
    return FixedDelay(float(delay), attempts or None, DEFAULT_STABLE_S)


def _log_refusal(key: ApiKey, status: Status) -> None:
    """Log a control message if it refuses something, without the key if that is in it."""
    spec = schema.status_spec(status.status or "", status.message or "")
    if spec is not None and spec.error:
        logger.warning("The server said: %s", key.hide(status.message or ""))


class _Reading:
    """What full buffers, and handlers that raise, do to the connection."""

    connection: Connection | None = None

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`: handlers ask for what waits themselves."""

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        if self.connection is not None:
            self.connection.pause()

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        if self.connection is not None:
            self.connection.resume()

    def stop_with(self, error: BaseException) -> None:
        """See `StreamOwner.stop_with`."""
        if self.connection is not None:
            failure = error if isinstance(error, FastpolyError) else FastpolyError(repr(error))
            self.connection.fail(failure)


class AsyncStreamClient(ServiceMethods):
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
        on_error: ErrorHook | None = None,
        error_policy: str = ErrorPolicy.CONTINUE,
        reconnect: ReconnectPolicy | None = None,
        ingest: str = Ingest.LOOP,
        overflow: str = Overflow.BLOCK,
        max_buffer_bytes: int = DEFAULT_MAX_BUFFER_BYTES,
        max_buffer_age: float | None = None,
        open_timeout: float | None = 10.0,
        auth_timeout: float | None = 10.0,
        close_timeout: float = 5.0,
        max_read_delay: float = DEFAULT_MAX_READ_DELAY_S,
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
                ``on_error(error, None, None)`` when the server sends what is not JSON. May be a
                coroutine function.
            error_policy: What happens to a handler that raises, see `ErrorPolicy`.
            reconnect: When ``handle_messages(reconnect=True)`` tries again, instead of after its
                own arguments: a `Backoff`, or another `ReconnectPolicy`.
            ingest: Where the socket is read, see `Ingest`: in a thread, a handler that blocks does
                not make the server wait.
            overflow: What happens when messages come faster than a handler takes them, see
                `Overflow`. By default the socket is not read meanwhile, so the server has to wait;
                it cuts off those who let it wait for long. Where events are dropped, the handler
                gets a `SlowConsumer` notice in their place, in the form of its messages. With
                ``ingest="thread"`` they wait twice, and what is dropped on the way to the loop is
                told to the ``notice`` handler, see `change_handler`.
            max_buffer_bytes: Bytes that may wait for one handler.
            max_buffer_age: Seconds that messages may wait for one handler; None for any time.
            open_timeout: Seconds for the connection to come up.
            auth_timeout: Seconds for the server's answer to the key.
            close_timeout: Seconds that `close_stream` gives the server, and then the handlers.
            max_read_delay: Seconds that data may wait in the kernel so that one read brings more;
                see `Stream`.
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
        _require_positive(
            ping_interval=ping_interval or None,
            ping_timeout=ping_timeout,
            max_message_size=max_message_size or None,
            max_buffer_bytes=max_buffer_bytes,
            max_buffer_age=max_buffer_age,
            open_timeout=open_timeout,
            auth_timeout=auth_timeout,
            close_timeout=close_timeout,
        )
        self._close_timeout = close_timeout
        self._session_options: dict[str, Any] = {
            "ping_interval": ping_interval,
            "ping_timeout": ping_timeout,
            "open_timeout": open_timeout,
            "auth_timeout": auth_timeout,
            "close_timeout": close_timeout,
            "max_message_bytes": max_message_size or 0,
            "max_read_delay": check_max_read_delay(max_read_delay),
            "ssl": ssl,
            "proxy": proxy,
        }
        self._policy = None if reconnect is None else make_policy(reconnect)
        self._reading = _Reading()
        self._errors = HandlerErrorPolicy(
            on_error, member(ErrorPolicy, error_policy, "an error policy"), self._reading, logger
        )
        self._buffer_options: dict[str, Any] = {
            "overflow": member(Overflow, overflow, "an overflow policy"),
            "max_bytes": max_buffer_bytes,
            "max_age_s": max_buffer_age,
        }
        self._threaded = member(Ingest, ingest, "a way to ingest") is Ingest.THREAD
        self._dispatcher = Dispatcher(
            self._default_process_message,
            messages=messages,
            report=self._errors.handler_failed,
            make_buffer=self._make_buffer,
            fail=self._reading.stop_with,
        )
        self._watch = LineWatch(self._market.name)
        self._connection = Connection(
            self._market.name,
            self._make_session,
            self._make_buffer("handle_messages()"),
            self._dispatcher,
            self._watch,
        )
        self._reading.connection = self._connection
        self._dispatcher.set_handler(NOTICE_CHANNEL, log_notice)

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
            logger.warning("Closed with %d messages that no handler was given.", left)

    def _make_session(self, on_batch: Callable[[Batch], None]) -> Session | ThreadedSession:
        on_bad_frame: Callable[[DecodeError], object] = self._errors.warn
        if self._threaded:
            hand_over: Any = asyncio.get_running_loop().call_soon_threadsafe
            on_bad_frame = partial(hand_over, self._errors.warn)
        session = Session(
            self._url,
            self._key,
            self._market.name,
            on_batch=on_batch,
            on_status=partial(_log_refusal, self._key),
            on_bad_frame=on_bad_frame,
            keep_statuses=True,
            watch=self._watch,
            **self._session_options,
        )
        if not self._threaded:
            return session
        buffer = Buffer(self._market.name, consumer="the event loop", **self._buffer_options)
        return ThreadedSession(session, on_batch, buffer, self._reading.stop_with)

    def _make_buffer(self, consumer: str) -> Buffer:
        return Buffer(
            self._market.name, consumer=consumer, owner=self._reading, **self._buffer_options
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
        connection = self._connection
        if connection.running:
            raise UsageError(
                "handle_messages(reconnect=True) runs already.", hint="Run it in one coroutine."
            )
        if reconnect:
            await self._run(_fixed_delay(max_reconnection_attempts, reconnection_delay))
            return
        if not connection.was_opened:
            await self._open(only_first=True)
        frame = connection.inbox.poll()
        if frame is None:
            frame = await connection.inbox.next_frame()
        self._dispatcher.deliver(frame)
        if self._dispatcher.busy:
            # One turn, so that a handler that had to wait can go on.
            await asyncio.sleep(0)

    async def _run(self, policy: ReconnectPolicy) -> None:
        connection = self._connection
        await self._open(only_first=True)
        for batch in connection.inbox.take_all():
            self._dispatcher.deliver(batch)
        connection.sink = self._dispatcher.deliver
        try:
            await connection.keep_open(self._policy or policy)
        finally:
            connection.sink = connection.inbox.put

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
