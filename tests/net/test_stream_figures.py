"""What a stream says about its line: lag, sequence numbers, last events, times of handlers."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import pytest

from fastpoly._core import Batch
from fastpoly.health.lag import SequenceStats, Verdict
from fastpoly.notices import Gap
from fastpoly.sim import ScriptedServer
from fastpoly.stream.stream import Stream
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, KEY, SOON, check_threads, make, run, settled
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@BOTH_WAYS
def test_figures_are_of_every_event(fastpoly_simulators: Any, ingest: str) -> None:
    simulator = fastpoly_simulators(
        rate=5000,
        stop_after=10_000,
        symbols=50,
        late_per_million=100_000,
        faults=("repeat:at=0.5",),
    )

    async def main() -> None:
        stream = Stream(
            "stocks", "T.*", "Q.*", "AM.*", api_key=KEY, url=simulator.url("stocks"), ingest=ingest
        )
        got = 0

        @stream.on("T", "Q", "AM")
        def count(batch: Batch) -> None:
            nonlocal got
            got += len(batch)

        async with stream:
            async with asyncio.timeout(PATIENCE_S):
                while not simulator.stats()["markets"]["stocks"]["finished"]:
                    await asyncio.sleep(0.05)
            sent = simulator.stats()["events"]
            await until(lambda: got == sum(sent.values()))
            stats = stream.stats()
        assert {name: lag.events for name, lag in stats.lag.items()} == {
            name: count for name, count in sent.items() if count
        }
        for name in ("T", "Q"):
            lag = stats.lag[name]
            assert -50 < lag.min_ms <= lag.p50_ms <= lag.p99_ms <= lag.p999_ms <= lag.max_ms
        # Late trades are a tenth, by the simulator's setting.
        assert stats.lag["T"].late_reports > stats.lag["T"].events * 0.01
        assert stats.lag["Q"].late_reports == 0
        assert set(stats.sequences) == {"T", "Q"}
        for name, sequence in stats.sequences.items():
            assert sequence.events == sent[name]
        assert sum(one.repeats + one.regressions for one in stats.sequences.values()) > 0
        (handler,) = stats.handlers
        assert 0 < handler.call.p50_ms <= handler.call.max_ms <= handler.longest_s * 1000 + 0.001
        assert 0 <= handler.dispatch.p50_ms <= handler.dispatch.max_ms < 5000

    run(main())


@BOTH_WAYS
def test_repeats_and_steps_back_over_batches_and_connections(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", ingest=ingest) as stream:
            iterator = aiter(stream)
            for q in (5, 5, 6):
                server.peers[0].send(trade(q=q), trade("B", q=q))
                await anext(iterator)
            server.peers[0].drop()
            peer = await server.peer(2)
            await until(lambda: peer.held)
            # A server may send again what was sent before the loss.
            peer.send(trade(q=6), trade("B", q=2), trade("C", q=1))
            await anext(iterator)
            assert stream.stats().sequences == {
                "T": SequenceStats(events=9, repeats=3, regressions=1)
            }

    run(main())


def from_the_past(seconds: float) -> dict[str, Any]:
    return trade(t=now_ms() - int(seconds * 1000))


@pytest.mark.parametrize(
    ("make_event", "verdict"),
    [
        (lambda: from_the_past(0.01), Verdict.ON_TIME),
        (lambda: from_the_past(4), Verdict.FEED_LATE),
        (lambda: from_the_past(-1), Verdict.CLOCK_OFF),
        (lambda: trade(t=now_ms(), pt=now_ms() - 5100), Verdict.LATE_REPORT),
    ],
)
def test_one_event_among_many_decides(make_event: Any, verdict: Verdict) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*") as stream:
            rest = [] if verdict is Verdict.FEED_LATE else [trade(t=now_ms()) for _ in range(40)]
            server.peers[0].send(*rest, make_event(), *rest)
            await anext(aiter(stream))
            stats = stream.stats()
            assert stats.judgement.verdict is verdict, stats.judgement.reason
            assert stats.lag["T"].events == len(rest) * 2 + 1

    run(main())


@BOTH_WAYS
def test_a_gap_names_the_last_event_of_each_channel(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", "Q.*", ingest=ingest) as stream:
            iterator = aiter(stream)
            odd = trade(q=2) | {"new_key": [1, {"a": None}], "p": "text"}
            unknown = {"ev": "NEW", "sym": "A", "n": 1}
            bar = {"ev": "AM", "sym": "A", "o": 1, "c": 1, "h": 1, "l": 1, "s": 0, "e": 60000}
            for events in ([bar], [trade(q=1), odd], [unknown], [quote(q=3), quote("B", q=4)]):
                server.peers[0].send(*events)
                await anext(iterator)
            last = {"AM": bar, "T": odd, "unknown": unknown, "Q": quote("B", q=4)}
            for number in (2, 3):
                server.peers[-1].drop()
                peer = await server.peer(number)
                await until(lambda: peer.held)  # noqa: B023
                last_q = quote(q=number * 10)
                peer.send(last_q)
                gap, _ = await anext(iterator)
                assert isinstance(gap, Gap)
                found = {name: event.to_dict() for name, event in gap.last_by_channel.items()}
                assert found == last
                assert gap.last_by_channel["T"].malformed == ("p",)
                last["Q"] = last_q

    run(main())


@BOTH_WAYS
def test_batches_that_were_handed_over_are_let_go(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", "Q.*", ingest=ingest) as stream:
            handled: list[Batch] = []
            stream.add_handler(handled.append)
            iterator = aiter(stream)
            await settled(stream)
            # The only trades that ever come: nothing else replaces them as the last ones.
            server.peers[0].send(*[trade(q=q) for q in range(1000)])
            taken = [await anext(iterator)]
            server.peers[0].send(quote(q=1))
            taken.append(await anext(iterator))
            await until(lambda: len(handled) == 2)
            stream.stats()
            first = handled[0]
            assert first is taken[0]
            assert [batch.channels for batch in handled] == [("T",), ("Q",)]
            del handled[0], taken[0]
            # Here, and as the argument.
            assert sys.getrefcount(first) == 2
            server.peers[0].drop()
            peer = await server.peer(2)
            await until(lambda: peer.held)
            peer.send(quote(q=2))
            gap, _ = await anext(iterator)
            assert gap.last_by_channel["T"]["q"] == 999

    run(main())


@BOTH_WAYS
def test_times_of_handlers(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", ingest=ingest)
            done = 0
            all_came = asyncio.Event()

            @stream.on("T")
            async def waits(batch: Batch) -> None:
                nonlocal done
                await all_came.wait()
                await asyncio.sleep(0.05)
                done += 1

            @stream.on("T")
            def blocks(batch: Batch) -> None:
                time.sleep(0.02)

            @stream.on("T")
            async def at_once(batch: Batch) -> None:
                pass

            async with stream:
                for q in range(4):
                    server.peers[0].send(trade(q=q))
                    await until(lambda: stream.stats().received == q + 1)  # noqa: B023
                all_came.set()
                await until(lambda: done == 4)
                await asyncio.sleep(0)
                stats = {
                    handler.name.rpartition(".")[2]: handler for handler in stream.stats().handlers
                }
        assert all(handler.calls == 4 for handler in stats.values())
        # Its own waits are part of a call, and what came meanwhile was handed over later.
        assert stats["waits"].call.min_ms >= 50
        assert stats["waits"].busy_s < 4 * 0.05
        assert stats["waits"].dispatch.max_ms >= 100
        assert stats["blocks"].call.min_ms >= 20
        assert stats["at_once"].call.min_ms < stats["waits"].call.min_ms
        assert stats["at_once"].dispatch.min_ms >= 0

    run(main())


def test_figures_are_plain_data(fastpoly_simulator: Any) -> None:
    async def main() -> None:
        params = ("T.*", "Q.*")
        url = fastpoly_simulator.url("stocks")
        async with Stream("stocks", *params, api_key=KEY, url=url, reconnect=SOON) as stream:
            await anext(aiter(stream))
            stats = stream.stats()
            names = [*stats.lag]
            assert json.dumps({name: stats.lag[name].p999_ms for name in names})
            assert hash(stats.lag[names[0]])

    run(main())


@BOTH_WAYS
def test_what_nobody_reads_waits_in_the_kernel(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            limits: dict[str, Any] = {"overflow": "block", "max_buffer_bytes": 20_000}
            async with make(server, "T.*", ingest=ingest, **limits) as stream:
                iterator = aiter(stream)
                sent = 0
                async with asyncio.timeout(PATIENCE_S):
                    # That is looked at from time to time, and kept. There is some, too, where the
                    # reader is only late: what is received tells that it has stopped.
                    while not (
                        stream.stats().line.backlog.max_bytes
                        and stream.stats().line.backlog_bytes
                        and stream.stats().received + 10_000 < sent
                    ):
                        server.peers[0].send(*[trade(q=q) for q in range(sent, sent + 100)])
                        sent += 100
                        await asyncio.sleep(0.001)
                got = 0
                while got < sent:
                    got += len(await asyncio.wait_for(anext(iterator), PATIENCE_S))
                stats = stream.stats()
                assert (got, stats.line.backlog_bytes) == (sent, 0)
                backlog = stats.line.backlog
                assert 0 < backlog.max_bytes <= backlog.p99_bytes < 1 << 24
                assert backlog.looks >= 2
                assert stats.lag["T"].events == sent
                assert stats.sequences["T"] == SequenceStats(sent, 0, 0)

    run(main())
