"""A market published to a real broker and read from it: each event once, in order, losses told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import trustme

from fastpoly._core import Batch
from fastpoly.broker.address import read_address
from fastpoly.broker.chain import Chain
from fastpoly.broker.message import MessageKind
from fastpoly.broker.streams import StreamLimits
from fastpoly.errors import (
    AuthError,
    CertificateError,
    ConnectError,
    ConnectionLost,
    PublishError,
    UsageError,
)
from fastpoly.net.endpoints import make_ssl_context
from fastpoly.notices import Gap, SlowConsumer
from fastpoly.protocol.lifecycle import State
from fastpoly.serving.proxy import Cut, Proxy
from fastpoly.shards import shard_of, shard_range
from fastpoly.sim import ScriptedServer
from fastpoly.stream.stream import Stream
from tests.loops import in_loop
from tests.net.brokers import NatsServer, needs_nats
from tests.net.events import quote, trade
from tests.net.streams import KEY, SOON
from tests.waiting import PATIENCE_S, UNHURRIED, until

pytestmark = needs_nats

SYMBOLS = [f"S{number}" for number in range(20)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


class Source:
    """A market whose events are numbered, and the stream that publishes it."""

    def __init__(self, server: ScriptedServer, to: str, **options: Any) -> None:
        self.server = server
        self.errors: list[BaseException] = []
        self.notices: list[Any] = []
        self.sent = 0
        self.stream = Stream(
            "stocks",
            "T.*",
            "Q.*",
            api_key=KEY,
            url=server.url(),
            reconnect=SOON,
            on_error=self.on_error,
            **UNHURRIED,
        )
        self.stream.add_handler(self.notices.extend, "notice")
        self.publishing = self.stream.publish(to, **options)

    def on_error(self, error: BaseException, *_: object) -> None:
        self.errors.append(error)

    def send(self, count: int = 1, kind: Any = trade) -> None:
        """Send so many frames of as many events as there are symbols, numbered on."""
        for _ in range(count):
            events = [kind(symbol, self.sent + n) for n, symbol in enumerate(SYMBOLS)]
            self.sent += len(events)
            self.server.peers[-1].send_text(json.dumps(events, separators=(",", ":")))

    async def all_read(self) -> None:
        await until(lambda: self.publishing.stats().events >= self.sent)

    async def acknowledged(self) -> None:
        await until(lambda: self.publishing.stats().chain.events >= self.sent)


@contextlib.asynccontextmanager
async def asked(broker: NatsServer) -> AsyncIterator[Any]:
    """A connection of the test's own to the broker's JetStream."""
    import nats

    client = await nats.connect(broker.url)
    try:
        yield client.jetstream()
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def published(to: str, **options: Any) -> AsyncIterator[Source]:
    async with ScriptedServer() as server:
        source = Source(server, to, **options)
        async with source.stream:
            yield source


class Reader:
    """A stream from the broker, and what came of it."""

    def __init__(self, url: str, *params: str, **options: Any) -> None:
        self.events: list[Any] = []
        self.notices: list[Any] = []
        self.batches: list[Batch] = []
        options = {**UNHURRIED, **options}
        self.stream = Stream("stocks", *(params or ("T.*", "Q.*")), url=url, **options)
        self.stream.add_handler(self.take, "T", "Q", notices=True)

    def take(self, batch: Batch) -> None:
        self.batches.append(batch)
        for event in batch:
            kept = self.notices if event.event_type == "gap" else self.events
            kept.append(event)

    @property
    def numbers(self) -> list[int]:
        return [event["q"] for event in self.events]

    def check(self, wanted: set[int]) -> None:
        """Each of them once, and those of a symbol in order."""
        assert sorted(self.numbers) == sorted(wanted)
        by_symbol: dict[str, list[int]] = {}
        for event in self.events:
            by_symbol.setdefault(event["sym"], []).append(event["q"])
        assert all(numbers == sorted(numbers) for numbers in by_symbol.values())

    async def has(self, count: int) -> None:
        await until(lambda: len(self.events) >= count)


@contextlib.asynccontextmanager
async def reading(url: str, *params: str, **options: Any) -> AsyncIterator[Reader]:
    reader = Reader(url, *params, **options)
    async with reader.stream:
        yield reader


# ----------------------------------------------------------------------------- from one to one


@in_loop
async def test_what_is_received_is_read_once_in_order_and_byte_for_byte(broker: NatsServer) -> None:
    async with published(broker.url) as source, reading(broker.url) as reader:
        source.send(10)
        source.send(5, quote)
        await reader.has(source.sent)
        reader.check(set(range(source.sent)))
        assert reader.notices == []
        assert reader.events[0].to_dict() in [trade(s, n) for n, s in enumerate(SYMBOLS)]
        stamps = source.stream.stats().line.last_received_ns
        assert all(0 < batch.received_ns <= stamps for batch in reader.batches)
        line = reader.stream.stats().line
        assert line.events_received == source.sent
        assert reader.stream.stats().lag["T"].events > 0
        await source.acknowledged()
        stats = source.publishing.stats()
        assert (stats.is_leading, stats.losses, stats.dropped_events) == (True, 0, 0)


@in_loop
async def test_a_reader_begins_now_at_the_beginning_or_at_a_time(broker: NatsServer) -> None:
    async with published(broker.url) as source:
        source.send(2)
        await source.all_read()
        await source.acknowledged()
        middle_ns = source.stream.clock.time_ns()
        async with (
            reading(broker.url) as new,
            reading(f"{broker.url}?start=all") as everything,
            reading(f"{broker.url}?start={middle_ns}") as later,
        ):
            await everything.has(40)
            # A reader is there once it is told; what is sent now is read by all.
            source.send(1)
            for reader, first in ((new, 40), (everything, 0), (later, 40)):
                await reader.has(60 - first)
                reader.check(set(range(first, 60)))
                assert reader.notices == []


@in_loop
async def test_channels_and_symbols_are_picked(broker: NatsServer) -> None:
    async with published(broker.url) as source:
        source.send(3)
        source.send(3, quote)
        await source.all_read()
        await source.acknowledged()
        url = f"{broker.url}?start=all"
        async with reading(url, "T.S3", "T.S4", "Q.S5") as some, reading(url, "Q.*") as quotes:
            await some.has(9)
            await quotes.has(60)
            assert {(event.event_type, event["sym"]) for event in some.events} == {
                ("T", "S3"),
                ("T", "S4"),
                ("Q", "S5"),
            }
            quotes.check(set(range(60, 120)))
            await some.stream.subscribe("T.S6")
            await some.stream.unsubscribe("T.S3")
            source.send(1)
            await some.has(11)
            await quotes.stream.subscribe("T.S0")
            source.send(1)
            await quotes.has(61)
            assert [event["sym"] for event in quotes.events[60:]] == ["S0"]
            assert {event["sym"] for event in some.events[9:]} == {"S4", "S6"}
            assert some.notices == quotes.notices == []


@in_loop
async def test_a_slow_reader_is_waited_for_and_loses_nothing(broker: NatsServer) -> None:
    async with published(broker.url) as source:
        gate = asyncio.Event()
        reader = Reader(f"{broker.url}?start=all", max_buffer_bytes=4096)

        @reader.stream.on("T")
        async def wait(batch: Batch) -> None:
            await gate.wait()

        async with reader.stream:
            source.send(200)
            await source.all_read()
            await source.acknowledged()
            gate.set()
            await reader.has(source.sent)
            reader.check(set(range(source.sent)))
            assert reader.notices == []


# --------------------------------------------------------------------------- faults of the broker


@in_loop
async def test_a_broker_that_is_killed_costs_nothing(broker: NatsServer) -> None:
    async with published(broker.url) as source, reading(broker.url) as reader:
        for _ in range(3):
            source.send(40)
            broker.kill()
            source.send(40)
            broker.start()
            source.send(40)
            await source.all_read()
            await source.acknowledged()
        await reader.has(source.sent)
        reader.check(set(range(source.sent)))
        assert reader.notices == [], "a reader goes on where it was"
        assert source.publishing.stats().chain.faults >= 3
        assert source.errors == []


@in_loop
async def test_a_publisher_closes_whatever_it_waits_for_in_the_client(
    broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nats.aio.client import Client

    waiting = asyncio.Event()

    async def publish(*_: object, **__: object) -> None:
        """Wait for room, as the client does, which lets a cancellation pass by meanwhile."""
        waiting.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    chain = Chain(read_address(broker.url, ()), "stocks", StreamLimits(), mock.Mock())
    await chain.open()
    monkeypatch.setattr(Client, "publish", publish)
    chain.add(MessageKind.MARK, "session", 0, b"{}")
    await waiting.wait()
    assert not await chain.drain(0.01)
    await asyncio.wait_for(chain.close(), PATIENCE_S)


@in_loop
async def test_a_recording_has_no_gap_where_a_reader_went_on_where_it_was(
    broker: NatsServer, tmp_path: Path
) -> None:
    path = tmp_path / "read.mcap"
    reader = Reader(broker.url)
    reader.stream.record(path)
    states: list[State] = []
    reader.stream.on_state(lambda change: states.append(change.new))
    async with published(broker.url) as source, reader.stream:
        source.send(40)
        await reader.has(source.sent)
        broker.kill()
        # So that it tries in vain as well.
        await until(lambda: states.count(State.WAITING) > 1)
        broker.start()
        source.send(40)
        await reader.has(source.sent)
    assert reader.notices == []
    again = Reader(f"file:{path}")
    async with again.stream:
        await again.stream.wait_closed()
    again.check(set(range(source.sent)))
    assert again.notices == []


@pytest.mark.parametrize("how", ["reset", "fin"])
@in_loop
async def test_a_network_that_is_cut_costs_nothing(broker: NatsServer, how: Any) -> None:
    async with Proxy(broker.port) as to_writer, Proxy(broker.port) as to_reader:
        writing = to_writer.url("", scheme="nats").rstrip("/")
        async with (
            published(writing) as source,
            reading(to_reader.url("", scheme="nats").rstrip("/")) as reader,
        ):
            for proxy in (to_writer, to_reader):
                proxy.cuts = [Cut(way, 30_000, how) for way in ("up", "down", "up", "down")]
            # Those that are there are cut off as well.
            for after in range(6):
                source.send(30)
                await source.all_read()
                if after == 1:
                    to_writer.break_all()
                    to_reader.break_all()
            await source.acknowledged()
            await reader.has(source.sent)
            reader.check(set(range(source.sent)))
            assert reader.notices == []


@in_loop
async def test_a_stream_that_is_full_is_waited_for(broker: NatsServer) -> None:
    async with asked(broker) as jetstream:
        stream = {"name": "fastpoly-stocks", "subjects": ["fp.stocks.>"], "discard": "new"}
        await jetstream.add_stream(**stream, max_bytes=60_000)
        async with published(broker.url) as source, reading(broker.url) as reader:
            while not source.publishing.stats().chain.faults:
                source.send(5)
                await source.all_read()
                await asyncio.sleep(0.05)
            assert source.publishing.stats().chain.waiting_messages > 0
            await jetstream.update_stream(**stream, max_bytes=-1)
            await source.acknowledged()
            await reader.has(source.sent)
            reader.check(set(range(source.sent)))
            assert reader.notices == []
            assert source.errors == []


# ------------------------------------------------------------------------------ what is missing


@in_loop
async def test_a_gap_of_the_publisher_comes_where_it_was(broker: NatsServer) -> None:
    async with published(broker.url) as source, reading(broker.url) as reader:
        source.send(2)
        await reader.has(40)
        source.server.peers[-1].drop()
        await until(lambda: source.stream.stats().line.connections == 2)
        await until(lambda: source.stream.state == "live")
        source.send(1)
        await reader.has(60)
        own = [notice for notice in source.notices if isinstance(notice, Gap)]
        (gap,) = reader.notices
        assert (gap.cause, gap.code) == (own[0].cause, own[0].code)
        assert (gap.since_ns, gap.until_ns) == (own[0].since_ns, own[0].until_ns)
        at = [event for batch in reader.batches for event in batch].index(gap)
        assert at == 40
        reader.check(set(range(60)))


@in_loop
async def test_a_gap_that_a_hub_tells_of_is_passed_on_in_its_place(broker: NatsServer) -> None:
    async with published(broker.url) as source, reading(broker.url) as reader:
        source.send(2)
        told = {"ev": "status", "status": "gap", "message": "some are missing", "lost": {"T": 3}}
        told |= {"cause": "This reader was too slow.", "since_ns": 5, "until_ns": 7}
        frames = [trade("S0", 40), told, trade("S0", 41)]
        source.server.peers[-1].send_text(json.dumps(frames))
        await reader.has(42)
        (gap,) = reader.notices
        assert (gap.cause, gap.since_ns) == ("This reader was too slow.", 5)
        shown = [
            "gap" if event is gap else event["q"] for batch in reader.batches for event in batch
        ]
        assert shown[-2:] == ["gap", 41]
        assert sorted(reader.numbers) == list(range(42))


@in_loop
async def test_messages_that_were_removed_unread_are_told(broker: NatsServer) -> None:
    async with published(broker.url, max_bytes=40_000) as source:
        source.send(5)
        await source.acknowledged()
        async with reading(f"{broker.url}?start=all&durable=me") as reader:
            await reader.has(100)
        source.send(200)
        await source.all_read()
        await source.acknowledged()
        async with reading(f"{broker.url}?durable=me") as again:
            await until(lambda: again.events)
            last = set(range(source.sent, source.sent + 20))
            source.send(1)
            await until(lambda: last <= set(again.numbers))
            assert len(again.notices) == 1
            assert "removed" in again.notices[0].cause
            assert len(set(again.numbers)) == len(again.numbers)
            assert min(again.numbers) > 100


@in_loop
async def test_what_has_no_room_is_dropped_and_told_in_its_place(broker: NatsServer) -> None:
    async with (
        published(broker.url, max_buffer_bytes=100_000) as source,
        reading(broker.url) as reader,
    ):
        source.send(2)
        await reader.has(40)
        broker.kill()
        while not (dropped := source.publishing.stats().dropped_events):
            source.send(5)
            await asyncio.sleep(0.01)
        broker.start()
        await until(lambda: not source.publishing.stats().waiting_bytes)
        source.send(1)
        await until(lambda: reader.numbers and max(reader.numbers) == source.sent - 1)
        dropped = source.publishing.stats().dropped_events
        assert len(reader.events) == source.sent - dropped
        (gap,) = reader.notices
        assert "buffer was full" in gap.cause
        (notice,) = [one for one in source.notices if isinstance(one, SlowConsumer)]
        assert (notice.lost, notice.lost_by_channel) == (dropped, {"T": dropped})
        assert source.stream.state == "live", "the stream itself was not held up"


# ---------------------------------------------------------------------------------- one leader


@in_loop
async def test_a_second_publisher_is_refused_and_a_standby_takes_over(broker: NatsServer) -> None:
    async with published(broker.url) as source, reading(broker.url) as reader:
        source.send(2)
        await reader.has(40)
        with pytest.raises(PublishError, match="leads"):
            async with published(broker.url):
                raise AssertionError("there are two leaders")
        async with ScriptedServer() as upstream:
            standby = Source(upstream, broker.url, standby=True)
            opening = asyncio.ensure_future(standby.stream.open())
            await standby.publishing.wait_standby()
            assert not upstream.peers, "a standby does not connect to the vendor"
            assert not standby.publishing.stats().is_leading
            await source.acknowledged()
            await source.stream.close()
            await asyncio.wait_for(opening, 60)
            standby.sent = source.sent
            standby.send(2)
            await reader.has(80)
            reader.check(set(range(80)))
            (gap,) = reader.notices
            assert "took over" in gap.cause
            await standby.stream.close()


@in_loop
async def test_a_leader_that_was_replaced_is_fenced_out(broker: NatsServer) -> None:
    async with published(broker.url) as source, reading(broker.url) as reader:
        source.send(2)
        await reader.has(40)
        # A network that is cut in two: this one knows nothing of the other's lease.
        lease = source.publishing._lease
        assert lease._task is not None
        lease._task.cancel()
        async with published(broker.url, standby=True) as other:
            other.sent = source.sent
            source.send(1)
            await until(lambda: source.errors)
            assert isinstance(source.errors[0], PublishError)
            assert "taken over" in str(source.errors[0])
            with pytest.raises(PublishError):
                await source.publishing.wait_failed()
            other.send(1)
            await until(lambda: len(reader.events) >= 60)
            reader.check(set(range(60)))
            assert len(reader.notices) == 1
            assert source.stream.state == "live"


@in_loop
async def test_a_message_of_somebody_elses_ends_publishing_and_a_standby_goes_on(
    broker: NatsServer,
) -> None:
    async with published(broker.url) as source, reading(broker.url) as reader:
        source.send(2)
        await reader.has(40)
        await source.acknowledged()
        async with asked(broker) as jetstream:
            await jetstream.publish("fp.stocks.session.0.0", b"nobody's")
        source.send(1)
        await until(lambda: source.errors)
        assert isinstance(source.errors[0], PublishError)
        async with published(broker.url, standby=True) as other:
            other.sent = source.sent
            other.send(1)
            await until(lambda: set(range(60, 80)) <= set(reader.numbers))
            reader.check({*range(40), *range(60, 80)})
            assert len(reader.notices) == 1, "what the first could not write any more is told"


# -------------------------------------------------------------------------------- durable readers


@in_loop
async def test_a_durable_reader_goes_on_where_it_stopped(broker: NatsServer) -> None:
    async with published(broker.url) as source:
        url = f"{broker.url}?durable=me"
        async with reading(url) as first:
            source.send(2)
            await first.has(40)
        source.send(2)
        await source.all_read()
        await source.acknowledged()
        async with reading(url) as second:
            await second.has(40)
            source.send(1)
            await second.has(60)
            second.check(set(range(40, 100)))
            assert second.notices == []


@in_loop
async def test_of_two_durable_readers_of_one_name_one_is_ended(broker: NatsServer) -> None:
    async with published(broker.url) as source:
        readers = [Reader(f"{broker.url}?durable=me") for _ in range(2)]
        for reader in readers:
            await reader.stream.open()
        source.send(1)
        ends = [asyncio.ensure_future(reader.stream.wait_closed()) for reader in readers]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        (failed,) = [end for end in ends if end.done()]
        assert isinstance(failed.exception(), UsageError)
        assert "goes by the name" in str(failed.exception())
        for reader in readers:
            await reader.stream.close()
        await asyncio.wait(ends)


@in_loop
async def test_a_durable_reader_that_is_killed_gets_the_last_again(broker: NatsServer) -> None:
    async with published(broker.url) as source:
        url = f"{broker.url}?durable=me"
        first = Reader(url)
        await first.stream.open()
        source.send(2)
        await first.has(40)
        first.stream.abort()
        source.send(2)
        async with reading(url) as second:
            # What it had in hand in its last second may be lost work, and so comes again.
            await second.has(80)
            second.check(set(range(80)))
            assert second.notices == []
        await first.stream.close()


@in_loop
async def test_several_readers_share_the_work_by_shard(broker: NatsServer) -> None:
    async with published(broker.url) as source, contextlib.AsyncExitStack() as stack:
        readers = [
            await stack.enter_async_context(reading(f"{broker.url}?shard=0/3")),
            await stack.enter_async_context(reading(broker.url, shard=(1, 3))),
            await stack.enter_async_context(reading(broker.url, shard=(2, 3))),
        ]
        source.send(5)
        await until(lambda: sum(len(one.events) for one in readers) >= source.sent)
        numbers = [number for one in readers for number in one.numbers]
        assert sorted(numbers) == list(range(source.sent))
        for n, one in enumerate(readers):
            assert {shard_of(event["sym"]) for event in one.events} <= set(shard_range(n, 3))


def test_a_share_is_not_published_nor_what_is_open() -> None:
    with pytest.raises(UsageError, match="share"):
        Stream("stocks", "T.*", url="ws://127.0.0.1:1/stocks", shard=(0, 2)).publish("nats://h")
    with pytest.raises(UsageError, match="max_delay"):
        Stream("stocks", "T.*", url="ws://127.0.0.1:1/stocks").publish("nats://h", max_delay=0)


# -------------------------------------------------------------------------------- what is wrong


@in_loop
async def test_what_is_wrong_at_the_beginning_is_raised(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "nats", 'authorization { token: "s3cret" }') as broker:
        with pytest.raises(AuthError) as caught:
            async with published(broker.url.replace("//", "//wr0ng@")):
                pass
        assert "wr0ng" not in str(caught.value)
        url = broker.url.replace("//", "//s3cret@")
        with pytest.raises(ConnectError, match="no stream"):
            async with reading(url):
                pass
        async with published(url) as source, reading(url) as reader:
            source.send(1)
            await reader.has(20)
    with pytest.raises(ConnectionLost, match="Could not connect"):
        async with reading(broker.url):
            pass


@in_loop
async def test_connections_are_encrypted_where_the_url_says_so(
    tmp_path: Path, authority: trustme.CA
) -> None:
    certificate = authority.issue_cert("127.0.0.1")
    chain, key, trusted = (tmp_path / name for name in ("chain.pem", "key.pem", "ca.pem"))
    chain.write_bytes(certificate.cert_chain_pems[0].bytes())
    key.write_bytes(certificate.private_key_pem.bytes())
    trusted.write_bytes(authority.cert_pem.bytes())
    tls = f'tls {{ cert_file: "{chain}", key_file: "{key}" }}'
    with NatsServer(tmp_path / "nats", tls) as broker:
        url = broker.url.replace("nats://", "tls://")
        context = make_ssl_context(trusted)
        async with published(url, context=context) as source:
            async with reading(url, ssl=str(trusted)) as reader:
                source.send(1)
                await reader.has(20)
            with pytest.raises(CertificateError):
                async with reading(url):
                    pass


@pytest.mark.slow
@in_loop
async def test_a_connection_that_only_seems_to_be_there_is_noticed(broker: NatsServer) -> None:
    async with Proxy(broker.port) as to_writer, Proxy(broker.port) as to_reader:
        to_writer.cuts = [Cut("up", 10**9), Cut("up", 60_000, "hold")]
        to_reader.cuts = [Cut("down", 60_000, "hold")]
        async with (
            published(to_writer.url("", scheme="nats").rstrip("/")) as source,
            reading(to_reader.url("", scheme="nats").rstrip("/")) as reader,
        ):
            for _ in range(10):
                source.send(10)
                await source.all_read()
            await source.acknowledged()
            await reader.has(source.sent)
            reader.check(set(range(source.sent)))
            assert reader.notices == []
            assert (to_writer.accepted, to_reader.accepted) == (3, 2)
