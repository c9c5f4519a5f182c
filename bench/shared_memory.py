"""What do readers in other processes cost, through shared memory and through a socket each?

A process sends frames at a pace, as one that has a connection does: through memory with
`fastpoly.shared.SharedWriter`, or to a socket for each reader, where it does nothing but write the
bytes, which no server of the protocol can do for less. Readers through memory are streams with a
handler that counts; those of sockets throw the bytes away.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.frames import frames
from fastpoly import Batch, FastpolyError, ReaderOverrun, Stream
from fastpoly._core import Histogram
from fastpoly.shared import SharedWriter

PER_FRAME: Final = 50
"""About 10 KB: what a busy service sends at once."""

TICK_S: Final = 0.001
"""How often what is due is sent, as a reader that coalesces its reads would have it."""

QUANTILES: Final = (50, 99)


WAYS: Final = {"memory": "shared memory, streams", "sockets": "a socket each, bytes thrown away"}


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        seconds: Of flow, for each case.
        rate: Events a second.
        readers: How many at a time.
    """

    seconds: float
    rate: int
    readers: tuple[int, ...]


FULL: Final = Effort(10.0, 200_000, (0, 1, 20))
QUICK: Final = Effort(1.0, 20_000, (0, 2))


# ------------------------------------------------------------------------ in other processes


async def send(way: str, name: str, events_file: str, rate: str, seconds: str, count: str) -> None:
    """Send for so long once so many readers are there; print what it took."""
    events = await asyncio.to_thread(Path(events_file).read_bytes)
    texts = frames(events.splitlines(), PER_FRAME)
    sender = {"memory": ToMemory, "sockets": ToSockets}[way](name)
    await sender.begin(int(count))
    cpu_ns, began_s, sent = time.process_time_ns(), time.monotonic(), 0
    while (passed_s := time.monotonic() - began_s) < float(seconds):
        due = int(passed_s * int(rate)) // PER_FRAME
        if due > sent:
            sender.send([texts[number % len(texts)] for number in range(sent, due)])
            sent = due
        await asyncio.sleep(TICK_S)
    cpu_ns = time.process_time_ns() - cpu_ns
    print(json.dumps({"cpu_s": cpu_ns / 1e9, "seconds": passed_s, "events": sent * PER_FRAME}))
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)  # until the readers have all of it
    sender.close()


class Once:
    """Goes on after an overrun, and not after the sender's end."""

    stable_after_s = 0.0

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """See `fastpoly.reconnect.ReconnectPolicy`."""
        return 0.0 if isinstance(error, ReaderOverrun) else None


class ToMemory:
    """Sends through memory."""

    def __init__(self, name: str) -> None:
        self.writer = SharedWriter(name, market="stocks")

    async def begin(self, readers: int) -> None:
        """Wait until so many are there."""
        self.writer.start()
        print("ready", flush=True)
        while self.writer.stats().readers < readers:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.01)

    def send(self, texts: Sequence[bytes]) -> None:
        """Send frames, received now."""
        for text in texts:
            self.writer.add_frame(text, time.time_ns(), events=PER_FRAME)

    def close(self) -> None:
        """End."""
        self.writer.close()


class ToSockets:
    """Writes the bytes to a socket for each reader, and nothing else."""

    def __init__(self, name: str) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.links: list[socket.socket] = []

    async def begin(self, readers: int) -> None:
        """Wait until so many are there."""
        print("ready", self.listener.getsockname()[1], flush=True)
        for _ in range(readers):
            link, _ = await asyncio.to_thread(self.listener.accept)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
            self.links.append(link)

    def send(self, texts: Sequence[bytes]) -> None:
        """Send frames."""
        bytes_due = b"".join(texts)
        for link in self.links:
            link.sendall(bytes_due)

    def close(self) -> None:
        """End."""
        for link in (self.listener, *self.links):
            link.close()


async def read(name: str, index: str, count: str) -> None:
    """Count what comes until the sender has ended; print it, and what it took."""
    shard = (int(index), int(count)) if int(count) > 1 else None
    stream = Stream("stocks", "T.*", "Q.*", url=f"shm://{name}", shard=shard, reconnect=Once())
    lags, events, lost = Histogram(), 0, 0
    cpu_ns = 0

    @stream.on("T", "Q")
    def count_events(batch: Batch) -> None:
        nonlocal events, cpu_ns
        cpu_ns = cpu_ns or time.process_time_ns()
        lags.record(time.time_ns() - batch.received_ns)
        events += len(batch)

    @stream.on("notice")
    def count_lost(batch: Batch) -> None:
        nonlocal lost
        lost += sum(gap.lost or 0 for gap in batch)

    await stream.open()
    print("ready", flush=True)
    await asyncio.gather(stream.wait_closed(), return_exceptions=True)
    await stream.close()  # when the handlers have had everything
    took_ns = time.process_time_ns() - cpu_ns
    lag_us = {f"p{one}": lags.percentile(one) / 1e3 for one in QUANTILES}
    print(json.dumps({"cpu_s": took_ns / 1e9, "events": events, "lost": lost, "lag_us": lag_us}))


async def drain(port: str, count: str) -> None:
    """Throw away what comes on so many connections."""
    selector = selectors.DefaultSelector()
    for _ in range(int(count)):
        link = socket.create_connection(("127.0.0.1", int(port)))
        selector.register(link, selectors.EVENT_READ)
    print("ready", flush=True)
    buffer = bytearray(1 << 20)
    while selector.get_map():
        for key, _ in selector.select():
            link = key.fileobj
            assert isinstance(link, socket.socket)
            if not link.recv_into(buffer):
                selector.unregister(link)
                link.close()


# --------------------------------------------------------------------------- the measurement


class Program:
    """One of the above in a process of its own."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.shared_memory", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        """Return what it says next."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def finish(self) -> str:
        """End its input, and return what it says to its end."""
        return self.process.communicate()[0]


def through(
    way: str, events_file: Path, effort: Effort, readers: int, shares: int = 1
) -> dict[str, Any]:
    """One case: a sender, and so many readers, of a share of the symbols each if asked for."""
    name = f"bench-{secrets.token_hex(6)}"
    sender = Program("send", way, name, events_file, effort.rate, effort.seconds, readers)
    port = sender.line().split()[1:]
    reading: list[Program] = []
    if way == "memory":
        reading = [Program("read", name, number % shares, shares) for number in range(readers)]
        for reader in reading:
            reader.line()
    elif readers:
        reading = [Program("drain", *port, readers)]
    sent = json.loads(sender.line())
    sender.finish()
    ended = [reader.finish() for reader in reading]
    cell = {
        "way": way,
        "readers": readers,
        "shares": shares,
        "rate": effort.rate,
        "sender_cores": sent["cpu_s"] / sent["seconds"],
        "events": sent["events"],
    }
    if way == "memory" and readers:
        found = [json.loads(text) for text in ended]
        cell |= {
            "received": sum(one["events"] for one in found),
            "lost": sum(one["lost"] for one in found),
            "reader_cores": max(one["cpu_s"] for one in found) / sent["seconds"],
            "lag_us": {f"p{q}": max(one["lag_us"][f"p{q}"] for one in found) for q in QUANTILES},
        }
    return cell


def measure(events_file: Path, effort: Effort) -> list[dict[str, Any]]:
    """Return a cell for each way and number of readers, and for two readers of half the symbols."""
    cells = [
        through(way, events_file, effort, readers)
        for readers in effort.readers
        for way in ("memory", "sockets")
    ]
    return [*cells, through("memory", events_file, effort, 2, shares=2)]


if __name__ == "__main__":
    programs = {"send": send, "read": read, "drain": drain}
    asyncio.run(programs[sys.argv[1]](*sys.argv[2:]))
