"""Columns: dtypes and Arrow types from the schema, and what stands for a missing value."""

from __future__ import annotations

import io
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import fastpoly
from fastpoly import schema
from fastpoly.errors import UsageError
from tests import frames

MISSING = {"i8": np.iinfo(np.int64).min}
ARROW = {
    "SYMBOL": pa.dictionary(pa.int32(), pa.utf8()),
    "TEXT": pa.utf8(),
    "DECIMAL": pa.utf8(),
    "INT": pa.int64(),
    "FLOAT": pa.float64(),
    "MS": pa.timestamp("ms", tz="UTC"),
    "NS": pa.timestamp("ns", tz="UTC"),
    "EPOCH": pa.timestamp("ns", tz="UTC"),
    "FLAG": pa.bool_(),
}
CHANNELS = [
    (market, channel) for market, spec in schema.MARKETS.items() for channel in spec.channels
]
channels = pytest.mark.parametrize(
    ("market", "channel"),
    CHANNELS,
    ids=[f"{market}-{channel.name}" for market, channel in CHANNELS],
)


def decoded(*items: Any, market: str = "stocks") -> fastpoly.Batch:
    return fastpoly.decode(json.dumps(items), market=market)


@channels
def test_dtype_follows_the_schema(market: str, channel: schema.Channel) -> None:
    rng = Random(6)
    pairs = frames.event(rng, market, channel, frozenset())
    text = frames.spelled(rng, pairs, padded=False, escaped=False)
    for frame in (f"[{text},{text}]", "[]", f'[{{"ev":"{channel.name}"}}]'):
        array = fastpoly.decode(frame, market=market).to_numpy(channel.name)
        assert isinstance(array, np.ndarray)
        assert array.ndim == 1
        assert array.dtype.names == tuple(field.name for field in channel.event.fields)
        for field in channel.event.fields:
            got = array.dtype[field.name]
            if field.kind in (schema.SYMBOL, schema.TEXT):
                assert got.kind == "U"
                assert got.itemsize >= 4 * field.width
            else:
                assert got == np.dtype(field.kind.numpy), field


@channels
def test_arrow_types_follow_the_schema(market: str, channel: schema.Channel) -> None:
    rng = Random(7)
    pairs = frames.event(rng, market, channel, frozenset())
    text = frames.spelled(rng, pairs, padded=False, escaped=False)
    for frame in (f"[{text},{text}]", "[]", f'[{{"ev":"{channel.name}"}}]'):
        batch = fastpoly.decode(frame, market=market)
        table = batch.to_arrow(channel.name)
        assert isinstance(table, pa.RecordBatch)
        table.validate(full=True)
        assert table.num_rows == batch.count(channel.name)
        assert table.schema.names == [field.name for field in channel.event.fields]
        for field in channel.event.fields:
            got = table.schema.field(field.name).type
            if field.kind is schema.CODES:
                assert pa.types.is_list(got)
                assert pa.types.is_integer(got.value_type)
            elif field.kind is schema.LEVELS:
                assert pa.types.is_list(got)
                assert got.value_type.value_type == pa.float64()
            elif field.kind is schema.SYMBOL:
                assert pa.types.is_dictionary(got)
                assert pa.types.is_string(got.value_type)
            else:
                assert got == ARROW[field.kind.name], field


def test_missing_values() -> None:
    for item in ({"ev": "T"}, dict.fromkeys(("sym", "i", "p", "s", "c", "t", "ds")) | {"ev": "T"}):
        (row,) = decoded(item).to_numpy("T")
        assert row["symbol"] == ""
        assert row["id"] == ""
        assert np.isnan(row["price"])
        assert row["size"] == MISSING["i8"]
        assert row["conditions"].tolist() == [-1] * 7
        assert np.isnat(row["timestamp"])
        assert np.isnan(row["fractional_shares"])
        table = decoded(item).to_arrow("T")
        assert table.to_pylist() == [dict.fromkeys(table.schema.names)]


def test_malformed_values_are_missing() -> None:
    good = {"ev": "T", "sym": "A", "i": "1", "p": 1.5, "s": 5, "c": [1], "t": 1, "ds": "1.5"}
    bad = {"ev": "T", "sym": 5, "i": 1.5, "p": "x", "s": "x", "c": [None], "t": "x", "ds": []}
    array = decoded(good, bad, good).to_numpy("T")
    none = decoded({"ev": "T"}).to_numpy("T")
    assert array[0].tolist()[:3] == array[2].tolist()[:3] == ("A", "1", MISSING["i8"])
    assert repr(array[1].tolist()) == repr(none[0].tolist())
    table = decoded(good, bad, good).to_arrow("T")
    assert all(value is None for value in table.slice(1, 1).to_pylist()[0].values())
    assert table.column("price").null_count == 1


def test_flags() -> None:
    batch = decoded({"ev": "A", "otc": True}, {"ev": "A", "otc": False}, {"ev": "A"})
    assert batch.to_numpy("A")["otc"].tolist() == [True, False, False]
    assert batch.to_arrow("A").column("otc").to_pylist() == [True, False, None]


def test_values() -> None:
    (row,) = decoded(
        {
            **{
                "ev": "T",
                "sym": "BRK.B",
                "i": "0071",
                "x": 4,
                "p": 301.245,
                "s": 100,
                "c": [14, 41],
            },
            **{"t": 1781706600123, "q": 5, "z": 3, "ds": "0.007300"},
        }
    ).to_numpy("T")
    assert row["symbol"] == "BRK.B"
    assert row["id"] == "0071"
    assert row["exchange"] == 4
    assert row["price"] == 301.245
    assert row["conditions"].tolist() == [14, 41, -1, -1, -1, -1, -1]
    assert row["timestamp"] == np.datetime64("2026-06-17T14:30:00.123")
    assert row["fractional_shares"] == 0.0073


def test_times_in_their_units() -> None:
    ns = 1781706602310004417
    assert decoded({"ev": "LULD", "t": ns}).to_numpy("LULD")["timestamp"].tolist() == [ns]
    batch = decoded({"ev": "FMV", "t": ns}, {"ev": "FMV", "t": ns // 10**6})
    times = batch.to_numpy("FMV")["timestamp"]
    assert times.dtype == "M8[ns]"
    assert times.astype("i8").tolist() == [ns, ns // 10**6 * 10**6]
    assert [event.timestamp for event in batch] == [ns, ns // 10**6]
    table = batch.to_arrow("FMV")
    assert table.column("timestamp").cast("int64").to_pylist() == [ns, ns // 10**6 * 10**6]
    assert table.column("timestamp").type.tz == "UTC"


@pytest.mark.parametrize("size", [1, 15, 16, 17, 21, 32, 33, 39, 40, 300])
def test_text_is_never_cut(size: int) -> None:
    texts = ["x" * size, "y", "x" * (size - 1) + "z"]
    batch = decoded(*({"ev": "T", "sym": text, "i": text} for text in texts))
    for name in ("symbol", "id"):
        assert batch.to_numpy("T")[name].tolist() == texts
        assert batch.to_arrow("T").column(name).to_pylist() == texts


def test_text_of_other_alphabets() -> None:
    texts = ["Ä", "識別", "😀" * 20, "e\u0301", ""]
    batch = decoded(*({"ev": "T", "sym": text, "i": text} for text in texts))
    for name in ("symbol", "id"):
        assert batch.to_numpy("T")[name].tolist() == texts
        assert batch.to_arrow("T").column(name).to_pylist() == texts


def test_long_lists() -> None:
    lists = [[], [1], list(range(7)), list(range(8)), list(range(100)), None]
    batch = decoded(*({"ev": "T", "c": codes} for codes in lists))
    array = batch.to_numpy("T")["conditions"]
    assert array.shape == (6, 7)
    assert array.tolist() == [((codes or [])[:7] + [-1] * 7)[:7] for codes in lists]
    assert batch.to_arrow("T").column("conditions").to_pylist() == lists


def test_levels() -> None:
    books = [[[1.5, 2], [3, 4]], [], None, [[1, 2, 3], []]]
    batch = decoded(*({"ev": "XL2", "b": book} for book in books), market="crypto")
    assert batch.to_numpy("XL2")["bid_prices"].tolist() == books
    assert batch.to_numpy("XL2")["ask_prices"].tolist() == [None] * 4
    assert batch.to_arrow("XL2").column("bid_prices").to_pylist() == books


def test_decimals_are_doubles_and_text() -> None:
    texts = ["0.007300", "40.0", "812.5", "0.1", "1204551.731200"]
    batch = decoded(*({"ev": "T", "ds": text} for text in texts))
    assert batch.to_numpy("T")["fractional_shares"].tolist() == [float(text) for text in texts]
    assert batch.to_arrow("T").column("fractional_shares").to_pylist() == texts


def test_columns_of_a_part() -> None:
    batch = decoded(*({"ev": "TQ"[at % 2], "sym": str(at), "p": at} for at in range(10)))
    assert batch.to_numpy("T")["symbol"].tolist() == ["0", "2", "4", "6", "8"]
    assert batch[3:8].to_numpy("T")["symbol"].tolist() == ["4", "6"]
    assert batch[::-3].to_numpy("Q")["symbol"].tolist() == ["9", "3"]
    assert batch.select("T")[1:3].to_numpy("T")["price"].tolist() == [2.0, 4.0]
    assert batch[3:8].to_arrow("T").column("symbol").to_pylist() == ["4", "6"]
    assert len(batch.select("Q").to_numpy("T")) == 0


def test_symbols_are_encoded_once_in_arrow() -> None:
    batch = decoded(*({"ev": "T", "sym": "AB"[at % 2]} for at in range(100)))
    column = batch.to_arrow("T").column("symbol")
    assert sorted(column.dictionary.to_pylist()) == ["A", "B"]
    assert column.to_pylist() == ["A", "B"] * 50


@pytest.mark.parametrize("channel", ["", "ZZ", "XT", "status", "t", "T.AAPL", "*"])
def test_columns_of_what_is_no_channel(channel: str) -> None:
    batch = decoded({"ev": "T", "sym": "A"}, {"ev": "ZZ"}, {"ev": "status"})
    for columns in (batch.to_numpy, batch.to_arrow):
        with pytest.raises(UsageError, match="channel"):
            columns(channel)


def test_columns_may_be_written_to_without_harm() -> None:
    batch = decoded({"ev": "T", "sym": "A", "p": 1.5})
    array = batch.to_numpy("T")
    if array.flags.writeable:
        array["price"] = 9
        array["symbol"] = "B"
    assert batch[0].price == 1.5
    assert batch.to_numpy("T")["price"].tolist() == [1.5]
    assert batch.dicts() == [{"ev": "T", "sym": "A", "p": 1.5}]


def test_large_batch() -> None:
    items = [
        {"ev": "TQ"[at % 3 == 0], "sym": f"S{at % 977}", "p": at / 7, "bp": at / 3, "t": at}
        for at in range(20_000)
    ]
    batch = fastpoly.decode(json.dumps(items, separators=(",", ":")))
    trades = [item for item in items if item["ev"] == "T"]
    array, table = batch.to_numpy("T"), batch.to_arrow("T")
    assert array["symbol"].tolist() == [item["sym"] for item in trades]
    assert array["price"].tolist() == [item["p"] for item in trades]
    assert table.column("symbol").to_pylist() == [item["sym"] for item in trades]
    assert table.column("timestamp").cast("int64").to_pylist() == [item["t"] for item in trades]


def test_one_long_text_can_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastpoly.columns.MAX_TEXT_COLUMN", 400)
    texts = ["x" * 1000, "y", "z" * 99, "w"]
    batch = decoded(*({"ev": "T", "sym": text} for text in texts))
    column = batch.to_numpy("T")["symbol"]
    assert column.dtype.itemsize * len(column) <= 4 * 400
    assert column.tolist() == [text[:96] for text in texts]
    assert batch.to_arrow("T").column("symbol").to_pylist() == texts
    assert [event.symbol for event in batch] == texts


@channels
def test_saved_and_read_back(market: str, channel: schema.Channel, tmp_path: Path) -> None:
    rng = Random(7)
    pairs = frames.event(rng, market, channel, frozenset())
    text = frames.spelled(rng, pairs, padded=False, escaped=False)
    array = fastpoly.decode(f"[{text},{text}]", market=market).to_numpy(channel.name)
    levels = any(field.kind is schema.LEVELS for field in channel.event.fields)
    np.save(tmp_path / "one.npy", array, allow_pickle=levels)
    again = np.load(tmp_path / "one.npy", allow_pickle=levels)
    assert again.dtype == array.dtype
    assert repr(again.tolist()) == repr(array.tolist())
    names = [field.name for field in channel.event.fields][:3]
    np.save(tmp_path / "some.npy", array[names], allow_pickle=levels)
    if not levels:
        assert io.BytesIO().write(array) == array.nbytes
        assert memoryview(array.view(f"V{array.itemsize}")).nbytes == array.nbytes


def test_padding_between_columns_says_nothing() -> None:
    """What nobody has written must not get into files: it may be what the memory held before."""
    texts = ['{"ev":"T","sym":"A","c":[1]}', '{"ev":"AM","sym":"A","otc":true}', '{"ev":"Q"}']
    for text in (*texts, f'{{"ev":"T","sym":"{"A" * 40}"}}'):
        seen = set()
        for filler in (b"\x55", b"\xaa"):
            held = [bytearray(filler * 4096) for _ in range(200)]
            del held
            batch = fastpoly.decode(f"[{text}]")
            seen.add(batch.to_numpy(batch.channels[0]).tobytes())
        assert len(seen) == 1
