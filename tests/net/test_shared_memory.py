"""Frames through shared memory between processes: kills, successors, overruns, shares."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fastpoly import ConnectError, ConnectionLost, ReaderOverrun, Stream, UsageError
from fastpoly._core import MIN_RING_BYTES, RING_HEAD_BYTES
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State, StateChange
from fastpoly.protocol.reconnect import FixedDelay
from fastpoly.shards import ALL_SHARDS
from fastpoly.shared import SharedWriter, writer
from fastpoly.shared.attaching import attach
from fastpoly.shared.names import GREETING, address_of
from fastpoly.sim import ScriptedServer
from tests.loops import in_loop
from tests.net.events import trade
from tests.net.shared_memory_programs import symbol_of
from tests.net.sources import unused_name
from tests.net.streams import BOTH_WAYS, make, numbers, run
from tests.waiting import PATIENCE_S, until, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shared memory needs Linux")

ROOT = Path(__file__).parents[2]


class Program:
    """A process that reads commands and answers in lines."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.net.shared_memory_programs", *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ready(self) -> Program:
        assert self.answer() == "ready"
        return self

    def send(self, *command: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, command)) + "\n")
        self.process.stdin.flush()

    def ask(self, *command: object) -> str:
        self.send(*command)
        return self.answer()

    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.ask("report")))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def name() -> str:
    return unused_name()


@pytest.fixture
def programs() -> Iterator[contextlib.ExitStack]:
    """Ends programs, whatever happens."""
    with contextlib.ExitStack() as stack:
        yield stack


def start(programs: contextlib.ExitStack, *arguments: object) -> Program:
    program = Program(*arguments)
    programs.callback(program.end)
    return program


def sharing(programs: contextlib.ExitStack, name: str, buffer_bytes: int = 1 << 20) -> Program:
    return start(programs, "write", name, buffer_bytes).ready()


def has(reader: Program, last: int) -> bool:
    found = reader.report()["numbers"]
    return bool(found) and found[-1] == last


# ------------------------------------------------------------------------- between processes


def test_every_reader_gets_every_event(name: str, programs: contextlib.ExitStack) -> None:
    share = sharing(programs, name)
    readers = [start(programs, "read", name) for _ in range(3)]
    for reader in readers:
        reader.ready()
    assert share.ask("pack", 0, 50, 20) == "done"
    for reader in readers:
        wait_until(lambda reader=reader: has(reader, 999))
        assert reader.report() == {"numbers": list(range(1000)), "gaps": [], "state": "live"}


def test_two_halves_have_every_event_once(name: str, programs: contextlib.ExitStack) -> None:
    share = sharing(programs, name)
    halves = [start(programs, "read", name, index, 2) for index in range(2)]
    for half in halves:
        half.ready()
    assert share.ask("pack", 0, 40, 25) == "done"
    wait_until(lambda: sum(len(half.report()["numbers"]) for half in halves) >= 1000)
    both = [half.report()["numbers"] for half in halves]
    assert sorted(both[0] + both[1]) == list(range(1000))
    assert both[0], "the symbols are spread over both"
    assert both[1]
    assert {symbol_of(n) for n in both[0]}.isdisjoint({symbol_of(n) for n in both[1]})
    for found in both:
        assert found == sorted(found), "in order"


def test_a_killed_writer_is_noticed_and_its_successor_found(
    name: str, programs: contextlib.ExitStack
) -> None:
    share = sharing(programs, name)
    reader = start(programs, "read", name).ready()
    for life in range(3):
        # It reads from what is written once it is there; being let in comes before.
        wait_until(lambda: reader.report()["state"] == "live")
        assert share.ask("readers") == "1"
        assert share.ask("write", life * 100, 50) == "done"
        wait_until(lambda life=life: has(reader, life * 100 + 49))
        share.kill()
        wait_until(lambda: reader.report()["state"] != "live")
        share = sharing(programs, name)  # at once: nothing of the one before is in the way
    report = reader.report()
    assert report["numbers"] == [life * 100 + n for life in range(3) for n in range(50)]
    assert report["gaps"] == [None, None], "what a dead process would have sent, nobody knows"


def test_a_writer_killed_while_it_writes_leaves_whole_frames(
    name: str, programs: contextlib.ExitStack
) -> None:
    """At any moment: in a frame, between frames, around the end of the ring."""
    for _ in range(3):
        share = sharing(programs, name, 1 << 16)
        reader = start(programs, "read", name).ready()
        share.send("pack", 0, 100_000, 3)
        wait_until(lambda reader=reader: len(reader.report()["numbers"]) > 300)
        share.kill()
        wait_until(lambda reader=reader: reader.report()["state"] != "live")
        report = reader.report()
        found = report["numbers"]
        # Whatever was lost was counted: what is left has no other holes, and nothing twice.
        assert len(found) + sum(lost or 0 for lost in report["gaps"]) == found[-1] + 1
        assert found == sorted(set(found))
        reader.kill()


def test_a_reader_killed_or_stopped_holds_up_nobody(
    name: str, programs: contextlib.ExitStack
) -> None:
    share = sharing(programs, name, 1 << 16)
    killed, stopped, well = (start(programs, "read", name) for _ in range(3))
    for reader in (killed, stopped, well):
        reader.ready()
    assert share.ask("write", 0, 10) == "done"
    wait_until(lambda: has(well, 9))
    wait_until(lambda: has(stopped, 9))
    killed.kill()
    stopped.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: share.ask("readers") == "2")
    for first in range(10, 1010, 50):
        assert share.ask("write", first, 50) == "done"
        wait_until(lambda first=first: has(well, first + 49))
    assert well.report()["numbers"] == list(range(1010))
    stopped.process.send_signal(signal.SIGCONT)
    last = itertools.count(1010)

    def goes_on() -> bool:
        """It goes on with what comes after it has found out."""
        assert share.ask("write", next(last), 1) == "done"
        return bool(stopped.report()["gaps"])

    wait_until(goes_on)
    report = stopped.report()
    assert len(report["gaps"]) == 1
    missing = report["numbers"][10] - report["numbers"][9] - 1
    assert report["gaps"] == [missing], "what it lost is counted"
    assert report["state"] == "live"


def test_a_writer_that_ends_lets_readers_read_to_the_end(
    name: str, programs: contextlib.ExitStack
) -> None:
    share = sharing(programs, name)
    reader = start(programs, "read", name).ready()
    assert share.ask("write", 0, 500) == "done"
    assert share.ask("close") == "closed"
    wait_until(lambda: has(reader, 499))
    wait_until(lambda: reader.report()["state"] != "live")


def test_nothing_is_left_behind(name: str, programs: contextlib.ExitStack) -> None:
    """Neither in the file system nor among the system's sockets, after a kill without successor."""
    memory = Path("/dev/shm")  # noqa: S108
    before = set(memory.iterdir())
    share = sharing(programs, name)
    start(programs, "read", name).ready()
    assert name in Path("/proc/net/unix").read_text()
    share.kill()
    assert name not in Path("/proc/net/unix").read_text()
    assert not [one for one in set(memory.iterdir()) - before if "fastpoly" in one.name]


def test_a_fork_of_the_writer_does_not_live_on_in_its_place(name: str) -> None:
    with SharedWriter(name, market="stocks", buffer_bytes=1 << 16):
        gate, opened = os.pipe()
        told, tells = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(tells, b"1")
            os.close(opened)
            os.read(gate, 1)  # until the parent lets it go
            os._exit(0)
        os.read(told, 1)
        for descriptor in (gate, told, tells):
            os.close(descriptor)
    try:
        with SharedWriter(name, market="stocks", buffer_bytes=1 << 16) as successor:
            assert successor.stats().readers == 0
    finally:
        os.close(opened)
        os.waitpid(child, 0)


# ------------------------------------------------------------------------------- in one process


@BOTH_WAYS
def test_a_stream_shares_what_it_receives(name: str, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            origin = make(server, "T.*", "Q.*", ingest=ingest, symbols=["MSFT"])
            shared = origin.share(name)
            async with origin:
                local = Stream("stocks", "T.AAPL", url=f"shm://{name}", ingest=ingest)
                async with local:
                    await until(lambda: shared.stats().readers == 1)
                    peer = server.peers[0]
                    peer.send(trade("AAPL", q=1), trade("MSFT", q=2))
                    peer.send_text("no JSON")
                    peer.send(trade("AAPL", q=3))
                    got: list[int] = []
                    async for batch in local:
                        got += numbers(batch)
                        if len(got) == 2:
                            break
                    assert got == [1, 3], "unfiltered there, and its own subscription here"
                    assert local.stats().line.bad_frames == 1
                    assert shared.stats().events >= 3
                    # What the connection loses, its readers know of, in its place.
                    peer.drop()
                    await until(lambda: len(server.peers) == 2 and origin.state is State.LIVE)
                    server.peers[1].send(trade("AAPL", q=4))
                    got = []
                    async for batch in local:
                        got += [one.event_type if isinstance(one, Gap) else one.sequence_number
                                for one in batch]  # fmt: skip
                        if 4 in got:
                            break
                    assert got == ["gap", 4]
                    await shared.close()
                    await shared.close()
                    await until(lambda: local.state is not State.LIVE)

    run(main())


@in_loop
async def test_an_overrun_is_a_counted_gap_in_its_place(name: str) -> None:
    with SharedWriter(name, market="stocks", buffer_bytes=1 << 14) as share:
        share.start()
        async with Stream("stocks", "T.*", url=f"shm://{name}") as stream:
            await until(lambda: share.stats().readers == 1)
            send(share, range(10))
            await until(lambda: stream.stats().received == 10)
            send(share, range(10, 500))  # in one turn of the loop
            await until(lambda: stream.state is State.LIVE and stream.stats().line.connections == 2)
            send(share, range(500, 510))
            got: list[Any] = []
            async for batch in stream:
                got += list(batch)
                if got[-1].get("q") == 509:
                    break
            (gap,) = [one for one in got if isinstance(one, Gap)]
            assert gap.lost == 490
            assert "490 events" in gap.cause
            assert [one.sequence_number for one in got if not isinstance(one, Gap)] == [
                *range(10), *range(500, 510),
            ]  # fmt: skip
            assert got.index(gap) == 10


@pytest.mark.parametrize("options", [{}, {"reconnect": FixedDelay(0.05, 3)}], ids=["", "delay"])
@in_loop
async def test_a_reader_that_is_overrun_while_it_waits_goes_on_with_the_newest(
    name: str, options: dict[str, Any]
) -> None:
    """However much passes between its attempts, or it would never catch up."""
    with SharedWriter(name, market="stocks", buffer_bytes=1 << 14) as share:
        share.start()
        numbers_left = itertools.count()

        def write(count: int) -> None:
            send(share, itertools.islice(numbers_left, count))

        def write_over_all(change: StateChange) -> None:
            if change.new in (State.WAITING, State.CONNECTING):
                write(500)

        stream = Stream("stocks", "T.*", url=f"shm://{name}", **options)
        stream.on_state(write_over_all)
        async with stream:
            for life in range(1, 6):
                received = stream.stats().received

                def goes_on(life: int = life, received: int = received) -> bool:
                    """Its connection brings something."""
                    if stream.stats().line.connections == life:
                        write(1)
                    return stream.stats().received > received

                await until(goes_on)
                write(500)  # in one turn of the loop
            got: list[Any] = []
            async for batch in stream:
                got += list(batch)
                if sum(isinstance(one, Gap) for one in got) == 4:
                    break
            gaps = [one for one in got if isinstance(one, Gap)]
            assert [gap.attempts for gap in gaps] == [1] * 4
            assert all(gap.lost >= 1500 for gap in gaps), "while it was up, waited, and connected"
            at = got[0].sequence_number
            for one in got:
                if isinstance(one, Gap):
                    at += one.lost
                else:
                    assert one.sequence_number == at
                    at += 1


@in_loop
async def test_without_reconnecting_an_overrun_ends_the_stream(name: str) -> None:
    with SharedWriter(name, market="stocks", buffer_bytes=1 << 14) as share:
        share.start()
        stream = Stream("stocks", "T.*", url=f"shm://{name}", reconnect=False)
        await stream.open()
        send(share, range(500))
        with pytest.raises(ReaderOverrun) as caught:
            await stream.wait_closed()
        assert (caught.value.frames, caught.value.events) == (500, 500)
        assert caught.value.nbytes > 500 * 100


def send(share: SharedWriter, found: Iterable[int]) -> None:
    for number in found:
        text = json.dumps([trade(symbol_of(number), q=number)])
        share.add_frame(text.encode(), number + 1, events=1)


@in_loop
async def test_a_reader_that_waits_for_its_consumer_is_paused(name: str) -> None:
    with SharedWriter(name, market="stocks", buffer_bytes=1 << 20) as share:
        share.start()
        stream = Stream(
            "stocks", "T.*", url=f"shm://{name}", overflow="block", max_buffer_bytes=1000
        )
        async with stream:
            send(share, range(400))
            got: list[int] = []
            async for batch in stream:
                got += numbers(batch)
                await asyncio.sleep(0)
                if len(got) == 400:
                    break
            assert got == list(range(400))


# ------------------------------------------------------------------------------ what is wrong


@in_loop
async def test_where_nothing_is_shared_the_error_says_so(name: str) -> None:
    stream = Stream("stocks", "T.*", url=f"shm://{name}")
    with pytest.raises(ConnectError, match="Nothing is shared"):
        await stream.open()


@in_loop
async def test_markets_are_apart(name: str) -> None:
    with SharedWriter(name, market="stocks") as share, SharedWriter(name, market="crypto"):
        share.start()
        with pytest.raises(ConnectError, match="for options"):
            await Stream("options", "T.*", url=f"shm://{name}").open()


def test_a_name_is_shared_under_once(name: str) -> None:
    with (
        SharedWriter(name, market="stocks", buffer_bytes=5000),
        pytest.raises(UsageError, match="is taken"),
    ):
        SharedWriter(name, market="stocks")
    with SharedWriter(name, market="stocks") as share:
        assert name in repr(share)
    share.close()


@pytest.mark.parametrize("size", [0, 100, 1 << 40, "64", 1e6])
def test_buffers_have_a_size(name: str, size: Any) -> None:
    with pytest.raises(UsageError, match="buffer_bytes"):
        SharedWriter(name, market="stocks", buffer_bytes=size)


@pytest.mark.parametrize("name", ["", "a/b", "x" * 49, "ä", "a b", None])
def test_names_are_simple(name: Any) -> None:
    with pytest.raises(UsageError, match="name"):
        SharedWriter(name, market="stocks")


@pytest.mark.parametrize("url", ["shm://", "shm://a/b", "shm://a?x=1", "shm:a", "shm://a#b"])
def test_urls_are_a_name(url: str) -> None:
    with pytest.raises(UsageError):
        Stream("stocks", "T.*", url=url)
    with pytest.raises(UsageError, match="no feed"):
        Stream("stocks", "T.*", url="shm://a", feed="delayed")


def test_other_systems_are_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="needs Linux"):
        SharedWriter(name, market="stocks")
    with pytest.raises(UsageError, match="needs Linux"):
        Stream("stocks", "T.*", url=f"shm://{name}")


@contextlib.asynccontextmanager
async def impostor(name: str, greeting: bytes, *descriptors: int) -> AsyncIterator[None]:
    """Something else that listens where a writer would, and sends this to who comes."""
    listener = socket.socket(socket.AF_UNIX)
    listener.setblocking(False)
    listener.bind(address_of(name, "stocks"))
    listener.listen()
    loop = asyncio.get_running_loop()
    links: list[socket.socket] = []

    async def serve() -> None:
        link, _ = await loop.sock_accept(listener)
        links.append(link)
        if greeting:
            socket.send_fds(link, [greeting], descriptors)
        else:
            link.close()

    task = loop.create_task(serve())
    try:
        yield
        await task
    finally:
        for one in (listener, *links):
            one.close()


def memory(content: bytes, size: int, *seals: int) -> int:
    descriptor = os.memfd_create("impostor", os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, size)
    os.pwrite(descriptor, content, 0)
    for seal in seals:
        fcntl.fcntl(descriptor, 1033, seal)
    return descriptor


SHRINK = 2


@pytest.mark.parametrize(
    ("greeting", "content", "size", "seals", "reason"),
    [
        (b"", b"", 0, (), "let no further reader in"),
        (b"HTTP/1.1 200 OK\r\n", b"", 8192, (SHRINK,), "does not share frames"),
        (GREETING, b"", 8192, (), "cut off"),
        (GREETING, b"", 100, (SHRINK,), "too small"),
        (GREETING, os.urandom(8192), 8192, (SHRINK,), "something else"),
        (GREETING, b"", RING_HEAD_BYTES + MIN_RING_BYTES, (SHRINK,), "something else"),
    ],
)
@in_loop
async def test_what_is_no_ring_is_refused(
    name: str, greeting: bytes, content: bytes, size: int, seals: tuple[int, ...], reason: str
) -> None:
    descriptors = [memory(content, size, *seals), os.eventfd(0)]
    before = len(os.listdir("/proc/self/fd"))
    try:
        async with impostor(name, greeting, *descriptors):
            with pytest.raises(ConnectError, match=reason):
                await attach(name, "stocks", timeout_s=PATIENCE_S, shards=ALL_SHARDS)
    finally:
        assert len(os.listdir("/proc/self/fd")) == before, "no descriptor is kept"
        for descriptor in descriptors:
            os.close(descriptor)


@in_loop
async def test_a_greeting_without_memory_is_refused(name: str) -> None:
    waker = os.eventfd(0)
    try:
        async with impostor(name, GREETING, waker):
            with pytest.raises(ConnectError, match="does not share frames"):
                await attach(name, "stocks", timeout_s=PATIENCE_S, shards=ALL_SHARDS)
    finally:
        os.close(waker)


@in_loop
async def test_a_writer_whose_loop_stands_still_is_not_waited_for(name: str) -> None:
    with (
        SharedWriter(name, market="stocks"),  # never started
        pytest.raises(ConnectError, match="did not answer"),
    ):
        await attach(name, "stocks", timeout_s=0.01, shards=ALL_SHARDS)


@in_loop
async def test_readers_are_limited(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_READERS", 2)
    with SharedWriter(name, market="stocks") as share:
        share.start()
        share.start()
        first = await attach(name, "stocks", timeout_s=None, shards=ALL_SHARDS)
        second = await attach(name, "stocks", timeout_s=None, shards=ALL_SHARDS)
        with pytest.raises(ConnectError, match="no further reader"):
            await attach(name, "stocks", timeout_s=None, shards=ALL_SHARDS)
        first.close()
        await until(lambda: share.stats().readers == 1)
        third = await attach(name, "stocks", timeout_s=None, shards=ALL_SHARDS)
        second.close()
        third.close()
        third.close()


@in_loop
async def test_of_another_user_nothing_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with SharedWriter(name, market="stocks") as share:
        share.start()
        monkeypatch.setattr("fastpoly.shared.attaching.peer_uid", lambda link: 12345)
        with pytest.raises(ConnectError, match="another user"):
            await attach(name, "stocks", timeout_s=None, shards=ALL_SHARDS)
        monkeypatch.undo()
        monkeypatch.setattr("fastpoly.shared.writer.peer_uid", lambda link: 12345)
        with pytest.raises(ConnectError, match="no further reader"):
            await attach(name, "stocks", timeout_s=None, shards=ALL_SHARDS)


@in_loop
async def test_no_one_but_the_writer_can_write(name: str) -> None:
    with SharedWriter(name, market="stocks", buffer_bytes=1 << 16) as share:
        share.start()
        link = socket.socket(socket.AF_UNIX)
        link.setblocking(False)
        link.connect(address_of(name, "stocks"))
        await until(lambda: share.stats().readers == 1)
        _, descriptors, _, _ = socket.recv_fds(link, 100, 2)
        try:
            with pytest.raises(PermissionError):
                mmap.mmap(descriptors[0], RING_HEAD_BYTES + (1 << 16))
            with pytest.raises(PermissionError):
                os.pwrite(descriptors[0], b"x", 0)
            with pytest.raises(PermissionError):
                os.ftruncate(descriptors[0], 0)
        finally:
            link.close()
            for descriptor in descriptors:
                os.close(descriptor)


@in_loop
async def test_memory_that_makes_no_sense_ends_the_connection(name: str) -> None:
    with SharedWriter(name, market="stocks", buffer_bytes=1 << 16) as share:
        share.start()
        stream = Stream("stocks", "T.*", url=f"shm://{name}", reconnect=False)
        async with stream:
            attachment = stream._engine._run.connection._attachment  # type: ignore[union-attr]
            attachment.ring = Damaged()
            send(share, range(1))
            with pytest.raises(ConnectionLost, match="makes no sense"):
                await stream.wait_closed()


class Damaged:
    """A ring of which a record was written over by something else."""

    backlog = 0

    def read(self) -> tuple[str]:
        return ("damaged",)
