"""All rows of one channel and ticker over a span of time: page after page, each row once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Final

from fastpoly.errors import RestError
from fastpoly.rest.endpoints import MAX_ROWS
from fastpoly.rest.rows import Row, RowReader, Stamped

if TYPE_CHECKING:
    from fastpoly.rest.endpoints import Endpoint
    from fastpoly.rest.requester import Requester

__all__ = ["WIDER_NS", "events_of"]

WIDER_NS: Final = 2_000_000_000
"""By how much more is asked for, on both sides, ns: by which of its times a server chooses trades
and quotes is not documented. What is not wanted is cut by the time that events have."""


async def events_of(
    requester: Requester, endpoint: Endpoint, start_ns: int, end_ns: int, limit: int = MAX_ROWS
) -> AsyncGenerator[list[Stamped], None]:
    """Yield the events of a span of time, page by page, in the order of their times.

    Args:
        requester: Who asks.
        endpoint: What for.
        start_ns: When the first was due, Unix time in ns; a bar is due at its end.
        end_ns: When the last was.
        limit: Rows of a page.

    Raises:
        FastpolyError: A page cannot be had; see `Requester.page`.
    """
    reader = RowReader(endpoint)
    width_ns = endpoint.width_ms * 1_000_000
    wider_ns = 0 if width_ns else WIDER_NS
    begin_ns = max(0, start_ns - width_ns - wider_ns)
    until_ns = end_ns - width_ns + wider_ns
    csv = requester.options.csv and endpoint.has_csv
    path = endpoint.path(begin_ns, until_ns, limit)
    asked = set()
    before: Sequence[Row] = ()
    while path:
        if path in asked:
            raise RestError(
                f"Pages of {endpoint.param} lead in a circle.",
                hint="Ask for a shorter time.",
            )
        asked.add(path)
        page = await requester.page(path, csv)
        events = [reader.read(row) for row in without_overlap(before, page.rows)]
        found = [one for one in events if one is not None and start_ns <= one.at_ns <= end_ns]
        # Sorted, and stable: what is due at the same time stays as it came.
        yield sorted(found, key=lambda one: one.at_ns)
        path, before = page.next_url, page.rows
        if csv and not path and len(page.rows) >= limit:
            # CSV has no place for the next page's address: it begins with the last row's time.
            path = endpoint.path(_last_ns(reader, page.rows), until_ns, limit)


def without_overlap(before: Sequence[Row], rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows of a page but those with which the page before it ended."""
    if not before or not rows:
        return rows
    for place, row in enumerate(before):
        size = len(before) - place
        if row == rows[0] and size <= len(rows) and list(before[place:]) == list(rows[:size]):
            return rows[size:]
    return rows


def _last_ns(reader: RowReader, rows: Sequence[Row]) -> int:
    try:
        return reader.clock_ns(rows[-1])
    except ValueError as error:
        raise RestError(f"The last row of a page has no time: {error}.") from None
