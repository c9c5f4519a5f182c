"""The subjects at a broker that carry what is wanted of a market."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastpoly.broker.message import GROUP_SHARDS, subject_of
from fastpoly.broker.pull import SEVERAL_FILTERS
from fastpoly.schema import UNKNOWN_CHANNEL
from fastpoly.shards import SHARDS, shard_of

__all__ = ["subjects_of"]

MOST_FILTERS: Final = 100
"""More than so many make a broker slow; then it gives all of a channel."""


def subjects_of(
    prefix: str,
    market: str,
    wanted: Iterable[str] | None,
    shards: int,
    version: tuple[int, int],
) -> list[str]:
    """Return the filters for what is wanted; none for everything.

    Args:
        prefix: What all subjects begin with.
        market: The market's name.
        wanted: Parameters, such as ``T.AAPL``; None for everything.
        shards: The shards that are wanted, as bits.
        version: The server's version, its first two numbers.
    """
    mine = {shard for shard in range(SHARDS) if shards >> shard & 1}
    all_mine = len(mine) == SHARDS
    if wanted is None and all_mine:
        return []
    # None for all shards of a channel.
    shards_by_channel: dict[str, set[int] | None] = {}
    for param in ("*.*",) if wanted is None else wanted:
        channel, _, symbol = param.partition(".")
        if symbol == "*":
            shards_by_channel[channel] = None if all_mine else mine
        elif (found := shards_by_channel.setdefault(channel, set())) is not None:
            shards_by_channel[channel] = found | ({shard_of(symbol)} & mine)
    subjects = [
        subject
        for channel, some in shards_by_channel.items()
        for subject in _of_channel(prefix, market, channel, some)
    ]
    if len(subjects) > MOST_FILTERS:
        subjects = [f"{prefix}.{market}.{channel}.>" for channel in shards_by_channel]
    if len(subjects) > 1 or version >= SEVERAL_FILTERS:
        # What a server sends unasked, and no parameter names.
        subjects.append(f"{prefix}.{market}.{UNKNOWN_CHANNEL}.>")
    return subjects


def _of_channel(prefix: str, market: str, channel: str, shards: set[int] | None) -> list[str]:
    if shards is None:
        return [f"{prefix}.{market}.{channel}.>"]
    subjects: list[str] = []
    for first in range(0, SHARDS, GROUP_SHARDS):
        some = [shard for shard in range(first, first + GROUP_SHARDS) if shard in shards]
        if len(some) == GROUP_SHARDS:
            subjects.append(f"{prefix}.{market}.{channel}.{first // GROUP_SHARDS}.*")
        else:
            subjects += [subject_of(prefix, market, channel, shard) for shard in some]
    return subjects
