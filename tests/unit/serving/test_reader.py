"""A reader without a socket: login, requests, the buffer and the ends, on a transport in memory."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fastpoly.schema import MARKETS
from fastpoly.serving import frames
from fastpoly.serving.feed import ReaderFeed
from fastpoly.serving.messages import Param
from fastpoly.serving.outlet import Outlet
from fastpoly.serving.policy import ServerPolicy
from fastpoly.serving.reader import Reader, wait_for_room
from fastpoly.serving.server import write_to_all
from tests.loops import in_loop
from tests.waiting import until


class MemoryTransport:
    """Both transports in one: keeps what is written until somebody `read`s it."""

    is_disconnected = False

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.written: list[bytes] = []
        self.high = 64 * 1024
        self.over = ""

    @property
    def underlying_transport(self) -> MemoryTransport:
        return self

    def set_write_buffer_limits(self, high: int) -> None:
        self.high = high

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.written))

    def write(self, data: bytes) -> None:
        self.written.append(data)
        if self.get_write_buffer_size() > self.high:
            self.reader.pause_writing()

    def read(self) -> list[bytes]:
        """The client reads all that waits."""
        data, self.written = self.written, []
        self.reader.resume_writing()
        return data

    def close(self) -> None:
        self.over = self.over or "fin"

    def abort(self) -> None:
        self.over = self.over or "reset"

    def get_extra_info(self, name: str) -> Any:
        assert name == "socket"
        return self

    def setsockopt(self, *_: Any) -> None:
        pass


class Client:
    """A reader, its feed, its owner and its client."""

    def __init__(self, good: str = "good", **policy: Any) -> None:
        self.good = good
        self.reader = Reader(self, MARKETS["stocks"], 1, ServerPolicy(**policy), Outlet())
        self.transport = MemoryTransport(self.reader)
        self.calls: list[str] = []
        self.reader.on_ws_connected(self.transport)  # type: ignore[arg-type]

    # The owner.

    def on_connected(self, reader: Reader) -> ReaderFeed:
        return self

    def on_accepted(self, reader: Reader) -> None:
        self.calls.append(f"accepted {reader.account}")

    def on_disconnected(self, reader: Reader) -> None:
        self.calls.append(f"disconnected {reader.account}")

    # The feed.

    def on_message(self, payload: bytes) -> None:
        pass

    def judge_key(self, key: str) -> None:
        if key == self.good:
            self.reader.accept(key)
        else:
            self.reader.refuse("AUTH_FAILED", "bad key")

    def on_login(self) -> None:
        self.calls.append("login")

    def refusal(self, param: Param) -> str | None:
        return None

    def add(self, param: Param) -> None:
        self.calls.append(f"add {param.text}")

    def remove(self, param: Param) -> None:
        self.calls.append(f"remove {param.text}")

    def answer(self, statuses: list[bytes]) -> None:
        self.reader.send(statuses)

    def after_request(self, added: list[Param], removed: list[Param]) -> None:
        self.calls.append(f"changed by +{len(added)} -{len(removed)}")

    def flush(self) -> None:
        self.calls.append("flush")

    def detach(self) -> None:
        self.calls.append("detach")

    # The client.

    def sends(self, action: str, params: str) -> None:
        message = json.dumps({"action": action, "params": params}).encode()
        self.reader._on_message(message)

    def logs_in(self) -> Client:
        self.sends("auth", self.good)
        self.transport.read()
        self.calls.clear()
        return self

    def goes(self) -> None:
        self.reader.on_ws_disconnected(self.transport)  # type: ignore[arg-type]

    def statuses(self) -> list[str]:
        """The messages of the statuses that wait to be read."""
        texts = [data[2:] if data[1] < 126 else data[4:] for data in self.transport.read()]
        return [item["message"] for text in texts for item in json.loads(text)]


@in_loop
async def test_a_reader_is_greeted_and_logs_in() -> None:
    client = Client()
    assert client.statuses() == ["Connected Successfully"]
    client.sends("auth", "good")
    assert client.statuses() == ["authenticated"]
    assert client.reader.authenticated
    client.sends("auth", "good")  # twice is harmless
    assert client.calls == ["accepted ('stocks', 'good')", "login"]
    client.goes()
    assert client.calls[2:] == ["detach", "disconnected ('stocks', 'good')"]


@in_loop
async def test_a_bad_key_is_refused_and_the_connection_ends() -> None:
    client = Client()
    client.transport.read()
    client.sends("auth", "bad")
    assert client.statuses() == ["authentication failed"]
    assert client.transport.over == "fin"
    assert client.reader.ended == "bad key"
    client.sends("auth", "good")
    assert client.statuses() == []
    assert not client.reader.authenticated
    client.goes()


@in_loop
async def test_a_key_that_does_not_come_in_time() -> None:
    client = Client(login_timeout_s=0)
    client.transport.read()
    await until(lambda: client.transport.over)
    assert client.statuses() == ["No authentication request received."]
    client.goes()


@pytest.mark.parametrize(("early", "answer"), [("refuse", ["not authorized"]), ("ignore", [])])
@in_loop
async def test_a_subscription_before_the_login(early: str, answer: list[str]) -> None:
    client = Client(early_subscribe=early)
    client.transport.read()
    client.sends("subscribe", "T.A")
    assert client.statuses() == answer
    assert client.calls == []
    client.goes()


@in_loop
async def test_changes_reach_the_feed_before_they_are_answered_and_afterwards() -> None:
    client = Client().logs_in()
    client.sends("subscribe", "T.A,T.B,T.A")
    assert client.statuses() == ["subscribed to: T.A", "subscribed to: T.B"]
    client.sends("unsubscribe", "T.A")
    client.sends("subscribe", "nothing that exists")
    assert client.calls == [
        "add T.A",
        "add T.B",
        "changed by +2 -0",
        "remove T.A",
        "changed by +0 -1",
        "changed by +0 -0",
    ]
    client.goes()


@in_loop
async def test_one_frame_goes_to_all_readers_as_the_same_object() -> None:
    clients = [Client().logs_in() for _ in range(3)]
    data = frames.frame(b"[]")
    write_to_all([client.reader for client in clients], data)
    for client in clients:
        assert [item is data for item in client.transport.read()] == [True]
        client.goes()


@in_loop
async def test_a_slow_reader_is_dropped_once_its_buffer_is_full() -> None:
    slow, quick = (Client(max_buffer_bytes=1000).logs_in() for _ in range(2))
    for _ in range(11):
        write_to_all([slow.reader, quick.reader], b"x" * 100)
        quick.transport.read()
    assert slow.transport.over == ""  # not in the middle of a write
    await asyncio.sleep(0)
    assert (slow.transport.over, slow.reader.ended) == ("reset", "slow consumer")
    assert quick.transport.over == ""
    write_to_all([slow.reader], b"more")
    assert b"more" not in slow.transport.written
    for client in (slow, quick):
        client.goes()


@in_loop
async def test_a_reader_that_is_slow_for_a_moment_stays() -> None:
    client = Client(max_buffer_bytes=1000).logs_in()
    client.reader.write(b"x" * 1001)
    client.transport.read()
    await asyncio.sleep(0)
    assert client.transport.over == ""
    assert client.reader.has_room
    client.goes()


@in_loop
async def test_who_sends_can_wait_for_all_readers() -> None:
    clients = [Client(slow_reader="wait", max_buffer_bytes=1).logs_in() for _ in range(3)]
    readers = [client.reader for client in clients]
    write_to_all(readers, b"x" * 65537)
    waiting = asyncio.create_task(wait_for_room(readers))
    for client in clients[:2]:
        assert not client.reader.has_room
        client.transport.read()
        await asyncio.sleep(0)
        assert not waiting.done()
    clients[2].goes()  # who has gone needs no room
    await waiting
    assert [client.transport.over for client in clients] == ["", "", ""]
    for client in clients[:2]:
        client.goes()


@in_loop
async def test_an_eviction_is_told_after_what_was_held_back() -> None:
    client = Client(eviction_text="One is enough.").logs_in()
    client.reader.evict()
    assert client.calls == ["flush"]
    text, close = client.transport.read()
    assert b"exceeded. One is enough." in text
    assert close == frames.close(1008, "max_connections")
    assert client.reader.ended == "closed with 1008"
    assert client.transport.over == ""  # the client may answer
    client.reader.write(b"more")
    assert client.transport.read() == []
    client.goes()


@in_loop
async def test_a_client_that_does_not_answer_the_close_frame_is_cut_off() -> None:
    client = Client(close_timeout_s=0).logs_in()
    client.reader.close(1001)
    await until(lambda: client.transport.over)
    assert client.transport.over == "fin"
    client.goes()


@in_loop
async def test_the_one_too_many_may_subscribe_before_it_goes() -> None:
    client = Client().logs_in()
    client.reader.doom()
    client.sends("subscribe", "T.A")
    assert client.calls == ["add T.A", "flush"]
    assert client.reader.ended == "closed with 1008"
    client.goes()


@in_loop
async def test_no_timer_outlives_the_connection() -> None:
    client = Client(login_timeout_s=0)
    client.goes()
    client.transport.read()
    for _ in range(5):
        await asyncio.sleep(0)
    assert client.transport.written == []
    assert client.reader.ended == "connection lost"
