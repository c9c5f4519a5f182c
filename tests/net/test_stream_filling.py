"""Gaps that a hook fills: order, marks, failures, time."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from fastpoly.engine.filling.backfill import Backfill
from fastpoly.errors import HandlerFailed
from fastpoly.notices import Gap
from fastpoly.sim import ScriptedServer
from fastpoly.stream.stream import Stream
from tests.net.events import trade
from tests.net.streams import BOTH_WAYS, check_threads, make, run
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


async def interrupt(server: ScriptedServer, stream: Stream) -> None:
    """Trade 1, a cut, trades 5 and 6."""
    server.peers[0].send(trade(q=1))
    await until(lambda: stream.stats().received == 1)
    server.peers[0].drop()
    second = await server.peer(2)
    await until(lambda: second.held)
    second.send(trade(q=5))
    await asyncio.sleep(0.02)
    second.send(trade(q=6))


async def collect(stream: Stream, count: int) -> list[Any]:
    events: list[Any] = []
    async with asyncio.timeout(PATIENCE_S):
        async for batch in stream:
            events += batch
            if len(events) >= count:
                break
    return events


@BOTH_WAYS
@pytest.mark.parametrize("kind", ["async", "sync"])
def test_filled(ingest: str, kind: str) -> None:
    asked: list[Gap] = []

    def fill(gap: Gap) -> list[dict[str, Any]]:
        asked.append(gap)
        assert gap.last_by_channel["T"]["q"] == 1
        assert gap.first_by_channel["T"]["q"] == 5
        return [trade(q=number) for number in range(1, 6)]

    async def fill_slowly(gap: Gap) -> list[dict[str, Any]]:
        await asyncio.sleep(0.1)
        return fill(gap)

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(
                server, "T.A", ingest=ingest, fill=fill if kind == "sync" else fill_slowly
            )
            async with stream:
                await interrupt(server, stream)
                first, gap, *rest = await collect(stream, 7)
                assert first["q"] == 1
                assert isinstance(gap, Gap)
                assert gap.filled == 3
                assert [event["q"] for event in rest] == [2, 3, 4, 5, 6]
                marks = [event.get("filled", False) for event in rest]
                assert marks == [True, True, True, False, False]
                assert len(asked) == 1

    run(main())


@pytest.mark.sampled
@BOTH_WAYS
@pytest.mark.parametrize(
    "kind", ["raises", "takes too long", "gives nonsense", "gives no list", "gives nothing"]
)
def test_not_filled(ingest: str, kind: str) -> None:
    told: list[BaseException] = []

    async def fill(gap: Gap) -> Any:
        if kind == "raises":
            raise ZeroDivisionError("hook's own")
        if kind == "takes too long":
            await asyncio.sleep(60)
        return {"gives nonsense": ["nonsense"], "gives no list": 5}.get(kind)

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(
                server,
                "T.A",
                ingest=ingest,
                fill=fill,
                fill_timeout=0.2,
                on_error=lambda error, *_: told.append(error),
            )
            async with stream:
                await interrupt(server, stream)
                first, gap, *rest = await collect(stream, 4)
                assert first["q"] == 1
                assert gap.filled == 0
                assert [event["q"] for event in rest] == [5, 6]
                await asyncio.sleep(0.01)

    run(main())
    if kind == "raises":
        assert isinstance(told[0].__cause__, ZeroDivisionError)
    if kind == "gives nonsense":
        assert "nonsense" in str(told[0])
    if kind == "gives no list":
        assert "fill hook returned int" in str(told[0])
    if kind == "takes too long":
        assert isinstance(told[0], HandlerFailed)
        assert "longer than 0.2 s" in str(told[0])
    assert len(told) == (0 if kind == "gives nothing" else 1)


@BOTH_WAYS
def test_cut_again_while_it_is_filled(ingest: str) -> None:
    release = asyncio.Event()

    async def fill(gap: Gap) -> list[dict[str, Any]]:
        await release.wait()
        return [trade(q=2)]

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, fill=fill)
            async with stream:
                await interrupt(server, stream)
                await until(lambda: stream.stats().received == 3)
                server.peers[1].drop()
                third = await server.peer(3)
                await until(lambda: third.held)
                third.send(trade(q=9))
                await until(lambda: stream.stats().received == 4)
                release.set()
                events = await collect(stream, 7)
                shown = ["gap" if isinstance(e, Gap) else e["q"] for e in events]
                assert shown == [1, "gap", 2, 5, 6, "gap", 9]

    run(main())


@BOTH_WAYS
def test_closed_while_it_is_filled(ingest: str) -> None:
    async def fill(gap: Gap) -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, fill=fill)
            async with stream:
                await interrupt(server, stream)
                await until(lambda: stream.stats().received == 3)
            events = [event async for batch in stream for event in batch]
            assert ["gap" if isinstance(e, Gap) else e["q"] for e in events] == [1, "gap", 5, 6]

    run(main())


def test_nothing_is_left_of_a_gap_that_was_filled() -> None:
    """Neither what was held back, nor the clock that would end the filling of the next one."""

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", fill=lambda gap: [trade(q=2)], fill_timeout=60)
            async with stream:
                await interrupt(server, stream)
                assert len(await collect(stream, 5)) == 5
                timer = stream._engine.pipeline._fill_timer
                assert timer is not None
                assert timer.cancelled()
                gc.collect()
                assert not [one for one in gc.get_objects() if isinstance(one, Backfill)]

    run(main())
