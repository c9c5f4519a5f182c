"""Does a published market arrive once and in order, whoever is killed?

``python -m tests.soak.publishing --rate 300000 --seconds 60``. A simulator sends trades and quotes
of many symbols; one publisher leads and another stands by; a NATS server stores them; two readers
have half the shards each, and record what they are given. The server is killed and started again
three times, the leader once in the middle. In the end the recordings are read: each event once, in
order per symbol, and nothing missing but what a gap tells of, which may be the time between two
leaders only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import uvloop

import fastpoly
from bench.environments import HERE
from bench.processes import cpu_s, line, started, tell
from fastpoly import Batch, Stream
from fastpoly.notices import Gap
from fastpoly.sim import SimulatorProcess
from tests.net.brokers import NatsServer

SHARES: Final = 2
PARAMS: Final = ("T.*", "Q.*", "LULD.*")
NUMBERING: Final = {"T": "T", "Q": "Q", "LULD": "Q"}
"""Whose numbers each channel takes; the simulator counts on for each of these and each tape."""

MOST_TAKEOVER_S: Final = 3.0
MOST_IN_FLIGHT_S: Final = 1.0
"""What a leader that is killed may not have brought to the broker yet."""

PATIENCE_S: Final = 120.0
EVENT_BYTES: Final = 200
OUTAGE_S: Final = 10
"""For how long a publisher keeps what the broker does not take: until it has started again."""


# ------------------------------------------------------------------------------- a reader


async def read(url: str, path: str) -> None:
    """Record a share of the market; answer each line of standard input with what came so far."""
    stream = Stream("stocks", *PARAMS, url=url)
    stream.record(path)
    events, causes = 0, []

    @stream.on(*NUMBERING)
    def count(batch: Batch) -> None:
        nonlocal events
        events += len(batch)

    @stream.on("notice")
    def keep(batch: Batch) -> None:
        causes.extend(notice.cause for notice in batch)

    async with stream:
        print("ready", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps({"events": events, "causes": causes}), flush=True)


# --------------------------------------------------------------------------- the programs


def ask(reader: subprocess.Popen[str]) -> dict[str, object]:
    """What a reader answers to a line."""
    tell(reader)
    found: dict[str, object] = json.loads(line(reader))
    return found


class Leaders:
    """A publisher that leads, and one that stands by.

    Args:
        stack: Ends them.
        arguments: Of their command.
    """

    def __init__(self, stack: ExitStack, arguments: Sequence[str]) -> None:
        self._stack = stack
        self._arguments = arguments
        self.leading = self._begin()
        line(self.leading)
        self._standby = self._begin("--standby")

    def kill(self) -> float:
        """Kill the one that leads; return the seconds until the other does."""
        self._look()
        self.leading.kill()
        killed_s = time.monotonic()
        self._succeed()
        return time.monotonic() - killed_s

    def finish(self) -> dict[str, Any]:
        """End the one that leads, and return its figures."""
        self._look()
        self._standby.kill()
        self.leading.send_signal(signal.SIGTERM)
        account: dict[str, Any] = json.loads(self.leading.communicate(timeout=PATIENCE_S)[0])
        return account

    def _look(self) -> None:
        if self.leading.poll() is not None:
            print("the leader's lease ran out while the broker was away", flush=True)
            self._succeed()

    def _succeed(self) -> None:
        line(self._standby)
        self.leading, self._standby = self._standby, self._begin("--standby")

    def _begin(self, *more: str) -> subprocess.Popen[str]:
        return self._stack.enter_context(started(HERE, *self._arguments, *more))


class Clock:
    """Processor time of programs over a span, in cores."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._began_s = time.monotonic()
        self._before = {name: cpu_s(pid) for name, pid in pids.items()}

    def cores(self) -> dict[str, float]:
        passed_s = time.monotonic() - self._began_s
        return {
            name: round((cpu_s(pid) - self._before[name]) / passed_s, 2)
            for name, pid in self._pids.items()
        }


# ------------------------------------------------------------------------------ the proof


@dataclass
class Account:
    """What the recordings hold.

    Attributes:
        events: How many.
        repeats: Those that came twice or out of the order of their symbol.
        numbers: Sequence numbers, by numbering, tape and the number of gaps before.
    """

    events: int = 0
    repeats: int = 0
    numbers: dict[tuple[str, int, int], array[int]] = field(default_factory=dict)
    _last: dict[tuple[str, str], int] = field(default_factory=dict)
    _gaps: int = 0

    def begin(self) -> None:
        """Begin with another share."""
        self._gaps = 0

    def take(self, batch: Batch) -> None:
        """Take events and gaps of a share, in their order."""
        last, numbers = self._last, self.numbers
        for event in batch:
            if isinstance(event, Gap):
                self._gaps += 1
                continue
            key, number = (event.event_type, event.symbol), event.sequence_number
            self.events += 1
            self.repeats += number <= last.get(key, 0)
            last[key] = number
            place = (NUMBERING[event.event_type], event.tape, self._gaps)
            if place not in numbers:
                numbers[place] = array("q")
            numbers[place].append(number)

    def holes(self) -> tuple[int, int, int]:
        """Return how many numbers are missing where no gap was told, how many before one, and how
        many numbers before the gap the first of these is: what the killed leader had in flight.
        """
        missing = in_flight = span = 0
        last = max(gaps for *_, gaps in self.numbers)
        for (*_, gaps), found in self.numbers.items():
            ordered = np.sort(np.frombuffer(found, np.int64))
            steps = np.diff(ordered)
            count = int(steps.sum()) - len(steps)
            if gaps == last:
                missing += count
            elif count:
                in_flight += count
                span = max(span, int(ordered[-1] - ordered[np.argmax(steps > 1)]))
        return missing, in_flight, span


async def count(paths: Sequence[Path]) -> Account:
    account = Account()
    for path in paths:
        account.begin()
        stream = fastpoly.replay(path, speed="max")
        stream.add_handler(account.take, *NUMBERING, notices=True)
        async with stream:
            await stream.wait_closed()
    return account


# ----------------------------------------------------------------------------- the measurement


def run(rate: int, seconds: float, symbols: int, folder: Path) -> None:
    with ExitStack() as stack:
        broker = stack.enter_context(NatsServer(folder / "nats"))
        simulator = stack.enter_context(SimulatorProcess(rate=rate, symbols=symbols))
        source = ("--url", simulator.url("stocks"), "--to", broker.url)
        publish = (
            "fastpoly",
            "publish",
            "stocks",
            *PARAMS,
            *source,
            "--json",
            "--max-buffer-bytes",
        )
        publish += (str(rate * EVENT_BYTES * OUTAGE_S),)
        leaders = Leaders(stack, publish)
        paths = [folder / f"share{number}.mcap" for number in range(SHARES)]
        readers = [
            stack.enter_context(
                started(
                    HERE,
                    "tests.soak.publishing",
                    "--read",
                    f"{broker.url}?start=all&shard={number}/{SHARES}",
                    str(path),
                )
            )
            for number, path in enumerate(paths)
        ]
        for reader in readers:
            line(reader)
        pids = {"publisher": leaders.leading.pid, "broker": broker.pid}
        pids |= {f"reader {n}": reader.pid for n, reader in enumerate(readers)}
        clock = Clock(pids)
        time.sleep(seconds / 5)
        print(f"cores before the kills: {clock.cores()}", flush=True)
        for kill in ("broker", "leader", "broker", "broker"):
            if kill == "broker":
                broker.kill()
                broker.start()
            else:
                took_s = leaders.kill()
                print(f"the standby leads {took_s:.2f} s after the leader was killed", flush=True)
                assert took_s < MOST_TAKEOVER_S
            time.sleep(seconds / 5)
        account = leaders.finish()
        assert account["unacknowledged_messages"] == 0, account
        before, said = -1, 0
        while said > before:  # until nothing more comes
            time.sleep(1.0)
            answers = [ask(reader) for reader in readers]
            before, said = said, sum(int(str(one["events"])) for one in answers)
        for reader in readers:
            reader.communicate(timeout=PATIENCE_S)
    found = asyncio.run(count(paths))
    causes = [one["causes"] for one in answers]
    print(f"last leader: {account}")
    print(f"gaps told: {causes}")
    missing, in_flight, span = found.holes()
    print(f"{found.events:,} events, {found.repeats} repeated, {missing:,} missing;")
    print(f"{in_flight:,} lost with the leader, among the last {span:,} of their kind")
    assert (found.repeats, missing) == (0, 0)
    assert span < rate * MOST_IN_FLIGHT_S
    assert found.events == said
    assert all(len(one) >= 1 for one in causes if isinstance(one, list))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=20_000, help="events a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--symbols", type=int, default=8000)
    parser.add_argument("--read", nargs=2, metavar=("URL", "PATH"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        uvloop.run(read(*given.read))
    else:
        with tempfile.TemporaryDirectory() as place:
            run(given.rate, given.seconds, given.symbols, Path(place))
