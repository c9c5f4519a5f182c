"""``orjson``: the quickest general parser into dicts."""

from __future__ import annotations

from orjson import loads

from bench.decoders import Task
from bench.decoders.reading import read_keys, rows_of_dicts


def dicts(frames: list[bytes]) -> None:
    for frame in frames:
        _ = loads(frame)


def read(frames: list[bytes]) -> None:
    for frame in frames:
        read_keys(loads(frame))


TASKS = {
    "dicts": Task(dicts, lambda frame: rows_of_dicts(loads(frame))),
    "read": Task(read, lambda frame: rows_of_dicts(loads(frame))),
}
