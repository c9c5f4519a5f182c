"""What a hub tells its readers, as control messages that clients of the service pass over."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeGuard

from fastpoly.events import Status
from fastpoly.serving.messages import status

if TYPE_CHECKING:
    from fastpoly._core import Event
    from fastpoly.notices import Gap

__all__ = ["gap_of_past", "gap_of_reader", "gap_of_upstream", "is_gap", "news", "told_again"]


_GAP: Final = "gap"
"""The status of messages about gaps."""

_NOTHING: Final[Mapping[str, int]] = {}


def gap_of_upstream(gap: Gap) -> bytes:
    """Return what readers are told of a gap of the hub's own connection."""
    return _gap(
        gap.cause,
        gap.since_ns,
        gap.until_ns,
        gap.channels,
        code=gap.code,
        attempts=gap.attempts,
        lost=gap.lost_by_channel,
        text=f"The hub's connection was interrupted for {gap.seconds:.3f} s: {gap.cause}",
    )


def gap_of_reader(since_ns: int, until_ns: int, lost: Mapping[str, int]) -> bytes:
    """Return what a reader is told that was too slow and has missed events.

    Args:
        since_ns: When the first of them was left out, Unix time in ns.
        until_ns: When the last of them was.
        lost: How many are missing, by channel.
    """
    count = sum(lost.values())
    cause = f"The hub left out {count:,} events for this reader, which did not read fast enough."
    return _gap(cause, since_ns, until_ns, sorted(lost), code=1013, lost=lost)


def gap_of_past(
    cause: str,
    since_ns: int,
    until_ns: int,
    channels: Iterable[str],
    *,
    code: int = 1006,
    attempts: int = 0,
) -> bytes:
    """Return what a reader is told that wants what was recorded, where some of it is missing.

    Args:
        cause: Why, as a sentence.
        since_ns: From when on, Unix time in ns.
        until_ns: Until when.
        channels: Of which channels.
        code: The close code of a connection that was lost.
        attempts: Attempts to reconnect it.
    """
    return _gap(cause, since_ns, until_ns, channels, code=code, attempts=attempts)


def _gap(
    cause: str,
    since_ns: int,
    until_ns: int,
    channels: Iterable[str],
    *,
    code: int,
    attempts: int = 0,
    lost: Mapping[str, int] = _NOTHING,
    text: str | None = None,
) -> bytes:
    return status(
        "GAP",
        cause if text is None else text,
        cause=cause,
        code=code,
        since_ns=since_ns,
        until_ns=until_ns,
        attempts=attempts,
        channels=list(channels),
        lost=dict(lost),
    )


def is_gap(event: Event) -> TypeGuard[Status]:
    """Whether an event is what a hub before this one told it of a gap."""
    return isinstance(event, Status) and event.status == _GAP


def told_again(told: Status) -> bytes:
    """Return what a hub before this one told it of a gap, for this one's readers."""
    return json.dumps(told.to_dict(), separators=(",", ":")).encode()


def news(name: str, text: str) -> bytes:
    """Return a message for people: ``UPSTREAM`` or ``SLOW_READER``, and what happens."""
    return status(name, text)
