"""Parts columns by the trading day that each event belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from fastpoly import columns, schema
from fastpoly.capture.rotation import rotation

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["NO_DATE", "TradingDays"]

NO_DATE: Final = "__HIVE_DEFAULT_PARTITION__"
"""The date of events without a time, as those who read such folders expect it."""

MOST_NS: Final = (1 << 63) - 1
NS_IN: Final = {schema.MS.name: 1_000_000, schema.NS.name: 1, schema.EPOCH.name: 1}


class TradingDays:
    """Parts the events of one channel by trading day, by the time that they are due.

    The days are New York's; those of forex and futures begin on the evening before.

    Args:
        market: The market's name.
        event: The event type.
    """

    def __init__(self, market: str, event: schema.EventType) -> None:
        clock = event.of_role(schema.CLOCK)[0]
        # A bar without its end has a start.
        others = [field for field in event.fields if field.kind is clock.kind and field != clock]
        self._names = [clock.name, *(field.name for field in others)]
        self._unit_ns = NS_IN[clock.kind.name]
        self._limit = MOST_NS // self._unit_ns
        self._days = rotation("day", market)
        # Most groups are of the day of the one before.
        self._day = ("", 0, 0)

    def _period(self, at: int) -> tuple[str, int]:
        """Return the date of a time in the clock's unit, and the day's end."""
        date, first, end = self._day
        if not first <= at < end:
            name, end_ns = self._days.period(at * self._unit_ns)
            date, first, end = name.removeprefix("-"), at, -(-end_ns // self._unit_ns)
            self._day = (date, first, end)
        return date, end

    def split(self, rows: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Give the rows of each date, in their order; the dates rise, and no date comes first."""
        arrow, compute = columns.pyarrow(), columns.pyarrow_compute()
        times = self._times(rows, arrow, compute)
        while rows.num_rows:
            ends = compute.min_max(times)
            least, most = ends["min"].as_py(), ends["max"].as_py()
            if times.null_count or least < 0 or most >= self._limit:
                # Once at most: what is left after it has a time.
                known = compute.fill_null(
                    compute.and_(
                        compute.greater_equal(times, 0),
                        compute.less(times, arrow.scalar(self._limit)),
                    ),
                    False,
                )
                yield NO_DATE, rows.filter(compute.invert(known))
                rows, times = rows.filter(known), times.filter(known)
                continue
            date, end = self._period(least)
            if most < end:
                yield date, rows
                return
            inside = compute.less(times, arrow.scalar(end))
            yield date, rows.filter(inside)
            outside = compute.invert(inside)
            rows, times = rows.filter(outside), times.filter(outside)

    def _times(self, rows: pa.RecordBatch, arrow: Any, compute: Any) -> Any:
        times = rows.column(self._names[0])
        if times.null_count and len(self._names) > 1:
            times = compute.coalesce(*(rows.column(name) for name in self._names))
        return times.cast(arrow.int64())
