"""Keeps the last event of each symbol of some channels, on the way to the consumers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastpoly._core import LastRows
from fastpoly.consumers.kept.between import Between, around_gaps
from fastpoly.consumers.kept.snapshot import Snapshot
from fastpoly.errors import UsageError
from fastpoly.notices import NOTICE_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.fanout import BatchSource
    from fastpoly.events import Event
    from fastpoly.net.reader_loop import ReaderLoop
    from fastpoly.notices import Gap

__all__ = ["LastValues"]


class LastValues(Between):
    """The last event of each symbol, kept before any consumer gets it; to be asked in any thread.

    Args:
        market: The market's name.
        channels: The market's channels.
        source: Where batches come from.
        loop: The loop that reads.
    """

    def __init__(
        self, market: str, channels: Iterable[str], source: BatchSource, loop: ReaderLoop
    ) -> None:
        super().__init__(source, loop)
        self._channels = tuple(channels)
        self._rows = LastRows(market)
        self._gap: Gap | None = None

    def keep(self, channels: Iterable[str]) -> None:
        """Keep the last events of channels from now on; of all where none is named.

        Raises:
            UsageError: The market has no such channel.
        """
        for channel in tuple(channels) or self._channels:
            self._rows.keep(channel)
        self._stand()

    def _take(self, batch: Batch, channels: tuple[str, ...]) -> None:
        if NOTICE_CHANNEL in channels:
            for part, gap in around_gaps(batch, channels):
                self._rows.add(part)
                if gap is not None:
                    self._rows.pass_gap()
                    self._gap = gap
        else:
            self._rows.add(batch)
        self._deliver(batch, channels)

    def _require(self, channel: str) -> None:
        if not self._rows.keeps(channel):
            raise UsageError(
                f"The last events of {channel} are not kept.",
                hint=f'Call stream.keep_last("{channel}") before the stream is opened.',
            )

    def get(self, channel: str, symbol: str, since_gap: bool) -> Event | None:
        """Return the last event of a symbol; None if there is none.

        Raises:
            UsageError: The channel is not kept, or not one of the market.
        """
        self._require(channel)
        return self._rows.get(channel, symbol, since_gap)

    def snapshot(self, channel: str, since_gap: bool) -> Snapshot:
        """Return the last event of each symbol.

        Raises:
            UsageError: The channel is not kept, or not one of the market.
        """
        self._require(channel)
        batch, received, stale, left_out = self._rows.snapshot(channel, since_gap)
        return Snapshot(channel, batch, received, stale, gap=self._gap, left_out=left_out)
