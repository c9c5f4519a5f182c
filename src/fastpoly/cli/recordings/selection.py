"""The options by which commands say which part of recordings they are about."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import click

from fastpoly.capture.selection import Selection
from fastpoly.cli.conditions import parse_conditions
from fastpoly.errors import CaptureError, UsageError

__all__ = [
    "STDIO",
    "check_new",
    "read_selection",
    "read_time",
    "selection_options",
    "source_of",
    "split_names",
]

STDIO: Final = "-"
"""Stands for standard input, or output, in place of a file."""

F = TypeVar("F", bound=Callable[..., Any])


def read_selection(
    market: str | None,
    channels: str | None,
    symbols: str | None,
    conditions: Iterable[str],
    start: str | None,
    end: str | None,
) -> Selection:
    """Return what the options of `selection_options` say.

    Raises:
        UsageError: One of them is malformed.
    """
    return Selection(
        market,
        _names(channels, "--channels"),
        None if symbols is None else frozenset(_names(symbols, "--symbols")),
        parse_conditions(conditions),
        None if start is None else read_time(start),
        None if end is None else read_time(end),
    )


def _names(text: str | None, option: str) -> tuple[str, ...]:
    """Return the names that an option lists; some, if it is there."""
    names = split_names(text or "")
    if text is not None and not names:
        raise UsageError(f"{option} names nothing.", hint="Write names with commas between them.")
    return names


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a list with commas."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def read_time(text: str) -> int:
    """Return a time as Unix time in ns.

    Args:
        text: That number, or a date and time as ISO 8601 has it; UTC where no zone is given.

    Raises:
        UsageError: It is neither.
    """
    if text.isdecimal():
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is not a time.",
            hint="Write it as 2026-11-27T14:30:00Z, with another zone, or as Unix time in ns.",
        ) from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    whole = int(at.replace(microsecond=0).timestamp())
    return (whole * 1_000_000 + at.microsecond) * 1000


def selection_options(function: F) -> F:
    """Give a command the options that `read_selection` takes, by the names of its arguments."""
    for option in reversed(
        (
            click.option("--market", help="The market, where the file does not say it."),
            click.option("--channels", metavar="T,Q", help="Only these channels."),
            click.option("--symbols", metavar="A,B", help="Only these tickers."),
            click.option(
                "--where",
                "conditions",
                multiple=True,
                metavar="CONDITION",
                help="Only events that meet it, as for tail. If repeated, all must hold.",
            ),
            click.option("--start", metavar="TIME", help="What was received from then on."),
            click.option("--end", metavar="TIME", help="What was received before."),
        )
    ):
        function = option(function)
    return function


def source_of(path: str) -> str | int:
    """Return what to read: the path, or the descriptor of standard input."""
    return 0 if path == STDIO else path


def check_new(path: str, force: bool) -> None:
    """Check that a file may be written.

    Raises:
        CaptureError: It exists, and that it is to be replaced was not said.
    """
    if path != STDIO and not force and os.path.exists(path):
        raise CaptureError(
            f"{path} exists.", hint="Choose another name, or pass --force.", path=path
        )
