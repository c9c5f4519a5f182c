"""Every overflow policy, wherever it applies: accounts add up, and each episode is told of once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fastpoly.consumers.buffer import BufferStats
from fastpoly.market.stats import ClientStats
from fastpoly.notices import SlowConsumer
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.sim import ScriptedServer
from fastpoly.stream.stream import Stream
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, KEY, check_threads, run
from tests.waiting import until, wait_until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)

SYMBOLS = ("A", "B", "C")


class Slow:
    """A consumer that stands still until it is let go, and notes what it gets.

    Attributes:
        got: Numbers of trades, and notices, in order.
        busy: Set once it has been given something.
    """

    def __init__(self) -> None:
        self.got: list[int | SlowConsumer] = []
        self.busy = asyncio.Event()
        self.go = asyncio.Event()

    async def take(self, events: Any) -> None:
        self.busy.set()
        await self.go.wait()
        for event in events:
            self.got.append(event if isinstance(event, SlowConsumer) else event["q"])

    async def take_one(self, event: Any) -> None:
        await self.take([event])

    @property
    def numbers(self) -> list[int]:
        return [one for one in self.got if isinstance(one, int)]

    @property
    def notices(self) -> list[SlowConsumer]:
        return [one for one in self.got if isinstance(one, SlowConsumer)]


Opened = tuple[Slow, Callable[[], int]]
"""The consumer, and how many events were put where it takes them from."""


def put_in(buffer: BufferStats) -> int:
    return buffer.received + buffer.lost + buffer.events


def put_in_client(stats: ClientStats) -> int:
    """What went through the first buffer is counted in the second."""
    on_their_way = sum(buffer.lost + buffer.events for buffer in stats.waiting)
    return on_their_way + sum(put_in(handler.buffer) for handler in stats.handlers)


@asynccontextmanager
async def handler(server: ScriptedServer, **options: Any) -> AsyncIterator[Opened]:
    slow = Slow()
    stream = Stream("stocks", "T.*", api_key=KEY, url=server.url(), **options)
    stream.add_handler(slow.take, "T", "notice")
    async with stream:
        yield slow, lambda: put_in(stream.stats().handlers[0].buffer)


@asynccontextmanager
async def iteration(server: ScriptedServer, **options: Any) -> AsyncIterator[Opened]:
    slow = Slow()

    async def iterate() -> None:
        async for batch in stream:
            await slow.take(batch)

    async with Stream("stocks", "T.*", api_key=KEY, url=server.url(), **options) as stream:
        iterating = asyncio.create_task(iterate())
        yield slow, lambda: put_in(stream.stats().iterations[0])
    await iterating


@asynccontextmanager
async def client(server: ScriptedServer, **options: Any) -> AsyncIterator[Opened]:
    """The drop-in. With a thread, what is lost on the way to its loop is told to other handlers."""
    slow = Slow()
    async with AsyncStreamClient(KEY, "stocks", server.url(), messages="events", **options) as it:
        await it.change_handler("status", lambda message: None)
        await it.change_handler("notice", slow.got.append)
        await it.subscribe_stock_trades(handler_function=slow.take_one)
        running = asyncio.create_task(it.handle_messages(reconnect=True))
        await until(lambda: server.peers[0].held and it._connection.is_running)
        yield slow, lambda: put_in_client(it.stats())
    await running


CONSUMERS = {"handler": handler, "iteration": iteration, "client": client}


@pytest.mark.sampled
@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("overflow", ["drop_oldest", "drop_newest", "conflate"])
@BOTH_WAYS
def test_what_is_lost_is_counted_and_told_once(ingest: str, overflow: str, consumer: str) -> None:
    count = 300

    async def main() -> None:
        async with (
            ScriptedServer() as server,
            CONSUMERS[consumer](
                server, ingest=ingest, overflow=overflow, max_buffer_bytes=4000
            ) as (slow, put),
        ):
            server.peers[0].send(trade(SYMBOLS[0], 0))
            await slow.busy.wait()
            before = put()
            for q in range(1, count):
                server.peers[0].send(trade(SYMBOLS[q % 3], q))
                await asyncio.sleep(0)
            await until(lambda: put() == before + count - 1)
            slow.go.set()
            await until(lambda: sum(map(_events, slow.got)) >= count)
            # After the episode everything arrives again, without another word.
            told = len(slow.notices)
            server.peers[0].send(trade("A", count))
            await until(lambda: count in slow.numbers)
            lost: Counter[str] = Counter()
            for notice in slow.notices:
                assert notice.overflow == overflow
                assert notice.lost == sum(notice.lost_by_channel.values())
                lost.update(notice.lost_by_channel)
            assert set(lost) == {"T"}
            assert len(slow.numbers) + lost["T"] == count + 1
            assert slow.numbers == sorted(slow.numbers)
            if consumer == "client" and ingest == "thread":
                return  # there are two buffers, which may both have been full
            assert len(slow.notices) == told == 1
            if overflow == "drop_newest":
                assert slow.numbers[:-1] == list(range(len(slow.numbers) - 1))
            else:
                assert set(slow.numbers[-4:]) == set(range(count - 3, count + 1))

    run(main())


def _events(one: int | SlowConsumer) -> int:
    return one.lost if isinstance(one, SlowConsumer) else 1


@pytest.mark.parametrize("consumer", CONSUMERS)
@BOTH_WAYS
def test_what_has_waited_for_too_long_is_lost(ingest: str, consumer: str) -> None:
    async def main() -> None:
        async with (
            ScriptedServer() as server,
            CONSUMERS[consumer](
                server, ingest=ingest, overflow="drop_oldest", max_buffer_age=0.3
            ) as (slow, put),
        ):
            server.peers[0].send(trade("A", 0))
            await slow.busy.wait()
            before = put()
            for q in (1, 2):
                server.peers[0].send(trade("A", q))
                await until(lambda: put() == before + q)  # noqa: B023
            await asyncio.sleep(0.5)  # longer than they may wait
            server.peers[0].send(trade("A", 3))
            await until(lambda: put() == before + 3)
            slow.go.set()
            await until(lambda: 3 in slow.numbers)
            # The first one it had been given already.
            assert [one if isinstance(one, int) else one.lost for one in slow.got] == [0, 2, 3]

    run(main())


@pytest.mark.parametrize("messages", ["dicts", "events", "batches"])
def test_what_is_lost_on_the_way_to_a_loop_that_is_held_up_is_told_as_a_notice(
    messages: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    notices: list[Any] = []
    trades: list[Any] = []
    quotes: list[Any] = []
    holder: list[AsyncStreamClient] = []

    def block(message: Any) -> None:
        if not trades:
            # The thread reads on, and drops what is too much, while the loop stands still.
            wait_until(lambda: holder[0].stats().lost)
        trades.append(message)

    async def main() -> None:
        async with (
            ScriptedServer() as server,
            AsyncStreamClient(
                KEY,
                "stocks",
                server.url(),
                messages=messages,
                ingest="thread",
                overflow="drop_oldest",
                max_buffer_bytes=4000,
            ) as client,
        ):
            holder.append(client)
            await client.change_handler("status", lambda message: None)
            await client.change_handler("notice", notices.append)
            await client.change_handler("Q", quotes.append)
            await client.subscribe_stock_trades(handler_function=block)
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            await until(lambda: server.peers[0].held and client._connection.is_running)
            for q in range(300):
                server.peers[0].send(trade(q=q), quote(q=q))
            await until(lambda: notices)
        await running

    run(main())
    if messages == "batches":
        notices[:] = [notice for batch in notices for notice in batch]
        trades[:] = [event for batch in trades for event in batch]
        quotes[:] = [event for batch in quotes for event in batch]
    lost: Counter[str] = Counter()
    for notice in notices:
        lost.update(notice["lost_by_channel"])
    assert lost["T"] + len(trades) == lost["Q"] + len(quotes) == 300
    # Nothing came to the default handler, which prints.
    assert not capsys.readouterr().out
