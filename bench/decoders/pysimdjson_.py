"""``pysimdjson``: the parser that fastpoly is built on, used from Python."""

from __future__ import annotations

import simdjson

from bench.decoders import Row, Task
from bench.decoders.reading import read_keys, rows_of_dicts

parser = simdjson.Parser()


def dicts(frames: list[bytes]) -> None:
    for frame in frames:
        _ = parser.parse(frame, recursive=True)


def read(frames: list[bytes]) -> None:
    for frame in frames:
        document = parser.parse(frame)
        read_keys(document)
        # The parser refuses another frame while anything of the last one is held.
        del document


def rows(frame: bytes) -> list[Row]:
    return rows_of_dicts(parser.parse(frame, recursive=True))


TASKS = {"dicts": Task(dicts, rows), "read": Task(read, rows)}
