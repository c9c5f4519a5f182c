"""What a user says of a market at a broker: which one, where to begin, which part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastpoly.shards import ALL_SHARDS

if TYPE_CHECKING:
    import ssl

    from fastpoly.broker.address import BrokerAddress

__all__ = ["NatsOptions", "StartAt"]


@dataclass(frozen=True, slots=True)
class StartAt:
    """Where reading begins, if not where it stopped.

    Attributes:
        everything: With the first message that is there.
        time_ns: With what was stored from a time on, Unix time in ns.
    """

    everything: bool = False
    time_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsOptions:
    """What is to be read, and how.

    Attributes:
        address: The broker.
        market: The market's name in the schema.
        start: Where to begin; a durable reader that was here before goes on where it stopped.
        durable: The name of a durable reader; None for one that is forgotten.
        shards: The shards that are wanted, as bits; see `fastpoly.shards`.
        context: TLS settings, where the address asks for it.
        keep_frames: Whether batches keep the text of their frames, for `Batch.raw`.
    """

    address: BrokerAddress
    market: str
    start: StartAt = StartAt()
    durable: str | None = None
    shards: int = ALL_SHARDS
    context: ssl.SSLContext | None = None
    keep_frames: bool = False

    @property
    def stream(self) -> str:
        """The name of the broker's stream."""
        return self.address.stream_name(self.market)

    @property
    def reads_past(self) -> bool:
        """Whether what was stored before now may come."""
        start = self.start
        return start.everything or start.time_ns is not None or self.durable is not None
