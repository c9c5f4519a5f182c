"""What is kept of one channel, as it was when it was asked for: events, and columns of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from fastpoly._core import Batch, Columns
    from fastpoly.events import Event
    from fastpoly.notices import Gap

__all__ = ["BarSnapshot", "Snapshot"]


class Snapshot:
    """Events of one channel that a stream has kept. It is a copy: later events do not change it.

        quotes = stream.last("Q")
        quotes.to_numpy()["bid_price"]
        [quote.symbol for quote in quotes]

    Args:
        channel: The channel.
        batch: The events.
        received: When each was received, as 64-bit integers.
        stale: Whether each is from before the last gap, as bytes.
        gap: The last gap; None if there was none.
        left_out: How many events could not be kept.

    Attributes:
        channel: The channel.
        batch: The events, as a `Batch` of this channel.
        received_ns: When each was received, Unix time in ns; ``numpy.asarray`` takes it as it is.
        stale: Whether each is from before the last gap, so that later ones may have been missed;
            ``numpy.asarray`` makes it a mask.
        gap: The last `Gap` of the stream; None if there was none.
        left_out: How many events of this channel could not be kept so far: those without a symbol,
            and those for whose bytes there was no room.
    """

    __slots__ = ("batch", "channel", "gap", "left_out", "received_ns", "stale")

    def __init__(
        self,
        channel: str,
        batch: Batch,
        received: bytes,
        stale: bytes,
        *,
        gap: Gap | None,
        left_out: int,
    ) -> None:
        self.channel = channel
        self.batch = batch
        self.received_ns: memoryview[int] = memoryview(received).cast("q")
        self.stale: memoryview[bool] = memoryview(stale).cast("?")
        self.gap = gap
        self.left_out = left_out

    @property
    def market(self) -> str:
        """The market's name."""
        return self.batch.market

    def __len__(self) -> int:
        return len(self.batch)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.batch)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.market} {self.channel}: {len(self)} events>"

    def to_numpy(self) -> np.ndarray[Any, Any]:
        """The events as a structured array, see `Batch.to_numpy`."""
        return self.batch.to_numpy(self.channel)

    def columns(self) -> Columns:
        """The events for every library that speaks Arrow, see `Batch.columns`."""
        return self.batch.columns(self.channel)

    def to_arrow(self) -> pa.RecordBatch:
        """The events as a pyarrow.RecordBatch, see `Batch.to_arrow`."""
        return self.batch.to_arrow(self.channel)

    def to_pandas(self) -> pd.DataFrame:
        """The events as a pandas.DataFrame, see `Batch.to_pandas`."""
        return self.batch.to_pandas(self.channel)

    def to_polars(self) -> pl.DataFrame:
        """The events as a polars.DataFrame, see `Batch.to_polars`."""
        return self.batch.to_polars(self.channel)

    def to_duckdb(self, connection: DuckDBPyConnection | None = None) -> DuckDBPyRelation:
        """The events as a relation of DuckDB, see `Batch.to_duckdb`."""
        return self.batch.to_duckdb(self.channel, connection)


class BarSnapshot(Snapshot):
    """Bars of one channel that a stream has kept, by symbol and start.

    Args:
        channel: The channel.
        batch: The bars.
        received: When each was received, as 64-bit integers.
        stale: Whether each is from before the last gap, as bytes.
        changes: How often each was restated, as unsigned 32-bit integers.
        gap: The last gap; None if there was none.
        left_out: How many bars were not kept.

    Attributes:
        restated: How often each bar was replaced by one with the same start and other values;
            ``numpy.asarray`` takes it as it is. A repetition with the same values does not count.
    """

    __slots__ = ("restated",)

    def __init__(
        self,
        channel: str,
        batch: Batch,
        received: bytes,
        stale: bytes,
        changes: bytes,
        *,
        gap: Gap | None,
        left_out: int,
    ) -> None:
        super().__init__(channel, batch, received, stale, gap=gap, left_out=left_out)
        self.restated: memoryview[int] = memoryview(changes).cast("I")
