"""How four fields of each event are read, and how a row is made of them, for any library.

The same few lines for all, so that what differs is the library.
"""

# Reading and dropping is what is measured.
# ruff: noqa: B018

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.decoders import Row


def read_attributes(events: Iterable[Any], trade: Any) -> None:
    """Reads four attributes, named as the official client names them, of each event."""
    for event in events:
        if type(event) is trade:
            event.symbol
            event.price
            event.size
            event.timestamp
        else:
            event.symbol
            event.bid_price
            event.ask_price
            event.timestamp


def read_keys(events: Iterable[Any]) -> None:
    """Reads four values of each event by wire key."""
    for event in events:
        if event["ev"] == "T":
            event["sym"]
            event["p"]
            event["s"]
            event["t"]
        else:
            event["sym"]
            event["bp"]
            event["ap"]
            event["t"]


def rows_of_objects(events: Iterable[Any], trade: Any) -> list[Row]:
    """A row of each event with attributes."""
    return [
        (event.symbol, float(event.price), float(event.size), event.timestamp)
        if type(event) is trade
        else (event.symbol, float(event.bid_price), float(event.ask_price), event.timestamp)
        for event in events
    ]


def rows_of_columns(columns: Sequence[Iterable[Any]], stamps: Iterable[int]) -> list[Row]:
    """A row of each place in three columns and the timestamps."""
    symbols, firsts, seconds = columns
    return list(zip(symbols, map(float, firsts), map(float, seconds), stamps, strict=True))


def rows_of_dicts(events: Iterable[Any]) -> list[Row]:
    """A row of each event with wire keys."""
    return [
        (event["sym"], float(event["p"]), float(event["s"]), event["t"])
        if event["ev"] == "T"
        else (event["sym"], float(event["bp"]), float(event["ap"]), event["t"])
        for event in events
    ]
