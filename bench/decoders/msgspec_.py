"""``msgspec`` into tagged Structs: the quickest typed decoder that Python has had."""

from __future__ import annotations

import msgspec
import numpy as np
import pyarrow as pa

from bench.decoders import Row, Task
from bench.decoders.reading import (
    read_attributes,
    rows_of_columns,
    rows_of_dicts,
    rows_of_objects,
)
from bench.records import Quote, Trade, decode

untyped = msgspec.json.decode


def events(frames: list[bytes]) -> None:
    for frame in frames:
        _ = decode(frame)


def read(frames: list[bytes]) -> None:
    for frame in frames:
        read_attributes(decode(frame), Trade)


def dicts(frames: list[bytes]) -> None:
    for frame in frames:
        _ = untyped(frame)


def columns(frame: bytes) -> tuple[np.ndarray, ...]:
    """Four columns of each type by hand; fastpoly fills all of them, so this does less."""
    decoded = decode(frame)
    trades = [event for event in decoded if type(event) is Trade]
    quotes = [event for event in decoded if type(event) is Quote]
    return (
        np.array([event.symbol for event in trades], "U16"),
        np.array([event.price for event in trades], "f8"),
        np.array([event.size for event in trades], "i8"),
        np.array([event.timestamp for event in trades], "i8"),
        np.array([event.symbol for event in quotes], "U16"),
        np.array([event.bid_price for event in quotes], "f8"),
        np.array([event.ask_price for event in quotes], "f8"),
        np.array([event.timestamp for event in quotes], "i8"),
    )


def numpy(frames: list[bytes]) -> None:
    for frame in frames:
        _ = columns(frame)


def rows_of_numpy(frame: bytes) -> list[Row]:
    made = [column.tolist() for column in columns(frame)]
    return rows_of_columns(made[:3], made[3]) + rows_of_columns(made[4:7], made[7])


def record_batches(frame: bytes) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """One record batch of each type by hand, of the same four columns."""
    names = ("symbol", "price", "size", "timestamp"), ("symbol", "bid", "ask", "timestamp")
    decoded = decode(frame)
    trades = [event for event in decoded if type(event) is Trade]
    quotes = [event for event in decoded if type(event) is Quote]
    return (
        pa.RecordBatch.from_arrays(
            [
                pa.array([event.symbol for event in trades], pa.string()),
                pa.array([event.price for event in trades], pa.float64()),
                pa.array([event.size for event in trades], pa.int64()),
                pa.array([event.timestamp for event in trades], pa.timestamp("ms", "UTC")),
            ],
            names=names[0],
        ),
        pa.RecordBatch.from_arrays(
            [
                pa.array([event.symbol for event in quotes], pa.string()),
                pa.array([event.bid_price for event in quotes], pa.float64()),
                pa.array([event.ask_price for event in quotes], pa.float64()),
                pa.array([event.timestamp for event in quotes], pa.timestamp("ms", "UTC")),
            ],
            names=names[1],
        ),
    )


def arrow(frames: list[bytes]) -> None:
    for frame in frames:
        _ = record_batches(frame)


def rows_of_arrow(frame: bytes) -> list[Row]:
    return [
        row
        for batch in record_batches(frame)
        for row in rows_of_columns(
            [column.to_pylist() for column in batch.columns[:3]],
            batch.column("timestamp").cast("int64").to_pylist(),
        )
    ]


TASKS = {
    "events": Task(events, lambda frame: rows_of_objects(decode(frame), Trade)),
    "read": Task(read, lambda frame: rows_of_objects(decode(frame), Trade)),
    "dicts": Task(dicts, lambda frame: rows_of_dicts(untyped(frame))),
    "numpy": Task(numpy, rows_of_numpy),
    "arrow": Task(arrow, rows_of_arrow),
}
