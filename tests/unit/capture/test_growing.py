"""A recording that is read while it is written: each frame once, up to a chosen moment exactly."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fastpoly import Batch, UsageError
from fastpoly._core import RecordingCut
from fastpoly.capture import CaptureReader, CaptureWriter, Mark, MarkKind
from fastpoly.capture.growing import FilePlace, GrowingReader
from tests.unit.capture.material import START_NS, chunks, frames, frames_of, marks_of, read, record


def wait_until(condition: Callable[[], bool]) -> None:
    """Polls what another thread changes; the test's own limit ends it."""
    while not condition():
        time.sleep(0.001)


def place_of(reader: GrowingReader, cut: RecordingCut) -> FilePlace:
    wait_until(lambda: reader.place_of(cut) is not None)
    place = reader.place_of(cut)
    assert place is not None
    return place


def read_all(reader: GrowingReader, until: FilePlace, nbytes: int) -> list[Batch | Mark]:
    found: list[Batch | Mark] = []
    while more := reader.read(until, nbytes):
        found += more
    return found


OPTIONS: list[dict[str, Any]] = [
    {},
    {"compression": "none", "chunk_bytes": 1024},
    {"max_file_bytes": 4000, "chunk_bytes": 2048},
    {"max_file_bytes": 1, "chunk_bytes": 4096, "compression": "none"},
    {"rotate": 1, "chunk_bytes": 4096},
    {"rotate": "day", "max_file_bytes": 9000, "chunk_bytes": 1024, "sync": True},
]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_what_was_added_before_a_moment_is_read_up_to_it_and_nothing_else(
    tmp_path: Path, options: dict[str, Any], seed: int
) -> None:
    rng = Random(f"{options} {seed}")
    # Over some hours, and now and then a clock that is put back.
    at_ns, to_add = START_NS, []
    for _, text in frames(400, 3, seed=seed):
        at_ns += rng.choice((1_000_000, 1_000_000, 100 * 1_000_000_000, -5_000_000))
        to_add.append((at_ns, text))
    leaps = [
        after
        for (before, _), (after, _) in itertools.pairwise(to_add)
        if after - before > 1_000_000_000
    ]
    start_ns = rng.choice((0, rng.choice(leaps), rng.choice(leaps)))
    joins_at = rng.randrange(300)
    added: list[tuple[int, bytes]] = []
    got: list[Batch | Mark] = []
    checks = 0
    with CaptureWriter(tmp_path / "day.mcap", market="stocks", **options) as writer:

        def add(count: int) -> None:
            for _ in range(min(count, len(to_add))):
                stamp, text = to_add.pop(0)
                added.append((stamp, text))
                writer.add_frame(text, stamp)

        add(joins_at)
        reader = GrowingReader(writer.recorder, "stocks", start_ns)
        while to_add:
            add(rng.randrange(30))
            cut, before = reader.cut(), len(added)
            if rng.random() < 0.5:
                # What comes after it may be in the files as well by the time they are read.
                add(rng.randrange(30))
                reader.cut()
            got += read_all(reader, place_of(reader, cut), rng.choice((1, 5000, 1 << 20)))
            assert frames_of(got) == [one for one in added[:before] if one[0] >= start_ns]
            checks += 1
        reader.close()
    assert checks > 2
    assert not marks_of(got)


def test_marks_keep_their_place(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path / "day.mcap", market="stocks") as writer:
        reader = GrowingReader(writer.recorder, "stocks", 0)
        for number in range(5):
            writer.add_frame(b'[{"ev":"T","sym":"A","q":%d}]' % number, START_NS + number)
            writer.mark(MarkKind.GAP, START_NS + number, cause="reconnect")
            found = read_all(reader, place_of(reader, reader.cut()), 1)
            assert [type(one) for one in found] == [Batch, Mark]
            # With nothing new there is nothing to read.
            assert read_all(reader, place_of(reader, reader.cut()), 1) == []
        reader.close()


def test_what_the_recorder_dropped_is_said_before_the_moment(tmp_path: Path) -> None:
    texts = frames(400, 10)
    with CaptureWriter(
        tmp_path / "day.mcap", market="stocks", chunk_bytes=4096, max_buffer_bytes=8192
    ) as writer:
        reader = GrowingReader(writer.recorder, "stocks", 0)
        got: list[Batch | Mark] = []
        while not writer.stats().dropped_frames:
            for stamp, text in texts:
                writer.add_frame(text, stamp, events=10)
            got += read_all(reader, place_of(reader, reader.cut()), 1 << 20)
        stats = writer.stats()
        assert stats.gaps >= 1
        assert len(frames_of(got)) == stats.frames - stats.dropped_frames
        missing = [mark.detail for mark in marks_of(got)]
        assert sum(one["frames"] for one in missing) == stats.dropped_frames
        assert {one["cause"] for one in missing} == {"buffer_full"}
        reader.close()


def test_a_file_that_has_gone_is_a_gap_and_the_next_one_is_read(tmp_path: Path) -> None:
    with CaptureWriter(
        tmp_path / "day.mcap", market="stocks", max_file_bytes=1, chunk_bytes=1024
    ) as writer:
        reader = GrowingReader(writer.recorder, "stocks", 0)
        recorded = frames(3)
        for stamp, text in recorded:
            writer.add_frame(text, stamp)
            place = place_of(reader, reader.cut())
        (tmp_path / "day-2.mcap").unlink()
        found = read_all(reader, place, 1 << 20)
        assert frames_of(found) == [recorded[0], recorded[2]]
        (gap,) = marks_of(found)
        assert gap.kind is MarkKind.GAP
        assert gap.detail["cause"] == "damaged"
        assert "day-2.mcap" in gap.detail["reason"]


def test_a_moment_that_is_chosen_when_it_is_closed_is_its_end(tmp_path: Path) -> None:
    recorded = frames(5)
    writer = CaptureWriter(tmp_path / "day.mcap", market="stocks")
    reader = GrowingReader(writer.recorder, "stocks", recorded[2][0])
    for stamp, text in recorded:
        writer.add_frame(text, stamp)
    before = reader.cut()
    writer.close()
    after = reader.cut()
    assert reader.place_of(before) == reader.place_of(after)
    assert frames_of(read_all(reader, place_of(reader, after), 1)) == recorded[2:]


def test_recent_data_is_found_without_what_came_before(tmp_path: Path) -> None:
    with CaptureWriter(
        tmp_path / "day.mcap", market="stocks", chunk_bytes=4096, compression="none"
    ) as writer:
        recorded = frames(500)
        for stamp, text in recorded:
            writer.add_frame(text, stamp)
        reader = GrowingReader(writer.recorder, "stocks", recorded[-1][0])
        file, offset = place_of(reader, reader.cut())
        assert file == 0
        first_file, first = writer.recorder.find(recorded[-1][0])
        assert first_file == 0
        assert offset - 3 * 4096 < first < offset
        assert writer.recorder.find(recorded[-1][0] + 1) == (file, offset)
        assert writer.recorder.find(0)[1] < 1000
        assert frames_of(read_all(reader, (file, offset), 1)) == recorded[-1:]
        reader.close()


def test_a_part_of_a_file_is_what_lies_between_two_chunks(tmp_path: Path) -> None:
    path, recorded = tmp_path / "day.mcap", frames(500)
    record(path, recorded, chunk_bytes=4096)
    (_, _), (begin, size), *_ = chunks(path)
    found = frames_of(read(path, part=(begin, begin + size)))
    at = recorded.index(found[0])
    assert 0 < at < at + len(found) < len(recorded)
    assert recorded[at : at + len(found)] == found
    assert frames_of(read(path, part=(0, begin))) == recorded[:at]
    assert frames_of(read(path, part=(begin, None))) == recorded[at:]
    with pytest.raises(UsageError, match="single file"):
        CaptureReader(path, path, part=(begin, None))
