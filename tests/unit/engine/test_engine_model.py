"""The engine, whatever users, server and network do, against a plain account of both sides.

The account knows what the server was asked for on this connection, what it answered, and what it
sent. Time is virtual, so that a machine's run of hours takes a moment.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fastpoly.errors import ConnectionEvicted, ConnectionLost, SubscriptionError
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import TABLE, State
from fastpoly.protocol.reconnect import Backoff
from fastpoly.sources.scripted import ScriptedConnection
from tests.budgets import limits
from tests.scripted_engine import ScriptedEngine
from tests.virtual_time import VirtualTimeLoop, idle

PARAMS: Final = ("T.A", "T.B", "T.*", "Q.A", "Q.*")
CHANNELS: Final = ("T", "Q")
ANSWER_S: Final = 10.0

UP: Final = (State.SUBSCRIBING, State.LIVE, State.STALE)


@dataclass
class Call:
    """What a user asked for, and still waits for."""

    action: str
    params: tuple[str, ...]
    task: asyncio.Task[None]


class EngineMachine(RuleBasedStateMachine):
    """Users, a server and a network that do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.calls: list[Call] = []
        # What the server has to answer on this connection, in order; what it has confirmed.
        self.unanswered: list[tuple[str, str]] = []
        self.seen_requests = 0
        self.connection: ScriptedConnection | None = None
        self.held: set[str] = set()
        self.refused: set[str] = set()
        self.silent: set[str] = set()
        # Since when the server owes an answer, in the loop's time.
        self.owes_since = 0.0
        # What has to come out, in order: sequence numbers, and "gap".
        self.expected: list[Any] = []
        self.number = 0
        self.gap_due = False
        self.checked_changes = 0
        self.was_live = False
        self.closed = False

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    @property
    def now(self) -> float:
        return self.runner.get_loop().time()

    def settle(self) -> None:
        owed = bool(self.unanswered)
        self.do(idle())
        self.take_note()
        if not owed:
            self.owes_since = self.now

    def wait(self, seconds: float) -> None:
        self.do(asyncio.sleep(seconds))
        if self.now - self.owes_since >= ANSWER_S:
            self.silent.update(param for _, param in self.unanswered)
        self.settle()

    @initialize(params=st.sets(st.sampled_from(PARAMS), min_size=1))
    def open(self, params: set[str]) -> None:
        self.do(self.make(tuple(sorted(params))))
        self.settle()
        assert self.it.engine.state is State.CONNECTING

    async def make(self, params: tuple[str, ...]) -> None:
        policy = Backoff(
            initial_s=1.0, cap_s=4.0, evicted_after_s=30.0, retry_first=True, draw=lambda: 1.0
        )
        self.it = ScriptedEngine(*params, policy=policy, obliging=False)
        self.opening = asyncio.ensure_future(self.it.engine.open())

    @property
    def is_up(self) -> bool:
        return self.it.engine.state in UP

    # ------------------------------------------------------------------------------- the account

    def take_note(self) -> None:
        """Bring the account up to date with what the engine has done."""
        # A first subscription that fails is the end too.
        self.closed = self.closed or self.it.engine.state is State.CLOSED
        if not self.it.source.connections:
            return
        if self.it.connection is not self.connection:
            self.connection = self.it.connection
            self.seen_requests = 0
            self.unanswered.clear()
            for of_the_last in (self.held, self.refused, self.silent):
                of_the_last.clear()
        for action, params in self.connection.requests[self.seen_requests :]:
            self.unanswered += [(action, param) for param in params]
        self.seen_requests = len(self.connection.requests)

    def asked_for(self) -> set[str]:
        """What the server was asked for on this connection, all requests taken together."""
        wanted: set[str] = set()
        for action, params in self.it.connection.requests:
            (wanted.update if action == "subscribe" else wanted.difference_update)(params)
        return wanted

    def wire(self) -> set[str]:
        """What has to be asked for so that everything desired arrives."""
        desired = set(self.it.engine.desired)
        return {p for p in desired if p.endswith("*") or f"{p.partition('.')[0]}.*" not in desired}

    # --------------------------------------------------------------------------------- the users

    def call(self, action: str, params: tuple[str, ...]) -> None:
        async def start() -> None:
            method = getattr(self.it.engine, action)
            self.calls.append(Call(action, params, asyncio.ensure_future(method(params))))

        self.do(start())

    @precondition(lambda self: not self.closed)
    @rule(params=st.lists(st.sampled_from(PARAMS), min_size=1, max_size=3, unique=True))
    def subscribe(self, params: list[str]) -> None:
        self.call("subscribe", tuple(params))
        self.settle()
        assert set(params) <= set(self.it.engine.desired) or self.calls[-1].task.done()

    @precondition(lambda self: not self.closed)
    @rule(params=st.lists(st.sampled_from(PARAMS), min_size=1, max_size=3, unique=True))
    def unsubscribe(self, params: list[str]) -> None:
        self.call("unsubscribe", tuple(params))
        self.settle()

    @precondition(lambda self: not self.closed)
    @rule(param=st.sampled_from(PARAMS), first=st.sampled_from(["subscribe", "unsubscribe"]))
    def change_their_minds_at_once(self, param: str, first: str) -> None:
        self.call(first, (param,))
        self.call("unsubscribe" if first == "subscribe" else "subscribe", (param,))
        self.settle()

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def go_away(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.calls)).task.cancel()
        self.settle()

    # -------------------------------------------------------------------------------- the server

    @precondition(lambda self: self.it.engine.state is State.CONNECTING)
    @rule()
    def accept(self) -> None:
        self.it.connection.accept()
        self.settle()
        assert self.it.engine.is_open
        assert self.asked_for() == self.wire(), "a new connection is asked for all at once"

    @precondition(lambda self: self.is_up and self.unanswered)
    @rule(most=st.integers(1, 4))
    def confirm(self, most: int) -> None:
        """Answer the next requests, in their order, as the service does."""
        assert self.connection is not None
        for _ in range(min(most, len(self.unanswered))):
            action, param = self.unanswered.pop(0)
            self.connection.confirm(action, param)  # type: ignore[arg-type]
            (self.held.add if action == "subscribe" else self.held.discard)(param)
        self.owes_since = self.now
        self.settle()

    @precondition(lambda self: self.is_up and any(a == "subscribe" for a, _ in self.unanswered))
    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        """Refuse one parameter of the first request that is not answered, and wait."""
        asked = [param for action, param in self.unanswered if action == "subscribe"]
        param = data.draw(st.sampled_from(asked))
        # Of its round, everything else is confirmed before the engine judges: as the service does.
        assert self.connection is not None
        self.connection.say("error", "not authorized")
        for action, other in list(self.unanswered):
            if (action, other) != ("subscribe", param):
                self.connection.confirm(action, other)  # type: ignore[arg-type]
                (self.held.add if action == "subscribe" else self.held.discard)(other)
        self.unanswered.clear()
        self.refused.add(param)
        self.held.discard(param)
        self.wait(1.5)

    @precondition(lambda self: self.is_up and self.unanswered)
    @rule()
    def stay_silent(self) -> None:
        """Answer nothing until the engine gives up waiting."""
        given_up = list(self.unanswered)
        self.unanswered.clear()
        self.silent.update(param for action, param in given_up)
        self.wait(ANSWER_S + 0.5)

    @precondition(lambda self: self.is_up)
    @rule(
        count=st.integers(1, 3),
        channel=st.sampled_from(CHANNELS),
        with_status=st.booleans(),
    )
    def deliver(self, count: int, channel: str, with_status: bool) -> None:
        if self.gap_due:
            self.expected.append("gap")
            self.gap_due = False
        numbers = range(self.number, self.number + count)
        self.number += count
        self.expected += numbers
        assert self.connection is not None
        events: list[dict[str, Any]] = [{"ev": channel, "sym": "A", "q": q} for q in numbers]
        if with_status:
            events.insert(0, {"ev": "status", "status": "x", "message": "y"})
        self.connection.deliver(*events)
        self.data_came = True
        self.settle()

    # ------------------------------------------------------------------------------- the network

    data_came = False

    def lost(self) -> None:
        """Keep account of a loss: is there anything that can be missing?"""
        begun = self.was_live or self.data_came or bool(self.it.engine.confirmed)
        self.gap_due = self.gap_due or (begun and self.is_up and bool(self.it.engine.desired))
        self.data_came = False

    @precondition(lambda self: self.it.engine.state is State.CONNECTING or self.is_up)
    @rule(code=st.sampled_from([1006, 1012]))
    def lose(self, code: int) -> None:
        self.lost()
        self.it.connection.lose(code)
        self.settle()
        assert self.it.engine.state in (State.WAITING, State.CLOSED)

    @precondition(lambda self: self.it.engine.state is State.CONNECTING or self.is_up)
    @rule()
    def evict(self) -> None:
        self.lost()
        self.it.connection.drop(ConnectionEvicted("Another took its place."))
        self.settle()
        assert self.it.engine.state in (State.EVICTED, State.CLOSED)

    @precondition(lambda self: self.it.engine.state in (State.WAITING, State.EVICTED))
    @rule()
    def reconnect(self) -> None:
        self.wait(35 if self.it.engine.state is State.EVICTED else 5)
        assert self.it.engine.state is State.CONNECTING

    @rule(seconds=st.sampled_from([0.05, 1.0, 5.0, 12.0]))
    def let_time_go_by(self, seconds: float) -> None:
        self.wait(seconds)

    @precondition(lambda self: not self.closed)
    @rule(how=st.sampled_from(["close", "close", "abort"]))
    def close(self, how: str) -> None:
        self.closed = True
        if how == "abort":
            self.it.engine.abort()
        self.do(self.it.engine.close())
        self.settle()
        assert self.it.engine.state is State.CLOSED
        assert all(call.task.done() for call in self.calls), "nobody waits for what is over"

    # ----------------------------------------------------------------------------- what must hold

    @invariant()
    def the_state_never_leaves_the_table(self) -> None:
        changes = self.it.changes
        for change in changes[self.checked_changes :]:
            assert TABLE[change.old, change.cause][0] is change.new
            self.was_live = self.was_live or change.new is State.LIVE
        for before, after in itertools.pairwise(changes):
            assert before.new is after.old
        self.checked_changes = len(changes)

    @invariant()
    def each_event_comes_once_and_in_order_and_each_gap_before_the_next(self) -> None:
        told = ["gap" if isinstance(e, Gap) else e.get("q") for e in self.it.events]
        assert [one for one in told if one is not None] == self.expected

    @invariant()
    def the_server_was_asked_for_what_is_wanted(self) -> None:
        if self.it.engine.state is not State.LIVE or self.unanswered:
            return
        missing = self.wire() - self.asked_for()
        too_much = self.asked_for() - self.wire()
        assert not missing, "somebody waits for what was never asked for"
        # What it refused or did not answer was asked for in vain.
        assert too_much <= self.refused

    @invariant()
    def every_call_is_answered_and_rightly(self) -> None:
        left = []
        for call in self.calls:
            if not call.task.done():
                left.append(call)
                # While a connection is up and nothing is with the server, nobody may wait.
                assert not (self.it.engine.state is State.LIVE and not self.unanswered), call
            elif not call.task.cancelled():
                self.check(call, call.task.exception())
        self.calls = left

    def check(self, call: Call, error: BaseException | None) -> None:
        if isinstance(error, ConnectionLost):
            assert self.closed
        elif isinstance(error, SubscriptionError):
            named = set(error.refused) | set(error.unanswered)
            assert named <= set(call.params)
            assert not (set(error.refused) & set(error.unanswered))
            by_wildcard = {param: f"{param.partition('.')[0]}.*" for param in named}
            if "did not answer" in str(error):
                for param in error.unanswered:
                    assert {param, by_wildcard[param]} & self.silent
            if "refused" in str(error):
                for param in error.refused:
                    assert {param, by_wildcard[param]} & self.refused
        else:
            assert error is None

    def teardown(self) -> None:
        try:
            if hasattr(self, "it"):
                self.do(self.end())
        finally:
            self.runner.close()

    async def end(self) -> None:
        await self.it.engine.close()
        await asyncio.gather(self.opening, return_exceptions=True)
        await asyncio.gather(*(call.task for call in self.calls), return_exceptions=True)
        await idle()
        assert asyncio.all_tasks() == {asyncio.current_task()}, "something is left running"
        assert not self.it.connection.is_open
        assert len(self.it.ends) == 1


TestEngine = pytest.mark.budget(EngineMachine.TestCase)
TestEngine.settings = limits(150, stateful_step_count=30)
