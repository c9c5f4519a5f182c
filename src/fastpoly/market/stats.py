"""What a stream has done so far, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from fastpoly.capture.writer import CaptureStats
from fastpoly.consumers.buffer import BufferStats
from fastpoly.consumers.handlers.handler import HandlerStats
from fastpoly.health.counts import LineStats
from fastpoly.health.lag import Judgement, LagStats, SequenceStats
from fastpoly.protocol.lifecycle import State
from fastpoly.sinks.sink_writer import SinkStats

__all__ = ["ChannelHandlerStats", "ClientStats", "MarketStats", "StreamStats", "StreamsStats"]


@dataclass(frozen=True, slots=True)
class MarketStats:
    """What came from one market so far, whoever the consumers are.

    Attributes:
        market: The market.
        state: Where the stream is in its life.
        error: What ended it, one sentence, or an empty text.
        subscriptions: Parameters that are wanted.
        confirmed: Parameters that the server has confirmed on this connection.
        line: What came over all connections: reads, bytes, frames and events, and what waits.
        filtered: Events that the stream's own filter left out.
        silent: Channels that are stale, and for how many seconds they have been silent.
        lag: How late the events of each channel were when they were received.
        sequences: What the sequence numbers of each channel that has them did.
        recordings: What each recording has written, and what it had to drop.
        judgement: Whether data is late at the moment, and whose fault that is.
    """

    market: str
    state: State
    error: str
    subscriptions: tuple[str, ...]
    confirmed: tuple[str, ...]
    line: LineStats
    filtered: int
    silent: dict[str, float]
    lag: dict[str, LagStats]
    sequences: dict[str, SequenceStats]
    recordings: tuple[CaptureStats, ...]
    judgement: Judgement

    @property
    def received(self) -> int:
        """Events that the server sent."""
        return self.line.events_received


def _values(stats: MarketStats) -> dict[str, Any]:
    return {one.name: getattr(stats, one.name) for one in fields(MarketStats)}


@dataclass(frozen=True, slots=True)
class StreamStats(MarketStats):
    """What a `Stream` has done so far.

    Attributes:
        stalls: Times that the event loop in which the socket is read stood still.
        longest_stall_s: The longest of them, in seconds.
        iterations: What each iteration got, the stream's own first.
        handlers: What each handler got.
        sinks: What each sink got.
    """

    stalls: int
    longest_stall_s: float
    iterations: tuple[BufferStats, ...]
    handlers: tuple[HandlerStats, ...]
    sinks: tuple[SinkStats, ...] = ()

    @classmethod
    def of(cls, market: MarketStats, **rest: Any) -> StreamStats:
        """Return the figures of a market and those that only a `Stream` has."""
        return cls(**_values(market), **rest)

    @property
    def lost(self) -> int:
        """Events that a consumer did not get, or a sink could not write, over all of them."""
        buffers = [
            *self.iterations,
            *(handler.buffer for handler in self.handlers),
            *(sink.buffer for sink in self.sinks),
        ]
        return sum(buffer.lost for buffer in buffers) + sum(sink.lost for sink in self.sinks)


@dataclass(frozen=True, slots=True)
class StreamsStats:
    """What `Streams` have done so far: each market apart, and all together.

    Attributes:
        markets: The figures of each market, by the name that it was given.
        failures: What ended those that have failed, one sentence each, by name.
    """

    markets: dict[str, StreamStats]
    failures: dict[str, str]

    @property
    def received(self) -> int:
        """Events that the servers sent."""
        return sum(one.received for one in self.markets.values())

    @property
    def filtered(self) -> int:
        """Events that the streams' own filters left out."""
        return sum(one.filtered for one in self.markets.values())

    @property
    def lost(self) -> int:
        """Events that a consumer did not get, or a sink could not write."""
        return sum(one.lost for one in self.markets.values())

    @property
    def states(self) -> dict[str, State]:
        """Where each market is in its life."""
        return {name: one.state for name, one in self.markets.items()}


@dataclass(frozen=True, slots=True)
class ChannelHandlerStats:
    """What waited for a handler of channels.

    Attributes:
        name: Its name.
        channels: The channels that it was given.
        buffer: What waited for it while it was busy, and what was lost.
    """

    name: str
    channels: tuple[str, ...]
    buffer: BufferStats


@dataclass(frozen=True, slots=True)
class ClientStats(MarketStats):
    """What an `AsyncStreamClient` has done so far.

    Attributes:
        waiting: What waits, or waited, between the socket and the handlers: for
            ``handle_messages()`` to be called, and with ``ingest="thread"`` for the event loop.
        handlers: What waited for each handler.
    """

    waiting: tuple[BufferStats, ...]
    handlers: tuple[ChannelHandlerStats, ...]

    @classmethod
    def of(cls, market: MarketStats, **rest: Any) -> ClientStats:
        """Return the figures of a market and those that only a client has."""
        return cls(**_values(market), **rest)

    @property
    def lost(self) -> int:
        """Events that a handler did not get, over all handlers."""
        buffers = [*self.waiting, *(handler.buffer for handler in self.handlers)]
        return sum(buffer.lost for buffer in buffers)
