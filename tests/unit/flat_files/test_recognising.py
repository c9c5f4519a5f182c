"""Which type of day file a header is of."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import pytest

from fastpoly.capture import CaptureReader
from fastpoly.errors import CaptureError, UsageError
from fastpoly.flat_files.kinds import DAY_FILES
from fastpoly.flat_files.recognising import is_day_file, layout_of, read_header, recognise
from tests.day_files import HEADERS, day_file, market_of, rows, text_of, write

BARS = [kind for kind in HEADERS if kind.endswith("minute aggs")]
SHARED = ["stocks minute aggs", "options minute aggs", "forex minute aggs", "crypto minute aggs"]
"""They have one header for all."""


@pytest.mark.parametrize("kind", [kind for kind in HEADERS if kind not in SHARED])
def test_a_header_alone_tells_in_whatever_order(kind: str) -> None:
    header = HEADERS[kind].split(",")
    random.Random(kind).shuffle(header)
    assert recognise(header, "/data/day.csv.gz", None).name == kind


@pytest.mark.parametrize("kind", list(HEADERS))
def test_a_market_tells_what_the_header_leaves_open(kind: str) -> None:
    assert recognise(HEADERS[kind].split(","), "/data/day.csv.gz", market_of(kind)).name == kind


@pytest.mark.parametrize("file", DAY_FILES, ids=[file.name for file in DAY_FILES])
def test_so_does_the_vendors_path(file: object) -> None:
    for folder in file.folders:  # type: ignore[attr-defined]
        path = f"/data/{folder}/{file.type}/2026/11/2026-11-25.csv.gz"  # type: ignore[attr-defined]
        found = recognise(HEADERS[file.name].split(","), path, None)  # type: ignore[attr-defined]
        assert found is file


@pytest.mark.parametrize(
    ("kind", "more", "less"),
    [
        ("stocks trades", ("decimal_size",), ()),
        ("options trades", ("participant_timestamp",), ()),
        ("futures trades", ("conditions",), ("report_sequence",)),
        ("futures quotes", (), ("sequence_number", "report_sequence")),
        ("stocks trades", ("something_new",), ("trf_id", "tape")),
    ],
)
def test_headers_that_have_been_seen_elsewhere(
    kind: str, more: tuple[str, ...], less: tuple[str, ...]
) -> None:
    header = [*(name for name in HEADERS[kind].split(",") if name not in less), *more]
    assert recognise(header, "/data/day.csv.gz", None).name == kind


def test_one_header_of_several_markets_asks_for_the_market() -> None:
    with pytest.raises(UsageError, match="of several markets") as caught:
        recognise(HEADERS["stocks minute aggs"].split(","), "/data/day.csv.gz", None)
    for kind in SHARED:
        assert repr(market_of(kind)) in str(caught.value)


def test_what_is_missing_is_named() -> None:
    header = [name for name in HEADERS["stocks quotes"].split(",") if name != "bid_price"]
    with pytest.raises(CaptureError, match="stocks quotes it has no column bid_price"):
        recognise(header, "/data/day.csv.gz", "stocks")


@pytest.mark.parametrize("header", [(), ("A", "1", "2"), ("symbol", "price")])
def test_what_has_no_header_is_no_day_file(header: tuple[str, ...]) -> None:
    with pytest.raises(CaptureError, match="no day file"):
        recognise(header, "/data/day.csv.gz", None)


@pytest.mark.parametrize("word", ["day_aggs_v1", "session_aggs_v1"])
def test_bars_without_a_channel_are_refused(word: str) -> None:
    with pytest.raises(UsageError, match="no channel"):
        recognise(HEADERS[SHARED[0]].split(","), f"/data/us_stocks_sip/{word}/x.csv.gz", None)


def test_files_of_two_markets_are_not_read_together(tmp_path: Path) -> None:
    paths = [day_file(tmp_path, kind, rows(kind)) for kind in ("stocks trades", "crypto trades")]
    with CaptureReader(*paths) as reader, pytest.raises(UsageError, match="crypto and of stocks"):
        reader.begin()


def test_columns_that_are_not_known_are_named_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    header = [*HEADERS["stocks trades"].split(","), "news", "more_news"]
    table = [{**row, "news": "1", "more_news": "2"} for row in rows("stocks trades")]
    path = write(tmp_path / "day.csv.gz", text_of(header, table))
    with caplog.at_level(logging.WARNING, "fastpoly"), CaptureReader(path) as reader:
        assert sum(len(batch) for batch in reader) == len(table)
    (record,) = caplog.records
    assert record.getMessage().endswith("are left out: news, more_news")


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("2026-11-25.csv.gz", True),
        ("DAY.CSV", True),
        (Path("/data/day.csv"), True),
        ("day.mcap", False),
        ("day.csv.zst", False),
        (0, False),
    ],
)
def test_the_suffix_tells_a_day_file_from_a_recording(path: object, is_one: bool) -> None:
    assert is_day_file(path) is is_one


def test_a_header_is_read_as_csv() -> None:
    assert read_header(b'\xef\xbb\xbf"ticker", price ,"a,b"\r\n') == ("ticker", "price", "a,b")
    assert read_header(b"") == ()


def test_keys_are_in_the_order_of_the_wire_and_of_two_columns_the_first_name_counts() -> None:
    header = ["decimal_size", *HEADERS["stocks trades"].split(",")]
    file = recognise(header, "/data/day.csv.gz", None)
    layout = layout_of(header, file)
    keys = [opening.decode() for *_, opening in layout.steps]
    order = [f',"{field.key}":' for field in file.event.fields]
    assert keys == order
    assert layout.steps[-1][0] == 0
    assert (layout.ticker, layout.columns) == (1, len(header))
