"""Overflow policies: what each decides, and that a new one is an entry in the table."""

from __future__ import annotations

import json

import pytest

from fastpoly import decode
from fastpoly._core import Batch
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.overflow import POLICIES, BoundedBuffer, OverflowPolicy
from fastpoly.enums import Overflow
from fastpoly.errors import ConsumerTooSlow, FastpolyError


def batch(number: int = 0) -> Batch:
    return decode(json.dumps([{"ev": "T", "sym": "A", "q": number}]).encode())


class Held:
    """What policies do with a buffer, written down."""

    consumer = "it"
    max_bytes = 100
    low_bytes = 50
    nbytes = 90

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.refusing = self.is_full = False
        self.lost_by_channel: dict[str, int] = {}

    def drop_oldest(self, now_ns: int, room: int) -> None:
        self.calls.append(("drop_oldest", now_ns, room))

    def lose(self, batch: Batch) -> None:
        self.calls.append(("lose", batch))
        self.lost_by_channel["T"] = 1

    def conflate(self, now_ns: int) -> None:
        self.calls.append(("conflate", now_ns))

    def put_notice(self) -> None:
        self.calls.append(("put_notice",))

    def end(self, error: FastpolyError) -> None:
        self.calls.append(("end", error))


def test_every_name_has_a_policy() -> None:
    assert set(POLICIES) == set(Overflow)


def test_block_takes_everything_and_says_once_when_to_stop_and_to_go_on() -> None:
    held, policy = Held(), POLICIES[Overflow.BLOCK]
    assert policy.make_room(held, batch(), 1)
    assert policy.on_put(held, True, 1)
    assert held.is_full
    assert not policy.on_put(held, False, 2)
    assert policy.on_relief(held)
    assert not held.is_full
    assert held.calls == []


def test_drop_oldest_makes_room_down_to_the_relief_mark() -> None:
    held, policy, one = Held(), POLICIES[Overflow.DROP_OLDEST], batch()
    assert policy.make_room(held, one, 7)
    policy.on_take(held, 8)
    assert held.calls == [
        ("drop_oldest", 7, held.low_bytes - one.nbytes),
        ("drop_oldest", 8, held.nbytes),
    ]


def test_drop_newest_refuses_until_relief_and_then_says_what_was_lost() -> None:
    held, policy, one = Held(), POLICIES[Overflow.DROP_NEWEST], batch()
    assert not policy.make_room(held, one, 1)
    assert held.refusing
    assert not policy.on_relief(held)
    assert not held.refusing
    assert held.calls == [("lose", one), ("put_notice",)]


def test_conflate_acts_after_the_batch_is_in() -> None:
    held, policy = Held(), POLICIES[Overflow.CONFLATE]
    assert policy.make_room(held, batch(), 1)
    assert held.calls == []
    assert not policy.on_put(held, True, 1)
    assert held.calls == [("conflate", 1)]


def test_error_ends_the_consumer_and_says_what_it_lost() -> None:
    held, policy, one = Held(), POLICIES[Overflow.ERROR], batch()
    assert not policy.make_room(held, one, 1)
    lose, end = held.calls
    assert lose == ("lose", one)
    error = end[1]
    assert isinstance(error, ConsumerTooSlow)
    assert error.lost_by_channel == {"T": 1}
    assert "it did not keep up: its buffer of 100 bytes is full" in str(error)


class KeepFirst(OverflowPolicy):
    """Loses all that waits but the first batch, and what arrives."""

    notice_last = True

    def make_room(self, buffer: BoundedBuffer, batch: Batch, now_ns: int) -> bool:
        buffer.lose(batch)
        return False


def test_a_new_policy_is_a_class_and_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(POLICIES, "keep_first", KeepFirst())
    buffer = Buffer("stocks", overflow="keep_first", max_bytes=1)
    for number in range(3):
        buffer.put(batch(number))
    first, notice = buffer.take(), buffer.take()
    assert first is not None
    assert notice is not None
    assert [event["q"] for event in first] == [0]
    (slow,) = notice
    assert (slow.overflow, slow.lost_by_channel) == ("keep_first", {"T": 2})
    assert buffer.take() is None
