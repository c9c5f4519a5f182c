from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.lifecycle import State
from fastpoly.notices import Gap, SlowConsumer
from fastpoly.reconnect import Backoff, FixedDelay
from fastpoly.stream import Stream
from tests.net.scripted_server import Peer, ScriptedServer, quote, status, trade, until

KEY = "k3y-of-nobody"
SOON = FixedDelay(0.01, max_attempts=20)

Run = Callable[[Coroutine[Any, Any, None]], None]


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)
    gc.collect()


@pytest.fixture(params=["loop", "thread"])
def ingest(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def _no_thread_left() -> Any:
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("fastpoly")]
    assert not left


def make(server: ScriptedServer, *params: str, **options: Any) -> Stream:
    options.setdefault("reconnect", SOON)
    return Stream("stocks", *params, api_key=KEY, url=server.url, **options)


def numbers(batch: Batch) -> list[int]:
    return [event["q"] for event in batch.select("T", "Q")]


# ------------------------------------------------------------------------------- iteration


def test_iteration(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            async with make(server, "T.AAPL", ["Q.AAPL"], ingest=ingest) as stream:
                assert stream.state is State.LIVE
                (peer,) = server.peers
                assert peer.asked == ["T.AAPL", "Q.AAPL"]
                # Sent before anyone iterates: kept.
                peer.send(trade(q=1), quote(q=2))
                await asyncio.sleep(0.05)
                got = []
                async for batch in stream:
                    got += numbers(batch)
                    if len(got) == 2:
                        peer.send(trade(q=3))
                    elif len(got) == 3:
                        break
                assert got == [1, 2, 3]
                # A second loop goes on where the first stopped.
                peer.send(trade(q=4))
                async for batch in stream:
                    assert numbers(batch) == [4]
                    break
            assert stream.state is State.CLOSED
            assert stream.error is None
            assert peer.close_code == 1000

    run(main())


def test_iteration_ends_when_the_stream_is_closed(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:
            server.peers[0].send(trade(q=1))

            async def consume() -> list[int]:
                return [q async for batch in stream for q in numbers(batch)]

            task = asyncio.create_task(consume())
            await asyncio.sleep(0.05)
            await stream.close()
            assert await asyncio.wait_for(task, 5) == [1]
            assert [batch async for batch in stream] == []

    run(main())


def test_iteration_raises_what_ended_the_stream(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            got = []
            stream = make(server, "T.A", ingest=ingest)

            async def consume() -> None:
                async with stream:
                    server.peers[0].send(trade(q=1))
                    server.peers[0].send(status("MAX_CONNECTIONS", "Maximum number exceeded. "))
                    server.peers[0].close(1008, "max_connections")
                    async for batch in stream:
                        got.extend(numbers(batch))

            with pytest.raises(errors.ConnectionEvicted):
                await consume()
            assert got == [1]
            assert isinstance(stream.error, errors.ConnectionEvicted)

    run(main())


def test_end_of_the_context_raises_what_nobody_was_told(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:

            async def look_away() -> None:
                async with make(server, "T.A", ingest=ingest, reconnect=False) as stream:
                    server.peers[0].close(1001)
                    await until(lambda: stream.state is State.CLOSED)

            with pytest.raises(errors.ConnectionLost, match="1001"):
                await look_away()
            # Told once is enough.
            async with make(server, "T.A", ingest=ingest, reconnect=False) as stream:
                server.peers[1].close(1001)
                with pytest.raises(errors.ConnectionLost):
                    await stream.wait_closed()

    run(main())


def test_iterations_of_their_own(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:
            trades, quotes = stream.batches("T"), stream.batches("Q")
            await asyncio.sleep(0.02)
            server.peers[0].send(trade(q=1), quote(q=2), trade(q=3))
            assert numbers(await anext(trades)) == [1, 3]
            assert numbers(await anext(quotes)) == [2]
            await quotes.aclose()
            server.peers[0].send(quote(q=4), trade(q=5))
            assert numbers(await anext(trades)) == [5]
            with pytest.raises(StopAsyncIteration):
                await anext(quotes)

    run(main())


def test_two_tasks_on_one_iteration() -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A") as stream:
            first = asyncio.create_task(anext(aiter(stream)))
            await asyncio.sleep(0.01)
            with pytest.raises(errors.UsageError, match=r"stream\.batches\(\)"):
                await anext(aiter(stream))
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            server.peers[0].send(trade(q=1))
            assert numbers(await anext(aiter(stream))) == [1]

    run(main())


# --------------------------------------------------------------------------------- handlers


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
            with pytest.raises(errors.UsageError, match="no handler of this stream"):
                stream.remove_handler(on_all)

    run(main())


def test_handler_added_late_gets_what_has_come(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:
            server.peers[0].send(trade(q=1), quote(q=2))
            await asyncio.sleep(0.05)
            trades: list[int] = []
            quotes: list[int] = []
            stream.add_handler(lambda batch: trades.extend(numbers(batch)), "T")
            stream.add_handler(lambda batch: quotes.extend(numbers(batch)), "Q")
            server.peers[0].send(trade(q=3))
            await until(lambda: trades == [1, 3] and quotes == [2])

    run(main())


@pytest.mark.parametrize("kind", ["sync", "async", "async later"])
@pytest.mark.parametrize("policy", ["continue", "detach", "stop"])
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
                    await asyncio.sleep(0.03)
                if policy == "stop":
                    with pytest.raises(errors.HandlerFailed) as caught:
                        await asyncio.wait_for(stream.wait_closed(), 5)
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


def test_async_handler_may_use_timeouts_and_context_variables(ingest: str) -> None:
    import contextvars

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
                    await asyncio.sleep(0.04)
                await until(lambda: len(outcomes) == 4)
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
                    await asyncio.sleep(0.02)
                await until(lambda: len(outcomes) == 3)

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


# ---------------------------------------------------------------------------- subscriptions


def test_subscribe_and_unsubscribe(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, ingest=ingest) as stream:
            (peer,) = server.peers
            await stream.subscribe("T.AAPL", "Q.AAPL, AM.*")
            assert peer.held == ["T.AAPL", "Q.AAPL", "AM.*"]
            assert stream.subscriptions == ("T.AAPL", "Q.AAPL", "AM.*")
            await stream.subscribe("T.AAPL")
            assert len(peer.requests) == 2
            await stream.unsubscribe("Q.AAPL", "LULD.*")
            assert peer.held == ["T.AAPL", "AM.*"]
            await stream.subscribe("T.*")
            assert peer.held == ["AM.*", "T.*"]
            await stream.subscribe("T.BRK.B")
            await stream.unsubscribe("T.*")
            assert peer.held == ["AM.*", "T.AAPL", "T.BRK.B"]
            assert stream.stats().confirmed == ("AM.*", "T.AAPL", "T.BRK.B")

    run(main())


@pytest.mark.parametrize("ack", ["separate", "mixed"])
def test_acks_in_frames_of_their_own_or_with_data(ack: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            plain = server.answer

            def answer(peer: Peer, action: str, params: str) -> None:
                if action == "auth":
                    plain(peer, action, params)
                    return
                for reply in server.replies(peer, action, params.split(",")):
                    if ack == "mixed":
                        peer.send(trade(q=1), reply, trade(q=2))
                    else:
                        peer.send(reply)

            server.on_request = answer
            async with make(server, "T.A", "Q.A") as stream:
                assert stream.stats().confirmed == ("T.A", "Q.A")
                if ack == "mixed":
                    got: list[int] = []
                    async for batch in stream:
                        got += numbers(batch)
                        if len(got) == 4:
                            break
                    assert got == [1, 2, 1, 2]

    run(main())


def test_refused_and_unanswered_are_named(ingest: str) -> None:
    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(server, ingest=ingest, subscribe_timeout=0.2) as stream,
        ):
            server.refused = {"NOI.*", "LULD.*"}
            server.ignored = {"FMV.*"}
            with pytest.raises(errors.SubscriptionError) as caught:
                await stream.subscribe("T.A", "NOI.*", "Q.A", "LULD.*")
            assert set(caught.value.refused) == {"NOI.*", "LULD.*"}
            assert caught.value.unanswered == ()
            assert isinstance(caught.value.__cause__, errors.NotAuthorizedError)
            assert "NOI.*" in str(caught.value)
            assert "not authorized" in str(caught.value)
            assert stream.subscriptions == ("T.A", "Q.A")
            with pytest.raises(errors.SubscriptionError) as caught:
                await stream.subscribe("FMV.*", "AM.A")
            assert caught.value.unanswered == ("FMV.*",)
            assert stream.subscriptions == ("T.A", "Q.A", "AM.A")
            # What may have been taken in silence is let go of.
            dropped = {"action": "unsubscribe", "params": "FMV.*"}
            await until(lambda: server.peers[0].requests[-1] == dropped)
            assert stream.state is State.LIVE

    run(main())


def test_refusal_of_what_the_constructor_was_given(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            server.refused = {"NOI.*"}
            stream = make(server, "T.A", "NOI.*", ingest=ingest)
            with pytest.raises(errors.SubscriptionError, match=r"refused NOI\.\*"):
                await stream.open()
            assert stream.state is State.CLOSED
            await asyncio.wait_for(server.peers[0].gone.wait(), 5)

    run(main())


def test_changes_from_everywhere_at_once(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.FIRST", ingest=ingest)
            done: list[str] = []

            @stream.on("T")
            async def on_trades(batch: Batch) -> None:
                await stream.subscribe("Q.HANDLER")
                await stream.unsubscribe("T.FIRST")
                done.append("handler")

            def from_a_thread() -> None:
                asyncio.run(stream.subscribe("Q.THREAD"))
                done.append("thread")

            async with stream:
                server.peers[0].send(trade(q=1))
                thread = threading.Thread(target=from_a_thread)
                thread.start()
                await asyncio.gather(*(stream.subscribe(f"Q.S{n}") for n in range(20)))
                await until(lambda: len(done) == 2)
                thread.join()
                held = set(server.peers[0].held)
            assert held == {"Q.HANDLER", "Q.THREAD", *(f"Q.S{n}" for n in range(20))}

    run(main())


def test_many_tickers_go_out_in_few_requests() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            params = [f"T.S{number}" for number in range(2000)]
            async with make(server, *params) as stream:
                requests = [r for r in server.peers[0].requests if r["action"] == "subscribe"]
                assert len(requests) == 4
                assert len(stream.stats().confirmed) == 2000

    run(main())


# ------------------------------------------------------------------------------- reconnects


@pytest.mark.parametrize("how", [1000, 1001, 1008, 1011, 1012, "drop", "fin", "not a frame"])
def test_every_loss_leads_back(how: int | str, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", "Q.*", ingest=ingest) as stream:
            await stream.subscribe("AM.A")
            await stream.unsubscribe("T.A")
            peer = server.peers[0]
            peer.send(quote(q=1))
            batch = await anext(aiter(stream))
            assert numbers(batch) == [1]
            if isinstance(how, int):
                peer.close(how)
            elif how == "drop":
                peer.drop()
            elif how == "fin":
                peer.finish()
            else:
                peer.write_raw(b"\xff\xff\xff\xff")
            second = await server.peer(2)
            # The old socket is gone before the new one opens.
            assert peer.gone.is_set()
            await until(lambda: len(second.held) == 2)
            assert second.asked == ["Q.*", "AM.A"]
            second.send(quote(q=2), trade(q=3))
            batch = await asyncio.wait_for(anext(aiter(stream)), 5)
            gap, *rest = batch
            assert isinstance(gap, Gap)
            assert [event["q"] for event in rest] == [2, 3]
            assert gap.last_by_channel["Q"]["q"] == 1
            assert {name: event["q"] for name, event in gap.first_by_channel.items()} == {
                "Q": 2,
                "T": 3,
            }
            assert gap.channels == ("Q", "AM")
            assert gap.since_ns < gap.until_ns
            assert gap.attempts == 1
            if isinstance(how, int):
                assert gap.code == how
            assert gap.cause
            second.send(quote(q=4))
            assert numbers(await anext(aiter(stream))) == [4]

    run(main())


def test_gap_over_several_attempts_and_lines_without_data() -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A") as stream:
            server.peers[0].send(trade(q=1))
            await anext(aiter(stream))
            server.peers[0].drop()
            second = await server.peer(2)
            await until(lambda: second.held)
            second.drop()
            await server.stop()
            await asyncio.sleep(0.05)
            await server.__aenter__()
            third = await server.peer(3)
            await until(lambda: third.held)
            third.send(trade(q=2))
            gap, event = await anext(aiter(stream))
            assert isinstance(gap, Gap)
            assert gap.last_by_channel["T"]["q"] == 1
            assert gap.attempts >= 3
            assert event["q"] == 2

    run(main())


def test_subscribe_while_the_line_is_down(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, reconnect=FixedDelay(0.2))
            async with stream:
                server.peers[0].drop()
                await until(lambda: stream.state is State.WAITING)
                await asyncio.wait_for(stream.unsubscribe("T.A"), 1)
                await asyncio.wait_for(stream.subscribe("Q.A"), 5)
                assert stream.state in (State.LIVE, State.SUBSCRIBING)
                assert server.peers[1].held == ["Q.A"]

    run(main())


def test_refusal_after_a_reconnect_is_reported(ingest: str) -> None:
    told: list[BaseException] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(
                server,
                "T.A",
                "NOI.*",
                ingest=ingest,
                on_error=lambda error, handler, batch: told.append(error),
            )
            async with stream:
                server.refused = {"NOI.*"}
                server.peers[0].drop()
                await until(lambda: told)
                assert isinstance(told[0], errors.SubscriptionError)
                assert told[0].refused == ("NOI.*",)
                await until(lambda: stream.state is State.LIVE)
                # Still wanted: the next connection asks again.
                server.refused = set()
                server.peers[1].drop()
                third = await server.peer(3)
                await until(lambda: set(third.held) == {"T.A", "NOI.*"})

    run(main())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AUTH_FAILED", errors.AuthError),
        ("NO_PLAN", errors.NotAuthorizedError),
        ("MAX_CONNECTIONS", errors.ConnectionEvicted),
    ],
)
def test_not_retried(name: str, kind: type[errors.FastpolyError], ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)
            await stream.open()

            def refuse(peer: Peer, action: str, params: str) -> None:
                peer.send(status(name, "because"))
                peer.drop()

            server.on_request = refuse
            server.peers[0].drop()
            with pytest.raises(kind):
                await asyncio.wait_for(stream.wait_closed(), 5)
            await asyncio.sleep(0.05)
            assert len(server.peers) == 2
            await stream.close()

    run(main())


def test_attempts_run_out() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", reconnect=FixedDelay(0.01, max_attempts=3))
            changes = stream.states()
            await stream.open()
            await server.stop()
            with pytest.raises(errors.ConnectError, match="does not accept"):
                await asyncio.wait_for(stream.wait_closed(), 5)
            states = [change.new async for change in changes]
            assert states == [
                *("connecting", "authenticating", "subscribing", "live"),
                *("waiting", "connecting") * 3,
                *("waiting", "closed"),
            ]

    run(main())


def test_evicted_and_asked_to_come_back() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            policy = Backoff(initial_s=0.01, evicted_after_s=0.1)
            async with make(server, "T.A", reconnect=policy) as stream:
                server.peers[0].send(status("MAX_CONNECTIONS", "Maximum number exceeded. "))
                server.peers[0].close(1008)
                await until(lambda: stream.state is State.EVICTED)
                began = time.monotonic()
                await until(lambda: stream.state is State.LIVE)
                assert time.monotonic() - began >= 0.08

    run(main())


def test_policy_that_raises_ends_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        stable_after_s = 1.0

        def next_delay(self, attempt: int, error: errors.FastpolyError) -> float | None:
            raise RuntimeError("policy's own")

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", reconnect=Broken())
            await stream.open()
            server.peers[0].drop()
            with pytest.raises(errors.ConnectionLost):
                await asyncio.wait_for(stream.wait_closed(), 5)

    run(main())
    assert "policy's own" in caplog.text


# --------------------------------------------------------------------------------- stopping


def test_first_connection_is_not_retried(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            await server.stop()
            stream = make(server, "T.A", ingest=ingest)
            with pytest.raises(errors.ConnectError):
                await stream.open()
            assert stream.state is State.CLOSED
            with pytest.raises(errors.UsageError, match="opened before and is closed"):
                await stream.open()

    run(main())


def test_first_connection_is_retried_if_asked() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            await server.stop()
            stream = make(server, "T.A", reconnect=Backoff(initial_s=0.02, retry_first=True))
            opening = asyncio.create_task(stream.open())
            await asyncio.sleep(0.1)
            await server.__aenter__()
            await asyncio.wait_for(opening, 5)
            await stream.close()

    run(main())


def test_close_in_every_state(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            mute = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for state in ("connecting", "authenticating", "subscribing", "live", "waiting"):
                server.on_request = server.answer
                server.on_connect = server.greet
                if state == "authenticating":
                    server.on_request = lambda peer, action, params: None
                if state == "subscribing":
                    server.ignored = {"T.A"}
                # Nobody upgrades a connection to a plain listening socket.
                port = mute.getsockname()[1] if state == "connecting" else server.port
                url = f"ws://127.0.0.1:{port}"
                stream = Stream(
                    "stocks", "T.A", api_key=KEY, url=url, ingest=ingest, reconnect=FixedDelay(60)
                )
                opening = asyncio.create_task(stream.open())
                reached = state if state != "waiting" else "live"
                await until(lambda: stream.state == reached)  # noqa: B023
                if state == "waiting":
                    server.peers[-1].drop()
                    await until(lambda: stream.state == "waiting")  # noqa: B023
                await asyncio.wait_for(stream.close(), 5)
                assert stream.state is State.CLOSED
                if state in ("live", "waiting"):
                    await opening
                else:
                    with pytest.raises(errors.FastpolyError):
                        await opening
                server.ignored = set()
            await until(lambda: all(peer.gone.is_set() for peer in server.peers))

    with contextlib.ExitStack() as stack:
        run(main())


def test_drain_and_no_drain(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            for drain in (True, False):
                stream = make(server, "T.A", ingest=ingest)
                done: list[int] = []

                @stream.on("T")
                async def slow(batch: Batch) -> None:
                    await asyncio.sleep(0.02)
                    done.extend(numbers(batch))  # noqa: B023

                await stream.open()
                for number in range(10):
                    server.peers[-1].send(trade(q=number))
                    await asyncio.sleep(0.002)
                await asyncio.sleep(0.02)
                await stream.close(drain=drain)
                stats = stream.stats().handlers[0].buffer
                if drain:
                    assert done == list(range(10))
                    assert stats.lost == 0
                else:
                    assert len(done) < 9

    run(main())


def test_handler_that_does_not_finish_is_cut_off(
    ingest: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, close_timeout=0.1)
            state: list[str] = []

            @stream.on("T")
            async def never(batch: Batch) -> None:
                state.append("begun")
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    state.append("cancelled")
                    raise

            await stream.open()
            server.peers[0].send(trade(q=1))
            await until(lambda: state)
            await asyncio.wait_for(stream.close(), 5)
            await asyncio.sleep(0.01)
            assert state == ["begun", "cancelled"]

    run(main())
    assert "were cut off" in caplog.text


def test_close_from_inside_a_handler(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)

            @stream.on("T")
            async def once(batch: Batch) -> None:
                await stream.close()

            async with stream:
                server.peers[0].send(trade(q=1))
                await asyncio.wait_for(stream.wait_closed(), 5)

    run(main())


def test_abort(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)
            cancelled: list[int] = []

            @stream.on("T")
            async def never(batch: Batch) -> None:
                try:
                    await asyncio.sleep(60)
                finally:
                    cancelled.append(1)

            await stream.open()
            server.peers[0].send(trade(q=1))
            await asyncio.sleep(0.05)
            began = time.monotonic()
            stream.abort()
            await stream.wait_closed()
            assert time.monotonic() - began < 1
            await asyncio.sleep(0)
            assert cancelled

    run(main())


def test_use_after_close(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)
            with pytest.raises(errors.UsageError):
                await stream.subscribe("T.B")
            with pytest.raises(errors.UsageError):
                await stream.wait_closed()
            async with stream:
                with pytest.raises(errors.UsageError, match="opened before and is live"):
                    await stream.open()
            for use in (
                lambda: stream.subscribe("T.B"),
                lambda: stream.unsubscribe("T.B"),
                lambda: stream.open(),
            ):
                with pytest.raises(errors.UsageError, match=r"(closed|not open)"):
                    await use()
            with pytest.raises(errors.UsageError, match="closed"):
                stream.batches("T")
            with pytest.raises(errors.UsageError, match="closed"):
                stream.on("T")(print)
            with pytest.raises(errors.UsageError, match="run before"):
                stream.run()
            await stream.close()
            stream.abort()

    run(main())


def test_cancelled_while_it_waits(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            server.ignored = {"T.A"}
            stream = make(server, "T.A", ingest=ingest)
            opening = asyncio.create_task(stream.open())
            await until(lambda: stream.state is State.SUBSCRIBING)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            await until(lambda: stream.state is State.CLOSED)
            await asyncio.wait_for(server.peers[0].gone.wait(), 5)
            await stream.close()

    run(main())


# -------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("stock",), {}, "'stock' is not a market"),
        (("stocks", "AAPL"), {}, "has no channel"),
        (("stocks", "XT.BTC-USD"), {}, "a channel of crypto"),
        (("stocks",), {"api_key": ""}, "is empty"),
        (("stocks",), {"api_key": None}, "no API key"),
        (("stocks",), {"url": "http://localhost"}, "not a WebSocket URL"),
        (("stocks",), {"feed": "fast"}, "is not a feed"),
        (("stocks",), {"overflow": "explode"}, "is not an overflow policy"),
        (("stocks",), {"ingest": "process"}, "is not a way to ingest"),
        (("stocks",), {"error_policy": "ignore"}, "is not an error policy"),
        (("stocks",), {"reconnect": "often"}, "no reconnect policy"),
        (("stocks",), {"on_error": 5}, "is not callable"),
        (("stocks",), {"max_buffer_bytes": 0}, "max_buffer_bytes"),
        (("stocks",), {"max_buffer_age": -1}, "max_buffer_age"),
        (("stocks",), {"ping_interval": -1}, "ping_interval"),
    ],
)
def test_bad_arguments(
    arguments: tuple[str, ...],
    options: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("FASTPOLY_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(errors.UsageError, match=message) as caught:
        Stream(*arguments, **({"api_key": KEY} | options))
    assert caught.value.hint


def test_bad_handlers() -> None:
    stream = Stream("stocks", api_key=KEY)
    with pytest.raises(errors.UsageError, match="not callable"):
        stream.on("T")(5)  # type: ignore[type-var]
    with pytest.raises(errors.UsageError, match=r"no channel of stocks.*AM"):
        stream.on("XT")
    with pytest.raises(errors.UsageError, match="not callable"):
        stream.on_state(5)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------ run()


def test_run(ingest: str) -> None:
    """The server runs in a thread of its own, for run() blocks."""
    ready = threading.Event()
    server = ScriptedServer()
    stop: list[Callable[[], None]] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(stopping.set))
        async with server:
            plain = server.answer

            def answer(peer: Peer, action: str, params: str) -> None:
                plain(peer, action, params)
                if action == "subscribe":
                    peer.send(trade(q=1))

            server.on_request = answer
            ready.set()
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(5)
    try:
        stream = make(server, "T.A", ingest=ingest)
        with pytest.raises(errors.UsageError, match="no handler to run"):
            stream.run()
        got: list[int] = []

        @stream.on("T")
        async def on_trades(batch: Batch) -> None:
            got.extend(numbers(batch))
            with pytest.raises(errors.UsageError, match="event loop is running"):
                other.run()
            await stream.close()

        other = Stream("stocks", api_key=KEY)
        other.add_handler(print)
        stream.run()
        assert got == [1]
        with pytest.raises(errors.UsageError, match="run before"):
            stream.run()
    finally:
        stop[0]()
        thread.join()


# ------------------------------------------------------------------------------- odds, ends


def test_bad_frame_is_told_and_survived(ingest: str) -> None:
    told: list[BaseException] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(
                server, "T.A", ingest=ingest, on_error=lambda error, *_: told.append(error)
            )
            async with stream:
                server.peers[0].send_text("[{")
                server.peers[0].send(trade(q=1))
                assert numbers(await anext(aiter(stream))) == [1]
                await until(lambda: told)
                assert isinstance(told[0], errors.DecodeError)
                assert stream.stats().line.bad_frames == 1

    run(main())


def test_stats(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:
            server.peers[0].send(trade(q=1), quote(q=2))
            await anext(aiter(stream))
            server.peers[0].drop()
            second = await server.peer(2)
            await until(lambda: second.held)
            second.send(trade(q=3))
            await anext(aiter(stream))
            stats = stream.stats()
            assert stats.received == 3
            assert stats.lost == 0
            assert stats.line.connections == 2
            assert stats.line.frames_received >= 6
            assert stats.line.bytes_received > 300
            assert stats.line.last_received_ns > 0
            assert stats.iterations[0].received == 3
            assert stats.state is State.LIVE
            assert stats.subscriptions == stats.confirmed == ("T.A",)

    run(main())


def test_key_is_in_no_log_record(caplog: pytest.LogCaptureFixture, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            server.refused = {"NOI.*"}
            async with make(server, "T.A", ingest=ingest) as stream:
                with contextlib.suppress(errors.SubscriptionError):
                    await stream.subscribe("NOI.*")
                server.peers[0].drop()
                await server.peer(2)
                await until(lambda: stream.state is State.LIVE)
                assert KEY not in repr(stream)
                assert KEY not in repr(stream.stats())

    names = ("asyncio", "picows", "aiofastnet", "fastpoly")
    with caplog.at_level(1):
        for name in names:
            logging.getLogger(name).setLevel(1)
        try:
            run(main())
        finally:
            for name in names:
                logging.getLogger(name).setLevel(logging.NOTSET)
    assert "live" in caplog.text
    assert KEY not in caplog.text


def test_slow_iteration_is_told_what_it_lost(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            async with make(server, "T.A", ingest=ingest, max_buffer_bytes=20_000) as stream:
                other: list[int] = []
                fast = stream.batches("T", max_buffer_bytes=1 << 30)
                iterator = aiter(stream)
                await asyncio.sleep(0.05)
                total = 2000
                for number in range(0, total, 10):
                    server.peers[0].send(*(trade(q=q) for q in range(number, number + 10)))
                    await asyncio.sleep(0)
                while len(other) < total:
                    other += numbers(await asyncio.wait_for(anext(fast), 5))
                assert other == list(range(total))
            got: list[int] = []
            lost = 0
            async for batch in iterator:
                for event in batch:
                    if isinstance(event, SlowConsumer):
                        assert event.lost == event.lost_by_channel["T"]
                        lost += event.lost
                    else:
                        got.append(event["q"])
            assert lost > 0
            assert len(got) + lost == total
            assert got == sorted(got)

    run(main())


# --------------------------------------------------------------------------------- staleness


@pytest.fixture
def _always_open(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastpoly.hours import Hours

    monkeypatch.setattr("fastpoly.staleness.hours_at", lambda market, at_ns: Hours.REGULAR)


@pytest.mark.usefixtures("_always_open")
def test_stale_and_live_again(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", "Q.A", ingest=ingest, stale_after=0.2)
            changes: list[tuple[str, str]] = []
            stream.on_state(lambda change: changes.append((change.new, change.detail)))
            async with stream:
                changes.clear()
                stopped = time.monotonic() + 0.6
                while time.monotonic() < stopped:
                    # Quotes flow, trades do not; neither pings nor confirmations are data.
                    server.peers[0].send(quote(q=1))
                    server.peers[0].transport.send_ping()
                    await asyncio.sleep(0.02)
                    if stream.state is State.STALE:
                        assert set(stream.stats().silent) == {"T"}
                assert [new for new, _ in changes] == ["stale"]
                assert "no T for" in changes[0][1]
                server.peers[0].send(trade(q=2))
                await until(lambda: stream.state is State.LIVE)

    run(main())


@pytest.mark.usefixtures("_always_open")
def test_mute_line_is_left(ingest: str) -> None:
    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(server, "T.A", ingest=ingest, stale_after={"T": 0.1}) as stream,
        ):
            server.peers[0].send(trade(q=1))
            second = await server.peer(2)
            await until(lambda: second.held)
            second.send(trade(q=2))
            events: list[Any] = []
            async for batch in stream:
                events += batch
                if len(events) >= 3:
                    break
            assert isinstance(events[1], Gap)
            assert "mute: no T for" in events[1].cause

    run(main())


def test_nothing_is_stale_when_the_market_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastpoly.hours import Hours

    monkeypatch.setattr("fastpoly.staleness.hours_at", lambda market, at_ns: Hours.CLOSED)

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", stale_after=0.05) as stream:
            await asyncio.sleep(0.4)
            assert stream.state is State.LIVE
            assert len(server.peers) == 1

    run(main())
