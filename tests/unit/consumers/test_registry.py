"""How a stream's consumers come and go, and what is done with what they say."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from fastpoly import Batch, decode, schema
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.fanout import Route
from fastpoly.consumers.handlers.error_policy import HandlerErrorPolicy
from fastpoly.consumers.registry import ConsumerRegistry, Limits
from fastpoly.enums import ErrorPolicy, Overflow
from fastpoly.errors import ConnectionLost, HandlerFailed, UsageError
from fastpoly.health.clock import SystemClock
from fastpoly.net.reader_loop import CallerLoop
from tests.loops import in_loop
from tests.waiting import PATIENCE_S

LIMITS = Limits(1 << 20, None, Overflow.DROP_OLDEST)
ANY: dict[str, Any] = {
    "symbols": None, "where": None, "max_bytes": None, "max_age_s": None, "overflow": None,
}  # fmt: skip


class Engine:
    """Where batches come from."""

    def __init__(self) -> None:
        self.pipeline = self
        self.clock = SystemClock()
        self.deliver: Route
        self.full: list[bool] = []
        self.failures: list[BaseException] = []
        self.policy: HandlerErrorPolicy

    def route(self, deliver: Route) -> None:
        self.deliver = deliver

    def send(self, text: str) -> None:
        one = decode(json.dumps([{"ev": name, "sym": "A"} for name in text.split()]).encode())
        self.deliver(one, one.channels)

    def note_room(self, buffer: Buffer) -> None:
        self.full.append(buffer.is_full)

    def stop_with(self, error: BaseException) -> None:
        self.failures.append(error)


async def make(
    policy: ErrorPolicy = ErrorPolicy.CONTINUE, limits: Limits = LIMITS
) -> tuple[ConsumerRegistry, Engine]:
    engine: Any = Engine()
    loop = CallerLoop()
    await loop.start()
    errors = engine.policy = HandlerErrorPolicy(
        None, policy, engine, logging.getLogger("fastpoly.stream")
    )
    return ConsumerRegistry(schema.MARKETS["stocks"], limits, engine, loop, errors), engine


def add(registry: ConsumerRegistry, function: Any, *channels: str, notices: bool = True) -> None:
    registry.add_handler(function, channels, notices=notices, **ANY)


async def wind_up(registry: ConsumerRegistry) -> None:
    registry.end(None)
    await registry.wind_up(drain=True, timeout_s=5)


def names(batches: list[Batch]) -> list[str]:
    return [event.event_type for one in batches for event in one]


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ((None, None, None), LIMITS),
        ((5, None, None), Limits(5, None, Overflow.DROP_OLDEST)),
        ((None, 1.5, "BLOCK"), Limits(1 << 20, 1.5, Overflow.BLOCK)),
    ],
)
def test_limits_may_be_replaced_one_by_one(options: Any, changed: Limits) -> None:
    assert LIMITS.but(*options) == changed


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((0, None, None), "max_buffer_bytes=0 is not above 0"),
        ((None, -1.0, None), "max_buffer_age=-1.0 is not above 0"),
        ((None, None, "drop"), "'drop' is not an overflow policy"),
    ],
)
def test_limits_have_to_make_sense(options: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        LIMITS.but(*options)


@in_loop
async def test_channels() -> None:
    registry, _ = await make()
    assert registry.wanted((), notices=True) is None
    assert registry.wanted(("T",), notices=True) == frozenset({"T", "notice"})
    assert registry.wanted(("T", "unknown"), notices=False) == frozenset({"T", "unknown"})
    everything = registry.wanted((), notices=False)
    assert everything is not None
    assert "notice" not in everything
    assert {"T", "unknown"} < everything
    with pytest.raises(UsageError, match="'XT' is not a channel of stocks") as caught:
        registry.wanted(("XT",), notices=True)
    assert "AM" in str(caught.value)


@in_loop
async def test_handlers_and_iterations_come_and_go() -> None:
    registry, engine = await make()
    early: list[Batch] = []
    late: list[Batch] = []
    add(registry, early.append, "T")
    registry.start()
    engine.send("T Q")
    add(registry, late.append)
    batches = registry.add_iteration(("Q",), **ANY)
    engine.send("T Q")
    registry.remove_handler(late.append)
    engine.send("T")
    await batches.aclose()
    assert (names(early), names(late)) == (["T", "T", "T"], ["T", "Q"])
    assert [handler.function for handler in registry.handlers] == [early.append]
    assert registry.iterations == []
    with pytest.raises(UsageError, match="is not a handler of this stream"):
        registry.remove_handler(late.append)
    await wind_up(registry)


@in_loop
async def test_main_iteration_takes_what_came_before_it_if_it_is_the_first() -> None:
    registry, engine = await make()
    registry.start()
    engine.send("T")
    batches = registry.main()
    assert registry.main() is batches
    engine.send("Q")
    assert names([await anext(batches), await anext(batches)]) == ["T", "Q"]
    await wind_up(registry)


@in_loop
async def test_main_iteration_beside_others_has_a_buffer_of_its_own() -> None:
    registry, engine = await make()
    got: list[Batch] = []
    add(registry, got.append)
    registry.start()
    engine.send("T")
    batches = registry.main()
    engine.send("Q")
    assert names(got) == ["T", "Q"]
    assert names([await anext(batches)]) == ["Q"]
    await wind_up(registry)


@pytest.mark.parametrize(
    ("policy", "calls", "failures"),
    [(ErrorPolicy.CONTINUE, 2, 0), (ErrorPolicy.DETACH, 1, 0), (ErrorPolicy.STOP, 1, 1)],
)
@in_loop
async def test_handler_that_raises(policy: ErrorPolicy, calls: int, failures: int) -> None:
    registry, engine = await make(policy)
    got: list[Batch] = []

    def function(one: Batch) -> None:
        got.append(one)
        raise ValueError("broken")

    add(registry, function)
    registry.start()
    engine.send("T")
    engine.send("T")
    assert (len(got), len(engine.failures)) == (calls, failures)
    assert len(registry.handlers) == (1 if policy is ErrorPolicy.CONTINUE else 0)
    assert all(isinstance(failure, HandlerFailed) for failure in engine.failures)
    await wind_up(registry)


@in_loop
async def test_ctrl_c_in_a_handler_ends_the_stream() -> None:
    registry, engine = await make()

    def function(one: Batch) -> None:
        raise KeyboardInterrupt

    add(registry, function)
    registry.start()
    engine.send("T")
    (failure,) = engine.failures
    assert isinstance(failure, KeyboardInterrupt)
    await wind_up(registry)


@in_loop
async def test_handler_that_is_too_slow_for_its_policy_is_taken_off_and_the_stream_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry, engine = await make(ErrorPolicy.STOP, Limits(1, None, Overflow.ERROR))
    gate = asyncio.Event()

    async def function(one: Batch) -> None:
        await gate.wait()

    add(registry, function)
    registry.start()
    await asyncio.sleep(0)
    for _ in range(4):
        engine.send("T")
    gate.set()
    async with asyncio.timeout(PATIENCE_S):
        while registry.handlers:
            await asyncio.sleep(0)
    assert engine.failures == []
    assert engine.policy.errors == 1
    assert "did not keep up" in caplog.text
    await wind_up(registry)


@in_loop
async def test_reading_stops_while_a_buffer_is_full() -> None:
    registry, engine = await make(limits=Limits(100, None, Overflow.BLOCK))
    registry.start()
    batches = registry.main()
    for _ in range(4):
        engine.send("T")
    assert engine.full == [True]
    for _ in range(4):
        await anext(batches)
    assert engine.full == [True, False]
    await wind_up(registry)


@in_loop
async def test_iteration_that_raises_the_end_of_the_stream_is_remembered() -> None:
    registry, _ = await make()
    registry.start()
    batches = registry.main()
    registry.end(ConnectionLost("gone"))
    assert not registry.has_raised
    with pytest.raises(ConnectionLost):
        await anext(batches)
    assert registry.has_raised
    await registry.wind_up(drain=True, timeout_s=5)


@in_loop
async def test_handlers_that_are_not_done_in_time_are_cut_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry, engine = await make()
    cut: list[str] = []

    async def function(one: Batch) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cut.append("off")

    add(registry, function)
    registry.start()
    await asyncio.sleep(0)
    engine.send("T")
    registry.end(None)
    with caplog.at_level(logging.WARNING):
        await registry.wind_up(drain=True, timeout_s=0.01)
        await registry.handlers[0].wait_drained()
    assert cut == ["off"]
    assert "had not finished 0.01 s after the end" in caplog.text


@in_loop
async def test_winding_up_without_draining_cancels_what_runs() -> None:
    registry, engine = await make()
    cut: list[str] = []

    async def function(one: Batch) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cut.append("off")

    add(registry, function)
    registry.start()
    await asyncio.sleep(0)
    engine.send("T")
    registry.end(None)
    await registry.wind_up(drain=False, timeout_s=5)
    assert cut == ["off"]
