"""A market as every facade has it: what reaches the user's loop, what ends it, its figures."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from fastpoly.consumers.handlers.fill_hook import Fill
from fastpoly.engine.settings import EngineSettings
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import ConnectionLost, FastpolyError, HandlerFailed, UsageError
from fastpoly.filters.build import make_filter
from fastpoly.health.lag import Verdict
from fastpoly.market.feed import MAX_WARNINGS, MarketFeed, UserHooks
from fastpoly.net.reader_loop import CallerLoop
from fastpoly.notices import Gap, SlowConsumer
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.subscriptions import Subscriptions
from fastpoly.sources.scripted import ScriptedSource
from tests.scripted_engine import SOON, Policy, trades
from tests.virtual_time import VirtualClock, idle, in_virtual_time


class DistantLoop(CallerLoop):
    """A loop whose user's loop is another one: what goes there waits until the test lets it."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()

    def to_user(self, function: Callable[..., object], *arguments: Any) -> bool:
        self.waiting.append((function, arguments))
        return True

    def arrive(self) -> None:
        while self.waiting:
            function, arguments = self.waiting.popleft()
            function(*arguments)


class Facade:
    """A feed over a scripted source, its owner, and the user's hooks.

    Attributes:
        events: What consumers were given.
        told: What `on_error` was told.
        ends: What each life ended with.
        lost: What a recording did not keep up with.
    """

    def __init__(
        self,
        *params: str,
        loop: CallerLoop | None = None,
        fill: Fill | None = None,
        policy: Any = SOON,
        **settings: Any,
    ) -> None:
        self.clock = VirtualClock()
        self.source = ScriptedSource("stocks", obliging=True, clock=self.clock)
        self.loop = loop or CallerLoop()
        self.events: list[Any] = []
        self.told: list[BaseException] = []
        self.ends: list[FastpolyError | None] = []
        self.lost: list[SlowConsumer] = []
        subscriptions = Subscriptions("stocks")
        subscriptions.add(params)
        self.feed = MarketFeed(
            self.source,
            subscriptions,
            EngineSettings(policy=policy, clock=self.clock, **settings),
            self.loop,
            UserHooks(
                self.on_error, ErrorPolicy.CONTINUE, fill, logging.getLogger("fastpoly.test")
            ),
            self,
        )
        self.feed.engine.pipeline.route(lambda batch, channels: self.events.extend(batch))

    async def open(self) -> None:
        await self.loop.start()
        await self.feed.engine.open()

    def on_error(self, error: BaseException, handler: Any, message: Any) -> None:
        assert (handler, message) == (None, None)
        self.told.append(error)

    def on_finish(self, error: FastpolyError | None) -> None:
        self.ends.append(error)

    def on_recording_lost(self, notice: SlowConsumer) -> None:
        self.lost.append(notice)


# ------------------------------------------------------------------------------------------- news


@in_virtual_time
async def test_changes_of_state_are_told_in_the_users_loop() -> None:
    loop = DistantLoop()
    it = Facade("T.A", loop=loop)
    states: list[State] = []
    it.feed.states.add(lambda change: states.append(change.new))
    await it.open()
    assert states == [], "the engine's loop is not the one to call the user's code"
    loop.arrive()
    assert [str(state) for state in states] == [
        "connecting",
        "authenticating",
        "subscribing",
        "live",
    ]
    await it.feed.engine.close()


@in_virtual_time
async def test_warnings_are_told_in_order_in_the_users_loop() -> None:
    loop = DistantLoop()
    it = Facade(loop=loop)
    errors = [FastpolyError(f"number {number}") for number in range(3)]
    for error in errors:
        it.feed.on_warning(error)
    assert it.told == []
    loop.arrive()
    assert it.told == errors


@in_virtual_time
async def test_warnings_that_nobody_takes_are_bounded_and_counted() -> None:
    loop = DistantLoop()
    it = Facade(loop=loop)
    for number in range(MAX_WARNINGS + 7):
        it.feed.on_warning(FastpolyError(f"number {number}"))
    assert len(loop.waiting) == MAX_WARNINGS
    loop.arrive()
    assert len(it.told) == MAX_WARNINGS + 1
    assert str(it.told[MAX_WARNINGS - 1]) == f"number {MAX_WARNINGS - 1}"
    assert "7 more errors came" in str(it.told[-1])
    it.feed.on_warning(FastpolyError("afterwards"))
    loop.arrive()
    assert str(it.told[-1]) == "afterwards", "counted once"
    assert len(it.told) == MAX_WARNINGS + 2


@in_virtual_time
async def test_a_frame_that_cannot_be_read_is_told() -> None:
    it = Facade("T.A")
    await it.open()
    it.source.latest.deliver_text("[")
    assert [type(error).__name__ for error in it.told] == ["DecodeError"]
    assert it.feed.error is None
    await it.feed.engine.close()


@in_virtual_time
async def test_what_a_recording_lost_is_told_also_before_the_loop_is_there() -> None:
    it = Facade("T.A")
    notice = SlowConsumer(
        market="stocks",
        at_ns=3,
        consumer="a recording",
        overflow="drop_newest",
        lost=3,
        lost_by_channel={"T": 3},
        since_ns=1,
        until_ns=2,
    )
    it.feed.on_recording_lost(notice)
    await it.open()
    it.feed.on_recording_lost(notice)
    assert it.lost == [notice, notice]
    await it.feed.engine.close()


# --------------------------------------------------------------------------------------- the end


@in_virtual_time
async def test_the_end_is_told_with_its_cause() -> None:
    it = Facade("T.A", policy=Policy([None]))
    await it.open()
    it.source.latest.lose(1008, "enough")
    await idle()
    (error,) = it.ends
    assert isinstance(error, ConnectionLost)
    assert it.feed.error is error
    assert it.feed.stop_error is None, "no code of the user's ended it"

    it = Facade("T.A")
    await it.open()
    await it.feed.engine.close()
    assert (it.ends, it.feed.error) == ([None], None)


@pytest.mark.parametrize("error", [HandlerFailed("of a handler"), KeyboardInterrupt()])
@in_virtual_time
async def test_what_a_handler_raised_ends_it_and_is_its_error(error: BaseException) -> None:
    it = Facade("T.A")
    await it.open()
    it.feed.stop_with(error)
    it.feed.stop_with(FastpolyError("a later one"))
    await idle()
    assert it.feed.error is it.feed.stop_error is error
    (ended,) = it.ends
    assert ended is it.feed.engine.error
    assert error in (ended, getattr(ended, "__cause__", None))
    assert it.source.latest.was_closed


@in_virtual_time
async def test_a_policy_may_end_the_program() -> None:
    class Quits(Policy):
        def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
            raise SystemExit(3)

    it = Facade("T.A", policy=Quits([]))
    await it.open()
    it.source.latest.lose()
    await idle()
    assert isinstance(it.feed.error, SystemExit)
    assert [type(error) for error in it.ends] == [ConnectionLost]


def test_a_hook_that_cannot_be_called_is_refused() -> None:
    async def make() -> None:
        Facade(fill="not a function")  # type: ignore[arg-type]

    with pytest.raises(UsageError, match="fill"):
        asyncio.run(make())


# ------------------------------------------------------------------------------------------ gaps


async def cut(it: Facade) -> None:
    """Lose the connection between 1 and 9."""
    await it.open()
    it.source.latest.deliver(*trades([1]))
    it.source.latest.lose()
    await asyncio.sleep(6)
    it.source.latest.deliver(*trades([9]))


@in_virtual_time
async def test_a_hook_fills_a_gap() -> None:
    gaps: list[Gap] = []

    async def fill(gap: Gap) -> list[dict[str, Any]]:
        gaps.append(gap)
        await asyncio.sleep(1)
        return trades([2, 3])

    it = Facade("T.A", fill=fill, fill_timeout_s=60.0)
    await cut(it)
    assert [event.get("q", "gap") for event in it.events] == [1]
    await asyncio.sleep(2)
    assert [event.get("q", "gap") for event in it.events] == [1, "gap", 2, 3, 9]
    assert [gap.code for gap in gaps] == [1006]
    await it.feed.engine.close()


@in_virtual_time
async def test_a_hook_that_is_told_to_stop_leaves_the_gap() -> None:
    cancelled: list[bool] = []

    async def fill(gap: Gap) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    it = Facade("T.A", fill=fill, fill_timeout_s=7200.0)
    await cut(it)
    await idle()
    it.feed.stop_filling()
    await idle()
    assert cancelled == [True]
    assert [event.get("q", "gap") for event in it.events] == [1, "gap", 9]
    assert it.told == []
    await it.feed.engine.close()


@in_virtual_time
async def test_without_a_hook_there_is_nothing_to_stop() -> None:
    it = Facade("T.A")
    await cut(it)
    it.feed.stop_filling()
    assert [event.get("q", "gap") for event in it.events] == [1, "gap", 9]
    await it.feed.engine.close()


# --------------------------------------------------------------------------------------- figures


@in_virtual_time
async def test_figures() -> None:
    it = Facade("T.*", "Q.A", filter=make_filter("stocks", symbols={"A"}, where=None))
    before = it.feed.stats(waiting_s={})
    assert (before.market, before.state, before.error) == ("stocks", State.IDLE, "")
    assert (before.confirmed, before.received) == ((), 0)
    await it.open()
    it.source.latest.deliver(*trades([1, 2]), *trades([3], symbol="B"), *trades([4], "Q"))
    stats = it.feed.stats(waiting_s={})
    assert stats.state is State.LIVE
    assert set(stats.subscriptions) == set(stats.confirmed) == {"T.*", "Q.A"}
    assert (stats.received, stats.filtered, stats.line.connections) == (4, 1, 1)
    assert {name: one.events for name, one in stats.sequences.items()} == {"T": 3, "Q": 1}
    assert stats.recordings == ()
    await it.feed.engine.close()
    assert it.feed.stats(waiting_s={}).state is State.CLOSED


@in_virtual_time
async def test_figures_say_who_is_late_and_what_ended_it() -> None:
    it = Facade("T.A")
    await it.open()
    judgement = it.feed.stats(waiting_s={"quick": 0.0, "slow one": 30.0}).judgement
    assert judgement.verdict is Verdict.CLIENT_SLOW
    assert "slow one" in judgement.reason
    it.feed.stop_with(HandlerFailed("The handler raised."))
    await idle()
    assert "The handler raised." in it.feed.stats(waiting_s={}).error
