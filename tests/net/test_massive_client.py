"""`fastpoly.massive.WebSocketClient`: its calls, and what the official client gets wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from fastpoly.capture import CaptureWriter
from fastpoly.errors import (
    AuthError,
    ConnectError,
    ConnectionEvicted,
    ConnectionLost,
    FastpolyError,
    ForcedDisconnect,
    NotAuthorizedError,
    SlowReaderError,
    UsageError,
)
from fastpoly.massive import WebSocketClient
from fastpoly.massive.websocket.models import EquityQuote, EquityTrade
from fastpoly.net.credentials import API_KEY_VARIABLES
from fastpoly.protocol.lifecycle import State
from fastpoly.reconnect import Backoff
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.loops import in_loop
from tests.net.tls import server_context
from tests.waiting import PATIENCE_S, UNHURRIED, until

AT_ONCE = Backoff(initial_s=0.0, retry_first=True, max_attempts=5)
TIMEOUTS = {name: UNHURRIED[name] for name in ("open_timeout", "auth_timeout")}


def client_of(server: ScriptedServer, cls: Any = WebSocketClient, **options: Any) -> Any:
    options = {"reconnect": AT_ONCE, "secure": False, **TIMEOUTS, **options}
    return cls("KEYKEYKEY", feed=f"127.0.0.1:{server.port}", **options)


class Running:
    """A client that is connected, and the messages that its handler got, frame by frame."""

    def __init__(self, server: ScriptedServer, *subs: str, **options: Any) -> None:
        self.client = client_of(server, subscriptions=subs, **options)
        self.frames: list[Any] = []
        self.task = asyncio.create_task(self.client.connect(self.frames.append, 60))

    async def __aenter__(self) -> Running:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.client.close()
        await self.task

    @property
    def models(self) -> list[Any]:
        return [model for frame in self.frames for model in frame]


def trade(number: int, symbol: str = "A") -> dict[str, Any]:
    return {"ev": "T", "sym": symbol, "q": number}


# ------------------------------------------------------------------------------ what it is given


@in_loop
async def test_one_call_for_each_frame_with_its_models() -> None:
    async with ScriptedServer() as server, Running(server, "T.*") as run:
        peer = await server.peer()
        await peer.wait_for(2)
        peer.send_together(
            json.dumps([trade(1), {"ev": "Q", "sym": "B", "bp": 2}]),
            json.dumps([{"ev": "status", "status": "success", "message": "subscribed to: T.*"}]),
            json.dumps([trade(2)]),
            "[]",
            json.dumps([{"ev": "new"}]),
            json.dumps([{"ev": "new"}, trade(3)]),
        )
        await until(lambda: len(run.frames) == 3)
        assert run.frames == [
            [
                EquityTrade(event_type="T", symbol="A", sequence_number=1),
                EquityQuote(event_type="Q", symbol="B", bid_price=2),
            ],
            [EquityTrade(event_type="T", symbol="A", sequence_number=2)],
            [EquityTrade(event_type="T", symbol="A", sequence_number=3)],
        ]
        assert all(type(frame) is list for frame in run.frames)


@pytest.mark.parametrize("raw", [False, True])
def test_a_recording_instead_of_a_server(
    raw: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in API_KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks") as writer:
        for number in range(3):
            frame = json.dumps([trade(number), trade(number, "B"), {"ev": "Q", "sym": "A"}])
            writer.add_frame(frame.encode(), 1_781_706_600_000_000_000 + number)
    client = WebSocketClient(url=f"file:{path}?speed=max", subscriptions=["T.A"], raw=raw)
    frames: list[Any] = []
    client.run(frames.append)
    if raw:
        frames = [json.loads(frame) for frame in frames]
        trades = [one for frame in frames for one in frame if one["ev"] == "T"]
        assert [one["q"] for one in trades if one["sym"] == "A"] == [0, 1, 2]
    else:
        assert [[(one.symbol, one.sequence_number) for one in frame] for frame in frames] == [
            [("A", number)] for number in range(3)
        ]


@in_loop
async def test_raw_frames_are_the_bytes_that_came() -> None:
    texts = ['[ {"ev":"T", "sym":"\\u0041"} ]', '[{"ev":"Q"},{"ev":"new","é":1}]']
    async with ScriptedServer() as server, Running(server, "T.*", raw=True) as run:
        peer = await server.peer()
        await until(lambda: len(run.frames) == 1)
        peer.send_together(*texts)
        await until(lambda: len(run.frames) == 3)
        assert json.loads(run.frames[0])[0]["message"] == "subscribed to: T.*"
        assert run.frames[1:] == texts


@in_loop
async def test_handlers_of_both_kinds_one_call_at_a_time() -> None:
    async with ScriptedServer() as server:
        client = client_of(server, subscriptions=["T.A"])
        got: list[int] = []
        inside = 0

        async def handler(models: list[Any]) -> None:
            nonlocal inside
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            got.append(models[0].sequence_number)
            inside -= 1
            if len(got) == 5:
                await client.close()

        task = asyncio.create_task(client.connect(handler))
        peer = await server.peer()
        await peer.wait_for(2)
        peer.send_together(*(json.dumps([trade(number)]) for number in range(9)))
        await task
        # Who closes from inside gets no more.
        assert got == [0, 1, 2, 3, 4]
        assert client.state is State.CLOSED


@in_loop
async def test_what_came_before_a_close_from_outside_is_handled() -> None:
    async with ScriptedServer() as server:
        run = Running(server, "T.A")
        peer = await server.peer()
        await peer.wait_for(2)
        peer.send_together(*(json.dumps([trade(number)]) for number in range(9)))
        await until(lambda: run.client.stats().line.events_received == 9)
        await run.client.close()
        await run.task
        assert [model.sequence_number for model in run.models] == list(range(9))
        assert run.client.websocket is None


def test_run_takes_functions_and_coroutine_functions() -> None:
    with ServerInAThread() as port:
        for make in (_plain, _coroutine):
            client = WebSocketClient(
                "KEY", feed=f"127.0.0.1:{port}", secure=False, subscriptions=["T.A"], **TIMEOUTS
            )
            got: list[Any] = []
            client.run(make(client, got))
            assert got == [[EquityTrade(event_type="T", symbol="A", sequence_number=7)]]


def _plain(client: WebSocketClient, got: list[Any]) -> Callable[[Any], object]:
    def handle(models: list[Any]) -> None:
        got.append(models)
        closing.append(asyncio.get_running_loop().create_task(client.close()))

    closing: list[Any] = []
    return handle


def _coroutine(client: WebSocketClient, got: list[Any]) -> Callable[[Any], object]:
    async def handle(models: list[Any]) -> None:
        got.append(models)
        await client.close()

    return handle


class ServerInAThread:
    """A server that sends a trade after each subscription, for calls that block."""

    def __enter__(self) -> int:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)))
        self._thread.start()
        assert ready.wait(PATIENCE_S)
        return self._port

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self, ready: threading.Event) -> None:
        async def script(peer: ScriptedPeer) -> None:
            await peer.login()
            await peer.confirm()
            peer.send(trade(7))

        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with ScriptedServer(script) as server:
            self._port = server.port
            ready.set()
            await self._over.wait()


@in_loop
async def test_run_in_a_running_loop_is_refused() -> None:
    client = WebSocketClient("KEYKEYKEY")
    with pytest.raises(UsageError, match="event loop is running"):
        client.run(print)
    with pytest.raises(UsageError, match="not callable"):
        await client.connect(None)  # type: ignore[arg-type]


@in_loop
async def test_closing_what_is_not_connected_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    await WebSocketClient("KEYKEYKEY").close()
    assert "no websocket open to close" in caplog.text


@in_loop
async def test_the_url_may_be_assigned_before_connecting() -> None:
    async with ScriptedServer() as server:
        client = WebSocketClient("KEYKEYKEY", subscriptions=["T.A"])
        client.url = server.url("stocks")
        task = asyncio.create_task(client.connect(print))
        await (await server.peer()).wait_for(2)
        with pytest.raises(UsageError, match="is connected"):
            await client.connect(print)
        assert client.websocket is not None
        await client.websocket.close()
        await task


@pytest.mark.parametrize("variable", ["", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_certificate_authorities_by_argument_and_by_the_environment(
    authority: trustme.CA, tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(pem)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, str(pem))

    @in_loop
    async def connect() -> None:
        async with ScriptedServer(context=server_context(authority)) as server:
            ca_certs = None if variable else str(pem)
            run = Running(server, "T.A", secure=True, ca_certs=ca_certs)
            await until(lambda: run.client.subs)
            await run.client.close()
            await run.task

    connect()


@in_loop
async def test_a_cancelled_connect_leaves_nothing_behind() -> None:
    async with ScriptedServer() as server:
        run = Running(server, "T.A")
        peer = await server.peer()
        await peer.wait_for(2)
        run.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run.task
        await peer.gone.wait()
        assert run.client.state is State.CLOSED


@in_loop
async def test_another_thread_may_close_it() -> None:
    async with ScriptedServer() as server:
        run = Running(server, "T.A")
        await until(lambda: run.client.subs)
        await asyncio.to_thread(lambda: asyncio.run(run.client.close()))
        await run.task
        assert run.client.state is State.CLOSED


def test_ctrl_c_ends_run() -> None:
    with ServerInAThread() as port:
        client = WebSocketClient(
            "KEY", feed=f"127.0.0.1:{port}", secure=False, subscriptions=["T.A"], **TIMEOUTS
        )
        with pytest.raises(KeyboardInterrupt):
            client.run(lambda models: signal.raise_signal(signal.SIGINT))
        assert client.state is State.CLOSED
        assert client.websocket is None


# --------------------------------------------------------------------------------- subscriptions


@in_loop
async def test_changes_are_sent_at_once_wherever_they_are_made() -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        client.subscribe("T.A")  # before there is a connection

        def handler(models: list[Any]) -> None:
            client.subscribe(f"Q.B{models[0].sequence_number}")  # in a handler
            assert client._subscriptions.is_held(f"Q.B{models[0].sequence_number}")

        task = asyncio.create_task(client.connect(handler))
        peer = await server.peer()
        await peer.wait_for(2)
        peer.send(trade(1))
        await peer.wait_for(3)
        client.subscribe("T.C", "T.D")  # with nothing coming in
        assert client._subscriptions.is_held("T.C")
        await asyncio.to_thread(client.unsubscribe, "T.A")  # in another thread
        await peer.wait_for(5)
        client.unsubscribe_all()
        await peer.wait_for(6)
        assert [(one["action"], one["params"]) for one in peer.requests[1:]] == [
            ("subscribe", "T.A"),
            ("subscribe", "Q.B1"),
            ("subscribe", "T.C,T.D"),
            ("unsubscribe", "T.A"),
            ("unsubscribe", "Q.B1,T.C,T.D"),
        ]
        await until(lambda: client.subs == set())
        assert client.scheduled_subs == set()
        await client.close()
        await task


@in_loop
async def test_wildcards_are_kept_and_take_the_place_of_their_own_channel_alone() -> None:
    async with ScriptedServer() as server, Running(server, "T.*", "AM.X", "A.Y") as run:
        peer = await server.peer()
        await peer.wait_for(2)
        run.client.subscribe("T.*")
        run.client.subscribe("A.*")
        await peer.wait_for(4)
        await until(lambda: run.client.subs == {"T.*", "AM.X", "A.*"})
        assert [(one["action"], one["params"]) for one in peer.requests[2:]] == [
            ("subscribe", "A.*"),
            ("unsubscribe", "A.Y"),
        ]


@in_loop
async def test_refusals_are_logged_and_end_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedServer() as server:
        server.refused.add("Q.*")
        async with Running(server, "T.*", "Q.*") as run:
            peer = await server.peer()
            await until(lambda: "refused Q.*" in caplog.text)
            peer.send(trade(1))
            await until(lambda: run.frames)


class InChunks(WebSocketClient):
    """As a public program does it: sends its own requests, a few parameters each."""

    async def _subscribe(self, topics: Any) -> None:
        ordered = sorted(topics)
        for at in range(0, len(ordered), 2):
            assert self.websocket is not None
            params = ",".join(ordered[at : at + 2])
            await self.websocket.send(self.json.dumps({"action": "subscribe", "params": params}))


@in_loop
async def test_a_subclass_may_send_its_own_requests() -> None:
    async with ScriptedServer() as server:
        client = client_of(server, InChunks, subscriptions=["T.A", "T.B", "T.C"])
        assert client.scheduled_subs == {"T.A", "T.B", "T.C"}
        task = asyncio.create_task(client.connect(print))
        peer = await server.peer()
        await peer.wait_for(3)
        client.subscribe("T.D")
        await peer.wait_for(4)
        assert [one["params"] for one in peer.requests[1:]] == ["T.A,T.B", "T.C", "T.D"]
        await until(lambda: client.subs == client.scheduled_subs)
        peer.drop()
        again = await server.peer(2)
        await until(lambda: set(again.requested) == {"T.A", "T.B", "T.C", "T.D"})
        with pytest.raises(UsageError, match="Only requests"):
            await client.websocket.send('{"action":"auth","params":"x"}')
        await client.close()
        await task


# ------------------------------------------------------------- connections that are lost, and ends


async def cut_before_the_greeting(peer: ScriptedPeer) -> None:
    peer.drop()


async def cut_during_login(peer: ScriptedPeer) -> None:
    peer.send_status("CONNECTED")
    await peer.request()
    peer.drop()


async def cut_before_the_first_subscribe(peer: ScriptedPeer) -> None:
    peer.send_status("CONNECTED")
    await peer.request()
    peer.send_status("AUTH_SUCCESS")
    peer.drop()


async def cut_before_the_answer(peer: ScriptedPeer) -> None:
    await peer.login()
    await peer.request()
    peer.drop()


CUTS = [
    cut_before_the_greeting,
    cut_during_login,
    cut_before_the_first_subscribe,
    cut_before_the_answer,
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.__name__)
@pytest.mark.parametrize("broken", [(1,), (2,), (1, 2), (2, 3)])
@in_loop
async def test_subscriptions_come_back_wherever_a_login_is_cut(
    cut: Callable[[ScriptedPeer], Awaitable[None]], broken: tuple[int, ...]
) -> None:
    async def script(peer: ScriptedPeer) -> None:
        if peer.number in broken:
            await cut(peer)
            return
        await peer.login()
        while True:
            await peer.confirm()

    async with ScriptedServer(script) as server, Running(server, "T.A", "Q.B") as run:
        if 1 not in broken:
            peer = await server.peer()
            await until(lambda: run.client.subs)
            peer.drop()
        last = await server.peer(broken[-1] + 1)
        await until(lambda: set(last.requested) == {"T.A", "Q.B"})
        await until(lambda: run.client.subs == {"T.A", "Q.B"})


@in_loop
async def test_what_is_subscribed_to_between_two_connections_comes_too() -> None:
    async with ScriptedServer() as server, Running(server, "T.A") as run:
        peer = await server.peer()
        await until(lambda: run.client.subs)

        def subscribe_and_greet(peer: ScriptedPeer) -> None:
            run.client.subscribe("Q.B")
            server.greet(peer)

        server.on_connect = subscribe_and_greet
        peer.drop()
        again = await server.peer(2)
        await until(lambda: set(again.requested) == {"T.A", "Q.B"})


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011])
@in_loop
async def test_a_connection_that_the_server_closes_is_restored(code: int) -> None:
    async with ScriptedServer() as server, Running(server, "T.A") as run:
        peer = await server.peer()
        await until(lambda: run.client.subs)
        peer.close(code)
        again = await server.peer(2)
        await again.wait_for(2)
        again.send(trade(1))
        await until(lambda: run.frames)


@in_loop
async def test_it_may_run_again_and_is_subscribed_then() -> None:
    async with ScriptedServer() as server:
        client = client_of(server, subscriptions=["T.A"])
        for number in (1, 2, 3):
            got: list[Any] = []
            task = asyncio.create_task(client.connect(got.append))
            peer = await server.peer(number)
            await peer.wait_for(2)
            peer.send(trade(number))
            await until(lambda: got)  # noqa: B023
            await client.close()
            await task
            assert peer.requested == ["T.A"]


@in_loop
async def test_it_gives_up_after_so_many_reconnects_as_programs_expect() -> None:
    websockets = pytest.importorskip("websockets.exceptions")
    async with ScriptedServer() as server:
        run = Running(server, "T.A", reconnect=None, max_reconnects=0)
        peer = await server.peer()
        await until(lambda: run.client.subs)
        peer.close(1011, "why")
        with pytest.raises(ConnectionLost, match="why") as caught:
            await run.task
        assert isinstance(caught.value, websockets.ConnectionClosedError)
        assert len(server.peers) == 1


@in_loop
async def test_a_host_that_is_not_there_is_not_tried_for_ever() -> None:
    async with ScriptedServer() as server:
        client = client_of(server, reconnect=Backoff(initial_s=0, max_attempts=2, retry_first=True))
        server.stop_listening()
        with pytest.raises(ConnectError) as caught:
            await client.connect(print)
        assert isinstance(caught.value, ConnectionRefusedError)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("AUTH_FAILED", AuthError),
        ("AUTH_TIMEOUT", AuthError),
        ("MAX_CONNECTIONS", ConnectionEvicted),
        ("NO_PLAN", NotAuthorizedError),
    ],
)
@in_loop
async def test_a_refused_key_is_an_error_whatever_it_is_called(
    status: str, error: type[FastpolyError]
) -> None:
    async def script(peer: ScriptedPeer) -> None:
        peer.send_status("CONNECTED")
        await peer.request()
        peer.send_status(status)

    async with ScriptedServer(script) as server:
        client = client_of(server, reconnect=Backoff(max_attempts=0), subscriptions=["T.A"])
        with pytest.raises(error) as caught:
            await client.connect(print)
        assert len(server.peers) == 1
        assert isinstance(caught.value, AuthError) is (status != "MAX_CONNECTIONS")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("max_connections", ConnectionEvicted),
        ("slow_consumer", SlowReaderError),
        ("force_disconnect", ForcedDisconnect),
    ],
)
@in_loop
async def test_what_the_server_said_before_it_closed_is_why(
    status: str, error: type[FastpolyError]
) -> None:
    async with ScriptedServer() as server:
        run = Running(server, "T.A", reconnect=None, max_reconnects=0)
        peer = await server.peer()
        await until(lambda: run.client.subs)
        peer.send({"ev": "status", "status": status, "message": "the reason"})
        peer.close(1008)
        with pytest.raises(error):
            await run.task


@in_loop
async def test_an_unknown_status_is_said_with_the_loss_that_follows() -> None:
    async with ScriptedServer() as server:
        run = Running(server, "T.A", reconnect=None, max_reconnects=0)
        peer = await server.peer()
        await until(lambda: run.client.subs)
        peer.send({"ev": "status", "status": "odd", "message": "never seen before"})
        peer.close(1011)
        with pytest.raises(ConnectionLost, match="never seen before"):
            await run.task


@pytest.mark.parametrize(
    "frame",
    [
        "not JSON",
        '{"ev":"T"}',
        "5",
        '[{"ev":"status"}]',
        '[{"ev":"status","status":"error"}]',
        "[null]",
        '[{"p":1}]',
    ],
)
@in_loop
async def test_no_frame_ends_the_stream(frame: str) -> None:
    async with ScriptedServer() as server, Running(server, "T.A") as run:
        peer = await server.peer()
        await until(lambda: run.client.subs)
        peer.send_text(frame)
        peer.send(trade(5))
        await until(lambda: run.models and run.models[-1].sequence_number == 5)
        assert len(server.peers) == 1


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError, TypeError])
@in_loop
async def test_what_a_handler_raises_is_logged_and_ends_nothing(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    async with ScriptedServer() as server:
        client = client_of(server, subscriptions=["T.A"])
        got: list[int] = []

        def handler(models: list[Any]) -> None:
            got.append(models[0].sequence_number)
            if len(got) < 3:
                raise error("mine")

        task = asyncio.create_task(client.connect(handler))
        peer = await server.peer()
        await peer.wait_for(2)
        peer.send_together(*(json.dumps([trade(number)]) for number in range(3)))
        await until(lambda: len(got) == 3)
        assert caplog.text.count("handler failed") + caplog.text.count("failed") >= 2
        await client.close()
        await task


@in_loop
async def test_an_exit_in_a_handler_is_carried_out() -> None:
    class Leave(SystemExit):
        pass

    async with ScriptedServer() as server:

        def handler(models: list[Any]) -> None:
            raise Leave

        client = client_of(server, subscriptions=["T.A"])
        sending = asyncio.create_task(_send_when_subscribed(server))
        with pytest.raises(Leave):
            await client.connect(handler)
        await sending
        await server.peers[0].gone.wait()


async def _send_when_subscribed(server: ScriptedServer) -> None:
    peer = await server.peer()
    await peer.wait_for(2)
    peer.send(trade(1))


@in_loop
async def test_unknown_events_are_left_out_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedServer() as server, Running(server, "T.A") as run:
        peer = await server.peer()
        await peer.wait_for(2)
        peer.send({"ev": "new"}, trade(1))
        await until(lambda: run.frames)
        assert "no model is known" in caplog.text
        assert [model.sequence_number for model in run.models] == [1]


@in_loop
async def test_a_gap_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedServer() as server, Running(server, "T.A") as run:
        peer = await server.peer()
        await until(lambda: run.client.subs)
        peer.send(trade(1))
        await until(lambda: run.frames)
        peer.drop()
        again = await server.peer(2)
        await again.wait_for(2)
        again.send(trade(2))
        await until(lambda: len(run.frames) == 2)
        assert "Gap" in caplog.text or "without data" in caplog.text


@in_loop
async def test_a_verbose_client_logs_what_the_server_says_without_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with ScriptedServer() as server, Running(server, "T.A", verbose=True) as run:
        peer = await server.peer()
        await until(lambda: run.client.subs)
        peer.send({"ev": "status", "status": "odd", "message": "you sent KEYKEYKEY"}, trade(1))
        await until(lambda: run.frames)
        assert "status: subscribed to: T.A" in caplog.text
        assert "KEYKEYKEY" not in caplog.text


@in_loop
async def test_a_handler_that_waits_holds_the_server_up_and_loses_nothing() -> None:
    async with ScriptedServer() as server:
        client = client_of(server, subscriptions=["T.*"])
        gate = asyncio.Event()
        got = 0

        async def handler(models: list[Any]) -> None:
            nonlocal got
            await gate.wait()
            got += len(models)

        task = asyncio.create_task(client.connect(handler))
        peer = await server.peer()
        await peer.wait_for(2)
        frame = json.dumps([trade(number) for number in range(1000)])
        for _ in range(50):
            peer.send_text(frame)
        await until(lambda: client.stats().waiting[0].nbytes > 0)
        gate.set()
        await until(lambda: got == 50_000)
        assert client.stats().lost == 0
        await client.close()
        await task
