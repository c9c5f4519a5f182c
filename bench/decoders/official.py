"""The official client's own way: ``json``, then one model per event."""

from __future__ import annotations

import logging
from json import loads
from typing import Any

from massive.websocket.models import EquityTrade, Market, parse

from bench.decoders import Task
from bench.decoders.reading import read_attributes, rows_of_objects

logger = logging.getLogger("bench")


def decode(frame: bytes) -> list[Any]:
    """What the client does with a frame before it calls the handler."""
    models: list[Any] = parse(loads(frame), logger, Market.Stocks)
    return models


def events(frames: list[bytes]) -> None:
    for frame in frames:
        _ = decode(frame)


def read(frames: list[bytes]) -> None:
    for frame in frames:
        read_attributes(decode(frame), EquityTrade)


TASKS = {
    "events": Task(events, lambda frame: rows_of_objects(decode(frame), EquityTrade)),
    "read": Task(read, lambda frame: rows_of_objects(decode(frame), EquityTrade)),
}
