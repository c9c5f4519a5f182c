"""What a hub tells its readers, as control messages that clients of the service pass over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastpoly.serving.messages import status

if TYPE_CHECKING:
    from fastpoly.notices import Gap

__all__ = ["gap_of_reader", "gap_of_upstream", "news"]


def gap_of_upstream(gap: Gap) -> bytes:
    """Return what readers are told of a gap of the hub's own connection."""
    return status(
        "GAP",
        f"The hub's connection was interrupted for {gap.seconds:.3f} s: {gap.cause}",
        cause=gap.cause,
        code=gap.code,
        since_ns=gap.since_ns,
        until_ns=gap.until_ns,
        attempts=gap.attempts,
        channels=list(gap.channels),
        lost=dict(gap.lost_by_channel),
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
    return status(
        "GAP",
        cause,
        cause=cause,
        code=1013,
        since_ns=since_ns,
        until_ns=until_ns,
        attempts=0,
        channels=sorted(lost),
        lost=dict(lost),
    )


def news(name: str, text: str) -> bytes:
    """Return a message for people: ``UPSTREAM`` or ``SLOW_READER``, and what happens."""
    return status(name, text)
