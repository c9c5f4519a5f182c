"""One client of the simulator: its login, its requests, its end."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from fastpoly.schema import MarketSpec
from fastpoly.serving import frames
from fastpoly.serving.messages import array, parse_params, parse_request, status
from fastpoly.serving.outlet import Outlet
from fastpoly.sim.holdings import Holdings

if TYPE_CHECKING:
    from fastpoly.sim.pump import Pump
    from fastpoly.sim.server import Simulator

# How long a mixed confirmation waits for market data to travel with.
_MIXED_ACK_SECONDS = 0.1
# How long a connection that is one too many lives if it does not subscribe.
_DOOMED_SECONDS = 1.0
# How long a client may take to answer a close frame.
_CLOSE_SECONDS = 2.0


class Connection(WSListener):
    """The server's side of one connection.

    Attributes:
        number: 1, 2, 3, ... in the order in which clients came.
        simulator: The server.
        pump: The market that it is connected to.
        outlet: The way to the client.
        holdings: Its subscriptions.
        random: Chance, of this connection only.
        muted: Whether it gets no market data for now.
        ack_delay: Seconds from a request to its confirmations.
        lost_acks: How many of its requests go unanswered, 0 to 1.
        ended: Why it ended, or an empty string while it lives.
    """

    def __init__(self, simulator: Simulator, pump: Pump, number: int) -> None:
        super().__init__()
        config = simulator.config
        self.number = number
        self.simulator = simulator
        self.pump = pump
        self.outlet = Outlet()
        self.holdings = Holdings(pump.spec, pump.market, config)
        self.random = random.Random(f"{config.seed}/{number}")
        self.muted = False
        self.ack_delay = config.ack_delay
        self.lost_acks = 0.0
        self.ended = ""
        self._config = config
        self._events_per_frame = config.events_per_frame
        self._max_frame_bytes = config.max_frame_bytes
        self._key = ""
        self._authenticated = False
        self._subscribed = False
        self._doomed = False
        self._closing = False
        self._parts: list[bytes] = []
        self._acks: list[bytes] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._loop = asyncio.get_running_loop()
        self._writable = asyncio.Event()
        self._writable.set()

    # ------------------------------------------------------------------------------- picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Greets the client."""
        self.outlet.open(transport)
        if self._config.socket_buffer_bytes:
            self.outlet.limit_kernel_buffer(self._config.socket_buffer_bytes)
        self.simulator.welcome(self)
        self.send([status("CONNECTED")])
        self.simulator.faults.begin(self, "connect")
        self.later(self._config.auth_timeout, self._auth_timed_out)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Joins fragments and answers the message."""
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
            if frame.fin:
                message = b"".join(self._parts)
                self._parts.clear()
                self._on_message(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Forgets the client, but not its counts."""
        self.end("connection lost")
        self._writable.set()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.pump.remove(self)
        self.simulator.forget(self)

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        if self.outlet.is_open:
            self._writable.clear()

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._writable.set()

    # ----------------------------------------------------------------------------- requests

    def _on_message(self, payload: bytes) -> None:
        if self._closing:
            return
        self.simulator.record(self, payload)
        request = parse_request(payload)
        if request is None:
            self.send([status("INVALID_JSON")])
        elif request.action == "auth":
            self._on_auth(request.params)
        elif request.action in ("subscribe", "unsubscribe"):
            if self._authenticated:
                self._on_change(request.action, request.params)
            elif self._config.early_subscribe == "refuse":
                self.send([status("NOT_AUTHORIZED")])

    def _on_auth(self, key: str) -> None:
        config = self._config
        if key in config.keys_without_plan:
            self._refuse(status("NO_PLAN"), "no plan")
        elif not key or (config.keys and key not in config.keys):
            self._refuse(status("AUTH_FAILED"), "bad key")
        elif config.auth_delay:
            self.later(config.auth_delay, self._admit, key)
        else:
            self._admit(key)

    def _admit(self, key: str) -> None:
        self.send([status("AUTH_SUCCESS")])
        if not self._authenticated:
            self._authenticated = True
            self._key = key
            self.simulator.admit(self)
            self.simulator.faults.begin(self, "login")

    def _auth_timed_out(self) -> None:
        if not self._authenticated:
            self._refuse(status("AUTH_TIMEOUT"), "no key in time")

    def _refuse(self, text: bytes, reason: str) -> None:
        """Says no and hangs up: the service sends no close frame then."""
        self.send([text])
        self.end(reason)
        self._closing = True
        self.outlet.finish()

    def _on_change(self, action: str, text: str) -> None:
        params = parse_params(text, self.spec)
        if action == "subscribe":
            statuses = self.holdings.subscribe(params)
        else:
            statuses = self.holdings.unsubscribe(params)
        if len(self.holdings):
            self.pump.add(self)
        else:
            self.pump.remove(self)
        lost = self.lost_acks and self.random.random() < self.lost_acks
        if statuses and not lost:
            if self.ack_delay:
                self.later(self.ack_delay, self._answer, statuses)
            else:
                self._answer(statuses)
        if self._doomed:
            self.evict()
        elif not self._subscribed:
            self._subscribed = True
            self.simulator.faults.begin(self, "subscribe")

    def _answer(self, statuses: list[bytes]) -> None:
        if self._config.acks == "separate":
            for text in statuses:
                self.send([text])
        elif self._config.acks == "mixed":
            self._acks += statuses
            self.later(_MIXED_ACK_SECONDS, self._flush_acks)
        else:
            self.send(statuses)

    def _flush_acks(self) -> None:
        if self._acks:
            acks, self._acks = self._acks, []
            self.send(acks)

    # --------------------------------------------------------------------------------- data

    def send(self, objects: list[bytes]) -> None:
        """Sends JSON objects as one message."""
        self.send_text(array(objects))

    def send_text(self, payload: bytes) -> None:
        """Sends a text message as it is."""
        if not self._closing:
            self.outlet.message(payload)

    def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are, whatever they are."""
        if not self._closing:
            self.outlet.raw(data)

    def deliver(self) -> None:
        """Sends what the last moment of the market brought for this client."""
        if self._closing or self.muted or not self.outlet.is_open:
            return
        subscription = self.holdings.subscription
        prefix = b",".join(self._acks)
        limits = self._events_per_frame, self._max_frame_bytes
        if self.outlet.pieces > 1:
            payloads = subscription.payloads(limits[0], max_bytes=limits[1], prefix=prefix)
            for payload in payloads:
                self.outlet.message(payload)
            sent = bool(payloads)
        else:
            data = subscription.frames(limits[0], max_bytes=limits[1], prefix=prefix)
            if data:
                self.outlet.raw(data)
            sent = bool(data)
        if sent:
            self._acks.clear()
        if (
            self._config.slow_consumer == "kill"
            and self.outlet.buffered > self._config.max_buffer_bytes
        ):
            self.drop("slow consumer")

    def deliver_giant(self, events: int) -> None:
        """Makes `events` trades and quotes happen and sends them here in one frame."""
        self._events_per_frame, self._max_frame_bytes = 1 << 62, 1 << 62
        self.pump.happen(events)
        self._events_per_frame = self._config.events_per_frame
        self._max_frame_bytes = self._config.max_frame_bytes

    async def writable(self) -> None:
        """Waits until the client has read enough for more."""
        await self._writable.wait()

    @property
    def is_writable(self) -> bool:
        """Whether the transport's buffer has room."""
        return self._writable.is_set()

    # ---------------------------------------------------------------------------------- end

    def doom(self) -> None:
        """Marks this client as the one too many: it may subscribe, then it goes."""
        self._doomed = True
        self.later(_DOOMED_SECONDS, self.evict)

    def evict(self) -> None:
        """Tells the client that there are too many of it, and closes."""
        self._flush_acks()
        self.send([status("MAX_CONNECTIONS", self._config.max_connections_suffix)])
        self.close(1008, "max_connections")

    def close(self, code: int, reason: str = "") -> None:
        """Starts a close handshake.

        Args:
            code: Any code, also one that must not be sent.
            reason: The text that goes with it.
        """
        if not self._closing:
            self.end(f"closed with {code}")
            self._closing = True
            self.outlet.raw(frames.close(code, reason))
            self.later(_CLOSE_SECONDS, self.outlet.finish)

    def hang_up(self, reason: str) -> None:
        """Ends the TCP connection in good order, without a close frame."""
        self.end(reason)
        self._closing = True
        self.outlet.finish()

    def drop(self, reason: str) -> None:
        """Resets the TCP connection."""
        self.end(reason)
        self._closing = True
        self.outlet.reset()

    def end(self, reason: str) -> None:
        """Notes why the connection ends; the first reason stays."""
        self.ended = self.ended or reason
        self._writable.set()  # nobody waits for it any more

    def die(self) -> None:
        """Goes dead without a sign: nothing is sent or read any more."""
        self.outlet.die()
        self._writable.set()

    def later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Calls something after so many seconds, if the connection is still there."""

        def run() -> None:
            self._timers.discard(timer)
            call(*arguments)

        timer = self._loop.call_later(seconds, run)
        self._timers.add(timer)

    # -------------------------------------------------------------------------------- facts

    @property
    def spec(self) -> MarketSpec:
        """The market's entry in the schema table."""
        return self.pump.spec

    @property
    def account(self) -> tuple[str, str]:
        """What connections are counted by: market and key."""
        return (self.spec.name, self._key)

    def stats(self) -> dict[str, Any]:
        """What this client holds and was sent, as plain data."""
        subscription = self.holdings.subscription
        return {
            "number": self.number,
            "market": self.spec.name,
            "authenticated": self._authenticated,
            "ended": self.ended,
            "subscriptions": len(self.holdings),
            "events": subscription.sent,
            "frames": subscription.frames_sent,
            "bytes": subscription.bytes_sent,
            "buffered": self.outlet.buffered,
        }
