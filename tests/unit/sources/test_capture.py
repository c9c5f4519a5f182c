"""A recording as a source, by way of `fastpoly.replay`."""

from __future__ import annotations

import asyncio
import datetime
import json
import time
from pathlib import Path
from typing import Any

import pytest

from fastpoly import Stream, UsageError, replay
from fastpoly._core import Batch
from fastpoly.capture import CaptureWriter, Mark, MarkKind
from fastpoly.errors import CaptureError
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from tests.loops import in_loop

START_NS = 1_781_706_600_000_000_000
MS = 1_000_000


def event(q: int, channel: str = "T", symbol: str = "A") -> dict[str, Any]:
    return {"ev": channel, "sym": symbol, "t": (START_NS + q * MS) // MS, "q": q}


def record(path: Path, *steps: list[dict[str, Any]] | Mark, market: str = "stocks") -> Path:
    """Writes frames, one a millisecond, and marks between them."""
    writer = CaptureWriter(path, market=market)
    for number, step in enumerate(steps):
        if isinstance(step, Mark):
            writer.mark(step.kind, step.at_ns, **step.detail)
        else:
            writer.add_frame(json.dumps(step).encode(), START_NS + number * MS)
    writer.close()
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """300 frames of a trade of A, a quote of B and a trade of B."""
    frames = [[event(q), event(q, "Q", "B"), event(q, "T", "B")] for q in range(300)]
    return record(tmp_path / "whole.mcap", *frames)


async def taken(stream: Stream) -> list[Any]:
    async with stream:
        return [one async for batch in stream for one in batch]


def shown(events: list[Any]) -> list[tuple[str, str, int]]:
    return [(one["ev"], one["sym"], one["q"]) for one in events]


@in_loop
async def test_everything_once_in_order_and_then_the_end(whole: Path) -> None:
    stream = replay(whole, speed="max")
    events = await taken(stream)
    expected = [
        (channel, symbol, q)
        for q in range(300)
        for channel, symbol in (("T", "A"), ("Q", "B"), ("T", "B"))
    ]
    assert shown(events) == expected
    assert (stream.state, stream.error) == (State.CLOSED, None)
    stats = stream.stats()
    assert (stats.line.connections, stats.line.frames_received, stats.received) == (1, 300, 900)
    assert stats.line.last_received_ns == stream.clock.time_ns() == START_NS + 299 * MS
    assert stats.lag["T"].events == 600


@in_loop
async def test_handlers_are_given_the_same_each_time(whole: Path) -> None:
    runs = []
    for _ in range(2):
        calls: list[Any] = []
        stream = replay(whole, speed="max")

        @stream.on("T")
        def on_trades(batch: Batch, calls: list[Any] = calls) -> None:
            calls.append([one["q"] for one in batch.select("T")])

        async with stream:
            await stream.wait_closed()
        runs.append(calls)
    assert runs[0] == runs[1]
    assert sum(map(len, runs[0])) == 600


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        (["T.*"], {("T", "A"), ("T", "B")}),
        (["T.A"], {("T", "A")}),
        (["T.A", "Q.*"], {("T", "A"), ("Q", "B")}),
        (["Q.A", "AM.*"], set()),
    ],
)
@in_loop
async def test_what_is_subscribed_and_nothing_else(
    whole: Path, params: list[str], kept: set[tuple[str, str]]
) -> None:
    source = replay(whole, speed="max")._recording
    events = await taken(Stream("stocks", *params, source=source, overflow="block"))
    assert {(one["ev"], one["sym"]) for one in events} == kept
    assert len(events) == 300 * len(kept)


@in_loop
async def test_channels_symbols_and_a_part_of_the_time(whole: Path) -> None:
    at = datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(
        microseconds=(START_NS + 100 * MS) // 1000
    )
    stream = replay(
        whole, speed="max", channels=["T"], symbols={"B"}, start=at, end=START_NS + 110 * MS
    )
    assert shown(await taken(stream)) == [("T", "B", q) for q in range(100, 110)]


@in_loop
async def test_a_lost_connection_is_a_gap_where_it_was(tmp_path: Path) -> None:
    lost = Mark(MarkKind.LOST, START_NS + 2 * MS, {"code": 1012, "reason": "restart"})
    path = record(
        tmp_path / "lost.mcap",
        [event(1)],
        [event(2)],
        lost,
        Mark(MarkKind.GAP, START_NS + 2 * MS, {"cause": "reconnect"}),
        [event(9)],
    )
    events = await taken(replay(path, speed="max"))
    assert [one["q"] for one in events if not isinstance(one, Gap)] == [1, 2, 9]
    (gap,) = [one for one in events if isinstance(one, Gap)]
    assert events.index(gap) == 2
    assert (gap.code, gap.last_by_channel["T"]["q"], gap.first_by_channel["T"]["q"]) == (1012, 2, 9)
    assert gap.until_ns == START_NS + 4 * MS
    assert START_NS <= gap.since_ns <= gap.until_ns


@in_loop
async def test_what_the_writer_dropped_is_a_gap_and_a_bad_frame_is_reported(
    tmp_path: Path,
) -> None:
    path = record(
        tmp_path / "dropped.mcap",
        [event(1)],
        Mark(MarkKind.GAP, START_NS + MS, {"cause": "buffer_full", "frames": 3}),
        [event(5)],
    )
    with CaptureWriter(tmp_path / "bad.mcap", market="stocks") as writer:
        writer.add_frame(b'[{"ev":', START_NS + 10 * MS)
        writer.add_frame(json.dumps([event(6)]).encode(), START_NS + 11 * MS)
    errors: list[BaseException] = []
    stream = replay(
        path,
        tmp_path / "bad.mcap",
        speed="max",
        on_error=lambda error, handler, batch: errors.append(error),
    )
    events = await taken(stream)
    assert [type(one).__name__ for one in events] == ["EquityTrade", "Gap", *["EquityTrade"] * 2]
    assert "buffer_full" in events[1].cause
    assert [type(error).__name__ for error in errors] == ["DecodeError"]
    assert stream.stats().line.bad_frames == 1


@in_loop
async def test_the_recorded_pace_and_a_multiple_of_it(whole: Path) -> None:
    started = time.monotonic()
    assert len(await taken(replay(whole, speed=2))) == 900
    assert time.monotonic() - started >= 0.299 / 2


@in_loop
async def test_pause_step_seek_and_play(whole: Path) -> None:
    stream = replay(whole, speed=0.001)
    stream.pause()
    async with stream:
        batches = aiter(stream)
        assert not stream.is_playing
        stream.step(2)
        assert [one["q"] for one in await anext(batches)] == [0, 0, 0]
        stream.speed = "max"
        second = await anext(batches)
        assert second[0]["q"] == 1
        assert stream.clock.time_ns() == second.received_ns
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(batches), 0.02)
        stream.seek(START_NS + 298 * MS)
        stream.play()
        rest = [one async for batch in batches for one in batch]
    assert isinstance(rest[0], Gap)
    assert "moved" in rest[0].cause
    assert [one["q"] for one in rest[1:]] == [298] * 3 + [299] * 3


@in_loop
async def test_a_slow_consumer_is_waited_for(whole: Path) -> None:
    events = await taken(replay(whole, speed="max", max_buffer_bytes=1000))
    assert len(events) == 900


@in_loop
async def test_in_a_thread_and_with_a_stream_that_is_closed_early(whole: Path) -> None:
    assert len(await taken(replay(whole, speed="max", ingest="thread"))) == 900
    async with replay(whole, speed=1) as stream:
        await anext(aiter(stream))
    assert stream.state is State.CLOSED


@in_loop
async def test_the_files_are_let_go_at_the_end(whole: Path) -> None:
    def is_open() -> bool:
        return any(link.resolve() == whole.resolve() for link in Path("/proc/self/fd").iterdir())

    over, left = replay(whole, speed="max"), replay(whole, speed=1)
    assert is_open()
    await taken(over)
    async with left:
        await anext(aiter(left))
        assert is_open()
    assert not is_open()


def test_arguments_that_make_no_sense(whole: Path, tmp_path: Path) -> None:
    for speed in (0, -1, "fast"):
        with pytest.raises(UsageError, match="is not a speed"):
            replay(whole, speed=speed)
    with pytest.raises(UsageError, match="no time zone"):
        replay(whole, start=datetime.datetime(2026, 11, 26))
    with pytest.raises(CaptureError):
        replay(tmp_path / "nothing.mcap")
