"""``msgspec`` told to keep only the four fields that are read, and to skip the rest.

The documented way to make it quicker still, for someone who knows that nothing else will be needed.
"""

from __future__ import annotations

import msgspec

from bench.decoders import Task
from bench.decoders.reading import read_attributes, rows_of_objects


class Trade(msgspec.Struct, tag_field="ev", tag="T", gc=False):
    """What is read of a trade."""

    symbol: str = msgspec.field(name="sym")
    price: float = msgspec.field(name="p")
    size: int = msgspec.field(name="s")
    timestamp: int = msgspec.field(name="t")


class Quote(msgspec.Struct, tag_field="ev", tag="Q", gc=False):
    """What is read of a quote."""

    symbol: str = msgspec.field(name="sym")
    bid_price: float = msgspec.field(name="bp")
    ask_price: float = msgspec.field(name="ap")
    timestamp: int = msgspec.field(name="t")


class Status(msgspec.Struct, tag_field="ev", tag="status", gc=False):
    """A control message."""

    status: str


decode = msgspec.json.Decoder(list[Trade | Quote | Status]).decode


def read(frames: list[bytes]) -> None:
    for frame in frames:
        read_attributes(decode(frame), Trade)


TASKS = {"read": Task(read, lambda frame: rows_of_objects(decode(frame), Trade))}
