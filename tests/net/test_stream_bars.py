"""Bars that a stream keeps: both ways of reading, and live as from its recording."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy
import pytest

from fastpoly import Batch, Stream, errors, replay
from fastpoly.capture import CaptureWriter, MarkKind
from fastpoly.consumers.kept.snapshot import BarSnapshot
from fastpoly.events import MinuteComplete
from fastpoly.sim import ScriptedServer
from tests.net.streams import BOTH_WAYS, KEY, check_threads, make, run, settled
from tests.waiting import until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)

START_NS = 1_781_706_600_000_000_000
START = START_NS // 1_000_000
MINUTE = 60_000


def bar(symbol: str, start: int, close: float = 1.0) -> dict[str, Any]:
    return {"ev": "AM", "sym": symbol, "o": 1, "c": close, "h": 1, "l": 1, "s": start, "e": start}


def told(snapshot: BarSnapshot) -> list[tuple[str, int, float]]:
    return [(event.symbol, event["s"], event["c"]) for event in snapshot]


def minutes(batch: Batch) -> list[Any]:
    """What a strategy may go by: each bar, and each minute with all that its notice says."""
    return [
        event if isinstance(event, MinuteComplete) else (event.symbol, event["s"], event["c"])
        for event in batch
        if event.event_type in ("AM", "minute_complete")
    ]


@BOTH_WAYS
def test_bars_of_all_symbols_and_of_one(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "AM.*", ingest=ingest)
            stream.keep_bars("AM", starts=2)
            async with stream:
                assert len(stream.bars("AM")) == 0
                server.peers[0].send(bar("A", 1), bar("B", 1), bar("A", 2))
                server.peers[0].send(bar("A", 1, 2.0), bar("B", 3))
                await until(lambda: stream.stats().received == 5)
                found = stream.bars("AM")
                wanted = [("A", 1, 2.0), ("A", 2, 1.0), ("B", 1, 1.0), ("B", 3, 1.0)]
                assert told(found) == wanted
                assert list(numpy.asarray(found.restated)) == [1, 0, 0, 0]
                assert list(found.to_numpy()["close"]) == [2, 1, 1, 1]
                assert found.to_arrow().num_rows == len(found.to_pandas()) == len(found) == 4
                assert 0 < min(found.received_ns) <= max(found.received_ns)
                assert (found.gap, found.left_out, list(found.stale)) == (None, 0, [0] * 4)
                assert repr(found) == "<BarSnapshot stocks AM: 4 events>"
                assert told(stream.bars("AM", "A")) == wanted[:2]
                assert told(stream.bars("AM", "C")) == []
                # The newest starts stay.
                server.peers[0].send(bar("A", 3))
                await until(lambda: stream.stats().received == 6)
                assert told(stream.bars("AM", "A")) == [("A", 2, 1.0), ("A", 3, 1.0)]
            assert len(stream.bars("AM")) == 4

    run(main())


@BOTH_WAYS
def test_what_is_from_before_a_gap_says_so(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "AM.*", ingest=ingest)
            async with stream:
                stream.keep_bars("AM")
                await settled(stream)
                server.peers[0].send(bar("A", 1), bar("B", 1))
                await until(lambda: stream.stats().received == 2)
                server.peers[0].drop()
                await until(lambda: len(server.peers) == 2 and server.peers[1].requested)
                await settled(stream)
                server.peers[1].send(bar("A", 2), bar("B", 1))
                await until(lambda: stream.stats().received == 4)
                found = stream.bars("AM")
                assert told(found) == [("A", 1, 1.0), ("A", 2, 1.0), ("B", 1, 1.0)]
                assert list(found.stale) == [True, False, False]
                assert found.gap is not None
                assert len(stream.bars("AM", since_gap=True)) == 2
                assert told(stream.bars("AM", "A", since_gap=True)) == [("A", 2, 1.0)]

    run(main())


@BOTH_WAYS
def test_a_minute_is_complete_live_where_it_is_from_the_recording(
    tmp_path: Path, ingest: str
) -> None:
    path = tmp_path / "day.mcap"
    live: list[Any] = []
    traded_ns: list[int] = []

    async def record() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "AM.*", "T.*", ingest=ingest)
            stream.keep_bars("AM", complete_after=0.05)
            stream.add_handler(lambda batch: live.extend(minutes(batch)))
            stream.add_handler(lambda batch: traded_ns.append(batch.received_ns), "T")
            recording = stream.record(path)
            async with stream:
                start = time.time_ns() // 1_000_000
                for number in range(3):
                    names = [f"S{at}" for at in range(10) if at != number]
                    for name in names:
                        server.peers[-1].send(bar(name, start + number * MINUTE // 4))
                        server.peers[-1].send(bar(name, start + (number - 4) * MINUTE // 4))
                    # A minute may be complete before the last of them is read.
                    await until(lambda sent=18 * (number + 1): stream.stats().received == sent)
                    # The clock says so, since nothing comes; or the next bar, where that is slow.
                    await until(lambda count=number + 1: count_of_notices(live) >= count)
                    if number == 1:
                        server.peers[-1].drop()
                        await until(lambda: len(server.peers) == 2 and server.peers[1].requested)
                        await settled(stream)
                server.peers[-1].send({"ev": "T", "sym": "S1", "q": 1})
                await until(lambda: stream.stats().received == 55)
            await recording.close()

    run(record())
    assert count_of_notices(live) >= 3
    # A recording's clock stands still at its last frame, and the live one goes on.
    (end_ns,) = traded_ns
    live = [one for one in live if not isinstance(one, MinuteComplete) or one.at_ns <= end_ns]
    for _ in range(2):
        again: list[Any] = []

        async def play(again: list[Any] = again) -> None:
            stream = replay(path, speed="max", ingest=ingest)
            stream.keep_bars("AM", complete_after=0.05)
            stream.add_handler(lambda batch: again.extend(minutes(batch)))
            async with stream:
                await stream.wait_closed()

        run(play())
        assert again == live


def count_of_notices(events: list[Any]) -> int:
    return sum(isinstance(event, MinuteComplete) for event in events)


def write_day(path: Path) -> None:
    """Four minutes of ten symbols, a frame each; the connection is lost in the third."""
    with CaptureWriter(path, market="stocks") as writer:
        for number in range(4):
            for at in range(10):
                start = START + number * MINUTE
                stamp = START_NS + (number + 1) * MINUTE * 1_000_000 + at * 100_000_000
                if (number, at) == (2, 5):
                    writer.mark(MarkKind.LOST, stamp, code=1006)
                text = f'[{{"ev":"AM","sym":"S{at}","c":{number},"s":{start}}}]'
                writer.add_frame(text.encode(), stamp)


@pytest.mark.parametrize("batches", ["received", "large"])
def test_minutes_of_a_recording(tmp_path: Path, batches: str) -> None:
    path = tmp_path / "day.mcap"
    write_day(path)

    async def main() -> None:
        got: list[Any] = []
        stream = replay(path, speed="max", batches=batches)
        stream.keep_bars("AM", complete_after=2.0)
        stream.add_handler(lambda batch: got.extend(minutes(batch)))
        async with stream:
            await stream.wait_closed()
        found = stream.bars("AM")
        assert len(found) == 40
        stamps = [event["s"] + MINUTE + at % 40 // 4 * 100 for at, event in enumerate(found)]
        assert list(found.received_ns) == [stamp * 1_000_000 for stamp in stamps]
        assert sum(found.stale) == 25
        complete = [event for event in got if isinstance(event, MinuteComplete)]
        if batches == "received":
            assert [(one.start - START) // MINUTE for one in complete] == [0, 1, 2]
            assert [one.at_ns for one in complete] == [
                START_NS + number * MINUTE * 1_000_000 + 2 * 10**9 for number in (1, 2, 3)
            ]
            assert [got.index(one) for one in complete] == [10, 21, 32]

    run(main())


def test_a_handler_of_minutes_finds_their_bars() -> None:
    async def main() -> None:
        found: list[Any] = []
        async with ScriptedServer() as server:
            stream = make(server, "AM.*")
            stream.keep_bars("AM", complete_after=0.01)

            @stream.on("notice")
            def on_notice(batch: Batch) -> None:
                for notice in batch:
                    if isinstance(notice, MinuteComplete):
                        table = stream.bars(notice.channel).to_numpy()
                        of_minute = table["start_timestamp"] == numpy.datetime64(notice.start, "ms")
                        found.append(int(of_minute.sum()))
                        assert found[-1] >= notice.bars > 0

            async with stream:
                start = time.time_ns() // 1_000_000
                for number in range(2):
                    server.peers[0].send(*(bar(f"S{at}", start + number) for at in range(20)))
                    await until(lambda count=number + 1: len(found) == count)
        assert found == [20, 20]

    run(main())


def test_bars_may_be_all_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    write_day(path)

    async def main() -> None:
        stream = replay(path, speed="max", overflow="error", max_buffer_bytes=100)
        stream.keep_bars("AM")
        async with stream:
            await stream.wait_closed()
        assert len(stream.bars("AM")) == 40

    run(main())


def test_it_is_kept_beside_last_values(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    write_day(path)

    async def main() -> None:
        stream = replay(path, speed="max", symbols=["S1", "S2"])
        stream.keep_last("AM")
        stream.keep_bars("AM", starts=3)
        async with stream:
            await stream.wait_closed()
        assert [event["c"] for event in stream.last("AM")] == [3, 3]
        assert told(stream.bars("AM")) == [
            (symbol, START + number * MINUTE, number)
            for symbol in ("S1", "S2")
            for number in (1, 2, 3)
        ]

    run(main())


def test_wrong_arguments_say_what_to_do() -> None:
    stream = Stream("stocks", "AM.*", api_key=KEY, url="ws://127.0.0.1:1")
    with pytest.raises(errors.UsageError, match=r'keep_bars\("AM"\)'):
        stream.bars("AM")
    with pytest.raises(errors.UsageError, match="are no bars"):
        stream.bars("T")
    with pytest.raises(errors.UsageError, match="are no bars"):
        stream.keep_bars("T")
    with pytest.raises(errors.UsageError, match="between 0 and 60"):
        stream.keep_bars("AM", complete_after=0)
    stream.keep_bars("AM")
    with pytest.raises(errors.UsageError, match="kept already"):
        stream.keep_bars("AM")
    assert len(stream.bars("AM")) == 0
