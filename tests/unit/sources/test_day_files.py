"""Day files where a recording is accepted: `replay`, a URL, a server, the drop-in."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

import fastpoly
from fastpoly import ReplayServer, Stream, UsageError, replay
from fastpoly.errors import CaptureError
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from tests.day_files import HEADERS, Events, day_file, events_of, expected, rows, text_of, write
from tests.loops import in_loop

TRADES = "stocks trades"
BARS = "crypto minute aggs"


@pytest.fixture
def table() -> list[dict[str, str]]:
    return rows(TRADES, tickers=8, each=25)


@pytest.fixture
def trades(tmp_path: Path, table: list[dict[str, str]]) -> Path:
    return day_file(tmp_path, TRADES, table)


@pytest.fixture
def every(table: list[dict[str, str]]) -> Events:
    return expected(TRADES, text_of(HEADERS[TRADES].split(","), table))


async def taken(stream: Stream) -> list[Any]:
    async with stream:
        return [one async for batch in stream for one in batch]


async def with_times(stream: Stream) -> Events:
    async with stream:
        return events_of([batch async for batch in stream])


@in_loop
async def test_everything_once_in_the_order_of_time_and_then_the_end(
    trades: Path, every: Events
) -> None:
    stream = replay(trades, speed="max")
    assert [one.to_dict() for one in await taken(stream)] == [event for _, event in every]
    assert (stream.state, stream.error) == (State.CLOSED, None)
    stats = stream.stats()
    assert (stats.line.connections, stats.received) == (1, len(every))
    assert stream.clock.time_ns() == every[-1][0]


@in_loop
async def test_handlers_are_called_the_same_each_time_at_exact_times(
    trades: Path, every: Events
) -> None:
    runs = []
    for _ in range(2):
        calls: list[Any] = []
        stream = replay(trades, speed="max")

        @stream.on("T")
        def on_trades(batch: fastpoly.Batch, calls: list[Any] = calls) -> None:
            calls.append((batch.received_ns, batch.dicts()))

        async with stream:
            await stream.wait_closed()
        runs.append(calls)
    assert runs[0] == runs[1]
    assert [(at, event) for at, events in runs[0] for event in events] == every


@in_loop
async def test_chosen_symbols_a_condition_and_a_part_of_the_time(
    trades: Path, every: Events
) -> None:
    start, end = every[30][0], every[170][0]
    at = datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(
        microseconds=start // 1000
    )
    stream = replay(
        trades,
        speed="max",
        symbols=(name for name in ("AAB", "AAD", "AAF")),
        where=fastpoly.field("size") > 100,
        start=at,
        end=end,
    )
    found = [one.to_dict() for one in await taken(stream)]
    assert found == [
        event
        for stamp, event in every
        if start // 1000 * 1000 <= stamp < end
        and event["sym"] in ("AAB", "AAD", "AAF")
        and event["s"] > 100
    ]
    assert found
    # What is not chosen is not even received.
    assert stream.stats().received < len(every) / 2


@in_loop
async def test_a_url_has_a_day_file_too(trades: Path, every: Events) -> None:
    url = f"file:{trades}?speed=max&symbols=AAB,%20AAC&batches=large"
    found = [one.to_dict() for one in await taken(Stream("stocks", "T.*", url=url))]
    assert found == [event for _, event in every if event["sym"] in ("AAB", "AAC")]


@in_loop
async def test_subscriptions_choose_as_with_a_server(trades: Path, every: Events) -> None:
    stream = Stream("stocks", "T.AAC", "Q.*", url=f"file:{trades}?speed=max")
    found = [one.to_dict() for one in await taken(stream)]
    assert found == [event for _, event in every if event["sym"] == "AAC"]


def test_a_url_without_names_of_symbols_is_refused(trades: Path) -> None:
    with pytest.raises(UsageError, match="names nothing"):
        Stream("stocks", "T.*", url=f"file:{trades}?symbols=,")


@in_loop
async def test_a_header_of_several_markets_needs_the_market(tmp_path: Path) -> None:
    path = day_file(tmp_path, BARS, rows(BARS))
    with pytest.raises(UsageError, match="market="):
        replay(path, speed="max")
    events = await taken(replay(path, market="crypto", speed="max"))
    assert {one.event_type for one in events} == {"XA"}
    own = tmp_path / "global_crypto" / path.name
    own.parent.mkdir()
    path.rename(own)
    assert len(await taken(replay(own, speed="max"))) == len(events)


def test_another_market_than_the_files_is_refused(trades: Path) -> None:
    with pytest.raises(CaptureError, match="no day file of forex"):
        Stream("forex", "C.*", url=f"file:{trades}")


@in_loop
async def test_seek_and_pause(trades: Path, every: Events) -> None:
    stream = replay(trades, speed="max")
    stream.pause()
    async with stream:
        batches = aiter(stream)
        stream.step()
        first = await anext(batches)
        assert first.received_ns == every[0][0]
        stream.seek(every[100][0])
        stream.play()
        rest = [one async for batch in batches for one in batch]
    assert isinstance(rest[0], Gap)
    assert [one.to_dict() for one in rest[1:]] == [
        event for at, event in every if at >= every[100][0]
    ]


@in_loop
async def test_a_damaged_file_is_a_gap_and_a_bad_line_is_reported(
    tmp_path: Path, table: list[dict[str, str]]
) -> None:
    text = text_of(HEADERS[TRADES].split(","), table).replace("\n", "\nA,1,2\n", 1)
    path = write(tmp_path / "day.csv.gz", text)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 100])
    errors: list[BaseException] = []
    stream = replay(path, speed="max", on_error=lambda error, handler, batch: errors.append(error))
    events = await taken(stream)
    (error,) = errors
    assert "line 2" in str(error)
    assert stream.stats().line.bad_frames == 1
    (gap,) = [one for one in events if isinstance(one, Gap)]
    assert "it ends in the middle" in gap.cause
    assert events.index(gap) >= 1
    assert 0.9 * len(table) < len(events) - 1 < len(table)
    assert stream.error is None


@in_loop
async def test_closed_before_the_first_event_it_ends(trades: Path) -> None:
    stream = replay(trades, speed="max")
    async with stream:
        pass
    assert stream.state is State.CLOSED


@in_loop
async def test_a_server_of_a_day_file(trades: Path, every: Events) -> None:
    found: list[Any] = []
    async with (
        ReplayServer(trades, speed="max") as server,
        Stream("stocks", "T.*", url=server.url, api_key="any") as stream,
    ):
        async for batch in stream:
            found += batch.dicts()
            if len(found) >= len(every):
                break
    assert found == [event for _, event in every]


@in_loop
async def test_what_is_replayed_can_be_recorded(
    tmp_path: Path, trades: Path, every: Events
) -> None:
    stream = replay(trades, speed="max")
    stream.record(tmp_path / "day.mcap")
    await taken(stream)
    assert await with_times(replay(tmp_path / "day.mcap", speed="max")) == every
