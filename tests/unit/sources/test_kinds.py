"""Which source a URL asks for, and recordings by URL, for both facades."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fastpoly import AsyncStreamClient, Stream, UsageError
from fastpoly.net.options import ConnectionOptions
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.sources.capture import CaptureSource
from fastpoly.sources.kinds import SOURCE_KINDS, SourceRequest, make_source
from fastpoly.sources.live import LiveSource
from fastpoly.sources.nats.options import StartAt
from fastpoly.sources.nats.source import NatsSource
from tests.loops import in_loop
from tests.unit.sources.test_capture import MS, START_NS, Mark, MarkKind, event, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two trades and a quote, a loss, another trade."""
    lost = Mark(MarkKind.LOST, START_NS + 2 * MS, {"code": 1012, "reason": "restart"})
    return record(
        tmp_path / "a day.mcap",
        [event(1), event(2, "Q")],
        [event(2)],
        lost,
        [event(3)],
    )


def asked(**what: Any) -> SourceRequest:
    return SourceRequest(market="stocks", options=ConnectionOptions(), api_key="key", **what)


def test_who_asks_a_hub_for_the_past_is_waited_for() -> None:
    for query, overflow in (
        ("?start=all", "block"),
        ("?a=b&start=7", "block"),
        ("?start=new", "drop_oldest"),
        ("", "drop_oldest"),
    ):
        assert make_source(asked(url=f"ws://h/stocks{query}")).defaults.overflow == overflow


def test_the_scheme_decides(path: Path) -> None:
    assert set(SOURCE_KINDS) == {"ws", "wss", "ws+unix", "file", "nats", "tls", "shm"}
    unix = "ws+unix:///run/hub.sock:/stocks"
    for what in (
        {"url": "ws://h/x"},
        {"url": unix},
        {"host": "localhost:1"},
        {"feed": "delayed"},
        {},
    ):
        assert isinstance(make_source(asked(**what)), LiveSource)
    for what in ({"url": f"file:{path}"}, {"host": f"file://{path}"}, {"url": f" FILE:{path}"}):
        source = make_source(asked(**what))
        assert isinstance(source, CaptureSource)
        source.close()
    assert "key" not in repr(asked(url="ws://user:secret@h")).replace("api_key", "")
    assert "secret" not in repr(asked(url="ws://user:secret@h"))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("?speed=0", "not a speed"),
        ("?speed=fast", "not a speed"),
        ("?start=noon", "not a time"),
        ("?batches=small", "not a way"),
        ("?sped=1", "'sped' is nothing"),
        ("#x", "not one of a file"),
    ],
)
def test_what_makes_no_sense(path: Path, more: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Stream("stocks", "T.*", url=f"file:{path}{more}")


def test_a_file_of_another_market_or_machine(path: Path) -> None:
    with pytest.raises(UsageError, match="a recording of stocks, not of crypto"):
        Stream("crypto", url=f"file:{path}")
    with pytest.raises(UsageError, match="not one of a file here"):
        Stream("stocks", url="file://server/day.mcap")
    with pytest.raises(UsageError, match="no feed"):
        Stream("stocks", url=f"file:{path}", feed="delayed")
    with pytest.raises(UsageError, match="scheme"):
        Stream("stocks", url="ftp://server/day.mcap", api_key="key")


@in_loop
async def test_a_stream_by_url_is_a_replay(path: Path) -> None:
    url = f"file:{path}?speed=max&start={START_NS + MS}".replace(" ", "%20")
    stream = Stream("stocks", "T.*", url=url, max_buffer_bytes=100)
    async with stream:
        events = [one async for batch in stream for one in batch]
    assert [one["q"] for one in events if not isinstance(one, Gap)] == [2, 3]
    assert [one.code for one in events if isinstance(one, Gap)] == [1012]
    assert stream.clock.time_ns() == START_NS + 3 * MS
    assert stream.state is State.CLOSED


@in_loop
async def test_the_drop_in_replays_to_the_end_and_returns(path: Path) -> None:
    got: list[Any] = []

    async def on_trade(message: dict[str, Any]) -> None:
        got.append(message)

    client = AsyncStreamClient(None, "stocks", url=f"file:{path}?speed=max")
    notices: list[Any] = []
    await client.change_handler("notice", notices.append)
    await client.subscribe_stock_trades(handler_function=on_trade)
    await client.handle_messages(reconnect=True)
    assert got == [event(1), event(2), event(3)]
    assert len(notices) == 1
    assert str(path) in repr(client)
    await client.close_stream()


async def handle_for_ever(client: AsyncStreamClient) -> None:
    while True:
        await client.handle_messages()


@in_loop
async def test_the_drop_in_frame_by_frame(path: Path) -> None:
    got: list[Any] = []
    client = AsyncStreamClient(None, "stocks", f"file:{path}?speed=max")
    await client.subscribe_stock_trades(handler_function=got.append)
    with pytest.raises(ConnectionError):
        await handle_for_ever(client)
    assert [message["q"] for message in got] == [1, 2]
    assert await client.reconnect() == (True, "Reconnect Successful")
    with pytest.raises(ConnectionError):
        await handle_for_ever(client)
    assert [message["q"] for message in got] == [1, 2, 3]
    await client.close_stream()


def test_a_broker_is_asked_for_by_its_url() -> None:
    source = make_source(asked(url="nats://s3cret@h:1?start=all&durable=me&shard=1/2&stream=day"))
    assert isinstance(source, NatsSource)
    assert source.where == "nats://h:1/day"
    assert source.options.start == StartAt(everything=True)
    assert source.options.shards == ((1 << 32) - 1) << 32
    assert make_source(asked(host="nats://h")).defaults.stale_after is None
    late = make_source(asked(url="nats://h?start=1781706600000000000"))
    assert isinstance(late, NatsSource)
    assert late.options.start == StartAt(time_ns=1781706600000000000)
    assert late.defaults.stale_after == {}


@pytest.mark.parametrize(
    "url", ["nats://h?start=noon", "nats://h?shard=2/2", "nats://h?shard=x", "nats://h?speed=1"]
)
def test_what_makes_no_sense_of_a_broker_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        make_source(asked(url=url))
