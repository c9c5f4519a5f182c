"""Changes of state: who is told, and what becomes of what they raise."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from fastpoly.errors import UsageError
from fastpoly.market.state_changes import StateNews
from fastpoly.protocol.lifecycle import Input, State, StateChange
from tests.loops import in_loop


class Stream:
    def __init__(self) -> None:
        self.stopped: list[BaseException] = []

    def stop_with(self, error: BaseException) -> None:
        self.stopped.append(error)


def change(new: State) -> StateChange:
    return StateChange(State.LIVE, new, Input.LOST, None, 1, "")


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError, GeneratorExit])
def test_one_that_raises_keeps_nothing_from_the_others(
    kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    stream, told = Stream(), []
    news = StateNews(stream)

    @news.add
    def _(change: StateChange) -> None:
        raise kind

    news.add(told.append)
    news.tell(change(State.WAITING))
    assert [one.new for one in told] == [State.WAITING]
    assert "on_state raised" in caplog.text
    assert stream.stopped == []


def test_an_exit_ends_the_stream() -> None:
    stream = Stream()
    news = StateNews(stream)

    @news.add
    def _(change: StateChange) -> None:
        raise SystemExit(3)

    news.tell(change(State.WAITING))
    (error,) = stream.stopped
    assert isinstance(error, SystemExit)


@in_loop
async def test_a_coroutine_function_is_run() -> None:
    news, told = StateNews(Stream()), []

    async def callback(change: StateChange) -> None:
        await asyncio.sleep(0)
        told.append(change.new)

    news.add(callback)
    news.tell(change(State.WAITING))
    for _ in range(3):
        await asyncio.sleep(0)
    assert told == [State.WAITING]


@pytest.mark.parametrize("callback", [None, "print"])
def test_it_has_to_be_callable(callback: Any) -> None:
    with pytest.raises(UsageError, match="not callable"):
        StateNews(Stream()).add(callback)


@in_loop
async def test_an_iteration_that_is_dropped_is_told_nothing_more() -> None:
    news = StateNews(Stream())
    kept, dropped = news.iterate(), news.iterate()
    del dropped
    gc.collect()
    news.tell(change(State.WAITING))
    news.tell(change(State.CLOSED))
    assert len(news._iterations) == 1
    assert [one.new async for one in kept] == [State.WAITING, State.CLOSED]
    assert [one async for one in news.iterate()] == []
