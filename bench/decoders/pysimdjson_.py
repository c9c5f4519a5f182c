"""``pysimdjson``: the parser that fastpoly is built on, used from Python."""

from __future__ import annotations

from typing import Any

import simdjson

from bench.decoders import Row, Task
from bench.decoders.reading import read_keys, rows_of_dicts

parser = simdjson.Parser()


def dicts(frames: list[bytes]) -> None:
    for frame in frames:
        _ = parser.parse(frame, recursive=True)


def read(frames: list[bytes]) -> None:
    for frame in frames:
        document: Any = parser.parse(frame)
        read_keys(document)
        # The parser refuses another frame while anything of the last one is held.
        del document


def rows(frame: bytes) -> list[Row]:
    events: Any = parser.parse(frame, recursive=True)
    return rows_of_dicts(events)


TASKS = {"dicts": Task(dicts, rows), "read": Task(read, rows)}
