"""``fastpoly convert``: exit codes, and what is said where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fastpoly import Batch
from fastpoly.capture import CaptureReader
from fastpoly.cli.commands import run
from fastpoly.cli.terminal import ExitCode
from tests.day_files import day_file, read, rows
from tests.unit.capture.material import frames, record


@pytest.fixture
def recording(tmp_path: Path) -> str:
    record(tmp_path / "day.mcap", frames(20))
    return str(tmp_path / "day.mcap")


def test_it_says_what_it_wrote(
    recording: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["convert", recording, str(tmp_path / "all.jsonl")]) == ExitCode.OK
    out, err = capfd.readouterr()
    lines = (tmp_path / "all.jsonl").read_bytes().splitlines()
    assert out == ""
    assert f"{len(lines):,} events" in err
    assert all(json.loads(line)["ev"] for line in lines)


def test_it_says_nothing_where_that_is_wished(
    recording: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["convert", recording, str(tmp_path / "t.csv"), "--channels", "T", "--quiet"]
    assert run(arguments) == ExitCode.OK
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "t.csv").exists()


def test_what_exists_is_replaced_by_force_alone(
    recording: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "all.jsonl").write_text("old")
    arguments = ["convert", recording, str(tmp_path / "all.jsonl")]
    assert run(arguments) == ExitCode.USAGE
    assert "--force" in capfd.readouterr().err
    assert (tmp_path / "all.jsonl").read_text() == "old"
    assert run([*arguments, "--force"]) == ExitCode.OK
    assert (tmp_path / "all.jsonl").read_text() != "old"


def test_conditions_and_symbols(recording: str, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    options = ["--channels", "T, Q", "--symbols", "NOBODY", "--where", "sequence_number > 3"]
    assert run(["convert", recording, str(target), *options]) == ExitCode.OK
    assert target.read_bytes() == b""


def test_a_span_of_time(recording: str, tmp_path: Path) -> None:
    """What `cat` and `replay` take by the same options."""
    with CaptureReader(recording) as reader:
        stamps = [
            frame.received_ns
            for found in reader
            if isinstance(found, Batch)
            for frame in found.frames()
            for _ in frame
        ]
    start, end = sorted(set(stamps))[1:3]
    target = tmp_path / "all.jsonl"
    options = ["--start", str(start), "--end", str(end)]
    assert run(["convert", recording, str(target), *options]) == ExitCode.OK
    assert len(target.read_bytes().splitlines()) == stamps.count(start) > 0
    options = ["--start", "2199-01-01", "--force"]
    assert run(["convert", recording, str(target), *options]) == ExitCode.OK
    assert target.read_bytes() == b""
    assert run(["convert", recording, str(target), "--start", "noon"]) == ExitCode.USAGE


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--channels", "XT"], ExitCode.USAGE, "not a channel"),
        (["--channels", ","], ExitCode.USAGE, "names nothing"),
        (["--where", "size >"], ExitCode.USAGE, "size >"),
        (["--market", "crypto"], ExitCode.OK, "events of other markets"),
    ],
)
def test_what_is_wrong_is_said(
    recording: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    options: list[str],
    code: ExitCode,
    said: str,
) -> None:
    assert run(["convert", recording, str(tmp_path / "ticks"), *options]) == code
    assert said in capfd.readouterr().err


def test_what_is_no_recording(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.mcap").write_bytes(b"no recording")
    target = tmp_path / "ticks"
    assert run(["convert", str(tmp_path / "x.mcap"), str(target)]) == ExitCode.FAILED
    assert "not a recording" in capfd.readouterr().err
    assert run(["convert", str(tmp_path / "none.mcap"), str(target)]) == ExitCode.FAILED


def test_a_day_file_to_a_recording(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = day_file(tmp_path, "stocks trades", rows("stocks trades"))
    target = tmp_path / "day.mcap"
    options = ["--symbols", "AAB,AAD", "--temporary", str(tmp_path)]
    assert run(["convert", str(path), str(target), *options]) == ExitCode.OK
    assert capfd.readouterr().err.startswith("40 events (T: 40)")
    assert read(target) == read(path, symbols=["AAB", "AAD"])
