"""Keeps the batches that came last, for comparison with what fills a gap."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["RecentBatches"]

RECENT_NS: Final = 10_000_000_000
"""How far back they go, in ns: whoever asks for what is missing asks for more than that."""

RECENT_BATCHES: Final = 64
"""Batches that are kept however old they are: on a quiet stream the last ones are."""

RECENT_BYTES: Final = 32 * 1024 * 1024
"""Bytes on the wire that are kept at most."""


class RecentBatches:
    """The batches of the last seconds, in order."""

    def __init__(self) -> None:
        self._batches: deque[Batch] = deque()
        self._nbytes = 0

    def __iter__(self) -> Iterator[Batch]:
        return iter(self._batches)

    def __len__(self) -> int:
        return len(self._batches)

    def add(self, batch: Batch) -> None:
        """Add the newest batch, and forget those that are too old or too many."""
        batch = batch.compact()
        batches = self._batches
        batches.append(batch)
        self._nbytes += batch.nbytes
        oldest_ns = batch.received_ns - RECENT_NS
        while len(batches) > 1 and (
            self._nbytes > RECENT_BYTES
            or (len(batches) > RECENT_BATCHES and batches[0].received_ns < oldest_ns)
        ):
            self._nbytes -= batches.popleft().nbytes
