"""`StreamClient`: the community package's callback client, translated to this library's engine."""

from __future__ import annotations

import inspect
import logging
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

from fastpoly.consumers.handlers.user_hook import refuse_generator_function, require_callable
from fastpoly.enums import Overflow, member
from fastpoly.errors import UsageError
from fastpoly.health.silence import StaleAfter
from fastpoly.health.verbose_log import logger_of
from fastpoly.market.stats import ClientStats
from fastpoly.net.credentials import find_api_key
from fastpoly.net.endpoints import WEBSOCKET_SCHEMES, make_url, shown_url
from fastpoly.net.options import (
    DEFAULT_MAX_MESSAGE_BYTES,
    ConnectionOptions,
    OpeningKeywords,
    require_positive,
    takes_options,
)
from fastpoly.polygon.dispatch.dispatcher import log_notice
from fastpoly.polygon.services import Service, Symbols, name_params
from fastpoly.polygon.threaded.services import PlainServiceMethods
from fastpoly.polygon.threaded.socket import StreamSocket
from fastpoly.polygon.threaded.stream_thread import FORMS, Form, StreamThread, ThreadSettings
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.reconnect import ReconnectPolicy, make_policy
from fastpoly.protocol.subscriptions import LiteralSubscriptions, Request
from fastpoly.sources.kinds import SOURCE_KINDS, SourceRequest, make_source

if TYPE_CHECKING:
    from fastpoly.net.credentials import ApiKey
    from fastpoly.sources.source import Source

__all__ = ["StreamClient"]

logger = logging.getLogger("fastpoly.client")

DEFAULT_MAX_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""Bytes that may wait for ``on_message``."""

DEFAULT_CLOSE_TIMEOUT_S: Final = 1.0
"""Half of the two seconds within which `StreamClient.close_stream` is to be done."""

SERVED: Final = WEBSOCKET_SCHEMES
"""Schemes of what speaks the vendor's protocol, and asks for a key."""

OnMessage = Callable[[Any, Any], object]
OnError = Callable[[Any, BaseException], object]
OnClose = Callable[[Any, int | None, str | None], object]
OnNotice = Callable[[Any, Any], object]


class StreamClient(PlainServiceMethods):
    """Streams one market to a callback, in a thread of its own.

    A drop-in for the class of that name in the community package ``polygon``::

        def on_message(ws, message):
            for event in json.loads(message): ...

        client = StreamClient("KEY", "stocks", on_message=on_message)
        client.start_stream_thread()
        client.subscribe_stock_trades(["AMD", "NVDA"])

    A connection that is lost is restored, with its subscriptions. The socket is read beside the
    thread of the callbacks, so a callback that takes long lets messages wait, in a bounded buffer,
    and not the server. All methods may be called from any thread, at any time, also from callbacks,
    and before the start.

    Args:
        api_key: The key; None to take it from ``FASTPOLY_API_KEY``, ``MASSIVE_API_KEY`` or
            ``POLYGON_API_KEY``.
        cluster: The market, such as ``stocks``; see `StreamCluster`.
        host: A host, see `StreamHost`, or a full ``ws://`` or ``wss://`` URL.
        on_message: Called as ``on_message(ws, message)`` with the text of each WebSocket frame, a
            str, control messages included; a function or coroutine function. Without one they are
            printed.
        on_close: Called as ``on_close(ws, code, text)`` when the stream is over; both are None
            where the server sent no close frame.
        on_error: Called as ``on_error(ws, error)`` with each loss of the connection, what ends the
            stream, what the server refuses, and what ``on_message`` raises.
        enable_connection_logs: Whether to log what happens to the connection, without the key, at
            the level of ``DEBUG``; on standard error where logging is not configured.
        url: A full URL, instead of a host; also a recording, ``file:day.mcap?speed=max``.
        messages: What ``on_message`` gets: ``"text"``; ``"dicts"`` or ``"events"``, the list of
            those in one frame; or ``"batches"``, a `Batch` for each socket read.
        on_notice: Called as ``on_notice(ws, notice)`` with what this library says about the stream:
            each `Gap` and `SlowConsumer`. By default they are logged.
        reconnect: A policy, see `fastpoly.reconnect`; True for the default, False for never.
        overflow: What happens when messages come faster than ``on_message`` takes them, see
            `Overflow`: by default the oldest are dropped, which a `SlowConsumer` notice tells.
        max_buffer_bytes: Bytes that may wait for ``on_message``.
        max_buffer_age: Seconds that messages may wait; None for any time.
        stale_after: Seconds without data after which a channel is stale, see `Stream`.
        subscribe_timeout: Seconds to wait for the server's answer to a subscription before its
            silence is told.
        max_message_bytes: See `ConnectionOptions`.
        close_timeout: Seconds for the server's part in closing, see `close_stream`.
        connection: See `ConnectionOptions`.

    Attributes:
        WS: What callbacks get as ``ws``: ``url``, ``send``, ``close``, ``keep_running`` and the
            callbacks themselves, all of which but ``keep_running`` may be assigned.

    Raises:
        UsageError: The key, the market, the host, a callback or an option is invalid.
    """

    @takes_options("ping_interval", "ping_timeout")
    def __init__(
        self,
        api_key: str | None,
        cluster: str,
        host: str = "socket.massive.com",
        on_message: OnMessage | None = None,
        on_close: OnClose | None = None,
        on_error: OnError | None = None,
        enable_connection_logs: bool = False,
        *,
        url: str | None = None,
        messages: Form = "text",
        on_notice: OnNotice | None = None,
        reconnect: ReconnectPolicy | bool | None = True,
        overflow: str = Overflow.DROP_OLDEST,
        max_buffer_bytes: int = DEFAULT_MAX_BUFFER_BYTES,
        max_buffer_age: float | None = None,
        stale_after: StaleAfter = None,
        subscribe_timeout: float = 10.0,
        max_message_bytes: int | None = DEFAULT_MAX_MESSAGE_BYTES,
        close_timeout: float = DEFAULT_CLOSE_TIMEOUT_S,
        **connection: Unpack[OpeningKeywords],
    ) -> None:
        path = market_of(_text(cluster))
        if messages not in FORMS:
            raise UsageError(
                f"{messages!r} is not a form of messages.", hint=f"Choose among {', '.join(FORMS)}."
            )
        require_positive(
            max_buffer_bytes=max_buffer_bytes,
            max_buffer_age=max_buffer_age,
            subscribe_timeout=subscribe_timeout,
        )
        self._market = path.spec
        self._path = path.path
        self._options: dict[str, Any] = {
            "max_message_bytes": max_message_bytes,
            "close_timeout": close_timeout,
            **connection,
        }
        ConnectionOptions(**self._options)  # says what is wrong, now
        address = url or _text(host)
        self._key: ApiKey | None = None
        if _scheme(address) in SERVED:
            address = make_url(path.path, host=None if url else address, url=url)
            self._key = find_api_key(api_key, address)
        self._settings = ThreadSettings(
            form=messages,
            policy=make_policy(reconnect),
            overflow=member(Overflow, overflow, "an overflow policy"),
            max_buffer_bytes=max_buffer_bytes,
            max_buffer_age=max_buffer_age,
            stale_after=stale_after,
            subscribe_timeout=subscribe_timeout,
            close_timeout=close_timeout,
            logger=logger_of(logger, verbose=enable_connection_logs),
        )
        for name, callback in (
            ("on_close", on_close),
            ("on_error", on_error),
            ("on_notice", on_notice),
        ):
            _require_plain_function(name, callback)
        require_callable("on_message", on_message)
        refuse_generator_function("on_message", on_message)
        self.WS = StreamSocket(address, self)
        self.WS.on_message = on_message or self._default_on_msg
        self.WS.on_close = on_close or self._default_on_close
        self.WS.on_error = on_error or self._default_on_error
        self.WS.on_notice = on_notice or _log_notice
        self._subscriptions = LiteralSubscriptions(path.spec.name)
        # What was asked for, on its way to the loop that reads.
        self._asked: deque[Request] = deque()
        # Reentrant: a log handler may call a method.
        self._lock = threading.RLock()
        self._thread: StreamThread | None = None

    def __repr__(self) -> str:
        return f"<StreamClient {shown_url(self.WS.url)} {self.state}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close_stream()

    @property
    def KEY(self) -> str:
        """The key; empty where what is streamed needs none."""
        return "" if self._key is None else self._key.reveal()

    # ------------------------------------------------------------------------------ the stream

    def start_stream_thread(
        self,
        ping_interval: float | None = 21,
        ping_timeout: float | None = 20,
        ping_payload: str = "",
        skip_utf8_validation: bool = True,
    ) -> None:
        """Connect and call back, in a thread of its own, until the stream is over; do not wait.

        The thread keeps the program running. A stream that is over may be started again; it is then
        asked for what was subscribed.

        Args:
            ping_interval: Seconds of silence after which a ping is sent; None or 0 for no pings.
            ping_timeout: Seconds that the silence may then go on; None for no limit.
            ping_payload: Accepted and not used; pings carry what tells their answers apart.
            skip_utf8_validation: Accepted and not used; messages are always str.

        Raises:
            UsageError: The stream is running, or an argument is invalid.
        """
        with self._lock:
            if self.is_running:
                raise UsageError("The stream is running.", hint="Close it first: close_stream().")
            options = ConnectionOptions(
                ping_interval=ping_interval, ping_timeout=ping_timeout or None, **self._options
            )
            self._thread = StreamThread(
                self._make_source(options), self._subscriptions, self.WS, self._settings, self
            )
            self._thread.start()

    def _make_source(self, options: ConnectionOptions) -> Source:
        return make_source(
            SourceRequest(
                market=self._path,
                options=options,
                url=self.WS.url,
                api_key=self._key,
                keep_statuses=True,
                keep_frames=self._settings.form == "text",
                spaced=True,
            )
        )

    def close_stream(self, *args: Any, **kwargs: Any) -> None:
        """Close the connection, and wait for the end of the thread; from any thread.

        ``on_message`` still gets what has arrived, for a second or so, and then ``on_close`` is
        called. The wait is of a second more than ``close_timeout`` at most, whatever a callback is
        doing. In a callback it does not wait, and ``on_message`` gets no more. Closing twice is
        fine.

        Args:
            args: Not used: the method may be a callback itself.
            kwargs: Not used.
        """
        with self._lock:
            thread = self._thread  # of which the lock says that it has begun
        if thread is not None:
            thread.close()

    @property
    def is_running(self) -> bool:
        """Whether there is a stream, whatever the state of its connection."""
        return self._thread is not None and self._thread.is_running

    # ---------------------------------------------------------------------------- subscriptions

    def _subscribe(self, service: Service, symbols: Symbols, uppercase: bool) -> None:
        self._ask("subscribe", name_params(service, self._market, symbols, uppercase=uppercase))

    def _unsubscribe(self, service: Service, symbols: Symbols) -> None:
        self._ask("unsubscribe", name_params(service, self._market, symbols))

    def _ask(self, action: Any, params: str) -> None:
        for param in params.split(","):
            if "." not in param:
                # The community client sends this too, and the server does not answer it.
                logger.warning(
                    "%r names no channel, so the server will not answer it; pass a list of tickers",
                    param,
                )
        self.make_request(Request(action, tuple(params.split(","))))

    def make_request(self, request: Request) -> None:
        """Send a request, or keep it for the next connection; see `StreamSocketOwner`.

        Raises:
            FastpolyError: What ended the stream, if it has ended without being closed.
        """
        with self._lock:
            thread = self._thread
            if thread is not None and thread.error is not None:
                raise thread.error.with_traceback(None)
            self._asked.append(request)
        if thread is not None:
            thread.wake()

    def make_requests(self, thread: StreamThread) -> None:
        """See `StreamThreadOwner.make_requests`."""
        while self._asked:
            thread.request(self._asked.popleft())

    # ---------------------------------------------------------------------------------- figures

    @property
    def state(self) -> State:
        """Where the connection is in its life."""
        return State.IDLE if self._thread is None else self._thread.feed.engine.state

    def stats(self) -> ClientStats:
        """Return what the stream has done since it was last started; from any thread.

        Raises:
            UsageError: It was never started.
        """
        if self._thread is None:
            raise UsageError("The stream was never started.", hint="Call start_stream_thread().")
        return self._thread.stats()

    # ------------------------------------------------------------------------ default callbacks

    @staticmethod
    def _default_on_msg(_ws: Any, msg: Any) -> None:
        print("message received:\n", str(msg))

    @staticmethod
    def _default_on_close(_ws: Any, close_code: int | None, msg: str | None) -> None:
        if close_code is not None:
            print(f"Closed. Close Code: {close_code} || Args: {msg}")

    @staticmethod
    def _default_on_error(_ws: Any, error: BaseException, *args: Any) -> None:
        print("Error Encountered:\n", str(error))


def _text(value: Any) -> Any:
    """The value of an enum's member, be it one of this library's or of the community client's."""
    return value.value if isinstance(value, Enum) else value


def _scheme(address: object) -> str:
    """Return the scheme of a URL; ``wss`` for what is a host."""
    head, mark, _ = str(address).strip().partition(":")
    return head.lower() if mark and head.lower() in SOURCE_KINDS else "wss"


def _log_notice(_ws: Any, notice: Any) -> None:
    log_notice(notice)


def _require_plain_function(name: str, function: object) -> None:
    require_callable(name, function)
    refuse_generator_function(name, function)
    if inspect.iscoroutinefunction(function):
        raise UsageError(
            f"{name} is a coroutine function: {function!r}.",
            hint="Pass a plain function; or use AsyncStreamClient.",
        )
