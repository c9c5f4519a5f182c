"""fastpoly's decoder, by itself."""

from __future__ import annotations

from fastpoly import decode
from fastpoly.events import EquityTrade

from bench.decoders import Row, Task
from bench.decoders.reading import read_attributes, rows_of_dicts, rows_of_objects


def batch(frames: list[bytes]) -> None:
    for frame in frames:
        _ = decode(frame)


def events(frames: list[bytes]) -> None:
    for frame in frames:
        _ = list(decode(frame))


def read(frames: list[bytes]) -> None:
    for frame in frames:
        read_attributes(list(decode(frame)), EquityTrade)


def dicts(frames: list[bytes]) -> None:
    for frame in frames:
        _ = decode(frame).dicts()


def numpy(frames: list[bytes]) -> None:
    for frame in frames:
        decoded = decode(frame)
        _ = decoded.to_numpy("T"), decoded.to_numpy("Q")


def rows_of_columns(frame: bytes) -> list[Row]:
    decoded = decode(frame)
    trades, quotes = decoded.to_numpy("T"), decoded.to_numpy("Q")
    parts = (
        (trades, ("symbol", "price", "size", "timestamp")),
        (quotes, ("symbol", "bid_price", "ask_price", "timestamp")),
    )
    rows: list[Row] = []
    for columns, names in parts:
        symbol, price, size, stamp = (columns[name] for name in names)
        rows += zip(
            symbol.tolist(),
            price.tolist(),
            size.astype("f8").tolist(),
            stamp.astype("i8").tolist(),
            strict=True,
        )
    return rows


def arrow(frames: list[bytes]) -> None:
    for frame in frames:
        decoded = decode(frame)
        _ = decoded.to_arrow("T"), decoded.to_arrow("Q")


def rows_of_batches(frame: bytes) -> list[Row]:
    decoded = decode(frame)
    trades, quotes = decoded.to_arrow("T"), decoded.to_arrow("Q")
    parts = (
        (trades, ("symbol", "price", "size", "timestamp")),
        (quotes, ("symbol", "bid_price", "ask_price", "timestamp")),
    )
    rows: list[Row] = []
    for record_batch, names in parts:
        symbol, price, size, stamp = (record_batch.column(name) for name in names)
        rows += zip(
            symbol.to_pylist(),
            map(float, price.to_pylist()),
            map(float, size.to_pylist()),
            stamp.cast("int64").to_pylist(),
            strict=True,
        )
    return rows


TASKS = {
    "batch": Task(batch, lambda frame: rows_of_objects(decode(frame), EquityTrade)),
    "events": Task(events, lambda frame: rows_of_objects(decode(frame), EquityTrade)),
    "read": Task(read, lambda frame: rows_of_objects(decode(frame), EquityTrade)),
    "dicts": Task(dicts, lambda frame: rows_of_dicts(decode(frame).dicts())),
    "numpy": Task(numpy, rows_of_columns),
    "arrow": Task(arrow, rows_of_batches),
}
