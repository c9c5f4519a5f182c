"""Sinks by name: ``parquet:ticks/``; those of other packages come by an entry point."""

from __future__ import annotations

import importlib
from typing import Final

from fastpoly.errors import UsageError
from fastpoly.sinks.sink import Sink

__all__ = ["ENTRY_POINTS", "find_sink"]

ENTRY_POINTS: Final = "fastpoly.sinks"
"""The group of entry points by which other packages offer sinks: each makes one of a text."""

OWN: Final = {
    "parquet": "fastpoly.sinks.files.dataset:ParquetSink",
    "arrow": "fastpoly.sinks.files.dataset:ArrowSink",
    "csv": "fastpoly.sinks.files.dataset:CsvSink",
    "jsonl": "fastpoly.sinks.files.json_lines:JsonLinesSink",
    "redis": "fastpoly.sinks.redis:RedisSink",
    "kafka": "fastpoly.sinks.kafka:KafkaSink",
}
"""Name -> where the class is."""


def find_sink(name: str) -> Sink:
    """Return the sink that a text such as ``parquet:ticks/`` names.

    Args:
        name: The sink's name, a colon, and what the sink is to be made of, such as a path.

    Raises:
        UsageError: No sink of that name is installed, or what was found is no sink.
    """
    kind, _, target = name.partition(":")
    if kind in OWN:
        module, _, attribute = OWN[kind].partition(":")
        make = getattr(importlib.import_module(module), attribute)
    else:
        from importlib.metadata import entry_points  # slow to import, and rarely needed

        offered = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
        if kind not in offered:
            known = ", ".join(sorted({*OWN, *offered}))
            raise UsageError(f"There is no sink {kind!r}.", hint=f"Use one of: {known}.")
        make = offered[kind].load()
    made = make(target)
    if not isinstance(made, Sink):
        raise UsageError(
            f"What {kind!r} makes is not a sink.", hint="See fastpoly.sinks.Sink for what one has."
        )
    return made
