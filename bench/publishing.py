"""What does it cost to publish a market to NATS JetStream, and to read it there by shards?

The server sends at a fixed rate; a publisher reads it and publishes to a broker, which stores it on
this machine's disk. Processor time is each process's own, as the system counts it, from before the
first event until the broker has the last. fastpoly's publisher has two readers, which have half the
shards each and count; those by hand, which publish a message for each event, have none.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import environments, results
from bench.processes import cpu_s, line, started, tell
from bench.server import Plan

READERS: Final = 2
PATIENCE_S: Final = 60.0
"""How long the broker may take for what is left."""

OURS: Final = "publish"


@dataclass(frozen=True)
class Publisher:
    """A publisher under measure.

    Attributes:
        label: What reports call it.
        environment: Which interpreter it runs on.
        arguments: Of its program, with ``{url}`` for what it reads and ``{to}`` for the broker.
        rate: Events a second at which it is measured at most: what it keeps up with.
    """

    label: str
    environment: str
    arguments: tuple[str, ...]
    rate: int


PUBLISHERS: Final = {
    OURS: Publisher(
        "fastpoly publish",
        "fastpoly",
        ("fastpoly", "publish", "stocks", "T.*", "Q.*", "--url", "{url}", "--to", "{to}"),
        150_000,
    ),
    "picows_nats": Publisher(
        "picows + orjson + nats-py by hand",
        "rivals",
        ("bench.relays", "picows_nats", "{url}", "{to}"),
        5_000,
    ),
    "websockets_nats": Publisher(
        "websockets + json + nats-py by hand",
        "rivals",
        ("bench.relays", "websockets_nats", "{url}", "{to}"),
        5_000,
    ),
}


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: Of each publisher.
        seconds: Of data.
        per_frame: Events a frame.
    """

    rounds: int
    seconds: float
    per_frame: int = 50


FULL: Final = Effort(3, 5.0)
QUICK: Final = Effort(1, 0.5)


class Broker:
    """A server with JetStream in a process of its own.

    Attributes:
        url: Where it is.
        pid: Of its process.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, monitoring_port: int) -> None:
        self.url = f"nats://127.0.0.1:{port}"
        self.pid = process.pid
        self._monitoring_port = monitoring_port

    def messages(self) -> int:
        """How many it has stored."""
        connection = http.client.HTTPConnection("127.0.0.1", self._monitoring_port)
        with contextlib.closing(connection):
            connection.request("GET", "/jsz")
            return int(json.load(connection.getresponse())["messages"])


@contextmanager
def broker() -> Iterator[Broker]:
    """A broker with a folder of its own, both gone afterwards."""
    program = Path(environments.python("rivals")).with_name("nats-server")
    with tempfile.TemporaryDirectory() as folder:
        ports = _free_ports(2)
        arguments = ("-js", "-sd", folder, "-a", "127.0.0.1", "-p", str(ports[0]), "-m")
        with subprocess.Popen(
            [program, *arguments, str(ports[1])],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                for port in ports:
                    _wait_for(port, process)
                yield Broker(process, *ports)
            finally:
                process.kill()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in taken]


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args} ended with {process.returncode}") from None
            time.sleep(0.01)


def _counts(reader: subprocess.Popen[str]) -> list[int]:
    tell(reader)
    found: list[int] = json.loads(line(reader))
    return found


def _wait(total: int, arrived: Callable[[], int]) -> int:
    """Wait until all have arrived, or nothing more does; return how many have."""
    gives_up = time.monotonic() + PATIENCE_S
    while (now := arrived()) < total and time.monotonic() < gives_up:
        time.sleep(0.05)
    return now


def run(publisher: Publisher, events_file: Path, effort: Effort, readers: int) -> dict[str, Any]:
    """Measures one publisher once."""
    total = int(publisher.rate * effort.seconds) // effort.per_frame * effort.per_frame
    plan = Plan(str(events_file), effort.per_frame, total, "rate", publisher.rate, hold=True)
    with ExitStack() as stack:
        to = stack.enter_context(broker())
        server = stack.enter_context(started("fastpoly", "bench.server", plan.dump()))
        places = {"url": f"ws://127.0.0.1:{line(server)}/stocks", "to": to.url}
        arguments = [one.format(**places) for one in publisher.arguments]
        process = stack.enter_context(started(publisher.environment, *arguments))
        line(process)
        reading = [
            stack.enter_context(
                started(
                    "fastpoly", "bench.relays", "nats_share", f"{to.url}?shard={number}/{readers}"
                )
            )
            for number in range(readers)
        ]
        for reader in reading:
            line(reader)
        before = [cpu_s(pid) for pid in (process.pid, to.pid, *(one.pid for one in reading))]
        tell(server)
        time.sleep(effort.seconds)
        if reading:
            arrived = _wait(total, lambda: sum(_counts(one)[0] for one in reading))
        else:
            arrived = _wait(total, to.messages)
        after = [cpu_s(pid) for pid in (process.pid, to.pid, *(one.pid for one in reading))]
        cpu = [now - then for now, then in zip(after, before, strict=True)]
        return {
            "events": total,
            "arrived": arrived,
            "gaps": sum(_counts(one)[1] for one in reading),
            "publisher_s": cpu[0],
            "broker_s": cpu[1],
            "reader_s": max(cpu[2:], default=None),
        }


def measure(events_file: Path, effort: Effort) -> list[dict[str, Any]]:
    """Runs each publisher in turn; returns a cell for each."""
    noted: dict[str, list[dict[str, Any]]] = {name: [] for name in PUBLISHERS}
    for _ in range(effort.rounds):
        for name, publisher in PUBLISHERS.items():
            readers = READERS if name == OURS else 0
            noted[name].append(run(publisher, events_file, effort, readers))
    return [_cell(name, ones, effort) for name, ones in noted.items()]


def _cell(name: str, ones: Sequence[dict[str, Any]], effort: Effort) -> dict[str, Any]:
    def per_event(part: str) -> dict[str, Any] | None:
        if ones[0][part] is None:
            return None
        return results.summary([one[part] * 1e9 / one["events"] for one in ones])

    return {
        "contender": name,
        "label": PUBLISHERS[name].label,
        "per_frame": effort.per_frame,
        "rate": PUBLISHERS[name].rate,
        "publisher_ns_per_event": per_event("publisher_s"),
        "broker_ns_per_event": per_event("broker_s"),
        "reader_ns_per_event": per_event("reader_s"),
        "events": ones[0]["events"],
        # In the run that went worst.
        "arrived": min(one["arrived"] for one in ones),
        "gaps": max(one["gaps"] for one in ones),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), FULL), indent=2))
