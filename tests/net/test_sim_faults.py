"""What each fault does to a line, seen from its other end."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from fastpoly import reconnect
from fastpoly.errors import TooManyRequestsError
from fastpoly.protocol.lifecycle import State, StateChange
from fastpoly.sim import Simulator
from fastpoly.sim.faults import FAULTS, Fault
from fastpoly.stream.stream import Stream
from tests.loops import in_loop
from tests.net.test_sim_protocol import ack, simulator
from tests.net.wire_client import WireClient
from tests.waiting import PATIENCE_S, until

EARLY = "at=0.05"


def events_sent(server: Simulator) -> int:
    return sum(server.stats()["events"].values())


async def subscribed(url: str) -> WireClient:
    client = await WireClient.login(url)
    await client.subscribe("T.*,Q.*")
    return client


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        ("drop", None, "fault: drop"),
        ("fin", None, "fault: fin"),
        ("close:code=1001", 1001, "closed with 1001"),
        ("close:code=4999,reason=because", 4999, "closed with 4999"),
        ("abrupt_close:code=1012", 1012, "fault: abrupt_close"),
        ("evict", 1008, "closed with 1008"),
        ("slow_consumer", 1008, "closed with 1008"),
        ("force_disconnect", 1008, "closed with 1008"),
    ],
)
@in_loop
async def test_ends(fault: str, code: int | None, reason: str) -> None:
    separator = "," if ":" in fault else ":"
    async with simulator(faults=(f"{fault}{separator}{EARLY}",)) as server:
        client = await subscribed(server.url())
        await client.ended()
        assert client.close_code == code
        [record] = server.stats()["connections"]
        assert record["ended"] == reason
        assert server.stats()["faults"] == {fault.partition(":")[0]: 1}
        said = {"evict": "max_connections", **dict.fromkeys(("slow_consumer", "force_disconnect"))}
        if fault in said:
            assert client.all_statuses()[-1]["status"] == (said[fault] or fault)


@in_loop
async def test_every_night_the_socket_goes_without_a_close() -> None:
    soon = (time.time() + 0.5) % 86_400
    async with simulator(faults=(f"nightly:after=connect,at=0,utc_s={soon}",)) as server:
        client = await subscribed(server.url())
        await client.ended()
        assert client.close_code is None
        assert server.stats()["connections"][0]["ended"] == "fault: nightly"


@in_loop
async def test_a_close_with_a_code_that_must_not_be_sent() -> None:
    async with simulator(faults=(f"close:code=1005,{EARLY}",)) as server:
        client = await subscribed(server.url())
        await client.ended()
        assert client.failure is not None  # picows finds it wrong, as it should


@in_loop
async def test_half_open() -> None:
    async with simulator(faults=(f"half_open:{EARLY}",)) as server:
        client = await subscribed(server.url())
        await client.until(lambda: server.stats()["faults"] == {"half_open": 1})
        await client.until(lambda: len(client.events()) == events_sent(server))
        count, sent = len(client.texts), server.stats()["events"]
        assert client.transport is not None
        client.transport.send_ping()
        client.send("subscribe", "AM.*")
        await asyncio.sleep(0.15)
        assert len(client.texts) == count
        assert client.pongs == 0
        assert not client.transport.is_disconnected
        assert server.stats()["events"] == sent, "what cannot arrive is not counted"
        await client.close()


@in_loop
async def test_nobody_waits_for_a_line_that_is_dead() -> None:
    async with simulator(rate=100_000, slow_consumer="wait") as server:
        dead, alive = await subscribed(server.url()), await subscribed(server.url())
        assert dead.transport is not None
        dead.transport.underlying_transport.pause_reading()
        await alive.until(lambda: not server.connections[1].is_writable)
        count = len(alive.texts)
        server.inject("half_open", number=1)
        await alive.until(lambda: len(alive.texts) > count + 100)
        server.pause()
        await server.drain()
        await dead.close()
        await alive.close()


@in_loop
async def test_half_open_for_a_while() -> None:
    async with simulator(faults=(f"half_open:lasts=0.2,{EARLY}",)) as server:
        client = await subscribed(server.url())
        await client.until(lambda: server.stats()["faults"] == {"half_open": 1})
        client.send("subscribe", "LULD.*")
        assert (await client.statuses(5))[-1] == ack("LULD.*")
        await client.close()


@in_loop
async def test_mute() -> None:
    async with simulator(faults=(f"mute:lasts=0.3,{EARLY}",)) as server:
        client = await subscribed(server.url())
        await client.until(lambda: server.stats()["faults"] == {"mute": 1})
        await client.until(lambda: len(client.events()) == events_sent(server))
        count = len(client.events())
        assert client.transport is not None
        client.transport.send_ping()
        await client.until(lambda: client.pongs == 1)
        assert await client.subscribe("LULD.A") == [ack("LULD.A")]
        assert len(client.events()) == count
        await client.until(lambda: len(client.events()) > count + 100)
        assert sum(server.stats()["events"].values()) >= len(client.events()) > count
        await client.close()


@in_loop
async def test_acks_are_slow_or_lost() -> None:
    faults = ("slow_acks:seconds=0.3,after=login,at=0", "lost_acks:after=login,at=0,only=2")
    async with simulator(faults=faults, rate=50) as server:
        slow = await WireClient.login(server.url())
        await slow.until(lambda: server.stats()["faults"] == {"slow_acks": 1})
        asked = time.monotonic()
        assert await slow.subscribe("T.*") == [ack("T.*")]
        assert time.monotonic() - asked > 0.25
        lost = await WireClient.login(server.url())
        await lost.until(lambda: server.stats()["faults"] == {"slow_acks": 2, "lost_acks": 1})
        lost.send("subscribe", "Q.*")
        await lost.some_events(10)
        await asyncio.sleep(0.4)
        assert len(lost.all_statuses()) == 2
        for client in (slow, lost):
            await client.close()


@in_loop
async def test_split_and_fragmented_messages_are_the_same_messages() -> None:
    faults = (
        "split:bytes=5,after=connect,at=0,only=2",
        "fragment:pieces=4,after=connect,at=0,only=3",
    )
    async with simulator(faults=faults, rate=300, events_per_frame=3) as server:
        plain, split, fragmented = [await WireClient.login(server.url()) for _ in range(3)]
        for client in (plain, split, fragmented):
            client.send("subscribe", "T.*,Q.*")
        for client in (plain, split, fragmented):
            await client.some_events(60)
        server.pause()
        await server.drain()
        sent = {number: server.connections[number].stats()["frames"] for number in (1, 2, 3)}
        for number, client in enumerate((plain, split, fragmented), 1):
            await client.until(lambda c=client, n=number: len(c.texts) == sent[n] + 3)
            assert len(client.events()) == sum(
                server.connections[number].stats()["events"].values()
            )
        assert plain.frames == len(plain.texts)
        assert split.frames == len(split.texts)
        assert fragmented.frames == 4 * len(fragmented.texts) - 3  # one came before the fault
        for client in (plain, split, fragmented):
            await client.close()


@in_loop
async def test_a_giant_frame() -> None:
    async with simulator(faults=(f"giant:events=30000,{EARLY}",), rate=10) as server:
        client = await subscribed(server.url())
        await client.until(lambda: any(len(text) > 3_000_000 for text in client.texts))
        [giant] = [text for text in client.texts if len(text) > 3_000_000]
        assert len(json.loads(giant)) >= 30_000
        await client.until(lambda: len(client.texts[-1]) < 10_000)  # and then as before
        assert len(client.events()) <= sum(server.stats()["events"].values())
        await client.close()


@in_loop
async def test_messages_that_are_not_json_utf8_or_expected() -> None:
    async with simulator(rate=10) as server:
        client = await WireClient.login(server.url())
        server.inject("bad_json")
        server.inject("bad_json", text="hello")
        server.inject("bad_utf8")
        server.inject("empty")
        server.inject("surprise")
        server.inject("deep", depth=1000)
        await client.until(lambda: len(client.texts) == 8)
        assert client.texts[2:6] == [
            b'[{"ev":"T","sym":"AAPL","p":',
            b"hello",
            b'[{"ev":"status","status":"\xff\xfe","message":""}]',
            b"[]",
        ]
        assert b"unheard_of" in client.texts[6]
        assert client.texts[7] == b"[" * 1000 + b"]" * 1000
        server.inject("pings", count=20)
        assert await client.subscribe("T.*") == [ack("T.*")]
        await client.close()


@in_loop
async def test_a_frame_of_an_unknown_kind_ends_the_connection() -> None:
    async with simulator(faults=(f"bad_frame:{EARLY}",)) as server:
        client = await subscribed(server.url())
        await client.ended()
        assert client.failure is not None


@in_loop
async def test_the_clock_can_be_wrong() -> None:
    async with simulator(rate=500) as server:
        client = await subscribed(server.url())
        server.inject("clock", ms=-5000, lasts=0.2)
        await client.some_events(20)
        lags = [time.time() * 1000 - event["t"] for event in client.events()[-5:]]
        assert all(4900 < lag < 7000 for lag in lags)
        await client.until(lambda: server.connections[1].pump.clock_offset_ms == 0)
        count = len(client.events())
        event = (await client.some_events(count + 20))[-1]
        assert time.time() * 1000 - event["t"] < 2000
        await client.close()


@in_loop
async def test_bursts_speed_and_stalls() -> None:
    async with simulator(rate=200) as server:
        client = await subscribed(server.url())
        server.inject("burst", events=12_345)
        await client.until(lambda: len(b"".join(client.texts)) > 1_000_000)
        pump = server.stats()["markets"]["stocks"]
        assert pump["made"] >= 12_345
        server.inject("stall", lasts=0.5)
        made = server.stats()["markets"]["stocks"]["made"]
        await asyncio.sleep(0.2)
        assert server.stats()["markets"]["stocks"]["made"] == made
        await client.until(lambda: server.stats()["markets"]["stocks"]["made"] >= made + 80)
        server.inject("faster", factor=50, lasts=0.3)
        made = server.stats()["markets"]["stocks"]["made"]
        await client.until(lambda: server.stats()["markets"]["stocks"]["made"] > made + 1000)
        await client.close()


@in_loop
async def test_events_can_come_twice() -> None:
    async with simulator(rate=100) as server:
        client = await subscribed(server.url())
        await client.some_events(5)
        before = len(client.texts)
        server.pause()
        server.inject("repeat")
        await client.until(lambda: len(client.texts) > before)
        assert client.texts[-1] in client.texts[:-1]
        assert len(client.events()) == sum(server.stats()["events"].values())
        await client.close()


@in_loop
async def test_who_comes_too_often_waits_as_long_as_it_is_told() -> None:
    """Of two reconnects without a wait of their own, the second has to wait a second."""
    fault = "refuse:status=429,retry_after=1,seconds=0.5,at=0.05,times=1"
    async with simulator(faults=(fault,)) as server:
        policy = reconnect.Backoff(initial_s=0.001, cap_s=0.001)
        stream = Stream("stocks", "T.*", url=server.url(), reconnect=policy)
        errors: list[BaseException | None] = []
        live = asyncio.Event()

        @stream.on_state
        def note(change: StateChange) -> None:
            errors.append(change.error)
            if change.new is State.LIVE:
                live.set()

        async with stream, asyncio.timeout(PATIENCE_S):
            live.clear()
            await until(lambda: any(isinstance(one, TooManyRequestsError) for one in errors))
            refused_at = time.monotonic()
            await live.wait()
            assert time.monotonic() - refused_at >= 0.9  # it was noticed a little later
    refused = [one for one in errors if isinstance(one, TooManyRequestsError)]
    assert [(one.http_status, one.retry_after_s) for one in refused] == [(429, 1.0)]


def test_a_status_that_no_refusal_has() -> None:
    for settings in ("status=200", "status=600", "retry_after=-1"):
        with pytest.raises(ValueError, match="status must be 400 to 599"):
            Fault.parse(f"refuse:{settings}")


@in_loop
async def test_a_restart() -> None:
    async with simulator(faults=("restart:seconds=0.3,at=0.1,times=1",)) as server:
        clients = [await subscribed(server.url()), await subscribed(server.url())]
        for client in clients:
            await client.ended()
            assert client.close_code is None
        with pytest.raises(OSError, match=r"[Cc]onnect"):
            await WireClient.connect(server.url())
        while True:
            try:
                again = await subscribed(server.url())  # at the same address
            except OSError:
                await asyncio.sleep(0.01)
            else:
                break
        await again.some_events(100)
        await again.close()


@in_loop
async def test_an_eviction_war() -> None:
    async with simulator(faults=(f"evict:{EARLY}",)) as server:
        for _ in range(3):
            client = await subscribed(server.url())
            await client.ended()
            assert client.close_code == 1008
        assert server.stats()["faults"] == {"evict": 3}


@in_loop
async def test_again_and_again_but_not_for_ever() -> None:
    async with simulator(faults=("empty:at=0,every=0.02,times=3",)) as server:
        client = await subscribed(server.url())
        await client.until(lambda: client.texts.count(b"[]") == 3)
        await asyncio.sleep(0.1)
        assert client.texts.count(b"[]") == 3
        await client.close()


@in_loop
async def test_chance_follows_the_seed() -> None:
    async def ends(seed: int) -> list[str]:
        faults = ("chaos:kinds=drop+fin+close+evict,at=0.03,jitter=0.5",)
        async with simulator(faults=faults, seed=seed) as server:
            for _ in range(8):
                client = await subscribed(server.url())
                await client.ended()
            await asyncio.sleep(0.01)
            return [entry["ended"] for entry in server.stats()["connections"]]

    first = await ends(1)
    assert len(set(first)) > 1
    assert await ends(1) == first
    assert await ends(2) != first


@in_loop
async def test_faults_are_refused_that_do_not_exist() -> None:
    async with simulator() as server:
        with pytest.raises(ValueError, match="no fault 'earthquake'"):
            server.inject("earthquake")
        with pytest.raises(ValueError, match="no setting 'speed'"):
            server.inject("drop", speed=3)
        assert server.inject("drop", number=7) == 0


@pytest.mark.parametrize("name", FAULTS)
@in_loop
async def test_no_fault_harms_the_server(name: str) -> None:
    async with simulator(rate=1000) as server:
        client = await subscribed(server.url())
        small = {"events": 500, "depth": 100, "count": 3, "seconds": 0.05}
        settings = {key: small[key] for key in FAULTS[name].settings if key in small}
        server.inject(name, lasts=0.05, **settings)
        await asyncio.sleep(0.15)
        other = await subscribed(server.url())
        await other.some_events(50)
        await other.close()
        await client.close()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no fault ''"),
        ("bang", "no fault 'bang'"),
        ("drop:at", "should be KEY=VALUE"),
        ("drop:at=soon", "at must be a number"),
        ("drop:colour=red", "no setting 'colour'"),
        ("drop:after=lunch", "after must be one of"),
        ("chaos:kinds=drop+bang", "no fault 'bang'"),
    ],
)
def test_texts_that_are_no_fault(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Fault.parse(text)


def test_a_text_that_is_one() -> None:
    fault = Fault.parse("close:code=1012, at=5, reason=going down")
    assert fault.kind is FAULTS["close"]
    assert fault.settings["code"] == 1012
    assert fault.settings["at"] == 5
    assert fault.settings["reason"] == "going down"
    assert fault.settings["every"] == 0
