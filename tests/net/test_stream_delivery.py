"""Bounded delivery against the simulator: blocked handlers, still consumers, full buffers."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.notices import SlowConsumer
from fastpoly.protocol.lifecycle import State
from fastpoly.schema import MARKETS
from fastpoly.sim import ScriptedServer, SimulatorProcess
from fastpoly.stream.stream import Stream
from tests.net.events import trade
from tests.net.streams import BOTH_WAYS, check_threads, make, numbers, pause, run, settled
from tests.waiting import PATIENCE_S, stands_still, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)

Simulators = Callable[..., SimulatorProcess]


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def sent(simulator: SimulatorProcess) -> Counter[str]:
    return Counter(simulator.stats()["events"])


def to(simulator: SimulatorProcess, *params: str, market: str = "stocks", **options: Any) -> Stream:
    return Stream(market, *params, api_key="key", url=simulator.url(market), **options)


def test_thread_keeps_the_socket_drained_while_a_handler_blocks(
    fastpoly_simulators: Simulators,
) -> None:
    """40 MB arrive while a handler sleeps for 3 s: the server never waits, and all is in order."""
    simulator = fastpoly_simulators(
        rate=120_000, symbols=500, max_buffer_bytes=4 << 20, socket_buffer_bytes=65536
    )
    received: Counter[str] = Counter()
    sequence: dict[tuple[str, str], int] = {}
    backwards = 0
    arrived_meanwhile = 0

    async def main() -> None:
        stream = to(simulator, "T.*", "Q.*", ingest="thread", max_buffer_bytes=1 << 30)

        @stream.on("T", "Q")
        def sleepy(batch: Batch) -> None:
            nonlocal backwards, arrived_meanwhile
            if not received:
                before = stream.stats().line.bytes_received
                time.sleep(3)
                arrived_meanwhile = stream.stats().line.bytes_received - before
            for channel in batch.channels:
                received[channel] += batch.count(channel)
            for event in batch:
                key = (event.event_type, event.symbol)
                backwards += event.sequence_number <= sequence.get(key, -1)
                sequence[key] = event.sequence_number

        async with stream:
            await asyncio.sleep(0.5)
            await until(lambda: received)
            await pause(simulator)
            await until(lambda: received == sent(simulator), 60)
            (connection,) = simulator.stats()["connections"]
            assert connection["ended"] == ""
            stats = stream.stats()
            assert stats.lost == 0
            assert stats.handlers[0].blocked >= 1
            assert stats.handlers[0].longest_s >= 3

    run(main())
    assert arrived_meanwhile > 40e6
    assert not backwards


@BOTH_WAYS
def test_consumer_that_stands_still(fastpoly_simulators: Simulators, ingest: str) -> None:
    """170 MB arrive for an 8 MB buffer: memory is bounded, and received + lost = sent."""
    simulator = fastpoly_simulators(rate=400_000, symbols=2000)

    async def main() -> None:
        stream = to(simulator, "T.*", "Q.*", ingest=ingest, max_buffer_bytes=8 << 20)
        async with stream:
            iterator = aiter(stream)
            before = peak = resident_bytes()
            async with asyncio.timeout(60):
                while stream.stats().line.bytes_received < 170e6:
                    await asyncio.sleep(0.05)
                    peak = max(peak, resident_bytes())
            await pause(simulator)
            total = sent(simulator)
            await until(lambda: stream.stats().received == sum(total.values()))
        received: Counter[str] = Counter()
        lost: Counter[str] = Counter()
        notices = 0
        async for batch in iterator:
            for channel in batch.channels:
                if channel == "notice":
                    (notice,) = batch.select("notice")
                    assert isinstance(notice, SlowConsumer)
                    assert batch[0] == notice
                    lost.update(notice.lost_by_channel)
                    notices += 1
                else:
                    received[channel] += batch.count(channel)
        assert notices == 1
        assert received + lost == total
        assert lost["Q"] > 100_000
        assert peak - before < 120e6

    run(main())


@BOTH_WAYS
def test_one_slow_consumer_does_not_hurt_another(
    fastpoly_simulators: Simulators, ingest: str
) -> None:
    simulator = fastpoly_simulators(rate=100_000, symbols=500)

    async def main() -> None:
        stream = to(simulator, "T.*", "Q.*", ingest=ingest, max_buffer_bytes=1 << 20)
        quick: Counter[str] = Counter()
        slow: Counter[str] = Counter()
        over = asyncio.Event()

        @stream.on("T", "Q")
        async def on_time(batch: Batch) -> None:
            for channel in batch.channels:
                quick[channel] += batch.count(channel)

        @stream.on("T", "Q", "notice")
        async def late(batch: Batch) -> None:
            for notice in batch.select("notice"):
                slow.update(notice.lost_by_channel)
            for channel in ("T", "Q"):
                slow[channel] += batch.count(channel)
            await over.wait()

        def lost(name: str) -> int:
            (found,) = (
                handler.buffer.lost
                for handler in stream.stats().handlers
                if handler.name.endswith(name)
            )
            return found

        async with stream:
            await until(lambda: lost("late"))
            await pause(simulator)
            over.set()
            total = sent(simulator)
            await until(lambda: stream.stats().received == sum(total.values()))
            await until(lambda: quick == total)
            assert lost("on_time") == 0
            assert lost("late") > 0
        assert slow == total

    run(main())


@BOTH_WAYS
def test_block_makes_the_server_wait_and_loses_nothing(
    fastpoly_simulators: Simulators, ingest: str
) -> None:
    simulator = fastpoly_simulators(
        rate=0, slow_consumer="wait", symbols=500, socket_buffer_bytes=65536
    )

    async def main() -> None:
        stream = to(
            simulator, "T.*", "Q.*", ingest=ingest, overflow="block", max_buffer_bytes=2 << 20
        )
        received: Counter[str] = Counter()
        async with stream:
            iterator = aiter(stream)
            # Nobody takes anything: reading stops, long before the server would.
            await until(lambda: stream.stats().iterations[0].nbytes > 1 << 20)
            await stands_still(lambda: stream.stats().line.bytes_received)
            assert stream.stats().iterations[0].nbytes < 4 << 20
            # An answer is heard all the same.
            await asyncio.wait_for(stream.subscribe("LULD.*"), PATIENCE_S)
            assert stream.state is State.LIVE

            async def go_on() -> None:
                async for batch in iterator:
                    for channel in batch.channels:
                        received[channel] += batch.count(channel)

            rest = asyncio.create_task(go_on())
            await until(lambda: sum(received.values()) > 50_000)
            await pause(simulator)
            total = sent(simulator)
            await until(lambda: received == total)
            assert stream.stats().lost == 0
        await rest

    run(main())


def make_strict(server: ScriptedServer, ingest: str, told: list[BaseException]) -> Stream:
    """A stream whose small buffers are errors when they are full; what it tells goes to `told`."""
    return make(
        server,
        "T.A",
        ingest=ingest,
        overflow="error",
        max_buffer_bytes=2000,
        on_error=lambda error, *_: told.append(error),
    )


@BOTH_WAYS
def test_overflow_that_is_an_error_ends_those_who_are_slow_while_data_comes(ingest: str) -> None:
    told: list[BaseException] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make_strict(server, ingest, told)

            @stream.on("T")
            async def slow(batch: Batch) -> None:
                await until(lambda: stream.stats().handlers[0].buffer.lost)

            async def send() -> None:
                for number in itertools.count():
                    server.peers[0].send(trade(q=number))
                    await asyncio.sleep(0)

            async def iterate() -> None:
                async for _ in iterator:
                    await until(lambda: stream.stats().iterations[0].lost)

            async with stream:
                iterator = aiter(stream)
                sending = asyncio.create_task(send())
                with pytest.raises(errors.ConsumerTooSlow):
                    await asyncio.wait_for(iterate(), PATIENCE_S)
                await until(lambda: told)
                assert isinstance(told[0], errors.ConsumerTooSlow)
                sending.cancel()

    run(main())


@BOTH_WAYS
def test_overflow_that_is_an_error(ingest: str) -> None:
    told: list[BaseException] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make_strict(server, ingest, told)
            handled: list[int] = []

            @stream.on("T")
            async def slow(batch: Batch) -> None:
                handled.extend(numbers(batch))
                await until(lambda: stream.stats().handlers[0].buffer.lost)

            async with stream:
                iterator = aiter(stream)
                await settled(stream)
                # Any number may come in one read, and one batch always fits.
                for number in itertools.count():
                    server.peers[0].send(trade(q=number))
                    await asyncio.sleep(0)
                    if told and stream.stats().iterations[0].lost:
                        break
                assert isinstance(told[0], errors.ConsumerTooSlow)
                assert told[0].lost_by_channel["T"] > 0
                got: list[int] = []

                async def iterate() -> None:
                    async for batch in iterator:
                        got.extend(numbers(batch))

                with pytest.raises(errors.ConsumerTooSlow):
                    await iterate()
                assert got == list(range(len(got)))
                assert handled == list(range(len(handled)))
                # The line and the stream live on.
                assert stream.state is State.LIVE

    run(main())


def test_a_limit_of_its_own_for_a_handler() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A")
            with pytest.raises(errors.UsageError, match="max_buffer_bytes"):
                stream.on("T", max_buffer_bytes=0)(print)
            with pytest.raises(errors.UsageError, match="not an overflow policy"):
                stream.on("T", overflow="never")(print)
            release = asyncio.Event()
            lost: list[int] = []

            @stream.on("T", "notice", max_buffer_bytes=1000, overflow="drop_newest")
            async def slow(batch: Batch) -> None:
                lost.extend(notice.lost for notice in batch.select("notice"))
                await release.wait()

            async with stream:
                for number in range(100):
                    server.peers[0].send(trade(q=number))
                    await asyncio.sleep(0)
                await until(lambda: stream.stats().received == 100)
                release.set()
                await until(lambda: lost)
            (handler,) = stream.stats().handlers
            assert handler.buffer.received + handler.buffer.lost + 1 >= 99
            assert lost == [handler.buffer.lost]

    run(main())


MARKET_PARAMS = {
    "stocks": ("T.*", "Q.*"),
    "options": ("T.*",),
    "forex": ("C.*",),
    "crypto": ("XT.*", "XQ.*"),
    "futures": ("T.*", "Q.*"),
}


@BOTH_WAYS
def test_five_markets_in_one_loop(fastpoly_simulators: Simulators, ingest: str) -> None:
    """Each is alone with its failures: one is cut, another has a handler that raises."""
    simulator = fastpoly_simulators(rate=5000, symbols=100)

    async def main() -> None:
        got: Counter[str] = Counter()
        streams: dict[str, Stream] = {}
        for market, params in MARKET_PARAMS.items():
            stream = to(simulator, *params, market=market, ingest=ingest, reconnect=False)

            def handle(batch: Batch, market: str = market) -> None:
                assert batch.market == market
                got[market] += len(batch)
                if market == "crypto":
                    raise ZeroDivisionError

            stream.add_handler(handle)
            streams[market] = await stream.open()
        await until(lambda: len(got) == 5)
        forex = next(c for c in simulator.stats()["connections"] if c["market"] == "forex")
        simulator.inject("drop", forex["number"])
        with pytest.raises(errors.ConnectionLost):
            await asyncio.wait_for(streams["forex"].wait_closed(), PATIENCE_S)
        before = dict(got)
        for market in set(MARKET_PARAMS) - {"forex"}:
            await until(lambda: got[market] > before[market] + 100)  # noqa: B023
            assert streams[market].state is State.LIVE
        for stream in streams.values():
            await stream.close()

    run(main())


def test_five_markets_in_five_threads(fastpoly_simulators: Simulators) -> None:
    """The same with a loop in a thread for each, and the others go on for a while after that."""
    simulator = fastpoly_simulators(rate=5000, symbols=100)
    got: Counter[str] = Counter()
    ends: dict[str, BaseException | None] = {}
    over = threading.Event()

    def stream_market(market: str) -> None:
        stream = to(simulator, *MARKET_PARAMS[market], market=market, reconnect=False)

        @stream.on
        async def handle(batch: Batch) -> None:
            assert batch.market == market
            got[market] += len(batch)
            if over.is_set():
                await stream.close()
            if market == "crypto":
                raise ZeroDivisionError

        try:
            stream.run()
        except BaseException as error:
            ends[market] = error
        else:
            ends[market] = None

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, (got, ends)
            time.sleep(0.01)

    threads = [threading.Thread(target=stream_market, args=(market,)) for market in MARKET_PARAMS]
    for thread in threads:
        thread.start()
    wait(lambda: len(got) == 5)
    forex = next(c for c in simulator.stats()["connections"] if c["market"] == "forex")
    simulator.inject("drop", forex["number"])
    wait(lambda: "forex" in ends)
    before = dict(got)
    others = set(MARKET_PARAMS) - {"forex"}
    wait(lambda: all(got[market] > before[market] + 1000 for market in others))
    assert set(ends) == {"forex"}
    over.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert isinstance(ends.pop("forex"), errors.ConnectionLost)
    assert ends == dict.fromkeys(others)
    assert set(MARKET_PARAMS) < set(MARKETS)


@pytest.mark.parametrize("evict", ["oldest", "newest"])
def test_two_streams_on_one_key_do_not_fight(fastpoly_simulators: Simulators, evict: str) -> None:
    simulator = fastpoly_simulators(rate=1000, symbols=50, max_connections=1, evict=evict)

    async def main() -> None:
        first, second = to(simulator, "T.*"), to(simulator, "T.*")
        await first.open()
        outcomes: list[str] = []

        async def live(name: str, stream: Stream) -> None:
            try:
                await stream.wait_closed()
            except errors.ConnectionEvicted:
                outcomes.append(name)

        try:
            await second.open()
        except errors.ConnectionEvicted:
            outcomes.append("second")
        tasks = [asyncio.create_task(live("first", first))]
        if not outcomes:
            tasks.append(asyncio.create_task(live("second", second)))
        await until(lambda: outcomes)
        await asyncio.sleep(1)
        # One goes, the other stays, and nobody comes back.
        assert outcomes == ["first" if evict == "oldest" else "second"]
        assert simulator.stats()["accepted"] == 2
        await first.close()
        await second.close()
        await asyncio.gather(*tasks)

    run(main())
