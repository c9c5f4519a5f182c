"""Each kind of source, and a hand on what it brings, for the contract that all of them keep."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import secrets
import struct
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fastpoly._core import Batch, LineWatch
from fastpoly.broker.address import read_address
from fastpoly.broker.message import MessageKind, pack, subject_of
from fastpoly.capture import CaptureWriter, MarkKind
from fastpoly.errors import ConnectionLost, DecodeError
from fastpoly.net.credentials import ApiKey
from fastpoly.net.options import ConnectionOptions
from fastpoly.protocol.statuses import ControlMessage
from fastpoly.shards import ALL_SHARDS, shard_of
from fastpoly.shared import SharedWriter
from fastpoly.sim import ScriptedServer
from fastpoly.sources.capture import CaptureSource
from fastpoly.sources.live import LiveSource
from fastpoly.sources.nats.options import NatsOptions
from fastpoly.sources.nats.source import NatsSource
from fastpoly.sources.scripted import ScriptedSource
from fastpoly.sources.shared_memory import SharedMemorySource
from fastpoly.sources.source import Source
from tests.net.brokers import NATS_SERVER, NatsServer
from tests.waiting import PATIENCE_S, UNHURRIED

__all__ = ["RIGS", "Reporter", "Rig", "unused_name"]

KEY = "k3y-of-nobody"
START_NS = 1_781_706_600_000_000_000
MS = 1_000_000


class Reporter:
    """The owner of a connection: keeps what it reports, in one order.

    Attributes:
        told: All of it: ``upgraded``, control messages, batches, errors of frames.
        watched: How many events the watch had seen when each batch was handed over.
        shards: See `SourceOwner.shards`.
    """

    def __init__(self, shards: int = ALL_SHARDS) -> None:
        self.watch = LineWatch("stocks")
        self.shards = shards
        self.told: list[Any] = []
        self.watched: list[int] = []

    def on_batch(self, batch: Batch) -> None:
        self.told.append(batch)
        self.watched.append(sum(events for events, *_ in self.watch.sequences().values()))

    def on_upgraded(self) -> None:
        self.told.append("upgraded")

    def on_status(self, message: ControlMessage) -> None:
        self.told.append(message)

    def on_bad_frame(self, error: DecodeError) -> None:
        self.told.append(error)

    def on_missed(self, error: ConnectionLost) -> None:
        self.told.append(error)

    @property
    def batches(self) -> list[Batch]:
        return [one for one in self.told if isinstance(one, Batch)]

    @property
    def numbers(self) -> list[int | str]:
        """The sequence numbers of all events, and ``bad`` for what could not be read."""
        found: list[int | str] = []
        for one in self.told:
            if isinstance(one, Batch):
                found += [event["q"] for event in one]
            elif isinstance(one, DecodeError):
                found.append("bad")
        return found

    @property
    def confirmed(self) -> list[Any]:
        """The requests that were confirmed, parameter by parameter."""
        messages = [one.confirmed for one in self.told if isinstance(one, ControlMessage)]
        return [one for one in messages if one is not None]


class Rig(abc.ABC):
    """One source and what it is going to bring.

    Args:
        frames: The texts of the frames, for one connection.
        folder: Where files may be made.
    """

    source: Source

    keep_frames = False
    """Whether the source is asked to keep the text of frames."""

    def __init__(self, frames: Sequence[str], folder: Path) -> None:
        self.frames = list(frames)
        self.folder = folder

    @abc.abstractmethod
    def running(self) -> contextlib.AbstractAsyncContextManager[Any]:
        """What has to be there while connections are made."""

    @abc.abstractmethod
    def bring(self, count: int) -> None:
        """Have the connection that was made last bring so many of the frames that are left."""

    @abc.abstractmethod
    def lose(self) -> None:
        """Have it be lost, once all frames were brought."""

    def _next(self, count: int) -> list[str]:
        frames, self.frames = self.frames[:count], self.frames[count:]
        return frames


class LiveRig(Rig):
    """A server over a socket."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with ScriptedServer() as server:
            self.server = server
            options = ConnectionOptions(**UNHURRIED)
            self.source = LiveSource(
                server.url(), ApiKey(KEY), "stocks", options, keep_frames=self.keep_frames
            )
            yield

    def bring(self, count: int) -> None:
        for frame in self._next(count):
            self.server.peers[-1].send_text(frame)

    def lose(self) -> None:
        self.server.peers[-1].drop()


class ScriptedRig(Rig):
    """A script."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.scripted = ScriptedSource("stocks", obliging=True)
        self.source = self.scripted
        yield

    def bring(self, count: int) -> None:
        for frame in self._next(count):
            self.scripted.latest.deliver_text(frame)

    def lose(self) -> None:
        self.scripted.latest.lose()


class CaptureRig(Rig):
    """A recording that goes on step by step."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        path = self.folder / "recorded.mcap"
        with CaptureWriter(path, market="stocks") as writer:
            for number, frame in enumerate(self.frames):
                writer.add_frame(frame.encode(), START_NS + number * MS)
            writer.mark(MarkKind.LOST, START_NS + len(self.frames) * MS, code=1006)
        self.recording = CaptureSource([path], "stocks", speed="max", keep_frames=self.keep_frames)
        self.recording.pause()
        self.source = self.recording
        yield
        self.recording.close()

    def bring(self, count: int) -> None:
        self.recording.step(len(self._next(count)))

    def lose(self) -> None:
        self.recording.step()


class SharedRig(Rig):
    """A ring in shared memory; the source reads it in the same process."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        name = unused_name()
        with SharedWriter(name, market="stocks", buffer_bytes=1 << 20) as self.writer:
            self.writer.start()
            self.source = SharedMemorySource(
                name, "stocks", timeout_s=PATIENCE_S, keep_frames=self.keep_frames
            )
            yield

    def bring(self, count: int) -> None:
        for frame in self._next(count):
            self.writer.add_frame(frame.encode(), time.time_ns())

    def lose(self) -> None:
        self.writer.mark(MarkKind.LOST, code=1006)


class NatsRig(Rig):
    """A broker, and a publisher that has one symbol."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        import nats

        if not NATS_SERVER:
            pytest.skip("there is no nats-server here")
        with NatsServer(self.folder / "nats") as self.broker:
            self.client = await nats.connect(self.broker.url, allow_reconnect=False)
            await self.client.jetstream().add_stream(
                name="fastpoly-stocks", subjects=["fp.stocks.>"]
            )
            self.source = NatsSource(
                NatsOptions(
                    address=read_address(self.broker.url),
                    market="stocks",
                    keep_frames=self.keep_frames,
                )
            )
            self.number = 0
            self.sending: list[Any] = []
            try:
                yield
            finally:
                await asyncio.gather(*self.sending)
                await self.client.close()

    def bring(self, count: int) -> None:
        subject = subject_of("fp", "stocks", "T", shard_of("AAPL"))
        for frame in self._next(count):
            text = frame.encode()
            table = struct.pack("<qI", START_NS + self.number * MS, len(text))
            number, self.number = self.number, self.number + 1
            message = pack(
                MessageKind.EVENTS, 1, number, number, 0, 1, 2, b"", table + b"[" + text + b"]"
            )
            self.sending.append(asyncio.ensure_future(self.client.publish(subject, message)))

    def lose(self) -> None:
        self.broker.kill()
        self.broker.start()


def unused_name() -> str:
    """A name that no other test shares under: these are the machine's, not the test's."""
    return f"test-{secrets.token_hex(8)}"


RIGS: dict[str, type[Rig]] = {
    "live": LiveRig,
    "scripted": ScriptedRig,
    "capture": CaptureRig,
    "nats": NatsRig,
    **({"shared": SharedRig} if sys.platform == "linux" else {}),
}
