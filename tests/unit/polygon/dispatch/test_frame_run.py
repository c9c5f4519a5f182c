"""Frames of one read, one at a time: as if each were a batch of its own, whatever handlers do."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import Batch, decode
from fastpoly._core import concat
from fastpoly.consumers.buffer import Buffer
from fastpoly.enums import Overflow
from fastpoly.errors import FastpolyError
from fastpoly.polygon.dispatch.dispatcher import Dispatcher
from fastpoly.polygon.dispatch.messages import CHUNK, LISTS
from tests.budgets import limits
from tests.loops import in_loop

Handler = Callable[[Any], Any]


class Reader:
    """Takes frames one at a time, as a caller with a loop of its own does."""

    def __init__(self, concurrency: int = 1) -> None:
        self.got: list[str] = []
        self.errors: list[tuple[BaseException, Any]] = []
        self.frames: deque[Batch] = deque()
        self.dispatcher = Dispatcher(self.note, self, concurrency=concurrency)

    def note(self, message: Any) -> None:
        self.got.append(f"{message['ev']}{message['q']}")

    async def note_soon(self, message: Any) -> None:
        self.note(message)

    async def start(self) -> None:
        self.dispatcher.start()
        await asyncio.sleep(0)

    def next(self) -> bool:
        """Handle one frame of those that are left."""
        run = self.dispatcher.run
        if run is not None and run.handle_next():
            return True
        while self.frames:
            first = self.frames.popleft()
            if first.frame_count == 1:
                self.dispatcher.push(first, first.channels)
                return True
            if self.dispatcher.push_frames(first):
                return True
        return False

    def give_back(self, frames: list[Batch]) -> None:
        self.frames.extendleft(reversed(frames))

    def make_buffer(self, consumer: str) -> Buffer:
        return Buffer("stocks", consumer=consumer, overflow=Overflow.BLOCK, max_bytes=1 << 20)

    def on_overflow(self, error: FastpolyError) -> None:
        raise AssertionError(error)

    def handler_failed(self, error: BaseException, handler: Handler, message: Any) -> bool:
        self.errors.append((error, message))
        return True

    def message_unreadable(self, error: Exception) -> None:
        self.errors.append((error, None))

    async def finish(self) -> None:
        assert await self.dispatcher.finish(1) == 0
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task is left"


def read(*frames: str) -> Batch:
    """One read of several frames; events are named by their channels, and numbered throughout."""
    number = 0
    found = []
    for frame in frames:
        names = frame.split()
        events = [{"ev": name, "q": number + i} for i, name in enumerate(names)]
        number += len(names)
        found.append(decode(json.dumps(events)))
    return concat(found)


def reader_of(*frames: str) -> Reader:
    reader = Reader()
    reader.frames.append(read(*frames))
    return reader


PLAIN_AND_COROUTINE = pytest.mark.parametrize("name", ["note", "note_soon"])


@PLAIN_AND_COROUTINE
@in_loop
async def test_one_frame_at_a_time(name: str) -> None:
    reader = reader_of("T Q", "", "T", "AM T")
    for channel in ("T", "Q"):
        reader.dispatcher.set_handler(channel, getattr(reader, name))
    await reader.start()
    seen = []
    while reader.next():
        seen.append(len(reader.got))
    assert seen == [2, 2, 3, 5]
    assert reader.got == ["T0", "Q1", "T2", "AM3", "T4"]
    assert reader.dispatcher.run is None
    await reader.finish()


@PLAIN_AND_COROUTINE
@in_loop
async def test_more_frames_than_messages_are_made_at_a_time_and_one_that_is_too_long(
    name: str,
) -> None:
    sizes = [1] * (CHUNK + 3) + [CHUNK + 1] + [2] * CHUNK
    reader = reader_of(*("T " * size for size in sizes))
    reader.dispatcher.set_handler("T", getattr(reader, name))
    await reader.start()
    seen = [0]
    while reader.next():
        seen.append(len(reader.got))
    assert [after - before for before, after in itertools.pairwise(seen)] == sizes
    assert reader.got == [f"T{i}" for i in range(sum(sizes))]
    await reader.finish()


@in_loop
async def test_a_handler_that_waits_holds_up_its_own_messages_only() -> None:
    reader = reader_of("T Q", "T Q", "T")
    go_on = asyncio.Event()

    async def slow(message: Any) -> None:
        await go_on.wait()
        reader.note(message)

    reader.dispatcher.set_handler("T", slow)
    reader.dispatcher.set_handler("Q", reader.note_soon)
    await reader.start()
    frames = 0
    while reader.next():
        frames += 1
        await asyncio.sleep(0)
    assert frames == 3
    await asyncio.sleep(0)
    assert reader.got == ["Q1", "Q3"]
    go_on.set()
    await reader.finish()
    assert reader.got == ["Q1", "Q3", "T0", "T2", "T4"]


@pytest.mark.parametrize("inside", [True, False])
@PLAIN_AND_COROUTINE
@in_loop
async def test_a_change_of_handlers_applies_to_the_next_message(name: str, inside: bool) -> None:
    reader = reader_of("T T", "T T", "T")
    handler = getattr(reader, name)
    new: list[int] = []

    def take(message: Any) -> None:
        new.append(message["q"])

    def change(message: Any) -> Any:
        reader.dispatcher.set_handler("T", take)
        return handler(message)

    reader.dispatcher.set_handler("T", change if inside else handler)
    await reader.start()
    assert reader.next()
    if not inside:
        assert len(reader.got) == 2
        reader.dispatcher.set_handler("T", take)
    while reader.next():
        pass
    await reader.finish()
    assert reader.got == (["T0"] if inside else ["T0", "T1"])
    assert new == ([1, 2, 3, 4] if inside else [2, 3, 4])


@PLAIN_AND_COROUTINE
@in_loop
async def test_what_a_handler_raises_costs_its_own_message(name: str) -> None:
    reader = reader_of("T T T", "T")
    handler = getattr(reader, name)

    def fail(message: Any) -> Any:
        if message["q"] == 1:
            raise ValueError("no")
        return handler(message)

    reader.dispatcher.set_handler("T", fail)
    await reader.start()
    assert reader.next()
    assert reader.got == ["T0", "T2"]
    assert [(str(error), message["q"]) for error, message in reader.errors] == [("no", 1)]
    assert reader.next()
    assert not reader.next()
    await reader.finish()


@in_loop
async def test_stopping_between_two_frames_gives_the_rest_back_and_leaves_no_task() -> None:
    reader = reader_of("T", "T T", "T")
    reader.dispatcher.set_handler("T", reader.note_soon)
    await reader.start()
    assert reader.next()
    reader.dispatcher.stop_run()
    assert reader.dispatcher.run is None
    assert [len(frame) for frame in reader.frames] == [2, 1]
    await reader.finish()
    assert reader.got == ["T0"]


@in_loop
async def test_finishing_waits_for_no_caller() -> None:
    reader = reader_of("T", "T")
    reader.dispatcher.set_handler("T", reader.note_soon)
    await reader.start()
    assert reader.next()
    async with asyncio.timeout(0.5):  # less than the second that handlers are given
        await reader.finish()
    assert [len(frame) for frame in reader.frames] == [1]


@in_loop
async def test_a_task_that_is_cancelled_meanwhile_costs_nothing() -> None:
    reader = reader_of("T", "T", "T")
    reader.dispatcher.set_handler("T", reader.note_soon)
    await reader.start()
    assert reader.next()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    while reader.next():
        pass
    await reader.finish()
    assert reader.got == ["T0", "T1", "T2"]


@in_loop
async def test_a_handler_that_asks_for_the_next_frame_is_not_called_twice_at_once() -> None:
    reader = reader_of("T T", "T", "T")
    depth = 0

    async def ask(message: Any) -> None:
        nonlocal depth
        depth += 1
        assert depth == 1
        if message["q"] == 0:
            reader.next()
        reader.note(message)
        depth -= 1

    reader.dispatcher.set_handler("T", ask)
    await reader.start()
    while reader.next():
        pass
    await reader.finish()
    assert sorted(reader.got) == ["T0", "T1", "T2", "T3"]
    assert not reader.errors


def make_all_but_the_third(batch: Batch) -> list[Any]:
    made: list[Any] = batch.dicts()
    if any(message["q"] == 2 for message in made):
        raise ValueError("no")
    return made


def test_a_message_that_cannot_be_made_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LISTS, "dicts", make_all_but_the_third)

    async def run() -> None:
        reader = reader_of("T", "T T", "T")
        reader.dispatcher.set_handler("T", reader.note_soon)
        await reader.start()
        seen = []
        while reader.next():
            seen.append(list(reader.got))
        assert seen == [["T0"], ["T0", "T1"], ["T0", "T1", "T3"]]
        assert [str(error) for error, _ in reader.errors] == ["no"]
        await reader.finish()

    asyncio.run(run())


CHANNELS = ("T", "Q", "AM")
ACTS = ("note", "wait", "raise", "wait and raise")


@given(
    frames=st.lists(st.lists(st.sampled_from(CHANNELS), max_size=4), min_size=2, max_size=8).filter(
        any  # a read without any event is one frame
    ),
    acts=st.lists(st.sampled_from(ACTS), min_size=3, max_size=3),
    turns=st.lists(st.booleans(), min_size=8, max_size=8),
)
@limits(100)
@pytest.mark.budget
def test_it_is_as_if_each_frame_were_a_read_of_its_own(
    frames: list[list[str]], acts: list[str], turns: list[bool]
) -> None:
    texts = [" ".join(frame) for frame in frames]
    whole = read(*texts)

    async def run(given_as: list[Batch]) -> tuple[list[list[str]], list[str], int]:
        reader = Reader()
        reader.frames.extend(given_as)
        for channel, act in zip(CHANNELS, acts, strict=True):
            reader.dispatcher.set_handler(channel, handler_of(reader, act))
        await reader.start()
        after: list[list[str]] = []
        for turn in (*turns, *[True] * len(frames)):
            if not reader.next():
                break
            after.append(sorted(reader.got))
            if turn:
                for _ in range(5):
                    await asyncio.sleep(0)
        await reader.finish()
        return after, reader.got, len(reader.errors)

    together = asyncio.run(run([whole]))
    apart = asyncio.run(run(whole.frames()))
    assert len(together[0]) == len(apart[0]) == len(frames)
    for channel in CHANNELS:
        mine = [[one for one in got if one.startswith(channel)] for got in (together[1], apart[1])]
        assert mine[0] == mine[1]
    assert together[2] == apart[2]
    if not any("wait" in act for act in acts):
        assert together[:2] == apart[:2], "the order across handlers, and what each call handles"


def handler_of(reader: Reader, act: str) -> Handler:
    async def handler(message: Any) -> None:
        if "wait" in act:
            await asyncio.sleep(0)
        if "raise" in act and message["q"] % 2:
            raise ValueError(act)
        reader.note(message)

    return handler
