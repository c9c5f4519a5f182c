"""Day files converted: sorted by time, into a recording or a dataset."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.dataset
import pytest

from fastpoly import field
from fastpoly.capture import MarkKind, info
from fastpoly.errors import CaptureError, UsageError
from fastpoly.sinks.converting import convert
from tests.day_files import HEADERS, Events, day_file, expected, read, rows, text_of, write

QUOTES = "stocks quotes"


@pytest.fixture
def table() -> list[dict[str, str]]:
    return rows(QUOTES, tickers=30, each=40)


@pytest.fixture
def quotes(tmp_path: Path, table: list[dict[str, str]]) -> Path:
    return day_file(tmp_path, QUOTES, table)


@pytest.fixture
def every(table: list[dict[str, str]]) -> Events:
    return expected(QUOTES, text_of(HEADERS[QUOTES].split(","), table))


def test_a_recording_has_every_event_in_the_order_of_time(
    tmp_path: Path, quotes: Path, every: Events
) -> None:
    account = convert([quotes], tmp_path / "day.mcap")
    assert (account.market, account.events, account.bad_frames) == ("stocks", {"Q": 1200}, 0)
    assert read(tmp_path / "day.mcap") == every
    assert info(tmp_path / "day.mcap").frames == 1200


def test_of_a_day_file_symbols_can_be_chosen(tmp_path: Path, quotes: Path, every: Events) -> None:
    convert([quotes], tmp_path / "day.mcap", symbols=["AAC"])
    assert read(tmp_path / "day.mcap") == [one for one in every if one[1]["sym"] == "AAC"]


def test_a_recording_of_recordings_has_their_marks(
    tmp_path: Path, quotes: Path, every: Events
) -> None:
    data = quotes.read_bytes()
    text = text_of(HEADERS[QUOTES].split(","), rows(QUOTES))
    write(quotes, text.replace("\n", "\nA,1\n", 1))
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(data[: len(data) // 2])
    account = convert([quotes, cut], tmp_path / "one.mcap")
    assert (account.bad_frames, len(account.gaps)) == (1, 1)
    again = convert([tmp_path / "one.mcap"], tmp_path / "two.mcap")
    assert again.events == account.events
    found = info(tmp_path / "two.mcap")
    assert found.bad_frames == 1
    assert found.marks[MarkKind.GAP] == 1
    assert read(tmp_path / "two.mcap") == read(tmp_path / "one.mcap")


def test_a_dataset(tmp_path: Path, quotes: Path, every: Events) -> None:
    convert([quotes], tmp_path / "ticks", symbols=["AAB", "AAD"], where=field("bid_price") > 100)
    found = pyarrow.dataset.dataset(tmp_path / "ticks" / "type=Q", partitioning="hive").to_table()
    wanted = [
        event["q"]
        for _, event in every
        if event["sym"] in ("AAB", "AAD") and event.get("bp", 0) > 100
    ]
    assert found["sequence_number"].to_pylist() == wanted


def test_nothing_is_replaced_and_nothing_is_left(tmp_path: Path, quotes: Path) -> None:
    target = tmp_path / "day.mcap"
    target.write_bytes(b"")
    with pytest.raises(UsageError, match="exists"):
        convert([quotes], target)
    assert convert([quotes], target, overwrite=True).events == {"Q": 1200}
    broken = write(tmp_path / "broken.csv", "symbol,price\nA,1\n")
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(CaptureError, match="no day file"):
        convert([broken], tmp_path / "new.mcap")
    assert sorted(os.listdir(tmp_path)) == before


def test_a_recording_is_copied_as_it_is_or_not_at_all(tmp_path: Path, quotes: Path) -> None:
    convert([quotes], tmp_path / "day.mcap")
    for options in (
        {"channels": ["Q"]},
        {"where": field("bid_price") > 1},
        {"symbols": ["AAC"]},
    ):
        with pytest.raises(UsageError, match="as it is"):
            convert([tmp_path / "day.mcap"], tmp_path / "new.mcap", **options)  # type: ignore[arg-type]
