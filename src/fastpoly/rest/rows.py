"""Rows of REST pages, JSON or CSV, into events as the wire has them; by the schema's ``rest``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from fastpoly import schema
from fastpoly.rest.endpoints import Endpoint

__all__ = ["Page", "Row", "RowReader", "Stamped", "read_page"]

Row: TypeAlias = "Mapping[str, Any]"
"""One row; of CSV, all values are text."""

FIRST_NS: Final = 10**14
"""A time below this is in ms."""


class Page(NamedTuple):
    """One page.

    Attributes:
        rows: Its rows.
        next_url: Where the next one is; empty where there is none, or a page cannot say.
    """

    rows: list[Row]
    next_url: str


class Stamped(NamedTuple):
    """An event, and exactly when it was due: the wire has ms.

    Attributes:
        at_ns: When, Unix time in ns.
        event: The event, by the wire's keys.
    """

    at_ns: int
    event: dict[str, Any]


def read_page(body: bytes, content_type: str) -> Page:
    """Return what a page has.

    Raises:
        ValueError: It is cut off, or no page at all.
    """
    if content_type.partition(";")[0].strip().lower() == "text/csv":
        return Page(_csv_rows(body.decode("utf-8-sig")), "")
    page = json.loads(body)
    if not isinstance(page, dict):
        raise ValueError("it is no JSON object")
    rows = page.get("results") or []
    next_url = page.get("next_url") or ""
    if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise ValueError("its results are no list of objects")
    if not isinstance(next_url, str):
        raise ValueError("its next_url is no text")
    if page.get("status") == "ERROR":
        raise ValueError(f"it says: {page.get('error') or page.get('message') or 'ERROR'}")
    return Page(rows, next_url)


def _csv_rows(text: str) -> list[Row]:
    lines = csv.reader(io.StringIO(text), strict=True)
    header = next(lines, [])
    rows: list[Row] = []
    for line in lines:
        if len(line) != len(header):
            raise ValueError(f"line {lines.line_num} does not fit the header")
        rows.append(dict(zip(header, line, strict=True)))
    if text and not text.endswith("\n"):
        raise ValueError("its last line is cut off")
    return rows


# ------------------------------------------------------------------------------------- values


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        value = value.partition(",")[0]
        if value.lstrip("-").isdigit():
            return int(value)
    if isinstance(value, list):
        value = value[0] if value else ""
    return None if value == "" else int(float(value)) if isinstance(value, str) else int(value)


def _number(value: Any) -> Any:
    if isinstance(value, str):
        return float(value) if value else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is no number")
    return value


def _text(value: Any) -> str | None:
    return str(value) if value != "" else None


def _ns(value: Any) -> int:
    stamp = int(value or 0)
    return stamp * 1_000_000 if stamp < FIRST_NS else stamp


def _ms(value: Any) -> int | None:
    return _ns(value) // 1_000_000 or None


def _codes(value: Any) -> list[int] | None:
    if isinstance(value, str):
        value = [code for code in value.split(",") if code]
    return [int(code) for code in value] or None


def _flag(value: Any) -> bool | None:
    return True if value in (True, "true", "True") else None


_READERS: Final[dict[schema.Kind, Callable[[Any], Any]]] = {
    schema.INT: _whole,
    schema.FLOAT: _number,
    schema.DECIMAL: _text,
    schema.TEXT: _text,
    schema.MS: _ms,
    schema.CODES: _codes,
    schema.FLAG: _flag,
}
"""Kind of a field -> what a value of REST is on the wire; None for none."""


class RowReader:
    """Makes events of the rows of one channel and ticker.

    Args:
        endpoint: What the rows are of.

    Attributes:
        bad: Rows that could not be read.
        corrected: Rows that were left out because they are marked as corrected or cancelled: the
            stream has no such mark.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.bad = 0
        self.corrected = 0
        event = endpoint.channel.event
        self._name = endpoint.channel.name
        self._symbol = endpoint.symbol
        self._symbol_key = event.symbol.key
        self._width_ms = endpoint.width_ms
        (clock,) = event.of_role(schema.CLOCK)
        self._end_key = clock.key
        self._clock = clock.rest or next(
            field.rest for field in event.fields if field.kind is schema.MS and field.rest
        )
        self._steps = [
            (field.key, field.rest, _READERS[field.kind], field.rest_zero)
            for field in event.fields
            if field.rest
        ]

    def clock_ns(self, row: Row) -> int:
        """Return the time that rows are ordered by, Unix time in ns; of a bar, its start.

        Raises:
            ValueError: It has none.
        """
        try:
            stamp = _ns(row.get(self._clock))
        except (TypeError, ValueError):
            stamp = 0
        if stamp <= 0:
            raise ValueError("a row has no time")
        return stamp

    def read(self, row: Row) -> Stamped | None:
        """Return the event of a row; None where it is none, which is counted."""
        if row.get("correction") not in (None, "", 0, "0"):
            self.corrected += 1
            return None
        event: dict[str, Any] = {"ev": self._name, self._symbol_key: self._symbol}
        try:
            at_ns = self.clock_ns(row)
            for key, name, reader, has_zero in self._steps:
                value = row.get(name)
                if value is None:
                    continue
                value = reader(value)
                if value is not None and (value or has_zero):
                    event[key] = value
        except (TypeError, ValueError, OverflowError):
            self.bad += 1
            return None
        if self._width_ms:
            at_ns += self._width_ms * 1_000_000
            event[self._end_key] = at_ns // 1_000_000
        return Stamped(at_ns, event)
