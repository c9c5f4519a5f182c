"""Events as CSV: a header, then a line for each, with a column for each attribute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastpoly import schema

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["CsvLines"]


class CsvLines:
    """Makes lines of batches of one market.

    Args:
        market: The market's name.
        channels: The channels whose attributes are columns, in that order; none for all. Events of
            others are left out.
    """

    def __init__(self, market: str, channels: Iterable[str]) -> None:
        wanted = tuple(channels)
        own = [one for one in schema.MARKETS[market].channels if not wanted or one.name in wanted]
        self._channels = tuple(one.name for one in own)
        names = [field.name for one in own for field in one.event.fields]
        self._columns = ("event_type", *dict.fromkeys(names))

    def header(self) -> bytes:
        """Return the names of the columns."""
        return self._text([self._columns])

    def lines(self, batch: Batch) -> bytes:
        """Return a line for each event, with their ends."""
        events = batch.select(*(name for name in batch.channels if name in self._channels))
        return self._text(
            [_cell(getattr(event, name, None)) for name in self._columns] for event in events
        )

    @staticmethod
    def _text(rows: Iterable[Iterable[Any]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().encode("utf-8", "surrogatepass")


def _cell(value: Any) -> Any:
    """The value as CSV has it: nothing where it is missing, a list with commas."""
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return value
