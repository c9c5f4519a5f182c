"""`StreamClient`: its callbacks beside the community package's, and what that one lacks."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from fastpoly.errors import AuthError, ConnectionEvicted, ConnectionLost, SubscriptionError
from fastpoly.notices import Gap, SlowConsumer
from fastpoly.polygon.threaded.client import StreamClient
from fastpoly.protocol.lifecycle import State
from fastpoly.reconnect import FixedDelay
from fastpoly.serving.scripted_server import accept_everything, only_greet
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.loops import in_loop
from tests.waiting import UNHURRIED, until

KEY = "k3y-of-nobody"
SOON = FixedDelay(0.01, max_attempts=20)
RECORDED = json.loads(
    (Path(__file__).parents[1] / "data" / "callback_client.json").read_text(encoding="utf-8")
)


class Calls:
    """A client whose callbacks write down what they get, beside the server's loop."""

    def __init__(self, server: ScriptedServer, **options: Any) -> None:
        self.messages: list[Any] = []
        self.errors: list[BaseException] = []
        self.closed: list[tuple[int | None, str | None]] = []
        self.notices: list[Any] = []
        self.order: list[str] = []
        options = {"reconnect": SOON, "subscribe_timeout": 60, **UNHURRIED, **options}
        options.setdefault("on_message", self.on_message)
        self.client = StreamClient(
            KEY,
            "stocks",
            server.url(),
            on_close=self.on_close,
            on_error=self.on_error,
            on_notice=self.on_notice,
            **options,
        )

    async def __aenter__(self) -> Calls:
        self.client.start_stream_thread()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
        await until(lambda: not self.client.is_running)

    async def close(self) -> None:
        """Close from a thread of its own, as the server is in this one."""
        await asyncio.to_thread(self.client.close_stream)

    def on_message(self, ws: Any, message: Any) -> None:
        self.order.append("on_message")
        self.messages.append(message)

    def on_error(self, ws: Any, error: BaseException) -> None:
        assert ws is self.client.WS
        self.order.append("on_error")
        self.errors.append(error)

    def on_close(self, ws: Any, code: int | None, text: str | None) -> None:
        assert ws is self.client.WS
        self.order.append("on_close")
        self.closed.append((code, text))

    def on_notice(self, ws: Any, notice: Any) -> None:
        self.notices.append(notice)

    @property
    def numbers(self) -> list[int]:
        """The ``q`` of every event in the texts."""
        events = [event for text in self.messages for event in json.loads(text)]
        return [event["q"] for event in events if "q" in event]


# ------------------------------------------------------------- beside the community package's


async def played(script: list[list[Any]], peer: ScriptedPeer, received: list[str]) -> None:
    for step, *arguments in script:
        if step == "send":
            peer.send_text(arguments[0])
        elif step == "receive":
            received.append(await peer.receive())
        else:
            peer.close(*arguments)


@pytest.mark.parametrize("name", RECORDED["scripts"])
def test_callbacks_get_what_the_community_packages_get(name: str) -> None:
    """On the same script; what differs on purpose is put in for what was recorded."""
    script, recorded = RECORDED["scripts"][name], RECORDED["played"][name]
    received: list[str] = []
    calls: list[list[Any]] = []
    over, last = threading.Event(), threading.Event()

    def on_message(ws: Any, message: Any) -> None:
        calls.append(["on_message", type(message).__name__, message])
        if "LAST" in message:
            last.set()
        if "RAISE" in message:
            raise LookupError("from the callback")

    def on_error(ws: Any, error: Any) -> None:
        calls.append(["on_error", type(error).__name__])

    def on_close(ws: Any, code: Any, text: Any) -> None:
        calls.append(["on_close", code, text])
        over.set()

    @in_loop
    async def play() -> None:
        async def run_script(peer: ScriptedPeer) -> None:
            await played(script, peer, received)

        async with ScriptedServer(run_script) as server:
            client = StreamClient(
                "KEY", "stocks", "h", on_message, on_close, on_error, reconnect=False, **UNHURRIED
            )
            client.WS.url = server.url()
            client.subscribe_stock_trades()
            client.start_stream_thread(ping_interval=0)
            await until((last if name == "frames" else over).is_set)
            await asyncio.to_thread(client.close_stream)
            assert over.is_set()

    play()
    instead = {
        "bytes": "str",
        "WebSocketConnectionClosedException": "AuthError"
        if name == "refused"
        else "ConnectionLost",
    }
    expected = [[instead.get(str(part), part) for part in call] for call in recorded["calls"]]
    if name == "refused":
        expected[-1] = ["on_close", None, None]  # the key was refused, whatever came after
    assert calls == expected
    assert received == recorded["received"]


# --------------------------------------------------------------------------------- what it gets


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("dicts", [[{"ev": "T", "sym": "A", "q": 1}, {"ev": "T", "q": 2}], [{"ev": "T", "q": 3}]]),
        ("events", [[1, 2], [3]]),
        ("batches", [[1, 2, 3]]),
    ],
)
def test_other_forms_of_messages(form: Any, expected: list[Any]) -> None:
    @in_loop
    async def stream() -> None:
        async with ScriptedServer() as server, Calls(server, messages=form) as calls:
            calls.client.subscribe_stock_trades()
            peer = await server.peer()
            await until(lambda: calls.client.stats().confirmed == ("T.*",))
            peer.send_together(
                '[{"ev":"T","sym":"A","q":1},{"ev":"T","q":2}]', "[]", '[{"ev":"T","q":3}]'
            )
            await until(lambda: calls.client.stats().lost + figures(calls) >= 3)
            data = [one for one in calls.messages if "T" in channels(one)]
        if form == "dicts":
            assert data == expected
        else:
            assert [[event["q"] for event in one] for one in data] == expected

    def channels(message: Any) -> set[str]:
        return {event["ev"] for event in message}

    def figures(calls: Calls) -> int:
        return sum(len(one) for one in calls.messages if "T" in channels(one))

    stream()


@in_loop
async def test_coroutine_functions_are_awaited_one_at_a_time() -> None:
    got: list[str] = []

    async def on_message(ws: Any, text: str) -> None:
        got.append("begin")
        await asyncio.sleep(0)
        got.append("end")
        if '"q":1' in text:
            raise ValueError(text)

    async with ScriptedServer() as server, Calls(server, on_message=on_message) as calls:
        peer = await server.peer()
        await peer.wait_for(1)
        peer.send({"ev": "T", "q": 1})
        await until(lambda: len(got) == 6)
        await until(lambda: calls.errors)
        assert got == ["begin", "end"] * 3
        assert isinstance(calls.errors[0], ValueError)


@in_loop
async def test_a_loss_is_told_and_the_stream_comes_back_with_its_subscriptions() -> None:
    async with ScriptedServer() as server, Calls(server) as calls:
        calls.client.subscribe_stock_trades(["A"])
        first = await server.peer()
        await until(lambda: calls.client.stats().confirmed)
        first.send({"ev": "T", "sym": "A", "q": 1})
        await until(lambda: calls.numbers == [1])
        first.drop()
        second = await server.peer(2)
        await second.wait_for(2)
        # What is asked for while there is no connection is asked of the next one, too.
        calls.client.subscribe_stock_quotes(["B"])
        await until(lambda: second.requested == ["T.A", "Q.B"])
        second.send({"ev": "T", "sym": "A", "q": 2})
        await until(lambda: calls.numbers == [1, 2])
        await until(lambda: calls.notices)
        assert isinstance(calls.notices[0], Gap)
        assert [type(error) for error in calls.errors] == [ConnectionLost]
        assert calls.closed == []
    assert calls.closed == [(1000, None)]
    assert calls.order[-1] == "on_close"


@in_loop
async def test_a_refused_key_ends_the_stream_and_later_calls_say_so() -> None:
    async with ScriptedServer() as server:
        server.bad_keys.add(KEY)
        calls = Calls(server)
        calls.client.subscribe_stock_trades()
        calls.client.start_stream_thread()
        await until(lambda: not calls.client.is_running)
        assert [type(error) for error in calls.errors] == [AuthError]
        assert calls.closed == [(None, None)]
        with pytest.raises(AuthError):
            calls.client.subscribe_stock_quotes()
        await calls.close()
        # Started again it is asked anew.
        server.bad_keys.clear()
        calls.client.start_stream_thread()
        await until(lambda: calls.client.state is State.LIVE)
        assert server.peers[-1].requested == ["T.*"]
        await calls.close()


@in_loop
async def test_what_the_server_refuses_is_told() -> None:
    async with ScriptedServer() as server, Calls(server) as calls:
        server.refused.add("Q.*")
        calls.client.subscribe_stock_quotes()
        await until(lambda: calls.errors)
        (error,) = calls.errors
        assert isinstance(error, SubscriptionError)
        assert error.refused == ("Q.*",)


@in_loop
async def test_an_eviction_ends_it() -> None:
    async with ScriptedServer() as server, Calls(server) as calls:
        peer = await server.peer()
        await until(lambda: calls.client.state is State.LIVE)
        peer.send_status("MAX_CONNECTIONS")
        peer.hang_up()
        await until(lambda: not calls.client.is_running)
        assert isinstance(calls.errors[-1], ConnectionEvicted)
        assert len(server.peers) == 1


# ------------------------------------------------------------------------------------- threads


@in_loop
async def test_requests_from_many_threads_before_and_after_the_start() -> None:
    async with ScriptedServer(accept_everything) as server:
        calls = Calls(server)

        def ask(number: int) -> None:
            for each in range(20):
                calls.client.subscribe_stock_trades([f"S{number}N{each}"])
                if number == 1 and each == 10:
                    calls.client.start_stream_thread()
            calls.client.unsubscribe_stock_trades([f"S{number}N0"])

        await asyncio.gather(*(asyncio.to_thread(ask, number) for number in range(4)))
        expected = {f"T.S{number}N{each}" for number in range(4) for each in range(1, 20)}
        await until(lambda: set(calls.client.stats().confirmed) == expected)
        await calls.close()


@in_loop
async def test_methods_are_called_in_callbacks() -> None:
    def on_message(ws: Any, text: str) -> None:
        if "auth_success" in text:
            calls.client.subscribe_stock_trades(["A"])
            ws.send('{"action":"subscribe","params":"Q.B"}')
        if "Q.B" in text:
            ws.close()
            ended.append(threading.current_thread().name)
        elif ended:
            ended.append("a message after the end")

    ended: list[str] = []
    async with ScriptedServer(accept_everything) as server:
        calls = Calls(server, on_message=on_message)
        calls.client.start_stream_thread()
        await until(lambda: not calls.client.is_running)
        assert ended == ["fastpoly stream"]
        assert calls.errors == []
        assert calls.closed == [(1000, None)]
        assert server.peers[0].requested == ["T.A", "Q.B"]


@in_loop
async def test_a_slow_callback_does_not_stop_the_reading() -> None:
    """Nor does it make the server wait: what has no room is dropped, counted and told."""
    held, go_on = threading.Event(), threading.Event()

    def on_message(ws: Any, text: str) -> None:
        if '"q"' in text:
            held.set()
            go_on.wait()
        calls.on_message(ws, text)

    async with (
        ScriptedServer() as server,
        Calls(server, on_message=on_message, max_buffer_bytes=50_000) as calls,
    ):
        peer = await server.peer()
        await until(lambda: calls.client.state is State.LIVE)
        for number in range(2000):
            peer.send({"ev": "T", "sym": "A", "q": number, "x": "x" * 100})
            if number == 0:
                await until(held.is_set)
        await until(lambda: calls.client.stats().line.events_received >= 2000)
        assert peer.unsent == 0
        go_on.set()
        await until(lambda: calls.numbers and calls.numbers[-1] == 1999)
        await until(lambda: calls.notices)
        lost = calls.client.stats().lost
        assert lost > 0
        assert sum(one.lost for one in calls.notices if isinstance(one, SlowConsumer)) == lost
        assert len(calls.numbers) + lost == 2000
        assert calls.numbers == sorted(calls.numbers)


@in_loop
async def test_closing_does_not_wait_for_a_callback_for_long() -> None:
    inside, release = threading.Event(), threading.Event()

    def on_message(ws: Any, text: str) -> None:
        inside.set()
        release.wait()

    async with ScriptedServer() as server:
        calls = Calls(server, on_message=on_message, close_timeout=0.1)
        calls.client.start_stream_thread()
        await until(inside.is_set)
        await calls.close()  # comes back although the callback does not
        assert calls.client.is_running
        assert calls.client.state is State.CLOSED
        await server.peers[0].gone.wait()
        release.set()
        await until(lambda: not calls.client.is_running)
        assert calls.closed == [(1000, None)]


@in_loop
async def test_closing_before_and_while_it_connects() -> None:
    async with ScriptedServer(only_greet) as server:
        calls = Calls(server)
        await calls.close()
        for number in range(1, 4):
            calls.client.start_stream_thread()
            if number == 1:
                await server.peer()
            await calls.close()
            await until(lambda: not calls.client.is_running)
            assert calls.closed == [(None, None)] * number
        assert calls.errors == []


@in_loop
async def test_starting_twice_is_refused() -> None:
    async with ScriptedServer() as server, Calls(server) as calls:
        with pytest.raises(ValueError, match="The stream is running"):
            calls.client.start_stream_thread()


@in_loop
async def test_an_exit_in_a_callback_ends_the_thread() -> None:
    def on_message(ws: Any, text: str) -> None:
        raise SystemExit(3)

    async with ScriptedServer() as server:
        calls = Calls(server, on_message=on_message)
        calls.client.start_stream_thread()
        await until(lambda: not calls.client.is_running)
        assert calls.errors == []
        assert calls.closed == [(None, None)]


@in_loop
async def test_what_other_callbacks_raise_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedServer() as server, Calls(server) as calls:

        def fail(*arguments: Any) -> None:
            raise LookupError("a callback's own")

        calls.client.WS.on_message = calls.client.WS.on_error = calls.client.WS.on_close = fail
        peer = await server.peer()
        await until(lambda: calls.client.state is State.LIVE)
        peer.send({"ev": "T", "q": 1})
        await until(lambda: "on_error raised" in caplog.text)
    assert "on_close raised" in caplog.text


@in_loop
async def test_connection_logs_are_of_one_client_and_without_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with ScriptedServer() as server:
        async with Calls(server, enable_connection_logs=True) as calls:
            await until(lambda: calls.client.state is State.LIVE)
        loud = [one for one in caplog.records if one.levelno == logging.DEBUG]
        assert any("subscribing -> live" in one.getMessage() for one in loud)
        caplog.clear()
        async with Calls(server) as calls:
            await until(lambda: calls.client.state is State.LIVE)
        assert not [one for one in caplog.records if one.name.startswith("fastpoly.client")]
    assert KEY not in caplog.text


PROGRAM = """
import json, sys, threading
from fastpoly.polygon import StreamClient

def on_message(ws, message):
    for event in json.loads(message):
        if event["ev"] == "T":
            print(event["sym"], threading.current_thread() is threading.main_thread(), flush=True)
            client.close_stream()

client = StreamClient("KEY", "stocks", sys.argv[1], on_message, print, print)
client.start_stream_thread()
client.subscribe_stock_trades(["AAPL"])
"""


@in_loop
async def test_the_thread_keeps_a_program_running_whose_end_is_reached() -> None:
    async def script(peer: ScriptedPeer) -> None:
        await peer.login()
        await peer.confirm()
        peer.send({"ev": "T", "sym": "AAPL"})

    async with ScriptedServer(script) as server:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-W", "error", "-c", PROGRAM, server.url()],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == "AAPL False"
    assert done.stdout.splitlines()[1].endswith("1000 None")
    assert done.returncode == 0
