"""What a hub has done so far, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastpoly.market.stats import MarketStats

__all__ = ["HubReaderStats", "HubStats"]


@dataclass(frozen=True, slots=True)
class HubReaderStats:
    """One reader.

    Attributes:
        number: 1, 2, 3, ... in the order in which readers came.
        subscriptions: How many parameters it holds.
        buffered: Bytes that wait for it.
        lost: Events that it asked for and did not get, because it was slow.
        is_behind: Whether it is being left out, or was warned, at the moment.
        is_late: Whether it still gets what was recorded before it came.
    """

    number: int
    subscriptions: int
    buffered: int
    lost: int
    is_behind: bool
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class HubStats:
    """A hub.

    Attributes:
        upstream: The connection to the service: state, subscriptions, bytes, events, lag.
        routed: Events that came, wanted or not.
        readers: Those that are connected.
        accepted: Readers so far.
        bytes_sent: Bytes that were written for readers so far, to each of them counted once.
        lost_by_channel: Events that readers asked for and did not get, over all readers so far.
        evicted: Readers that were disconnected for reading too slowly.
        groups: How many different sets of subscriptions readers have.
    """

    upstream: MarketStats
    routed: int
    readers: tuple[HubReaderStats, ...]
    accepted: int
    bytes_sent: int
    lost_by_channel: Mapping[str, int]
    evicted: int
    groups: int

    @property
    def lost(self) -> int:
        """Events that readers asked for and did not get."""
        return sum(self.lost_by_channel.values())
