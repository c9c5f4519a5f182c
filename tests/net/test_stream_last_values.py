"""Last values of a stream: both ways of reading, through gaps, filters and handlers."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import numpy
import pytest

from fastpoly import Batch, Ingest, Overflow, Stream, errors, replay
from fastpoly.capture import CaptureWriter, MarkKind
from fastpoly.consumers.kept.snapshot import Snapshot
from fastpoly.sim import ScriptedServer
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, KEY, check_threads, make, numbers, run, settled
from tests.waiting import until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)

START_NS = 1_781_706_600_000_000_000


def told(snapshot: Snapshot) -> dict[str, int]:
    return {event.symbol: event["q"] for event in snapshot}


@BOTH_WAYS
def test_the_last_event_of_each_symbol_and_of_one(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", "Q.*", ingest=ingest)
            stream.keep_last("Q")
            async with stream:
                assert (len(stream.last("Q")), stream.last("Q", "A")) == (0, None)
                server.peers[0].send(quote("A", 1), quote("B", 2), trade("A", 3))
                server.peers[0].send(quote("A", 4))
                await until(lambda: stream.stats().received == 4)
                quotes = stream.last("Q")
                assert told(quotes) == {"A": 4, "B": 2}
                assert list(quotes.to_numpy()["sequence_number"]) == [4, 2]
                assert quotes.to_arrow().num_rows == len(quotes.to_pandas()) == 2
                assert quotes.to_polars().height == len(quotes.columns()) == 2
                assert quotes.to_duckdb().count("*").fetchall() == [(2,)]
                assert (quotes.market, quotes.channel, quotes.gap) == ("stocks", "Q", None)
                assert repr(quotes) == "<Snapshot stocks Q: 2 events>"
                assert 0 < min(quotes.received_ns) <= max(quotes.received_ns)
                assert not any(quotes.stale)
                event = stream.last("Q", "B")
                assert event is not None
                assert event["q"] == 2
                assert stream.last("Q", "C") is None
                # What was there before anybody asked is for the first iteration all the same.
                got: list[int] = []
                async for batch in stream:
                    got += numbers(batch)
                    if len(got) == 4:
                        break
                assert got == [1, 2, 3, 4]
            assert told(stream.last("Q")) == {"A": 4, "B": 2}

    run(main())


@BOTH_WAYS
def test_what_is_from_before_a_gap_says_so(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", ingest=ingest)
            stream.keep_last()
            async with stream:
                server.peers[0].send(trade("A", 1), trade("B", 2))
                await until(lambda: stream.stats().received == 2)
                server.peers[0].drop()
                await until(lambda: len(server.peers) == 2 and server.peers[1].requested)
                await settled(stream)
                assert not any(stream.last("T").stale)
                server.peers[1].send(trade("C", 3), trade("B", 4))
                await until(lambda: stream.stats().received == 4)
                trades = stream.last("T")
                assert told(trades) == {"A": 1, "B": 4, "C": 3}
                assert list(trades.stale) == [True, False, False]
                assert trades.gap is not None
                mask = numpy.asarray(trades.stale)
                received = numpy.asarray(trades.received_ns)
                assert list(received < trades.gap.until_ns) == list(mask) == [True, False, False]
                assert told(stream.last("T", since_gap=True)) == {"B": 4, "C": 3}
                assert stream.last("T", "A") is not None
                assert stream.last("T", "A", since_gap=True) is None

    run(main())


def test_what_fills_a_gap_is_from_after_it() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", fill=lambda gap: [trade("B", 3)])
            stream.keep_last("T")
            async with stream:
                server.peers[0].send(trade("A", 1), trade("B", 2))
                await until(lambda: stream.stats().received == 2)
                server.peers[0].drop()
                await until(lambda: len(server.peers) == 2 and server.peers[1].requested)
                await settled(stream)
                server.peers[1].send(trade("A", 4))
                await until(lambda: told(stream.last("T")) == {"A": 4, "B": 3})
                assert not any(stream.last("T").stale)
                event = stream.last("T", "B")
                assert event is not None
                assert event.get("filled") is True

    run(main())


def test_a_handler_finds_its_own_batch() -> None:
    async def main() -> None:
        found: list[Any] = []
        async with ScriptedServer() as server:
            stream = make(server, "T.*", "Q.*")
            stream.keep_last("Q")

            @stream.on("Q")
            def on_quotes(batch: Batch) -> None:
                found.append((batch[-1]["q"], told(stream.last("Q"))["A"]))

            async with stream:
                for number in range(1, 6):
                    server.peers[0].send(quote("A", number))
                await until(lambda: bool(found) and found[-1][0] == 5)
            assert all(own == last for own, last in found)

    run(main())


@BOTH_WAYS
def test_it_may_begin_while_the_stream_is_open_and_is_filtered_like_all_else(ingest: str) -> None:
    async def main() -> None:
        got: list[int] = []
        async with ScriptedServer() as server:
            stream = make(server, "T.*", "Q.*", ingest=ingest, symbols=["A", "B"])
            stream.on("T", "Q")(lambda batch: got.extend(numbers(batch)))
            async with stream:
                server.peers[0].send(trade("A", 1), quote("A", 2))
                await until(lambda: len(got) == 2)
                stream.keep_last("T")
                await settled(stream)
                server.peers[0].send(trade("B", 3), trade("C", 4), quote("B", 5))
                await until(lambda: len(got) == 4)
                assert told(stream.last("T")) == {"B": 3}
                stream.keep_last("T", "Q")
                server.peers[0].send(quote("A", 6), trade("A", 7))
                await until(lambda: len(got) == 6)
                assert told(stream.last("T")) == {"B": 3, "A": 7}
                assert told(stream.last("Q")) == {"A": 6}
                assert got == [1, 2, 3, 5, 6, 7]

    run(main())


@BOTH_WAYS
def test_it_may_be_asked_for_in_any_thread(ingest: str) -> None:
    async def main() -> None:
        seen: list[int] = []
        ended = threading.Event()

        def look() -> None:
            while not ended.is_set():
                quotes = stream.last("Q")
                if len(quotes):
                    # One read at a time, whole.
                    seen.extend(set(quotes.to_numpy()["sequence_number"]))
                    event = stream.last("Q", "S1")
                    assert event is not None

        async with ScriptedServer() as server:
            stream = make(server, "Q.*", ingest=ingest)
            stream.keep_last("Q")
            async with stream:
                looking = asyncio.get_running_loop().run_in_executor(None, look)
                for number in range(1, 200):
                    server.peers[0].send(*(quote(f"S{i}", number) for i in range(20)))
                    await asyncio.sleep(0)
                await until(lambda: stream.stats().received == 199 * 20)
                ended.set()
                await looking
                assert seen == sorted(seen)

    run(main())


@pytest.mark.parametrize(
    ("batches", "lost"), [("received", 20), ("received", 27), ("large", 20), ("large", 99)]
)
def test_a_recording_gives_what_the_stream_gave(tmp_path: Path, batches: str, lost: int) -> None:
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks") as writer:
        for number in range(30):
            if number == lost:
                writer.mark(MarkKind.LOST, START_NS + number, code=1006)
            text = f'[{{"ev":"T","sym":"S{number % 7}","q":{number}}}]'
            writer.add_frame(text.encode(), START_NS + number)
    newest = {f"S{at}": max(range(30)[at::7]) for at in range(7)}

    async def main() -> None:
        stream = replay(path, speed="max", batches=batches)
        stream.keep_last("T")
        async with stream:
            async for _ in stream:
                pass
        trades = stream.last("T")
        assert told(trades) == newest
        assert list(trades.received_ns) == [START_NS + number for number in newest.values()]
        before = [lost < 30 and number < lost for number in newest.values()]
        assert list(trades.stale) == before

    run(main())


@pytest.mark.sampled
@pytest.mark.parametrize("ingest", list(Ingest))
@pytest.mark.parametrize("overflow", list(Overflow))
def test_what_is_kept_may_be_all_that_is_wanted(
    tmp_path: Path, overflow: Overflow, ingest: Ingest
) -> None:
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks") as writer:
        for number in range(500):
            text = f'[{{"ev":"T","sym":"S{number % 7}","q":{number}}}]'
            writer.add_frame(text.encode(), START_NS + number)

    async def main() -> None:
        stream = replay(path, speed="max", ingest=ingest, overflow=overflow, max_buffer_bytes=1000)
        stream.keep_last("T")
        async with stream:
            await stream.wait_closed()
        assert sorted(told(stream.last("T")).values()) == list(range(493, 500))

    run(main())


@pytest.mark.parametrize("first", ["iteration", "keep_last"])
def test_who_iterates_beside_it_has_the_policy_of_the_stream(first: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "Q.*", overflow="error", max_buffer_bytes=1000)
            async with stream:
                if first == "keep_last":
                    stream.keep_last("Q")
                batches = aiter(stream)
                stream.keep_last("Q")
                for numbers in (range(50), range(50, 100)):
                    # One read might bring them all, and one batch is never too much.
                    for number in numbers:
                        server.peers[0].send(quote("A", number))
                    await until(lambda: stream.stats().received == number + 1)  # noqa: B023
                with pytest.raises(errors.ConsumerTooSlow):
                    async for _ in batches:
                        pass
                assert told(stream.last("Q")) == {"A": 99}

    run(main())


def test_a_channel_that_is_not_kept_is_refused_with_what_to_do() -> None:
    stream = Stream("stocks", "T.*", api_key=KEY, url="ws://127.0.0.1:1")
    with pytest.raises(errors.UsageError, match=r'keep_last\("T"\)'):
        stream.last("T")
    with pytest.raises(errors.UsageError, match="no channel 'XT'"):
        stream.last("XT")
    with pytest.raises(errors.UsageError, match="no channel 'XT'"):
        stream.keep_last("XT")
    with pytest.raises(errors.UsageError, match="have no columns"):
        stream.keep_last("notice")
    stream.keep_last("T")
    assert len(stream.last("T")) == 0
    with pytest.raises(errors.UsageError, match=r'keep_last\("Q"\)'):
        stream.last("Q", "A")
