"""Handlers: order, coroutines, failures, fences."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any

import pytest

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedServer
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, check_threads, make, numbers, run
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


@BOTH_WAYS
def test_handlers(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", "Q.A", ingest=ingest)
            seen: dict[str, list[int]] = {"T": [], "Q": [], "async": [], "all": []}
            threads: set[int] = set()

            @stream.on("T")
            def on_trades(batch: Batch) -> None:
                assert batch.channels == ("T",)
                threads.add(threading.get_ident())
                seen["T"] += numbers(batch)

            @stream.on("Q")
            def on_quotes(batch: Batch) -> None:
                seen["Q"] += numbers(batch)

            @stream.on("T", "Q")
            async def on_both(batch: Batch) -> None:
                before = len(seen["async"])
                await asyncio.sleep(0.001 * (len(batch) % 3))
                assert len(seen["async"]) == before
                seen["async"] += numbers(batch)

            @stream.on
            def on_all(batch: Batch) -> None:
                seen["all"] += numbers(batch)

            async with stream:
                for number in range(0, 100, 2):
                    server.peers[0].send(trade(q=number), quote(q=number + 1))
                    if number % 10 == 0:
                        await asyncio.sleep(0.002)
                await until(lambda: len(seen["all"]) == 100)
                stream.remove_handler(on_all)
                server.peers[0].send(trade(q=100))
            assert seen["T"] == list(range(0, 101, 2))
            assert seen["Q"] == list(range(1, 100, 2))
            assert seen["async"] == list(range(101))
            assert seen["all"] == list(range(100))
            assert threads == {threading.get_ident()}
            with pytest.raises(errors.UsageError, match="not a handler of this stream"):
                stream.remove_handler(on_all)

    run(main())


@BOTH_WAYS
def test_handler_added_late_gets_what_has_come(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:
            server.peers[0].send(trade(q=1), quote(q=2))
            await until(lambda: stream.stats().received == 2)
            trades: list[int] = []
            quotes: list[int] = []
            stream.add_handler(lambda batch: trades.extend(numbers(batch)), "T")
            stream.add_handler(lambda batch: quotes.extend(numbers(batch)), "Q")
            server.peers[0].send(trade(q=3))
            await until(lambda: trades == [1, 3] and quotes == [2])

    run(main())


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["sync", "async", "async later"])
@pytest.mark.parametrize("policy", ["continue", "detach", "stop"])
@BOTH_WAYS
def test_handler_that_raises(
    ingest: str, policy: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[BaseException, object, Batch | None]] = []
    good: list[int] = []
    bad: list[int] = []

    def on_error(error: BaseException, handler: object, batch: Batch | None) -> None:
        told.append((error, handler, batch))

    def fail(batch: Batch) -> None:
        bad.extend(numbers(batch))
        raise ZeroDivisionError("handler's own")

    async def fail_async(batch: Batch) -> None:
        fail(batch)

    async def fail_later(batch: Batch) -> None:
        await asyncio.sleep(0)
        fail(batch)

    function: Any = {"sync": fail, "async": fail_async, "async later": fail_later}[kind]

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, on_error=on_error, error_policy=policy)
            stream.add_handler(function, "T")
            stream.add_handler(lambda batch: good.extend(numbers(batch)), "T")
            await stream.open()
            try:
                for number in range(3):
                    server.peers[0].send(trade(q=number))
                    # Each a batch of its own.
                    await until(lambda: number in good or stream.state is State.CLOSED)  # noqa: B023
                if policy == "stop":
                    with pytest.raises(errors.HandlerFailed) as caught:
                        await asyncio.wait_for(stream.wait_closed(), PATIENCE_S)
                    assert isinstance(caught.value.__cause__, ZeroDivisionError)
                else:
                    await until(lambda: good == [0, 1, 2])
                    assert stream.state is State.LIVE
            finally:
                await stream.close()
            assert bad == ([0, 1, 2] if policy == "continue" else [0])
            assert len(told) == len(bad)
            error, handler, batch = told[0]
            assert isinstance(error, ZeroDivisionError)
            assert handler is function
            assert batch is not None
            assert numbers(batch) == [0]

    run(main())
    assert "handler's own" in caplog.text


def test_log_of_failures_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A")
            calls = []

            @stream.on("T")
            def fail(batch: Batch) -> None:
                calls.append(1)
                raise ValueError

            async with stream:
                for number in range(200):
                    server.peers[0].send(trade(q=number))
                    await asyncio.sleep(0)
                await until(lambda: len(calls) > 20)
            assert stream.stats().handlers[0].errors == len(calls)

    run(main())
    records = [record for record in caplog.records if "fail failed" in record.getMessage()]
    assert len(records) == 5


def test_async_on_error_and_one_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    async def on_error(error: BaseException, handler: object, batch: object) -> None:
        await asyncio.sleep(0)
        told.append(str(error))
        raise RuntimeError("hook's own")

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", on_error=on_error)

            @stream.on("T")
            def fail(batch: Batch) -> None:
                raise ValueError("once")

            async with stream:
                server.peers[0].send(trade(q=1))
                await until(lambda: told)
                await asyncio.sleep(0.01)
                assert stream.state is State.LIVE

    run(main())
    assert told == ["once"]
    assert "hook's own" in caplog.text


@BOTH_WAYS
def test_async_handler_may_use_timeouts_and_context_variables(ingest: str) -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)
    outcomes: list[str] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)

            @stream.on("T")
            async def on_trades(batch: Batch) -> None:
                number = numbers(batch)[0]
                token = variable.set(number)
                assert asyncio.current_task() is not None
                try:
                    async with asyncio.timeout(0.01 if number % 2 else 5):
                        await asyncio.sleep(0 if number == 0 else 0.02)
                except TimeoutError:
                    outcomes.append(f"{number} late")
                else:
                    outcomes.append(f"{number} in time")
                assert variable.get() == number
                variable.reset(token)

            async with stream:
                for number in range(4):
                    server.peers[0].send(trade(q=number))
                    await until(lambda: len(outcomes) > number)  # noqa: B023
            assert stream.stats().handlers[0].errors == 0

    run(main())
    assert outcomes == ["0 in time", "1 late", "2 in time", "3 late"]


def test_timeout_that_strikes_before_the_first_wait_is_over() -> None:
    outcomes: list[str] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A")

            @stream.on("T")
            async def on_trades(batch: Batch) -> None:
                try:
                    async with asyncio.timeout(0):
                        await asyncio.sleep(10)
                except TimeoutError:
                    outcomes.append("late")

            async with stream:
                for number in range(3):
                    server.peers[0].send(trade(q=number))
                    await until(lambda: len(outcomes) > number)  # noqa: B023

    run(main())


def test_handler_that_never_waits_costs_no_task() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A")
            within_read: list[bool] = []
            reading = False

            @stream.on("T")
            def before(batch: Batch) -> None:
                nonlocal reading
                reading = True
                asyncio.get_running_loop().call_soon(after)

            def after() -> None:
                nonlocal reading
                reading = False

            @stream.on("T")
            async def on_trades(batch: Batch) -> None:
                within_read.append(reading)

            async with stream:
                tasks = len(asyncio.all_tasks())
                for number in range(20):
                    server.peers[0].send(trade(q=number))
                    await asyncio.sleep(0.001)
                await until(lambda: len(within_read) >= 15)
                assert len(asyncio.all_tasks()) <= tasks + 1
            assert all(within_read)

    run(main())


@BOTH_WAYS
def test_handler_whose_task_is_cancelled_is_detached(ingest: str) -> None:
    calls = others = 0

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:

            @stream.on("T")
            async def gives_up(batch: Batch) -> None:
                nonlocal calls
                calls += 1
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                await asyncio.sleep(0)

            @stream.on("T")
            def goes_on(batch: Batch) -> None:
                nonlocal others
                others += 1

            for count in range(1, 5):
                server.peers[0].send(trade(q=count))
                await until(lambda count=count: others == count)  # type: ignore[misc]
                await asyncio.sleep(0.02)
            assert calls == 1

    run(main())
