"""Streams that leave events out: what arrives, what is counted, and what still sees everything."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from fastpoly import Stream, field
from fastpoly._core import Batch
from fastpoly.errors import UsageError
from fastpoly.notices import Gap, SlowConsumer
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedServer, SimulatorProcess
from tests.net.events import quote, trade
from tests.net.streams import (
    BOTH_WAYS,
    SOON,
    all_received,
    check_threads,
    make,
    numbers,
    pause,
    run,
    settled,
)
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)

Simulators = Callable[..., SimulatorProcess]

SYMBOLS = {"AAPL", "MSFT", "SPY"}
LARGE = (field("size") >= 100) & ~field("conditions").has_any(12, 37)


def is_wanted(event: Any) -> bool:
    """What `SYMBOLS` and `LARGE` mean, said of a dict."""
    if event["sym"] not in SYMBOLS:
        return False
    if event["ev"] != "T":
        return True
    return event.get("s", 0) >= 100 and not {12, 37} & set(event.get("c", ()))


@BOTH_WAYS
def test_only_what_is_wanted_arrives_and_the_rest_is_counted(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(
                server, "T.*", "Q.*", ingest=ingest, symbols=SYMBOLS, where=field("size") > 50
            )
            handled: list[int] = []
            stream.add_handler(lambda batch: handled.extend(numbers(batch)), "Q")
            iterator = aiter(stream)
            async with stream:
                server.peers[0].send(
                    trade(q=1), trade("X", q=2), trade(q=3, s=50), quote("SPY", q=4), quote("X", 5)
                )
                server.peers[0].send(trade("X", q=6))
                server.peers[0].send_text('[{"ev":"new","sym":"X"}]')
                server.peers[0].send(trade("MSFT", q=7, s=51))
                received: list[Any] = []
                async for batch in iterator:
                    received += batch.dicts()
                    if received[-1].get("q") == 7:
                        break
                assert [event.get("q") for event in received] == [1, 4, None, 7]
                await until(lambda: handled == [4])
                stats = stream.stats()
                assert stats.received == 8
                assert stats.filtered == 4
                assert stats.iterations[0].received == 4
                assert (stats.lost, stats.iterations[0].filtered) == (0, 0)

    run(main())


@BOTH_WAYS
def test_each_consumer_has_a_filter_of_its_own(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", "Q.*", ingest=ingest, where=field("size") != 7)
            large: list[int] = []
            other: list[int] = []

            @stream.on("T", where=field("size") > 100)
            def on_large(batch: Batch) -> None:
                large.extend(numbers(batch))

            @stream.on(symbols=["B"])
            async def on_symbol(batch: Batch) -> None:
                other.extend(numbers(batch))

            async with stream:
                batches = stream.batches("Q", "T", where=field("symbol", "Q") == "A")
                await settled(stream)
                server.peers[0].send(trade(q=1, s=7), trade(q=2, s=200), trade("B", q=3))
                server.peers[0].send(quote("A", q=4), quote("B", q=5), trade("B", q=6, s=300))
                got: list[int] = []
                async for batch in batches:
                    got += numbers(batch)
                    if got[-1] == 6:
                        break
                assert got == [2, 3, 4, 6]
                await until(lambda: other == [3, 5, 6] and large == [2, 6])
                stats = stream.stats()
                assert stats.filtered == 1
                first, second = stats.handlers
                assert (first.events, first.buffer.filtered) == (2, 1)
                assert (second.events, second.buffer.filtered) == (3, 2)
                assert (stats.iterations[0].received, stats.iterations[0].filtered) == (4, 1)

    run(main())


@BOTH_WAYS
def test_accounts_add_up_through_lost_lines(fastpoly_simulators: Simulators, ingest: str) -> None:
    simulator = fastpoly_simulators(rate=20_000, symbols=30, trade_share=0.5)

    async def main() -> None:
        stream = Stream(
            "stocks",
            "T.*",
            "Q.*",
            api_key="key",
            url=simulator.url("stocks"),
            ingest=ingest,
            reconnect=SOON,
            where=~(field("symbol") == "F"),
        )
        everything: list[Any] = []
        wanted: list[Any] = []
        notices: Counter[str] = Counter()

        @stream.on
        def on_all(batch: Batch) -> None:
            everything.extend(event for event in batch.dicts() if event["ev"] in "TQ")
            notices["all"] += batch.count("notice")

        @stream.on(symbols=SYMBOLS, where=LARGE)
        def on_wanted(batch: Batch) -> None:
            wanted.extend(event for event in batch.dicts() if event["ev"] in "TQ")
            notices["wanted"] += batch.count("notice")

        async with stream:
            for lines in range(1, 4):
                # All of these are on this line.
                target = len(everything) + 3000
                await until(lambda target=target: len(everything) >= target)
                simulator.inject("drop" if lines % 2 else "fin")
                await until(lambda lines=lines: stream.stats().line.connections > lines)
            await until(lambda: notices["all"] == 3)
            await pause(simulator)
            await all_received(stream)
            stats = stream.stats()
        first, second = stats.handlers
        assert stats.received == stats.filtered + first.events - notices["all"]
        assert first.events - notices["all"] == len(everything) > 9000
        assert not any(event["sym"] == "F" for event in everything)
        assert stats.filtered > 0
        assert wanted == [event for event in everything if is_wanted(event)]
        assert 0 < len(wanted) < len(everything)
        assert notices["wanted"] == 3
        assert second.events - notices["wanted"] + second.buffer.filtered == len(everything)

    run(main())


@BOTH_WAYS
def test_gaps_name_what_was_seen_last_wanted_or_not(ingest: str) -> None:
    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(server, "T.*", ingest=ingest, symbols={"WANTED"}) as stream,
        ):
            server.peers[0].send(trade("OTHER", q=1))
            await until(lambda: stream.stats().filtered == 1)
            server.peers[0].drop()
            second = await server.peer(2)
            await until(lambda: second.held)
            second.send(trade("OTHER", q=2))
            (gap,) = await asyncio.wait_for(anext(aiter(stream)), PATIENCE_S)
            assert isinstance(gap, Gap)
            assert gap.last_by_channel["T"]["q"] == 1
            assert gap.first_by_channel["T"]["q"] == 2
            second.send(trade("WANTED", q=3))
            assert numbers(await asyncio.wait_for(anext(aiter(stream)), PATIENCE_S)) == [3]

    run(main())


@BOTH_WAYS
def test_what_fills_a_gap_passes_the_filter_too(ingest: str) -> None:
    def fill(gap: Gap) -> list[dict[str, Any]]:
        return [trade(symbol, q=q) for q in (2, 3) for symbol in ("WANTED", "OTHER")]

    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(server, "T.*", ingest=ingest, symbols={"WANTED"}, fill=fill) as stream,
        ):
            server.peers[0].send(trade("WANTED", q=1))
            assert numbers(await anext(aiter(stream))) == [1]
            server.peers[0].drop()
            second = await server.peer(2)
            await until(lambda: second.held)
            second.send(trade("OTHER", q=4), trade("WANTED", q=5))
            events: list[Any] = []
            while len(events) < 4:
                events += await asyncio.wait_for(anext(aiter(stream)), PATIENCE_S)
            gap, *rest = events
            assert gap.filled == 2
            assert [(event["sym"], event["q"]) for event in rest] == [
                ("WANTED", 2),
                ("WANTED", 3),
                ("WANTED", 5),
            ]
            # What was supplied did not come over the line.
            stats = stream.stats()
            assert (stats.received, stats.filtered) == (3, 1)

    run(main())


@pytest.mark.usefixtures("always_open")
@BOTH_WAYS
def test_a_stream_that_lets_nothing_pass_is_not_silent(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            options: dict[str, Any] = {"ingest": ingest, "stale_after": 1}
            stream = make(server, "T.*", symbols={"NONE"}, **options)
            async with stream:
                until_s = time.monotonic() + 1.3
                while time.monotonic() < until_s:
                    server.peers[0].send(trade(q=1, t=time.time_ns() // 1_000_000))
                    await asyncio.sleep(0.02)
                    assert stream.state is State.LIVE
                stats = stream.stats()
                assert stats.lag["T"].events > 0
                assert stats.filtered == stats.received > 0
                await until(lambda: stream.state is State.STALE)

    run(main())


@BOTH_WAYS
def test_a_full_buffer_holds_and_counts_what_passed(
    fastpoly_simulators: Simulators, ingest: str
) -> None:
    """A consumer that stands still loses only wanted events, and fewer bytes wait than came."""
    simulator = fastpoly_simulators(rate=100_000, symbols=500)

    async def main() -> None:
        stream = Stream(
            "stocks",
            "T.*",
            "Q.*",
            api_key="key",
            url=simulator.url("stocks"),
            ingest=ingest,
            symbols=SYMBOLS,
            max_buffer_bytes=200_000,
        )
        async with stream:
            iterator = aiter(stream)
            await until(lambda: stream.stats().lost)
            await pause(simulator)
            await all_received(stream)
            stats = stream.stats()
            assert stats.line.bytes_received > 1_000_000
        received: Counter[str] = Counter()
        lost = 0
        async for batch in iterator:
            for event in batch:
                if isinstance(event, SlowConsumer):
                    lost += event.lost
                else:
                    received[event.symbol] += 1
        assert set(received) == SYMBOLS
        assert stats.received == stats.filtered + lost + sum(received.values())
        assert lost == stats.lost

    run(main())


def test_what_makes_no_sense_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="names no symbols"):
        Stream("stocks", "T.*", api_key="key", symbols=())
    with pytest.raises(UsageError, match=r"has a field 'pair'"):
        Stream("stocks", "T.*", api_key="key", where=field("pair") == "BTC-USD")
    stream = Stream("stocks", "T.*", api_key="key")
    with pytest.raises(UsageError, match=r"^T of stocks has no field 'bid_size'"):
        stream.on("T", where=field("bid_size") > 1)(print)
    stream.on("T", where=field("c").has_any(12))(print)
    with pytest.raises(UsageError, match=r"^'condition' of Q is a whole number"):
        stream.on("T", "Q", where=field("c").has_any(12))(print)
