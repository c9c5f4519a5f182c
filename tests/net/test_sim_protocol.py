"""The simulator's conversation: login, requests, refusals, limits, ends."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import picows
import pytest
import trustme

from fastpoly.schema import MARKETS, OPTIONS_CONTRACT_LIMIT
from fastpoly.sim import Simulator, SimulatorConfig
from tests.loops import in_loop
from tests.net.wire_client import WireClient
from tests.waiting import PATIENCE_S, until

CONNECTED = {"ev": "status", "status": "connected", "message": "Connected Successfully"}
AUTHENTICATED = {"ev": "status", "status": "auth_success", "message": "authenticated"}
NOT_AUTHORIZED = {"ev": "status", "status": "error", "message": "not authorized"}


@asynccontextmanager
async def simulator(**settings: Any) -> AsyncIterator[Simulator]:
    """A small, quick simulator."""
    defaults: dict[str, Any] = {"symbols": 50, "history": 700, "rate": 2000, "events_per_frame": 20}
    async with Simulator(SimulatorConfig(**{**defaults, **settings})) as server:
        yield server


def ack(param: str, verb: str = "subscribed") -> dict[str, str]:
    return {"ev": "status", "status": "success", "message": f"{verb} to: {param}"}


# ------------------------------------------------------------------------------------- login


@in_loop
async def test_the_happy_path() -> None:
    async with simulator() as server:
        client = await WireClient.connect(server.url("stocks"))
        assert await client.statuses(1) == [CONNECTED]
        client.send("auth", "a key")
        assert await client.statuses(2) == [CONNECTED, AUTHENTICATED]
        assert await client.subscribe("T.*,Q.*") == [ack("T.*"), ack("Q.*")]
        events = await client.some_events(500)
        assert {event["ev"] for event in events} == {"T", "Q"}
        client.send("unsubscribe", "Q.*")
        assert (await client.statuses(5))[-1] == ack("Q.*", "unsubscribed")
        before = len(client.events("Q"))
        trades = len(client.events("T"))
        await client.some_events(trades + 50, "T")
        assert len(client.events("Q")) == before
        await client.close()


@in_loop
async def test_requests_may_be_sent_without_waiting() -> None:
    async with simulator() as server:
        client = await WireClient.connect(server.url())
        client.send("auth", "key")
        client.send("subscribe", "T.*")
        client.send("subscribe", "AM.AAPL, AM.MSFT")
        expected = [CONNECTED, AUTHENTICATED, ack("T.*"), ack("AM.AAPL"), ack("AM.MSFT")]
        assert await client.statuses(5) == expected
        await client.close()


@in_loop
async def test_a_bad_key_is_refused_and_the_line_dropped_without_a_close_frame() -> None:
    async with simulator(keys=("good",)) as server:
        client = await WireClient.connect(server.url())
        client.send("auth", "bad")
        await client.ended()
        assert client.objects[1:] == [
            {"ev": "status", "status": "auth_failed", "message": "authentication failed"}
        ]
        assert client.close_code is None
        assert server.stats()["connections"][0]["ended"] == "bad key"
        good = await WireClient.login(server.url(), "good")
        await good.close()


@in_loop
async def test_an_empty_key_is_never_good() -> None:
    async with simulator() as server:
        client = await WireClient.connect(server.url())
        client.send("auth", "")
        await client.ended()
        assert client.objects[-1]["status"] == "auth_failed"


@in_loop
async def test_a_key_without_a_plan_is_told_so() -> None:
    async with simulator(keys_without_plan=("poor",)) as server:
        client = await WireClient.connect(server.url())
        client.send("auth", "poor")
        await client.ended()
        assert client.objects[-1]["status"] == "auth_failed"
        assert client.objects[-1]["message"].startswith("Your plan doesn't include websocket")


@in_loop
async def test_who_sends_no_key_in_time_is_told_and_dropped() -> None:
    async with simulator(auth_timeout=0.5) as server:
        client = await WireClient.connect(server.url())
        await client.ended()
        assert client.objects[-1] == {
            "ev": "status",
            "status": "auth_timeout",
            "message": "No authentication request received.",
        }
        assert client.close_code is None
        patient = await WireClient.login(server.url())
        await asyncio.sleep(0.6)  # longer than it may wait for a key
        assert await patient.subscribe("T.*") == [ack("T.*")]
        await patient.close()


@pytest.mark.parametrize(("policy", "answers"), [("refuse", [NOT_AUTHORIZED]), ("ignore", [])])
@in_loop
async def test_a_subscription_before_the_key(policy: str, answers: list[Any]) -> None:
    async with simulator(early_subscribe=policy) as server:
        client = await WireClient.connect(server.url())
        client.send("subscribe", "T.*")
        client.send("auth", "key")
        expected = [CONNECTED, *answers, AUTHENTICATED]
        assert await client.statuses(len(expected)) == expected
        assert not client.events()
        await client.close()


@in_loop
async def test_the_answer_to_the_key_can_take_its_time() -> None:
    async with simulator(auth_delay=0.2) as server:
        client = await WireClient.connect(server.url())
        sent = time.monotonic()
        client.send("auth", "key")
        assert await client.statuses(2) == [CONNECTED, AUTHENTICATED]
        assert time.monotonic() - sent >= 0.2
        await client.close()


@in_loop
async def test_a_second_login_is_answered_again() -> None:
    async with simulator(max_connections=1) as server:
        client = await WireClient.login(server.url())
        client.send("auth", "any")
        assert (await client.statuses(3))[-1] == AUTHENTICATED
        await client.close()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "1", '{"action":"auth"}', '{"action":1,"params":"x"}']
)
@in_loop
async def test_what_is_not_a_request_is_said_to_be_invalid(text: str) -> None:
    async with simulator() as server:
        client = await WireClient.connect(server.url())
        client.send_text(text)
        assert (await client.statuses(2))[-1] == {
            "ev": "status",
            "status": "error",
            "message": "Invalid JSON",
        }
        client.send("auth", "key")
        assert (await client.statuses(3))[-1] == AUTHENTICATED
        await client.close()


@in_loop
async def test_an_unknown_action_is_ignored() -> None:
    async with simulator() as server:
        client = await WireClient.login(server.url())
        client.send("dance", "T.*")
        assert await client.subscribe("T.*") == [ack("T.*")]
        await client.close()


@in_loop
async def test_an_unknown_path_is_not_found() -> None:
    async with simulator() as server:
        with pytest.raises(picows.WSError):
            await WireClient.connect(server.url().replace("/stocks", "/bonds"))
        with pytest.raises(ValueError, match="'bonds' is not a market"):
            server.url("bonds")


# -------------------------------------------------------------------------- subscriptions


@pytest.mark.parametrize("market", MARKETS)
@in_loop
async def test_every_market_sends_every_channel_to_a_wildcard(market: str) -> None:
    spec = MARKETS[market]
    async with simulator(rate=20_000, bar_hold_ms=0, late_per_million=50_000) as server:
        client = await WireClient.login(server.url(market))
        params = ",".join(
            f"{channel.name}.*" if channel.wildcard else f"{channel.name}.{spec.example}"
            for channel in spec.channels
        )
        await client.subscribe(params)
        quick = {
            channel.name
            for channel in spec.channels
            if channel.wildcard and channel.name not in ("AM", "CA", "XA")
        }
        await client.until(lambda: quick <= {event["ev"] for event in client.events()})
        await client.close()


@in_loop
async def test_one_instrument_is_one_instrument() -> None:
    async with simulator() as server:
        client = await WireClient.login(server.url())
        assert await client.subscribe("Q.BRK.B,T.NVDA") == [ack("Q.BRK.B"), ack("T.NVDA")]
        events = await client.some_events(60)
        assert {(event["ev"], event["sym"]) for event in events} == {("Q", "BRK.B"), ("T", "NVDA")}
        await client.close()


@pytest.mark.parametrize(
    ("market", "param", "key", "symbol"),
    [
        ("forex", "C.EUR/USD", "p", "EUR/USD"),
        ("forex", "C.EUR-USD", "p", "EUR/USD"),
        ("forex", "C.EURUSD", "p", "EUR/USD"),
        ("forex", "C.C:EUR/USD", "p", "EUR/USD"),
        ("forex", "C.C:EURUSD", "p", "EUR/USD"),
        ("crypto", "XQ.BTC-USD", "pair", "BTC-USD"),
        ("crypto", "XQ.X:BTC-USD", "pair", "BTC-USD"),
        ("indices", "V.I:SPX", "T", "I:SPX"),
        ("futures", "Q.ESH7", "sym", "ESH7"),
        ("options", "Q.O:SPY261218P00680000", "sym", "O:SPY261218P00680000"),
    ],
)
@in_loop
async def test_spellings_of_symbols(market: str, param: str, key: str, symbol: str) -> None:
    async with simulator() as server:
        client = await WireClient.login(server.url(market))
        assert await client.subscribe(param) == [ack(param)], "the echo is of the text as sent"
        assert {event[key] for event in await client.some_events(20)} == {symbol}
        await client.close()


@in_loop
async def test_silence_for_unknown_channels_and_what_is_held_and_what_is_not() -> None:
    async with simulator() as server:
        client = await WireClient.login(server.url())
        assert await client.subscribe("T.AAPL") == [ack("T.AAPL")]
        client.send("subscribe", "ZZ.AAPL,QQ.AAPL,T.AAPL,AAPL,T.,.AAPL,,XT.BTC-USD")
        client.send("unsubscribe", "Q.AAPL,ZZ.AAPL")
        assert await client.subscribe("T.NOSUCH") == [ack("T.NOSUCH")]
        client.send("unsubscribe", "T.NOSUCH")
        assert (await client.statuses(5))[-1] == ack("T.NOSUCH", "unsubscribed")
        await client.close()


@in_loop
async def test_refusals_come_first_and_name_nothing() -> None:
    async with simulator(refused=("NOI.*", "T.MSFT")) as server:
        client = await WireClient.login(server.url())
        answers = await client.subscribe("Q.AAPL,NOI.*,T.AAPL,T.MSFT,NOI.GE")
        assert answers == [NOT_AUTHORIZED] * 3 + [ack("Q.AAPL"), ack("T.AAPL")]
        await client.close()


@pytest.mark.parametrize("acks", ["combined", "separate"])
@in_loop
async def test_acks_come_together_or_one_by_one(acks: str) -> None:
    async with simulator(acks=acks) as server:
        client = await WireClient.login(server.url())
        await client.subscribe("LULD.A,LULD.B,LULD.C")
        sizes = [len(message) for message in client.messages if message[0].get("ev") == "status"]
        assert sizes == ([1, 1, 3] if acks == "combined" else [1, 1, 1, 1, 1])
        await client.close()


@in_loop
async def test_acks_can_travel_with_data() -> None:
    async with simulator(acks="mixed") as server:
        client = await WireClient.login(server.url())
        await client.subscribe("T.*,Q.*")
        [mixed] = [message for message in client.messages if ack("T.*") in message]
        assert mixed[:2] == [ack("T.*"), ack("Q.*")]
        assert {event["ev"] for event in mixed[2:]} <= {"T", "Q"}
        assert len(mixed) > 2
        # Without data, they come alone after a while.
        server.pause()
        assert await client.subscribe("LULD.A") == [ack("LULD.A")]
        await client.close()


@in_loop
async def test_acks_can_be_late() -> None:
    async with simulator(ack_delay=0.2) as server:
        client = await WireClient.login(server.url())
        client.send("subscribe", "T.*")
        await client.some_events(10)
        assert len(client.all_statuses()) == 2
        assert (await client.statuses(3))[-1] == ack("T.*")
        await client.close()


@pytest.mark.parametrize("duplicates", [False, True])
@in_loop
async def test_a_symbol_held_by_name_and_by_wildcard(duplicates: bool) -> None:
    async with simulator(duplicates=duplicates) as server:
        client = await WireClient.login(server.url())
        await client.subscribe("T.*,T.NVDA")
        trades = [event for event in await client.some_events(400, "T") if event["sym"] == "NVDA"]
        pairs = {json.dumps(event) for event in trades}
        assert len(trades) > 10
        if duplicates:
            assert len(trades) in (2 * len(pairs), 2 * len(pairs) - 1)
        else:
            assert len(trades) == len(pairs)
        await client.close()


@in_loop
async def test_options_quotes_have_a_limit_and_no_wildcard() -> None:
    limit = {
        "ev": "status",
        "status": "error",
        "message": "Subscription limit reached for feed. Please remove some subscriptions and "
        "try again.",
    }
    async with simulator(rate=1, symbols=1200) as server:
        client = await WireClient.login(server.url("options"))
        assert await client.subscribe("Q.*") == [NOT_AUTHORIZED]
        contracts = [f"Q.O:X261218C{number:08}" for number in range(OPTIONS_CONTRACT_LIMIT + 2)]
        answers = await client.subscribe(",".join(contracts[:600]))
        assert answers == [ack(contract) for contract in contracts[:600]]
        # One too many: none of this request's is taken.
        answers = await client.subscribe(",".join(contracts[600 : OPTIONS_CONTRACT_LIMIT + 1]))
        assert answers == [limit] * (OPTIONS_CONTRACT_LIMIT - 599)
        fitting = contracts[600:OPTIONS_CONTRACT_LIMIT]
        answers = await client.subscribe(",".join([*fitting, "T.*"]))
        assert answers == [ack(contract) for contract in [*fitting, "T.*"]]
        assert await client.subscribe(contracts[-1]) == [limit]
        client.send("unsubscribe", contracts[0])
        assert await client.subscribe(contracts[-1], acks=2) == [
            ack(contracts[0], "unsubscribed"),
            ack(contracts[-1]),
        ]
        await client.close()


# ----------------------------------------------------------------------------- connections


@in_loop
async def test_the_older_connection_is_evicted() -> None:
    async with simulator(max_connections=1) as server:
        older = await WireClient.login(server.url(), "key")
        await older.subscribe("T.*")
        other_key = await WireClient.login(server.url(), "other")
        other_market = await WireClient.login(server.url("crypto"), "key")
        newer = await WireClient.login(server.url(), "key")
        await older.ended()
        assert older.objects[-1] == {
            "ev": "status",
            "status": "max_connections",
            "message": "Maximum number of websocket connections exceeded. ",
        }
        assert older.close_code == 1008
        for survivor in (other_key, other_market, newer):
            assert survivor.close_code is None
            await survivor.close()


@in_loop
async def test_the_newer_connection_is_evicted_after_its_first_subscription() -> None:
    suffix = "You may only use 1 connections at a time."
    async with simulator(
        max_connections=1, evict="newest", max_connections_suffix=suffix
    ) as server:
        older = await WireClient.login(server.url())
        newer = await WireClient.login(server.url())
        newer.send("subscribe", "T.*")
        await newer.ended()
        statuses = newer.all_statuses()
        assert statuses[:3] == [CONNECTED, AUTHENTICATED, ack("T.*")]
        assert statuses[3]["status"] == "max_connections"
        assert statuses[3]["message"].endswith(suffix)
        assert newer.close_code == 1008
        assert await older.subscribe("T.*") == [ack("T.*")]
        await older.close()
        # There is room again.
        await until(lambda: not server.connections)
        third = await WireClient.login(server.url())
        assert await third.subscribe("T.*") == [ack("T.*")]
        assert third.close_code is None
        await third.close()


@in_loop
async def test_pings_are_answered_and_sent() -> None:
    async with simulator(ping_interval=0.02) as server:
        client = await WireClient.login(server.url())
        assert client.transport is not None
        client.transport.send_ping(b"hello")
        await client.until(lambda: client.pongs == 1)
        await asyncio.sleep(0.1)  # picows answers the server's pings, which must not hurt
        assert await client.subscribe("T.*") == [ack("T.*")]
        await client.close()


@in_loop
async def test_a_clients_close_is_answered() -> None:
    async with simulator() as server:
        client = await WireClient.login(server.url())
        assert client.transport is not None
        client.transport.send_close(picows.WSCloseCode.GOING_AWAY, b"bye")
        await client.ended()
        assert client.close_code == 1001
        assert server.stats()["connections"][0]["ended"] == "closed by the client"


@in_loop
async def test_fragmented_requests_are_understood() -> None:
    async with simulator() as server:
        client = await WireClient.connect(server.url())
        assert client.transport is not None
        client.transport.send(picows.WSMsgType.TEXT, b'{"action":"au', fin=False)
        client.transport.send(picows.WSMsgType.CONTINUATION, b'th","params":"k"}')
        assert await client.statuses(2) == [CONNECTED, AUTHENTICATED]
        await client.close()


@in_loop
async def test_a_slow_consumer_is_dropped_and_costs_no_memory() -> None:
    async with simulator(
        rate=200_000, max_buffer_bytes=500_000, socket_buffer_bytes=65_536
    ) as server:
        client = await WireClient.login(server.url())
        assert client.transport is not None
        client.transport.underlying_transport.pause_reading()
        client.send("subscribe", "Q.*")
        async with asyncio.timeout(PATIENCE_S):
            while server.connections:
                assert server.connections[1].outlet.buffered < 2_000_000
                await asyncio.sleep(0.001)
        assert server.stats()["connections"][0]["ended"] == "slow consumer"
        client.transport.underlying_transport.resume_reading()
        await client.ended()
        assert client.close_code is None


@in_loop
async def test_or_the_market_waits_for_it() -> None:
    async with simulator(rate=1e6, slow_consumer="wait", stop_after=100_000) as server:
        client = await WireClient.login(server.url())
        assert client.transport is not None
        client.transport.underlying_transport.pause_reading()
        client.send("subscribe", "Q.*,T.*")
        await until(lambda: not server.connections[1].is_writable)
        assert not server.stats()["markets"]["stocks"]["finished"]
        client.transport.underlying_transport.resume_reading()
        await client.until(lambda: b"".join(client.texts).count(b'"ev":"') >= 100_004)
        stats = server.stats()
        assert sum(stats["events"].values()) == len(client.events("T", "Q")) == 100_000
        await client.close()


@in_loop
async def test_draining_gives_up_on_a_client_that_does_not_read() -> None:
    async with simulator(rate=200_000) as server:
        client = await WireClient.login(server.url())
        assert client.transport is not None
        client.transport.underlying_transport.pause_reading()
        client.send("subscribe", "Q.*")
        await client.until(lambda: server.connections[1].outlet.buffered > 100_000)
        server.pause()
        with pytest.raises(TimeoutError):
            await server.drain(0.05)
        await client.close()
        await server.drain()


@in_loop
async def test_counts_are_per_connection_and_channel() -> None:
    async with simulator(stop_after=2000) as server:
        everything = await WireClient.login(server.url())
        await everything.subscribe("T.*,Q.*")
        trades = await WireClient.login(server.url())
        await trades.subscribe("T.*")
        await everything.until(lambda: len(everything.events()) == 2000)
        await server.drain()
        first, second = (server.connections[number].stats() for number in (1, 2))
        assert first["events"] == {
            channel: len(everything.events(channel)) for channel in ("T", "Q")
        }
        await trades.until(lambda: len(trades.events()) == second["events"].get("T", 0))
        assert first["frames"] == len([m for m in everything.messages if m[0]["ev"] != "status"])
        await everything.close()
        await trades.close()
        await until(lambda: not server.connections)
        closed = server.stats()["connections"]
        assert [entry["events"] for entry in closed] == [first["events"], second["events"]]
        assert server.stats()["accepted"] == 2


@in_loop
async def test_frames_have_the_size_that_was_asked_for() -> None:
    async with simulator(rate=5000, events_per_frame=25) as server:
        client = await WireClient.login(server.url())
        await client.subscribe("T.*,Q.*")
        await client.some_events(1000)
        sizes = {len(message) for message in client.messages[3:-1]}
        assert sizes == {25}
        await client.close()


@in_loop
async def test_requests_are_remembered() -> None:
    async with simulator() as server:
        client = await WireClient.login(server.url(), "secret")
        await client.subscribe("T.*")
        assert [json.loads(text) for _, text in server.requests] == [
            {"action": "auth", "params": "secret"},
            {"action": "subscribe", "params": "T.*"},
        ]
        await client.close()


@in_loop
async def test_pause_resume_and_rate() -> None:
    async with simulator() as server:
        client = await WireClient.login(server.url())
        await client.subscribe("Q.*")
        await client.some_events(20)
        server.pause()
        await server.drain()
        count = sum(server.stats()["events"].values())
        await client.until(lambda: len(client.events()) == count)
        await asyncio.sleep(0.1)
        assert len(client.events()) == count == sum(server.stats()["events"].values())
        server.set_rate(100_000)
        server.resume()
        await client.until(lambda: len(client.texts) > 200)
        with pytest.raises(ValueError, match="above 0"):
            server.set_rate(0)
        await client.close()


@in_loop
async def test_send_puts_any_text_on_the_wire() -> None:
    async with simulator() as server:
        client = await WireClient.login(server.url())
        assert server.send(b'[{"ev":"X"}]') == 1
        assert server.send(b"[]", number=99) == 0
        await client.until(lambda: client.texts[-1] == b'[{"ev":"X"}]')
        await client.close()


@in_loop
async def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    certificate.private_key_pem.write_to_path(key)
    async with simulator(certfile=str(chain), keyfile=str(key)) as server:
        assert server.url().startswith("wss://")
        context = ssl.create_default_context()
        authority.configure_trust(context)
        client = await WireClient.login(server.url(), context=context)
        await client.subscribe("T.*,Q.*")
        await client.some_events(300)
        await client.close()


@in_loop
async def test_stop_leaves_nothing_behind() -> None:
    async with simulator() as server:
        clients = [await WireClient.login(server.url()) for _ in range(3)]
        for client in clients:
            await client.subscribe("T.*")
    for client in clients:
        await client.ended()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left
