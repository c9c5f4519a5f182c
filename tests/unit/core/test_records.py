"""Records of structured arrays: their layout, and symbols and numbers of every size in them."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import pytest

import fastpoly
from fastpoly import columns, schema
from tests import frames
from tests.expected_columns import numpy_cell

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
def test_columns_are_aligned(market: str, channel: schema.Channel) -> None:
    array = decoded(*[{"ev": channel.name}] * 3, market=market).to_numpy(channel.name)
    assert array.flags.aligned
    assert array.dtype.itemsize % 8 == 0
    for field in channel.event.fields:
        assert array[field.name].flags.aligned


@channels
def test_a_value_that_spilled_leaves_the_dtype(market: str, channel: schema.Channel) -> None:
    plain = {"ev": channel.name}
    expected = decoded(plain, market=market).to_numpy(channel.name).dtype
    texts = [field for field in channel.event.fields if field.kind in (schema.SYMBOL, schema.TEXT)]
    for field in texts:
        # Beyond ASCII, so not in the row; no longer than the column.
        array = decoded(plain, plain | {field.key: "é"}, market=market).to_numpy(channel.name)
        assert array.dtype == expected
        assert array[field.name].tolist() == ["", "é"]


@channels
def test_cells(market: str, channel: schema.Channel) -> None:
    rng = frames.Random(9)
    pairs = [frames.event(rng, market, channel, frozenset()) for _ in range(200)]
    texts = [frames.spelled(rng, each, padded=False, escaped=False) for each in pairs]
    batch = fastpoly.decode("[" + ",".join(texts) + "]", market=market)
    array = batch.to_numpy(channel.name)
    for field in channel.event.fields:
        cells = array[field.name]
        cells = cells.astype("i8") if cells.dtype.kind == "M" else cells
        want = [numpy_cell(field.kind, getattr(event, field.name)) for event in batch]
        assert repr(cells.tolist()) == repr(want), field.name


@pytest.mark.parametrize("size", [*range(34), 40, 41])
@pytest.mark.parametrize("place", [0, 1, 99])
def test_symbols_of_every_size_at_every_place(size: int, place: int) -> None:
    symbols = ["A"] * 100
    symbols[place] = "O:SPX251219C05000000ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:size]
    batch = decoded(*({"ev": "T", "sym": symbol, "p": at} for at, symbol in enumerate(symbols)))
    for step in (1, -1):
        array = batch[::step].to_numpy("T")
        assert array["symbol"].tolist() == symbols[::step]
        assert array["price"].tolist() == list(range(100))[::step]


def test_symbol_widths_are_few() -> None:
    widths = {
        decoded({"ev": "T", "sym": "A"}, {"ev": "T", "sym": "S" * size})
        .to_numpy("T")
        .dtype["symbol"]
        for size in range(49)
    }
    assert {width.itemsize // 4 for width in widths} == {16, 24, 32, 40, 48}


def test_no_symbol_at_the_start() -> None:
    batch = decoded({"ev": "T"}, {"ev": "T", "sym": "S" * 30}, {"ev": "T", "sym": "A"})
    assert batch.to_numpy("T")["symbol"].tolist() == ["", "S" * 30, "A"]


DECIMALS = [
    *("0", "7", "-7", "0.0", "-0.0", "1.5", "-1.5", "100.0", "0.007300", "1234567.7654321"),
    *("12345678", "12345678.1", "1.12345678", "99999999.99999999", "1204551.731200"),
    *("9007199254740993", "18446744073709551616", "0.1234567890123456789", "5e3", "5E-3"),
    *(
        "1.5e+10",
        "1e400",
        "-1e400",
        "1e-400",
        "-1e-400",
        "007",
        "06",
        "06.5",
        "0.30000000000000004",
    ),
]
NOT_DECIMALS = [
    *("", ".", ".5", "5.", "+5", "-", "--5", "1e", "1e+", "1.e5", "1,5", "1 ", " 1", "0x10", "nan"),
    *("inf", "Infinity", "1.5.5", "1_000", "12a", "1234567a", "1234567.a", "1.5a", "12345678a"),
]


@pytest.mark.parametrize("text", [*DECIMALS, *NOT_DECIMALS])
def test_decimals(text: str) -> None:
    (number,) = decoded({"ev": "T", "ds": text}).to_numpy("T")["fractional_shares"].tolist()
    want = float(text) if text in DECIMALS else math.nan
    assert struct.pack("d", number) == struct.pack("d", want)


@pytest.mark.parametrize(
    "text", ["1" * 30, "0." + "3" * 40, "1e" + "0" * 30, "x" * 30, "." + "5" * 30]
)
def test_decimals_that_do_not_fit_the_row(text: str) -> None:
    batch = decoded({"ev": "T", "ds": "1.5"}, {"ev": "T", "ds": text})
    numbers = batch.to_numpy("T")["fractional_shares"]
    want = math.nan if text[0] in "x." else float(text)
    assert repr(numbers.tolist()) == repr([1.5, want])


def test_arrays_of_one_channel_join() -> None:
    batches = [decoded(*[{"ev": "T", "sym": "S" * size, "p": size}] * size) for size in (1, 20, 40)]
    joined = np.concatenate([batch.to_numpy("T") for batch in batches])
    assert joined["price"].sum() == 1 + 400 + 1600
    assert joined["symbol"][-1] == "S" * 40


def test_text_is_cut_where_a_column_would_be_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MAX_TEXT_COLUMN", 100_000)
    items = [{"ev": "T", "i": str(at)} for at in range(1_000)]
    items[7]["i"] = items[900]["i"] = "x" * 1_000_000
    array = decoded(*items).to_numpy("T")
    assert array["id"].tolist()[6:9] == ["6", "x" * 96, "8"]
    assert array["id"].size * array["id"].itemsize // 4 <= 100_000
    one = decoded(items[7]).to_numpy("T")
    assert one["id"].tolist() == ["x" * 100_000]
