"""The hub: one connection upstream, whoever reads; each reader what it wants, and what it lost."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme

from fastpoly import AsyncStreamClient, Hub, Stream, UsageError, errors
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedServer, Simulator, SimulatorConfig
from tests.loops import in_loop
from tests.net.events import quote, trade
from tests.net.hubs import UPSTREAM_KEY, flood, hub_of, numbers, reader_of, take
from tests.net.tls import client_context, server_context
from tests.net.wire_client import WireClient
from tests.waiting import PATIENCE_S, UNHURRIED, until


@asynccontextmanager
async def scripted_hub(*params: str, **options: Any) -> AsyncIterator[tuple[ScriptedServer, Hub]]:
    async with ScriptedServer() as server, hub_of(server, *params, **options) as hub:
        yield server, hub


def stream(hub: Hub, *params: str, **options: Any) -> Stream:
    return reader_of(hub.url, *params, **options)


# ------------------------------------------------------------------------- what readers get


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such memory")
@in_loop
async def test_what_it_receives_is_shared_through_memory_too() -> None:
    name = f"hub-{os.getpid()}"
    server = ScriptedServer()
    async with server:
        hub = Hub("stocks", "T.*", url=server.url(), api_key=UPSTREAM_KEY, **UNHURRIED)
        hub.share(name)
        async with hub:
            peer = await server.peer(1)
            await until(lambda: peer.held == ["T.*"])
            near = Stream("stocks", "T.A", url=f"shm://{name}", reconnect=False)
            async with near, stream(hub, "T.*") as far:
                peer.send(trade("A", 1), trade("B", 2), trade("A", 3))
                assert numbers(await take(near, 2)) == [1, 3]
                assert numbers(await take(far, 3)) == [1, 2, 3]
    assert len(server.peers) == 1


@in_loop
async def test_it_connects_when_something_is_wanted_and_asks_for_what_all_want() -> None:
    async with scripted_hub(linger=0.0) as (server, hub):
        client = await WireClient.login(hub.url)
        assert not server.peers
        assert hub.state is State.IDLE
        async with stream(hub, "T.A", "Q.*") as first, stream(hub, "T.A", "T.B", "Q.A") as second:
            peer = server.peers[0]
            assert set(peer.held) == {"T.A", "Q.*", "T.B"}
            peer.send(trade("A", 1), trade("B", 2), quote("A", 3), quote("B", 4), trade("C", 5))
            assert numbers(await take(first, 3)) == [1, 3, 4]
            assert numbers(await take(second, 3)) == [1, 2, 3]
            await first.unsubscribe("T.A", "Q.*")
            await until(lambda: set(peer.held) == {"T.A", "T.B", "Q.A"})
            peer.send(trade("A", 6), quote("A", 7), quote("B", 8))
            assert numbers(await take(second, 2)) == [6, 7]
        # Nobody wants anything: the connection goes, and comes back with the next wish.
        await asyncio.wait_for(peer.gone.wait(), PATIENCE_S)
        await until(lambda: hub.state is State.CLOSED)
        assert await client.subscribe("T.*") == [
            {"ev": "status", "status": "success", "message": "subscribed to: T.*"}
        ]
        again = await server.peer(2)
        assert again.held == ["T.*"]
        again.send(trade("Z", 9))
        assert numbers(await client.some_events(1)) == [9]
        await client.close()
        assert len(server.peers) == 2


@in_loop
async def test_the_bytes_are_those_of_the_service() -> None:
    async with scripted_hub() as (server, hub):
        client = await WireClient.login(hub.url)
        await client.subscribe("T.A")
        odd = b'{"ev":"T","sym":"A","p":1.50,"new":[{"x":1}],"s":1e2}'
        server.peers[0].send_text(b'[{"ev":"T","sym":"B"},' + odd + b' , {"ev":"Q","sym":"A"}]')
        await client.some_events(1)
        assert client.texts[-1] == b"[" + odd + b"]"
        await client.close()


@in_loop
async def test_a_reader_who_goes_takes_nothing_from_the_others() -> None:
    async with scripted_hub() as (server, hub):
        clients = [await WireClient.login(hub.url) for _ in range(3)]
        await clients[0].subscribe("T.*")
        await clients[1].subscribe("T.A")
        await clients[2].subscribe("T.A,Q.A")
        peer = server.peers[0]
        await until(lambda: set(peer.held) == {"T.*", "Q.A"})
        await clients[0].close()
        await until(lambda: set(peer.held) == {"T.A", "Q.A"})
        await clients[2].close()
        await until(lambda: set(peer.held) == {"T.A"})
        peer.send(trade("A", 1))
        assert numbers(await clients[1].some_events(1)) == [1]
        await clients[1].close()
        assert len(server.peers) == 1


@in_loop
async def test_a_wildcard_that_is_refused_costs_nobody_a_ticker() -> None:
    async with scripted_hub() as (server, hub):
        server.refused = {"T.*"}
        first, greedy = [await WireClient.login(hub.url) for _ in range(2)]
        await first.subscribe("T.A")
        peer = server.peers[0]
        assert (await greedy.subscribe("T.*"))[-1]["message"] == "not authorized"
        assert peer.held == ["T.A"]
        assert not [one for one in peer.requests if one["action"] == "unsubscribe"]
        for client in (first, greedy):
            await client.close()


@in_loop
async def test_what_the_service_refuses_is_refused_and_what_it_leaves_open_is_left_open() -> None:
    async with scripted_hub(subscribe_timeout=0.3) as (server, hub):
        client = await WireClient.login(hub.url)
        await client.subscribe("Q.A")
        peer = server.peers[0]
        server.refused = {"T.*"}
        server.ignored = {"LULD.A"}
        client.send("subscribe", "LULD.A")
        await until(lambda: hub.stats().readers[0].subscriptions == 2)
        await until(lambda: hub.stats().readers[0].subscriptions == 1)
        answers = await client.subscribe("T.*,AM.A")
        assert [one["message"] for one in answers] == ["not authorized", "subscribed to: AM.A"]
        assert set(peer.held) == {"Q.A", "AM.A"}
        await until(lambda: hub.stats().readers[0].subscriptions == 2)
        # What nobody could ask for is not asked for.
        assert (await client.subscribe("T.A*"))[-1]["message"] == "not authorized"
        await client.close()


@in_loop
async def test_last_values_come_first_where_they_are_given() -> None:
    async with scripted_hub("T.*", last=True) as (server, hub):
        await until(lambda: server.peers and server.peers[0].held)
        server.peers[0].send(trade("A", 1), trade("B", 2), trade("A", 3))
        await until(lambda: hub.stats().routed == 3)
        async with stream(hub, "T.*") as one:
            assert numbers(await take(one, 2)) == [2, 3]
        async with stream(hub, "T.B") as one:
            assert numbers(await take(one, 1)) == [2]
            server.peers[0].send(trade("B", 4))
            assert numbers(await take(one, 1)) == [4]


# ---------------------------------------------------------------------------- gaps and ends


@in_loop
async def test_gaps_of_the_hub_come_to_its_readers_in_their_place() -> None:
    async with scripted_hub() as (server, hub), stream(hub, "T.*") as one:
        old = await WireClient.login(hub.url)
        await old.subscribe("T.A")
        server.peers[0].send(trade("A", 1))
        assert numbers(await take(one, 1)) == [1]
        server.peers[0].drop()
        peer = await server.peer(2)
        # What is sent before its answers have been seen to goes before the news that it is back.
        await until(lambda: peer.held and hub.state is State.LIVE)
        peer.send(trade("A", 2))
        gap, event = await take(one, 2)
        assert isinstance(gap, Gap)
        assert event["q"] == 2
        assert gap.last_by_channel["T"]["q"] == 1
        assert gap.channels == ("T",)
        assert gap.code == 1006
        assert gap.attempts == 1
        assert 0 < gap.since_ns <= gap.until_ns <= gap.at_ns
        assert "connection" in gap.cause
        assert not gap.lost_by_channel
        # A client that knows nothing of this sees a status, between the same events.
        await old.some_events(2)
        statuses = [one["status"] for one in await old.statuses(6)]
        assert statuses[3:] == ["upstream", "upstream", "gap"]
        assert UPSTREAM_KEY not in str(old.texts)
        await old.close()


@in_loop
async def test_what_is_no_longer_given_after_a_reconnect_is_told() -> None:
    async with scripted_hub() as (server, hub):
        client, other = [await WireClient.login(hub.url) for _ in range(2)]
        await client.subscribe("T.A,Q.A")
        await other.subscribe("Q.A")
        server.refused = {"T.A"}
        server.peers[0].drop()

        def told(one: WireClient) -> list[str]:
            messages = [status["message"] for status in one.all_statuses()]
            return [message for message in messages if "no longer" in message]

        await client.until(lambda: told(client))
        assert "T.A" in told(client)[0]
        server.peers[1].send(quote("A", 1))
        assert numbers(await other.some_events(1)) == [1]
        assert not told(other)
        for one in (client, other):
            await one.close()


@in_loop
async def test_an_eviction_ends_the_hub_and_everyone_is_told() -> None:
    async with scripted_hub() as (server, hub):
        client = await WireClient.login(hub.url)
        await client.subscribe("T.A")
        server.peers[0].send_status("MAX_CONNECTIONS")
        server.peers[0].close(1008)
        with pytest.raises(errors.ConnectionEvicted):
            await asyncio.wait_for(hub.wait_closed(), PATIENCE_S)
        await client.ended()
        assert client.close_code == 1011
        texts = [one["message"] for one in client.all_statuses() if one["status"] == "upstream"]
        assert "ended" in texts[-1]


@in_loop
async def test_a_key_that_the_service_refuses_ends_the_hub() -> None:
    async with scripted_hub() as (server, hub):
        server.bad_keys = {UPSTREAM_KEY}
        client = await WireClient.login(hub.url)
        client.send("subscribe", "T.A")
        with pytest.raises(errors.AuthError):
            await asyncio.wait_for(hub.wait_closed(), PATIENCE_S)
        await client.ended()


@in_loop
async def test_while_much_comes_data_waits_for_more_and_the_end_is_a_drain() -> None:
    async with ScriptedServer() as server:
        hub = Hub("stocks", url=server.url(), api_key=UPSTREAM_KEY, max_delay=3600, **UNHURRIED)
        await hub.start()
        client = await WireClient.login(hub.url)
        await client.subscribe("T.A")
        server.peers[0].send(trade("A", 0))
        # After an answer, which is written at once, it waits.
        for number in range(1, 100):
            server.peers[0].send(trade("A", number))
            await until(lambda: hub.stats().routed > number)  # noqa: B023 - at once
        assert client.events("T") == []
        await hub.stop()
        await client.ended()
        assert numbers(client.events("T")) == list(range(100))
        assert len([text for text in client.texts if b'"T"' in text]) == 1
        assert client.close_code == 1001
        await hub.wait_closed()
        assert server.peers[0].gone.is_set()


@in_loop
async def test_a_service_that_does_not_answer_holds_up_no_end() -> None:
    async with ScriptedServer() as server:
        server.on_request = lambda peer, action, params: None
        async with Hub("stocks", url=server.url(), api_key=UPSTREAM_KEY, **UNHURRIED) as hub:
            client = await WireClient.login(hub.url)
            client.send("subscribe", "T.A")
            await until(lambda: hub.state is State.AUTHENTICATING)
            await asyncio.wait_for(hub.stop(), PATIENCE_S)
        await client.ended()


@in_loop
async def test_no_key_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = "reader-t0ken-of-nobody"
    async with scripted_hub(token=token) as (server, hub), stream(hub, "T.A", api_key=token):
        server.peers[0].send_status("UPSTREAM", f"the key is {UPSTREAM_KEY}")
        server.peers[0].drop()
        await server.peer(2)
    assert "SUBSCRIBING" in caplog.text.upper()
    assert UPSTREAM_KEY not in caplog.text
    assert token not in caplog.text


# ------------------------------------------------------------------------------ slow readers


SMALL = {"max_reader_bytes": 100_000, "max_delay": 0.0}


class Standing:
    """A reader that stands still until it is told to go on."""

    def __init__(self, client: WireClient) -> None:
        self.client = client

    @classmethod
    async def at(cls, hub: Hub, params: str) -> Standing:
        client = await WireClient.login(hub.url)
        await client.subscribe(params)
        assert client.transport is not None
        client.transport.underlying_transport.pause_reading()
        return cls(client)

    def go_on(self) -> None:
        assert self.client.transport is not None
        self.client.transport.underlying_transport.resume_reading()


@in_loop
async def test_a_reader_that_stands_still_loses_its_own_and_is_told_what() -> None:
    async with scripted_hub(**SMALL, policy="skip") as (server, hub), stream(hub, "T.*") as one:
        slow = await Standing.at(hub, "T.*")
        got: list[int] = []

        async def read() -> None:
            async for batch in one:
                got.extend(numbers(list(batch)))

        reading = asyncio.create_task(read())
        peer = server.peers[0]
        sent = await flood(peer, hub, lambda: hub.stats().readers[1].is_behind)
        peer.send(*(trade("ABC"[n // 10], sent + n) for n in range(30)))
        sent += 30
        await until(lambda: len(got) == sent)
        assert got == list(range(sent))
        figures = hub.stats().readers[1]
        assert figures.buffered < 3 * SMALL["max_reader_bytes"]
        slow.go_on()
        await until(lambda: hub.stats().lost)
        peer.send(trade("A", sent))
        await until(lambda: slow.client.events("T")[-1]["q"] == sent)
        (gap,) = (one for one in await slow.client.statuses(4) if one["status"] == "gap")
        seen = numbers(slow.client.events("T"))
        assert gap["lost"] == {"T": 27} == dict(hub.stats().lost_by_channel)
        assert gap["since_ns"] <= gap["until_ns"]
        # Up to the loss nothing is missing; then the latest of each that had one; then all.
        assert seen == [*range(len(seen) - 4), sent - 21, sent - 11, sent - 1, sent]
        await slow.client.close()
        await one.close()
        await reading


@in_loop
async def test_our_own_client_makes_a_gap_of_that() -> None:
    async with (
        scripted_hub(**SMALL) as (server, hub),
        stream(hub, "T.*", overflow="block", max_buffer_bytes=50_000) as one,
    ):
        peer = server.peers[0]
        sent = await flood(peer, hub, lambda: hub.stats().readers[0].is_behind)
        peer.send(*(trade("C", sent + n) for n in range(10)))
        found: list[Any] = []
        async with asyncio.timeout(PATIENCE_S):
            async for batch in one:
                found += batch
                if found[-1].get("q") == sent + 9:
                    break
        gap = found[-2]
        assert isinstance(gap, Gap)
        assert gap.lost_by_channel == {"T": 9}
        assert numbers(found[:-2]) == list(range(sent))
        assert gap.code == 1013
        assert gap.lost_by_channel == dict(hub.stats().lost_by_channel)


@in_loop
async def test_a_slow_reader_may_change_its_mind_meanwhile() -> None:
    async with scripted_hub("T.*", **SMALL) as (server, hub):
        await until(lambda: server.peers and server.peers[0].held)
        slow = await Standing.at(hub, "T.A")
        peer = server.peers[0]
        sent = await flood(peer, hub, lambda: hub.stats().readers[0].is_behind)
        slow.client.send("subscribe", "T.C")
        await until(lambda: hub.stats().readers[0].subscriptions == 2)
        slow.client.send("unsubscribe", "T.A")
        await until(lambda: hub.stats().readers[0].subscriptions == 1)
        peer.send(trade("C", sent), trade("A", sent + 1), trade("C", sent + 2))
        await until(lambda: hub.stats().routed == sent + 3)
        slow.go_on()
        await until(lambda: hub.stats().lost)
        await until(lambda: slow.client.events("T")[-1]["q"] == sent + 2)
        seen = numbers(slow.client.events("T"))
        # Every other one is of A. Of the first of C came the last.
        assert hub.stats().lost == sent // 2 + 2 - len(seen)
        assert slow.client.events("T")[-1]["sym"] == "C"
        await slow.client.close()


@pytest.mark.parametrize("policy", ["warn", "disconnect"])
@in_loop
async def test_a_reader_may_be_sent_away_instead(policy: str) -> None:
    async with scripted_hub("T.*", **SMALL, policy=policy) as (server, hub):
        await until(lambda: server.peers and server.peers[0].held)
        slow = await Standing.at(hub, "T.*")
        await flood(server.peers[0], hub, lambda: hub.stats().evicted == 1)
        slow.go_on()
        await slow.client.ended()
        assert slow.client.close_code == 1008
        told = [one["status"] for one in slow.client.all_statuses()][3:]
        assert told == (["slow_reader"] if policy == "warn" else []) + ["slow_consumer"]
        # Until then it lost nothing.
        seen = numbers(slow.client.events("T"))
        assert seen == list(range(len(seen)))
        assert hub.stats().lost == 0


@in_loop
async def test_one_who_never_reads_again_is_reset() -> None:
    async with scripted_hub("T.*", **SMALL, policy="disconnect") as (server, hub):
        await until(lambda: server.peers and server.peers[0].held)
        slow = await Standing.at(hub, "T.*")
        await flood(server.peers[0], hub, lambda: hub.stats().evicted == 1)
        await until(lambda: not hub.stats().readers)
        await slow.client.close()


# --------------------------------------------------------------------------- any client, limits


async def by_official(url: str, params: list[str], enough: int) -> list[Any]:
    massive = pytest.importorskip("massive")
    got: list[Any] = []
    client = massive.WebSocketClient(
        api_key="any",
        feed=url.removeprefix("ws://").rpartition("/")[0],
        market="stocks",
        secure=False,
        raw=True,
        subscriptions=params,
    )

    async def handler(text: str | bytes) -> None:
        got.extend(one for one in json.loads(text) if one["ev"] != "status")
        if len(got) >= enough:
            await client.close()

    await client.connect(handler)
    return got


async def by_drop_in(url: str, enough: int) -> list[Any]:
    got: list[Any] = []
    client = AsyncStreamClient("key", "stocks", url, **UNHURRIED)
    await client.subscribe_stock_trades(handler_function=got.append)
    while len(got) < enough:
        await client.handle_messages()
    await client.close_stream()
    return got


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@in_loop
async def test_three_kinds_of_client_on_one_connection() -> None:
    count = 400
    async with scripted_hub("T.*", "Q.A") as (server, hub):
        await until(lambda: server.peers and len(server.peers[0].held) == 2)

        async def send() -> None:
            await until(lambda: [one.subscriptions for one in hub.stats().readers] == [1] * 3)
            for number in range(count):
                server.peers[0].send(trade("A", 2 * number), quote("A", 2 * number + 1))
                await asyncio.sleep(0)

        async def ours() -> list[Any]:
            async with stream(hub, "T.*") as one:
                return [dict(event) for event in await take(one, count)]

        *got, _ = await asyncio.gather(
            ours(), by_drop_in(hub.url, count), by_official(hub.url, ["T.*"], count), send()
        )
        assert got[0] == got[1] == got[2] == [trade("A", 2 * n) for n in range(count)]
        assert len(server.peers) == 1


@in_loop
async def test_upstream_there_is_one_connection_however_readers_come_and_go() -> None:
    config = SimulatorConfig(symbols=20, rate=3000, history=50, max_connections=1)
    async with Simulator(config) as simulator:
        async with Hub("stocks", url=simulator.url("stocks"), api_key="k", linger=30) as hub:

            async def visit(number: int) -> None:
                for turn in range(4):
                    params = ["T.*", "Q.*", "T.AAPL"][(number + turn) % 3 :]
                    async with stream(hub, *params) as one:
                        await anext(aiter(one))

            await asyncio.gather(*(visit(number) for number in range(8)))
            assert hub.stats().accepted == 32
            assert hub.stats().upstream.line.connections == 1
            await until(lambda: not hub.stats().readers)
            assert hub.stats().groups == 0
        assert len(simulator.stats()["connections"]) == 1


@in_loop
async def test_limits_token_and_tls() -> None:
    authority = trustme.CA()
    context = server_context(authority)
    async with scripted_hub(token="t0ken", context=context, max_readers=2, max_subscriptions=3) as (
        _,
        hub,
    ):
        assert hub.url.startswith("wss://")
        options: Any = {"ssl": client_context(authority)}
        with pytest.raises(errors.AuthError):
            await stream(hub, "T.A", api_key=UPSTREAM_KEY, **options).open()
        async with stream(hub, "T.A", api_key="t0ken", **options) as one:
            with pytest.raises(errors.SubscriptionLimitError):
                await one.subscribe("T.B", "T.C", "T.D")
            async with stream(hub, "T.A", api_key="t0ken", **options):
                with pytest.raises(errors.ServiceUnavailableError):
                    await stream(hub, "T.A", api_key="t0ken", **options).open()


def test_what_makes_no_sense_is_refused() -> None:
    url = "ws://127.0.0.1:1/stocks"
    with pytest.raises(UsageError, match="policy"):
        Hub("stocks", url=url, policy="wait")
    with pytest.raises(UsageError, match="linger"):
        Hub("stocks", url=url, linger=-1)
    with pytest.raises(UsageError, match="max_readers"):
        Hub("stocks", url=url, max_readers=0)
    with pytest.raises(UsageError, match="other machines"):
        Hub("stocks", url=url, host="0.0.0.0")  # noqa: S104 - that is what is refused
    with pytest.raises(errors.SubscriptionError):
        Hub("stocks", "XT.*", url=url)
