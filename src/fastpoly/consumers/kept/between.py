"""Stands between where batches come from and their consumers, from when something is to be kept."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from fastpoly.notices import NOTICE_CHANNEL, Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastpoly._core import Batch
    from fastpoly.consumers.fanout import BatchSource, Route
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["Between", "around_gaps"]


class Between(abc.ABC):
    """A source of batches that is another one's, which batches pass through once it is wanted.

    Before that they do not come here, so it costs nothing.

    Args:
        source: Where batches come from.
        loop: The loop that reads.
    """

    def __init__(self, source: BatchSource, loop: ReaderLoop) -> None:
        self._source = source
        self._loop = loop
        self._deliver: Route = _drop
        self._stands = False

    def route(self, deliver: Route) -> None:
        """See `BatchSource.route`."""
        self._deliver = deliver
        self._source.route(self._take if self._stands else deliver)

    def _stand(self) -> None:
        """Have batches come through here from now on; in the user's thread."""
        if not self._stands:
            self._stands = True
            # Where the loop is not there, nothing runs in it that this could come between.
            if not self._loop.post(self._route_again):
                self._route_again()

    def _route_again(self) -> None:
        self.route(self._deliver)

    @abc.abstractmethod
    def _take(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """Take a batch, in the loop that reads, and hand it on."""


def _drop(batch: Batch, channels: tuple[str, ...]) -> None:
    """Where batches go before anyone has said where."""


def around_gaps(batch: Batch, channels: tuple[str, ...]) -> Iterator[tuple[Batch, Gap | None]]:
    """Yield the parts of a batch that gaps lie between, each with the gap that follows it."""
    begin = 0
    if NOTICE_CHANNEL in channels:
        for at, event in enumerate(batch):
            if isinstance(event, Gap):
                yield batch[begin:at], event
                begin = at + 1
    yield (batch[begin:] if begin else batch), None
