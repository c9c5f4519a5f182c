"""What the handlers of fastpoly's clients do with a batch, by name.

``untouched`` counts it, ``events`` goes through its events, ``read`` also reads four attributes of
each, ``columns`` takes both types as NumPy arrays, ``dicts`` takes it as dicts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bench.decoders.reading import read_attributes
from fastpoly import Batch
from fastpoly.events import EquityTrade


def events(batch: Batch) -> None:
    for _ in batch:
        pass


def read(batch: Batch) -> None:
    read_attributes(batch, EquityTrade)


def columns(batch: Batch) -> None:
    _ = batch.to_numpy("T"), batch.to_numpy("Q")


USES: Final[dict[str, Callable[[Batch], Any] | None]] = {
    "untouched": None,
    "events": events,
    "read": read,
    "columns": columns,
    "dicts": Batch.dicts,
}
