"""One client of the simulator: its login, its subscriptions, its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from fastpoly.schema import MarketSpec
from fastpoly.sim.messages import Param, array, parse_params, parse_request, status

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
        market: Its market.
        ended: Why it ended, or an empty string while it lives.
    """

    def __init__(self, simulator: Simulator, pump: Pump, number: int) -> None:
        super().__init__()
        self.number = number
        self.pump = pump
        self.ended = ""
        self._simulator = simulator
        self._config = simulator.config
        self._key = ""
        self._authenticated = False
        self._doomed = False
        self._closing = False
        self._held: dict[tuple[str, str], int | None] = {}
        self._subscription = pump.market.subscription()
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self._acks: list[bytes] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._loop = asyncio.get_running_loop()
        self._writable = asyncio.Event()
        self._writable.set()

    # ------------------------------------------------------------------------------- picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Greets the client."""
        self._transport = transport
        underlying = transport.underlying_transport
        if self._config.socket_buffer_bytes:
            self._simulator.set_send_buffer(underlying)
        self._simulator.connections[self.number] = self
        self._send([status("CONNECTED")])
        self._later(self._config.auth_timeout, self._auth_timed_out)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Joins fragments and answers the message."""
        if frame.msg_type == WSMsgType.CLOSE:
            if not self._closing:
                self._closing = True
                transport.send_close(frame.get_close_code(), frame.get_close_message())
            self.end("closed by the client")
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
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
        self._simulator.forget(self)

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._writable.set()

    # ----------------------------------------------------------------------------- requests

    def _on_message(self, payload: bytes) -> None:
        if self._closing:
            return
        self._simulator.record(self, payload)
        request = parse_request(payload)
        if request is None:
            self._send([status("INVALID_JSON")])
        elif request.action == "auth":
            self._on_auth(request.params)
        elif request.action in ("subscribe", "unsubscribe"):
            if not self._authenticated:
                if self._config.early_subscribe == "refuse":
                    self._send([status("NOT_AUTHORIZED")])
                return
            params = parse_params(request.params, self.spec)
            change = self._subscribe if request.action == "subscribe" else self._unsubscribe
            self._answer(change(params))
            if self._doomed:
                self.evict()

    def _on_auth(self, key: str) -> None:
        config = self._config
        if key in config.keys_without_plan:
            self._refuse(status("NO_PLAN"), "no plan")
        elif not key or (config.keys and key not in config.keys):
            self._refuse(status("AUTH_FAILED"), "bad key")
        else:
            self._send([status("AUTH_SUCCESS")])
            if not self._authenticated:
                self._authenticated = True
                self._key = key
                self._simulator.admit(self)

    def _auth_timed_out(self) -> None:
        if not self._authenticated:
            self._refuse(status("AUTH_TIMEOUT"), "no key in time")

    def _refuse(self, text: bytes, reason: str) -> None:
        """Says no and hangs up: the service sends no close frame then."""
        self._send([text])
        self.end(reason)
        self._closing = True
        if self._transport is not None:
            self._transport.disconnect()

    def _subscribe(self, params: list[Param]) -> list[bytes]:
        """Refusals first, then confirmations; nothing for what is held already."""
        refusals: list[bytes] = []
        confirmations: list[bytes] = []
        over = self._over_limit(params)
        for param in params:
            channel = self.spec.channel(param.channel)
            key = (param.channel, param.symbol)
            if channel is None or key in self._held:
                continue
            if param.channel in over:
                refusals.append(status("SUBSCRIPTION_LIMIT"))
            elif self._is_refused(param) or (param.symbol == "*" and not channel.wildcard):
                refusals.append(status("NOT_AUTHORIZED"))
            else:
                self._hold(key)
                confirmations.append(status("SUBSCRIBED", param.text))
        return refusals + confirmations

    def _unsubscribe(self, params: list[Param]) -> list[bytes]:
        confirmations = []
        for param in params:
            key = (param.channel, param.symbol)
            if key in self._held:
                self._release(key)
                confirmations.append(status("UNSUBSCRIBED", param.text))
        return confirmations

    def _over_limit(self, params: list[Param]) -> set[str]:
        """The channels of which a request asks for more than one connection may hold."""
        over = set()
        for channel in self.spec.channels:
            if not channel.limit:
                continue
            held = {key for key in self._held if key[0] == channel.name}
            wanted = {(param.channel, param.symbol) for param in params} | held
            if sum(key[0] == channel.name for key in wanted) > channel.limit:
                over.add(channel.name)
        return over

    def _is_refused(self, param: Param) -> bool:
        refused = self._config.refused
        return f"{param.channel}.*" in refused or f"{param.channel}.{param.symbol}" in refused

    def _hold(self, key: tuple[str, str]) -> None:
        channel, symbol = key
        if symbol == "*":
            self._held[key] = None
            self._subscription.add(channel)
        else:
            # An instrument that does not exist is confirmed like any other; it stays silent.
            number = self._held[key] = self.pump.market.find(symbol)
            if number >= 0:
                self._subscription.add(channel, number)
        self.pump.add(self)

    def _release(self, key: tuple[str, str]) -> None:
        number = self._held.pop(key)
        if number is None:
            self._subscription.remove(key[0])
        elif number >= 0:
            self._subscription.remove(key[0], number)
        if not self._held:
            self.pump.remove(self)

    def _answer(self, statuses: list[bytes]) -> None:
        if not statuses:
            return
        if self._config.ack_delay:
            self._later(self._config.ack_delay, self._send_answer, statuses)
        else:
            self._send_answer(statuses)

    def _send_answer(self, statuses: list[bytes]) -> None:
        if self._config.acks == "separate":
            for text in statuses:
                self._send([text])
        elif self._config.acks == "mixed":
            self._acks += statuses
            self._later(_MIXED_ACK_SECONDS, self._flush_acks)
        else:
            self._send(statuses)

    def _flush_acks(self) -> None:
        if self._acks:
            acks, self._acks = self._acks, []
            self._send(acks)

    # --------------------------------------------------------------------------------- data

    def deliver(self) -> None:
        """Sends what the last moment of the market brought for this client."""
        transport = self._transport
        if transport is None or self._closing:
            return
        prefix = b""
        if self._acks:
            prefix, self._acks = b",".join(self._acks), []
        frames = self._subscription.frames(
            self._config.events_per_frame,
            max_bytes=self._config.max_frame_bytes,
            prefix=prefix,
        )
        if frames:
            self._write(transport, frames)

    def _write(self, transport: WSTransport, frames: bytes) -> None:
        """Gives frames to the socket, and gives up a client that is too far behind."""
        underlying = transport.underlying_transport
        underlying.write(frames)
        if (
            self._config.slow_consumer == "kill"
            and underlying.get_write_buffer_size() > self._config.max_buffer_bytes
        ):
            self.drop("slow consumer")

    async def writable(self) -> None:
        """Waits until the client has read enough for more."""
        await self._writable.wait()

    @property
    def is_writable(self) -> bool:
        """Whether the transport's buffer has room."""
        return self._writable.is_set()

    @property
    def buffered(self) -> int:
        """Bytes that wait for the socket."""
        if self._transport is None or self._transport.is_disconnected:
            return 0
        return int(self._transport.underlying_transport.get_write_buffer_size())

    def _send(self, objects: list[bytes]) -> None:
        if self._transport is not None and not self._closing:
            self._transport.send(WSMsgType.TEXT, array(objects))

    def send_text(self, payload: bytes) -> None:
        """Sends a text message as it is."""
        if self._transport is not None and not self._closing:
            self._transport.send(WSMsgType.TEXT, payload)

    def ping(self) -> None:
        """Sends a ping."""
        if self._transport is not None and not self._closing:
            self._transport.send_ping()

    # ---------------------------------------------------------------------------------- end

    def doom(self) -> None:
        """Marks this client as the one too many: it may subscribe, then it goes."""
        self._doomed = True
        self._later(_DOOMED_SECONDS, self.evict)

    def evict(self) -> None:
        """Tells the client that there are too many of it, and closes."""
        self._flush_acks()
        self._send([status("MAX_CONNECTIONS", self._config.max_connections_suffix)])
        self.close(1008, "max_connections")

    def close(self, code: int, reason: str = "") -> None:
        """Starts a close handshake.

        Args:
            code: Any code, also one that has no name.
            reason: The text that goes with it.
        """
        if self._transport is None or self._closing:
            return
        self.end(f"closed with {code}")
        self._closing = True
        self._transport.send_close(cast(WSCloseCode, code), reason.encode())
        self._later(_CLOSE_SECONDS, self._transport.disconnect)

    def drop(self, reason: str) -> None:
        """Cuts the connection without a word."""
        self.end(reason)
        self._closing = True
        if self._transport is not None:
            self._transport.disconnect(False)

    def end(self, reason: str) -> None:
        """Notes why the connection ends; the first reason stays."""
        self.ended = self.ended or reason

    def _later(self, seconds: float, call: Any, *arguments: Any) -> None:
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
        return {
            "number": self.number,
            "market": self.spec.name,
            "authenticated": self._authenticated,
            "ended": self.ended,
            "subscriptions": len(self._held),
            "events": self._subscription.sent,
            "frames": self._subscription.frames_sent,
            "bytes": self._subscription.bytes_sent,
            "buffered": self.buffered,
        }
