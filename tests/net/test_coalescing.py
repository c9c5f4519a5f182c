"""Fewer, larger reads of a busy socket: nothing waits for longer than it may, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any, Self

import pytest

from fastpoly import AsyncStreamClient, Stream, UsageError
from fastpoly._core import ReadCoalescer
from fastpoly.sim import ScriptedServer
from tests.net.events import trade
from tests.net.sessions import make_session
from tests.net.streams import BOTH_WAYS, KEY, check_threads, make, numbers, run
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no timerfd")
_no_thread_left = pytest.fixture(autouse=True)(check_threads)

DELAY_NS = 20_000_000
MARK = 64 * 1024

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """The two ends of a TCP connection: the reader's and the sender's."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sender = socket.create_connection(listening.getsockname())
        reader, _ = listening.accept()
    with sender, reader:
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield reader, sender


def is_readable(what: Any, seconds: float) -> bool:
    return bool(select.select([what], [], [], seconds)[0])


def mark_of(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)


class Reads:
    """A coalescer on a socket, told of reads by a clock of the test's."""

    def __init__(self, sock: socket.socket) -> None:
        self.coalescer = ReadCoalescer(DELAY_NS)
        timer = self.coalescer.attach(sock.fileno())
        assert timer is not None
        self.timer = timer
        self.now_ns = 10**18
        self.frames = 0

    def read(self, times: int, every_ns: int, frames: int = 1) -> None:
        for _ in range(times):
            self.now_ns += every_ns
            self.frames += frames
            self.coalescer.on_read(self.now_ns, self.frames)

    def begin(self) -> None:
        self.read(60, DELAY_NS // 10)
        assert self.coalescer.coalescing


def test_few_reads_are_left_alone(ends: Ends) -> None:
    reads = Reads(ends[0])
    reads.read(100, DELAY_NS // 7)
    assert not reads.coalescer.coalescing
    assert mark_of(ends[0]) == 1


def test_many_reads_are_made_fewer(ends: Ends) -> None:
    reads = Reads(ends[0])
    reads.read(100, DELAY_NS // 9)
    assert reads.coalescer.coalescing
    assert mark_of(ends[0]) == MARK


def test_data_waits_for_the_timer(ends: Ends) -> None:
    reader, sender = ends
    reads = Reads(reader)
    reads.begin()
    sender.send(b"x" * 1000)
    assert not is_readable(reader, 0.05)
    assert is_readable(reads.timer, 1)
    reads.coalescer.on_timer()
    assert is_readable(reader, 1)
    assert len(reader.recv(MARK)) == 1000
    # The read that was let through puts the mark back.
    reads.read(1, DELAY_NS, frames=10)
    sender.send(b"x")
    assert not is_readable(reader, 0.05)


def test_much_data_does_not_wait(ends: Ends) -> None:
    reader, sender = ends
    Reads(reader).begin()
    sender.sendall(b"x" * MARK)
    assert is_readable(reader, 1)


@pytest.mark.parametrize("how", ["FIN", "reset"])
def test_the_end_of_the_line_does_not_wait(ends: Ends, how: str) -> None:
    reader, sender = ends
    Reads(reader).begin()
    if how == "reset":
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sender.close()
    assert is_readable(reader, 1)


def test_ends_when_nothing_comes_any_more(ends: Ends) -> None:
    reads = Reads(ends[0])
    reads.begin()
    for _ in range(2):
        assert is_readable(reads.timer, 1)
        reads.coalescer.on_timer()
    assert not reads.coalescer.coalescing
    assert mark_of(ends[0]) == 1
    assert not is_readable(reads.timer, 3 * DELAY_NS / 1e9)


def test_ends_when_less_comes(ends: Ends) -> None:
    reads = Reads(ends[0])
    reads.begin()
    reads.read(8, DELAY_NS, frames=6)
    assert reads.coalescer.coalescing
    reads.read(8, DELAY_NS, frames=5)
    assert not reads.coalescer.coalescing
    assert mark_of(ends[0]) == 1


def test_a_clock_that_is_set_changes_nothing(ends: Ends) -> None:
    reads = Reads(ends[0])
    reads.begin()
    reads.now_ns -= 10**15
    reads.read(1, 1)
    assert reads.coalescer.coalescing
    reads.read(100, DELAY_NS // 9)
    assert reads.coalescer.coalescing


def test_after_detaching_nothing_is_touched(ends: Ends) -> None:
    reads = Reads(ends[0])
    reads.begin()
    reads.coalescer.detach()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reads.timer)
    ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 5)
    reads.read(100, 1)
    reads.coalescer.on_timer()
    reads.coalescer.detach()
    assert not reads.coalescer.coalescing
    assert mark_of(ends[0]) == 5


def test_attached_again_it_begins_anew(ends: Ends) -> None:
    reader, sender = ends
    reads = Reads(reader)
    reads.begin()
    first = reads.timer
    # The first timer was closed, or its number would not be free.
    assert reads.coalescer.attach(sender.fileno()) == first
    assert not reads.coalescer.coalescing
    reads.begin()
    assert mark_of(sender) == MARK


@pytest.mark.parametrize("delay", [-1, 1.5, 250, float("nan"), "1ms", None])
def test_a_delay_that_makes_no_sense(delay: Any) -> None:
    for make_one in (
        lambda: Stream("stocks", api_key=KEY, max_read_delay=delay),
        lambda: AsyncStreamClient(KEY, "stocks", max_read_delay=delay),
        lambda: make_session("ws://localhost", KEY, max_read_delay=delay),
    ):
        with pytest.raises(UsageError, match="in seconds"):
            make_one()
    with pytest.raises(UsageError, match="not above 0"):
        ReadCoalescer(0)


@BOTH_WAYS
def test_all_arrives_in_fewer_reads(fastpoly_simulators: Any, ingest: str) -> None:
    found: dict[float, float] = {}

    async def main(max_read_delay: float) -> None:
        simulator = fastpoly_simulators(rate=10_000, stop_after=20_000, symbols=50)
        got = 0

        def count(batch: Any) -> None:
            nonlocal got
            got += len(batch)

        stream = Stream(
            "stocks",
            "T.*",
            "Q.*",
            api_key=KEY,
            url=simulator.url("stocks"),
            ingest=ingest,
            max_read_delay=max_read_delay,
        )
        stream.add_handler(count)
        async with stream:
            async with asyncio.timeout(PATIENCE_S):
                while not simulator.stats()["markets"]["stocks"]["finished"]:
                    await asyncio.sleep(0.05)
            sent = sum(simulator.stats()["events"].values())
            await until(lambda: got == sent)
            line = stream.stats().line
            found[max_read_delay] = line.reads / line.frames_received

    for delay in (0, 0.1):
        run(main(delay))
    assert found[0.1] < found[0] / 2


SENT = list(range(500))


class Flood:
    """A server, and a stream to whose data it has just given reason to wait.

    Attributes:
        got: Sequence numbers that have arrived, in order.
    """

    def __init__(self, ingest: str) -> None:
        self.server = ScriptedServer()
        self.got: list[int] = []
        self._ingest = ingest

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(self.server)
        self.stream = make(self.server, "T.*", ingest=self._ingest, max_read_delay=0.05)
        self.stream.on("T")(lambda batch: self.got.extend(numbers(batch)))
        await self._stack.enter_async_context(self.stream)
        for q in SENT:
            self.server.peers[0].send(trade(q=q))
            await asyncio.sleep(0.001)
        return self

    async def __aexit__(self, *exception: Any) -> None:
        await self._stack.__aexit__(*exception)


@BOTH_WAYS
def test_what_comes_last_comes_in_time(ingest: str) -> None:
    async def main() -> None:
        async with Flood(ingest) as flood:
            assert flood.stream.stats().line.coalescing
            await until(lambda: flood.got == SENT)
            assert flood.stream.stats().line.reads < 250
            await until(lambda: not flood.stream.stats().line.coalescing)
            # After the ebb, single messages come at once again.
            for q in range(500, 510):
                flood.server.peers[0].send(trade(q=q))
                await until(lambda q=q: flood.got[-1] == q)  # type: ignore[misc]
                assert not flood.stream.stats().line.coalescing

    run(main())


@BOTH_WAYS
def test_a_line_that_ends_while_data_waits(ingest: str) -> None:
    async def main() -> None:
        async with Flood(ingest) as flood:
            flood.server.peers[0].close(1012)
            await until(lambda: flood.got == SENT)
            peer = await flood.server.peer(2)
            await until(lambda: peer.held)
            peer.send(trade(q=500))
            await until(lambda: flood.got[-1] == 500)

    run(main())
