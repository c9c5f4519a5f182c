"""What was seen last before an interruption, and the `Gap` that says so once data flows again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastpoly.errors import ConnectionLost, FastpolyError, ReaderOverrun
from fastpoly.notices import NOTICE_CHANNEL, Gap
from fastpoly.protocol.statuses import shown

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.protocol.statuses import ControlMessage

__all__ = ["Interruption", "told_gap"]


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
        lost: How many events are missing; None where that cannot be told.
    """

    error: FastpolyError
    since_ns: int
    channels: tuple[str, ...]
    last_by_channel: Mapping[str, Any]
    params: tuple[str, ...] = ()
    attempts: int = 0
    lost: int | None = None

    def count(self, error: FastpolyError) -> None:
        """Take note of how much is missing, where an error knows."""
        if isinstance(error, ReaderOverrun):
            self.lost = (self.lost or 0) + error.events

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
            lost=self.lost,
        )


def _first_by_channel(batch: Batch) -> dict[str, Any]:
    return {
        channel: batch.select(channel)[0] for channel in batch.channels if channel != NOTICE_CHANNEL
    }


def told_gap(
    market: str, message: ControlMessage, at_ns: int, last_by_channel: Mapping[str, Any]
) -> Gap:
    """Return the notice for a gap that a hub tells its readers of.

    What the message does not say, or says as no such value, is left at what is always true.

    Args:
        market: The market.
        message: A control message whose effect is ``gap``.
        at_ns: When it came, Unix time in ns.
        last_by_channel: The last event before it, of each channel that had one.
    """
    fields = message.fields
    until_ns = _whole(fields.get("until_ns"), at_ns)
    channels = fields.get("channels")
    lost = fields.get("lost")
    lost_by_channel = (
        {name: count for name, count in lost.items() if isinstance(count, int) and count > 0}
        if isinstance(lost, dict)
        else {}
    )
    return Gap(
        market=market,
        at_ns=at_ns,
        cause=str(fields.get("cause") or shown(message.message)),
        code=_whole(fields.get("code"), 1006),
        since_ns=min(_whole(fields.get("since_ns"), until_ns), until_ns),
        until_ns=until_ns,
        attempts=_whole(fields.get("attempts"), 0),
        channels=tuple(one for one in channels if isinstance(one, str))
        if isinstance(channels, list)
        else (),
        last_by_channel=last_by_channel,
        lost=sum(lost_by_channel.values()) if lost_by_channel else None,
        lost_by_channel=lost_by_channel,
    )


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value >= 0 else otherwise
