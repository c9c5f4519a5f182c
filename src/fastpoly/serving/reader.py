"""The server's side of one connection: login, requests, data, end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from fastpoly.schema import MarketSpec
from fastpoly.serving import frames
from fastpoly.serving.accounts import Account
from fastpoly.serving.feed import ReaderFeed
from fastpoly.serving.messages import array, parse_params, parse_request, status
from fastpoly.serving.outlet import Outlet
from fastpoly.serving.policy import ServerPolicy
from fastpoly.serving.subscriptions import ReaderSubscriptions

# How long a connection that is one too many lives if it does not subscribe.
_DOOMED_S = 1.0


class ReaderOwner(Protocol):
    """The server that a reader belongs to."""

    def on_connected(self, reader: Reader) -> ReaderFeed:
        """Enter a reader whose connection is up, and return what is behind it."""

    def on_accepted(self, reader: Reader) -> None:
        """Count a reader that has logged in, and evict where there is one too many."""

    def on_disconnected(self, reader: Reader) -> None:
        """Forget a reader whose connection has ended."""


class Reader(WSListener):
    """One client of a server.

    Args:
        owner: The server.
        market: The market that the client has asked for.
        number: 1, 2, 3, ... in the order in which clients came.
        policy: Its limits.
        outlet: The way to the client.
        query: What its URL says behind the question mark, as it was taken by the backend.

    Attributes:
        number: As above.
        market: The market's entry in the schema table.
        query: As above.
        outlet: The way to the client.
        feed: What is behind it, once it is connected.
        subscriptions: What it is subscribed to, once it is connected.
        authenticated: Whether it has logged in.
        ended: Why it ended, or an empty string while it lives.
    """

    feed: ReaderFeed
    subscriptions: ReaderSubscriptions

    def __init__(
        self,
        owner: ReaderOwner,
        market: MarketSpec,
        number: int,
        policy: ServerPolicy,
        outlet: Outlet,
        query: str = "",
    ) -> None:
        super().__init__()
        self.number = number
        self.market = market
        self.query = query
        self.outlet = outlet
        self.authenticated = False
        self.ended = ""
        self._owner = owner
        self._policy = policy
        self._key = ""
        self._doomed = False
        self._closing = False
        self._parts: list[bytes] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._room.set()

    # ------------------------------------------------------------------------------- picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Greet the client."""
        policy = self._policy
        self.outlet.open(transport)
        if policy.socket_buffer_bytes:
            self.outlet.limit_kernel_buffer(policy.socket_buffer_bytes)
        if policy.slow_reader == "drop":
            self.outlet.limit_buffer(policy.max_buffer_bytes)
        self.feed = self._owner.on_connected(self)
        self.subscriptions = ReaderSubscriptions(self.market, self.feed, policy.max_subscriptions)
        self.send([status("CONNECTED")])
        self.later(policy.login_timeout_s, self._login_timed_out)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Join fragments and answer the message."""
        kind = frame.msg_type
        if kind == WSMsgType.PING:
            self.outlet.raw(frames.frame(frame.get_payload_as_bytes(), frames.PONG))
        elif kind == WSMsgType.CLOSE:
            self.end("closed by the client")
            if not self._closing:
                self.outlet.raw(frames.frame(frame.get_payload_as_bytes(), frames.CLOSE))
            self._closing = True
            self.outlet.finish()
        elif kind != WSMsgType.PONG:
            self._parts.append(frame.get_payload_as_bytes())
            if sum(map(len, self._parts)) > self._policy.max_request_bytes:
                self._parts.clear()
                self.close(1009, "message too big")
            elif frame.fin:
                message = b"".join(self._parts)
                self._parts.clear()
                self._on_message(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Forget the client, but not its counts."""
        self.end("connection lost")
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.feed.detach()
        self._owner.on_disconnected(self)

    def pause_writing(self) -> None:
        """Note that the transport's buffer is full."""
        if self.outlet.is_open:
            self._room.clear()
            # Not now: the transport is in the middle of a write.
            self._loop.call_soon(self.check_buffer)

    def resume_writing(self) -> None:
        """Note that the transport's buffer has room again."""
        self._room.set()

    # ----------------------------------------------------------------------------- requests

    def _on_message(self, payload: bytes) -> None:
        if self._closing:
            return
        self.feed.on_message(payload)
        request = parse_request(payload)
        if request is None:
            self.send([status("INVALID_JSON")])
        elif request.action == "auth":
            self.feed.judge_key(request.params)
        elif request.action in ("subscribe", "unsubscribe"):
            if self.authenticated:
                self._on_change(request.action, request.params)
            elif self._policy.early_subscribe == "refuse":
                self.send([status("NOT_AUTHORIZED")])

    def accept(self, key: str) -> None:
        """Log the reader in with a key that is good."""
        if self._closing:
            return
        self.send([status("AUTH_SUCCESS")])
        if not self.authenticated:
            self.authenticated = True
            self._key = key
            self._owner.on_accepted(self)
            self.feed.on_login()

    def refuse(self, name: str, reason: str) -> None:
        """Say no and hang up; the service sends no close frame then.

        Args:
            name: The name of the status that says why.
            reason: Why, for `ended`.
        """
        self.send([status(name)])
        self.hang_up(reason)

    def _login_timed_out(self) -> None:
        if not self.authenticated:
            self.refuse("AUTH_TIMEOUT", "no key in time")

    def _on_change(self, action: str, text: str) -> None:
        params = parse_params(text, self.market)
        if action == "subscribe":
            change = self.subscriptions.subscribe(params)
        else:
            change = self.subscriptions.unsubscribe(params)
        if change.statuses:
            self.feed.answer(change.statuses)
        if self._doomed:
            self.evict()
        else:
            self.feed.after_request(change.added, change.removed)

    # --------------------------------------------------------------------------------- data

    def send(self, objects: Iterable[bytes]) -> None:
        """Send JSON objects as one message."""
        self.send_text(array(objects))

    def send_text(self, payload: bytes) -> None:
        """Send a text message."""
        if not self._closing:
            self.outlet.message(payload)

    def write(self, data: bytes) -> None:
        """Send prepared WebSocket frames as they are: one object can go to many readers."""
        if not self._closing:
            self.outlet.raw(data)

    @property
    def is_open(self) -> bool:
        """Whether what is sent now has a chance to arrive."""
        return not self._closing and self.outlet.is_open

    @property
    def has_room(self) -> bool:
        """Whether the transport's buffer has room."""
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until the client has read enough for more, or its connection ends."""
        await self._room.wait()

    def make_room(self) -> None:
        """Let nobody wait for this reader any more: it does not read, and need not."""
        self._room.set()

    def check_buffer(self) -> None:
        """Drop the reader if more waits for it than may."""
        policy = self._policy
        if (
            policy.slow_reader == "drop"
            and not self._closing
            and self.outlet.buffered > policy.max_buffer_bytes
        ):
            self.drop("slow consumer")

    # ---------------------------------------------------------------------------------- end

    def doom(self) -> None:
        """Mark this reader as the one too many: it may subscribe, then it goes."""
        self._doomed = True
        self.later(_DOOMED_S, self.evict)

    def evict(self) -> None:
        """Tell the client that there are too many of it, and close."""
        self.feed.flush()
        self.send([status("MAX_CONNECTIONS", self._policy.eviction_text)])
        self.close(1008, "max_connections")

    def close(self, code: int, reason: str = "") -> None:
        """Start a close handshake.

        Args:
            code: Any code, also one that must not be sent.
            reason: The text that goes with it.
        """
        if not self._closing:
            self.end(f"closed with {code}")
            self._closing = True
            self.outlet.raw(frames.close(code, reason))
            self.later(self._policy.close_timeout_s, self.outlet.finish)

    def hang_up(self, reason: str) -> None:
        """End the TCP connection in good order, without a close frame."""
        self.end(reason)
        self._closing = True
        self.outlet.finish()

    def drop(self, reason: str) -> None:
        """Reset the TCP connection."""
        self.end(reason)
        self._closing = True
        self.outlet.reset()

    def end(self, reason: str) -> None:
        """Note why the connection ends; the first reason stays."""
        self.ended = self.ended or reason
        self._room.set()  # nobody waits for it any more

    def later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Call something after so many seconds, if the connection is still there."""

        def run() -> None:
            self._timers.discard(timer)
            call(*arguments)

        timer = self._loop.call_later(seconds, run)
        self._timers.add(timer)

    @property
    def account(self) -> Account:
        """What connections are counted by: market and key."""
        return (self.market.name, self._key)


async def wait_for_room(readers: Iterable[Reader]) -> None:
    """Wait until each of the readers has room or has gone."""
    for reader in readers:
        if not reader.has_room:
            await reader.room()
