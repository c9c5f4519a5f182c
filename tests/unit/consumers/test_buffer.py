from __future__ import annotations

import json
import random
import sys
import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import decode
from fastpoly._core import Batch, batch_of, concat
from fastpoly.consumers.buffer import Buffer
from fastpoly.enums import Overflow
from fastpoly.errors import ConsumerTooSlow
from fastpoly.notices import Gap, SlowConsumer

NUMBER = iter(range(10**9))


def batch(*channels: str, symbol: str = "A") -> Batch:
    """One event per channel, numbered; about 60 bytes each."""
    objects = [{"ev": channel, "sym": symbol, "q": next(NUMBER)} for channel in channels]
    return decode(json.dumps(objects).encode())


def gap() -> Batch:
    return batch_of("stocks", [Gap(market="stocks", at_ns=1, cause="x", since_ns=0, until_ns=1)])


def make(overflow: str = "drop_oldest", **options: float) -> Buffer:
    size = batch("T").nbytes
    return Buffer(
        "stocks",
        overflow=Overflow(overflow),
        max_bytes=int(options.get("batches", 10) * (size + 4)),
        max_age_s=options.get("max_age_s"),
    )


class Owner:
    """Writes down what it is told."""

    def __init__(self, buffer: Buffer) -> None:
        self.told: list[str] = []
        buffer.owner = self

    def on_ready(self, buffer: Buffer) -> None:
        self.told.append("ready")

    def on_full(self, buffer: Buffer) -> None:
        self.told.append("full")

    def on_room(self, buffer: Buffer) -> None:
        self.told.append("room")


def drain(buffer: Buffer) -> list[object]:
    """Numbers of events, and notices, in order."""
    out: list[object] = []
    while (taken := buffer.take()) is not None:
        out += [e if isinstance(e, (SlowConsumer, Gap)) else e["q"] for e in taken]
    return out


def numbers(batches: list[Batch]) -> list[int]:
    return [event["q"] for one in batches for event in one]


def test_in_order_and_empty() -> None:
    buffer = make()
    batches = [batch("T"), batch("Q", "T")]
    for one in batches:
        buffer.put(one)
    assert len(buffer) == 2
    assert buffer.stats().events == 3
    assert drain(buffer) == numbers(batches)
    stats = buffer.stats()
    assert (stats.received, stats.lost, stats.events, stats.nbytes) == (3, 0, 0, 0)
    assert stats.peak_nbytes == sum(one.nbytes for one in batches)
    assert buffer.take() is None


def test_drop_oldest_leaves_the_newest_and_says_so_first() -> None:
    buffer = make("drop_oldest")
    batches = [batch("T") for _ in range(25)]
    for one in batches:
        buffer.put(one)
    notice, *rest = drain(buffer)
    assert isinstance(notice, SlowConsumer)
    assert rest == numbers(batches)[-len(rest) :]
    assert 5 <= len(rest) <= 10
    assert notice.lost == 25 - len(rest)
    assert notice.lost_by_channel == {"T": notice.lost}
    assert notice.consumer == "iteration"
    assert notice.overflow == "drop_oldest"
    assert notice.since_ns <= notice.until_ns <= notice.at_ns
    assert buffer.stats().episodes == 1


def test_drop_newest_keeps_what_is_there_and_says_so_where_it_stopped() -> None:
    buffer = make("drop_newest")
    batches = [batch("T") for _ in range(25)]
    for one in batches:
        buffer.put(one)
    early: list[Any] = []
    while not early or not isinstance(early[-1], SlowConsumer):
        taken = buffer.take()
        assert taken is not None
        early += taken
    notice = early.pop()
    kept = [event["q"] for event in early]
    assert kept == numbers(batches)[: len(kept)]
    assert isinstance(notice, SlowConsumer)
    assert notice.lost == 25 - len(kept)
    later = batch("T")
    buffer.put(later)
    assert drain(buffer) == numbers([later])


def test_drop_newest_says_so_before_what_comes_after_relief() -> None:
    buffer = make("drop_newest")
    for _ in range(15):
        buffer.put(batch("T"))
    for _ in range(6):
        assert buffer.take() is not None
    after = batch("T")
    buffer.put(after)
    *_, notice, last = drain(buffer)
    assert isinstance(notice, SlowConsumer)
    assert [last] == numbers([after])


def test_consumer_that_loses_between_any_two_batches_still_gets_some() -> None:
    buffer = make("drop_oldest")
    for _ in range(5):
        for _ in range(15):
            buffer.put(batch("T"))
        taken = buffer.take()
        assert taken is not None
        assert taken.channels == ("notice", "T")
        assert taken.nbytes > 0


def test_conflate_keeps_the_latest_of_each_channel_and_symbol() -> None:
    buffer = make("conflate", batches=20)
    batches = [batch("T", "Q", symbol=symbol) for symbol in "ABC" * 16]
    for one in batches:
        buffer.put(one)
    notices, kept = [], []
    for item in drain(buffer):
        (notices if isinstance(item, SlowConsumer) else kept).append(item)
    assert set(numbers(batches[-3:])) <= set(kept)
    assert kept == sorted(kept)  # type: ignore[type-var]
    stats = buffer.stats()
    assert stats.lost == sum(notice.lost for notice in notices)  # type: ignore[union-attr]
    assert stats.lost + stats.received == 96
    assert stats.lost > 20


def test_conflate_with_more_symbols_than_fit() -> None:
    buffer = make("conflate", batches=20)
    for number in range(100):
        buffer.put(batch("T", symbol=f"S{number}"))
    drain(buffer)
    stats = buffer.stats()
    assert stats.received + stats.lost == 100
    assert stats.peak_nbytes < 22 * (batch("T").nbytes + 4)


def test_conflate_with_more_symbols_than_fit_keeps_notices() -> None:
    buffer = make("conflate", batches=20)
    buffer.put(concat([gap(), batch("T")]), notices=1)
    for number in range(100):
        buffer.put(batch("T", symbol=f"S{number}"))
    assert sum(isinstance(item, Gap) for item in drain(buffer)) == 1


@pytest.mark.parametrize("overflow", list(Overflow))
def test_batches_of_nothing_are_no_loss(overflow: Overflow) -> None:
    buffer = Buffer("stocks", overflow=overflow, max_bytes=1)
    for _ in range(5):
        buffer.put(decode(b"[]"))
    assert drain(buffer) == []
    assert buffer.stats().lost == 0


def test_error_gives_what_was_there_and_then_ends() -> None:
    buffer = make("error")
    batches = [batch("T") for _ in range(12)]
    for one in batches:
        buffer.put(one)
    assert buffer.closed
    assert isinstance(buffer.error, ConsumerTooSlow)
    assert buffer.error.lost_by_channel["T"] >= 1
    *kept, notice = drain(buffer)
    assert isinstance(notice, SlowConsumer)
    assert notice.lost == 12 - len(kept)
    assert kept == numbers(batches)[: len(kept)]


def test_who_was_told_of_the_end_is_told_of_nothing_more() -> None:
    buffer = make("error")
    for _ in range(15):
        buffer.put(batch("T"))
    taken = []
    while (one := buffer.take_to_end()) is not None:
        taken += one
        buffer.put(batch("T"))
    assert isinstance(taken[-1], SlowConsumer)
    assert sum(isinstance(item, SlowConsumer) for item in taken) == 1
    stats = buffer.stats()
    assert stats.received + stats.lost == 15 + len(taken)


def test_block_says_when_to_stop_and_when_to_go_on_and_loses_nothing() -> None:
    buffer = make("block")
    events = Owner(buffer).told
    batches = [batch("T") for _ in range(12)]
    for one in batches:
        buffer.put(one)
    assert events == ["full"]
    assert buffer.is_full
    assert drain(buffer) == numbers(batches)
    assert events == ["full", "room"]
    assert not buffer.is_full
    assert buffer.stats().lost == 0


def test_one_batch_always_fits() -> None:
    buffer = Buffer("stocks", max_bytes=1)
    one, two = batch("T"), batch("T")
    buffer.put(one)
    assert drain(buffer) == numbers([one])
    buffer.put(one)
    buffer.put(two)
    notice, number = drain(buffer)
    assert isinstance(notice, SlowConsumer)
    assert [number] == numbers([two])


@pytest.mark.parametrize("overflow", ["drop_oldest", "drop_newest", "block", "error"])
def test_age(overflow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr("fastpoly.consumers.buffer.time.monotonic_ns", lambda: now[0])
    buffer = make(overflow, max_age_s=1.0)
    old = [batch("T"), batch("T")]
    for one in old:
        buffer.put(one)
    now[0] = 1_500_000_000
    new = batch("T")
    buffer.put(new)
    out = drain(buffer)
    if overflow == "drop_oldest":
        assert isinstance(out[0], SlowConsumer)
        assert out[1:] == numbers([new])
    elif overflow == "block":
        assert out == numbers([*old, new])
        assert not buffer.is_full
    else:
        assert out[:2] == numbers(old)
        assert isinstance(out[2], SlowConsumer)
        assert buffer.closed is (overflow == "error")


def test_what_waited_too_long_is_dropped_when_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr("fastpoly.consumers.buffer.time.monotonic_ns", lambda: now[0])
    buffer = make("drop_oldest", max_age_s=1.0)
    buffer.put(batch("T"))
    now[0] = 2_000_000_000
    (notice,) = drain(buffer)
    assert isinstance(notice, SlowConsumer)
    assert notice.lost == 1


def test_notices_outlive_the_events_around_them() -> None:
    buffer = make("drop_oldest")
    buffer.put(concat([gap(), batch("T")]), notices=1)
    for _ in range(20):
        buffer.put(batch("T"))
    first, second, *_ = drain(buffer)
    assert isinstance(first, Gap)
    assert isinstance(second, SlowConsumer)
    stats = buffer.stats()
    assert stats.received + stats.lost == 21


def test_notices_keep_none_of_the_events_around_them() -> None:
    buffer = make("drop_oldest")
    large = concat([gap(), *(batch("T") for _ in range(100))])
    buffer.put(large, notices=1)
    buffer.put(batch("T"))
    taken = buffer.take()
    assert taken is not None
    assert taken.channels == ("notice", "T")
    assert taken.nbytes < large.nbytes / 50


def test_what_waits_keeps_no_memory_that_held_more_before() -> None:
    buffer = make("drop_oldest", batches=10_000)
    large = json.dumps([{"ev": "T", "sym": "A", "q": 1}] * 1000)
    for _ in range(300):
        # What its memory goes to waits next, so that in the end all that waits could have such.
        decode(large)
        buffer.put(batch("T"))
    sizes = []
    while (taken := buffer.take()) is not None:
        sizes.append(sys.getsizeof(taken))
    assert len(sizes) == 300
    assert max(sizes) < 10_000


def test_waking() -> None:
    buffer = make()
    woken = Owner(buffer).told
    buffer.put(batch("T"))
    assert not woken
    assert not buffer.arm()
    drain(buffer)
    assert buffer.arm()
    buffer.put(batch("T"))
    buffer.put(batch("T"))
    assert len(woken) == 1
    drain(buffer)
    assert buffer.arm()
    buffer.close()
    assert len(woken) == 2
    assert not buffer.arm()
    buffer.close(ConsumerTooSlow("late"))
    assert buffer.error is None


def test_clear_counts_as_lost() -> None:
    buffer = make("block")
    told = Owner(buffer).told
    for _ in range(12):
        buffer.put(batch("T"))
    buffer.clear()
    assert told == ["full", "room"]
    stats = buffer.stats()
    assert (stats.lost, stats.events, stats.nbytes) == (12, 0, 0)


STEPS = st.lists(
    st.one_of(st.lists(st.sampled_from(["T", "Q", "AM"]), min_size=1, max_size=8), st.none()),
    max_size=80,
)


@given(STEPS, st.sampled_from(["drop_oldest", "drop_newest", "conflate", "error", "block"]))
def test_received_and_lost_add_up(steps: list[list[str] | None], overflow: str) -> None:
    """Whatever is put and taken in whatever order, each event is received or announced lost."""
    buffer = make(overflow, batches=6)
    put: Counter[str] = Counter()
    got: Counter[str] = Counter()
    order: list[int] = []

    def take() -> bool:
        taken = buffer.take()
        for event in taken or ():
            if isinstance(event, SlowConsumer):
                assert event.lost == sum(event.lost_by_channel.values()) > 0
                got.update(event.lost_by_channel)
            else:
                order.append(event["q"])
                got[event.event_type] += 1
        return taken is not None

    for step in steps:
        if step is None:
            take()
        else:
            put.update(step)
            buffer.put(batch(*step, symbol=random.choice("AB")))
        stats = buffer.stats()
        assert stats.received + stats.lost + stats.events == sum(put.values())
    while take():
        pass
    assert got == put
    assert order == sorted(order)
    assert buffer.stats().nbytes == 0


@pytest.mark.parametrize("overflow", ["drop_oldest", "drop_newest", "conflate", "block"])
def test_two_threads(overflow: str) -> None:
    buffer = make(overflow, batches=50)
    total = 5000
    batches = [batch("T", symbol=f"S{number % 20}") for number in range(total)]

    def fill() -> None:
        for one in batches:
            buffer.put(one)
        buffer.close()

    thread = threading.Thread(target=fill)
    thread.start()
    received = lost = 0
    while True:
        closed = buffer.closed
        taken = buffer.take()
        if taken is None:
            if closed:
                break
            continue
        for event in taken:
            if isinstance(event, SlowConsumer):
                lost += event.lost
            else:
                received += 1
    thread.join()
    assert received + lost == total
