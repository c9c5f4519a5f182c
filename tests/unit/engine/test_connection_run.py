"""One connection after the other: what its owner hears of each, and in which order."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from fastpoly._core import Batch, LineWatch
from fastpoly.engine.connection_run import ConnectionRun
from fastpoly.errors import AuthError, ConnectionLost, FastpolyError
from fastpoly.protocol.statuses import ControlMessage
from fastpoly.shards import ALL_SHARDS
from fastpoly.sources.scripted import ScriptedConnection, ScriptedSource
from fastpoly.sources.source import SourceConnection
from tests.loops import in_loop


class Owner:
    """Writes down what it hears, or raises at a word."""

    shards = ALL_SHARDS

    def __init__(self, raises_at: str = "") -> None:
        self.watch = LineWatch("stocks")
        self.told: list[Any] = []
        self.raises_at = raises_at

    def _hear(self, word: str, *more: object) -> None:
        self.told.append((word, *more) if more else word)
        if word == self.raises_at:
            raise ValueError(word)

    def on_batch(self, batch: Batch) -> None: ...

    def on_upgraded(self) -> None:
        self._hear("upgraded")

    def on_status(self, message: ControlMessage) -> None: ...

    def on_bad_frame(self, error: FastpolyError) -> None: ...

    def on_missed(self, error: FastpolyError) -> None: ...

    def on_opening(self, connection: SourceConnection) -> None:
        self._hear("opening")

    def on_accepted(self, connection: SourceConnection) -> None:
        self._hear("accepted")

    def on_down(self, connection: SourceConnection | None) -> None:
        self._hear("down", connection is not None)

    def on_end(self, error: FastpolyError | None) -> None:
        self._hear("end", error)

    def on_cancelled(self) -> None:
        self._hear("cancelled")

    def on_failed(self, error: FastpolyError) -> None:
        self._hear("failed", str(error))


def begin(raises_at: str = "", obliging: bool = True) -> tuple[ConnectionRun, Owner, Any]:
    source, owner = ScriptedSource("stocks", obliging=obliging), Owner(raises_at)
    return ConnectionRun(source, "stocks", owner), owner, source


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@in_loop
async def test_a_loss_is_told_once_it_is_down_and_another_may_be_opened() -> None:
    run, owner, source = begin()
    run.start()
    await turns()
    assert owner.told == ["opening", "upgraded", "accepted"]
    assert run.connection is source.latest
    source.latest.lose(1001)
    await run.wait()
    down, (word, error) = owner.told[3:]
    assert (down, word) == (("down", True), "end")
    assert isinstance(error, ConnectionLost)
    assert run.connection is None
    run.start()
    await turns()
    assert len(source.connections) == 2
    run.hang_up()
    await run.wait()
    assert owner.told[-2:] == [("down", True), ("end", None)]


@in_loop
async def test_one_that_does_not_open_has_an_end_too() -> None:
    run, owner, source = begin(obliging=False)
    run.start()
    await turns()
    source.latest.refuse(AuthError("no"))
    await run.wait()
    assert [one for one in owner.told if "accepted" in one] == []
    assert isinstance(owner.told[-1][1], AuthError)


@in_loop
async def test_one_that_is_being_opened_is_given_up() -> None:
    run, owner, source = begin(obliging=False)
    run.start()
    await turns()
    run.hang_up()
    await run.wait()
    await turns()
    assert owner.told == ["opening", ("down", True), "cancelled"]
    assert source.latest.was_closed


@in_loop
async def test_a_task_that_is_cancelled_before_its_first_step_is_told() -> None:
    run, owner, source = begin()
    run.start()
    run.give_up()
    await run.wait()
    await turns()
    assert owner.told == ["cancelled"]
    assert source.connections == []


@in_loop
async def test_dropping_and_aborting_are_for_a_connection_that_is_there() -> None:
    run, owner, _ = begin()
    run.abort()
    run.drop(ConnectionLost("mute"))
    await run.wait()
    assert owner.told == []
    run.start()
    await turns()
    mute = ConnectionLost("mute")
    run.drop(mute)
    await run.wait()
    assert owner.told[-1] == ("end", mute)


@in_loop
async def test_a_source_that_fails_to_make_one_costs_an_error_and_no_more(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, owner, source = begin()

    def connect(owner: object) -> ScriptedConnection:
        raise KeyError("gone")

    monkeypatch.setattr(source, "connect", connect)
    with caplog.at_level(logging.CRITICAL, "fastpoly.stream"):
        run.start()
        await run.wait()
    assert owner.told[0] == ("down", False)
    assert "gone" in str(owner.told[1][1])


@in_loop
async def test_what_its_owner_raises_at_the_end_is_told_as_a_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run, owner, source = begin(raises_at="end")
    with caplog.at_level(logging.CRITICAL, "fastpoly.stream"):
        run.start()
        await turns()
        source.latest.lose()
        await run.wait()
        await turns()
    assert owner.told[-1][0] == "failed"
    assert "ValueError" in owner.told[-1][1]
