"""What a day file is: by its header, and by its path where several have the same header."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastpoly.errors import CaptureError, UsageError
from fastpoly.flat_files.kinds import DAY_FILES, FIRST_CODE, FORMS, TICKER, DayFile

__all__ = ["Layout", "is_day_file", "layout_of", "read_header", "recognise", "unknown_columns"]

SUFFIXES = (".csv", ".csv.gz")

WITHOUT_CHANNEL = ("day_aggs", "session_aggs")
"""Types whose events have no channel on the wire; part of their paths."""

LayoutStep = tuple[int, int, bool, int, bytes]
"""Column, form, whether 0 stands for none, ns to add to a time, what stands before the value."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the compiled core needs to know of a file.

    Attributes:
        head: How the frame of one event begins.
        steps: The keys of the wire that the file has, in the order in which it sends them.
        columns: How many columns there are.
        ticker: The column of the ticker.
        stamp: The column of the time that events are ordered by.
        stamp_add_ns: What is added to that, ns.
        prefix: See `DayFile.prefix`.
        slash: See `DayFile.slash`.
    """

    head: bytes
    steps: tuple[LayoutStep, ...]
    columns: int
    ticker: int
    stamp: int
    stamp_add_ns: int
    prefix: bytes
    slash: bool


def is_day_file(path: object) -> bool:
    """Whether a path is that of a day file, and not of a recording: by its suffix."""
    if not isinstance(path, (str, os.PathLike)):
        return False
    return os.fsdecode(path).lower().endswith(SUFFIXES)


def read_header(line: bytes) -> tuple[str, ...]:
    """Return the names that the first line of a file has."""
    text = line.decode("utf-8-sig", "replace").rstrip("\r\n")
    for row in csv.reader([text]):
        return tuple(name.strip() for name in row)
    return ()


def recognise(header: Sequence[str], path: str, market: str | None) -> DayFile:
    """Return what a file is.

    Args:
        header: The names of its columns.
        path: Where it is: the vendor's own path tells what the header leaves open.
        market: The market, if it was said.

    Raises:
        CaptureError: It is no day file, or columns are missing.
        UsageError: Only the market can tell, or events of that type have no channel.
    """
    names = frozenset(header)
    for word in WITHOUT_CHANNEL:
        if word in path:
            raise UsageError(
                f"{path} has bars of days or sessions, for which the stream has no channel.",
                hint="Take the file of minute bars.",
            )
    files = [one for one in DAY_FILES if market is None or one.market == market]
    fitting = [one for one in files if one.needed <= names]
    if not fitting:
        raise _none_fits(files, names, path, market)
    most = max(len(one.known & names) for one in fitting)
    fitting = [one for one in fitting if len(one.known & names) == most]
    if len(fitting) > 1:
        by_path = [one for one in fitting if any(folder in path for folder in one.folders)]
        if len(by_path) != 1:
            markets = ", ".join(repr(one.market) for one in fitting)
            raise UsageError(
                f"The header of {path} is that of several markets' files.",
                hint=f"Pass market=, one of {markets}.",
            )
        fitting = by_path
    return fitting[0]


def _none_fits(
    files: Iterable[DayFile], names: frozenset[str], path: str, market: str | None
) -> CaptureError:
    of = "" if market is None else f" of {market}"
    if TICKER in names:
        # What it has most of is what it was meant to be.
        nearest = max(files, key=lambda one: len(one.known & names) - len(one.needed - names))
        missing = ", ".join(sorted(nearest.needed - names))
        return CaptureError(
            f"{path} is no day file{of}: for {nearest.name} it has no column {missing}.",
            hint="Take the file as the vendor has it, with its header.",
            path=path,
        )
    return CaptureError(
        f"{path} is no day file{of}: its first line is not a header with a column {TICKER!r}.",
        hint="Take the file as the vendor has it, with its header.",
        path=path,
    )


def unknown_columns(header: Sequence[str], file: DayFile) -> tuple[str, ...]:
    """Return the columns of a file that such files are not known to have."""
    return tuple(name for name in header if name not in file.known)


def layout_of(header: Sequence[str], file: DayFile) -> Layout:
    """Return how the lines of a file with such a header are read."""
    places = {name: place for place, name in reversed(list(enumerate(header)))}
    steps: list[LayoutStep] = []
    for field in file.event.fields:
        column = file.columns.get(field.key)
        if column is None:
            continue
        place = next((places[name] for name in column.names if name in places), None)
        if place is None:
            continue
        form = FIRST_CODE if column.first_code else FORMS[field.kind]
        opening = f',"{field.key}":'.encode()
        steps.append((place, form, column.zero_is_none, column.add_ms * 1_000_000, opening))
    clock = file.clock
    return Layout(
        head=f'[{{"ev":"{file.channel}"'.encode(),
        steps=tuple(steps),
        columns=len(header),
        ticker=places[TICKER],
        stamp=next(places[name] for name in clock.names if name in places),
        stamp_add_ns=clock.add_ms * 1_000_000,
        prefix=file.prefix.encode(),
        slash=file.slash,
    )
