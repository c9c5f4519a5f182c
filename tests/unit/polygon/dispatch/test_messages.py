"""Messages made in portions, and what is left of a batch when the reading stops."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest

from fastpoly import Batch, decode
from fastpoly.consumers.buffer import FAIR_SHARE_S
from fastpoly.events import EquityTrade
from fastpoly.polygon.dispatch import messages as messages_module
from fastpoly.polygon.dispatch.messages import CHUNK, MessageReader


class Clock:
    """A monotonic clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(messages_module, "time", clock)
    return clock


class Owner:
    """Whose messages they are: keeps what could not be made."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []

    def message_unreadable(self, error: Exception) -> None:
        self.errors.append(error)


def batch(count: int) -> Batch:
    return decode(json.dumps([{"ev": "T", "q": number} for number in range(count)]))


SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7)


@pytest.mark.parametrize("count", SIZES)
def test_all_messages_in_order(count: int) -> None:
    assert list(MessageReader("dicts", Owner()).read(batch(count))) == batch(count).dicts()
    events: list[Any] = list(MessageReader("events", Owner()).read(batch(count)))
    assert [event.sequence_number for event in events] == list(range(count))
    assert all(type(event) is EquityTrade for event in events)


@pytest.mark.parametrize("count", SIZES)
def test_stop_gives_what_was_not_asked_for_and_ends_the_iterator(count: int) -> None:
    for asked in {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, count - 1, count}:
        if not 0 <= asked <= count:
            continue
        reading = MessageReader("dicts", Owner())
        messages = reading.read(batch(count))
        got = list(islice(messages, asked))
        left = reading.stop()
        assert got + (left.dicts() if left is not None else []) == batch(count).dicts()
        assert (left is None) == (asked == count)
        assert list(messages) == []
        assert reading.stop() is None


def test_whole_batches() -> None:
    reading = MessageReader("batches", Owner())
    whole = batch(3)
    messages = reading.read(whole)
    assert reading.stop() is whole
    assert list(messages) == []
    assert list(reading.read(whole)) == [whole]
    assert reading.stop() is None


def test_one_batch_after_another() -> None:
    reading = MessageReader("dicts", Owner())
    assert reading.stop() is None
    for count in SIZES:
        assert len(list(reading.read(batch(count)))) == count


@pytest.mark.parametrize("chunks", [1, 2])
def test_the_messages_end_early_where_they_take_more_than_a_fair_share(
    chunks: int, clock: Clock
) -> None:
    count = 3 * CHUNK
    reading = MessageReader("dicts", Owner())
    messages = reading.read(batch(count))
    got = list(islice(messages, chunks * CHUNK))
    assert not reading.is_cut
    clock.now_s = 2 * FAIR_SHARE_S
    assert list(messages) == []
    assert reading.is_cut
    left = reading.stop()
    assert left is not None
    assert got + left.dicts() == batch(count).dicts()


def test_a_first_portion_is_made_however_late_it_is(clock: Clock) -> None:
    reading = MessageReader("dicts", Owner())
    messages = reading.read(batch(2 * CHUNK))
    next(messages)
    clock.now_s = 2 * FAIR_SHARE_S
    assert len(list(messages)) == CHUNK - 1
    assert reading.is_cut
