"""Formats of tables: what is read back is what the events say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from fastpoly import Batch, decode, schema
from fastpoly._core import concat
from fastpoly.sinks.files.tables import ARROW, CSV, PARQUET, TableFormat
from tests.unit.sinks.material import batches, cells, rows

MARKETS = pytest.mark.parametrize("market", list(schema.MARKETS))


def write(path: Path, form: TableFormat, channel: schema.Channel, parts: list[Batch]) -> None:
    with pa.OSFile(str(path), "wb") as file:
        table = form.open(file, channel.event)
        for part in parts:
            table.write(part.to_arrow(channel.name))
        table.close()


def read(path: Path, form: TableFormat) -> pa.Table:
    if form is PARQUET:
        return pq.read_table(path)
    with pa.ipc.open_file(path) as reader:
        return reader.read_all()


@pytest.mark.parametrize("form", [PARQUET, ARROW], ids=["parquet", "arrow"])
@MARKETS
def test_each_row_is_its_event_field_by_field(
    tmp_path: Path, market: str, form: TableFormat
) -> None:
    made = batches(market)
    for channel in schema.MARKETS[market].channels:
        path = tmp_path / f"{channel.name}{form.suffix}"
        parts = [one for one in made if one.count(channel.name)]
        if not parts:
            continue
        write(path, form, channel, parts)
        assert rows(read(path, form)) == cells(concat(parts), channel.name)


def test_times_are_in_utc_and_in_their_unit_and_symbols_in_a_dictionary(tmp_path: Path) -> None:
    (channel,) = [one for one in schema.MARKETS["stocks"].channels if one.name == "T"]
    write(tmp_path / "t.parquet", PARQUET, channel, batches())
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.schema.field("timestamp").type == pa.timestamp("ms", tz="UTC")
    assert pa.types.is_dictionary(table.schema.field("symbol").type)


def test_parquet_columns_are_written_by_what_they_hold(tmp_path: Path) -> None:
    for market, spec in schema.MARKETS.items():
        made = batches(market)
        for channel in spec.channels:
            path = tmp_path / f"{market}-{channel.name}.parquet"
            parts = [one for one in made if one.count(channel.name)]
            if not parts:
                continue
            write(path, PARQUET, channel, parts)
            group = pq.ParquetFile(path).metadata.row_group(0)
            encodings = {
                group.column(i).path_in_schema.partition(".")[0]: group.column(i).encodings
                for i in range(group.num_columns)
            }
            counted = {
                group.column(i).path_in_schema.partition(".")[0]
                for i in range(group.num_columns)
                if group.column(i).statistics is not None
            }
            assert counted == {
                field.name
                for field in channel.event.fields
                if field.kind.name in ("INT", "FLOAT", "MS", "NS", "EPOCH", "FLAG")
            }
            assert {group.column(i).compression for i in range(group.num_columns)} == {"ZSTD"}
            for field in channel.event.fields:
                found = encodings[field.name]
                times = field.kind in (schema.MS, schema.NS, schema.EPOCH)
                if times or field.role == schema.SEQUENCE:
                    assert "DELTA_BINARY_PACKED" in found
                elif field.kind is schema.FLOAT:
                    assert "BYTE_STREAM_SPLIT" in found
                elif field.kind is schema.SYMBOL:
                    assert "RLE_DICTIONARY" in found


def test_a_batch_is_a_row_group(tmp_path: Path) -> None:
    (channel,) = [one for one in schema.MARKETS["stocks"].channels if one.name == "Q"]
    parts = [one for one in batches() if one.count("Q")][:5]
    write(tmp_path / "q.parquet", PARQUET, channel, parts)
    metadata = pq.ParquetFile(tmp_path / "q.parquet").metadata
    found = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert found == [part.count("Q") for part in parts]


@MARKETS
def test_csv_has_the_same_with_lists_as_texts(tmp_path: Path, market: str) -> None:
    made = batches(market)
    for channel in schema.MARKETS[market].channels:
        parts = [one for one in made if one.count(channel.name)]
        if not parts:
            continue
        path = tmp_path / f"{channel.name}.csv"
        write(path, CSV, channel, parts)
        expected = concat(parts).to_arrow(channel.name)
        plain = pa.csv.read_csv(
            path,
            convert_options=pa.csv.ConvertOptions(
                column_types={
                    field.name: pa.utf8() if pa.types.is_nested(field.type)
                    else field.type.value_type if pa.types.is_dictionary(field.type)
                    else field.type
                    for field in expected.schema
                },
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )  # fmt: skip
        for field in channel.event.fields:
            wanted = expected.column(field.name).to_pylist()
            if field.kind is schema.CODES:
                wanted = [None if one is None else ",".join(map(str, one)) for one in wanted]
                # CSV has no lists, and no way to tell an empty one from a missing one.
                wanted = [one or None for one in wanted]
                found = [one or None for one in plain.column(field.name).to_pylist()]
            elif field.kind is schema.LEVELS:
                found = [
                    None if one is None else json.loads(one)
                    for one in plain.column(field.name).to_pylist()
                ]
            else:
                found = plain.column(field.name).to_pylist()
            assert found == wanted, field.name


@pytest.mark.parametrize("form", [PARQUET, ARROW, CSV], ids=["parquet", "arrow", "csv"])
def test_hostile_values_are_written(tmp_path: Path, form: TableFormat) -> None:
    (channel,) = [one for one in schema.MARKETS["stocks"].channels if one.name == "T"]
    odd: list[dict[str, Any]] = [
        {"ev": "T", "sym": 'a"b,c\nd', "i": "é識", "c": [1, 70000], "p": 1e308, "s": 2**62},
        {"ev": "T", "sym": None, "i": "", "c": [], "p": "x", "t": "noon"},
        {"ev": "T", "sym": "x" * 200, "ds": "1,5", "i": "y" * 5000},
    ]
    path = tmp_path / f"odd{form.suffix}"
    batch = decode(json.dumps(odd))
    write(path, form, channel, [batch])
    if form is not CSV:
        assert rows(read(path, form)) == rows(batch.to_arrow("T"))
    else:
        text = path.read_text()
        assert "é識" in text
        assert '"a""b,c\nd"' in text
