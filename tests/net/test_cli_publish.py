"""``fastpoly publish``: processes before a simulator and a real broker, some of them killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastpoly._core import Batch
from fastpoly.cli.terminal import ExitCode
from fastpoly.sim import SimulatorProcess
from fastpoly.stream.stream import Stream
from tests.loops import in_loop
from tests.net.brokers import NatsServer, nats_cluster, needs_nats
from tests.net.test_cli import run, start
from tests.waiting import PATIENCE_S, UNHURRIED, until

pytestmark = needs_nats


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@contextlib.contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that is not there any more after the test, whatever comes of it."""
    with start(*arguments) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def stands_by(process: subprocess.Popen[str]) -> bool:
    """Wait until a standby says that it has found a leader: from then on it outlasts the broker."""
    assert process.stderr is not None
    return any("Another publisher leads" in line for line in process.stderr)


async def settled(url: str) -> None:
    """Wait until a cluster has a leader, and all of it is there for a stream."""
    import nats

    client = await nats.connect(url)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(Exception):
                    await client.jetstream().add_stream(
                        name="trial", subjects=["trial"], num_replicas=3
                    )
                    await client.jetstream().delete_stream("trial")
                    return
                await asyncio.sleep(0.2)
    finally:
        await client.close()


class Everything:
    """Reads all that a broker has, and checks that nothing comes twice or out of order."""

    def __init__(self, url: str) -> None:
        self.events = 0
        self.gaps: list[Any] = []
        self.repeats: list[Any] = []
        self._last: dict[tuple[str, str], int] = {}
        self._seen: set[tuple[str, str, int]] = set()
        self.stream = Stream("stocks", "T.*", "Q.*", url=f"{url}?start=all", **UNHURRIED)
        self.stream.add_handler(self.take, "T", "Q")
        self.stream.add_handler(self.gaps.extend, "notice")

    def take(self, batch: Batch) -> None:
        for event in batch:
            self.events += 1
            key = (event.event_type, event.symbol)
            if event.sequence_number <= self._last.get(key, -1):
                self.repeats.append(event)
            self._last[key] = event.sequence_number


def test_what_is_published_is_read_elsewhere_and_accounted_for(broker: NatsServer) -> None:
    with SimulatorProcess(rate=3000, symbols=20) as simulator:
        url = simulator.url("stocks")
        arguments = ["publish", "stocks", "T.*", "Q.*", "--url", url, "--to", broker.url]
        with program(*arguments, "--json") as publisher:
            assert first_line(publisher) == f"{broker.url}/fastpoly-stocks"
            read = run("tail", "stocks", "T.*", "--url", f"{broker.url}?start=all", "--count", "50")
            assert read.returncode == 0
            assert {json.loads(line)["ev"] for line in read.stdout.splitlines()} == {"T"}
            second = run(*arguments)
            assert second.returncode == ExitCode.FAILED
            assert "leads" in second.stderr
            publisher.send_signal(signal.SIGTERM)
            out, err = publisher.communicate(timeout=PATIENCE_S)
        assert publisher.returncode == ExitCode.TERMINATED
        assert "Traceback" not in err
    account = json.loads(out)
    assert account["events"] == account["acknowledged"]["events"] > 0
    assert account["unacknowledged_messages"] == account["losses"] == account["faults"] == 0
    assert (account["dropped"], account["error"]) == ({}, "")


@in_loop
async def test_a_standby_takes_over_from_a_leader_that_is_killed(broker: NatsServer) -> None:
    with SimulatorProcess(rate=2000, symbols=20) as simulator, contextlib.ExitStack() as stack:
        url = simulator.url("stocks")
        arguments = ["publish", "stocks", "T.*", "Q.*", "--url", url, "--to", broker.url]
        leader = stack.enter_context(program(*arguments))
        assert await asyncio.to_thread(first_line, leader)
        standby = stack.enter_context(program(*arguments, "--standby", "--json"))
        assert await asyncio.to_thread(stands_by, standby)
        reader = Everything(broker.url)
        async with reader.stream:
            await until(lambda: reader.events > 500)
            leader.kill()
            killed_s = time.monotonic()
            assert await asyncio.to_thread(first_line, standby)
            await until(lambda: reader.gaps)
            took_s = time.monotonic() - killed_s
            before = reader.events
            await until(lambda: reader.events > before + 500)
            standby.send_signal(signal.SIGTERM)
            out, _ = await asyncio.to_thread(standby.communicate, None, PATIENCE_S)
            assert json.loads(out)["losses"] == 1
            (gap,) = reader.gaps
            assert "took over" in gap.cause
            assert reader.repeats == []
        print(f"\ntaken over, and read, {took_s:.2f} s after SIGKILL")


@pytest.mark.slow
@in_loop
async def test_kills_of_everything_in_turn_cost_only_what_is_told(broker: NatsServer) -> None:
    with SimulatorProcess(rate=20_000, symbols=500) as simulator, contextlib.ExitStack() as stack:
        url = simulator.url("stocks")
        arguments = ["publish", "stocks", "T.*", "Q.*", "--url", url, "--to", broker.url]

        def begin(*more: str) -> subprocess.Popen[str]:
            return stack.enter_context(program(*arguments, *more))

        leader = begin()
        assert await asyncio.to_thread(first_line, leader)
        standby = begin("--standby")
        assert await asyncio.to_thread(stands_by, standby)
        reader = Everything(broker.url)
        async with reader.stream:
            for round_ in range(4):
                before = reader.events
                await until(lambda before=before: reader.events > before + 20_000)
                if round_ % 2:
                    broker.kill()
                    broker.start()
                else:
                    leader.kill()
                    leader = standby
                    assert await asyncio.to_thread(first_line, leader)
                    # Not before: of two that wait, either may be the next to lead.
                    standby = begin("--standby")
                    assert await asyncio.to_thread(stands_by, standby)
                    await until(lambda round_=round_: len(reader.gaps) == round_ // 2 + 1)
            before = reader.events
            await until(lambda: reader.events > before + 20_000)
            assert len(reader.gaps) == 2, "one for each leader, none for the broker"
            assert reader.repeats == []
            standby.kill()
            leader.send_signal(signal.SIGTERM)
            await asyncio.to_thread(leader.wait, PATIENCE_S)


@pytest.mark.slow
@pytest.mark.parametrize("killed", range(3))
@in_loop
async def test_a_cluster_goes_on_without_one_of_three(killed: int, tmp_path: Path) -> None:
    """Each in a cluster of its own: when one that comes back counts again is up to the brokers."""
    with nats_cluster(tmp_path) as servers, SimulatorProcess(rate=5000, symbols=50) as simulator:
        url = ",".join(server.url.removeprefix("nats://") for server in servers)
        url = f"nats://{url}"
        arguments = ["publish", "stocks", "T.*", "Q.*", "--url", simulator.url("stocks")]
        arguments += ["--to", url, "--replicas", "3", "--json"]
        await settled(servers[0].url)
        with program(*arguments) as publisher:
            assert await asyncio.to_thread(first_line, publisher)
            reader = Everything(url)
            async with reader.stream:
                await until(lambda: reader.events > 3000)
                servers[killed].kill()
                before = reader.events
                await until(lambda: reader.events > before + 3000)
                servers[killed].start()
                back = reader.events
                await until(lambda: reader.events > back + 3000)
                publisher.send_signal(signal.SIGTERM)
                out, err = await asyncio.to_thread(publisher.communicate, None, PATIENCE_S)
                account = json.loads(out)
                assert account["losses"] == 0, err
                await until(lambda: reader.events >= account["acknowledged"]["events"])
                assert reader.events == account["acknowledged"]["events"]
                assert (reader.repeats, reader.gaps) == ([], [])


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["publish", "stokcs", "T.*", "--to", "nats://h"], ExitCode.USAGE, "stokcs"),
        (["publish", "stocks", "T.*", "--to", "ws://h"], ExitCode.USAGE, "NATS"),
        (["publish", "stocks", "T.*"], ExitCode.USAGE, "--to"),
        (["publish", "stocks", "T.*", "--to", "nats://127.0.0.1:1"], 4, "Could not connect"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(arguments: list[str], code: int, words: str) -> None:
    done = run(*arguments, "--url", "ws://127.0.0.1:1/stocks")
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert Counter(done.stderr)["\n"] <= 6
