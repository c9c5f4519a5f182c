"""Data frames of pandas, polars and DuckDB: dtypes by the schema, values by the events."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import fastpoly
from fastpoly import Batch, schema
from fastpoly.errors import UsageError
from tests import frames
from tests.expected_columns import arrow_cell

CHANNELS = [
    (market, channel) for market, spec in schema.MARKETS.items() for channel in spec.channels
]
channels = pytest.mark.parametrize(
    ("market", "channel"),
    CHANNELS,
    ids=[f"{market}-{channel.name}" for market, channel in CHANNELS],
)
UNIT = {"MS": "ms", "NS": "ns", "EPOCH": "ns"}
NULLABLE = {"INT": "Int64", "FLOAT": "Float64", "FLAG": "boolean"}
PLAIN = {"INT": "int64", "FLOAT": "float64"}


def sample(market: str, channel: schema.Channel, *, complete: bool) -> Batch:
    """Events of one channel, with all keys, or with any that may be missing left out."""
    rng = Random(11)
    optional = [field.key for field in channel.event.fields if field.optional]
    texts = []
    for _ in range(20):
        left_out = frozenset() if complete else frozenset(rng.sample(optional, len(optional) // 2))
        pairs = frames.event(rng, market, channel, left_out)
        texts.append(frames.spelled(rng, pairs, padded=False, escaped=False))
    return fastpoly.decode(f"[{','.join(texts)}]", market=market)


def values(batch: Batch, field: schema.Field) -> list[Any]:
    return [arrow_cell(field.kind, getattr(event, field.name)) for event in batch]


def plain(value: Any) -> Any:
    """A value of a data frame as the event has it: lists as lists, what is missing as None."""
    if hasattr(value, "tolist") and getattr(value, "ndim", 0):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if value is None or value is pd.NA or value is pd.NaT else value


def pandas_cells(series: pd.Series, kind: schema.Kind) -> list[Any]:
    if kind.name in UNIT:
        numbers = series.dt.as_unit(UNIT[kind.name]).astype("int64").tolist()
        return [
            None if missing else number
            for number, missing in zip(numbers, series.isna(), strict=True)
        ]
    if kind.name == "SYMBOL":
        return [None if value != value else value for value in series.astype(object)]
    return [plain(value) for value in series.astype(object)]


@channels
@pytest.mark.parametrize("complete", [True, False])
def test_pandas(market: str, channel: schema.Channel, complete: bool) -> None:
    batch = sample(market, channel, complete=complete)
    frame = batch.to_pandas(channel.name)
    assert list(frame.columns) == [field.name for field in channel.event.fields]
    assert len(frame) == len(batch)
    for field in channel.event.fields:
        series, name = frame[field.name], field.kind.name
        if name in UNIT:
            assert str(series.dtype) == f"datetime64[{UNIT[name]}, UTC]"
        elif name == "SYMBOL":
            assert isinstance(series.dtype, pd.CategoricalDtype)
        elif name in ("TEXT", "DECIMAL"):
            assert isinstance(series.dtype, pd.StringDtype)
        elif name in ("CODES", "LEVELS"):
            assert series.dtype == object
        else:
            missing = field.optional or None in values(batch, field)
            assert str(series.dtype) == (NULLABLE if missing else PLAIN)[name]
        assert pandas_cells(series, field.kind) == values(batch, field), field.name


@channels
@pytest.mark.parametrize("complete", [True, False])
def test_polars(market: str, channel: schema.Channel, complete: bool) -> None:
    batch = sample(market, channel, complete=complete)
    frame = batch.to_polars(channel.name)
    assert frame.columns == [field.name for field in channel.event.fields]
    for field in channel.event.fields:
        series, name = frame[field.name], field.kind.name
        if name in UNIT:
            assert series.dtype == pl.Datetime(UNIT[name], "UTC")  # type: ignore[arg-type]
            series = series.to_physical()
        elif name == "SYMBOL":
            assert series.dtype == pl.Categorical
        assert series.to_list() == values(batch, field), field.name


@channels
def test_duckdb(market: str, channel: schema.Channel) -> None:
    batch = sample(market, channel, complete=False)
    with duckdb.connect() as connection:
        relation = batch.to_duckdb(channel.name, connection)
        assert relation.columns == [field.name for field in channel.event.fields]
        types = dict(zip(relation.columns, map(str, relation.types), strict=True))
        table = relation.to_arrow_table()
    for field in channel.event.fields:
        if field.kind.name in UNIT:
            # Older ones have no nanoseconds with a time zone.
            assert types[field.name] in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
            continue
        assert table.column(field.name).to_pylist() == values(batch, field), field.name


def test_duckdb_takes_its_own_connection_where_none_is_passed() -> None:
    batch = fastpoly.decode('[{"ev":"T","sym":"A","s":3},{"ev":"T","sym":"B","s":4}]')
    assert batch.to_duckdb("T").filter("size > 3").select("symbol").fetchall() == [("B",)]


@pytest.mark.parametrize("library", ["pandas", "polars", "duckdb"])
def test_without_the_library_it_says_what_to_install(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match=f"{library} is not installed") as caught:
        getattr(fastpoly.decode("[]"), f"to_{library}")("T")
    assert f"fastpoly[{library}]" in str(caught.value)


@pytest.mark.parametrize("library", ["pandas", "polars", "duckdb"])
def test_a_channel_that_the_market_does_not_have(library: str) -> None:
    batch = fastpoly.decode(json.dumps([{"ev": "T"}]))
    for channel in ("XT", "status"):
        with pytest.raises(UsageError):
            getattr(batch, f"to_{library}")(channel)


def test_frames_of_one_channel_are_alike_whatever_is_missing() -> None:
    spec = schema.MARKETS["stocks"].channel("T")
    assert spec is not None
    first = sample("stocks", spec, complete=True).to_pandas("T")
    second = fastpoly.decode('[{"ev":"T","sym":"AAPL","x":1,"p":1.5,"s":1,"t":1,"q":1}]')
    ours = second.to_pandas("T")
    assert ours.drop(columns="symbol").dtypes.to_dict() == (
        first.drop(columns="symbol").dtypes.to_dict()
    )
    assert pa.Table.from_pandas(ours).num_rows == 1
