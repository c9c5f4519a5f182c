"""When to connect again: what the policy is asked, and what becomes of its answer."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from fastpoly.engine.retries import Retries
from fastpoly.errors import ConnectionLost
from fastpoly.protocol.reconnect import FixedDelay
from tests.scripted_engine import Policy, seconds
from tests.virtual_time import in_virtual_time


class Line:
    """The owner of retries that a policy with these answers decides on."""

    def __init__(self, *answers: Any) -> None:
        self.policy = Policy(list(answers))
        self.retried: list[float] = []
        self.exits: list[BaseException] = []
        self.retries = Retries("stocks", self.policy, self)

    def on_retry(self) -> None:
        self.retried.append(seconds())

    def on_exit(self, error: BaseException) -> None:
        self.exits.append(error)


@in_virtual_time
async def test_it_waits_as_long_as_the_policy_says() -> None:
    line = Line(5.0, 0)
    first, second = ConnectionLost("first"), ConnectionLost("second")
    assert line.retries.loss is None
    assert line.retries.ask(first)
    assert line.retried == []
    await asyncio.sleep(6)
    assert line.retried == [5.0]
    assert line.retries.ask(second)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert line.retried == [5.0, 6.0]
    assert line.policy.asked == [(1, first), (2, second)]
    assert line.retries.loss is second


@pytest.mark.parametrize("flowed_s", [None, 59.9, 60.0])
@in_virtual_time
async def test_attempts_begin_anew_once_data_flowed_for_a_while(flowed_s: float | None) -> None:
    line = Line(1.0, 1.0)
    line.retries.ask(ConnectionLost("first"))
    line.retries.note_flow(flowed_s)
    line.retries.ask(ConnectionLost("second"))
    line.retries.cancel()
    assert line.policy.attempts == ([1, 1] if flowed_s == 60.0 else [1, 2])


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (None, None),
        (-1.0, "-1.0 is not a number of seconds"),
        (float("nan"), "nan is not a number"),
        (float("inf"), "inf is not a number"),
        ("soon", "TypeError"),
        (ZeroDivisionError("what"), "ZeroDivisionError"),
    ],
)
@in_virtual_time
async def test_a_policy_that_gives_up_or_fails(
    answer: Any, note: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    line, error = Line(answer), ConnectionLost("lost")
    with caplog.at_level(logging.ERROR):
        assert not line.retries.ask(error)
    notes = getattr(error, "__notes__", [])
    assert len(notes) == len(caplog.records) == (note is not None)
    assert note is None or note in notes[0]
    await asyncio.sleep(60)
    assert (line.retried, line.exits) == ([], [])


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@in_virtual_time
async def test_a_policy_may_ask_for_the_programs_end(kind: type[BaseException]) -> None:
    class Quits(Policy):
        def next_delay(self, attempt: int, error: Exception) -> float | None:
            raise kind

    line = Line()
    retries = Retries("stocks", Quits([]), line)
    assert not retries.ask(ConnectionLost("lost"))
    assert [type(error) for error in line.exits] == [kind]


@in_virtual_time
async def test_what_is_cancelled_does_not_come() -> None:
    line = Line(5.0)
    line.retries.cancel()  # nothing is waited for
    line.retries.ask(ConnectionLost("lost"))
    line.retries.cancel()
    await asyncio.sleep(60)
    assert line.retried == []


def test_whether_the_first_connection_is_worth_another_attempt() -> None:
    class Old:
        """A policy of a user's that knows nothing of it."""

        stable_after_s = 60.0

        def next_delay(self, attempt: int, error: Exception) -> float | None:
            return None

    async def make(policy: Any) -> bool:
        return Retries("stocks", policy, Line()).retries_first

    assert not asyncio.run(make(Old()))
    assert not asyncio.run(make(FixedDelay(1.0, None)))
    assert asyncio.run(make(Policy([], retry_first=True)))
