"""Batches to write, and what was written read back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow as pa

from fastpoly import Batch, decode, schema
from fastpoly._core import SyntheticMarket
from tests.expected_columns import arrow_cell

DAY_MS = 1_781_706_600_000
"""2026-06-17 10:30 in New York."""


def batches(market: str = "stocks", events: int = 2000, *, seed: int = 1) -> list[Batch]:
    """Made-up frames of all channels of a market."""
    made = SyntheticMarket(market, seed=seed, symbols=50)
    wanted = made.subscription()
    for channel in made.channels:
        wanted.add(channel)
    found: list[Batch] = []
    now_ms = DAY_MS
    while sum(map(len, found)) < events:
        made.advance(now_ms, 200)
        found += [decode(text, market=market) for text in wanted.payloads(50)]
        now_ms += 400
    return found


def cells(batch: Batch, channel: str, names: list[str] | None = None) -> list[dict[str, Any]]:
    """Each event of a channel by attributes, event by event."""
    spec = schema.MARKETS[batch.market].channel(channel)
    assert spec is not None
    fields = [one for one in spec.event.fields if names is None or one.name in names]
    return [
        {one.name: arrow_cell(one.kind, getattr(event, one.name)) for one in fields}
        for event in batch
        if event.event_type == channel
    ]


def rows(table: pa.Table | pa.RecordBatch, names: list[str] | None = None) -> list[dict[str, Any]]:
    """Each row of a table, with times as the numbers behind them."""
    made = {}
    for name in table.schema.names if names is None else names:
        column = table.column(name)
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        made[name] = [
            None if isinstance(cell, float) and math.isnan(cell) else cell
            for cell in column.to_pylist()
        ]
    return [dict(zip(made, values, strict=True)) for values in zip(*made.values(), strict=True)]


def files(folder: Path) -> list[str]:
    """The names of all files below a folder, unfinished ones too."""
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
