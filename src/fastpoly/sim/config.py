"""How a simulator behaves: one frozen dataclass, and its way through JSON to another process."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from fastpoly.serving.policy import EarlySubscribe, Evict, ServerPolicy, SlowReader
from fastpoly.sim.faults import Fault

Acks = Literal["combined", "separate", "mixed"]
SlowConsumer = Literal["kill", "wait"]

_SLOW_READER: dict[SlowConsumer, SlowReader] = {"kill": "drop", "wait": "wait"}

_CHOICES = {
    "acks": ("combined", "separate", "mixed"),
    "evict": ("oldest", "newest"),
    "slow_consumer": ("kill", "wait"),
    "early_subscribe": ("refuse", "ignore"),
}
_NOT_NEGATIVE = (
    "port",
    "rate",
    "bar_hold_ms",
    "late_per_million",
    "halts_per_million",
    "history",
    "stop_after",
    "auth_timeout",
    "auth_delay",
    "max_connections",
    "ack_delay",
    "ping_interval",
    "socket_buffer_bytes",
)
_AT_MOST = {
    "port": 65_535,
    "rate": 1e9,
    "symbols": 10_000_000,
    "history": 1_000_000_000,
    "socket_buffer_bytes": 2**31 - 1,
}
_AT_LEAST_ONE = ("symbols", "events_per_frame", "max_frame_bytes", "max_buffer_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorConfig:
    """The settings of a simulator. Every one has a default that behaves like the real service.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 for any free one.
        certfile: PEM file with a certificate chain; with `keyfile` it makes the server wss://.
        keyfile: PEM file with the certificate's key.

        seed: The same seed makes the same market.
        symbols: How many instruments each market has at most.
        rate: Trades and quotes per second and market, over all its instruments; bars and what
            else follows from them come on top. 0 means as many as the readers take, and asks for
            ``slow_consumer="wait"``.
        trade_share: Trades among trades and quotes, 0 to 1.
        events_per_frame: The most events in one frame.
        max_frame_bytes: The most bytes of text in one frame.
        bar_hold_ms: How long a bar waits after its window for late trades, in ms.
        late_per_million: How many of a million trades are reported seconds late.
        halts_per_million: After how many of a million quotes trading in that stock is halted.
        history: Trades and quotes made up before the first connection, so that bars of the past
            exist and can be restated.
        stop_after: Trades and quotes per market after which nothing more happens; 0 for never.

        keys: The keys that are accepted; empty for any.
        keys_without_plan: Keys that are good but have no plan for any market.
        refused: Parameters that are not in the plan: ``NOI.*`` refuses the whole channel,
            ``T.AAPL`` one instrument.
        auth_timeout: Seconds within which a key must arrive.
        auth_delay: Seconds from the key to the answer.
        early_subscribe: What a subscription before the key gets: ``refuse`` or ``ignore``.
        max_connections: Connections at a time per market and key; 0 for any number.
        evict: Which connection goes when there is one too many.
        max_connections_suffix: What follows the first sentence of that status.

        acks: ``combined`` puts all confirmations of a request in one frame, ``separate`` each in
            its own, ``mixed`` in a frame with market data.
        ack_delay: Seconds from a request to its confirmations.
        duplicates: Whether an instrument subscribed by name under a wildcard comes twice.
        ping_interval: Seconds between the server's own pings; 0 for none.
        slow_consumer: ``kill`` drops a connection whose buffer is full, as the service does;
            ``wait`` makes the whole market wait for it, so that nothing is ever lost.
        max_buffer_bytes: The size of that buffer, in bytes.
        socket_buffer_bytes: The kernel's send buffer per connection; 0 for the system's default.

        faults: What goes wrong and when; see `fastpoly.sim.faults`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    certfile: str = ""
    keyfile: str = ""

    seed: int = 1
    symbols: int = 5000
    rate: float = 10_000.0
    trade_share: float = 0.2
    events_per_frame: int = 100
    max_frame_bytes: int = 900_000
    bar_hold_ms: int = 2000
    late_per_million: int = 1000
    halts_per_million: int = 5
    history: int = 200_000
    stop_after: int = 0

    keys: tuple[str, ...] = field(default=(), repr=False)
    keys_without_plan: tuple[str, ...] = field(default=(), repr=False)
    refused: tuple[str, ...] = ()
    auth_timeout: float = 10.0
    auth_delay: float = 0.0
    early_subscribe: EarlySubscribe = "refuse"
    max_connections: int = 0
    evict: Evict = "oldest"
    max_connections_suffix: str = ""

    acks: Acks = "combined"
    ack_delay: float = 0.0
    duplicates: bool = False
    ping_interval: float = 0.0
    slow_consumer: SlowConsumer = "kill"
    max_buffer_bytes: int = 16 * 1024 * 1024
    socket_buffer_bytes: int = 0

    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        for spec in fields(self):
            value = getattr(self, spec.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{spec.name} must be a finite number, not {value}")
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative")
        for name in _AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        for name, most in _AT_MOST.items():
            if getattr(self, name) > most:
                raise ValueError(f"{name} must be at most {most:,.0f}")
        if not 0 <= self.trade_share <= 1:
            raise ValueError("trade_share must be between 0 and 1")
        if self.rate == 0 and self.slow_consumer != "wait":
            raise ValueError("a rate of 0 (as fast as read) needs slow_consumer='wait'")
        if bool(self.certfile) != bool(self.keyfile):
            raise ValueError("certfile and keyfile belong together")
        for fault in self.faults:
            Fault.parse(fault)

    def policy(self) -> ServerPolicy:
        """Return what the settings mean for a server of any data."""
        return ServerPolicy(
            max_readers_per_account=self.max_connections,
            evict=self.evict,
            eviction_text=self.max_connections_suffix,
            max_buffer_bytes=self.max_buffer_bytes,
            slow_reader=_SLOW_READER[self.slow_consumer],
            early_subscribe=self.early_subscribe,
            login_timeout_s=self.auth_timeout,
            ping_interval_s=self.ping_interval,
            socket_buffer_bytes=self.socket_buffer_bytes,
        )

    def to_json(self) -> str:
        """Return the settings as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SimulatorConfig:
        """Make settings from what `to_json` wrote; those left out have their defaults.

        Raises:
            ValueError: It is not a JSON object, or has an unknown setting or a bad value.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("the simulator's settings must be a JSON object")
        return cls.from_mapping(values)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> SimulatorConfig:
        """Make settings from a mapping by name; lists become tuples.

        Raises:
            ValueError: A setting is unknown or has a bad value.
        """
        known = {spec.name for spec in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"the simulator has no setting {', '.join(unknown)}")
        settings: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**settings)
