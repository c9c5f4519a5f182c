"""`AsyncStreamClient` against a recording server: requests, messages, handlers, its life."""

from __future__ import annotations

import asyncio
import enum
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from fastpoly import schema
from fastpoly.errors import (
    AuthError,
    ConnectError,
    ConnectionLost,
    DecodeError,
    NotAuthorizedError,
    SubscriptionError,
    UsageError,
)
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix
from fastpoly.polygon.services import SERVICES
from fastpoly.serving.scripted_server import only_greet, only_log_in
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.loops import in_loop
from tests.waiting import PATIENCE_S, UNHURRIED, stands_still, until

RECORDED = json.loads(
    (Path(__file__).parents[1] / "data" / "community_wire.json").read_text(encoding="utf-8")
)
AUTH = '{"action":"auth","params":"KEY"}'


def make(server: ScriptedServer, market: str = "stocks", **options: Any) -> AsyncStreamClient:
    return AsyncStreamClient("KEY", market, server.url(market), **{**UNHURRIED, **options})


def collector() -> tuple[list[Any], Any]:
    got: list[Any] = []

    async def handler(message: Any) -> None:
        got.append(message)

    return got, handler


# ------------------------------------------------------------------------------------ requests


@pytest.mark.parametrize("cluster", RECORDED["wire"])
@in_loop
async def test_every_method_sends_what_the_community_client_sends(cluster: str) -> None:
    expected = [RECORDED["auth"]]
    async with ScriptedServer(only_log_in) as server, make(server, cluster) as client:
        for method, variants in RECORDED["wire"][cluster].items():
            service = SERVICES[method.partition("_")[2]]
            if schema.MARKETS[cluster].channel(service.channel) is None and not service.everywhere:
                with pytest.raises(SubscriptionError):
                    await getattr(client, method)()
                continue
            for variant, sent in variants.items():
                args, kwargs = RECORDED["arguments"][cluster][variant]
                await getattr(client, method)(*args, **kwargs)
                expected.append(sent)
        assert await server.peers[-1].wait_for(len(expected)) == expected
        assert server.peers[-1].path == cluster
    assert len(expected) > 50


@in_loop
async def test_first_calls_at_once_log_in_once() -> None:
    async with ScriptedServer() as server, make(server) as client:
        await asyncio.gather(
            client.subscribe_stock_trades(["A"]),
            client.subscribe_stock_quotes(["B"]),
            client.unsubscribe_stock_trades(["C"]),
            client.handle_messages(),
        )
        texts = await server.peers[-1].wait_for(4)
        assert (len(server.peers), texts[0]) == (1, AUTH)


@in_loop
async def test_text_without_a_channel_is_sent_and_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with ScriptedServer(only_log_in) as server, make(server) as client:
        await client.subscribe_stock_trades("AAPL")
        assert (await server.peers[-1].wait_for(2))[1] == '{"action":"subscribe", "params":"AAPL"}'
    assert "'AAPL' names no channel" in caplog.text


# ------------------------------------------------------------------------------------ messages


@in_loop
async def test_handle_messages_handles_exactly_one_frame() -> None:
    async with ScriptedServer(only_log_in) as server, make(server) as client:
        statuses: list[Any] = []
        got, handler = collector()
        await client.change_handler("status", statuses.append)
        await client.subscribe_stock_trades(handler_function=handler)
        server.peers[-1].send_together(
            '[{"ev":"T","q":1},{"ev":"T","q":2}]',
            '[{"ev":"T","q":3},{"ev":"status","status":"success","message":"x"},{"ev":"T","q":4}]',
            "[]",
            '{"ev":"T","q":5}',
        )
        seen = []
        for _ in range(6):
            await client.handle_messages()
            seen.append((len(statuses), [trade["q"] for trade in got]))
        assert seen == [
            (1, []),
            (2, []),
            (2, [1, 2]),
            (3, [1, 2, 3, 4]),
            (3, [1, 2, 3, 4]),
            (3, [1, 2, 3, 4, 5]),
        ]
        assert [status["status"] for status in statuses] == ["connected", "auth_success", "success"]
        assert got[0] == {"ev": "T", "q": 1}
        assert type(got[0]) is dict


@in_loop
async def test_handle_messages_logs_in_and_waits() -> None:
    async with ScriptedServer() as server, make(server) as client:
        got: list[Any] = []
        await client.change_handler(StreamServicePrefix.STATUS, got.append)
        await client.handle_messages()
        await client.handle_messages()
        assert await server.peers[-1].wait_for(1) == [AUTH]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.handle_messages(), 0.02)
        # A call that was cancelled has taken no frame away.
        server.peers[-1].send({"ev": "status", "status": "new"})
        await client.handle_messages()
        assert [message["status"] for message in got] == ["connected", "auth_success", "new"]


@in_loop
async def test_slow_handler_does_not_hold_the_users_loop_up() -> None:
    async with ScriptedServer(only_log_in) as server, make(server) as client:
        gate = asyncio.Event()
        slow: list[Any] = []
        quotes: list[Any] = []

        async def on_trade(message: Any) -> None:
            await gate.wait()
            slow.append(message["q"])

        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=on_trade)
        await client.subscribe_stock_quotes(handler_function=quotes.append)
        for number in range(4):
            server.peers[-1].send({"ev": "T", "q": number}, {"ev": "Q", "q": number})
        for _ in range(6):
            await client.handle_messages()
        assert ([quote["q"] for quote in quotes], slow) == ([0, 1, 2, 3], [])
        gate.set()
        await until(lambda: slow == [0, 1, 2, 3])


@pytest.mark.parametrize("override", ["none", "sync", "async"])
@in_loop
async def test_default_handler_prints_unless_overridden(
    override: str, capsys: pytest.CaptureFixture[str]
) -> None:
    got: list[Any] = []

    class Quiet(AsyncStreamClient):
        def _default_process_message(self, update: Any) -> None:  # type: ignore[override]
            got.append(update)

    class AlsoQuiet(AsyncStreamClient):
        async def _default_process_message(self, update: Any) -> None:
            await asyncio.sleep(0)
            got.append(update)

    kind = {"none": AsyncStreamClient, "sync": Quiet, "async": AlsoQuiet}[override]
    async with ScriptedServer(only_log_in) as server, kind("KEY", "stocks", server.url()) as client:
        await client.subscribe_stock_trades()
        server.peers[-1].send({"ev": "T", "p": 1}, {"ev": "ZZ"}, {"no": "ev"})
        for _ in range(3):
            await client.handle_messages()
    expected = [
        {"ev": "status", "status": "connected", "message": "Connected Successfully"},
        {"ev": "status", "status": "auth_success", "message": "authenticated"},
        {"ev": "T", "p": 1},
        {"ev": "ZZ"},
        {"no": "ev"},
    ]
    if override == "none":
        assert capsys.readouterr().out.splitlines() == [str(message) for message in expected]
    else:
        assert (got, capsys.readouterr().out) == (expected, "")


@in_loop
async def test_running_loop_with_every_kind_of_handler_and_changes_on_the_way() -> None:
    async with ScriptedServer() as server, make(server) as client:
        trades: list[Any] = []
        others: list[Any] = []

        def on_trade(message: Any) -> None:
            trades.append(message["q"])

        async def on_other(message: Any) -> None:
            await asyncio.sleep(0)
            others.append(message["q"])

        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(["A"], on_trade)
        running = asyncio.create_task(client.handle_messages(reconnect=True))
        server.peers[-1].send({"ev": "T", "q": 1})
        await until(lambda: trades == [1])
        await client.change_handler(StreamServicePrefix.STOCK_TRADES, on_other)
        await client.subscribe_stock_quotes(handler_function=on_other)
        await server.peers[-1].wait_for(3)
        server.peers[-1].send({"ev": "T", "q": 2}, {"ev": "Q", "q": 3}, {"ev": "T", "q": 4})
        await until(lambda: others == [2, 3, 4])
        await client.unsubscribe_stock_quotes()
        await client.change_handler("T", None)
        assert (await server.peers[-1].wait_for(4))[3] == '{"action":"unsubscribe", "params":"Q.*"}'
        await client.close_stream()
        assert await running is None
    assert trades == [1]


@in_loop
async def test_subscriptions_and_handlers_change_from_inside_a_handler() -> None:
    async with ScriptedServer() as server, make(server) as client:
        got, second = collector()

        async def first(message: Any) -> None:
            await client.subscribe_stock_quotes(["B"], second)
            await client.unsubscribe_stock_trades(["A"])
            await client.change_handler("T", second)
            got.append("changed")

        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(["A"], first)
        running = asyncio.create_task(client.handle_messages(reconnect=True))
        server.peers[-1].send({"ev": "T", "q": 1}, {"ev": "T", "q": 2})
        server.peers[-1].send({"ev": "Q", "q": 3})
        await until(lambda: len(got) == 3)
        assert got == ["changed", {"ev": "T", "q": 2}, {"ev": "Q", "q": 3}]
        assert (await server.peers[-1].wait_for(4))[2:] == [
            '{"action":"subscribe", "params":"Q.B"}',
            '{"action":"unsubscribe", "params":"T.A"}',
        ]
        await client.close_stream()
        await running


@in_loop
async def test_handler_may_close_the_stream() -> None:
    async with ScriptedServer(only_log_in) as server:
        client = make(server)
        got: list[Any] = []

        async def handler(message: Any) -> None:
            got.append(message)
            await client.close_stream()

        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=handler)
        running = asyncio.create_task(client.handle_messages(reconnect=True))
        server.peers[-1].send({"ev": "T", "q": 1}, {"ev": "T", "q": 2})
        async with asyncio.timeout(PATIENCE_S):
            await running
        await until(lambda: server.peers[-1].gone.is_set())
        assert (len(got), server.peers[-1].close_code) == (1, 1000)


@pytest.mark.parametrize("running", [False, True])
@in_loop
async def test_handler_that_raises_is_reported_and_the_stream_goes_on(
    running: bool, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Any] = []
    got: list[Any] = []

    def on_error(*what: Any) -> None:
        errors.append(what)
        raise RuntimeError("on_error is broken too")

    async def handler(message: Any) -> None:
        got.append(message["q"])
        if message["q"] == 1:
            raise ValueError("broken")

    async with ScriptedServer(only_log_in) as server, make(server, on_error=on_error) as client:
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=handler)
        server.peers[-1].send({"ev": "T", "q": 1}, {"ev": "T", "q": 2})
        if running:
            task = asyncio.create_task(client.handle_messages(reconnect=True))
            await until(lambda: got == [1, 2])
            await client.close_stream()
            await task
        else:
            for _ in range(3):
                await client.handle_messages()
        assert len(server.peers) == 1
    ((error, failed, message),) = errors
    assert (type(error), failed, message) == (ValueError, handler, {"ev": "T", "q": 1})
    assert got == [1, 2]
    assert "broken" in caplog.text
    assert "on_error" in caplog.text


@in_loop
async def test_frame_that_is_not_json_is_reported_and_the_stream_goes_on() -> None:
    errors: list[Any] = []
    got, handler = collector()
    async with (
        ScriptedServer(only_log_in) as server,
        make(server, on_error=lambda *what: errors.append(what)) as client,
    ):
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=handler)
        server.peers[-1].send_together('[{"ev":"T"},', '[{"ev":"T","q":1}]')
        for _ in range(3):
            await client.handle_messages()
    assert got == [{"ev": "T", "q": 1}]
    ((error, failed, message),) = errors
    assert (type(error), failed, message) == (DecodeError, None, None)


@pytest.mark.parametrize("messages", ["events", "batches"])
@in_loop
async def test_other_forms_of_messages(messages: Any) -> None:
    got, handler = collector()
    async with ScriptedServer(only_log_in) as server, make(server, messages=messages) as client:
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=handler)
        server.peers[-1].send({"ev": "T", "p": 1.5}, {"ev": "T", "p": 2.5})
        for _ in range(3):
            await client.handle_messages()
    if messages == "batches":
        (batch,) = got
        got = list(batch)
    assert [event.price for event in got] == [1.5, 2.5]


@in_loop
async def test_reading_pauses_while_handlers_are_behind_and_nothing_is_lost() -> None:
    gate = asyncio.Event()
    got: list[int] = []

    async def handler(message: Any) -> None:
        await gate.wait()
        got.append(message["q"])

    count, padding = 3000, "x" * 4000
    async with (
        ScriptedServer(only_log_in) as server,
        make(server, max_buffer_bytes=100_000) as client,
    ):
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=handler)
        running = asyncio.create_task(client.handle_messages(reconnect=True))
        for number in range(count):
            server.peers[-1].send({"ev": "T", "q": number, "x": padding})
        await until(lambda: client.stats().received)
        await stands_still(lambda: client.stats().received)
        # 12 MB were sent; most of it is still with the server or in the kernel's buffers.
        assert server.peers[-1].unsent > 1_000_000
        waiting = [one.buffer.peak_nbytes for one in client.stats().handlers]
        assert max(waiting) <= 200_000
        gate.set()
        await until(lambda: len(got) == count)
        assert got == list(range(count))
        await client.close_stream()
        await running


# ----------------------------------------------------------------------------- coming and going


def refuse(status: str, message: str) -> Any:
    async def script(peer: ScriptedPeer) -> None:
        peer.send_status("CONNECTED")
        while True:
            await peer.receive()
            peer.send({"ev": "status", "status": status, "message": message})

    return script


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        ("auth_failed", "authentication failed", AuthError),
        ("auth_timeout", "No authentication request received.", AuthError),
        (
            "auth_failed",
            "Your plan doesn't include websocket access. Visit https://massive.com/pricing",
            NotAuthorizedError,
        ),
    ],
)
@in_loop
async def test_refusal_of_the_key_is_raised_by_the_call_that_logs_in(
    status: str, message: str, expected: type[Exception]
) -> None:
    async with ScriptedServer(refuse(status, message)) as server:
        for call in ("login", "subscribe_stock_trades", "handle_messages"):
            client = make(server)
            with pytest.raises(expected) as caught:
                await getattr(client, call)()
            assert "KEY" not in str(caught.value)
            with pytest.raises(expected):
                await client.handle_messages(reconnect=True)
            await client.close_stream()
        assert all([peer.gone.is_set() or await peer.gone.wait() for peer in server.peers])


@in_loop
async def test_login_that_failed_may_be_tried_again_with_another_key() -> None:
    async with ScriptedServer() as server:
        server.bad_keys = {"WRONG"}
        client = AsyncStreamClient("WRONG", StreamCluster.STOCKS, server.url())
        async with client:
            with pytest.raises(AuthError):
                await client.subscribe_stock_trades(["A"])
            await client.login("RIGHT")
            await client.subscribe_stock_trades(["B"])
            assert (await server.peers[-1].wait_for(2))[
                1
            ] == '{"action":"subscribe", "params":"T.B"}'
            # The new key is the one that a reconnect uses.
            assert await client.reconnect() == (True, "Reconnect Successful")
            assert server.peers[-1].received[0] == '{"action":"auth","params":"RIGHT"}'


@in_loop
async def test_login_on_a_connected_client_closes_the_old_connection_first() -> None:
    async with ScriptedServer() as server, make(server) as client:
        await client.login()
        await client.login()
        assert server.most_at_once == 1
        assert [peer.close_code for peer in server.peers] == [1000, None]


@in_loop
async def test_server_that_is_not_there() -> None:
    async with ScriptedServer() as server:
        client = make(server)
    with pytest.raises(ConnectError):
        await client.subscribe_stock_trades()
    await client.close_stream()


@in_loop
async def test_lost_line_is_raised_after_the_last_frame_and_again() -> None:
    got, handler = collector()
    async with ScriptedServer(only_log_in) as server, make(server) as client:
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(handler_function=handler)
        server.peers[-1].send({"ev": "T", "q": 1})
        server.peers[-1].close(1012, "restart")
        for _ in range(3):
            await client.handle_messages()
        for _ in range(2):
            with pytest.raises(ConnectionLost) as caught:
                await client.handle_messages()
            assert (caught.value.code, caught.value.reason) == (1012, "restart")
        assert len(got) == 1
        with pytest.raises(ConnectionLost, match=r"Await reconnect\(\)"):
            await client.subscribe_stock_quotes(["B"])
        assert await client.reconnect() == (True, "Reconnect Successful")
        assert (await server.peers[-1].wait_for(2))[1:] == [
            '{"action":"subscribe", "params":"T.*,Q.B"}'
        ]


@in_loop
async def test_line_lost_while_a_frame_is_awaited() -> None:
    async with ScriptedServer() as server, make(server) as client:
        await client.change_handler("status", lambda message: None)
        for _ in range(2):
            await client.handle_messages()
        waiting = asyncio.create_task(client.handle_messages())
        await asyncio.sleep(0)
        server.peers[-1].drop()
        with pytest.raises(ConnectionLost) as caught:
            await waiting
        assert caught.value.code == 1006


@in_loop
async def test_message_that_is_too_long() -> None:
    async with ScriptedServer(only_log_in) as server, make(server, max_message_size=1000) as client:
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades()
        server.peers[-1].send({"ev": "T", "x": "x" * 2000})
        for _ in range(2):
            await client.handle_messages()
        with pytest.raises(ConnectionLost) as caught:
            await client.handle_messages()
        assert caught.value.code == 1009


@in_loop
async def test_use_after_close() -> None:
    async with ScriptedServer() as server:
        client = make(server)
        async with client:
            await client.subscribe_stock_trades(["A"])
        assert server.peers[-1].close_code == 1000
        await client.close_stream()
        for call in (client.subscribe_stock_trades, client.handle_messages):
            with pytest.raises(UsageError, match=r"Await login\(\) or reconnect\(\)"):
                await call()
        assert len(server.peers) == 1
        assert await client.reconnect() == (True, "Reconnect Successful")
        assert (await server.peers[-1].wait_for(2))[1] == '{"action":"subscribe", "params":"T.A"}'
        await client.unsubscribe_stock_trades(["A"])
        await client.close_stream()


@in_loop
async def test_close_before_anything() -> None:
    async with AsyncStreamClient("KEY", "stocks", "ws://127.0.0.1:9") as client:
        pass
    with pytest.raises(UsageError, match="was closed"):
        await client.handle_messages()


@in_loop
async def test_close_while_a_frame_is_awaited() -> None:
    async with ScriptedServer() as server:
        client = make(server)
        await client.change_handler("status", lambda message: None)
        for _ in range(2):
            await client.handle_messages()
        waiting = asyncio.create_task(client.handle_messages())
        await asyncio.sleep(0)
        await client.close_stream()
        with pytest.raises(ConnectionLost, match="was closed"):
            await waiting


@in_loop
async def test_close_while_it_logs_in() -> None:
    async with ScriptedServer(only_greet) as server:
        client = make(server)
        logging_in = asyncio.create_task(client.login())
        await server.peer(1)
        await server.peers[-1].wait_for(1)
        async with asyncio.timeout(PATIENCE_S):
            await client.close_stream()
        with pytest.raises((ConnectionLost, UsageError)):
            await logging_in
        await server.peers[-1].gone.wait()


@in_loop
async def test_two_coroutines_that_handle_messages() -> None:
    async with ScriptedServer() as server, make(server) as client:
        await client.change_handler("status", lambda message: None)
        for _ in range(2):
            await client.handle_messages()
        waiting = asyncio.create_task(client.handle_messages())
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="Two coroutines"):
            await client.handle_messages()
        waiting.cancel()
        running = asyncio.create_task(client.handle_messages(reconnect=True))
        await asyncio.sleep(0)
        for reconnect in (False, True):
            with pytest.raises(UsageError, match="is already running"):
                await client.handle_messages(reconnect=reconnect)
        await client.close_stream()
        await running


# ------------------------------------------------------------------------------------ arguments


class CommunityCluster(enum.Enum):
    """What ``polygon.enums.StreamCluster`` is: no str of its own."""

    CRYPTO = "crypto"


class CommunityHost(enum.Enum):
    DELAYED = "delayed.polygon.io"


def test_names_enums_and_urls() -> None:
    def url(*arguments: Any) -> str:
        return AsyncStreamClient("KEY", *arguments)._source.where

    assert url("stocks") == "wss://socket.massive.com/stocks"
    assert url(StreamCluster.OPTIONS, StreamHost.DELAYED) == "wss://delayed.polygon.io/options"
    assert url(CommunityCluster.CRYPTO, CommunityHost.DELAYED) == "wss://delayed.polygon.io/crypto"
    assert url("forex", "business.massive.com") == "wss://business.massive.com/forex"
    assert url("forex", "ws://127.0.0.1:5000") == "ws://127.0.0.1:5000/forex"
    assert url("indices", "wss://example.org/a/b") == "wss://example.org/a/b"
    assert url("futures/cme") == "wss://socket.massive.com/futures/cme"


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        (("KEY", "bonds"), {}, "'bonds' is not a market"),
        (("", "stocks"), {}, "is empty"),
        (("KEY", "stocks", "http://example.org"), {}, "not a WebSocket URL"),
        (("KEY", "stocks"), {"messages": "tuples"}, "'tuples' is not a form of messages"),
        (("KEY", "stocks"), {"on_error": 5}, "on_error is not callable"),
    ],
)
def test_bad_arguments(arguments: Any, options: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        AsyncStreamClient(*arguments, **options)


def test_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FASTPOLY_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="There is no API key"):
        AsyncStreamClient(None, "stocks")
    monkeypatch.setenv("POLYGON_API_KEY", "FROM_POLYGON")
    assert AsyncStreamClient(None, "stocks")._source.api_key.reveal() == "FROM_POLYGON"


@in_loop
async def test_bad_handlers_and_prefixes_before_anything_is_sent() -> None:
    client = AsyncStreamClient("KEY", "stocks", "ws://127.0.0.1:9")
    with pytest.raises(UsageError, match="The handler is not callable: 'print'"):
        await client.subscribe_stock_trades(["A"], "print")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="The handler is not callable"):
        await client.change_handler("T", 5)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="'trades' is not the prefix of a service"):
        await client.change_handler("trades", print)
    with pytest.raises(SubscriptionError, match="stocks has no channel XT"):
        await client.subscribe_crypto_trades()
    for attempts in (0, -1, 1.5, True, "5", None):
        if attempts == 0:
            continue  # as False: no limit
        with pytest.raises(UsageError, match="max_reconnection_attempts"):
            await client.handle_messages(True, attempts)  # type: ignore[arg-type]
    for delay in (-1, "5", None):
        with pytest.raises(UsageError, match="reconnection_delay"):
            await client.handle_messages(True, 5, delay)  # type: ignore[arg-type]


@in_loop
async def test_key_shows_up_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = "pk_s3cr3t"
    async with ScriptedServer() as server:
        client = AsyncStreamClient(key, "stocks", server.url())
        await client.subscribe_stock_trades(["A"])
        server.peers[-1].drop()
        assert (await client.reconnect())[0]
        await client.close_stream()
        assert key in server.peers[-1].received[0]
    assert key not in caplog.text
    assert key not in repr(client)
    assert key not in repr(vars(client))
