"""Sinks of a stream: what they get, what is announced, and that the end waits for them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fastpoly import Batch, errors
from fastpoly.notices import SinkFailed
from fastpoly.sim import ScriptedServer
from fastpoly.sinks import JsonLinesSink, ParquetSink
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, check_threads, make, run, settled
from tests.waiting import until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


@BOTH_WAYS
def test_everything_is_in_the_files_once_the_stream_is_closed(tmp_path: Path, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", "Q.*", ingest=ingest)
            stream.sink(ParquetSink(tmp_path / "ticks", rows=10), "T")
            stream.sink(f"jsonl:{tmp_path / 'all.jsonl'}")
            async with stream:
                for number in range(25):
                    server.peers[0].send(trade(q=number), quote(q=100 + number))
                await until(lambda: stream.stats().received == 50)
            found = pq.read_table(tmp_path / "ticks" / "type=T")
            assert found.column("sequence_number").to_pylist() == list(range(25))
            assert not (tmp_path / "ticks" / "type=Q").exists()
            assert len((tmp_path / "all.jsonl").read_bytes().splitlines()) == 50
            parquet, lines = stream.stats().sinks
            assert (parquet.written, parquet.lost) == (25, 0)
            assert (lines.written, lines.lost) == (50, 0)
            assert stream.stats().lost == 0

    run(main())


@BOTH_WAYS
def test_one_that_is_added_later_gets_what_comes_from_then_on(tmp_path: Path, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", ingest=ingest) as stream:
            got: list[int] = []
            stream.on("T")(lambda batch: got.extend(event["q"] for event in batch))
            server.peers[0].send(trade(q=1))
            await until(lambda: got == [1])
            stream.sink(JsonLinesSink(tmp_path / "all.jsonl"), "T", where=None, symbols=["B"])
            await settled(stream)
            server.peers[0].send(trade(q=2), trade("B", q=3))
            await until(lambda: got == [1, 2, 3])
            await stream.close()
            assert b'"q":3' in (tmp_path / "all.jsonl").read_bytes()
            assert stream.stats().sinks[0].written == 1

    run(main())


class Broken:
    rows = 0
    every = 1.0

    def open(self, market: str) -> None: ...

    def write(self, batch: Batch) -> None:
        raise OSError(28, "No space left on device")

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def __repr__(self) -> str:
        return "<Broken>"


@BOTH_WAYS
def test_what_a_sink_loses_comes_to_those_who_ask_for_notices(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", ingest=ingest)
            told: list[Any] = []
            stream.on("notice")(lambda batch: told.extend(batch))
            stream.sink(Broken())
            async with stream:
                server.peers[0].send(trade(q=1), trade(q=2))
                await until(lambda: len(told) == 1)
            (notice,) = told
            assert isinstance(notice, SinkFailed)
            assert (notice.sink, notice.lost) == ("<Broken>", 2)
            assert "No space left" in notice.cause
            assert stream.stats().lost == 2

    run(main())


@BOTH_WAYS
def test_where_nobody_asks_the_log_is_told(caplog: pytest.LogCaptureFixture, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", ingest=ingest)
            stream.sink(Broken())
            async with stream:
                server.peers[0].send(trade(q=1))
                await until(lambda: stream.stats().lost == 1)

    with caplog.at_level(logging.ERROR):
        run(main())
    assert "<Broken> failed and lost 1 events: [Errno 28] No space left on device" in caplog.text


@BOTH_WAYS
def test_a_gap_parts_what_is_written_together(tmp_path: Path, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", ingest=ingest)
            stream.sink(ParquetSink(tmp_path, rows=1000))
            async with stream:
                server.peers[0].send(trade(q=1), trade(q=2))
                await until(lambda: stream.stats().received == 2)
                server.peers[0].drop()
                await until(lambda: len(server.peers) == 2 and server.peers[1].requested)
                await settled(stream)
                server.peers[1].send(trade(q=3))
                await until(lambda: stream.stats().received == 3)

    run(main())
    (path,) = tmp_path.rglob("*.parquet")
    metadata = pq.ParquetFile(path).metadata
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [2, 1]


def test_one_that_cannot_write_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*") as stream:
            with pytest.raises(errors.SinkError):
                stream.sink(ParquetSink(tmp_path / "file" / "x"))
            with pytest.raises(errors.UsageError, match="no sink"):
                stream.sink("nobody:x")
            with pytest.raises(errors.UsageError, match="not a channel"):
                stream.sink(ParquetSink(tmp_path / "ticks"), "XT")
            assert not (tmp_path / "ticks").exists()
            await stream.close()
            with pytest.raises(errors.UsageError, match="closed"):
                stream.sink(ParquetSink(tmp_path / "ticks"))

    run(main())


def test_a_stream_of_sinks_alone_can_be_run(tmp_path: Path) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", reconnect=False)
            stream.sink(JsonLinesSink(tmp_path / "all.jsonl"))
            async with stream:
                server.peers[0].send(trade(q=1))
                await until(lambda: stream.stats().received == 1)
        assert (tmp_path / "all.jsonl").read_bytes().count(b"\n") == 1

    run(main())
