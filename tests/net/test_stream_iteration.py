"""Iteration over batches, and what a stream says about itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import pytest

from fastpoly import errors
from fastpoly.health.lag import Verdict
from fastpoly.notices import SlowConsumer
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedServer
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, KEY, check_threads, make, numbers, run, settled
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


@BOTH_WAYS
def test_iteration(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            async with make(server, "T.AAPL", ["Q.AAPL"], ingest=ingest) as stream:
                assert stream.state is State.LIVE
                (peer,) = server.peers
                assert peer.requested == ["T.AAPL", "Q.AAPL"]
                # Sent before anyone iterates: kept.
                peer.send(trade(q=1), quote(q=2))
                await until(lambda: stream.stats().received == 2)
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


@BOTH_WAYS
def test_iteration_ends_when_the_stream_is_closed(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:
            server.peers[0].send(trade(q=1))

            got: list[int] = []

            async def consume() -> None:
                async for batch in stream:
                    got.extend(numbers(batch))

            task = asyncio.create_task(consume())
            await until(lambda: got)
            await stream.close()
            await asyncio.wait_for(task, PATIENCE_S)
            assert got == [1]
            assert [batch async for batch in stream] == []

    run(main())


@BOTH_WAYS
def test_iteration_raises_what_ended_the_stream(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            got = []
            stream = make(server, "T.A", ingest=ingest)

            async def consume() -> None:
                async with stream:
                    server.peers[0].send(trade(q=1))
                    server.peers[0].send_status("MAX_CONNECTIONS")
                    server.peers[0].close(1008, "max_connections")
                    async for batch in stream:
                        got.extend(numbers(batch))

            with pytest.raises(errors.ConnectionEvicted):
                await consume()
            assert got == [1]
            assert isinstance(stream.error, errors.ConnectionEvicted)

    run(main())


@BOTH_WAYS
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


@BOTH_WAYS
def test_iterations_of_their_own(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:
            trades, quotes = stream.batches("T"), stream.batches("Q")
            await settled(stream)
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
            await asyncio.sleep(0)
            with pytest.raises(errors.UsageError, match=r"stream\.batches\(\)"):
                await anext(aiter(stream))
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            server.peers[0].send(trade(q=1))
            assert numbers(await anext(aiter(stream))) == [1]

    run(main())


@BOTH_WAYS
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


@BOTH_WAYS
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
            # With a thread, the trade may be here before the news of the confirmation.
            await until(lambda: stream.state is State.LIVE and stream.stats().confirmed)
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


@BOTH_WAYS
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


@BOTH_WAYS
def test_slow_iteration_is_told_what_it_lost(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            async with make(server, "T.A", ingest=ingest, max_buffer_bytes=20_000) as stream:
                other: list[int] = []
                fast = stream.batches("T", max_buffer_bytes=1 << 30)
                iterator = aiter(stream)
                await settled(stream)
                total = 2000
                for number in range(0, total, 10):
                    server.peers[0].send(*(trade(q=q) for q in range(number, number + 10)))
                    await asyncio.sleep(0)
                while len(other) < total:
                    other += numbers(await asyncio.wait_for(anext(fast), PATIENCE_S))
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


@BOTH_WAYS
def test_lag_and_whose_fault_it_is(ingest: str) -> None:

    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", ingest=ingest) as stream:
            assert stream.stats().judgement.verdict is Verdict.UNKNOWN
            iterator = aiter(stream)
            for number in range(20):
                server.peers[0].send(trade(q=number, t=now_ms()))
                await anext(iterator)
            stats = stream.stats()
            assert stats.judgement.verdict is Verdict.ON_TIME
            assert stats.lag["T"].events == 20
            assert -5 < stats.lag["T"].min_ms <= stats.lag["T"].p99_ms < 500
            assert stats.line.backlog_bytes == 0
            # Nobody takes it: then this side is behind.
            server.peers[0].send(trade(q=20, t=now_ms()))
            await until(lambda: stream.stats().iterations[0].waiting_s > 0.4)
            stats = stream.stats()
            assert stats.judgement.verdict is Verdict.CLIENT_SLOW
            assert "iteration is 0." in stats.judgement.reason
            assert stats.iterations[0].waiting_s > 0.25
            await anext(iterator)
            assert stream.stats().iterations[0].longest_wait_s > 0.25

    run(main())
