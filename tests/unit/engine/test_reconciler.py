"""Subscriptions in rounds: what the server is asked for, and what whoever waits is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from fastpoly.errors import ConnectionLost, SubscriptionError, SubscriptionLimitError
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.subscriptions import Request
from tests.scripted_engine import NEVER, SOON, ScriptedEngine, begin, seconds
from tests.virtual_time import idle, in_virtual_time

Call = asyncio.Task[Any]


async def live(*params: str, **settings: Any) -> ScriptedEngine:
    """Return an engine that is live, whose server says nothing by itself any more."""
    it = ScriptedEngine(*params, **settings)
    await it.engine.open()
    it.connection.requests.clear()
    it.source.obliging = False
    return it


async def close(it: ScriptedEngine) -> None:
    await it.engine.close()


def refuse(it: ScriptedEngine, message: str = "not authorized") -> None:
    it.connection.say("error", message)


async def failure(call: Call) -> SubscriptionError:
    """Return what a call fails with."""
    with pytest.raises(SubscriptionError) as caught:
        await call
    return caught.value


def names(error: SubscriptionError) -> tuple[Iterable[str], Iterable[str]]:
    return error.refused, error.unanswered


@in_virtual_time
async def test_one_round_at_a_time_and_later_changes_in_the_next() -> None:
    it = await live("T.A")
    first = await begin(it.engine.subscribe(["T.B"]))
    second = await begin(it.engine.subscribe(["T.C", "T.D"]))
    third = await begin(it.engine.unsubscribe(["T.A"]))
    assert it.connection.requests == [("subscribe", ("T.B",))]
    it.connection.confirm("subscribe", "T.B")
    await first
    await idle()
    assert it.connection.requests[1:] == [
        ("subscribe", ("T.C", "T.D")),
        ("unsubscribe", ("T.A",)),
    ]
    it.connection.confirm("subscribe", "T.C")
    await idle()
    assert not second.done()
    it.connection.confirm("subscribe", "T.D")
    it.connection.confirm("unsubscribe", "T.A")
    await second
    await third
    assert it.engine.confirmed == ("T.B", "T.C", "T.D")
    assert it.warnings == []
    await close(it)


@in_virtual_time
async def test_a_refusal_comes_before_the_confirmations_and_names_nothing() -> None:
    it = await live("T.A")
    calls = [await begin(it.engine.subscribe([name])) for name in ("T.B", "T.C", "T.D")]
    it.connection.confirm("subscribe", "T.B")
    await calls[0]
    await idle()
    refuse(it)
    it.connection.confirm("subscribe", "T.D")
    began_s = seconds()
    error = await failure(calls[1])
    assert seconds() - began_s == pytest.approx(0.1, abs=0.01)
    assert names(error) == (("T.C",), ())
    assert "not authorized" in str(error)
    await calls[2]
    assert it.engine.desired == it.engine.confirmed == ("T.A", "T.B", "T.D")
    await close(it)


@in_virtual_time
async def test_a_limit_is_an_error_of_its_own() -> None:
    it = await live("T.A")
    call = await begin(it.engine.subscribe(["T.B"]))
    refuse(it, "Subscription limit reached for feed. Please remove some subscriptions.")
    error = await failure(call)
    assert isinstance(error, SubscriptionLimitError)
    assert error.refused == ("T.B",)
    await close(it)


@in_virtual_time
async def test_what_is_not_answered_is_given_up_and_taken_back() -> None:
    it = await live("T.A")
    began_s = seconds()
    call = await begin(it.engine.subscribe(["T.B", "T.C"]))
    await asyncio.sleep(6)
    it.connection.confirm("subscribe", "T.C")
    error = await failure(call)
    assert seconds() - began_s == pytest.approx(16, abs=0.1)  # ten seconds since the last answer
    assert names(error) == ((), ("T.B",))
    assert it.engine.desired == ("T.A", "T.C")
    assert it.connection.requests[1:] == [("unsubscribe", ("T.B",))]
    await close(it)


@in_virtual_time
async def test_an_answer_that_comes_late_and_a_second_try() -> None:
    it = await live("T.A")
    assert (await failure(await begin(it.engine.subscribe(["T.B"])))).unanswered == ("T.B",)
    again = await begin(it.engine.subscribe(["T.B"]))
    # What the server answers now, in its order: the first request, that it was taken back, ...
    it.connection.confirm("subscribe", "T.B")
    it.connection.confirm("unsubscribe", "T.B")
    it.connection.confirm("subscribe", "T.B")
    await again
    assert "T.B" in it.engine.confirmed
    asked = [(action, params) for action, params in it.connection.requests if "T.B" in params]
    assert [action for action, _ in asked] == ["subscribe", "unsubscribe", "subscribe"]
    await close(it)


@in_virtual_time
async def test_an_unsubscription_that_is_not_answered() -> None:
    it = await live("T.A", "T.B")
    error = await failure(await begin(it.engine.unsubscribe(["T.A"])))
    assert names(error) == ((), ("T.A",))
    assert str(error).startswith("To unsubscribe")
    assert it.engine.desired == ("T.B",)
    await close(it)


@in_virtual_time
async def test_subscribing_while_the_unsubscription_is_under_way_waits_for_its_own_answer() -> None:
    it = await live("T.A")
    leaving = await begin(it.engine.unsubscribe(["T.A"]))
    coming = await begin(it.engine.subscribe(["T.A"]))
    assert not coming.done(), "the server is about to let go of it"
    it.connection.confirm("unsubscribe", "T.A")
    await leaving
    await idle()
    assert it.connection.requests == [("unsubscribe", ("T.A",)), ("subscribe", ("T.A",))]
    refuse(it)
    assert (await failure(coming)).refused == ("T.A",)
    assert it.engine.desired == ()
    await close(it)


@in_virtual_time
async def test_an_unanswered_unsubscription_is_not_blamed_on_who_subscribes_meanwhile() -> None:
    it = await live("T.A")
    leaving = await begin(it.engine.unsubscribe(["T.A"]))
    coming = await begin(it.engine.subscribe(["T.A"]))
    assert (await failure(leaving)).unanswered == ("T.A",)
    await idle()
    it.connection.confirm("subscribe", "T.A")
    await coming
    assert it.engine.desired == it.engine.confirmed == ("T.A",)
    await close(it)


@pytest.mark.parametrize("answer", ["confirmed", "refused", "unanswered"])
@in_virtual_time
async def test_unsubscribing_while_the_subscription_is_under_way(answer: str) -> None:
    it = await live("T.A")
    coming = await begin(it.engine.subscribe(["T.B"]))
    leaving = await begin(it.engine.unsubscribe(["T.B"]))
    if answer == "confirmed":
        it.connection.confirm("subscribe", "T.B")
        await coming
        await idle()
        it.connection.confirm("unsubscribe", "T.B")
    else:
        if answer == "refused":
            refuse(it)
        assert names(await failure(coming)) == (
            (("T.B",), ()) if answer == "refused" else ((), ("T.B",))
        )
    await leaving
    asked = [action for action, _ in it.connection.requests]
    assert asked == ["subscribe", *([] if answer == "refused" else ["unsubscribe"])]
    assert it.engine.desired == ("T.A",)
    await close(it)


@in_virtual_time
async def test_who_is_overtaken_before_the_request_went_out_is_told_and_does_not_wait() -> None:
    it = await live("T.A")
    busy = await begin(it.engine.subscribe(["T.X"]))
    coming = await begin(it.engine.subscribe(["T.B"]))
    await it.engine.unsubscribe(["T.B"])
    leaving = await begin(it.engine.unsubscribe(["T.A"]))
    await it.engine.subscribe(["T.A"])
    it.connection.confirm("subscribe", "T.X")
    await busy
    for call, param in ((coming, "T.B"), (leaving, "T.A")):
        error = await failure(call)
        assert names(error) == ((), ())
        assert param in str(error)
    assert it.connection.requests == [("subscribe", ("T.X",))]
    assert {*it.engine.desired} == {*it.engine.confirmed} == {"T.A", "T.X"}
    await close(it)


@in_virtual_time
async def test_what_is_unsubscribed_while_it_opens_is_not_waited_for() -> None:
    it = ScriptedEngine("T.A", "T.B", obliging=False)
    opening = await begin(it.engine.open())
    await it.engine.unsubscribe(["T.B"])
    it.source.obliging = True
    it.connection.accept()
    await idle()
    it.connection.confirm("subscribe", "T.A")
    await opening
    assert it.engine.state is State.LIVE
    await close(it)


@pytest.mark.parametrize("answer", ["refused", "unanswered"])
@in_virtual_time
async def test_what_the_next_connection_is_not_given_can_be_asked_for_and_let_go(
    answer: str,
) -> None:
    it = await live("T.*", "Q.A", policy=SOON)
    it.connection.lose()
    await asyncio.sleep(5.1)
    it.connection.accept()
    await idle()
    if answer == "refused":
        refuse(it)
    it.connection.confirm("subscribe", "Q.A")
    await asyncio.sleep(15)
    assert it.engine.state is State.LIVE
    assert [str(error).startswith("To subscribe") for error in it.warnings] == [True]
    assert it.engine.desired == ("T.*", "Q.A")
    assert len(it.connection.requests) == 1, "it is not asked for again by itself"

    again = await begin(it.engine.subscribe(["T.B"]))
    assert it.connection.requests[1:] == [("subscribe", ("T.*",))]
    refuse(it)
    assert (await failure(again)).refused == ("T.B",)
    again = await begin(it.engine.subscribe(["T.*"]))
    it.connection.confirm("subscribe", "T.*")
    await again
    await close(it)


async def passed_over(*params: str) -> ScriptedEngine:
    """Return an engine on its second connection, which has not answered for its parameters."""
    it = await live(*params, policy=SOON)
    it.connection.lose()
    await asyncio.sleep(5.1)
    it.connection.accept()
    await asyncio.sleep(11)
    assert it.engine.state is State.LIVE
    it.connection.requests.clear()
    return it


@in_virtual_time
async def test_what_a_wildcard_would_take_the_place_of_is_kept_if_it_is_not_given() -> None:
    it = await passed_over("T.A")
    wildcard = await begin(it.engine.subscribe(["T.*"]))
    assert it.connection.requests == [("subscribe", ("T.*",))]
    refuse(it)
    assert (await failure(wildcard)).refused == ("T.*",)
    # The server was never asked to let go of it, so it may hold it still.
    assert it.connection.requests[1:] == []
    await close(it)


@in_virtual_time
async def test_what_may_be_held_is_let_go_of_if_who_asked_again_does_not_want_it_any_more() -> None:
    it = await passed_over("T.A", "Q.A")
    again = await begin(it.engine.subscribe(["T.B"]))
    wanted = asyncio.ensure_future(it.engine.subscribe(["T.A"]))
    unwanted = asyncio.ensure_future(it.engine.unsubscribe(["T.A"]))
    await idle()
    it.connection.confirm("subscribe", "T.B")
    await again
    await idle()
    assert it.connection.requests == [("subscribe", ("T.B",)), ("unsubscribe", ("T.A",))]
    it.connection.confirm("unsubscribe", "T.A")
    await unwanted
    await failure(wanted)
    await close(it)


@in_virtual_time
async def test_what_was_refused_after_a_reconnect_is_let_go_of_without_asking() -> None:
    it = await live("T.A", "Q.A", policy=SOON)
    it.connection.lose()
    await asyncio.sleep(5.1)
    it.connection.accept()
    await idle()
    refuse(it)
    it.connection.confirm("subscribe", "T.A")
    await asyncio.sleep(1)
    await it.engine.unsubscribe(["Q.A"])
    assert len(it.connection.requests) == 1
    await close(it)


@in_virtual_time
async def test_a_wildcard_takes_over_and_makes_way() -> None:
    it = await live("T.A", "T.B")
    coming = await begin(it.engine.subscribe(["T.*"]))
    assert it.connection.requests == [("subscribe", ("T.*",))]
    it.connection.confirm("subscribe", "T.*")
    await coming
    await idle()
    assert it.connection.requests[1:] == [("unsubscribe", ("T.A", "T.B"))]
    await it.engine.subscribe(["T.C"])
    it.connection.confirm("unsubscribe", "T.A", "T.B")
    it.connection.requests.clear()
    await it.engine.unsubscribe(["T.B"])
    leaving = await begin(it.engine.unsubscribe(["T.*"]))
    assert it.connection.requests == [("unsubscribe", ("T.*",)), ("subscribe", ("T.A", "T.C"))]
    it.connection.confirm("unsubscribe", "T.*")
    await leaving
    it.connection.confirm("subscribe", "T.A", "T.C")
    await idle()
    assert it.engine.confirmed == ("T.A", "T.C")
    await close(it)


@in_virtual_time
async def test_who_waits_goes_on_waiting_over_a_loss_and_is_told_of_the_end() -> None:
    it = await live("T.A")
    coming = await begin(it.engine.subscribe(["T.B"]))
    leaving = await begin(it.engine.unsubscribe(["T.A"]))
    it.connection.lose()
    await leaving
    assert not coming.done()
    during = await begin(it.engine.subscribe(["T.C"]))
    await asyncio.sleep(5.1)
    it.connection.accept()
    await idle()
    assert it.connection.requests == [("subscribe", ("T.B", "T.C"))]
    it.connection.confirm("subscribe", "T.B")
    await coming
    await close(it)
    with pytest.raises(ConnectionLost, match="before the server had answered"):
        await during


@in_virtual_time
async def test_a_caller_that_went_away_is_no_trouble() -> None:
    it = await live("T.A")
    coming = await begin(it.engine.subscribe(["T.B"]))
    coming.cancel()
    await idle()
    refuse(it)
    await asyncio.sleep(1)
    assert len(it.warnings) == 1
    await close(it)


@in_virtual_time
async def test_requests_in_the_users_words_go_out_at_once() -> None:
    it = ScriptedEngine(policy=NEVER, literal=True)
    await it.engine.connect()
    it.source.obliging = False
    it.engine.request(Request("subscribe", ("T.A",)))
    it.engine.request(Request("subscribe", ("T.A", "T.NOPE")))
    it.engine.request(Request("unsubscribe", ("T.*",)))
    assert it.connection.requests == [
        ("subscribe", ("T.A",)),
        ("subscribe", ("T.A", "T.NOPE")),
        ("unsubscribe", ("T.*",)),
    ]
    assert it.engine.desired == ()
    await close(it)


@in_virtual_time
async def test_a_request_in_the_users_words_that_is_not_answered_is_a_warning() -> None:
    it = ScriptedEngine(policy=NEVER, literal=True)
    await it.engine.connect()
    it.source.obliging = False
    it.engine.request(Request("subscribe", ("T.A", "T.B")))
    await idle()
    it.connection.confirm("subscribe", "T.A")
    await asyncio.sleep(11)
    (warning,) = it.warnings
    assert isinstance(warning, SubscriptionError)
    assert warning.unanswered == ("T.B",)
    assert it.engine.desired == ("T.A", "T.B"), "it is asked for again with the next connection"
    await close(it)
