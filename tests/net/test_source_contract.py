"""What an engine may rely on, whichever source feeds it; see `fastpoly.sources.source`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fastpoly._core import Batch
from fastpoly.errors import ConnectionLost, FastpolyError, UsageError
from fastpoly.health.counts import SourceCounts
from fastpoly.shards import shard_of
from fastpoly.sources.source import SourceConnection
from tests.loops import in_loop
from tests.net.events import trade
from tests.net.sources import RIGS, Reporter, Rig
from tests.waiting import stands_still, until

FRAMES = [json.dumps([trade(q=2 * number), trade(q=2 * number + 1)]) for number in range(4)]
BAD = '[{"ev":'

EVERY_SOURCE = pytest.mark.parametrize("kind", list(RIGS))


@contextlib.asynccontextmanager
async def fed(
    kind: str, folder: Path, *frames: str
) -> AsyncIterator[tuple[Rig, Reporter, SourceConnection]]:
    """A connection that is open, its owner, and a hand on what it brings; closed at the end."""
    rig = RIGS[kind](frames or FRAMES, folder)
    async with rig.running():
        reporter = Reporter()
        connection = rig.source.connect(reporter)
        await connection.open()
        yield rig, reporter, connection
        await connection.close()


# ---------------------------------------------------------------------------------- beginning


@EVERY_SOURCE
@in_loop
async def test_it_opens_once_and_says_that_it_is_up(kind: str, tmp_path: Path) -> None:
    rig = RIGS[kind](FRAMES, tmp_path)
    async with rig.running():
        assert rig.source.delay_s == 0.0
        assert rig.source.clock.monotonic_ns() >= 0
        reporter = Reporter()
        connection = rig.source.connect(reporter)
        assert not connection.is_open
        assert connection.counts() == SourceCounts()
        with pytest.raises(ConnectionLost):
            connection.send("subscribe", ["T.AAPL"])
        with pytest.raises(UsageError):
            await connection.closed()
        assert reporter.told == []
        await connection.open()
        assert connection.is_open
        assert reporter.told[0] == "upgraded"
        assert reporter.told.count("upgraded") == 1
        assert reporter.batches == []
        with pytest.raises(UsageError):
            await connection.open()
        assert connection.is_open, "asked in vain, and no worse for it"
        await connection.close()


# ----------------------------------------------------------------------------------- requests


@EVERY_SOURCE
@in_loop
async def test_requests_are_answered_later_by_control_messages(kind: str, tmp_path: Path) -> None:
    async with fed(kind, tmp_path) as (_, reporter, connection):
        before = list(reporter.told)
        connection.send("subscribe", ["T.AAPL", "Q.AAPL"])
        connection.send("unsubscribe", iter(["Q.AAPL"]))
        assert reporter.told == before, "whoever asks has not returned yet"
        await until(lambda: len(reporter.confirmed) == 3)
        assert reporter.confirmed == [
            ("subscribe", ("T.AAPL",)),
            ("subscribe", ("Q.AAPL",)),
            ("unsubscribe", ("Q.AAPL",)),
        ]
        assert not connection.gives_all


# --------------------------------------------------------------------------------------- data


async def subscribed(reporter: Reporter, connection: SourceConnection) -> None:
    connection.send("subscribe", ["T.AAPL"])
    await until(lambda: reporter.confirmed)


@EVERY_SOURCE
@in_loop
async def test_batches_come_in_order_stamped_watched_and_counted(kind: str, tmp_path: Path) -> None:
    async with fed(kind, tmp_path) as (rig, reporter, connection):
        await subscribed(reporter, connection)
        assert reporter.batches == []
        rig.bring(1)
        await until(lambda: len(reporter.numbers) == 2)
        first = connection.counts()
        rig.bring(3)
        await until(lambda: len(reporter.numbers) == 8)
        assert reporter.numbers == list(range(8))
        stamps = [batch.received_ns for batch in reporter.batches]
        assert stamps[0] > 0
        assert stamps == sorted(stamps)
        seen = [sum(map(len, reporter.batches[: n + 1])) for n in range(len(stamps))]
        assert all(watched >= own for watched, own in zip(reporter.watched, seen, strict=True)), (
            "the watch sees an event before the owner does"
        )
        counts = connection.counts()
        before_data = first.frames_received - 1
        assert counts.frames_received == before_data + 4
        assert (first.events_received, counts.events_received) == (2, 8)
        assert counts.bytes_received - first.bytes_received == sum(map(len, FRAMES[1:]))
        assert first.reads < counts.reads <= first.reads + 3
        assert counts.last_received_ns == stamps[-1]
        assert counts.bad_frames == 0


@EVERY_SOURCE
@in_loop
async def test_what_cannot_be_read_is_told_in_its_place(kind: str, tmp_path: Path) -> None:
    frames = [FRAMES[0], BAD, FRAMES[1]]
    async with fed(kind, tmp_path, *frames) as (rig, reporter, connection):
        await subscribed(reporter, connection)
        rig.bring(3)
        await until(lambda: len(reporter.numbers) == 5)
        assert reporter.numbers == [0, 1, "bad", 2, 3]
        counts = connection.counts()
        assert (counts.bad_frames, counts.events_received) == (1, 4)
        assert connection.is_open


@EVERY_SOURCE
@in_loop
async def test_what_is_not_read_comes_later_whole_and_in_order(kind: str, tmp_path: Path) -> None:
    async with fed(kind, tmp_path) as (rig, reporter, connection):
        await subscribed(reporter, connection)
        connection.resume_reading()  # nothing was paused
        rig.bring(1)
        await until(lambda: len(reporter.numbers) == 2)
        connection.pause_reading()
        connection.pause_reading()
        rig.bring(3)
        await stands_still(lambda: len(reporter.numbers), looks=5)
        assert reporter.numbers == [0, 1]
        assert connection.is_open
        connection.resume_reading()
        connection.resume_reading()
        await until(lambda: len(reporter.numbers) == 8)
        assert reporter.numbers == list(range(8))


@EVERY_SOURCE
@in_loop
async def test_events_of_other_shards_do_not_come(kind: str, tmp_path: Path) -> None:
    """Also where they would be first, last or all of a frame; the tap has the frames whole."""
    mixed = [
        [trade("MSFT", q=0), trade("AAPL", q=1), trade("MSFT", q=2)],
        [trade("MSFT", q=3)],
        [trade("AAPL", q=4), {**trade("AAPL", q=5), "new": [1, {"x": None}]}],
        [{**trade("MSFT", q=6), "new": 1}, trade("AAPL", q=7)],
    ]
    rig = RIGS[kind]([json.dumps(frame) for frame in mixed], tmp_path)
    async with rig.running():
        reporter = Reporter(1 << shard_of("AAPL"))
        connection = rig.source.connect(reporter)
        await connection.open()
        connection.send("subscribe", ["T.*"])
        await until(lambda: reporter.confirmed)
        rig.bring(4)
        await until(lambda: 7 in reporter.numbers)
        assert reporter.numbers == [1, 4, 5, 7]
        assert connection.counts().events_received == 4
        await connection.close()


@EVERY_SOURCE
@in_loop
async def test_a_tap_gets_the_text_of_all_that_is_read(kind: str, tmp_path: Path) -> None:
    class Tap:
        def __init__(self) -> None:
            self.texts: list[bytes] = []

        def on_read(self, batch: Batch) -> None:
            self.texts += batch.raw()

        def on_frame(self, text: bytes, received_ns: int) -> None:
            assert received_ns > 0
            self.texts.append(text)

    frames = [FRAMES[0], BAD, FRAMES[1], FRAMES[2]]
    rig = RIGS[kind](frames, tmp_path)
    async with rig.running():
        reporter, tap = Reporter(), Tap()
        connection = rig.source.connect(reporter)
        connection.record_to(tap)
        await connection.open()
        await subscribed(reporter, connection)
        rig.bring(3)
        await until(lambda: len(reporter.numbers) == 5)
        connection.record_to(None)
        rig.bring(1)
        await until(lambda: len(reporter.numbers) == 7)
        # A server's control messages are read, too.
        data = [text for text in tap.texts if b'"status"' not in text]
        assert data == [frame.encode() for frame in frames[:3]]
        await connection.close()


@pytest.mark.parametrize("kind", [kind for kind in RIGS if kind != "scripted"])
@in_loop
async def test_text_is_kept_if_asked_for_whether_a_tap_comes_or_goes(
    kind: str, tmp_path: Path
) -> None:
    class Tap:
        def on_read(self, batch: Batch) -> None:
            pass

        def on_frame(self, text: bytes, received_ns: int) -> None:
            pass

    rig = RIGS[kind](FRAMES, tmp_path)
    rig.keep_frames = True
    async with rig.running():
        reporter = Reporter()
        connection = rig.source.connect(reporter)
        await connection.open()
        await subscribed(reporter, connection)
        rig.bring(1)
        await until(lambda: len(reporter.numbers) == 2)
        connection.record_to(Tap())
        rig.bring(1)
        await until(lambda: len(reporter.numbers) == 4)
        connection.record_to(None)
        rig.bring(2)
        await until(lambda: len(reporter.numbers) == 8)
        texts = [json.loads(text) for batch in reporter.batches for text in batch.raw()]
        data = [frame for frame in texts if frame[0]["ev"] != "status"]
        assert data == [json.loads(frame) for frame in FRAMES]
        await connection.close()


# ---------------------------------------------------------------------------------------- end


def end_at_once(connection: SourceConnection, error: FastpolyError | None) -> None:
    if error is None:
        connection.abort()
    else:
        connection.drop(error)


@EVERY_SOURCE
@pytest.mark.parametrize("error", [None, FastpolyError("mute"), ConnectionLost("gone", code=1006)])
@in_loop
async def test_it_ends_as_it_is_told_and_brings_nothing_more(
    kind: str, error: FastpolyError | None, tmp_path: Path
) -> None:
    async with fed(kind, tmp_path) as (rig, reporter, connection):
        await subscribed(reporter, connection)
        rig.bring(1)
        await until(lambda: len(reporter.numbers) == 2)
        waiters = [asyncio.ensure_future(connection.closed()) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()  # who waits no more ends nothing
        await asyncio.sleep(0)
        assert connection.is_open
        counts = connection.counts()
        end_at_once(connection, error)
        end_at_once(connection, error and FastpolyError("a second time"))
        reason = await connection.closed()
        assert (reason.error, connection.is_open) == (error, False)
        assert [await waiter for waiter in waiters[1:]] == [reason, reason]
        await connection.close()
        with pytest.raises(ConnectionLost):
            connection.send("subscribe", ["Q.AAPL"])
        connection.pause_reading()
        connection.resume_reading()
        assert reporter.numbers == [0, 1]
        assert connection.counts() == counts
        assert connection.condition().backlog_bytes == 0


@EVERY_SOURCE
@in_loop
async def test_closing_is_no_error_however_often(kind: str, tmp_path: Path) -> None:
    async with fed(kind, tmp_path) as (_, reporter, connection):
        await subscribed(reporter, connection)
        await asyncio.gather(connection.close(), connection.close())
        await connection.close()
        connection.abort()
        reason = await connection.closed()
        assert (reason.error, connection.is_open) == (None, False)


@EVERY_SOURCE
@in_loop
async def test_a_loss_has_an_error_and_another_connection_begins_anew(
    kind: str, tmp_path: Path
) -> None:
    async with fed(kind, tmp_path) as (rig, reporter, connection):
        await subscribed(reporter, connection)
        rig.bring(4)
        await until(lambda: len(reporter.numbers) == 8)
        rig.lose()
        reason = await connection.closed()
        assert isinstance(reason.error, ConnectionLost)
        assert (reason.code, connection.is_open) == (1006, False)
        assert connection.counts().events_received == 8

        other_reporter = Reporter()
        other = rig.source.connect(other_reporter)
        assert other is not connection
        await other.open()
        assert other.is_open
        assert other.counts().events_received == 0
        await subscribed(other_reporter, other)
        assert reporter.confirmed == [("subscribe", ("T.AAPL",))], "each has its own owner"
        await other.close()


@EVERY_SOURCE
@in_loop
async def test_it_may_be_ended_while_it_is_being_opened(kind: str, tmp_path: Path) -> None:
    rig = RIGS[kind](FRAMES, tmp_path)
    async with rig.running():
        connection = rig.source.connect(Reporter())
        opening = asyncio.create_task(connection.open())
        await asyncio.sleep(0)
        connection.abort()
        with contextlib.suppress(FastpolyError):
            await opening
        assert not connection.is_open
        assert (await connection.closed()).error is None
        with pytest.raises(ConnectionLost):
            connection.send("subscribe", ["T.AAPL"])


@EVERY_SOURCE
@in_loop
async def test_an_owner_may_end_it_from_within_a_batch(kind: str, tmp_path: Path) -> None:
    rig = RIGS[kind](FRAMES, tmp_path)

    class Ends(Reporter):
        def on_batch(self, batch: Batch) -> None:
            super().on_batch(batch)
            connection.drop(ConnectionLost("seen enough"))

    async with rig.running():
        reporter: Any = Ends()
        connection = rig.source.connect(reporter)
        await connection.open()
        await subscribed(reporter, connection)
        rig.bring(1)
        reason = await connection.closed()
        assert "seen enough" in str(reason.error)
        assert reporter.numbers == [0, 1]
        await connection.close()
