"""Which part of a recording a command is about: the options that all of them share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from fastpoly.cli.conditions import parse_conditions
from fastpoly.errors import CaptureError, UsageError

if TYPE_CHECKING:
    from fastpoly.filters.conditions import Condition

__all__ = [
    "STDIO",
    "Selection",
    "check_new",
    "read_time",
    "selection_options",
    "source_of",
    "split_names",
]

STDIO: Final = "-"
"""Stands for standard input, or output, in place of a file."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of a recording.

    Attributes:
        market: The market of frames of which the file does not say it; None if it does.
        channels: Names of channels; none for all.
        symbols: Tickers or pairs; None for all.
        where: A condition that events have to meet; None for any.
        start_ns: The earliest time of receipt, Unix time in ns; None for the beginning.
        end_ns: The time from which on nothing is wanted; None for the end.
    """

    market: str | None
    channels: tuple[str, ...]
    symbols: frozenset[str] | None
    where: Condition | None
    start_ns: int | None
    end_ns: int | None

    @classmethod
    def of(
        cls,
        market: str | None,
        channels: str,
        symbols: str,
        conditions: Iterable[str],
        start: str | None,
        end: str | None,
    ) -> Selection:
        """Return what the options say.

        Raises:
            UsageError: A condition or a time is malformed.
        """
        return cls(
            market,
            split_names(channels),
            frozenset(split_names(symbols)) or None,
            parse_conditions(conditions),
            None if start is None else read_time(start),
            None if end is None else read_time(end),
        )


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
    """Give a command the options of a `Selection`, by the names of its arguments."""
    for option in reversed(
        (
            click.option("--market", help="The market, where the file does not say it."),
            click.option("--channels", default="", metavar="T,Q", help="Only these channels."),
            click.option("--symbols", default="", metavar="A,B", help="Only these tickers."),
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
