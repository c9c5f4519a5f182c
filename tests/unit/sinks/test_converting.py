"""Recordings converted: rows are the events that were recorded, and all of it or nothing."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastpoly import Batch, decode, field
from fastpoly._core import concat
from fastpoly.capture import CaptureWriter, MarkKind, read_channel
from fastpoly.errors import CaptureError, SinkError, UsageError
from fastpoly.sinks import converting
from fastpoly.sinks.converting import convert
from tests.unit.capture.material import frames, record
from tests.unit.sinks.material import cells, files, rows


@pytest.fixture
def recording(tmp_path: Path) -> tuple[Path, Batch]:
    """A recording, and all events in it."""
    recorded = frames(200)
    record(tmp_path / "day.mcap", recorded)
    return tmp_path / "day.mcap", concat(decode(text) for _, text in recorded)


def channels_of(batch: Batch) -> list[str]:
    return [name for name in batch.channels if name not in ("status", "unknown")]


def test_a_dataset_has_every_event_field_by_field(
    recording: tuple[Path, Batch], tmp_path: Path
) -> None:
    path, events = recording
    account = convert([path], tmp_path / "ticks", rows=100)
    assert account.market == "stocks"
    assert account.events == {name: events.count(name) for name in channels_of(events)}
    for channel in channels_of(events):
        folder = tmp_path / "ticks" / f"type={channel}"
        expected = cells(events, channel)
        names = list(expected[0])
        # The days of one recording follow each other, so its events are in order.
        parts = [pq.ParquetFile(one).read() for one in sorted(folder.rglob("*.parquet"))]
        assert rows(pa.concat_tables(parts), names) == expected
        assert len(polars.read_parquet(folder / "**/*.parquet")) == len(expected)
        assert len(pandas.read_parquet(folder)) == len(expected)
    assert not [name for name in files(tmp_path / "ticks") if "tmp" in name]


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "feather"])
def test_a_file_for_each_channel(
    recording: tuple[Path, Batch], tmp_path: Path, suffix: str
) -> None:
    path, events = recording
    convert([path], tmp_path / f"day.{suffix}", rows=100)
    for channel in channels_of(events):
        made = tmp_path / f"day.{channel}.{suffix}"
        if suffix == "parquet":
            table = pq.read_table(made)
        else:
            with pa.ipc.open_file(made) as reader:
                table = reader.read_all()
        assert rows(table) == cells(events, channel)


def test_one_channel_is_one_file_of_that_name(
    recording: tuple[Path, Batch], tmp_path: Path
) -> None:
    path, events = recording
    convert([path], tmp_path / "day.csv", channels=["Q"])
    assert files(tmp_path) == ["day.csv", "day.mcap"]
    assert len((tmp_path / "day.csv").read_text().splitlines()) == events.count("Q") + 1


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "jsonl.gz"])
def test_lines_are_all_events_in_order(
    recording: tuple[Path, Batch], tmp_path: Path, suffix: str
) -> None:
    path, events = recording
    convert([path], tmp_path / f"all.{suffix}")
    opened: Any = gzip.open if suffix.endswith("gz") else open
    with opened(tmp_path / f"all.{suffix}", "rb") as file:
        lines = [json.loads(line) for line in file]
    assert lines == [event for event in events.dicts() if event["ev"] != "status"]


def test_a_choice_of_symbols_channels_and_conditions(
    recording: tuple[Path, Batch], tmp_path: Path
) -> None:
    path, events = recording
    symbol = next(event.symbol for event in events if event.event_type == "T")
    account = convert(
        [path],
        tmp_path / "ticks",
        channels=["T", "Q"],
        symbols=[symbol],
        where=field("sequence_number") >= 0,
    )
    wanted = events.select("T", "Q").where(field("symbol") == symbol)
    assert account.events == {name: wanted.count(name) for name in wanted.channels}
    assert {name.partition("/")[0] for name in files(tmp_path / "ticks")} == {
        f"type={name}" for name in wanted.channels
    }


def test_several_recordings_are_merged(tmp_path: Path) -> None:
    recorded = frames(100)
    record(tmp_path / "a.mcap", recorded[::2])
    record(tmp_path / "b.mcap", recorded[1::2])
    convert([tmp_path / "a.mcap", tmp_path / "b.mcap"], tmp_path / "all.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_bytes().splitlines()]
    assert lines == [event for _, text in recorded for event in json.loads(text)]


@pytest.mark.parametrize("target", ["ticks", "day.csv", "day.parquet", "all.jsonl"])
def test_nothing_is_replaced_unless_it_is_asked_for(
    recording: tuple[Path, Batch], tmp_path: Path, target: str
) -> None:
    path, events = recording
    convert([path], tmp_path / target, channels=["T"])
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    with pytest.raises(UsageError, match="exists"):
        convert([path], tmp_path / target, channels=["T"])
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before
    account = convert([path], tmp_path / target, channels=["T"], overwrite=True)
    assert account.events == {"T": events.count("T")}
    assert before.keys() == set(files(tmp_path))


def test_a_folder_keeps_what_else_is_in_it(recording: tuple[Path, Batch], tmp_path: Path) -> None:
    path, _ = recording
    (tmp_path / "ticks" / "type=OLD").mkdir(parents=True)
    (tmp_path / "ticks" / "type=OLD" / "x").touch()
    (tmp_path / "ticks" / "notes").touch()
    convert([path], tmp_path / "ticks", channels=["T"], overwrite=True)
    assert {"notes", "type=OLD/x"} < set(files(tmp_path / "ticks"))


@pytest.mark.parametrize("target", ["ticks/", "day.csv", "day.arrow", "all.jsonl"])
def test_what_goes_wrong_leaves_nothing(
    tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = frames(200)
    record(tmp_path / "day.mcap", recorded)
    real = converting.find_target

    def failing(*arguments: Any, **options: Any) -> Any:
        made = real(*arguments, **options)
        opened = made.open

        def open_one(*of: Any) -> Any:
            output = opened(*of)
            write, left = output.write, [2]

            def limited(batch: Batch) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise OSError(28, "No space left on device")
                write(batch)

            output.write = limited
            return output

        made.open = open_one
        return made

    monkeypatch.setattr(converting, "find_target", failing)
    with pytest.raises(SinkError, match="No space left"):
        convert([tmp_path / "day.mcap"], tmp_path / target, rows=10)
    assert [one.name for one in tmp_path.iterdir()] == ["day.mcap"]


def test_what_is_missing_in_a_recording_is_said(tmp_path: Path) -> None:
    recorded = frames(30)
    with CaptureWriter(tmp_path / "day.mcap", market="stocks") as writer:
        for stamp, text in recorded[:10]:
            writer.add_frame(text, stamp)
        writer.mark(MarkKind.LOST, recorded[10][0], code=1006, reason="")
        writer.mark(MarkKind.LOST, recorded[10][0], code=1006, reason="", resumes=True)
        writer.add_frame(b"no JSON", recorded[11][0])
        for stamp, text in recorded[12:]:
            writer.add_frame(text, stamp)
    account = convert([tmp_path / "day.mcap"], tmp_path / "ticks")
    assert [mark.kind for mark in account.gaps] == [MarkKind.LOST]
    assert account.bad_frames == 1


def test_recordings_of_several_markets_need_a_choice(tmp_path: Path) -> None:
    record(tmp_path / "a.mcap", frames(10))
    record(tmp_path / "b.mcap", frames(10, market="crypto"), market="crypto")
    paths = [tmp_path / "a.mcap", tmp_path / "b.mcap"]
    with pytest.raises(UsageError, match=r"of (stocks|crypto) and of"):
        convert(paths, tmp_path / "ticks")
    assert files(tmp_path) == ["a.mcap", "b.mcap"]
    account = convert(paths, tmp_path / "ticks", market="crypto")
    assert account.market == "crypto"
    assert account.passed_over > 0


def test_a_descriptor_and_an_empty_recording(tmp_path: Path) -> None:
    record(tmp_path / "day.mcap", [])
    descriptor = os.open(tmp_path / "day.mcap", os.O_RDONLY)
    try:
        account = convert([descriptor], tmp_path / "ticks")
    finally:
        os.close(descriptor)
    assert account.events == {}
    assert account.market is None


def test_progress_ends_with_all_of_it(recording: tuple[Path, Batch], tmp_path: Path) -> None:
    path, events = recording
    told: list[tuple[int, int, int]] = []

    class Progress:
        def advance(self, done_bytes: int, total_bytes: int, events: int) -> None:
            told.append((done_bytes, total_bytes, events))

    convert([path], tmp_path / "ticks", progress=Progress())
    size = path.stat().st_size
    assert told[-1] == (size, size, sum(map(events.count, channels_of(events))))
    assert all(done <= total for done, total, _ in told)


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    record(tmp_path / "day.mcap", frames(5))
    for options, message in (
        ({"target": "day.xlsx"}, "says no format"),
        ({"target": "day.mcap"}, "exists"),
        ({"target": "x", "channels": ["XT"]}, "not a channel"),
        ({"target": "x", "market": "bonds"}, "bonds"),
        ({"target": "x", "rows": 0}, "rows=0"),
    ):
        arguments: dict[str, Any] = {**options, "target": tmp_path / str(options["target"])}
        with pytest.raises(UsageError, match=message):
            convert([tmp_path / "day.mcap"], **arguments)
    with pytest.raises(CaptureError):
        convert([tmp_path / "none.mcap"], tmp_path / "x")
    assert files(tmp_path) == ["day.mcap"]


def test_one_channel_as_one_batch(recording: tuple[Path, Batch]) -> None:
    path, events = recording
    for channel in channels_of(events):
        batch = read_channel(path, channel=channel)
        assert batch.dicts() == events.select(channel).dicts()
        assert len(batch.to_polars(channel)) == events.count(channel)
        assert len(batch.to_pandas(channel)) == events.count(channel)
    assert len(read_channel(path, channel="T", symbols=["NOBODY"])) == 0
    middle = frames(200)[100][0]
    parts = [
        read_channel(path, channel="T", end_ns=middle),
        read_channel(path, channel="T", start_ns=middle),
    ]
    assert concat(parts).dicts() == events.select("T").dicts()


def test_one_channel_of_a_recording_without_events(tmp_path: Path) -> None:
    record(tmp_path / "day.mcap", [])
    with pytest.raises(UsageError, match="no event"):
        read_channel(tmp_path / "day.mcap", channel="T")
    assert len(read_channel(tmp_path / "day.mcap", channel="T", market="stocks")) == 0
