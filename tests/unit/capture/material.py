"""Frames to record, recordings of them, and what others read in these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mcap.reader import make_reader
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, Writer

from fastpoly import Batch
from fastpoly._core import SyntheticMarket
from fastpoly.capture import CaptureReader, CaptureStats, CaptureWriter, Mark

START_NS = 1_781_706_600_000_000_000
"""When recordings here begin, Unix time in ns."""

STEP_NS = 1_000_000
"""Time from one frame to the next, in ns."""

Frames = list[tuple[int, bytes]]
"""Receive time and text of each."""


def frames(count: int, events: int = 10, *, market: str = "stocks", seed: int = 1) -> Frames:
    """Made-up frames of a market."""
    made = SyntheticMarket(market, seed=seed, symbols=20)
    wanted = made.subscription()
    for channel in made.channels:
        wanted.add(channel)
    found: list[bytes] = []
    now_ms = START_NS // 1_000_000
    while len(found) < count:
        made.advance(now_ms, events)
        found += wanted.payloads(events)
        now_ms += 1
    return [(START_NS + i * STEP_NS, text) for i, text in enumerate(found[:count])]


def record(path: Path, recorded: Frames, *, market: str = "stocks", **options: Any) -> CaptureStats:
    """Records frames in a file and returns what the writer says of it."""
    with CaptureWriter(path, market=market, **options) as writer:
        for stamp, text in recorded:
            writer.add_frame(text, stamp)
    return writer.stats()


def oracle(path: Path) -> list[tuple[str, int, bytes]]:
    """Topic, time and data of each message, as the ``mcap`` package reads them."""
    with path.open("rb") as file:
        return [
            (channel.topic, message.log_time, message.data)
            for _, channel, message in make_reader(file, validate_crcs=True).iter_messages(
                log_time_order=False
            )
        ]


def oracle_stream(path: Path) -> list[Any]:
    """The records of a file, one after the other, as the ``mcap`` package reads them."""
    with path.open("rb") as file:
        return list(StreamReader(file, validate_crcs=True).records)


def foreign(path: Path, recorded: Frames, **options: Any) -> None:
    """Has the ``mcap`` package write frames to a file."""
    topic = options.pop("topic", "ticks")
    metadata = options.pop("metadata", {})
    options.setdefault("compression", CompressionType.ZSTD)
    with path.open("wb") as file:
        writer = Writer(file, **options)
        writer.start(profile="", library="someone")
        schema = writer.register_schema(name="any", encoding="jsonschema", data=b"{}")
        channel = writer.register_channel(
            schema_id=schema, topic=topic, message_encoding="json", metadata=metadata
        )
        for number, (stamp, text) in enumerate(recorded):
            writer.add_message(
                channel_id=channel, log_time=stamp, publish_time=stamp, sequence=number, data=text
            )
        writer.finish()


def frames_of(found: Sequence[Batch | Mark]) -> Frames:
    """The frames of what a reader gave that keeps them."""
    return [
        (frame.received_ns, text)
        for batch in found
        if isinstance(batch, Batch)
        for frame, text in zip(batch.frames(), batch.raw(), strict=True)
    ]


def marks_of(found: Sequence[Batch | Mark]) -> list[Mark]:
    return [item for item in found if isinstance(item, Mark)]


def read(*paths: Path | int, **options: Any) -> list[Batch | Mark]:
    """All that a reader gives, with the frames' text."""
    with CaptureReader(*paths, keep_frames=True, **options) as reader:
        return list(reader)


def chunks(path: Path) -> Iterator[tuple[int, int]]:
    """Offset and size of each chunk record in a whole file."""
    data = path.read_bytes()
    at = 8
    while at < len(data) - 8:
        size = 9 + int.from_bytes(data[at + 1 : at + 9], "little")
        if data[at] == 6:
            yield at, size
        at += size
