"""Recordings as large groups of rows, one channel each, gathered in the compiled core."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fastpoly._core import RowGatherer, batch_of
from fastpoly.capture.selection import Selection, Selector, selected
from fastpoly.errors import UsageError

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.capture.reader import CaptureReader
    from fastpoly.filters.conditions import Condition

__all__ = ["GROUP_ROWS", "read_channel", "row_groups"]

GROUP_ROWS = 65_536
"""Rows of a group where nothing else is said: more do not stay in the processor's caches."""


def row_groups(
    reader: CaptureReader, selector: Selector, rows: int = GROUP_ROWS
) -> Iterator[tuple[str, Batch]]:
    """Give a recording's events as groups, each with its channel.

    A group has `rows` rows and what the batch that fills it has more; the last of each channel has
    what is left.

    Args:
        reader: The recording.
        selector: Picks what is wanted of it.
        rows: Rows at which a group is full.
    """
    gatherers: dict[str, RowGatherer] = {}
    for batch in selected(reader, selector):
        for name in batch.channels:
            if name not in selector.channels:
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
    names = None if symbols is None else frozenset(symbols)
    selection = Selection(market, (channel,), names, where, start_ns, end_ns)
    selector = Selector(selection)
    gatherer: RowGatherer | None = None
    with selection.open(*paths) as reader:
        for batch in selected(reader, selector):
            if gatherer is None:
                gatherer = RowGatherer(batch.market, channel)
            gatherer.add(batch)
        if selector.market is None:
            raise UsageError(
                "The recordings have no event, and do not say of which market they are.",
                hint='Pass market="stocks".',
            )
    group = None if gatherer is None else gatherer.take()
    return batch_of(selector.market, ()) if group is None else group
