"""The buffer between the socket and a consumer, whatever happens to it, against a plain account.

Each event and each notice that is put in has a number. What comes out has to be in that order, with
every notice, and with a count of what is missing before anything that comes after it.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from fastpoly import decode
from fastpoly._core import Batch, batch_of, concat
from fastpoly.consumers.buffer import Buffer
from fastpoly.enums import Overflow
from fastpoly.errors import ConsumerTooSlow
from fastpoly.notices import Gap, SlowConsumer
from tests.budgets import limits

CHANNELS: Final = ("T", "Q", "AM", "news")  # the market does not know the last
UPSTREAM: Final = "another buffer"
MAX_AGE_S: Final = 1.0

# What a batch is made of: an event of a channel and symbol, or a notice.
EVENTS: Final = st.tuples(st.sampled_from(CHANNELS), st.sampled_from("AB"))
NOTICES: Final = st.sampled_from(["gap", "slow"])
ITEMS: Final = st.one_of(EVENTS, EVENTS, EVENTS, EVENTS, NOTICES)


class BufferMachine(RuleBasedStateMachine):
    """Puts, takes and lets time go by; keeps account of what must come out."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.now_ns = 10**9
        self.patch.setattr("fastpoly.consumers.buffer.time.monotonic_ns", lambda: self.now_ns)
        self.number = 0
        # Numbers in the order put in, of events and of notices, and of both.
        self.events: list[int] = []
        self.notices: list[int] = []
        self.channel_of: dict[int, str] = {}
        self.put_at_ns: dict[int, int] = {}
        self.taken: list[int] = []
        self.taken_notices: list[int] = []
        self.announced: Counter[str] = Counter()
        self.calls: list[str] = []
        self.armed = False
        self.largest = 0
        self.ended = self.detached = False

    @initialize(
        overflow=st.sampled_from(list(Overflow)),
        room=st.integers(1, 1500),
        has_age=st.booleans(),
    )
    def make(self, overflow: Overflow, room: int, has_age: bool) -> None:
        self.buffer = Buffer(
            "stocks",
            consumer="it",
            overflow=overflow,
            max_bytes=room,
            max_age_s=MAX_AGE_S if has_age else None,
        )
        self.overflow = overflow
        self.max_bytes = room
        self.max_age_ns = int(MAX_AGE_S * 1e9) if has_age else None
        self.buffer.owner = self

    def on_full(self, buffer: Buffer) -> None:
        self.calls.append("full")

    def on_room(self, buffer: Buffer) -> None:
        self.calls.append("room")

    def on_ready(self, buffer: Buffer) -> None:
        assert self.armed
        self.armed = False

    def teardown(self) -> None:
        self.patch.undo()

    # ------------------------------------------------------------------------------ one end

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def notice(self, kind: str) -> Batch:
        number = self.next_number()
        if kind == "gap":
            return batch_of(
                "stocks",
                [Gap(market="stocks", at_ns=number, cause="x", since_ns=0, until_ns=1)],
            )
        slow = SlowConsumer(
            market="stocks",
            at_ns=number,
            consumer=UPSTREAM,
            overflow="drop_oldest",
            lost=1,
            lost_by_channel={"T": 1},
            since_ns=0,
            until_ns=1,
        )
        return batch_of("stocks", [slow])

    def event(self, channel: str, symbol: str, padding: int) -> Batch:
        number = self.next_number()
        self.channel_of[number] = channel if channel != "news" else "unknown"
        fields: dict[str, Any] = {"ev": channel, "sym": symbol, "q": number}
        if padding:
            fields["more"] = "x" * padding
        return decode(json.dumps([fields]).encode())

    def expect(self, batch: Batch) -> None:
        for event in batch:
            if isinstance(event, Gap | SlowConsumer):
                self.notices.append(event.at_ns)
            else:
                self.events.append(event["q"])
                self.put_at_ns[event["q"]] = self.now_ns

    @precondition(lambda self: not self.ended)
    @rule(
        items=st.lists(ITEMS, max_size=6),
        padding=st.sampled_from([0, 0, 0, 300]),
        how=st.sampled_from(["whole", "whole", "some channels", "last two"]),
    )
    def put(self, items: list[Any], padding: int, how: str) -> None:
        parts = [
            self.notice(item) if isinstance(item, str) else self.event(*item, padding)
            for item in items
        ]
        batch = concat(parts) if parts else decode(b"[]")
        if how == "some channels":
            batch = batch.select("T", "unknown", "notice")
        elif how == "last two":
            batch = batch[-2:]
        self.expect(batch)
        self.largest = max(self.largest, batch.nbytes)
        was_armed = self.armed
        self.buffer.put(batch, batch.count("notice"))
        assert not was_armed or not self.armed, "whoever waits is told"

    @rule(seconds=st.sampled_from([0.4, 0.4, 1.2]))
    def wait(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)

    @precondition(lambda self: not self.ended)
    @rule(fails=st.booleans())
    def close(self, fails: bool) -> None:
        was_armed = self.armed
        self.buffer.close(ConsumerTooSlow("it is over") if fails else None)
        self.ended = True
        assert not was_armed or not self.armed, "whoever waits is told of the end"

    @precondition(lambda self: not self.ended)
    @rule()
    def detach(self) -> None:
        self.buffer.close()
        self.buffer.clear()
        self.ended = self.detached = True
        self.armed = False
        assert self.buffer.take() is None

    # ---------------------------------------------------------------------------- other end

    @rule()
    def take(self) -> None:
        self.take_one()

    def take_one(self) -> bool:
        batch = self.buffer.take()
        if batch is None:
            return False
        assert not self.armed, "there was nothing to take"
        for event in batch:
            if isinstance(event, SlowConsumer) and event.consumer != UPSTREAM:
                assert event.lost == sum(event.lost_by_channel.values()) > 0
                assert event.overflow == self.overflow
                self.announced.update(event.lost_by_channel)
            elif isinstance(event, Gap | SlowConsumer):
                self.taken_notices.append(event.at_ns)
                self.check_place(event.at_ns)
            else:
                self.taken.append(event["q"])
                self.check_place(event["q"])
                self.check_missing(event["q"])
                self.check_age(event["q"])
        return True

    def check_place(self, number: int) -> None:
        assert max(*self.taken[-1:], *self.taken_notices[-1:], 0) == number, "out of order"
        due = [one for one in self.notices if one <= number]
        assert self.taken_notices == due, "a notice is missing, or came twice"

    def check_missing(self, number: int) -> None:
        missing = self.events.index(number) - (len(self.taken) - 1)
        announced = sum(self.announced.values())
        if self.overflow is Overflow.CONFLATE:
            # Of what it leaves out, some was among the events that follow.
            assert announced >= missing
        else:
            assert announced == missing

    def check_age(self, number: int) -> None:
        if self.overflow is Overflow.DROP_OLDEST and self.max_age_ns is not None:
            assert self.now_ns - self.put_at_ns[number] <= self.max_age_ns

    @precondition(lambda self: not self.armed)
    @rule()
    def arm(self) -> None:
        self.armed = self.buffer.arm()
        assert not self.armed or self.buffer.take() is None

    @rule()
    def drain(self) -> None:
        while self.take_one():
            pass
        stats = self.buffer.stats()
        assert (len(self.buffer), stats.events, stats.nbytes) == (0, 0, 0)
        assert not self.buffer.is_full
        if not self.detached:
            assert self.taken_notices == self.notices
            put = Counter(self.channel_of[number] for number in self.events)
            taken = Counter(self.channel_of[number] for number in self.taken)
            assert put == taken + self.announced
            assert stats.lost_by_channel == self.announced

    @invariant()
    def accounts_agree(self) -> None:
        stats = self.buffer.stats()
        assert stats.received == len(self.taken)
        assert stats.received + stats.lost + stats.events == len(self.events)
        assert stats.lost == sum(stats.lost_by_channel.values())
        assert (stats.episodes > 0) == (stats.lost > 0)
        if self.overflow is Overflow.BLOCK:
            assert self.calls == (["full", "room"] * len(self.calls))[: len(self.calls)]
            assert self.buffer.is_full == (self.calls[-1:] == ["full"])
            assert not stats.lost or self.detached
        else:
            assert not self.calls
            assert stats.nbytes <= max(self.max_bytes, self.largest) or stats.events == 1


TestBuffer = pytest.mark.budget(BufferMachine.TestCase)
TestBuffer.settings = limits(300, stateful_step_count=40)
