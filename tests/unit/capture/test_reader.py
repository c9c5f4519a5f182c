from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from mcap.writer import CompressionType, IndexType

from fastpoly import Batch, CaptureError, UsageError, decode
from fastpoly.capture import CaptureReader, CaptureWriter, Mark, MarkKind
from tests.unit.capture.material import (
    START_NS,
    STEP_NS,
    chunks,
    foreign,
    frames,
    frames_of,
    marks_of,
    read,
    record,
)

RECORDED = frames(200)
SMALL = {"chunk_bytes": 8192, "max_buffer_bytes": 64 << 20}


@pytest.fixture
def day(tmp_path: Path) -> Path:
    path = tmp_path / "day.mcap"
    record(path, RECORDED, **SMALL)
    return path


# --------------------------------------------------------------------------------- what is whole


def test_every_frame_comes_back_decoded_and_with_its_time(day: Path) -> None:
    found = read(day)
    assert frames_of(found) == RECORDED
    events = [event for batch in found for event in batch.dicts()]
    assert events == [event for _, text in RECORDED for event in decode(text).dicts()]


def test_batches_hold_several_frames_up_to_a_size(day: Path) -> None:
    for batch in read(day)[:-1]:
        sizes = [len(text) for text in batch.raw()]
        assert batch.nbytes == sum(sizes)
        assert sum(sizes[:-1]) < 64 << 10 <= sum(sizes)
    assert all(len(batch.raw()) == 1 for batch in read(day, batch_bytes=1))


def test_batches_part_where_receive_times_differ_too_much(day: Path) -> None:
    for batch in read(day, max_spread_ns=2 * STEP_NS):
        stamps = [frame.received_ns for frame in batch.frames()]
        assert stamps[-1] - stamps[0] <= 2 * STEP_NS
        assert batch.received_ns == stamps[-1]
    assert frames_of(read(day, max_spread_ns=0)) == RECORDED


def test_text_is_kept_only_where_it_is_wanted(day: Path) -> None:
    with CaptureReader(day) as reader:
        batch = reader.read()
        assert isinstance(batch, Batch)
        with pytest.raises(UsageError, match="not kept"):
            batch.raw()


@pytest.mark.parametrize("cut", [0, 40])
def test_a_range_of_time_is_read_with_an_index_and_without(day: Path, cut: int) -> None:
    os.truncate(day, day.stat().st_size - cut)
    start, end = RECORDED[50][0], RECORDED[120][0]
    found = read(day, start_ns=start, end_ns=end)
    assert frames_of(found) == RECORDED[50:120]
    assert frames_of(read(day, start_ns=end)) == RECORDED[120:]
    assert frames_of(read(day, end_ns=start)) == RECORDED[:50]
    assert frames_of(read(day, start_ns=2**62)) == []


def test_an_index_spares_reading_what_is_not_wanted(day: Path) -> None:
    with CaptureReader(day, start_ns=RECORDED[-2][0]) as reader:
        list(reader)
        (account,) = reader.files()
    assert account.indexed
    assert account.chunks < len(list(chunks(day))) / 4


def test_files_are_merged_by_receive_time(tmp_path: Path) -> None:
    rng = Random(1)
    parts: list[list[tuple[int, bytes]]] = [[], [], []]
    for frame in RECORDED:
        rng.choice(parts).append(frame)
    paths = [tmp_path / f"{i}.mcap" for i in range(3)]
    for path, part in zip(paths, parts, strict=True):
        record(path, part, **SMALL)
    assert frames_of(read(*paths)) == RECORDED


def test_markets_are_parted(tmp_path: Path) -> None:
    crypto = frames(50, market="crypto")
    record(tmp_path / "a.mcap", RECORDED[:50])
    record(tmp_path / "b.mcap", crypto, market="crypto")
    found = read(tmp_path / "a.mcap", tmp_path / "b.mcap")
    assert {batch.market for batch in found} == {"stocks", "crypto"}
    assert len(frames_of(found)) == 100


def test_a_pipe_is_read_as_a_file(day: Path) -> None:
    reading, writing = os.pipe()

    def pour() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(day.read_bytes())

    thread = threading.Thread(target=pour)
    thread.start()
    found = read(reading)
    os.close(reading)
    thread.join()
    assert frames_of(found) == RECORDED
    assert not marks_of(found)


def test_a_file_that_is_being_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks", **SMALL) as writer:
        for stamp, text in RECORDED:
            writer.add_frame(text, stamp)
        while writer.stats().written_frames < 100:
            pass
        found = frames_of(read(path))
    assert len(found) >= 100
    assert found == RECORDED[: len(found)]


def test_frames_that_are_no_json_are_told_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    made = [RECORDED[0], (START_NS + STEP_NS, b'[{"ev":"T"'), RECORDED[2]]
    record(path, made)
    with CaptureReader(path) as reader:
        first, bad, second = reader
        assert reader.bad_frames == 1
    assert isinstance(first, Batch)
    assert isinstance(second, Batch)
    assert isinstance(bad, Mark)
    assert bad.kind is MarkKind.BAD_FRAME
    assert bad.at_ns == made[1][0]
    assert bad.detail["frame"] == made[1][1]


# --------------------------------------------------------------------------------- other writers


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": CompressionType.NONE},
        {"use_chunking": False},
        {"index_types": IndexType.NONE},
        {"enable_crcs": False},
        {"use_statistics": False},
        {"chunk_size": 4096, "enable_data_crcs": True},
        {"repeat_channels": False, "repeat_schemas": False, "index_types": IndexType.NONE},
    ],
    ids=str,
)
def test_files_of_the_mcap_package_are_read(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "theirs.mcap"
    foreign(path, RECORDED, **options)
    assert frames_of(read(path, market="stocks")) == RECORDED
    assert not marks_of(read(path, market="stocks"))


def test_the_market_is_said_by_the_channel_or_by_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "theirs.mcap"
    foreign(path, RECORDED[:3], metadata={"market": "stocks"})
    assert frames_of(read(path)) == RECORDED[:3]
    foreign(path, RECORDED[:3], topic="frames/stocks/1")
    assert frames_of(read(path)) == RECORDED[:3]
    foreign(path, RECORDED[:3])
    with pytest.raises(UsageError, match="pass market="):
        read(path)


def test_compression_that_is_not_known_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "theirs.mcap"
    foreign(path, RECORDED, compression=CompressionType.LZ4)
    with pytest.raises(CaptureError, match="lz4"):
        read(path, market="stocks")
    os.truncate(path, path.stat().st_size - 20)
    with pytest.raises(CaptureError, match="lz4"):
        read(path, market="stocks")


def test_what_is_no_recording_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "text.mcap"
    path.write_bytes(b"time,symbol,price\n" * 1000)
    with pytest.raises(CaptureError, match="not a recording"):
        read(path)
    with pytest.raises(CaptureError, match="folder"):
        read(tmp_path / "none.mcap")
    with pytest.raises(UsageError):
        CaptureReader()


# ------------------------------------------------------------------------------ cut and damaged


def test_cut_at_any_byte_it_gives_all_whole_chunks_and_says_so(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mcap"
    made = frames(24, 2)
    record(whole, made, chunk_bytes=1024)
    data = whole.read_bytes()
    places = list(chunks(whole))
    assert len(places) > 4
    per_chunk = _frames_per_chunk(whole)
    path = tmp_path / "cut.mcap"
    for size in range(len(data)):
        path.write_bytes(data[:size])
        kept = sum(
            count
            for (offset, length), count in zip(places, per_chunk, strict=True)
            if offset + length <= size
        )
        if size < 8:
            with pytest.raises(CaptureError, match="not a recording"):
                read(path)
            continue
        found = read(path)
        assert frames_of(found) == made[:kept], size
        assert marks_of(found), size
        assert all(mark.detail["cause"] == "damaged" for mark in marks_of(found))


def _frames_per_chunk(path: Path) -> list[int]:
    """How many frames each chunk has, from the message index after it."""
    data = path.read_bytes()
    counts = []
    for offset, size in chunks(path):
        at = offset + size
        assert data[at] == 7
        counts.append(int.from_bytes(data[at + 11 : at + 15], "little") // 16)
    return counts


@pytest.mark.parametrize("compression", ["zstd", "none"])
@pytest.mark.parametrize("seekable", [True, False])
def test_a_flipped_bit_costs_its_chunk_at_most_and_is_announced(
    tmp_path: Path, compression: str, seekable: bool
) -> None:
    whole = tmp_path / "whole.mcap"
    made = frames(60, 4)
    record(whole, made, chunk_bytes=2048, compression=compression)
    data = bytearray(whole.read_bytes())
    per_chunk = _frames_per_chunk(whole)
    places = list(chunks(whole))
    path = tmp_path / "flipped.mcap"
    rng = Random(1)
    for at in range(0, len(data), 100):
        bit = 1 << rng.randrange(8)
        data[at] ^= bit
        path.write_bytes(data)
        data[at] ^= bit
        found, damage = _read_flipped(path, seekable)
        kept = frames_of(found)
        if kept == made:
            continue
        hit = [i for i, (offset, size) in enumerate(places) if offset <= at < offset + size]
        assert hit, f"byte {at} is in no chunk, and frames are missing"
        before = sum(per_chunk[: hit[0]])
        assert kept == made[:before] + made[before + per_chunk[hit[0]] :], at
        assert damage, at
        gaps = [mark for mark in marks_of(found) if mark.kind is MarkKind.GAP]
        assert gaps, at


def _read_flipped(path: Path, seekable: bool) -> tuple[list[Batch | Mark], int]:
    if seekable:
        with CaptureReader(path, keep_frames=True) as reader:
            found = list(reader)
            return found, len(reader.damage)
    reading, writing = os.pipe()
    data = path.read_bytes()
    thread = threading.Thread(target=_pour, args=(writing, data))
    thread.start()
    with CaptureReader(reading, keep_frames=True) as reader:
        os.close(reading)
        found = list(reader)
        damage = len(reader.damage)
    thread.join()
    return found, damage


def _pour(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def test_two_chunks_and_the_index_damaged_cost_these_two(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    record(path, RECORDED, **SMALL)
    per_chunk, places = _frames_per_chunk(path), list(chunks(path))
    data = bytearray(path.read_bytes())
    data[places[2][0] + 2] ^= 0xFF  # the record's length
    data[places[5][0] + 200] ^= 0xFF  # its packed records
    data[-20] ^= 0xFF  # the footer
    path.write_bytes(data)
    found = read(path)
    gone = {2, 5}
    kept = [
        frame
        for i, count in enumerate(per_chunk)
        if i not in gone
        for frame in RECORDED[sum(per_chunk[:i]) : sum(per_chunk[:i]) + count]
    ]
    assert frames_of(found) == kept
    assert len(marks_of(found)) >= 2


def test_random_bytes_never_do_harm(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    made = frames(40)
    record(path, made, chunk_bytes=2048)
    data = path.read_bytes()
    rng = Random(3)
    for _ in range(150):
        mangled = bytearray(data)
        for _ in range(rng.randrange(1, 8)):
            start = rng.randrange(len(mangled))
            size = rng.randrange(1, 40)
            mangled[start : start + size] = rng.randbytes(rng.choice((0, size, size + 5)))
        path.write_bytes(mangled)
        with suppress(CaptureError):
            assert set(frames_of(read(path, market="stocks"))) <= set(made)
