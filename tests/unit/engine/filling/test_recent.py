"""Which batches are kept for comparison: of so many seconds, and no more than so many bytes."""

from __future__ import annotations

import json

import pytest

from fastpoly._core import Batch, Decoder
from fastpoly.engine.filling import recent as module
from fastpoly.engine.filling.recent import RECENT_BATCHES, RECENT_NS, RecentBatches

DECODER = Decoder("stocks")


def batch(number: int, received_ns: int) -> Batch:
    return DECODER.receive(json.dumps([{"ev": "T", "sym": "A", "q": number}]), received_ns)


def kept(recent: RecentBatches) -> list[int]:
    return [event["q"] for one in recent for event in one]


def test_the_last_ones_are_kept_however_old_they_are() -> None:
    recent = RecentBatches()
    for number in range(RECENT_BATCHES + 6):
        recent.add(batch(number, number * 2 * RECENT_NS))
    assert kept(recent) == [*range(6, RECENT_BATCHES + 6)]


def test_all_of_the_last_seconds_are_kept_however_many_they_are() -> None:
    recent = RecentBatches()
    for number in range(3 * RECENT_BATCHES):
        recent.add(batch(number, 1 + number))
    assert len(recent) == 3 * RECENT_BATCHES
    recent.add(batch(1000, 1 + RECENT_NS + 2 * RECENT_BATCHES))
    assert len(recent) == RECENT_BATCHES + 1


def test_no_more_bytes_are_kept_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    size = batch(1, 1).nbytes
    monkeypatch.setattr(module, "RECENT_BYTES", 2 * size)
    recent = RecentBatches()
    for number in range(1, 6):
        recent.add(batch(number, number))
    assert kept(recent) == [4, 5]
    monkeypatch.setattr(module, "RECENT_BYTES", 1)
    recent.add(batch(6, 6))
    assert kept(recent) == [6], "the last one in any case"
