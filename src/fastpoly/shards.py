"""The 64 shards that symbols are divided among, and which of them one of several readers gets."""

from __future__ import annotations

from typing import Final

from fastpoly._core import shard_of
from fastpoly.errors import UsageError

__all__ = ["ALL_SHARDS", "SHARDS", "shard_bits", "shard_of", "shard_range"]

SHARDS: Final = 64
"""How many there are. Part of the hash: another number would be another one."""

ALL_SHARDS: Final = (1 << SHARDS) - 1
"""All of them as bits, see `shard_bits`."""


def shard_range(index: int, count: int) -> range:
    """Return the shards of one of several readers, which together have each shard once.

    Neighbours, so that a reader's are few subjects of a broker that groups them.

    Args:
        index: Which reader, from 0 on.
        count: How many there are, up to 64.

    Raises:
        UsageError: There is no such reader, or there are too many.
    """
    numbers = all(isinstance(one, int) and not isinstance(one, bool) for one in (index, count))
    if not (numbers and 1 <= count <= SHARDS and 0 <= index < count):
        raise UsageError(
            f"shard=({index!r}, {count!r}) is no share of {SHARDS} shards.",
            hint=f"Pass (i, n): reader i of n, i from 0 to n - 1, n up to {SHARDS}.",
        )
    return range(-(-index * SHARDS // count), -(-(index + 1) * SHARDS // count))


def shard_bits(shard: tuple[int, int] | None) -> int:
    """Return the shards of ``shard=(i, n)`` as bits, shard 0 the lowest; of None all of them.

    Raises:
        UsageError: It is not such a pair, or see `shard_range`.
    """
    if shard is None:
        return ALL_SHARDS
    try:
        index, count = shard
    except (TypeError, ValueError):
        raise UsageError(
            f"shard={shard!r} is not a pair.", hint="Pass (i, n): reader i of n, i from 0 on."
        ) from None
    return sum(1 << number for number in shard_range(index, count))
