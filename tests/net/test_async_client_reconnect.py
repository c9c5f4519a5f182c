"""`AsyncStreamClient` and lines that are lost: what it restores, when it gives up, what it says."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from typing import Any

import pytest

from fastpoly.errors import (
    AuthError,
    ConnectError,
    ConnectionEvicted,
    ConnectionLost,
    ConsumerTooSlow,
    FastpolyError,
    HandlerFailed,
    UsageError,
)
from fastpoly.notices import Gap, SlowConsumer
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.serving.scripted_server import only_log_in
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.loops import in_loop
from tests.waiting import PATIENCE_S, UNHURRIED, until

FAST = {"max_reconnection_attempts": 3, "reconnection_delay": 0.01}


class Running:
    """A client whose loop runs, with the trades that it got."""

    def __init__(self, server: ScriptedServer, **options: Any) -> None:
        self.server = server
        options = {**UNHURRIED, **options}
        self.client = AsyncStreamClient("KEY", "stocks", server.url(), **options)
        self.trades: list[Any] = []
        self.loop: asyncio.Task[None]

    async def on_trade(self, message: Any) -> None:
        self.trades.append(message)

    async def start(self, **arguments: Any) -> None:
        await self.client.change_handler("status", lambda message: None)
        await self.client.subscribe_stock_trades(["A"], self.on_trade)
        self.loop = asyncio.create_task(
            self.client.handle_messages(reconnect=True, **(FAST | arguments))
        )
        # Until it takes what is read.
        await until(lambda: self.client._connection.is_running)

    async def close(self) -> None:
        await self.client.close_stream()
        await self.loop


def drop(peer: ScriptedPeer) -> None:
    peer.drop()


def close_with(code: int) -> Any:
    def close(peer: ScriptedPeer) -> None:
        peer.close(code)

    close.__name__ = str(code)
    return close


def break_the_protocol(peer: ScriptedPeer) -> None:
    peer.send_raw(b"\xff\xff\xff\xff")


@pytest.mark.parametrize(
    "lose",
    [drop, break_the_protocol, *map(close_with, (1000, 1001, 1008, 1011, 1012))],
    ids=lambda lose: lose.__name__,
)
@in_loop
async def test_every_lost_line_is_restored_with_the_net_subscriptions_once(lose: Any) -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        await run.start()
        await run.client.subscribe_stock_quotes(["B", "C"], run.on_trade)
        await run.client.subscribe_stock_minute_aggregates(["D"])
        await run.client.subscribe_stock_second_aggregates(["D"])
        await run.client.unsubscribe_stock_quotes(["B"])
        await run.client.unsubscribe_stock_second_aggregates()
        await run.client.subscribe_stock_trades(["A"], run.on_trade)
        await server.peers[-1].wait_for(8)
        for count in (2, 3):
            lose(server.peers[-1])
            peer = await server.peer(count)
            await peer.wait_for(2)
            peer.send({"ev": "T", "q": count}, {"ev": "Q", "q": -count})
            await until(lambda: len(run.trades) % 2 == 0 and run.trades[-1:])
            await until(lambda: run.trades[-1] == {"ev": "Q", "q": -count})  # noqa: B023
            assert peer.received[1:] == ['{"action":"subscribe", "params":"T.A,Q.C,AM.D"}']
        assert [trade["q"] for trade in run.trades] == [2, -2, 3, -3]
        assert server.most_at_once == 1
        await run.close()


@in_loop
async def test_gives_up_with_an_error_when_the_attempts_have_run_out() -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        await run.start()
        server.stop_listening()
        started = time.monotonic()
        server.peers[-1].drop()
        with pytest.raises(ConnectionLost, match="Gave up after 3 attempts") as caught:
            await run.loop
        assert time.monotonic() - started >= 0.03
        assert isinstance(caught.value.__cause__, ConnectError)
        # And says so again to who handles frames on their own.
        with pytest.raises(ConnectionLost):
            await run.client.handle_messages()
        assert (await run.client.reconnect())[0] is False
        await server.start()
        assert await run.client.reconnect() == (True, "Reconnect Successful")
        assert (await server.peers[-1].wait_for(2))[1] == '{"action":"subscribe", "params":"T.A"}'
        await run.client.close_stream()


@in_loop
async def test_attempts_are_counted_from_the_start_only_after_stable_data() -> None:
    class Policy:
        stable_after_s = 0.5
        asked: list[int]

        def __init__(self) -> None:
            self.asked = []

        def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
            self.asked.append(attempt)
            return 0.0

    policy = Policy()
    async with ScriptedServer() as server:
        run = Running(server, reconnect=policy)
        await run.start()
        # No data at all, though the key was accepted each time.
        for count in (2, 3):
            server.peers[-1].drop()
            await (await server.peer(count)).wait_for(2)
        # Data, but not for long.
        server.peers[-1].send({"ev": "T"})
        await until(lambda: run.trades)
        server.peers[-1].drop()
        await (await server.peer(4)).wait_for(2)
        assert policy.asked == [1, 2, 3]
        server.peers[-1].send({"ev": "T"})
        await until(lambda: len(run.trades) == 2)
        await asyncio.sleep(0.6)  # stable, by the policy
        server.peers[-1].drop()
        await server.peer(5)
        assert policy.asked == [1, 2, 3, 1]
        await run.close()


@pytest.mark.parametrize(
    ("told", "expected"),
    [("AUTH_FAILED", AuthError), ("MAX_CONNECTIONS", ConnectionEvicted)],
    ids=["refused", "evicted"],
)
@in_loop
async def test_refusals_on_reconnecting_are_not_retried(
    told: str, expected: type[Exception]
) -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        await run.start()
        server.on_request = lambda peer, action, params: peer.send_status(told)
        server.peers[-1].drop()
        with pytest.raises(expected):
            await run.loop
        assert len(server.peers) == 2
        await run.client.close_stream()


@in_loop
async def test_eviction_is_not_retried() -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        statuses: list[Any] = []
        await run.start()
        await run.client.change_handler("status", statuses.append)
        server.peers[-1].send_status("MAX_CONNECTIONS")
        server.peers[-1].close(1008)
        with pytest.raises(ConnectionEvicted, match="evict each other"):
            await run.loop
        assert len(server.peers) == 1
        assert statuses[-1]["status"] == "max_connections"
        await run.client.close_stream()


@in_loop
async def test_changes_made_while_the_line_is_down_are_sent_when_it_is_up() -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        await run.start(reconnection_delay=0.2)
        server.stop_listening()
        server.peers[-1].drop()
        await until(lambda: run.client.state == "waiting")
        await run.client.subscribe_stock_quotes(["B"], run.on_trade)
        await run.client.unsubscribe_stock_trades(["A"])
        await server.start()
        peer = await server.peer(2)
        await peer.wait_for(2)
        await run.client.subscribe_stock_quotes(["C"], run.on_trade)
        await peer.wait_for(3)
        assert peer.received[1:] == [
            '{"action":"subscribe", "params":"Q.B"}',
            '{"action":"subscribe", "params":"Q.C"}',
        ]
        await run.close()


@in_loop
async def test_changes_made_while_it_logs_in_again_are_sent_once() -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        await run.start()
        server.on_request = lambda peer, action, params: None
        server.peers[-1].drop()
        peer = await server.peer(2)
        await peer.wait_for(1)
        await run.client.subscribe_stock_quotes(["B"], run.on_trade)
        server.on_request = server.answer
        peer.send_status("AUTH_SUCCESS")
        await peer.wait_for(2)
        await asyncio.sleep(0.02)
        assert peer.received[1:] == ['{"action":"subscribe", "params":"T.A,Q.B"}']
        await run.close()


@in_loop
async def test_close_while_it_waits_to_reconnect() -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        await run.start(reconnection_delay=60)
        server.peers[-1].drop()
        await until(lambda: run.client.state == "waiting")
        async with asyncio.timeout(PATIENCE_S):
            await run.close()


@in_loop
async def test_reconnect_by_hand_while_the_loop_runs() -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        await run.start()
        assert await run.client.reconnect() == (True, "Reconnect Successful")
        server.peers[-1].send({"ev": "T", "q": 1})
        await until(lambda: run.trades)
        await asyncio.sleep(0.05)
        assert (len(server.peers), server.most_at_once) == (2, 1)
        await run.close()


@in_loop
async def test_loop_that_is_cancelled_leaves_the_connection_to_the_caller() -> None:
    async with ScriptedServer(only_log_in) as server:
        run = Running(server)
        await run.start()
        run.loop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run.loop
        server.peers[-1].send({"ev": "T", "q": 1})
        await run.client.handle_messages()
        assert run.trades == [{"ev": "T", "q": 1}]
        await run.client.close_stream()


@in_loop
async def test_many_subscriptions_are_sent_again_in_few_messages() -> None:
    names = [f"S{number}" for number in range(1200)]
    async with ScriptedServer(only_log_in) as server:
        run = Running(server)
        await run.start()
        await run.client.subscribe_stock_quotes(names)
        assert len(await server.peers[-1].wait_for(3)) == 3
        server.peers[-1].drop()
        peer = await server.peer(2)
        await peer.wait_for(4)
        params = [json.loads(text)["params"].split(",") for text in peer.received[1:]]
        assert [param for part in params for param in part] == [
            "T.A",
            *(f"Q.{name}" for name in names),
        ]
        assert [len(part) for part in params] == [500, 500, 201]
        await run.close()


@in_loop
async def test_gap_is_told_to_who_asks_in_the_order_of_the_messages() -> None:
    async with ScriptedServer() as server:
        run = Running(server, messages="events")
        await run.start()
        await run.client.change_handler("notice", run.on_trade)
        server.peers[-1].send({"ev": "T", "sym": "A", "q": 1})
        await until(lambda: run.trades)
        server.peers[-1].close(1012)
        peer = await server.peer(2)
        await peer.wait_for(2)
        peer.send({"ev": "T", "sym": "A", "q": 7})
        await until(lambda: len(run.trades) == 3)
        await run.close()
    before, gap, after = run.trades
    assert isinstance(gap, Gap)
    assert (gap.code, gap.attempts, gap.channels) == (1012, 1, ("T",))
    assert gap.last_by_channel == {"T": before}
    assert gap.first_by_channel == {"T": after}
    assert gap.since_ns < gap.until_ns


@pytest.mark.parametrize("ingest", ["loop", "thread"])
@in_loop
async def test_a_gap_is_filled_before_what_ended_it(ingest: str) -> None:
    async def fill(gap: Gap) -> list[dict[str, Any]]:
        first, last = gap.last_by_channel["T"]["q"], gap.first_by_channel["T"]["q"]
        return [{"ev": "T", "sym": "A", "q": number} for number in range(first, last + 1)]

    async with ScriptedServer() as server:
        run = Running(server, ingest=ingest, messages="events", fill=fill)
        await run.start()
        await run.client.change_handler("notice", run.on_trade)
        server.peers[-1].send({"ev": "T", "sym": "A", "q": 1})
        await until(lambda: run.trades)
        server.peers[-1].drop()
        peer = await server.peer(2)
        await peer.wait_for(2)
        peer.send({"ev": "T", "sym": "A", "q": 5})
        await until(lambda: run.trades[-1].get("q") == 5)
        await run.close()
    before, gap, *after = run.trades
    assert isinstance(gap, Gap)
    assert gap.filled == 3
    assert [one["q"] for one in (before, *after)] == [1, 2, 3, 4, 5]
    assert [one.get("filled", False) for one in after] == [True, True, True, False]


@pytest.mark.usefixtures("always_open")
@pytest.mark.parametrize("ingest", ["loop", "thread"])
@in_loop
async def test_a_silent_channel_makes_the_client_stale(ingest: str) -> None:
    async with ScriptedServer() as server:
        run = Running(server, ingest=ingest, stale_after={"T": 0.2, "Q": 3600})
        await run.start()
        await run.client.subscribe_stock_quotes(["A"], run.on_trade)
        await until(lambda: run.client.state == "stale")
        assert set(run.client.stats().silent) == {"T"}
        server.peers[-1].send({"ev": "T", "sym": "A", "q": 2})
        await until(lambda: {"ev": "T", "sym": "A", "q": 2} in run.trades)
        await run.close()
        assert server.most_at_once == 1
        assert len(server.peers) == 1, "silence of one channel of two drops no connection"


@pytest.mark.parametrize("ingest", ["loop", "thread"])
@in_loop
async def test_gap_names_the_last_event_of_each_channel(ingest: str) -> None:
    odd = {"ev": "T", "sym": "A", "q": 2, "new": {"key": [None]}}
    sent = [{"ev": "AM", "sym": "A", "e": 60000}, odd, {"ev": "Q", "sym": "B", "q": 3}]
    async with ScriptedServer() as server:
        run = Running(server, ingest=ingest)
        await run.start()
        for channel in ("notice", "Q", "AM"):
            await run.client.change_handler(channel, run.on_trade)
        for count, event in enumerate(sent, 1):
            server.peers[-1].send(event)
            await until(lambda: len(run.trades) == count)  # noqa: B023
        server.peers[-1].drop()
        peer = await server.peer(2)
        await peer.wait_for(2)
        peer.send({"ev": "Q", "sym": "A", "q": 1})
        await until(lambda: len(run.trades) == 5)
        await run.close()
    gap = run.trades[3]
    assert gap["ev"] == "gap"
    assert gap["last_by_channel"] == {event["ev"]: event for event in sent}
    assert gap["first_by_channel"] == {"Q": run.trades[4]}


@in_loop
async def test_gap_is_logged_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedServer() as server:
        run = Running(server)
        await run.start()
        for count in (2, 3):
            server.peers[-1].send({"ev": "T", "q": count})
            await until(lambda: run.trades and run.trades[-1]["q"] == count)  # noqa: B023
            server.peers[-1].drop()
            await (await server.peer(count)).wait_for(2)
        server.peers[-1].send({"ev": "T", "q": 4})
        await until(lambda: len(run.trades) == 3)
        await run.close()
    assert [trade["ev"] for trade in run.trades] == ["T"] * 3
    assert caplog.text.count("'ev': 'gap'") == 2


@in_loop
async def test_loss_is_announced_where_messages_are_dropped() -> None:
    gate = asyncio.Event()
    got: list[Any] = []

    async def slow(event: Any) -> None:
        await gate.wait()
        got.append(event)

    count = 400
    async with ScriptedServer(only_log_in) as server:
        run = Running(server, messages="events", overflow="drop_oldest", max_buffer_bytes=20_000)
        await run.start()
        await run.client.change_handler("T", slow)
        for number in range(count):
            server.peers[-1].send({"ev": "T", "sym": "A", "q": number, "x": "x" * 500})
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        gate.set()
        await until(lambda: got and got[-1].get("q") == count - 1)
        await run.close()
    lost = [event for event in got if isinstance(event, SlowConsumer)]
    numbers = [event["q"] for event in got if not isinstance(event, SlowConsumer)]
    assert lost
    assert numbers == sorted(numbers)
    assert len(numbers) + sum(notice.lost for notice in lost) == count


@in_loop
async def test_overflow_may_be_an_error() -> None:
    async with ScriptedServer(only_log_in) as server:
        run = Running(server, overflow="error", max_buffer_bytes=20_000)
        gate = asyncio.Event()

        async def slow(message: Any) -> None:
            await gate.wait()

        await run.start()
        await run.client.change_handler("T", slow)
        for number in range(200):
            server.peers[-1].send({"ev": "T", "q": number, "x": "x" * 500})
        with pytest.raises(ConsumerTooSlow, match="slow"):
            await run.loop
        gate.set()
        assert len(server.peers) == 1
        await run.client.close_stream()


@in_loop
async def test_error_of_a_handler_may_end_the_stream() -> None:
    async with ScriptedServer(only_log_in) as server:
        run = Running(server, error_policy="stop")

        async def broken(message: Any) -> None:
            raise ValueError("broken")

        await run.start()
        await run.client.change_handler("T", broken)
        server.peers[-1].send({"ev": "T"}, {"ev": "T"})
        with pytest.raises(HandlerFailed, match="raised ValueError") as caught:
            await run.loop
        assert isinstance(caught.value.__cause__, ValueError)
        await run.client.close_stream()


@in_loop
async def test_error_of_a_handler_may_end_its_messages_only() -> None:
    async with ScriptedServer(only_log_in) as server:
        run = Running(server, error_policy="detach")
        quotes: list[Any] = []

        async def broken(message: Any) -> None:
            run.trades.append(message)
            raise ValueError("broken")

        await run.start()
        await run.client.change_handler("T", broken)
        await run.client.subscribe_stock_quotes(handler_function=quotes.append)
        server.peers[-1].send({"ev": "T"}, {"ev": "Q"}, {"ev": "T"}, {"ev": "Q"})
        server.peers[-1].send({"ev": "T"}, {"ev": "Q"})
        await until(lambda: len(quotes) == 3)
        assert len(run.trades) == 1
        await run.close()


def test_bad_policies() -> None:
    for options in (
        {"reconnect": 5},
        {"overflow": "explode"},
        {"error_policy": "ignore"},
        {"ingest": "fork"},
    ):
        with pytest.raises(UsageError):
            AsyncStreamClient("KEY", "stocks", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("ingest", ["loop", "thread"])
@in_loop
async def test_client_that_is_let_go_after_its_line_was_lost_leaves_nothing(
    ingest: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with ScriptedServer(only_log_in) as server:
        client = AsyncStreamClient("KEY", "stocks", server.url(), ingest=ingest)
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades()
        server.peers[-1].drop()
        for _ in range(2):
            await client.handle_messages()
        with pytest.raises(ConnectionLost):
            await client.handle_messages()
        del client
        # An error that was raised keeps what raised it in its traceback.
        await until(lambda: not [one for one in threading.enumerate() if "fastpoly" in one.name])
        gc.collect()
        await asyncio.sleep(0)
    assert caplog.text == ""
