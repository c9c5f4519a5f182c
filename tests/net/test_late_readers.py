"""Readers of a hub that want what came before them, out of its recording and then live."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fastpoly import Hub, Stream, errors
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedPeer, ScriptedServer, Simulator, SimulatorConfig
from tests.loops import in_loop
from tests.net.events import quote, trade
from tests.net.hubs import UPSTREAM_KEY, fast, hub_of, numbers, reader_of
from tests.net.wire_client import WireClient
from tests.waiting import PATIENCE_S, UNHURRIED, until


@asynccontextmanager
async def recorded_hub(
    folder: Path, *params: str, recording: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[ScriptedServer, Hub]]:
    """A hub that records what a server says which says what a test wants it to say."""
    async with ScriptedServer() as server:
        hub = hub_of(server, *params, **options)
        hub.record(folder / "day.mcap", **(recording or {}))
        async with hub:
            if params:
                await until(lambda: server.peers and len(server.peers[0].held) == len(params))
            yield server, hub


async def send(peer: ScriptedPeer, hub: Hub, numbers: range, *, at_a_time: int = 50) -> None:
    """Send trades of A and B, and wait until the hub has them."""
    for begin in range(numbers.start, numbers.stop, at_a_time):
        before = hub.stats().routed
        some = range(begin, min(begin + at_a_time, numbers.stop))
        peer.send(*(trade("AB"[n % 2], n) for n in some))
        await until(lambda: hub.stats().routed == before + len(some))  # noqa: B023 - at once


def gaps(client: WireClient) -> list[dict[str, Any]]:
    return [one for one in client.all_statuses() if one["status"] == "gap"]


def stream(hub: Hub, start: str, *params: str, **options: Any) -> Stream:
    return reader_of(f"{hub.url}?start={start}", *params, **options)


async def standing(hub: Hub, buffered: int) -> WireClient:
    """A client that wants all trades and stands still, once so many bytes wait for it."""
    client = await WireClient.login(f"{hub.url}?start=all")
    assert client.transport is not None
    transport = client.transport.underlying_transport
    transport.pause_reading()
    # Or the kernel might take it all.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.send("subscribe", "T.*")
    await until(lambda: hub.stats().readers[0].buffered > buffered)
    return client


def go_on(client: WireClient) -> None:
    assert client.transport is not None
    transport = client.transport.underlying_transport
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    transport.resume_reading()


async def take(one: Stream, last: int) -> list[Any]:
    """The events of a stream, notices included, up to the one with a number."""
    found: list[Any] = []
    async with asyncio.timeout(PATIENCE_S):
        async for batch in one:
            found += batch
            if any(not isinstance(event, Gap) and event["q"] == last for event in batch):
                break
    return found


@in_loop
async def test_all_and_from_a_time_on_then_live(tmp_path: Path) -> None:
    async with recorded_hub(tmp_path, "T.*", "Q.A") as (server, hub):
        peer = server.peers[0]
        await send(peer, hub, range(100))
        at_ns = time.time_ns()
        await send(peer, hub, range(100, 200))
        clients = [
            await WireClient.login(f"{hub.url}?{query}")
            for query in ("start=all", f"start={at_ns}", "start=new", "")
        ]
        for client in clients:
            await client.subscribe("T.*")
        await send(peer, hub, range(200, 400), at_a_time=7)
        await until(lambda: not any(one.is_late for one in hub.stats().readers))
        await send(peer, hub, range(400, 500))
        for client, first in zip(clients, (0, 100, 200, 200), strict=True):
            await client.some_events(500 - first)
            assert numbers(client.events()) == list(range(first, 500))
            assert not gaps(client)
            # The bytes are those of the service, as ever.
            assert client.events()[0] == trade("AB"[first % 2], first)
            await client.close()


@in_loop
async def test_only_what_it_subscribes_to(tmp_path: Path) -> None:
    async with recorded_hub(tmp_path, "T.*", "Q.*") as (server, hub):
        peer = server.peers[0]
        peer.send(trade("A", 1), quote("A", 2), trade("B", 3))
        await until(lambda: hub.stats().routed == 3)
        async with stream(hub, "all", "T.A", "Q.A") as one:
            assert numbers(await take(one, 2)) == [1, 2]
            peer.send(trade("B", 4), trade("A", 5))
            assert numbers(await take(one, 5)) == [5]
            # Once it is live, a subscription is live only.
            await one.subscribe("T.B")
            peer.send(trade("B", 6))
            assert numbers(await take(one, 6)) == [6]


@pytest.mark.parametrize("ingest", ["loop", "thread"])
@in_loop
async def test_an_interruption_is_a_gap_at_its_place_in_what_is_played(
    tmp_path: Path, ingest: str
) -> None:
    async with recorded_hub(tmp_path, "T.*") as (server, hub):
        await send(server.peers[0], hub, range(10))
        server.peers[0].close(1012, "restart")
        peer = await server.peer(2)
        await until(lambda: peer.held and hub.state is State.LIVE)
        await send(peer, hub, range(10, 20))
        client = await WireClient.login(f"{hub.url}?start=all")
        await client.subscribe("T.*")
        async with stream(hub, "all", "T.*", ingest=ingest) as one:
            found = await take(one, 19)
        gap = found.pop(10)
        assert isinstance(gap, Gap)
        assert numbers(found) == list(range(20))
        assert gap.code == 1012
        assert gap.attempts == 1
        assert gap.channels == ("T",)
        assert "1012" in gap.cause
        assert gap.last_by_channel["T"]["q"] == 9
        assert 0 < gap.since_ns < gap.until_ns
        await client.some_events(20)
        (told,) = gaps(client)
        assert told["since_ns"] == gap.since_ns
        place = client.objects.index(told)
        assert numbers([client.objects[place - 1], client.objects[place + 1]]) == [9, 10]
        await client.close()


@in_loop
async def test_what_a_hub_before_this_one_told_of_is_told_again(tmp_path: Path) -> None:
    options = {"api_key": UPSTREAM_KEY, "reconnect": fast(), "subscribe_timeout": 60, **UNHURRIED}
    async with ScriptedServer() as server, Hub("stocks", url=server.url(), **options) as first:
        hub = Hub("stocks", "T.*", url=first.url, **options)
        hub.record(tmp_path / "day.mcap")
        async with hub:
            await until(lambda: server.peers and server.peers[0].held)
            await send(server.peers[0], hub, range(4))
            server.peers[0].drop()
            peer = await server.peer(2)
            await until(lambda: peer.held and first.state is State.LIVE)
            await send(peer, hub, range(4, 8))
            async with stream(hub, "all", "T.*") as one:
                found = await take(one, 7)
            gap = found.pop(4)
            assert isinstance(gap, Gap)
            assert gap.attempts == 1
            assert numbers(found) == list(range(8))


@in_loop
async def test_after_a_reconnect_our_stream_does_not_ask_for_the_past_again(
    tmp_path: Path,
) -> None:
    async with recorded_hub(tmp_path, "T.*") as (server, hub):
        await send(server.peers[0], hub, range(10))
        async with stream(hub, "all", "T.*", reconnect=fast()) as one:
            assert numbers(await take(one, 9)) == list(range(10))
            for reader in tuple(hub._server.readers.values()):
                reader.drop("for a test")
            await until(lambda: hub.stats().accepted == 2 and hub.stats().groups)
            await until(lambda: one.state is State.LIVE)
            await send(server.peers[0], hub, range(10, 12))
            gap, *events = await take(one, 11)
            assert isinstance(gap, Gap)
            assert numbers(events) == [10, 11]


@in_loop
async def test_it_may_read_slowly_and_costs_no_memory(tmp_path: Path) -> None:
    options = {"max_reader_bytes": 200_000}
    async with recorded_hub(tmp_path, "T.*", **options) as (server, hub):
        peer = server.peers[0]
        count = 60_000
        await send(peer, hub, range(count), at_a_time=1000)
        slow = await standing(hub, 100_000)
        # More comes than may be held.
        await send(peer, hub, range(count, count + 5000), at_a_time=500)
        figures = hub.stats().readers[0]
        assert figures.is_late
        assert figures.buffered < 2_000_000
        go_on(slow)
        await until(lambda: not hub.stats().readers[0].is_late)
        await send(peer, hub, range(count + 5000, count + 5010))
        await slow.some_events(count + 5010)
        assert numbers(slow.events()) == list(range(count + 5010))
        assert not gaps(slow)
        assert hub.stats().lost == 0
        await slow.close()


@in_loop
async def test_files_that_are_rotated_follow_each_other(tmp_path: Path) -> None:
    recording = {"max_file_bytes": 5000, "chunk_bytes": 4096}
    async with recorded_hub(tmp_path, "T.*", recording=recording) as (server, hub):
        peer = server.peers[0]
        await send(peer, hub, range(3000))
        client = await WireClient.login(f"{hub.url}?start=all")
        client.send("subscribe", "T.*")
        await send(peer, hub, range(3000, 6000), at_a_time=20)
        await client.some_events(6000)
        assert numbers(client.events()) == list(range(6000))
        assert hub.stats().upstream.recordings[0].files > 5
        await client.close()


@in_loop
async def test_what_the_hub_never_had_is_told(tmp_path: Path) -> None:
    before_ns = time.time_ns()
    async with recorded_hub(tmp_path) as (server, hub):
        first = await WireClient.login(hub.url)
        await first.subscribe("T.A")
        peer = server.peers[0]
        peer.send(trade("A", 1))
        await first.some_events(1)
        # Nobody wanted T.B so far, and there was no hub before there was one.
        async with stream(hub, str(before_ns), "T.A", "T.B") as one:
            begin, nobody, event = await take(one, 1)
            assert isinstance(begin, Gap)
            assert isinstance(nobody, Gap)
            assert begin.since_ns == before_ns
            assert begin.until_ns == nobody.since_ns <= nobody.until_ns
            assert "T.B" in nobody.cause
            assert "T.A" not in nobody.cause
            assert event["q"] == 1
        await first.close()


@in_loop
async def test_without_a_recording_there_is_a_gap_and_live_data() -> None:
    async with (
        ScriptedServer() as server,
        Hub("stocks", "T.*", url=server.url(), api_key=UPSTREAM_KEY, **UNHURRIED) as hub,
    ):
        await until(lambda: server.peers and server.peers[0].held)
        async with stream(hub, "all", "T.A") as one:
            await until(lambda: not hub.stats().readers[0].is_late)
            server.peers[0].send(trade("A", 1))
            gap, event = await take(one, 1)
            assert isinstance(gap, Gap)
            assert "no recording" in gap.cause
            assert event["q"] == 1


@in_loop
async def test_a_start_that_is_none_is_refused(tmp_path: Path) -> None:
    async with recorded_hub(tmp_path) as (_, hub):
        with pytest.raises(errors.HttpStatusError) as caught:
            await stream(hub, "yesterday", "T.A").open()
        assert caught.value.http_status == 400
        assert "query" in str(caught.value.hint)
        assert hub.stats().accepted == 0
        # What else a query says is not the hub's affair.
        client = await WireClient.login(f"{hub.url}?desk=7")
        await client.subscribe("T.A")
        await client.close()


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files as Linux shows them")
@in_loop
async def test_one_who_leaves_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    def open_files() -> int:
        paths = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
        return sum(os.path.exists(one) and "day.mcap" in os.readlink(one) for one in paths)

    async with recorded_hub(tmp_path, "T.*") as (server, hub):
        await send(server.peers[0], hub, range(60_000), at_a_time=2000)
        assert open_files() == 1
        tasks = len(asyncio.all_tasks())
        for reset in (False, True):
            client = await standing(hub, 500_000)
            assert open_files() == 2
            if reset:
                assert client.transport is not None
                client.transport.underlying_transport.abort()
            await client.close()
            await until(lambda: not hub.stats().readers)
            await until(lambda: open_files() == 1)
            await until(lambda: len(asyncio.all_tasks()) == tasks)
        assert hub.stats().groups == 0


@in_loop
async def test_a_hub_that_is_stopped_in_the_middle_ends(tmp_path: Path) -> None:
    async with recorded_hub(tmp_path, "T.*") as (server, hub):
        await send(server.peers[0], hub, range(60_000), at_a_time=2000)
        slow = await standing(hub, 500_000)
        quick = await WireClient.login(f"{hub.url}?start=all")
        quick.send("subscribe", "T.*")
        await quick.some_events(1)
        stopping = asyncio.create_task(hub.stop())
        go_on(slow)
        for client in (slow, quick):
            await client.ended()
            assert client.close_code == 1001
            seen = numbers(client.events())
            assert seen == list(range(len(seen)))
        await stopping


@in_loop
async def test_at_full_speed_nothing_is_missing_between_past_and_live(tmp_path: Path) -> None:
    config = SimulatorConfig(symbols=20, rate=10_000, history=50, max_connections=1)
    async with Simulator(config) as simulator:
        hub = Hub("stocks", "T.*", "Q.*", url=simulator.url("stocks"), api_key="k", **UNHURRIED)
        hub.record(tmp_path / "day.mcap", chunk_bytes=1 << 16)
        async with hub:
            early = await WireClient.login(hub.url)
            await early.subscribe("T.*,Q.*")
            await early.some_events(1)
            since_ns = time.time_ns()
            before = len(early.events())
            late = []
            for _ in range(4):
                await until(lambda: len(early.texts) > 20 * (1 + len(late)))
                client = await WireClient.login(f"{hub.url}?start={since_ns}")
                client.send("subscribe", "T.*,Q.*")
                late.append(client)
            await until(lambda: [one.is_late for one in hub.stats().readers] == [False] * 5)
            simulator.pause()
            sent = sum(
                count
                for channel, count in simulator.stats()["events"].items()
                if channel in ("T", "Q")
            )
            await until(lambda: hub.stats().routed == sent)
            hub.delivery.flush()
            # Everything comes to the first one, for whom the hub asked for it.
            await until(lambda: len(early.events()) == sent)
            everything = early.events()
            for client in late:
                await until(lambda: client.events()[-1:] == everything[-1:])  # noqa: B023 - at once
            for client in late:
                got = client.events()
                assert not gaps(client)
                assert got == everything[-len(got) :]
                assert len(everything) - len(got) <= before + 50
            for client in (early, *late):
                await client.close()
