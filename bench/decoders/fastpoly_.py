"""fastpoly's decoder, by itself."""

from __future__ import annotations

from bench.decoders import Row, Task
from bench.decoders.reading import (
    read_attributes,
    rows_of_columns,
    rows_of_dicts,
    rows_of_objects,
)
from fastpoly import decode
from fastpoly.events import EquityTrade

NAMES = {"T": ("symbol", "price", "size"), "Q": ("symbol", "bid_price", "ask_price")}


def batch(frames: list[bytes]) -> None:
    for frame in frames:
        _ = decode(frame)


def events(frames: list[bytes]) -> None:
    for frame in frames:
        _ = decode(frame).events()


def read(frames: list[bytes]) -> None:
    for frame in frames:
        read_attributes(decode(frame), EquityTrade)


def dicts(frames: list[bytes]) -> None:
    for frame in frames:
        _ = decode(frame).dicts()


def numpy(frames: list[bytes]) -> None:
    for frame in frames:
        decoded = decode(frame)
        _ = decoded.to_numpy("T"), decoded.to_numpy("Q")


def rows_of_numpy(frame: bytes) -> list[Row]:
    decoded = decode(frame)
    return [
        row
        for channel, names in NAMES.items()
        for columns in (decoded.to_numpy(channel),)
        for row in rows_of_columns(
            [columns[name].tolist() for name in names],
            columns["timestamp"].astype("i8").tolist(),
        )
    ]


def arrow(frames: list[bytes]) -> None:
    for frame in frames:
        decoded = decode(frame)
        _ = decoded.to_arrow("T"), decoded.to_arrow("Q")


def rows_of_arrow(frame: bytes) -> list[Row]:
    decoded = decode(frame)
    return [
        row
        for channel, names in NAMES.items()
        for columns in (decoded.to_arrow(channel),)
        for row in rows_of_columns(
            [columns.column(name).to_pylist() for name in names],
            columns.column("timestamp").cast("int64").to_pylist(),
        )
    ]


TASKS = {
    "batch": Task(batch, lambda frame: rows_of_objects(decode(frame), EquityTrade)),
    "events": Task(events, lambda frame: rows_of_objects(decode(frame), EquityTrade)),
    "read": Task(read, lambda frame: rows_of_objects(decode(frame), EquityTrade)),
    "dicts": Task(dicts, lambda frame: rows_of_dicts(decode(frame).dicts())),
    "numpy": Task(numpy, rows_of_numpy),
    "arrow": Task(arrow, rows_of_arrow),
}
