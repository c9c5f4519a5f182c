"""Groups of rows from a stream: by iteration and by handler, with gaps between them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fastpoly import Batch, errors
from fastpoly.sim import ScriptedServer
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, check_threads, make, numbers, run, settled
from tests.waiting import until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


def told(group: Batch) -> Any:
    """The numbers of a group's events, or its notices by their names."""
    if "notice" in group.channels:
        assert group.to_numpy("T").size == 0
        return [type(notice).__name__ for notice in group]
    assert len(group.channels) == 1
    return numbers(group)


@BOTH_WAYS
def test_iteration_over_groups(ingest: str) -> None:
    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(server, "T.*", "Q.*", ingest=ingest) as stream,
        ):
            groups = stream.columns("T", rows=3)
            await settled(stream)
            (peer,) = server.peers
            for number in range(1, 10):
                peer.send(trade(q=number), quote(q=100 + number))
            await until(lambda: groups.stats().events == 9)
            got = []
            async for group in groups:
                got += numbers(group)
                assert len(group) >= 3
                assert group.to_arrow("T").num_rows == len(group)
                if len(got) == 9:
                    break
            assert got == list(range(1, 10))

    run(main())


@BOTH_WAYS
def test_a_gap_is_between_two_groups_and_the_rest_comes_at_the_end(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", ingest=ingest) as stream:
            groups = stream.columns("T", rows=1000)
            await settled(stream)
            server.peers[0].send(trade(q=1), trade(q=2))
            await until(lambda: stream.stats().received == 2)
            server.peers[0].drop()
            await until(lambda: len(server.peers) == 2 and server.peers[1].requested)
            await settled(stream)
            server.peers[1].send(trade(q=3))
            await until(lambda: stream.stats().received == 3)
            await stream.close()
            assert [told(group) async for group in groups] == [[1, 2], ["Gap"], [3]]

    run(main())


@BOTH_WAYS
def test_a_handler_of_groups_gets_them_by_time(ingest: str) -> None:
    async def main() -> None:
        got: list[Batch] = []
        async with ScriptedServer() as server:
            stream = make(server, "T.*", "Q.*", ingest=ingest)
            stream.on("T", every=0.05)(got.append)
            async with stream:
                server.peers[0].send(trade(q=1), quote(q=2))
                server.peers[0].send(trade(q=3))
                await until(lambda: sum(map(len, got)) == 2)
            assert [number for group in got for number in numbers(group)] == [1, 3]
            assert stream.stats().handlers[0].events == 2

    run(main())


@BOTH_WAYS
def test_a_filter_and_the_handlers_beside_are_as_without_groups(ingest: str) -> None:
    async def main() -> None:
        got: list[int] = []
        async with ScriptedServer() as server:
            stream = make(server, "T.*", ingest=ingest)

            @stream.on("T")
            def on_trades(batch: Batch) -> None:
                got.extend(numbers(batch))

            async with stream:
                groups = stream.columns("T", rows=2, symbols=["B"])
                await settled(stream)
                for number, symbol in enumerate("ABABB"):
                    server.peers[0].send(trade(symbol, q=number))
                await until(lambda: len(got) == 5)
                await stream.close()
                # What one read brings is one batch, so the groups are not known.
                assert [number async for group in groups for number in told(group)] == [1, 3, 4]
                assert groups.stats().filtered == 2

    run(main())


@BOTH_WAYS
def test_groups_that_nobody_holds_any_more_leave_the_stream(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", ingest=ingest) as stream:
            groups = stream.columns("T", rows=10, every=0.01)
            await settled(stream)
            assert len(stream.stats().iterations) == 1
            server.peers[0].send(trade(q=1))
            await until(lambda: stream.stats().received == 1)
            await groups.aclose()
            assert stream.stats().iterations == ()
            server.peers[0].send(trade(q=2))
            await until(lambda: stream.stats().received == 2)

    run(main())


def test_what_makes_no_sense_is_refused() -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*") as stream:
            with pytest.raises(errors.UsageError, match="rows=0"):
                stream.columns("T", rows=0)
            with pytest.raises(errors.UsageError, match="every=-1"):
                stream.on("T", every=-1)(print)
            with pytest.raises(errors.UsageError, match="not a channel"):
                stream.columns("XT")
            with pytest.raises(TypeError, match="'row'"):
                stream.columns("T", row=1)  # type: ignore[call-arg]
            await asyncio.sleep(0)

    run(main())


def test_everything_is_gathered_where_no_channel_is_named() -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", "Q.*") as stream:
            groups = stream.columns(rows=100)
            await settled(stream)
            server.peers[0].send(trade(q=1), quote(q=2), trade(q=3))
            await until(lambda: stream.stats().received == 3)
            await stream.close()
            assert [told(group) async for group in groups] == [[2], [1, 3]]

    run(main())
