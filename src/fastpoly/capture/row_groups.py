"""Recordings as large groups of rows, one channel each, gathered in the compiled core."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fastpoly._core import RowGatherer, batch_of
from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.capture.reader import CaptureReader
from fastpoly.errors import UsageError
from fastpoly.filters.build import make_filter
from fastpoly.schema import MARKETS, UNKNOWN_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter
    from fastpoly.filters.conditions import Condition

__all__ = ["GROUP_ROWS", "Selection", "read_channel", "row_groups", "selected"]

GROUP_ROWS = 65_536
"""Rows of a group where nothing else is said: more do not stay in the processor's caches."""


class Selection:
    """What is wanted of a recording's events; they have to be of one market.

    Args:
        market: The market; None for that of the first event. Events of others are an error then,
            and are passed over where it is named.
        channels: Names of channels; none for all.
        symbols: Tickers or pairs; None for all.
        where: A condition that events have to meet.

    Attributes:
        market: As above, once it is known.
        passed_over: Events of other markets.
        gaps: Marks of what is missing in the recording.

    Raises:
        UsageError: There is no such market or channel, or the condition does not fit.
    """

    def __init__(
        self,
        market: str | None = None,
        channels: Iterable[str] = (),
        symbols: Iterable[str] | None = None,
        where: Condition | None = None,
    ) -> None:
        self.market: str | None = None
        self.passed_over = 0
        self.gaps: list[Mark] = []
        self._chosen = market
        self._names = tuple(channels)
        self._symbols = None if symbols is None else tuple(symbols)
        self._where = where
        self._channels: frozenset[str] = frozenset()
        self._filter: Filter | None = None
        if market is not None:
            self._begin(market)

    def keeps(self, channel: str) -> bool:
        """Whether a channel is wanted in order with the others, as events that nobody knows are."""
        return channel in self._channels or (not self._names and channel == UNKNOWN_CHANNEL)

    @property
    def channels(self) -> frozenset[str]:
        """The channels that are wanted, once the market is known."""
        return self._channels

    def _begin(self, market: str) -> None:
        if market not in MARKETS:
            raise UsageError(
                f"There is no market {market!r}.", hint=f"Use one of: {', '.join(MARKETS)}."
            )
        own = [channel.name for channel in MARKETS[market].channels]
        for name in self._names:
            if name not in own:
                raise UsageError(
                    f"{name!r} is not a channel of {market}.",
                    hint=f"Choose among {', '.join(own)}.",
                )
        self._channels = frozenset(self._names or own)
        self._filter = make_filter(market, self._symbols, self._where, self._names or None)
        self.market = market

    def take(self, found: Batch | Mark) -> Batch | None:
        """Return the events of what a reader gave that are wanted; None if there are none.

        Raises:
            UsageError: They are of another market than those before, and none was chosen.
        """
        if isinstance(found, Mark):
            if found.kind in (MarkKind.GAP, MarkKind.LOST):
                self.gaps.append(found)
            return None
        if found.market != self.market:
            if self._chosen is not None:
                self.passed_over += len(found)
                return None
            if self.market is not None:
                raise UsageError(
                    f"The recording has frames of {self.market} and of {found.market}.",
                    hint="Choose one market.",
                )
            self._begin(found.market)
        if self._filter is not None:
            found = self._filter.apply(found)
        return found if len(found) else None


def selected(reader: CaptureReader, selection: Selection) -> Iterator[Batch]:
    """Give a recording's batches with what is wanted of them, of whatever channels."""
    for found in reader:
        batch = selection.take(found)
        if batch is not None:
            yield batch


def row_groups(
    reader: CaptureReader, selection: Selection, rows: int = GROUP_ROWS
) -> Iterator[tuple[str, Batch]]:
    """Give a recording's events as groups, each with its channel.

    A group has `rows` rows and what the batch that fills it has more; the last of each channel has
    what is left.

    Args:
        reader: The recording.
        selection: What is wanted of it.
        rows: Rows at which a group is full.
    """
    gatherers: dict[str, RowGatherer] = {}
    for batch in selected(reader, selection):
        for name in batch.channels:
            if name not in selection.channels:
                continue
            gatherer = gatherers.get(name)
            if gatherer is None:
                gatherer = gatherers[name] = RowGatherer(batch.market, name)
            if gatherer.add(batch) >= rows and (group := gatherer.take()) is not None:
                yield name, group
    for name, gatherer in gatherers.items():
        if (group := gatherer.take()) is not None:
            yield name, group


def read_channel(
    *paths: str | os.PathLike[str],
    channel: str,
    market: str | None = None,
    symbols: Iterable[str] | None = None,
    where: Condition | None = None,
    start_ns: int | None = None,
    end_ns: int | None = None,
) -> Batch:
    """Return all events of one channel of recordings as one batch, for columns and data frames.

        fastpoly.capture.read_channel("day.mcap", channel="T").to_polars("T")

    Args:
        paths: The files; several are merged by the time of receipt.
        channel: The channel, such as ``T``.
        market: The market, where the recordings do not say it, or have several.
        symbols: Tickers or pairs; None for all.
        where: A condition that events have to meet.
        start_ns: The earliest receive time that is wanted, Unix time in ns.
        end_ns: The receive time from which on nothing is wanted.

    Raises:
        UsageError: An argument is invalid, or nothing says which market the frames are of.
        CaptureError: A recording cannot be read.
        MemoryError: There is no room for all of it.
    """
    names = None if symbols is None else tuple(symbols)
    selection = Selection(market, (channel,), names, where)
    gatherer: RowGatherer | None = None
    with CaptureReader(
        *paths, market=market, start_ns=start_ns, end_ns=end_ns, symbols=names
    ) as reader:
        for batch in selected(reader, selection):
            if gatherer is None:
                gatherer = RowGatherer(batch.market, channel)
            gatherer.add(batch)
        if selection.market is None:
            raise UsageError(
                "The recordings have no event, and do not say of which market they are.",
                hint='Pass market="stocks".',
            )
    group = None if gatherer is None else gatherer.take()
    return batch_of(selection.market, ()) if group is None else group
