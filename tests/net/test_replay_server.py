"""A recording as a server: the vendor's client, the community's and this library's, all at once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bench import environments
from fastpoly import AsyncStreamClient, ReplayServer, Stream, UsageError
from fastpoly.capture import CaptureWriter, MarkKind
from fastpoly.errors import AuthError
from tests.loops import in_loop
from tests.net.events import quote, trade
from tests.waiting import PATIENCE_S, UNHURRIED, until

START_NS = 1_781_706_600_000_000_000
MS = 1_000_000
FRAMES = 300


def numbers_of(channel: str) -> list[int]:
    return [n * 10 + (channel == "Q") for n in range(FRAMES)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A trade of A and a quote of B in each frame, and a message of the server in some."""
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks") as writer:
        for n in range(FRAMES):
            events: list[Any] = [trade("A", n * 10), quote("B", n * 10 + 1)]
            if n % 50 == 0:
                events.append({"ev": "status", "status": "success", "message": "recorded"})
                writer.mark(MarkKind.LOST, START_NS + n * MS, code=1006)
            writer.add_frame(json.dumps(events).encode(), START_NS + n * MS)
    return path


async def read_by_stream(url: str, *params: str) -> list[Any]:
    """What this library's client gets, until it has as much as there is for it."""
    got: list[Any] = []
    async with Stream("stocks", *params, url=url, reconnect=False, **UNHURRIED) as stream:
        async for batch in stream:
            got += [dict(one) for one in batch]
            if len(got) >= FRAMES * len(params):
                return got
    return got


async def read_by_drop_in(url: str) -> list[Any]:
    """The community client's interface, which subscribes to one service after the other."""
    got: list[Any] = []
    client = AsyncStreamClient("key", "stocks", url, **UNHURRIED)
    await client.subscribe_stock_trades(handler_function=got.append)
    await client.subscribe_stock_quotes(handler_function=got.append)
    while len(got) < 2 * FRAMES:
        await client.handle_messages()
    await client.close_stream()
    return got


async def read_by_official(url: str) -> list[Any]:
    massive = pytest.importorskip("massive")
    got: list[Any] = []
    client = massive.WebSocketClient(
        api_key="any",
        feed=url.removeprefix("ws://").rpartition("/")[0],
        market="stocks",
        secure=False,
        raw=True,
        subscriptions=["T.*", "Q.*"],
    )

    async def handler(text: str | bytes) -> None:
        got.extend(one for one in json.loads(text) if one["ev"] != "status")
        if len(got) >= 2 * FRAMES:
            await client.close()

    await client.connect(handler)
    return got


COMMUNITY = """
import asyncio, json, sys
import polygon

async def main(url, events):
    client = polygon.AsyncStreamClient("any", "stocks", host="127.0.0.1")
    client._url = url  # it would always ask for TLS
    client._handlers["status"] = lambda message: None  # it would print
    got = []
    await client.subscribe_stock_trades(handler_function=got.append)
    await client.subscribe_stock_quotes(handler_function=got.append)
    while len(got) < events:
        await client.handle_messages()
    json.dump(got, sys.stdout)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def read_by_community(url: str) -> list[Any]:
    """What the community client itself gets, with the websockets release that it needs."""
    await asyncio.to_thread(environments.ready, ["community"])
    process = await asyncio.create_subprocess_exec(
        environments.python("community"), "-c", COMMUNITY, url, str(2 * FRAMES),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE_S):
        out, _ = await process.communicate()
    assert process.returncode == 0
    return list(json.loads(out))


def shown(events: list[Any]) -> list[tuple[str, int]]:
    return [(one["ev"], one["q"]) for one in events]


ALL = [("TQ"[i], n * 10 + i) for n in range(FRAMES) for i in range(2)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@in_loop
async def test_three_clients_at_once_get_every_event_each(path: Path) -> None:
    async with ReplayServer(path, speed="max") as server:
        ours, drop_in, official, trades = await asyncio.gather(
            read_by_stream(server.url, "T.*", "Q.*"),
            read_by_drop_in(server.url),
            read_by_official(server.url),
            read_by_stream(server.url, "T.A"),
        )
    assert ours == drop_in == official
    assert shown(ours) == ALL
    assert trades == [trade("A", n) for n in numbers_of("T")]


@pytest.mark.slow  # it installs that client, once
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@in_loop
async def test_so_does_the_community_client_itself_beside_them(path: Path) -> None:
    async with ReplayServer(path, speed="max") as server:
        ours, community, official = await asyncio.gather(
            read_by_stream(server.url, "T.*", "Q.*"),
            read_by_community(server.url),
            read_by_official(server.url),
        )
    assert shown(community) == ALL
    assert ours == community == official


@in_loop
async def test_all_watch_one_replay_where_it_is_shared(path: Path) -> None:
    async with ReplayServer(path, speed=0.001, shared=True) as server:
        streams = [Stream("stocks", "T.*", url=server.url, **UNHURRIED) for _ in range(2)]
        async with streams[0] as first:
            assert [one["q"] for one in await anext(aiter(first))] == [0]
            async with streams[1] as second:
                # At a pace of a frame a second there is time to join before the next one.
                rest = [await anext(aiter(one)) for one in (first, second)]
                assert rest[0][0]["q"] == rest[1][0]["q"] > 0


@in_loop
async def test_a_slow_client_is_waited_for_and_the_end_is_said_if_asked(path: Path) -> None:
    async with ReplayServer(path, speed="max", close_at_end=True) as server:
        stream = Stream("stocks", "T.*", url=server.url, reconnect=False, **UNHURRIED)
        got: list[int] = []

        @stream.on("T")
        async def on_trades(batch: Any) -> None:
            await asyncio.sleep(0)
            got.extend(one["q"] for one in batch)

        await stream.open()
        with pytest.raises(ConnectionError, match="the recording is over"):
            await stream.wait_closed()
    assert got == numbers_of("T")


@in_loop
async def test_keys_and_markets(path: Path) -> None:
    async with ReplayServer(path, keys=["good"]) as server:
        with pytest.raises(AuthError):
            await Stream("stocks", "T.*", url=server.url, api_key="bad", **UNHURRIED).open()
        async with Stream("stocks", "T.*", url=server.url, api_key="good", **UNHURRIED) as stream:
            await until(lambda: stream.stats().received)
        with pytest.raises(ConnectionError):
            await Stream("crypto", url=server.url.replace("stocks", "crypto")).open()
    with pytest.raises(UsageError, match="not a speed"):
        ReplayServer(path, speed="fast")
