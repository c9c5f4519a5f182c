"""What was seen last before an interruption, and the `Gap` that says so once data flows again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastpoly.errors import ConnectionLost, FastpolyError
from fastpoly.notices import NOTICE_CHANNEL, Gap

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["Interruption"]


@dataclass(slots=True)
class Interruption:
    """An interruption of a live stream that no data has ended yet.

    It may span several attempts, and connections that were lost again before they brought anything.

    Attributes:
        error: Why the connection was lost.
        since_ns: When, Unix time in ns.
        channels: Channels that were subscribed.
        last_by_channel: The last event before it, of each channel that had one.
        params: Parameters that were subscribed.
        attempts: Attempts to reconnect so far.
    """

    error: FastpolyError
    since_ns: int
    channels: tuple[str, ...]
    last_by_channel: Mapping[str, Any]
    params: tuple[str, ...] = ()
    attempts: int = 0

    def gap(self, market: str, batch: Batch, at_ns: int) -> Gap:
        """Return the notice for an interruption that a batch ends; made at a Unix time in ns."""
        return Gap(
            market=market,
            at_ns=at_ns,
            cause=self.error.detail,
            code=self.error.code if isinstance(self.error, ConnectionLost) else 1006,
            since_ns=self.since_ns,
            until_ns=batch.received_ns,
            attempts=self.attempts,
            channels=self.channels,
            params=self.params,
            last_by_channel=self.last_by_channel,
            first_by_channel=_first_by_channel(batch),
        )


def _first_by_channel(batch: Batch) -> dict[str, Any]:
    return {
        channel: batch.select(channel)[0] for channel in batch.channels if channel != NOTICE_CHANNEL
    }
