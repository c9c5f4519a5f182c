from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastpoly import CaptureError
from fastpoly.capture import CaptureReader, CaptureWriter, MarkKind, repair
from tests.unit.capture.material import (
    START_NS,
    chunks,
    foreign,
    frames,
    frames_of,
    marks_of,
    oracle,
    read,
    record,
)

RECORDED = frames(200)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks", chunk_bytes=8192) as writer:
        writer.mark(MarkKind.CONNECTED, START_NS)
        for stamp, text in RECORDED:
            writer.add_frame(text, stamp)
    return path


def test_a_cut_file_becomes_a_whole_one(day: Path, tmp_path: Path) -> None:
    os.truncate(day, day.stat().st_size * 2 // 3)
    before = day.read_bytes()
    kept = frames_of(read(day))
    out = tmp_path / "repaired.mcap"
    account = repair(day, out)
    assert day.read_bytes() == before
    assert account.frames == len(kept)
    assert account.marks == 1
    assert len(account.damage) == 1
    assert account.nbytes == out.stat().st_size
    found = read(out)
    assert frames_of(found) == kept
    assert [mark.kind for mark in marks_of(found)] == [MarkKind.CONNECTED, MarkKind.GAP]
    assert marks_of(found)[-1].detail["cause"] == "damaged"
    with CaptureReader(out) as reader:
        (about,) = reader.begin()
    assert about.complete
    assert about.indexed
    assert about.metadata["market"] == "stocks"
    assert about.metadata["repaired_from"] == "day.mcap"
    assert len(oracle(out)) == len(kept) + 2


def test_a_damaged_chunk_is_left_out_and_marked(day: Path, tmp_path: Path) -> None:
    data = bytearray(day.read_bytes())
    offset, size = list(chunks(day))[3]
    data[offset + size // 2] ^= 1
    day.write_bytes(data)
    account = repair(day, tmp_path / "repaired.mcap")
    (damage,) = account.damage
    assert (damage.offset, damage.nbytes) == (offset, size)
    assert damage.first_ns <= damage.last_ns
    assert account.frames == len(frames_of(read(day))) < len(RECORDED)


def test_a_whole_file_stays_what_it_is(day: Path, tmp_path: Path) -> None:
    account = repair(day, tmp_path / "repaired.mcap")
    assert account.damage == ()
    assert frames_of(read(tmp_path / "repaired.mcap")) == RECORDED


def test_files_of_others_are_repaired_too(tmp_path: Path) -> None:
    path, out = tmp_path / "theirs.mcap", tmp_path / "ours.mcap"
    foreign(path, RECORDED, chunk_size=4096)
    os.truncate(path, path.stat().st_size // 2)
    account = repair(path, out, market="stocks")
    assert 0 < account.frames < len(RECORDED)
    assert frames_of(read(out)) == RECORDED[: account.frames]


def test_nothing_is_replaced(day: Path, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="another file"):
        repair(day, day, overwrite=True)
    record(tmp_path / "there.mcap", RECORDED[:1])
    with pytest.raises(CaptureError, match="overwrite=True"):
        repair(day, tmp_path / "there.mcap")
    (tmp_path / "noise").write_bytes(b"noise" * 100)
    with pytest.raises(CaptureError, match="not a recording"):
        repair(tmp_path / "noise", tmp_path / "out.mcap")
