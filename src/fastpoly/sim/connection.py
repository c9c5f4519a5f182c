"""One client of the simulator: how its requests are answered and which events it is sent."""

from __future__ import annotations

import random
from typing import Any, Protocol, cast

from fastpoly.schema import MarketSpec
from fastpoly.serving.messages import Param
from fastpoly.serving.reader import Reader
from fastpoly.sim.config import SimulatorConfig
from fastpoly.sim.faulted import FaultedServer
from fastpoly.sim.faults import Faults
from fastpoly.sim.holdings import Holdings
from fastpoly.sim.outlet import FaultyOutlet
from fastpoly.sim.pump import Pump

# How long a mixed confirmation waits for market data to travel with.
_MIXED_ACK_S = 0.1


class ConnectionOwner(FaultedServer, Protocol):
    """The simulator that a connection belongs to."""

    @property
    def config(self) -> SimulatorConfig:
        """Its settings."""

    @property
    def faults(self) -> Faults:
        """What goes wrong and when."""

    def record(self, number: int, payload: bytes) -> None:
        """Remember a client's message."""

    def forget(self, connection: SimulatedConnection) -> None:
        """Move a connection that has ended to the records."""


class SimulatedConnection:
    """What is behind one reader of the simulator.

    Attributes:
        number: The reader's number.
        reader: The server's side of the connection.
        simulator: The simulator that it belongs to.
        pump: The clock of the market that it is connected to.
        outlet: The way to the client.
        holdings: The instruments whose events it gets.
        random: Chance, of this connection only.
        muted: Whether it gets no market data for now.
        ack_delay: Seconds from a request to its confirmations.
        lost_acks: How many of its requests go unanswered, 0 to 1.
    """

    def __init__(self, simulator: ConnectionOwner, pump: Pump, reader: Reader) -> None:
        config = simulator.config
        self.number = reader.number
        self.reader = reader
        self.simulator = simulator
        self.pump = pump
        self.outlet = cast(FaultyOutlet, reader.outlet)
        self.holdings = Holdings(pump.market, config.refused, duplicates=config.duplicates)
        self.random = random.Random(f"{config.seed}/{self.number}")
        self.muted = False
        self.ack_delay = config.ack_delay
        self.lost_acks = 0.0
        self._config = config
        self._events_per_frame = config.events_per_frame
        self._max_frame_bytes = config.max_frame_bytes
        self._asked = False
        self._acks: list[bytes] = []
        simulator.faults.begin(self, "connect")

    # ----------------------------------------------------------- what the reader calls

    def on_message(self, payload: bytes) -> None:
        """Remember a message of the client."""
        self.simulator.record(self.number, payload)

    def judge_key(self, key: str) -> None:
        """Decide about a key, after `SimulatorConfig.auth_delay` if it is good."""
        config = self._config
        if key in config.keys_without_plan:
            self.reader.refuse("NO_PLAN", "no plan")
        elif not key or (config.keys and key not in config.keys):
            self.reader.refuse("AUTH_FAILED", "bad key")
        elif config.auth_delay:
            self.later(config.auth_delay, self.reader.accept, key)
        else:
            self.reader.accept(key)

    def on_login(self) -> None:
        """Start the clocks of faults that count from the login."""
        self.simulator.faults.begin(self, "login")

    def refusal(self, param: Param) -> str | None:
        """Return the name of the status that refuses a parameter, or None if it is granted."""
        return self.holdings.refusal(param)

    def add(self, param: Param) -> None:
        """Begin to send a parameter's events."""
        self.holdings.add(param)

    def remove(self, param: Param) -> None:
        """Stop sending a parameter's events."""
        self.holdings.remove(param)

    def answer(self, statuses: list[bytes]) -> None:
        """Send confirmations and refusals in the way and at the time that was asked for."""
        if self.lost_acks and self.random.random() < self.lost_acks:
            return
        if self.ack_delay:
            self.later(self.ack_delay, self._send_answer, statuses)
        else:
            self._send_answer(statuses)

    def after_request(self, added: list[Param], removed: list[Param]) -> None:
        """Have events made while there is somebody who wants them."""
        if len(self.reader.subscriptions):
            self.pump.add(self)
        else:
            self.pump.remove(self)
        if not self._asked:
            self._asked = True
            self.simulator.faults.begin(self, "subscribe")

    def flush(self) -> None:
        """Send confirmations that wait for market data."""
        if self._acks:
            acks, self._acks = self._acks, []
            self.reader.send(acks)

    def detach(self) -> None:
        """Forget the client, but not its counts."""
        self.pump.remove(self)
        self.simulator.forget(self)

    def _send_answer(self, statuses: list[bytes]) -> None:
        if self._config.acks == "separate":
            for text in statuses:
                self.reader.send([text])
        elif self._config.acks == "mixed":
            self._acks += statuses
            self.later(_MIXED_ACK_S, self.flush)
        else:
            self.reader.send(statuses)

    # ------------------------------------------------------------- what the pump calls

    def deliver(self) -> None:
        """Send what the last moment of the market brought for this client."""
        if self.muted or not self.reader.is_open:
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
        self.reader.check_buffer()

    @property
    def is_writable(self) -> bool:
        """Whether the client reads fast enough for more."""
        return self.reader.has_room

    async def writable(self) -> None:
        """Wait until the client has read enough for more."""
        await self.reader.room()

    # ------------------------------------------------------------------- what faults call

    def deliver_giant(self, events: int) -> None:
        """Make `events` trades and quotes happen and send them here in one frame."""
        self._events_per_frame, self._max_frame_bytes = 1 << 62, 1 << 62
        self.pump.happen(events)
        self._events_per_frame = self._config.events_per_frame
        self._max_frame_bytes = self._config.max_frame_bytes

    def die(self) -> None:
        """Go dead without a sign: nothing is sent or read any more."""
        self.outlet.die()
        self.reader.make_room()

    def later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Call something after so many seconds, if the connection is still there."""
        self.reader.later(seconds, call, *arguments)

    # ------------------------------------------------------------------------------ facts

    @property
    def spec(self) -> MarketSpec:
        """The market's entry in the schema table."""
        return self.pump.spec

    def stats(self) -> dict[str, Any]:
        """Return what this client holds and was sent, as plain data."""
        subscription = self.holdings.subscription
        return {
            "number": self.number,
            "market": self.spec.name,
            "authenticated": self.reader.authenticated,
            "ended": self.reader.ended,
            "subscriptions": len(self.reader.subscriptions),
            "events": subscription.sent,
            "frames": subscription.frames_sent,
            "bytes": subscription.bytes_sent,
            "buffered": self.outlet.buffered,
        }
