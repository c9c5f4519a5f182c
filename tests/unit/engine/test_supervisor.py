"""The life of a market, from its opening to its end, over a scripted source in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fastpoly.errors import (
    AuthError,
    ConnectError,
    ConnectionLost,
    FastpolyError,
    HandlerFailed,
    SubscriptionError,
    UsageError,
)
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.reconnect import Backoff, FixedDelay
from fastpoly.sources.scripted import ScriptedConnection
from tests.scripted_engine import (
    EVICTED,
    LIVE,
    REFUSED,
    Policy,
    ScriptedEngine,
    begin,
    seconds,
)
from tests.virtual_time import idle, in_virtual_time

# ----------------------------------------------------------------------------- the first connection


@in_virtual_time
async def test_opening_waits_for_the_key_and_for_the_answers() -> None:
    it = ScriptedEngine("T.A", "Q.A", obliging=False)
    assert it.engine.state is State.IDLE
    opening = await begin(it.engine.open())
    assert it.states == LIVE[:1]
    it.connection.upgrade()
    assert it.states == LIVE[:2]
    it.connection.accept()
    await idle()
    assert it.states == LIVE[:3]
    assert it.connection.requests == [("subscribe", ("T.A", "Q.A"))]
    it.connection.confirm("subscribe", "T.A")
    await idle()
    assert it.states == LIVE[:3]
    assert it.engine.is_open
    it.connection.confirm("subscribe", "Q.A")
    await opening
    assert it.states == LIVE
    assert it.engine.confirmed == it.engine.desired == ("T.A", "Q.A")
    await it.engine.close()
    assert it.states == [*LIVE, "closing", "closed"]
    assert it.connection.was_closed
    assert (it.ends, it.engine.error) == ([None], None)


@in_virtual_time
async def test_a_refused_key_ends_it_at_once() -> None:
    policy = Policy([])
    it = ScriptedEngine("T.A", policy=policy, obliging=False)
    opening = await begin(it.engine.open())
    it.connection.upgrade()
    it.connection.refuse(REFUSED)
    with pytest.raises(AuthError):
        await opening
    assert it.states == ["connecting", "authenticating", "closed"]
    assert (it.ends, it.engine.error, policy.asked) == ([REFUSED], REFUSED, [])


@in_virtual_time
async def test_a_first_failure_is_raised_unless_the_policy_retries_the_first() -> None:
    failure = ConnectError("Nobody is there.")
    it = ScriptedEngine("T.A", obliging=False)
    opening = await begin(it.engine.open())
    it.connection.refuse(failure)
    with pytest.raises(ConnectError):
        await opening

    policy = Policy([3.0, 4.0], retry_first=True)
    it = ScriptedEngine("T.A", policy=policy, obliging=False)
    began_s = seconds()
    opening = await begin(it.engine.open())
    it.connection.refuse(failure)
    await asyncio.sleep(3.1)
    it.connection.refuse(failure)
    it.source.obliging = True
    await opening
    assert seconds() - began_s == pytest.approx(7.1, abs=0.01)
    assert policy.asked == [(1, failure), (2, failure)]
    assert it.states == ["connecting", "waiting", "connecting", "waiting", *LIVE]
    await it.engine.close()


@in_virtual_time
async def test_a_refused_first_subscription_is_raised_and_closes() -> None:
    it = ScriptedEngine("T.A", "Q.A", obliging=False)
    opening = await begin(it.engine.open())
    it.connection.accept()
    await idle()
    it.connection.say("error", "not authorized")
    it.connection.confirm("subscribe", "Q.A")
    with pytest.raises(SubscriptionError) as failure:
        await opening
    assert failure.value.refused == ("T.A",)
    assert it.engine.state is State.CLOSED


@in_virtual_time
async def test_a_refused_first_subscription_is_raised_before_others_are_answered() -> None:
    it = ScriptedEngine("T.A", obliging=False)
    opening = await begin(it.engine.open())
    it.connection.accept()
    await idle()
    other = await begin(it.engine.subscribe(["T.B"]))
    it.connection.say("error", "not authorized")
    with pytest.raises(SubscriptionError):
        await opening
    assert it.engine.state is State.CLOSED
    with pytest.raises(ConnectionLost):
        await other


@in_virtual_time
async def test_a_source_that_raises_ends_it_and_does_not_leave_anyone_waiting() -> None:
    it = ScriptedEngine("T.A")

    def connect(owner: object) -> ScriptedConnection:
        raise OSError("no such file")

    it.source.connect = connect  # type: ignore[method-assign]
    with pytest.raises(FastpolyError, match="no such file"):
        await it.engine.open()
    assert it.states == ["connecting", "closed"]


@in_virtual_time
async def test_a_connection_that_fails_in_an_unforeseen_way_ends_it() -> None:
    it = ScriptedEngine("T.A", obliging=False)
    opening = await begin(it.engine.open())
    it.connection.refuse(ZeroDivisionError("what"))  # type: ignore[arg-type]
    with pytest.raises(FastpolyError, match="Please report this") as failure:
        await opening
    assert isinstance(failure.value.__cause__, ZeroDivisionError)


# ------------------------------------------------------------------------------ lost and back again


@in_virtual_time
async def test_attempts_are_counted_until_data_has_flowed_for_long_enough() -> None:
    policy = Policy([1.0] * 9, stable_after_s=60.0)
    it = ScriptedEngine("T.A", policy=policy)
    await it.engine.open()
    for flows_s in (None, 59.0, 61.0, None):
        if flows_s is not None:
            it.send(1)
            await asyncio.sleep(flows_s)
        else:
            # Confirmed and up for long, but without data: that proves nothing.
            await asyncio.sleep(100)
        it.connection.lose()
        await asyncio.sleep(2)
    assert policy.attempts == [1, 2, 1, 2]
    assert it.engine.attempts == 2
    assert len(it.source.connections) == 5
    await it.engine.close()


@in_virtual_time
async def test_a_policy_that_gives_up_ends_it_with_the_loss() -> None:
    policy = FixedDelay(delay_s=2.0, max_attempts=2)
    it = ScriptedEngine("T.A", policy=policy)
    await it.engine.open()
    it.source.obliging = False
    for code in (1006, 1012, 1013):
        it.connection.lose(code)
        await asyncio.sleep(3)
    assert it.states == [*LIVE, *["waiting", "connecting"] * 2, "waiting", "closed"]
    assert isinstance(it.engine.error, ConnectionLost)
    assert it.engine.error.code == 1013
    assert it.ends == [it.engine.error]
    with pytest.raises(UsageError, match="closed"):
        await it.engine.subscribe(["T.B"])
    await it.engine.close()


@pytest.mark.parametrize("answer", [ZeroDivisionError("oh"), -1.0, float("nan"), float("inf"), "5"])
@in_virtual_time
async def test_a_policy_that_raises_or_answers_nonsense_gives_up(answer: Any) -> None:
    it = ScriptedEngine("T.A", policy=Policy([answer]))
    await it.engine.open()
    it.connection.lose(1012)
    await idle()
    assert it.states[-2:] == ["waiting", "closed"]
    assert isinstance(it.engine.error, ConnectionLost)
    assert "The reconnect policy raised" in it.engine.error.__notes__[0]


@in_virtual_time
async def test_an_eviction_waits_for_its_own_time_or_is_the_end() -> None:
    it = ScriptedEngine("T.A", policy=Backoff(evicted_after_s=600.0, draw=lambda: 0.0))
    await it.engine.open()
    it.connection.drop(EVICTED)
    await asyncio.sleep(599)
    assert it.engine.state is State.EVICTED
    await asyncio.sleep(2)
    assert it.states == [*LIVE, "evicted", *LIVE]
    await it.engine.close()

    it = ScriptedEngine("T.A", policy=Backoff())
    await it.engine.open()
    it.connection.drop(EVICTED)
    await idle()
    assert it.states[-2:] == ["evicted", "closed"]
    assert it.engine.error is EVICTED


@in_virtual_time
async def test_a_key_that_is_refused_later_ends_it() -> None:
    it = ScriptedEngine("T.A")
    await it.engine.open()
    it.source.obliging = False
    it.connection.lose()
    await asyncio.sleep(6)
    it.connection.refuse(REFUSED)
    await idle()
    assert it.states[-3:] == ["waiting", "connecting", "closed"]
    assert it.engine.error is REFUSED


# ------------------------------------------------------------------------------------------ its end


async def get_to(state: State, it: ScriptedEngine) -> asyncio.Task[Any] | None:
    """Bring an engine to a state; return what is opening it, if it is not open yet."""
    it.source.obliging = state not in (State.CONNECTING, State.AUTHENTICATING, State.SUBSCRIBING)
    if state is State.IDLE:
        return None
    opening = await begin(it.engine.open())
    if state is State.AUTHENTICATING:
        it.connection.upgrade()
    elif state is State.SUBSCRIBING:
        it.connection.accept()
        await idle()
    elif state is State.WAITING:
        it.connection.lose()
    elif state is State.EVICTED:
        it.connection.drop(EVICTED)
    elif state is State.STALE:
        await asyncio.sleep(31)
    elif state is State.CLOSING:
        it.closing = asyncio.ensure_future(it.engine.close())  # type: ignore[attr-defined]
        await asyncio.sleep(0)
    elif state is State.CLOSED:
        await it.engine.close()
    await asyncio.sleep(0) if state is State.CLOSING else await idle()
    return opening


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("how", ["close", "abort", "fail"])
@in_virtual_time
async def test_it_can_be_ended_in_every_state(state: State, how: str) -> None:
    policy = Backoff(evicted_after_s=60.0, draw=lambda: 1.0)
    it = ScriptedEngine("T.A", policy=policy, stale_after=30.0)
    opening = await get_to(state, it)
    assert it.engine.state is state or state is State.CLOSING
    was_over = bool(it.ends)
    if how == "close":
        await it.engine.close()
    elif how == "abort":
        it.engine.abort()
    else:
        it.engine.fail(HandlerFailed("A handler raised."))
    await idle()
    if how == "fail" and state is State.IDLE:
        assert it.engine.state is State.IDLE  # there is nothing that could fail
        return
    await it.engine.close()
    assert it.engine.state is State.CLOSED
    assert len(it.ends) == 1
    failed = how == "fail" and not was_over and state is not State.CLOSING
    assert isinstance(it.engine.error, HandlerFailed) is failed
    if it.source.connections:
        assert not it.connection.is_open
    if opening is not None:
        error = (await asyncio.gather(opening, return_exceptions=True))[0]
        if state in (State.CONNECTING, State.AUTHENTICATING, State.SUBSCRIBING):
            assert isinstance(error, HandlerFailed if failed else ConnectionLost)
        else:
            assert error is None
    before = len(it.changes)
    await asyncio.sleep(1000)
    assert len(it.changes) == before, "it is over"


@in_virtual_time
async def test_closing_while_it_is_opened_is_no_success_without_subscriptions_either() -> None:
    it = ScriptedEngine(obliging=False)
    opening = await begin(it.engine.open())
    await it.engine.close()
    with pytest.raises(ConnectionLost):
        await opening


@in_virtual_time
async def test_opening_that_is_cancelled_leaves_nothing() -> None:
    it = ScriptedEngine("T.A", obliging=False)
    for call in (it.engine.open, it.engine.connect):
        opening = await begin(call())
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert it.engine.state is State.CLOSED
        assert it.connection.was_closed


@in_virtual_time
async def test_what_is_open_is_not_opened_again() -> None:
    it = ScriptedEngine("T.A")
    await it.engine.open()
    for call in (it.engine.open, it.engine.connect, it.engine.resume):
        with pytest.raises(UsageError):
            await call()
    assert it.engine.state is State.LIVE
    await it.engine.close()
    with pytest.raises(UsageError):
        await it.engine.open()


def test_the_programs_end_cancels_everything() -> None:
    held: list[ScriptedEngine] = []

    @in_virtual_time
    async def program() -> None:
        it = ScriptedEngine("T.A")
        held.append(it)
        await it.engine.open()
        asyncio.get_running_loop().create_task(it.engine.subscribe(["T.B"]))
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await idle()

    program()
    assert held[0].states[-2:] == ["closing", "closed"]
    assert held[0].connection.was_closed
