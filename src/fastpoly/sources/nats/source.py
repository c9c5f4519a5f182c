"""A stream of messages on NATS JetStream as a source: what a publisher has put there.

Where the connection to the broker is lost, nothing is missing: it goes on behind the last message.
A gap comes where the publisher says that it missed something, and where messages were removed
before they were read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastpoly.enums import Overflow
from fastpoly.errors import ConnectionLost, FastpolyError
from fastpoly.protocol.reconnect import Backoff
from fastpoly.sources.nats.connection import NatsConnection
from fastpoly.sources.nats.place import Place
from fastpoly.sources.nats.reading import Reading
from fastpoly.sources.source import SourceDefaults

if TYPE_CHECKING:
    from fastpoly.sources.nats.options import NatsOptions
    from fastpoly.sources.source import SourceOwner

__all__ = ["NatsSource"]

_BROKER: Final = Backoff(initial_s=0.25, cap_s=5.0, stable_after_s=1.0)


@dataclass(frozen=True, slots=True)
class Resuming:
    """The policy of brokers: a gap that a publisher has told costs no wait, a loss some."""

    stable_after_s: float = 1.0

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """See `ReconnectPolicy.next_delay`."""
        if type(error) is ConnectionLost and not error.resumes:
            return 0.0
        return _BROKER.next_delay(attempt, error)


class NatsSource:
    """Reads the stream of messages of one market.

    Args:
        options: What is to be read, and how.

    Attributes:
        options: The same.
        clock: See `Source.clock`.
        delay_s: See `Source.delay_s`.
        where: See `Source.where`.
        defaults: See `Source.defaults`: a consumer that is slow is waited for, as the broker keeps
            what comes meanwhile.
    """

    def __init__(self, options: NatsOptions) -> None:
        self.options = options
        self._reading = Reading()
        self._place = Place(options, self._reading)
        self.clock = self._reading.clock
        self.delay_s = 0.0
        self.where = f"{options.address.where}/{options.stream}"
        self.defaults = SourceDefaults(
            reconnect=Resuming(),
            overflow=Overflow.BLOCK,
            # What was stored earlier may come in silence and at any hour.
            stale_after={} if options.reads_past else None,
        )

    def use_key(self, api_key: str) -> None:
        """See `Source.use_key`: what a broker asks for is in its URL."""

    def follow(self, waiting_s: Callable[[], float]) -> None:
        """See `FollowsConsumers.follow`."""
        self._place.waiting_s = waiting_s

    def connect(self, owner: SourceOwner) -> NatsConnection:
        """See `Source.connect`."""
        return NatsConnection(self.options, self._reading, self._place, owner)
