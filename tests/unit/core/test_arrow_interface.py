"""The Arrow PyCapsule protocol: what is handed over, to whom, and when it is given back."""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import threading
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

import fastpoly
from fastpoly import schema
from fastpoly.errors import UsageError
from tests import frames


class Schema(ctypes.Structure):
    """The specification's ArrowSchema."""


Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(Schema))),
    ("dictionary", ctypes.POINTER(Schema)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))),
    ("private_data", ctypes.c_void_p),
]


class Array(ctypes.Structure):
    """The specification's ArrowArray."""


Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(Array))),
    ("dictionary", ctypes.POINTER(Array)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))),
    ("private_data", ctypes.c_void_p),
]


class Stream(ctypes.Structure):
    """The specification's ArrowArrayStream."""


Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Stream))),
    ("private_data", ctypes.c_void_p),
]

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype = ctypes.c_void_p
_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


def inside(capsule: Any, name: str, kind: type[Any]) -> Any:
    return kind.from_address(_pointer(capsule, name.encode()))


def array_of(columns: Any) -> tuple[Array, Any]:
    """The struct inside the capsule of an array, and the capsule, which keeps it."""
    _, capsule = columns.__arrow_c_array__()
    return inside(capsule, "arrow_array", Array), capsule


def decoded(*items: Any, market: str = "stocks") -> fastpoly.Batch:
    return fastpoly.decode(json.dumps(items), market=market)


def trades(count: int) -> list[dict[str, Any]]:
    """Trades of which each column has a gap now and then."""
    full = [
        {
            **{"ev": "T", "sym": f"S{at % 7}", "i": "x" * (at % 20), "x": at, "p": at / 7},
            **{"s": at, "c": list(range(at % 6)), "t": 1781706600000 + at, "ds": f"{at}.5"},
        }
        for at in range(count)
    ]
    return [
        {
            key: value
            for place, (key, value) in enumerate(item.items())
            if key == "ev" or at % 11 != place
        }
        for at, item in enumerate(full)
    ]


KEYS = {field.name: field.key for field in schema.EQUITY_TRADE.fields}


def values(table: pa.RecordBatch, name: str) -> list[Any]:
    column = table.column(name)
    return (column.cast("int64") if pa.types.is_timestamp(column.type) else column).to_pylist()


def test_capsules_have_the_names_of_the_protocol() -> None:
    columns = decoded({"ev": "T"}).columns("T")
    pair = columns.__arrow_c_array__()
    assert isinstance(pair, tuple)
    for capsule, name in (
        (columns.__arrow_c_schema__(), "arrow_schema"),
        (pair[0], "arrow_schema"),
        (pair[1], "arrow_array"),
        (columns.__arrow_c_stream__(), "arrow_array_stream"),
    ):
        assert f'"{name}"' in repr(capsule)


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 127, 128, 129, 1000])
def test_every_count_of_rows(count: int) -> None:
    items = trades(count)
    table = decoded(*items).to_arrow("T")
    table.validate(full=True)
    assert table.num_rows == count
    for name, key in KEYS.items():
        want = [item.get(key) for item in items]
        assert values(table, name) == want
        assert table.column(name).null_count == want.count(None)


@pytest.mark.parametrize("part", [slice(3, 77), slice(None, None, -1), slice(5, None, 7)])
def test_parts_of_a_batch(part: slice) -> None:
    items = [item for trade in trades(150) for item in (trade, {"ev": "Q", "sym": "Q"})]
    batch = decoded(*items)[part]
    want = [item for item in items[part] if item["ev"] == "T"]
    assert len(batch.columns("T")) == len(want)
    table = batch.to_arrow("T")
    table.validate(full=True)
    for name, key in KEYS.items():
        assert values(table, name) == [item.get(key) for item in want]


def test_spilled_values_among_many() -> None:
    items: list[dict[str, Any]] = trades(300)
    for at in (0, 63, 64, 65, 200, 299):
        items[at] |= {"sym": "Ä" * at, "i": "ö" * (at + 1), "c": list(range(at)), "ds": "1" * 40}
    table = decoded(*items).to_arrow("T")
    table.validate(full=True)
    for name in ("symbol", "id", "conditions", "fractional_shares"):
        want = [item.get(KEYS[name]) for item in items]
        assert values(table, name) == want
        assert table.column(name).null_count == want.count(None)


def test_dictionary_has_the_symbols_in_order_of_appearance() -> None:
    symbols = ["B", "A", "é", "B", None, "C" * 40, "é", "A", "C" * 40]
    batch = decoded(*({"ev": "T"} | ({"sym": symbol} if symbol else {}) for symbol in symbols))
    for _ in range(2):
        column = batch.to_arrow("T").column("symbol")
        assert column.dictionary.to_pylist() == ["B", "A", "é", "C" * 40]
        assert column.to_pylist() == symbols
    assert batch[2:4].to_arrow("T").column("symbol").dictionary.to_pylist() == ["é", "B"]


def test_half_a_surrogate_pair_is_null() -> None:
    table = fastpoly.decode(rb'[{"ev":"T","sym":"\ud800","i":"a"},{"ev":"T","sym":"A"}]').to_arrow(
        "T"
    )
    table.validate(full=True)
    assert table.column("symbol").to_pylist() == [None, "A"]


def test_times_beyond_64_bits_are_null() -> None:
    times = [-(10**14), 5, None, 1781706602310004417]
    batch = decoded(*({"ev": "FMV", "t": time} for time in times))
    column = batch.to_arrow("FMV").column("timestamp")
    assert column.null_count == 2
    assert column.cast("int64").to_pylist() == [None, 5_000_000, None, 1781706602310004417]


def test_buffers_are_aligned_and_only_there_when_needed() -> None:
    items = [{**item, "sym": "A"} for item in trades(100)]
    array, capsule = array_of(decoded(*items).columns("T"))
    assert (array.length, array.null_count, array.offset) == (100, 0, 0)
    assert array.n_children == len(KEYS)
    for at, key in enumerate(KEYS.values()):
        column = array.children[at].contents
        nulls = sum(key not in item for item in items)
        assert column.null_count == nulls
        assert bool(column.buffers[0]) == bool(nulls)
        assert column.length == 100
        for each in range(column.n_buffers):
            assert (column.buffers[each] or 0) % 64 == 0
    del capsule


def test_what_was_taken_outlives_batch_and_columns() -> None:
    batch = decoded(*trades(200))
    want = batch.to_arrow("T").to_pylist()
    columns = batch.columns("T")
    pair, stream = columns.__arrow_c_array__(), columns.__arrow_c_stream__()
    del batch, columns
    for _ in range(50):
        decoded(*trades(200))
    assert pa.RecordBatch._import_from_c_capsule(*pair).to_pylist() == want
    del pair
    reader = pa.RecordBatchReader._import_from_c_capsule(stream)
    del stream
    assert reader.read_all().to_pylist() == want


def test_a_capsule_is_consumed_once() -> None:
    columns = decoded(*trades(5)).columns("T")
    pair = columns.__arrow_c_array__()
    first = pa.RecordBatch._import_from_c_capsule(*pair)
    with pytest.raises(ValueError, match="released"):
        pa.RecordBatch._import_from_c_capsule(*pair)
    assert first.num_rows == 5
    assert pa.record_batch(columns) == pa.record_batch(columns)


def test_a_stream_has_one_array_and_its_schema_any_time() -> None:
    capsule = decoded(*trades(5)).columns("T").__arrow_c_stream__()
    stream = inside(capsule, "arrow_array_stream", Stream)
    schemas = (Schema * 3)()
    arrays = (Array * 3)()
    for at in range(3):
        assert stream.get_schema(stream, schemas[at]) == 0
        assert stream.get_next(stream, arrays[at]) == 0
        assert not stream.get_last_error(stream)
    assert [bool(array.release) for array in arrays] == [True, False, False]
    assert [each.format for each in schemas] == [b"+s"] * 3
    stream.release(stream)
    assert not stream.release
    assert arrays[0].length == 5  # belongs to the taker, not to the stream
    arrays[0].release(arrays[0])
    for each in schemas:
        each.release(each)
        assert not each.release


def test_a_child_may_be_taken_out_and_kept() -> None:
    array, capsule = array_of(decoded({"ev": "T", "sym": "A", "x": 7}, {"ev": "T"}).columns("T"))
    names = list(KEYS)
    kept = []
    for name in ("exchange", "symbol"):
        child = array.children[names.index(name)]
        copy = Array.from_buffer_copy(child.contents)
        child.contents.release = type(child.contents.release)()
        kept.append(copy)
    array.release(array)
    assert not array.release
    del capsule
    gc.collect()
    exchange, symbol = kept
    assert ctypes.c_int64.from_address(exchange.buffers[1]).value == 7
    text = symbol.dictionary.contents
    assert ctypes.string_at(text.buffers[2], 1) == b"A"
    for copy in kept:
        copy.release(copy)
        assert not copy.release


def test_requested_schema() -> None:
    columns = decoded(*trades(5)).columns("T")
    own = columns.__arrow_c_schema__()
    want = pa.record_batch(columns)
    assert pa.RecordBatch._import_from_c_capsule(*columns.__arrow_c_array__(own)) == want
    plain = pa.schema([want.schema.field(0).with_type(pa.string()), *list(want.schema)[1:]])
    # Another layout is a wish, and these columns have one layout.
    pair = columns.__arrow_c_array__(requested_schema=plain.__arrow_c_schema__())
    assert pa.RecordBatch._import_from_c_capsule(*pair) == want
    fewer = pa.schema([("price", pa.float64())])
    for ask in (columns.__arrow_c_array__, columns.__arrow_c_stream__):
        with pytest.raises(UsageError, match="fields"):
            ask(fewer.__arrow_c_schema__())
        with pytest.raises(ValueError, match="PyCapsule"):
            ask("price")
    pa.Schema._import_from_c_capsule(own)
    with pytest.raises(UsageError, match="released"):
        columns.__arrow_c_array__(own)


def test_columns_describe_themselves() -> None:
    columns = decoded({"ev": "T"}, {"ev": "Q"}, {"ev": "T"}).columns("T")
    assert len(columns) == 2
    assert columns.names == tuple(KEYS)
    assert repr(columns) == "<Columns stocks T: 2 rows>"
    with pytest.raises(TypeError):
        type(columns)()


@pytest.mark.parametrize("channel", ["ZZ", "status", "unknown", 5])
def test_no_such_columns(channel: Any) -> None:
    with pytest.raises(UsageError, match="channel"):
        decoded({"ev": "T"}).columns(channel)


@pytest.mark.parametrize("market", schema.MARKETS)
def test_polars_and_duckdb_read_every_channel(market: str) -> None:
    rng = frames.Random(8)
    for channel in schema.MARKETS[market].channels:
        pairs = [frames.event(rng, market, channel, frozenset()) for _ in range(70)]
        texts = [frames.spelled(rng, each, padded=False, escaped=False) for each in pairs]
        batch = fastpoly.decode(
            "[" + ",".join([*texts, f'{{"ev":"{channel.name}"}}']) + "]", market=market
        )
        columns = batch.columns(channel.name)
        want = batch.to_arrow(channel.name)
        want.validate(full=True)
        polars = pl.DataFrame(columns)
        assert polars.columns == want.schema.names
        assert polars.height == want.num_rows
        database = duckdb.connect()
        # Its times are rounded to microseconds, and need pytz to become Python's.
        cells_of = ", ".join(
            f'epoch_us("{field.name}"::TIMESTAMPTZ)'
            if field.kind.arrow.startswith("ts")
            else f'"{field.name}"'
            for field in channel.event.fields
        )
        selected = database.from_arrow(columns).project(cells_of).fetchall()
        for at, field in enumerate(channel.event.fields):
            if field.kind.arrow.startswith("ts"):
                cells = values(want, field.name)
                assert polars[field.name].cast(pl.Int64).to_list() == cells
                ns = 1 if field.kind.arrow.startswith("tsn") else 1_000_000
                assert [row[at] for row in selected] == [
                    None if cell is None else (cell * ns + 500) // 1_000 for cell in cells
                ]
            else:
                cells = want.column(field.name).to_pylist()
                assert repr(polars[field.name].to_list()) == repr(cells)
                assert repr([row[at] for row in selected]) == repr(cells)


def test_duckdb_counts_by_symbol() -> None:
    columns = decoded(*trades(5000)).columns("T")
    found = duckdb.connect().sql("SELECT symbol, count(*) FROM columns GROUP BY ALL").fetchall()
    want: dict[str | None, int] = {}
    for item in trades(5000):
        want[item.get("sym")] = want.get(item.get("sym"), 0) + 1
    assert dict(found) == want
    assert columns is not None


def test_release_on_other_threads() -> None:
    batch = decoded(*trades(100))

    def drop(taken: list[Any]) -> None:
        while taken:
            taken.pop()

    for _ in range(5):
        taken: list[Any] = [batch.to_arrow("T") for _ in range(50)]
        taken += [table.column(0) for table in taken]
        taken += [batch.columns("T").__arrow_c_stream__() for _ in range(50)]
        threads = [threading.Thread(target=drop, args=(taken[at::4],)) for at in range(4)]
        taken.clear()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class Mallinfo(ctypes.Structure):
    """What glibc says about its heap."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")),
        *((name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks")),
        ("keepcost", ctypes.c_size_t),
    ]


def in_use() -> tuple[int, int]:
    """Bytes that C and C++ have allocated, blocks that Python has."""
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = Mallinfo
    info = ask()
    return info.uordblks + info.hblkhd, sys.getallocatedblocks()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="asks glibc")
def test_nothing_leaks() -> None:
    items: list[dict[str, Any]] = trades(400)
    items[5] |= {"sym": "Ä" * 50, "c": list(range(40))}
    batch = decoded(*items)
    columns = batch.columns("T")

    def everything() -> None:
        columns.__arrow_c_schema__()  # never consumed
        columns.__arrow_c_array__()
        columns.__arrow_c_stream__()
        pa.record_batch(columns)
        pa.table(columns)
        batch.to_arrow("T").column(3)
        batch.to_numpy("T")
        with pytest.raises(UsageError):
            columns.__arrow_c_array__(pa.schema([]).__arrow_c_schema__())

    def growth() -> tuple[int, int]:
        gc.collect()
        bytes_before, blocks_before = in_use()
        for _ in range(200):  # at about 80 kB each
            everything()
        gc.collect()
        bytes_after, blocks_after = in_use()
        return bytes_after - bytes_before, blocks_after - blocks_before

    # What leaks does so every time; what is kept for later use does not.
    rounds = [growth() for _ in range(4)]
    assert min(grown for grown, _ in rounds) < 200_000
    assert min(grown for _, grown in rounds) < 100
