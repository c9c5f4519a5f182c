"""The ring in shared memory against a model, and what it does with memory that is no ring."""

from __future__ import annotations

import json
import mmap
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastpoly import Batch, UsageError, shard_of
from fastpoly._core import MIN_RING_BYTES, RING_HEAD_BYTES, FrameRing, FrameRingReader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such memory")

ROOT = Path(__file__).parents[3]

RECORD_HEAD = 24
CAPACITY = MIN_RING_BYTES


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = os.memfd_create("ring")
    os.ftruncate(descriptor, RING_HEAD_BYTES + CAPACITY)
    yield descriptor
    os.close(descriptor)


def reader_of(memory: int, **options: Any) -> FrameRingReader:
    return FrameRingReader(memory, os.fstat(memory).st_size, **options)


def frame(number: int, events: int = 1, padding: int = 0) -> bytes:
    return json.dumps(
        [{"ev": "T", "sym": "A" * 8, "i": f"{number}", "x": one} for one in range(events)]
        + [{"ev": "?", "pad": "x" * padding}] * (padding > 0),
        separators=(",", ":"),
    ).encode()


def read_all(reader: FrameRingReader) -> list[Any]:
    found = []
    while (one := reader.read()) is not None:
        found.append(one)
    return found


def test_frames_come_as_they_were_written(memory: int) -> None:
    ring, reader = FrameRing(memory, CAPACITY, "stocks"), reader_of(memory, keep_frames=True)
    assert reader.read() is None
    ring.add_frame(frame(1, 2), 100, 2)
    ring.add_frame(frame(2), 200, 1)
    ring.add_mark(300, b'{"mark":"gap"}')
    ring.add_frame(b"[nonsense", 400)
    ring.add_frame(frame(3), 500, 1)
    batch, mark, bad, last = read_all(reader)
    assert isinstance(batch, Batch)
    assert (batch.market, batch.received_ns, len(batch)) == ("stocks", 200, 3)
    assert batch.raw() == [frame(1, 2), frame(2)]
    assert mark == ("mark", 300, b'{"mark":"gap"}')
    assert bad[:3] == ("bad_frame", 400, b"[nonsense")
    assert [event.id for event in last] == ["3"]
    assert last.received_ns == 500
    assert ring.counts() == (
        4,
        4,
        sum(map(len, (frame(1, 2), frame(2), b"[nonsense", frame(3)))),
        0,
    )
    assert reader.frames_received == 4


def test_a_reader_begins_with_what_comes_next(memory: int) -> None:
    ring = FrameRing(memory, CAPACITY, "stocks")
    ring.add_frame(frame(1), 1)
    reader = reader_of(memory)
    ring.add_frame(frame(2), 2)
    assert reader.backlog > 0
    (batch,) = read_all(reader)
    assert batch.received_ns == 2
    assert reader.backlog == 0


def test_batches_are_bounded(memory: int) -> None:
    ring, reader = FrameRing(memory, CAPACITY, "stocks"), reader_of(memory, batch_bytes=100)
    for number in range(20):
        ring.add_frame(frame(number), number)
    batches = read_all(reader)
    assert len(batches) > 5
    assert [event.id for batch in batches for event in batch] == [str(n) for n in range(20)]


def test_frames_without_events_are_frames_too(memory: int) -> None:
    ring, reader = FrameRing(memory, CAPACITY, "stocks"), reader_of(memory, keep_frames=True)
    ring.add_frame(b"[]", 1)
    (batch,) = read_all(reader)
    assert (len(batch), batch.raw()) == (0, [b"[]"])


def test_an_empty_frame_costs_nothing_else(memory: int) -> None:
    ring, reader = FrameRing(memory, CAPACITY, "stocks"), reader_of(memory, keep_frames=True)
    ring.add_frame(b"", 1)
    ring.add_frame(frame(1), 2)
    events = [event for batch in read_all(reader) if isinstance(batch, Batch) for event in batch]
    assert len(events) == 1


def test_what_is_too_large_is_left_out_and_said(memory: int) -> None:
    ring, reader = FrameRing(memory, CAPACITY, "stocks"), reader_of(memory)
    ring.add_frame(b"[" + b" " * CAPACITY + b"]", 1)
    ring.add_frame(frame(2), 2)
    mark, batch = read_all(reader)
    assert json.loads(mark[2]) == {"mark": "gap", "cause": "too_large"}
    assert len(batch) == 1
    assert ring.counts()[3] == 1
    with pytest.raises(UsageError, match="does not fit"):
        ring.add_mark(1, b" " * CAPACITY)


def test_a_batch_is_copied_with_the_times_of_its_frames(memory: int) -> None:
    ring, first = FrameRing(memory, CAPACITY, "stocks"), reader_of(memory, keep_frames=True)
    for number in range(3):
        ring.add_frame(frame(number), 10 + number, 1)
    (batch,) = read_all(first)
    second = reader_of(memory, keep_frames=True)
    ring.add(batch)
    (copied,) = read_all(second)
    assert copied.raw() == batch.raw()
    assert [part.received_ns for part in copied.frames()] == [10, 11, 12]
    with pytest.raises(UsageError, match="not kept"):
        ring.add(read_all_of_text(memory, ring))


def read_all_of_text(memory: int, ring: FrameRing) -> Batch:
    reader = reader_of(memory)
    ring.add_frame(frame(9), 1)
    batch = reader.read()
    assert isinstance(batch, Batch)
    return batch


def test_a_ring_is_of_one_market(memory: int) -> None:
    ring, reader = FrameRing(memory, CAPACITY, "stocks"), reader_of(memory, keep_frames=True)
    ring.add_frame(frame(1), 1)
    (batch,) = read_all(reader)
    with pytest.raises(UsageError, match="another market"):
        FrameRing(memory, CAPACITY, "crypto").add(batch)


def test_only_wanted_shards_come(memory: int) -> None:
    ring = FrameRing(memory, CAPACITY, "stocks")
    reader = reader_of(memory, shards=1 << shard_of("AAPL"))
    ring.add_frame(b'[{"ev":"T","sym":"AAPL"},{"ev":"T","sym":"MSFT"}]', 1, 2)
    (batch,) = read_all(reader)
    assert [event.symbol for event in batch] == ["AAPL"]


@st.composite
def scripts(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Writes of frames with so many events and so much padding, and reads, in any order."""
    step = st.one_of(
        st.tuples(st.just("write"), st.integers(0, 700)),
        st.tuples(st.just("mark"), st.just(0)),
        st.tuples(st.just("read"), st.integers(1, 40)),
    )
    return draw(st.lists(step, max_size=120))


@settings(max_examples=150)
@given(scripts())
def test_it_does_what_the_model_does(script: list[tuple[str, int]]) -> None:
    """A queue of records; what is beyond the capacity is lost with all that is unread."""
    descriptor = os.memfd_create("ring")
    try:
        os.ftruncate(descriptor, RING_HEAD_BYTES + CAPACITY)
        ring = FrameRing(descriptor, CAPACITY, "stocks")
        # One frame a batch, so that each step is one record.
        reader = FrameRingReader(
            descriptor, RING_HEAD_BYTES + CAPACITY, batch_bytes=1, keep_frames=True
        )
        unread: deque[tuple[bytes, int, int]] = deque()
        for number, (step, amount) in enumerate([*script, ("read", 1000)]):
            if step == "write":
                events = amount % 4
                text = frame(number, events, amount)
                ring.add_frame(text, number, events)
                unread.append((text, number, events))
            elif step == "mark":
                ring.add_mark(number, b"{}")
                unread.append((b"{}", number, -1))
            else:
                for _ in range(amount):
                    check_read(reader, unread)
    finally:
        os.close(descriptor)


def check_read(reader: FrameRingReader, unread: deque[tuple[bytes, int, int]]) -> None:
    held = sum(RECORD_HEAD + (len(text) + 7) // 8 * 8 for text, _, _ in unread)
    assert reader.backlog == held
    found = reader.read()
    if held > CAPACITY:
        frames = [(text, events) for text, _, events in unread if events >= 0]
        lost = (len(frames), sum(events for _, events in frames), sum(len(t) for t, _ in frames))
        assert found == ("overrun", *lost)
        unread.clear()
    elif not unread:
        assert found is None
    else:
        text, stamp, events = unread.popleft()
        if events < 0:
            assert found == ("mark", stamp, text)
        else:
            assert isinstance(found, Batch)
            assert found.raw() == [text]
            assert found.received_ns == stamp


# ------------------------------------------------------------------- what is not a ring


def test_other_memory_is_refused(memory: int) -> None:
    with pytest.raises(ValueError, match="something else"):
        reader_of(memory)
    with pytest.raises(ValueError, match="too small"):
        FrameRingReader(memory, 100)
    FrameRing(memory, CAPACITY, "stocks")
    with pytest.raises(ValueError, match="not what it says"):
        FrameRingReader(memory, RING_HEAD_BYTES + CAPACITY // 2)
    with pytest.raises(OSError, match="descriptor"):
        FrameRingReader(-1, RING_HEAD_BYTES + CAPACITY)


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (0, b"\xff" * 8, "something else"),
        (8, b"\x02", "another version"),
        (12, b"\xff", "another version"),
        (16, (CAPACITY + 1).to_bytes(8, "little"), "capacity"),
        (16, bytes(8), "capacity"),
        (24, b"x" * 32, "market"),
        (24, b"moon\0\0\0\0", "market"),
    ],
)
def test_a_head_that_makes_no_sense_is_refused(
    memory: int, at: int, value: bytes, reason: str
) -> None:
    FrameRing(memory, CAPACITY, "stocks")
    os.pwrite(memory, value, at)
    with pytest.raises(ValueError, match=reason):
        reader_of(memory)


@given(st.binary(min_size=1, max_size=200), st.integers(0, 400))
def test_records_that_make_no_sense_are_noticed(garbage: bytes, at: int) -> None:
    """Whatever lies there: no crash, no endless loop, and nothing that was not written as it is."""
    descriptor = os.memfd_create("ring")
    try:
        os.ftruncate(descriptor, RING_HEAD_BYTES + CAPACITY)
        ring = FrameRing(descriptor, CAPACITY, "stocks")
        reader = reader_of(descriptor)
        for number in range(6):
            ring.add_frame(frame(number), number, 1)
        before = mmap.mmap(descriptor, 0)
        before[RING_HEAD_BYTES + at : RING_HEAD_BYTES + at + len(garbage)] = garbage
        before.close()
        for _ in range(20):
            found = reader.read()
            if found is None or found == ("damaged",):
                break
        else:
            raise AssertionError("it goes on for ever")
    finally:
        os.close(descriptor)


def test_a_ring_needs_a_capacity_that_it_can_count_with(memory: int) -> None:
    for capacity in (0, CAPACITY - 1, CAPACITY + 1, 1 << 41):
        with pytest.raises(UsageError, match="power of two"):
            FrameRing(memory, capacity, "stocks")
    with pytest.raises(UsageError):
        FrameRing(memory, CAPACITY, "moon")
    with pytest.raises(OSError, match="descriptor"):
        FrameRing(-1, CAPACITY, "stocks")


def test_wakers_are_woken_until_they_are_removed(memory: int) -> None:
    ring = FrameRing(memory, CAPACITY, "stocks")
    wakers = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(3)]
    try:
        for waker in wakers:
            ring.add_waker(waker)
        ring.remove_waker(wakers[1])
        ring.remove_waker(12345)
        ring.wake()
        ring.wake()
        assert [os.eventfd_read(wakers[one]) for one in (0, 2)] == [2, 2]
        with pytest.raises(BlockingIOError):
            os.eventfd_read(wakers[1])
    finally:
        for waker in wakers:
            os.close(waker)


# ---------------------------------------------------------------------------- threads at once


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["thread", "address,undefined"])
def test_readers_that_are_overrun_get_nothing_torn(checker: str, tmp_path: Path) -> None:
    """The ring alone, in C++: readers too slow by design, under a checker."""
    program = tmp_path / "ring"
    # Not what this process itself is run with, which may be another checker.
    environment = {name: text for name, text in os.environ.items() if name != "LD_PRELOAD"}
    command = [os.environ.get("CXX", "g++"), "-std=c++17", "-O1", "-g", "-pthread"]
    sources = [ROOT / "tests/fuzz/ring.cpp", ROOT / "src/_core/shared/ring.cpp"]
    subprocess.run(
        [*command, f"-fsanitize={checker}", f"-I{ROOT / 'src/_core'}", *sources, "-o", program],
        check=True,
        capture_output=True,
        env=environment,
    )
    for capacity in ("4096", "65536"):
        found = subprocess.run(
            [program, capacity, "20000", "3"], capture_output=True, text=True, env=environment
        )
        assert found.returncode == 0, found.stdout + found.stderr
