"""A market that is opened again after its end, as the drop-in does."""

from __future__ import annotations

import asyncio

import pytest

from fastpoly.errors import (
    AuthError,
    ConnectionLost,
    HandlerFailed,
)
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.subscriptions import Request
from tests.scripted_engine import (
    NEVER,
    REFUSED,
    SOON,
    Policy,
    ScriptedEngine,
    begin,
    seconds,
)
from tests.virtual_time import idle, in_virtual_time


@in_virtual_time
async def test_connect_after_the_end_and_what_was_missed_is_a_gap() -> None:
    it = ScriptedEngine(policy=NEVER, literal=True)
    await it.engine.connect()
    it.engine.request(Request("subscribe", ("T.A", "Q.A")))
    await idle()
    it.send(1, 2)
    it.connection.lose(1012)
    await idle()
    assert it.engine.state is State.CLOSED
    await it.engine.connect()
    assert it.connection.requests == [("subscribe", ("T.A", "Q.A"))]
    it.send(5)
    assert it.told()[:2] == [1, 2]
    gap = it.told()[2]
    assert isinstance(gap, Gap)
    assert (gap.code, gap.channels) == (1012, ("T", "Q"))
    assert it.told()[3:] == [5]
    await it.engine.close()
    assert len(it.ends) == 2


@pytest.mark.parametrize("how", ["close", "abort", "fail", "just lost"])
@in_virtual_time
async def test_what_is_missed_after_any_end_is_a_gap(how: str) -> None:
    it = ScriptedEngine(policy=NEVER, literal=True)
    await it.engine.connect()
    it.engine.request(Request("subscribe", ("T.A",)))
    await idle()
    it.send(1)
    if how == "close":
        await it.engine.close()
    elif how == "abort":
        it.engine.abort()
    elif how == "fail":
        it.engine.fail(HandlerFailed("A handler raised."))
    else:
        # The end is known to the connection, not yet to the engine.
        it.connection.lose()
        await it.engine.close()
    await idle()
    await it.engine.connect()
    it.send(5, 6)
    it.send(7)
    first, gap, *others = it.told()
    assert isinstance(gap, Gap)
    assert (first, others) == (1, [5, 6, 7])
    assert [event["q"] for event in gap.last_by_channel.values()] == [1]
    await it.engine.close()


@in_virtual_time
async def test_connect_may_leave_the_old_subscriptions_alone() -> None:
    it = ScriptedEngine(policy=NEVER, literal=True)
    await it.engine.connect()
    it.engine.request(Request("subscribe", ("T.A",)))
    await idle()
    await it.engine.close()
    await it.engine.connect(resubscribe=False)
    await idle()
    assert it.connection.requests == []
    it.engine.request(Request("subscribe", ("T.A", "T.B")))
    await idle()
    assert it.connection.requests == [("subscribe", ("T.A", "T.B"))]
    assert it.engine.state is State.LIVE
    await it.engine.close()
    await it.engine.connect()
    await idle()
    assert it.connection.requests == [("subscribe", ("T.A", "T.B"))]
    await it.engine.close()


@in_virtual_time
async def test_a_failed_connect_raises_and_the_next_may_succeed() -> None:
    it = ScriptedEngine(policy=NEVER, literal=True, obliging=False)
    attempt = await begin(it.engine.connect())
    it.connection.refuse(REFUSED)
    with pytest.raises(AuthError):
        await attempt
    assert it.engine.state is State.CLOSED
    it.source.obliging = True
    await it.engine.connect()
    assert it.engine.error is None
    await it.engine.close()


@in_virtual_time
async def test_resume_asks_the_policy_about_what_ended_it() -> None:
    policy = Policy([None, 7.0])
    it = ScriptedEngine("T.A", policy=policy)
    await it.engine.open()
    it.send(1)
    it.connection.lose(1012)
    await idle()
    assert it.engine.state is State.CLOSED
    began_s = seconds()
    await it.engine.resume()
    assert it.engine.state is State.WAITING
    await asyncio.sleep(7.1)
    assert it.engine.state is State.LIVE
    assert seconds() - began_s < 8
    it.send(2)
    assert [type(one).__name__ for one in it.told()] == ["int", "Gap", "int"]
    assert [error.code for _, error in policy.asked] == [1012, 1012]  # type: ignore[attr-defined]
    await it.engine.close()


@in_virtual_time
async def test_resume_after_an_end_in_order() -> None:
    it = ScriptedEngine("T.A", policy=SOON)
    await it.engine.open()
    await it.engine.close()
    await it.engine.resume()
    await asyncio.sleep(6)
    assert it.engine.state is State.LIVE
    await it.engine.close()


@in_virtual_time
async def test_give_up_ends_a_wait_and_nothing_else() -> None:
    it = ScriptedEngine("T.A", policy=SOON)
    await it.engine.open()
    it.engine.give_up()
    assert it.engine.state is State.LIVE
    it.connection.lose(1013)
    await idle()
    it.engine.give_up()
    assert it.engine.state is State.CLOSED
    assert isinstance(it.engine.error, ConnectionLost)
    assert it.engine.error.code == 1013
    await asyncio.sleep(100)
    assert len(it.source.connections) == 1
