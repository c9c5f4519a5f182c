"""Keeps the last event of each symbol of some channels, on the way to the consumers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastpoly._core import LastRows
from fastpoly.consumers.snapshot import Snapshot
from fastpoly.errors import UsageError
from fastpoly.notices import NOTICE_CHANNEL, Gap

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.fanout import BatchSource, Route
    from fastpoly.events import Event
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["LastValues"]


class LastValues:
    """Stands between where batches come from and the consumers, from when something is to be kept.

    What a batch brings is kept before any consumer gets it. Before anything is to be kept, batches
    do not pass through here. What is kept may be asked for in any thread.

    Args:
        market: The market's name.
        channels: The market's channels.
        source: Where batches come from.
        loop: The loop that reads.
    """

    def __init__(
        self, market: str, channels: Iterable[str], source: BatchSource, loop: ReaderLoop
    ) -> None:
        self._market = market
        self._channels = tuple(channels)
        self._source = source
        self._loop = loop
        self._rows: LastRows | None = None
        self._gap: Gap | None = None
        self._deliver: Route | None = None

    def route(self, deliver: Route) -> None:
        """See `BatchSource.route`."""
        self._deliver = deliver
        self._source.route(deliver if self._rows is None else self._take)

    def keep(self, channels: Iterable[str]) -> None:
        """Keep the last events of channels from now on; of all where none is named.

        Raises:
            UsageError: The market has no such channel.
        """
        rows = self._rows or LastRows(self._market)
        for channel in tuple(channels) or self._channels:
            rows.keep(channel)
        if self._rows is None:
            self._rows = rows
            # Where the loop is not there, nothing runs in it that this could come between.
            if not self._loop.post(self._stand_between):
                self._stand_between()

    def _stand_between(self) -> None:
        if self._deliver is not None:
            self.route(self._deliver)

    def _take(self, batch: Batch, channels: tuple[str, ...]) -> None:
        rows, deliver = self._rows, self._deliver
        if rows is None or deliver is None:
            raise AssertionError("batches come here once something is kept, and on to consumers")
        if NOTICE_CHANNEL in channels:
            self._take_around_gaps(rows, batch)
        else:
            rows.add(batch)
        deliver(batch, channels)

    def _take_around_gaps(self, rows: LastRows, batch: Batch) -> None:
        begin = 0
        for at, event in enumerate(batch):
            if isinstance(event, Gap):
                rows.add(batch[begin:at])
                rows.pass_gap()
                self._gap = event
                begin = at + 1
        rows.add(batch[begin:])

    def _rows_of(self, channel: str) -> LastRows:
        rows = self._rows
        if rows is None or not rows.keeps(channel):
            # What the market does not have is refused as such.
            (rows or LastRows(self._market)).keeps(channel)
            raise UsageError(
                f"The last events of {channel} are not kept.",
                hint=f'Call stream.keep_last("{channel}") before the stream is opened.',
            )
        return rows

    def get(self, channel: str, symbol: str, since_gap: bool) -> Event | None:
        """Return the last event of a symbol; None if there is none.

        Raises:
            UsageError: The channel is not kept, or not one of the market.
        """
        return self._rows_of(channel).get(channel, symbol, since_gap)

    def snapshot(self, channel: str, since_gap: bool) -> Snapshot:
        """Return the last event of each symbol.

        Raises:
            UsageError: The channel is not kept, or not one of the market.
        """
        rows = self._rows_of(channel)
        batch, received, stale, left_out = rows.snapshot(channel, since_gap)
        return Snapshot(channel, batch, received, stale, gap=self._gap, left_out=left_out)
