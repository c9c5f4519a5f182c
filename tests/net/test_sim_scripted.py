"""The scripted server and the proxy: what they are told is what clients see."""

from __future__ import annotations

from typing import Literal

import picows
import pytest

from fastpoly.serving.scripted_server import only_greet
from fastpoly.sim import Cut, Proxy, ScriptedPeer, ScriptedServer
from tests.loops import in_loop
from tests.net.test_sim_protocol import ack, simulator
from tests.net.wire_client import WireClient
from tests.waiting import until


@in_loop
async def test_by_default_everything_is_accepted() -> None:
    async with ScriptedServer() as server:
        client = await WireClient.login(server.url("anything/at/all"), "key")
        assert await client.subscribe("X.1, Y.2") == [ack("X.1"), ack("Y.2")]
        client.send("unsubscribe", "X.1")
        assert (await client.statuses(5))[-1] == ack("X.1", "unsubscribed")
        assert [request["action"] for request in server.requests] == [
            "auth",
            "subscribe",
            "unsubscribe",
        ]
        assert server.peers[0].path == "anything/at/all"
        await client.close()
    assert server.errors == []


@in_loop
async def test_a_script_decides_what_is_sent_and_when() -> None:
    async def script(peer: ScriptedPeer) -> None:
        assert await peer.login() == "key"
        assert await peer.confirm() == ["T.A"]
        peer.send({"ev": "T", "sym": "A"}, b'{"ev":"Q"}', '{"ev":"R"}')
        peer.ping(b"are you there")
        peer.send_text("not json")
        peer.send_raw(b"\x81\x02[]")
        peer.close(1001, "bye")

    async with ScriptedServer(script) as server:
        client = await WireClient.login(server.url(), "key")
        await client.subscribe("T.A")
        await client.ended()
        assert client.texts[3:] == [
            b'[{"ev":"T","sym":"A"},{"ev":"Q"},{"ev":"R"}]',
            b"not json",
            b"[]",
        ]
        assert client.close_code == 1001
        await server.peers[0].gone.wait()
        assert server.peers[0].close_code == 1001
    assert server.errors == []


@pytest.mark.parametrize("way", ["hang_up", "drop"])
@in_loop
async def test_ends_without_a_close_frame(way: str) -> None:
    async def script(peer: ScriptedPeer) -> None:
        peer.send_status("CONNECTED")
        getattr(peer, way)()

    async with ScriptedServer(script) as server:
        client = await WireClient.connect(server.url())
        await client.ended()
        assert client.close_code is None


@in_loop
async def test_what_a_script_raises_is_kept() -> None:
    async def script(peer: ScriptedPeer) -> None:
        await peer.request()
        raise LookupError("as planned")

    async with ScriptedServer(script) as server:
        client = await WireClient.connect(server.url())
        client.send("auth", "k")
        await client.ended()
    assert [str(error) for error in server.errors] == ["as planned"]


@in_loop
async def test_receive_ends_with_the_client() -> None:
    seen: list[str] = []

    async def script(peer: ScriptedPeer) -> None:
        try:
            while True:
                seen.append(await peer.receive())
        except ConnectionError as error:
            seen.append(str(error))
            with pytest.raises(ConnectionError):
                await peer.receive()

    async with ScriptedServer(script) as server:
        client = await WireClient.connect(server.url())
        client.send_text("one")
        await server.peers[0].wait_for(1)
        await client.close()
        await until(lambda: len(seen) == 2)
    assert seen == ["one", "the client has gone"]
    assert server.errors == []


@in_loop
async def test_without_a_script_it_answers_as_the_service_does() -> None:
    async with ScriptedServer() as server:
        server.bad_keys = {"wrong"}
        server.refused, server.ignored = {"NOI.*"}, {"X.1"}
        bad = await WireClient.connect(server.url())
        bad.send("auth", "wrong")
        await bad.ended()
        assert bad.all_statuses()[-1]["status"] == "auth_failed"
        client = await WireClient.login(server.url())
        answers = await client.subscribe("T.A,NOI.*,X.1,T.B", acks=3)
        assert answers[0]["message"] == "not authorized"
        assert answers[1:] == [ack("T.A"), ack("T.B")]
        client.send("subscribe", "T.A")  # is held
        client.send("unsubscribe", "T.A,T.C")
        assert (await client.statuses(6))[5:] == [ack("T.A", "unsubscribed")]
        peer = await server.peer(2)
        assert (peer.held, peer.requested) == (["T.B"], ["T.A", "NOI.*", "X.1", "T.B", "T.A"])
        assert server.most_at_once <= 2
        await client.close()
        await peer.gone.wait()


@in_loop
async def test_each_answer_can_be_replaced() -> None:
    def answer(peer: ScriptedPeer, action: str, params: str) -> None:
        if action == "auth":
            server.answer(peer, action, params)
        else:
            peer.send_together("[]", "{}")

    async with ScriptedServer() as server:
        server.on_connect = lambda peer: peer.send({"hello": peer.number})
        server.on_request = answer
        client = await WireClient.connect(server.url())
        client.send("auth", "key")
        client.send("subscribe", "T.A")
        await client.until(lambda: len(client.texts) == 4)
        assert client.objects[0] == {"hello": 1}
        assert client.texts[2:] == [b"[]", b"{}"]
        await client.close()


@in_loop
async def test_a_server_that_was_stopped_starts_on_the_same_port() -> None:
    server = ScriptedServer(only_greet)
    await server.start()
    url = server.url()
    client = await WireClient.connect(url)
    server.stop_listening()
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        await WireClient.connect(url)
    await client.statuses(1)  # this one stayed
    await server.stop()
    await client.ended()
    await server.start()
    again = await WireClient.connect(url)
    await again.statuses(1)
    await server.stop()
    await again.ended()


@in_loop
async def test_a_reset_at_once_comes_before_the_loop_reads() -> None:
    async with ScriptedServer(only_greet) as server:
        client = await WireClient.connect(server.url())
        await client.statuses(1)
        peer = server.peers[0]
        peer.drop(at_once=True)
        peer.drop()  # twice is harmless
        await client.ended()
        await peer.gone.wait()
        assert client.close_code is None


# ------------------------------------------------------------------------------------ proxy


@in_loop
async def test_a_proxy_changes_nothing() -> None:
    async with simulator() as server, Proxy(server.port) as proxy:
        client = await WireClient.login(proxy.url("stocks"))
        await client.subscribe("T.*,Q.*")
        await client.some_events(300)
        assert proxy.accepted == 1
        assert proxy.down > 10_000
        assert proxy.up > 100
        await client.close()


@in_loop
async def test_bytes_one_by_one_are_the_same_bytes() -> None:
    async with (
        simulator(rate=100, events_per_frame=2) as server,
        Proxy(server.port, piece=1) as proxy,
    ):
        client = await WireClient.login(proxy.url())
        await client.subscribe("T.*,Q.*")
        await client.some_events(10)
        await client.close()


@pytest.mark.parametrize("how", ["reset", "fin", "hold"])
@in_loop
async def test_a_line_breaks_after_so_many_bytes(how: Literal["reset", "fin", "hold"]) -> None:
    async with simulator() as server, Proxy(server.port) as proxy:
        whole = await WireClient.login(proxy.url())
        greeting = proxy.down  # the upgrade, the greeting and the answer to the key
        await whole.close()
        proxy.cut = Cut("down", greeting - 10, how)
        client = await WireClient.connect(proxy.url())
        client.send("auth", "key")
        if how == "hold":
            with pytest.raises(TimeoutError):
                await client.ended(0.2)
            assert client.transport is not None
            assert not client.transport.is_disconnected
        else:
            await client.ended()
        assert len(client.texts) == 1
        assert proxy.down == 2 * greeting - 10
        await client.close()


@in_loop
async def test_a_request_can_be_cut_short() -> None:
    async with simulator() as server, Proxy(server.port, cut=Cut("up", 400)) as proxy:
        client = await WireClient.login(proxy.url())
        client.send("subscribe", "T." + "A" * 500)
        await client.ended()
        assert proxy.up == 400
        await until(lambda: not server.connections)


@in_loop
async def test_nobody_behind_the_proxy() -> None:
    async with simulator() as server:
        port = server.port
    async with Proxy(port) as proxy:
        with pytest.raises((OSError, picows.WSError)):
            await WireClient.connect(proxy.url())


@in_loop
async def test_each_connection_may_break_elsewhere() -> None:
    async with ScriptedServer(only_greet) as server:
        cuts = [Cut("down", 0), Cut("up", 10, "fin"), Cut("down", 200, "reset")]
        async with Proxy(server.port, cuts=cuts) as proxy:
            for _ in range(2):
                with pytest.raises((OSError, picows.WSError)):
                    await WireClient.connect(proxy.url())
            client = await WireClient.connect(proxy.url())
            await client.ended()
            assert client.texts == []  # the upgrade's answer passed, the greeting did not
            whole = await WireClient.connect(proxy.url())
            await whole.statuses(1)
            assert [carried.down for carried in proxy.connections[:3]] == [0, 0, 200]
            assert proxy.connections[1].up == 10
            assert proxy.connections[3].down > 200
            assert (proxy.accepted, proxy.cuts) == (4, [])
            assert proxy.down == sum(carried.down for carried in proxy.connections)
            await whole.close()
