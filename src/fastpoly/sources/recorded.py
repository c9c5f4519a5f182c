"""What is read out of a recording: its market, its losses, the part that is asked for."""

from __future__ import annotations

import functools
import operator
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fastpoly.capture.marks import Mark
from fastpoly.capture.reader import CaptureReader
from fastpoly.errors import ConnectionLost, UsageError
from fastpoly.filters.build import make_filter
from fastpoly.filters.conditions import Condition, field
from fastpoly.schema import STATUS_CHANNEL, UNKNOWN_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter

__all__ = ["data_of", "loss_of", "recorded_market", "selection_of"]


def loss_of(mark: Mark) -> ConnectionLost:
    """Return the error of the recorded connection, in its own words if they were recorded."""
    detail = mark.detail
    code = detail.get("code", 1006)
    why = detail.get("reason") or detail.get("cause") or "no reason was recorded"
    lost = ConnectionLost(
        str(detail.get("error") or f"The recording has a gap here: {why}."),
        code=code if isinstance(code, int) else 1006,
        reason=str(detail.get("reason", "")),
    )
    lost.resumes = detail.get("resumes") is True
    return lost


def data_of(batch: Batch) -> Iterator[Batch]:
    """Part a batch at its control messages, as what reads a socket does, without these."""
    begin = 0
    for at, event in enumerate(batch):
        if event.event_type == STATUS_CHANNEL:
            if begin < at:
                yield batch[begin:at]
            begin = at + 1
    if begin < len(batch):
        yield batch[begin:]


def selection_of(market: str, wanted: Iterable[str]) -> tuple[frozenset[str], Filter | None]:
    """Return the channels that parameters name, and a filter where they name single tickers."""
    symbols: dict[str, set[str]] = {}
    for param in wanted:
        channel, _, symbol = param.partition(".")
        symbols.setdefault(channel, set()).add(symbol)
    single = {name for name, found in symbols.items() if "*" not in found}
    # What a server sends unasked, and no parameter names.
    channels = frozenset([*symbols, UNKNOWN_CHANNEL])
    if not single:
        return channels, None
    conditions: list[Condition] = []
    for name, found in symbols.items():
        own = field("symbol", name)
        conditions.append(own.is_in(*found) if name in single else ~own.is_missing())
    return channels, make_filter(market, None, functools.reduce(operator.or_, conditions))


def recorded_market(paths: Iterable[str | os.PathLike[str]]) -> str:
    """Return the market that recordings say their frames are of.

    Raises:
        UsageError: They do not say it.
        CaptureError: One cannot be read, or is no recording.
    """
    with CaptureReader(*paths) as reader:
        for account in reader.begin():
            if account.metadata.get("market"):
                return account.metadata["market"]
        for _ in reader:
            pass  # until it says that it is no recording at all
    raise UsageError(
        "The file does not say which market its frames are of.", hint='Pass market="stocks".'
    )
