"""`WebSocketClient`: the official client's, translated to this library's engine."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, Final

from fastpoly import schema
from fastpoly.consumers.handlers.user_hook import refuse_generator_function
from fastpoly.enums import Feed as NativeFeed
from fastpoly.errors import AuthError, UsageError
from fastpoly.health.verbose_log import logger_of
from fastpoly.market.stats import ClientStats
from fastpoly.massive.client_socket import ClientSocket
from fastpoly.massive.delivery import Delivery, DeliverySettings
from fastpoly.massive.enums import Feed, Market
from fastpoly.massive.keywords import connection_options, find_ca_bundle
from fastpoly.massive.topics import wanted_changes
from fastpoly.net.credentials import ApiKey, find_api_key
from fastpoly.net.endpoints import shown_url
from fastpoly.net.reader_loop import loop_factory, refuse_running_loop
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.reconnect import Backoff, ReconnectPolicy, make_policy
from fastpoly.protocol.statuses import Action
from fastpoly.protocol.subscriptions import LiteralSubscriptions, Request
from fastpoly.sources.kinds import SourceRequest, make_source
from fastpoly.unix_sockets import is_unix

__all__ = ["WebSocketClient"]

logger = logging.getLogger("fastpoly.massive")

STABLE_S: Final = 1.0
"""Seconds of data on one connection after which reconnects are counted from 1 again."""


class WebSocketClient:
    """Streams one market to a function, which gets the models of each WebSocket frame as a list.

    A drop-in for the class of that name in the official package ``massive``::

        client = WebSocketClient(subscriptions=["T.AAPL"])

        def handle_msg(msgs):
            for m in msgs:
                print(m.symbol, m.price)

        client.run(handle_msg)

    Handlers are functions or coroutine functions of one argument, for `run` as for `connect`. They
    get one frame after the other. What a handler raises is logged, and the stream goes on.

    A client may connect again after `run` or `connect` has returned. `subscribe`, `unsubscribe` and
    `unsubscribe_all` may be called at any time and from any thread.

    Args:
        api_key: The key; None for the environment's: ``FASTPOLY_API_KEY``, ``MASSIVE_API_KEY`` or
            ``POLYGON_API_KEY``, looked at now.
        feed: See `fastpoly.massive.websocket.models.Feed`; or a host, with or without a port; or a
            full ``ws://`` or ``wss://`` URL without a path.
        market: See `fastpoly.massive.websocket.models.Market`, or its value.
        raw: Whether handlers get the text of each frame, control messages included, as it came.
        verbose: Whether to log what happens and what the server says, at the level of ``DEBUG``; on
            standard error where logging is not configured.
        subscriptions: What to subscribe to, such as ``["T.AAPL", "Q.*"]``.
        max_reconnects: Attempts in a row to restore a lost connection; None for any number.
        secure: Whether to use TLS.
        custom_json: What `json` is, for subclasses. The decoder takes nothing from it.
        ca_certs: A file of certificate authorities; by default that of ``SSL_CERT_FILE`` or
            ``REQUESTS_CA_BUNDLE``, or the system's.
        url: A full URL, instead of a feed; also a recording, ``file:day.mcap?speed=max``.
        reconnect: When a lost connection is restored, instead of ``max_reconnects``: a `Backoff`,
            or another `ReconnectPolicy`.
        websocket_cfg: Keywords of `connect`, for those calls that do not have them.

    Attributes:
        feed: As above.
        market: The market, a member of `Market`.
        market_value: Its value.
        raw: As above.
        max_reconnects: As above.
        ca_certs: As above.
        json: ``custom_json``, or the module ``json``.
        url: Where to connect to; may be assigned before that.
        websocket: While `connect` runs, an object with ``send`` and ``close``; None otherwise.
        websocket_cfg: As above.

    Raises:
        AuthError: There is no key.
        UsageError: A keyword is not one of `connect`'s, or has no meaning here.
        ValueError: There is no such market.
    """

    default_feed: str | Enum = Feed.RealTime

    def __init__(
        self,
        api_key: str | None = None,
        feed: str | Enum | None = None,
        market: str | Enum = Market.Stocks,
        raw: bool = False,
        verbose: bool = False,
        subscriptions: Iterable[str] | None = None,
        max_reconnects: int | None = 5,
        secure: bool = True,
        custom_json: Any | None = None,
        ca_certs: str | None = None,
        *,
        url: str | None = None,
        reconnect: ReconnectPolicy | None = None,
        **websocket_cfg: Any,
    ) -> None:
        self.feed = self.default_feed if feed is None else feed
        self.market = Market(str(market.value if isinstance(market, Enum) else market))
        self.market_value: str = self.market.value
        self.raw = raw
        self.max_reconnects = max_reconnects
        self.ca_certs = ca_certs
        self.json: Any = custom_json or json
        self.websocket_cfg = websocket_cfg
        self.websocket: ClientSocket | None = None
        self.url = url or _url(self.feed, self.market_value, secure=secure)
        self._key = _find_key(api_key, self.url)
        self._policy = None if reconnect is None else make_policy(reconnect)
        self._verbose = verbose
        self._logger = logger_of(logger, verbose=verbose)
        connection_options(websocket_cfg, close_timeout=1, ssl=None)  # says what is wrong, now
        self._subscriptions = LiteralSubscriptions(market_of(self.market_value).name)
        # Reentrant: a log handler may subscribe.
        self._lock = threading.RLock()
        self._delivery: Delivery | None = None
        # For a subclass with a `_subscribe` of its own, until there is a connection to send on.
        self._held_back = _nothing()
        self._sending: set[asyncio.Task[None]] = set()
        if subscriptions is not None:
            given = (subscriptions,) if isinstance(subscriptions, str) else subscriptions
            self._want("subscribe", tuple(given))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {shown_url(self.url)} {self.state}>"

    @property
    def api_key(self) -> str:
        """The key; another one is used from the next `connect` on."""
        return self._key.reveal()

    @api_key.setter
    def api_key(self, api_key: str) -> None:
        self._key = _find_key(api_key, self.url)

    # ---------------------------------------------------------------------------- the stream

    def run(
        self, handle_msg: Callable[[Any], object], close_timeout: float = 1, **kwargs: Any
    ) -> None:
        """Connect and call a function with each frame until the end; blocks.

        Args:
            handle_msg: A function or coroutine function of one argument.
            close_timeout: Seconds for the server's part in closing.
            kwargs: As for `connect`.

        Raises:
            UsageError: An event loop is running in this thread.
            FastpolyError: As from `connect`.
        """
        refuse_running_loop("Await connect() instead.")
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(self.connect(handle_msg, close_timeout, **kwargs))

    async def connect(
        self, processor: Callable[[Any], object], close_timeout: float = 1, **kwargs: Any
    ) -> None:
        """Connect, and call a function with each frame until the end.

        A lost connection is restored, whatever its close code, and then asked for what is
        subscribed by then. It returns when the client was closed.

        Args:
            processor: A function or coroutine function of one argument.
            close_timeout: Seconds for the server's part in closing.
            kwargs: ``ping_interval``, ``ping_timeout``, ``open_timeout``, ``auth_timeout``,
                ``max_size``, ``proxy`` and ``ssl``, as in ``websockets``.

        Raises:
            AuthError: The server refused the key, or the plan does not include this market or
                feed, which is also a `NotAuthorizedError`.
            ConnectionEvicted: The account has too many connections.
            ConnectionLost: The connection could not be restored, or never came up.
            UsageError: A keyword has no meaning here, the processor cannot be called, or the client
                is connected.
        """
        if not callable(processor):
            raise UsageError(
                f"The handler is not callable: {processor!r}.", hint="Pass it without calling it."
            )
        refuse_generator_function("The handler", processor)
        if self._delivery is not None and self.websocket is not None:
            raise UsageError(
                "The client is connected.", hint="Close it first, or make another for this handler."
            )
        delivery = self._new_delivery(processor, close_timeout, {**self.websocket_cfg, **kwargs})
        with self._lock:
            self._delivery = delivery
            self.websocket = ClientSocket(self)
        try:
            await delivery.run()
        finally:
            self.websocket = None

    def _new_delivery(
        self, processor: Callable[[Any], object], close_timeout: float, keywords: dict[str, Any]
    ) -> Delivery:
        policy = self._policy or Backoff(
            max_attempts=self.max_reconnects, stable_after_s=STABLE_S, retry_first=True
        )
        return Delivery(
            make_source(
                SourceRequest(
                    market=self.market_value,
                    options=connection_options(
                        keywords, close_timeout=close_timeout, ssl=find_ca_bundle(self.ca_certs)
                    ),
                    url=self.url,
                    api_key=self._key,
                    # Also where nobody asks for them: a batch is cut where they are taken out,
                    # and then no longer tells its frames apart.
                    keep_statuses=True,
                    keep_frames=self.raw,
                )
            ),
            self._subscriptions,
            processor,
            DeliverySettings(self.raw, policy, self._logger, self._key),
            self,
        )

    async def close(self) -> None:
        """Close the connection; what has arrived is still handled, unless the handler calls this.

        From any event loop.
        """
        delivery = self._delivery
        if delivery is None or self.websocket is None:
            self._logger.warning("no websocket open to close")
            return
        await delivery.close()

    # ------------------------------------------------------------------------- subscriptions

    @property
    def scheduled_subs(self) -> set[str]:
        """What is subscribed, or will be; a new set each time."""
        return {*self._subscriptions.desired, *self._held_back["subscribe"]}

    @property
    def subs(self) -> set[str]:
        """What the server has confirmed; a new set each time."""
        return set(self._subscriptions.confirmed)

    @property
    def schedule_resub(self) -> bool:
        """Whether the server has yet to confirm something."""
        return self.scheduled_subs != self.subs

    @property
    def subscribed(self) -> bool:
        """Whether the server has confirmed everything."""
        return not self.schedule_resub

    def subscribe(self, *subscriptions: str) -> None:
        """Subscribe; sent at once, or as soon as there is a connection. From any thread.

        ``T.*`` takes the place of single tickers of ``T``. What is malformed is logged and left
        out; so is, later, what the server refuses.

        Args:
            subscriptions: Such as ``"T.AAPL"`` or ``"Q.*"``.
        """
        self._change("subscribe", subscriptions)

    def unsubscribe(self, *subscriptions: str) -> None:
        """Unsubscribe; sent at once. From any thread.

        Args:
            subscriptions: As for `subscribe`. ``"T.*"`` means all of ``T`` that is subscribed; what
                is not subscribed is ignored.
        """
        self._change("unsubscribe", subscriptions)

    def unsubscribe_all(self) -> None:
        """Unsubscribe from everything; sent at once. From any thread."""
        self._change("unsubscribe", None)

    def _change(self, action: Action, params: tuple[str, ...] | None) -> None:
        delivery = self._delivery
        if delivery is None or not delivery.post(self._want, action, params):
            self._want(action, params)

    def _want(self, action: Action, params: tuple[str, ...] | None) -> None:
        """Make the requests that a call means; all of `scheduled_subs` where it names nothing."""
        with self._lock:
            desired = self.scheduled_subs
            requests, errors = wanted_changes(
                action,
                self._subscriptions.market,
                desired,
                tuple(desired) if params is None else params,
            )
            for error in errors:
                self._logger.warning("invalid subscription: %s", error)
            for request in requests:
                self._make(request)

    def _make(self, request: Request) -> None:
        if not self._sends_itself(request.action):
            self.make_request(request)
            return
        other: Action = "unsubscribe" if request.action == "subscribe" else "subscribe"
        for param in request.params:
            if param in self._held_back[other]:
                del self._held_back[other][param]
            else:
                self._held_back[request.action][param] = None
        self._send_held_back()

    def make_request(self, request: Request) -> None:
        """Send a request, or keep it for the next connection; see `ClientSocketOwner`."""
        delivery = self._delivery
        if delivery is not None and self.websocket is not None:
            delivery.request(request)
        else:
            self._subscriptions.apply(request, sent=False)

    # --------------------------------------------------------------------------- subclasses

    def _sends_itself(self, action: Action) -> bool:
        """Whether a subclass has a method of its own that sends such requests."""
        name = f"_{action}"
        return getattr(type(self), name) is not getattr(WebSocketClient, name)

    def on_accepted(self) -> None:
        """See `DeliveryOwner.on_accepted`."""
        self._send_held_back()

    def _send_held_back(self) -> None:
        """Have a subclass send what was asked for, if there is a connection."""
        if self._delivery is None or self.websocket is None or not self._delivery.is_open:
            return
        held, self._held_back = self._held_back, _nothing()
        for action, params in held.items():
            if params:
                send = self._subscribe if action == "subscribe" else self._unsubscribe
                task = asyncio.get_running_loop().create_task(send(set(params)))
                self._sending.add(task)
                task.add_done_callback(self._on_sent)

    def _on_sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._logger.error("A request was not sent", exc_info=task.exception())

    async def _subscribe(self, topics: Iterable[str]) -> None:
        """Send a request; a subclass may override it, and send by ``self.websocket.send``."""
        self._send("subscribe", topics)

    async def _unsubscribe(self, topics: Iterable[str]) -> None:
        """Send a request; a subclass may override it, and send by ``self.websocket.send``."""
        self._send("unsubscribe", topics)

    def _send(self, action: Action, topics: Iterable[str]) -> None:
        topics = tuple(topics)
        if topics:
            self.make_request(Request(action, topics))

    # ------------------------------------------------------------------------------- figures

    @property
    def state(self) -> State:
        """Where the connection is in its life."""
        return State.IDLE if self._delivery is None else self._delivery.feed.engine.state

    def stats(self) -> ClientStats:
        """Return what the last `connect` has done so far; from any thread.

        Raises:
            UsageError: There was none yet.
        """
        if self._delivery is None:
            raise UsageError("The client was never connected.", hint="Call run() or connect().")
        return self._delivery.stats()


def _nothing() -> dict[Action, dict[str, None]]:
    """Return that nothing waits to be sent."""
    return {"subscribe": {}, "unsubscribe": {}}


def _url(feed: str | Enum, market: str, *, secure: bool) -> str:
    if isinstance(feed, NativeFeed):
        host: str = f"{feed.value}.{schema.DOMAIN}"
    else:
        host = str(feed.value if isinstance(feed, Enum) else feed)
    if is_unix(host):
        return f"{host}:/{market}"
    if "://" in host:
        return f"{host.rstrip('/')}/{market}"
    return f"ws{'s' if secure else ''}://{host}/{market}"


def _find_key(api_key: str | None, url: str) -> ApiKey:
    """Return the key, found as everywhere in this library.

    Raises:
        AuthError: There is none.
        UsageError: It is malformed.
    """
    try:
        return find_api_key(api_key or None, url)
    except UsageError as error:
        if api_key:
            raise
        raise AuthError(error.detail, hint=error.hint) from None
