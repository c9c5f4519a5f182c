"""The table of day files agrees with the schema and with the vendor's headers."""

from __future__ import annotations

import pytest

from fastpoly import schema
from fastpoly.flat_files.kinds import DAY_FILES, FORMS, TICKER, DayFile
from tests.day_files import HEADERS, WIRE

EACH = pytest.mark.parametrize("file", DAY_FILES, ids=[file.name for file in DAY_FILES])


def test_every_type_of_file_is_there_once() -> None:
    assert [file.name for file in DAY_FILES] == list(HEADERS)


@EACH
def test_every_key_is_one_of_the_event_and_has_a_form(file: DayFile) -> None:
    fields = {field.key: field for field in file.event.fields}
    assert set(file.columns) <= set(fields)
    for key, column in file.columns.items():
        assert fields[key].kind in FORMS
        assert column.first_code <= (fields[key].kind is schema.INT)
    assert file.columns[file.event.symbol.key].names == (TICKER,)
    assert file.channel == WIRE[file.name][0]


@EACH
def test_every_column_of_the_vendors_header_is_known(file: DayFile) -> None:
    header = set(HEADERS[file.name].split(","))
    assert file.needed <= header <= file.known
    assert not set(file.left_out) & {
        name for column in file.columns.values() for name in column.names
    }


@EACH
def test_what_orders_the_events_is_a_time_that_every_file_has(file: DayFile) -> None:
    assert set(file.clock.names) <= file.needed
