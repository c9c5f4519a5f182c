"""Which frames the parts of a read came in, and when each was received: also joined and copied."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import Batch
from fastpoly._core import BarRows, Decoder, LastRows, LineWatch, batch_of, concat
from fastpoly.capture import CaptureReader, CaptureWriter
from fastpoly.notices import Gap
from fastpoly.sources.recorded import data_of
from tests.budgets import examples

STATUS = {"ev": "status", "status": "success", "message": "subscribed to: T.*"}
START_NS = 1_781_706_600_000_000_000

Frames = list[tuple[int, list[Any]]]
"""Of each frame when it was received and what came in it: numbers, None for a status.

One without events has no time in a batch.
"""


def gap() -> Batch:
    return batch_of("stocks", [Gap(market="stocks", at_ns=1, cause="x", since_ns=0, until_ns=1)])


def event(number: int | None) -> dict[str, Any]:
    if number is None:
        return STATUS
    return {"ev": "TQ"[number % 2], "sym": f"S{number % 5}", "q": number}


def read(path: Path, frames: Frames) -> Batch:
    """Frames as one batch, each with its own stamp."""
    path.unlink(missing_ok=True)
    with CaptureWriter(path, market="stocks") as writer:
        for stamp, numbers in frames:
            writer.add_frame(json.dumps([event(n) for n in numbers]).encode(), stamp)
    with CaptureReader(path) as reader:
        (batch,) = [found for found in reader if isinstance(found, Batch)]
    return batch


def shown(batch: Batch) -> Frames:
    """The same of a batch, by its parts."""
    parts = batch.frames()
    assert [len(part) for part in parts] == batch.frame_sizes
    assert batch.frame_count == len(parts)
    return timed([(part.received_ns, [one.get("q") for one in part]) for part in parts])


def timed(frames: Frames) -> Frames:
    return [(stamp if numbers else 0, numbers) for stamp, numbers in frames]


def kept(frames: Frames, wanted: Any) -> Frames:
    """Frames with some of their events, without those that have none left."""
    left = [(stamp, [n for n in numbers if wanted(n)]) for stamp, numbers in frames]
    return [(stamp, numbers) for stamp, numbers in left if numbers]


def random_frames(rng: Random) -> Frames:
    numbers = iter(range(1000))
    return [
        (
            START_NS + at,
            [
                None if rng.random() < 0.15 else next(numbers)
                for _ in range(rng.choice((0, 1, 1, 2, 5)))
            ],
        )
        for at in range(rng.randrange(1, 8))
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frames")


@examples(60)
@given(st.randoms(use_true_random=False))
def test_parts_know_their_frames(folder: Path, rng: Random) -> None:
    frames = random_frames(rng)
    batch = read(folder / "parts.mcap", frames)
    assert shown(batch) == timed(frames)
    assert batch.frame_sizes == [len(numbers) for _, numbers in frames]
    full = kept(frames, lambda number: True)
    everything = [number for _, numbers in frames for number in numbers]
    begin = rng.randrange(len(everything) + 1)
    end = rng.randrange(begin, len(everything) + 1)
    places = iter(range(len(everything)))
    sliced = [
        (stamp, [number for number in numbers if begin <= next(places) < end])
        for stamp, numbers in full
    ]
    trades = kept(frames, lambda number: number is not None and number % 2 == 0)
    for part, wanted in (
        (batch[begin:end], kept(sliced, lambda number: True)),
        (batch.select("T"), trades),
        (batch.select("T", "Q"), kept(frames, lambda number: number is not None)),
        (batch.select("T")[1:], kept(trades, lambda number: number != trades[0][1][0])),
    ):
        if len(part):
            assert shown(part) == wanted
            # Copies have the same frames: few of many are copied, the others are themselves.
            assert shown(part.compact()) == wanted
            assert shown(concat([part])) == wanted
            assert shown(concat([part, batch])) == wanted + timed(frames)
            assert concat([batch, part]).received_ns == wanted[-1][0]


@examples(60)
@given(st.randoms(use_true_random=False))
def test_tables_have_the_stamps_of_whatever_part_they_get(folder: Path, rng: Random) -> None:
    frames = random_frames(rng)
    batch = read(folder / "tables.mcap", frames)
    last = {
        f"S{number % 5}": (number, stamp)
        for stamp, numbers in frames
        for number in numbers
        if number is not None and number % 2 == 0
    }
    for part in (batch, batch.select("T"), batch.select("T", "Q"), concat([gap(), batch])):
        rows = LastRows("stocks")
        rows.keep("T")
        rows.add(part)
        found, received, *_ = rows.snapshot("T")
        stamps = memoryview(received).cast("q")
        assert {
            one.symbol: (one["q"], stamp) for one, stamp in zip(found, stamps, strict=True)
        } == last


def test_bars_of_a_selection_have_the_stamps_of_their_frames(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path / "day.mcap", market="stocks") as writer:
        for n in range(6):
            bars = [{"ev": "AM", "sym": "A", "s": n}, {"ev": "T", "sym": "A", "q": n}]
            writer.add_frame(json.dumps(bars).encode(), START_NS + n)
    with CaptureReader(tmp_path / "day.mcap") as reader:
        (batch,) = reader
    assert isinstance(batch, Batch)
    for part in (batch.select("AM"), batch[::2], concat([gap(), batch])):
        rows = BarRows("stocks", "AM", 10)
        rows.add(part)
        _, received, *_ = rows.snapshot()
        assert list(memoryview(received).cast("q")) == [START_NS + n for n in range(6)]


def test_a_read_that_is_parted_at_its_statuses_has_its_frames(tmp_path: Path) -> None:
    batch = read(
        tmp_path / "day.mcap", [(5, [1]), (6, [2, 3]), (7, [None]), (8, [4]), (9, [5, None, 6])]
    )
    assert [shown(part) for part in data_of(batch)] == [
        [(5, [1]), (6, [2, 3])],
        [(8, [4]), (9, [5])],
        [(9, [6])],
    ]


def test_events_in_another_order_count_as_one_frame(tmp_path: Path) -> None:
    batch = read(tmp_path / "day.mcap", [(5, [1, 2]), (6, [3])])
    assert batch[::-1].frame_sizes == [3]
    assert batch[::-1].frame_count == 1
    assert batch[1:1].frame_sizes == [0]
    assert [len(part) for part in batch[1:1].frames()] == [0]
    assert shown(concat([batch[::-1]])) == [(6, [3, 2, 1])]


def test_what_is_joined_keeps_when_each_was_received() -> None:
    decoder = Decoder("stocks")
    first, second = (
        decoder.receive(json.dumps([event(number)]), stamp, LineWatch("stocks"))
        for number, stamp in ((1, 100), (2, 200))
    )
    joined = concat([first, gap(), second])
    assert shown(joined) == [(100, [1]), (200, [None]), (200, [2])]
    assert joined.received_ns == 200
    assert joined[:1].received_ns == 100
    # Nothing follows the notice here.
    assert shown(concat([first, gap()])) == [(100, [1]), (0, [None])]
    same = concat([first, first])
    assert shown(same) == [(100, [1]), (100, [1])]
