from __future__ import annotations

import errno
import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import CaptureError, UsageError
from fastpoly.capture import CaptureWriter, MarkKind
from tests.unit.capture.material import (
    START_NS,
    Frames,
    frames,
    frames_of,
    marks_of,
    oracle,
    oracle_stream,
    read,
    record,
)

RECORDED = frames(300)


def of_frames(path: Path) -> Frames:
    return [(stamp, data) for topic, stamp, data in oracle(path) if topic.startswith("frames/")]


def wait_until(condition: Callable[[], bool]) -> None:
    """Polls what another thread changes; the test's own limit ends it."""
    while not condition():
        time.sleep(0.002)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "none"},
        {"level": 9},
        {"level": -5},
        {"chunk_bytes": 4096, "max_buffer_bytes": 64 << 20},
        {"chunk_bytes": 4096, "max_buffer_bytes": 64 << 20, "compression": "none"},
        {"sync": True},
    ],
    ids=str,
)
def test_the_mcap_package_reads_every_frame(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "day.mcap"
    stats = record(path, RECORDED, **options)
    assert of_frames(path) == RECORDED
    assert stats.written_frames == stats.frames == len(RECORDED)
    assert stats.dropped_frames == 0
    assert stats.file_bytes == path.stat().st_size
    assert stats.error is None


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    record(path, RECORDED, metadata={"desk": "one"})
    kinds = [type(found).__name__ for found in oracle_stream(path)]
    assert kinds[:2] == ["Header", "Metadata"]
    assert kinds[-1] == "Footer"
    assert {"Statistics", "ChunkIndex", "MetadataIndex", "SummaryOffset"} <= set(kinds)
    head, about = oracle_stream(path)[:2]
    assert head.profile == "fastpoly"
    assert about.metadata["market"] == "stocks"
    assert about.metadata["desk"] == "one"
    statistics = next(found for found in oracle_stream(path) if hasattr(found, "chunk_count"))
    assert statistics.message_count == len(RECORDED)
    assert statistics.message_start_time == RECORDED[0][0]
    assert statistics.message_end_time == RECORDED[-1][0]
    assert statistics.chunk_count == kinds.count("Chunk") or "Chunk" not in kinds


def test_marks_stand_among_the_frames(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks") as writer:
        writer.mark(MarkKind.CONNECTED, START_NS)
        writer.add_frame(RECORDED[0][1], START_NS + 1)
        writer.mark(MarkKind.SUBSCRIBED, START_NS + 2, params=["T.*"])
    topics = [topic for topic, _, _ in oracle(path)]
    assert topics == ["session", "frames/stocks", "session"]
    found = read(path)
    assert [mark.kind for mark in marks_of(found)] == [MarkKind.CONNECTED, MarkKind.SUBSCRIBED]
    assert marks_of(found)[1].detail == {"params": ["T.*"]}
    assert marks_of(found)[1].at_ns == START_NS + 2


def test_batches_are_copied_with_the_time_of_each_frame(tmp_path: Path) -> None:
    first, second = tmp_path / "first.mcap", tmp_path / "second.mcap"
    record(first, RECORDED)
    with CaptureWriter(second, market="stocks") as writer:
        for batch in read(first):
            writer.add(batch)
    assert of_frames(second) == RECORDED
    assert writer.stats().events == sum(text.count(b'"ev"') for _, text in RECORDED)


def test_parts_of_a_batch_give_each_frame_once(tmp_path: Path) -> None:
    first, second = tmp_path / "first.mcap", tmp_path / "second.mcap"
    record(first, RECORDED)
    with CaptureWriter(second, market="stocks") as writer:
        for batch in read(first):
            for start in range(0, len(batch), 7):
                writer.add(batch[start : start + 7])
    assert of_frames(second) == RECORDED


def test_batches_without_their_frames_and_selections_are_refused(tmp_path: Path) -> None:
    from fastpoly import decode

    path = tmp_path / "day.mcap"
    record(path, RECORDED[:3])
    with CaptureWriter(tmp_path / "other.mcap", market="stocks") as writer:
        with pytest.raises(UsageError, match="not kept"):
            writer.add(decode(RECORDED[0][1]))
        with pytest.raises(UsageError, match="selection"):
            writer.add(read(path)[0].select("T"))
    with pytest.raises(UsageError, match="closed"):
        writer.add_frame(b"[]", START_NS)


@given(
    st.lists(st.tuples(st.integers(0, 2**62), st.binary(max_size=3000)), min_size=1, max_size=60),
    st.integers(1 << 10, 1 << 13),
    st.sampled_from(["zstd", "none"]),
)
def test_any_frame_with_any_stamp_is_kept(
    tmp_path_factory: pytest.TempPathFactory, made: Frames, chunk: int, compression: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "day.mcap"
    stats = record(path, made, chunk_bytes=chunk, compression=compression)
    assert of_frames(path) == made
    assert stats.nbytes == stats.written_bytes == sum(len(text) for _, text in made)


# ------------------------------------------------------------------------------- one file or more


def test_a_file_that_exists_is_not_replaced_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    record(path, RECORDED)
    before = path.read_bytes()
    with pytest.raises(CaptureError, match="overwrite=True") as caught:
        CaptureWriter(path, market="stocks")
    assert caught.value.errno == errno.EEXIST
    assert caught.value.path == str(path)
    assert path.read_bytes() == before
    record(path, RECORDED[:5], overwrite=True)
    assert of_frames(path) == RECORDED[:5]


def test_files_rotate_by_size(tmp_path: Path) -> None:
    stats = record(
        tmp_path / "day.mcap", RECORDED, chunk_bytes=8192, max_file_bytes=20_000, compression="none"
    )
    names = [tmp_path / "day.mcap"]
    names += [tmp_path / f"day-{number}.mcap" for number in range(2, stats.files + 1)]
    assert stats.files > 3
    assert set(tmp_path.iterdir()) == set(names)
    assert [frame for name in names for frame in of_frames(name)] == RECORDED
    assert stats.file_bytes == sum(name.stat().st_size for name in names)


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("rotate", "market", "stamps", "names"),
    [
        # Midnight in New York is 04:00 UTC in summer and 05:00 in winter.
        (
            "day",
            "stocks",
            [at(2026, 6, 17, 3, 59), at(2026, 6, 17, 4, 0), at(2026, 6, 18, 3, 59)],
            ["-2026-06-16", "-2026-06-17"],
        ),
        (
            "day",
            "stocks",
            [at(2026, 12, 1, 4, 59), at(2026, 12, 1, 5, 0)],
            ["-2026-11-30", "-2026-12-01"],
        ),
        # The day that has 25 hours.
        (
            "day",
            "crypto",
            [at(2026, 11, 1, 4, 0), at(2026, 11, 2, 4, 59), at(2026, 11, 2, 5, 0)],
            ["-2026-11-01", "-2026-11-02"],
        ),
        # Trading days that begin in the evening before.
        (
            "day",
            "futures",
            [at(2026, 6, 16, 21, 59), at(2026, 6, 16, 22, 0)],
            ["-2026-06-16", "-2026-06-17"],
        ),
        (
            1,
            "stocks",
            [at(2026, 6, 17, 14, 59), at(2026, 6, 17, 15, 0)],
            ["-20260617T14Z", "-20260617T15Z"],
        ),
    ],
)
def test_files_rotate_by_time(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rotate: str | int,
    market: str,
    stamps: list[int],
    names: list[str],
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: stamps[0])
    record(tmp_path / "d.mcap", [(stamp, b"[]") for stamp in stamps], market=market, rotate=rotate)
    assert sorted(path.stem for path in tmp_path.iterdir()) == [f"d{name}" for name in names]
    found = [frame for name in names for frame in of_frames(tmp_path / f"d{name}.mcap")]
    assert [stamp for stamp, _ in found] == stamps


def test_a_restart_within_a_period_takes_the_next_number(tmp_path: Path) -> None:
    for _ in range(3):
        record(tmp_path / "d.mcap", RECORDED, rotate=24)
    assert len(list(tmp_path.glob("d-*Z.mcap"))) >= 1
    assert len(list(tmp_path.glob("d-*Z-2.mcap"))) >= 1
    for path in tmp_path.iterdir():
        oracle(path)


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "lz4"},
        {"level": 99},
        {"chunk_bytes": 1},
        {"chunk_s": 0},
        {"max_buffer_bytes": 1},
        {"max_file_bytes": 0},
        {"rotate": "week"},
        {"rotate": 0},
        {"market": "stonks"},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, options: dict) -> None:
    with pytest.raises(UsageError):
        CaptureWriter(tmp_path / "day.mcap", **{"market": "stocks", **options})
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------ trouble


def test_no_permission_and_no_folder_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="folder") as caught:
        CaptureWriter(tmp_path / "none" / "day.mcap", market="stocks")
    assert caught.value.errno == errno.ENOENT
    (tmp_path / "folder.mcap").mkdir()
    with pytest.raises(CaptureError, match="is a folder") as caught:
        CaptureWriter(tmp_path / "folder.mcap", market="stocks", overwrite=True)
    assert caught.value.errno == errno.EISDIR
    locked = tmp_path / "locked"
    locked.mkdir(0o500)
    if os.geteuid():
        with pytest.raises(CaptureError, match="permission") as caught:
            CaptureWriter(locked / "day.mcap", market="stocks")
        assert caught.value.errno == errno.EACCES


def test_a_full_disk_costs_the_caller_nothing_and_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The limit on a file's size stands for the disk; what was written before it stays readable."""
    path = tmp_path / "day.mcap"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = CaptureWriter(path, market="stocks", chunk_bytes=8192, compression="none")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        for stamp, text in RECORDED:
            writer.add_frame(text, stamp)
        with pytest.raises(CaptureError) as caught:
            writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.EFBIG
    stats = writer.stats()
    assert stats.error is not None
    assert "rotate" in str(stats.error)
    assert stats.frames == len(RECORDED) == stats.written_frames + stats.dropped_frames
    assert 0 < stats.written_frames < len(RECORDED)
    assert stats.gaps == 1
    assert any("failed" in entry.message for entry in caplog.records)
    assert frames_of(read(path)) == RECORDED[: stats.written_frames]


def test_it_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with CaptureWriter(
        path, market="stocks", chunk_bytes=8192, compression="none", max_buffer_bytes=20_000
    ) as writer:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
        try:
            for stamp, text in cycle(RECORDED):
                writer.add_frame(text, stamp)
                if writer.stats().error is not None:
                    break
            for stamp, text in RECORDED[:200]:
                writer.add_frame(text, stamp)
            dropped = writer.stats().dropped_frames
            assert dropped > 0
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        wait_until(lambda: writer.stats().error is None and not writer.stats().buffered_bytes)
        writer.add_frame(RECORDED[-1][1], RECORDED[-1][0])
    stats = writer.stats()
    assert stats.error is None
    assert stats.written_frames == stats.frames - stats.dropped_frames
    assert len(of_frames(path)) == stats.written_frames
    gaps = [mark for mark in marks_of(read(path)) if mark.kind is MarkKind.GAP]
    assert sum(gap.detail["frames"] for gap in gaps) == stats.dropped_frames
    assert {gap.detail["cause"] for gap in gaps} <= {"buffer_full", "write_failed"}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_device_that_is_full_is_told_at_once() -> None:
    with pytest.raises(CaptureError, match="full") as caught:
        CaptureWriter("/dev/full", market="stocks", overwrite=True)
    assert caught.value.errno == errno.ENOSPC


def test_a_folder_that_vanished_is_reported_and_made_good_later(tmp_path: Path) -> None:
    folder = tmp_path / "today"
    folder.mkdir()
    with CaptureWriter(folder / "day.mcap", market="stocks", chunk_s=0.01) as writer:
        writer.add_frame(RECORDED[0][1], RECORDED[0][0])
        wait_until(lambda: writer.stats().written_frames == 1)
        shutil.rmtree(folder)
        writer.add_frame(RECORDED[1][1], RECORDED[1][0])
        wait_until(lambda: writer.stats().error is not None)
        assert writer.stats().error.errno == errno.ENOENT
        folder.mkdir()
        wait_until(lambda: writer.stats().error is None)
        writer.add_frame(RECORDED[2][1], RECORDED[2][0])
    (path,) = folder.iterdir()
    assert of_frames(path) == RECORDED[1:3]


def test_a_buffer_that_overflows_is_counted_and_announced(tmp_path: Path) -> None:
    """A pipe that nobody reads is a disk that stands still."""
    pipe, copied = tmp_path / "pipe.mcap", tmp_path / "copied.mcap"
    os.mkfifo(pipe)
    # Closed whatever comes of it: the writer, which nobody else would let end, then has an error.
    with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reading:
        # Not a chunk has room in it, or the writer would have room again after the first loss.
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, 4 << 10)
        writer = CaptureWriter(
            pipe,
            market="stocks",
            overwrite=True,
            compression="none",
            chunk_bytes=16 << 10,
            max_buffer_bytes=64 << 10,
        )
        for stamp, text in RECORDED:
            writer.add_frame(text, stamp)
        stats = writer.stats()
        assert stats.dropped_frames > 0
        assert stats.gaps == 1
        os.set_blocking(reading.fileno(), True)
        with copied.open("wb") as out:
            drain = subprocess.Popen(["cat"], stdin=reading, stdout=out)
    wait_until(lambda: writer.stats().buffered_bytes == 0)
    for stamp, text in RECORDED[:10]:
        writer.add_frame(text, stamp)
    writer.close()
    drain.wait()
    stats = writer.stats()
    assert stats.frames == len(RECORDED) + 10 == stats.written_frames + stats.dropped_frames
    assert stats.nbytes == stats.written_bytes + stats.dropped_bytes
    assert stats.buffered_bytes == 0
    (gap,) = [mark for mark in marks_of(read(copied)) if mark.kind is MarkKind.GAP]
    assert gap.detail["cause"] == "buffer_full"
    assert gap.detail["frames"] == stats.dropped_frames
    assert gap.detail["bytes"] == stats.dropped_bytes
    assert len(of_frames(copied)) == stats.written_frames


KILLED = """
import sys
from fastpoly.capture import CaptureWriter
from tests.unit.capture.material import frames
writer = CaptureWriter(sys.argv[1], market="stocks", chunk_bytes=16384, chunk_s=60)
for stamp, text in frames(300):
    writer.add_frame(text, stamp)
while writer.stats().written_frames < 200:
    pass
print(writer.stats().written_frames, flush=True)
sys.stdin.read()
"""


def test_a_writer_that_is_killed_leaves_all_but_the_chunk_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout is not None
        written = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    found = read(path)
    kept = frames_of(found)
    assert len(kept) >= written
    assert kept == RECORDED[: len(kept)]
    (gap,) = marks_of(found)
    assert gap.detail["cause"] == "damaged"


FORGOTTEN = """
import sys
from fastpoly.capture import CaptureWriter
writer = CaptureWriter(sys.argv[1], market="stocks", chunk_s=60)
writer.add_frame(b"[]", 1)
"""


def test_a_program_that_forgets_to_close_still_ends_the_file(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    subprocess.run([sys.executable, "-c", FORGOTTEN, path], check=True)
    assert of_frames(path) == [(1, b"[]")]


def test_no_frame_waits_longer_than_told(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks", chunk_s=0.02) as writer:
        writer.add_frame(b"[]", START_NS)
        wait_until(lambda: writer.stats().chunks == 1)
        assert frames_of(read(path)) == [(START_NS, b"[]")]
