"""Commands on recordings as users run them."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcap.exceptions import EndOfFile
from mcap.records import Channel, Message
from mcap.stream_reader import StreamReader

from fastpoly import Batch
from fastpoly.capture import CaptureReader, CaptureWriter, Mark, MarkKind
from fastpoly.cli.terminal import ExitCode
from fastpoly.sim import ScriptedServer
from tests.loops import in_loop
from tests.net.events import quote, trade
from tests.net.test_cli import run, start
from tests.waiting import PATIENCE_S, until

START_NS = 1_781_706_600_000_000_000
SECOND = 1_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Ten seconds, each with a trade of A, a quote of B, and a message of the server."""
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks", metadata={"desk": "7"}) as writer:
        writer.mark(MarkKind.CONNECTED, START_NS)
        for n in range(10):
            status = {"ev": "status", "status": "success", "message": "fine"}
            frame = json.dumps([trade("A", n, c=[12, 37]), status, quote("B", n)])
            writer.add_frame(frame.encode(), START_NS + n * SECOND)
            if n == 4:
                writer.mark(MarkKind.GAP, START_NS + n * SECOND, cause="buffer_full", events=3)
    return path


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_cat_prints_lines_of_json_and_says_what_is_missing(path: Path) -> None:
    done = run("cat", str(path))
    assert done.returncode == ExitCode.OK
    expected = [one for n in range(10) for one in (trade("A", n, c=[12, 37]), quote("B", n))]
    assert lines(done.stdout) == expected
    assert done.stderr == "fastpoly: something is missing here (3 events): buffer_full\n"


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--channels", "T"], [("T", n) for n in range(10)]),
        (["--symbols", "B,C"], [("Q", n) for n in range(10)]),
        (["--channels", "T", "--where", "sequence_number >= 8"], [("T", 8), ("T", 9)]),
        (["--count", "3"], [("T", 0), ("Q", 0), ("T", 1)]),
        (
            ["--start", "2026-06-17T14:30:02Z", "--end", str(START_NS + 4 * SECOND)],
            [("T", 2), ("Q", 2), ("T", 3), ("Q", 3)],
        ),
    ],
)
def test_cat_prints_what_is_asked_for(
    path: Path, options: list[str], kept: list[tuple[str, int]]
) -> None:
    done = run("cat", str(path), *options)
    assert [(one["ev"], one["q"]) for one in lines(done.stdout)] == kept


def test_cat_reads_standard_input_and_several_files(path: Path, tmp_path: Path) -> None:
    with path.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "fastpoly", "cat", "-", "--channels", "Q"],
            stdin=file,
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
    assert [one["q"] for one in lines(done.stdout.decode())] == list(range(10))
    later = tmp_path / "later.mcap"
    with CaptureWriter(later, market="stocks") as writer:
        writer.add_frame(json.dumps([trade("A", 99)]).encode(), START_NS + SECOND // 2)
    merged = run("cat", str(path), str(later), "--channels", "T", "--count", "3")
    assert [one["q"] for one in lines(merged.stdout)] == [0, 99, 1]


def test_cat_writes_what_the_outputs_name_says_and_replaces_nothing(
    path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "trades.csv"
    assert run("cat", str(path), "--channels", "T", "-o", str(out)).returncode == ExitCode.OK
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [(row["symbol"], row["sequence_number"], row["conditions"]) for row in rows] == [
        ("A", str(n), "12,37") for n in range(10)
    ]
    assert rows[0]["trf_id"] == ""
    again = run("cat", str(path), "-o", str(out))
    assert again.returncode == ExitCode.FAILED
    assert "exists" in again.stderr
    assert "--force" in again.stderr
    assert run("cat", str(path), "-o", str(out), "--force").returncode == ExitCode.OK
    assert len(out.read_text().splitlines()) == 21
    unknown = run("cat", str(path), "-o", str(tmp_path / "x.parquet"))
    assert unknown.returncode == ExitCode.USAGE
    assert not (tmp_path / "x.parquet").exists()


def test_info_as_json_and_to_be_read(path: Path) -> None:
    found = json.loads(run("info", str(path), "--json").stdout)
    assert found["events"] == {"T": 10, "Q": 10, "status": 10}
    assert (found["frames"], found["first_ns"], found["seconds"]) == (10, START_NS, 9.0)
    assert found["gaps"] == [{"at_ns": START_NS + 4 * SECOND, "cause": "buffer_full", "events": 3}]
    assert found["symbols"] == {"stocks": 2}
    assert found["files"][0]["metadata"]["desk"] == "7"
    text = run("info", str(path)).stdout
    assert "2026-06-17 14:30:00.000 UTC, " not in text
    assert "from   2026-06-17 14:30:00.000 UTC" in text
    assert "gap at 2026-06-17 14:30:04.000: buffer_full" in text


def test_a_damaged_file_is_told_and_repaired(path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mcap"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    cut.write_bytes(content)
    told = run("info", str(cut))
    assert told.returncode == ExitCode.FAILED
    assert "damaged at byte" in told.stdout
    whole = tmp_path / "whole.mcap"
    assert run("capture", "repair", str(path), str(whole)).returncode == ExitCode.OK
    assert run("cat", str(whole)).stdout == run("cat", str(path)).stdout
    again = run("capture", "repair", str(path), str(whole))
    assert again.returncode == ExitCode.FAILED
    assert "exists" in again.stderr


def test_replay_prints_its_figures(path: Path) -> None:
    figures = json.loads(run("replay", str(path), "--json", "--channels", "T").stdout)
    assert (figures["events"], figures["frames"], figures["gaps"]) == ({"T": 10}, 10, 1)
    assert figures["recorded_until_ns"] == START_NS + 9 * SECOND
    assert "20 events in" in run("replay", str(path)).stdout


def test_replay_serves_until_it_is_told_to_stop(path: Path) -> None:
    with start("replay", str(path), "--serve", "--speed", "max", "--port", "0") as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        for _ in range(2):
            done = run("tail", "stocks", "T.*", "--url", url, "--count", "10")
            assert lines(done.stdout) == [trade("A", n, c=[12, 37]) for n in range(10)]
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=PATIENCE_S)
        assert server.returncode == ExitCode.TERMINATED
    refused = run("replay", str(path), "--serve", "--channels", "T")
    assert refused.returncode == ExitCode.USAGE
    assert "subscribe" in refused.stderr


def test_what_is_no_recording_is_said_in_a_line(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.mcap"
    nothing.write_bytes(b"no recording at all")
    for command in ("cat", "info", "replay"):
        done = run(command, str(nothing))
        assert done.returncode == ExitCode.FAILED, command
        assert "is not a recording" in done.stderr
        assert "Traceback" not in done.stderr


# ------------------------------------------------------------------------------------ record


class Recorder:
    """``fastpoly record`` in a process, connected to a server of the test's."""

    def __init__(self, server: ScriptedServer, path: Path, *options: str) -> None:
        self.process = start(
            "record", str(path), "stocks", "T.*", "Q.*", "--url", server.url(), *options
        )

    async def end(self, number: signal.Signals | None) -> tuple[int, str]:
        if number is not None:
            self.process.send_signal(number)
        _, err = await asyncio.to_thread(self.process.communicate, timeout=PATIENCE_S)
        return self.process.returncode, err


def frame_of(number: int, size: int) -> list[dict[str, Any]]:
    return [
        trade("A", number * size + n) if n % 2 else quote("B", number * size + n)
        for n in range(size)
    ]


def frames_in(path: Path) -> list[list[dict[str, Any]]]:
    """Frames of data as far as they are in the file, be it still written or not."""
    if not path.exists():
        return []
    with CaptureReader(path, keep_frames=True) as reader:
        texts = [text for one in reader if not isinstance(one, Mark) for text in one.raw()]
    return [json.loads(text) for text in texts if b'"ev":"status"' not in text]


def events_in(path: Path) -> int:
    """How many events of data are in the file so far."""
    with CaptureReader(path) as reader:
        return sum(one.count("T") + one.count("Q") for one in reader if isinstance(one, Batch))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@in_loop
async def test_a_signal_closes_the_file(tmp_path: Path, how: signal.Signals) -> None:
    path = tmp_path / "day.mcap"
    async with ScriptedServer() as server:
        recorder = Recorder(server, path)
        peer = await server.peer(1)
        await until(lambda: len(peer.held) == 2)
        peer.send(trade(q=1))
        await until(lambda: frames_in(path))
        peer.send(trade(q=2))
        await server.peers[0].wait_for(2)
        code, err = await recorder.end(how)
    assert code == {signal.SIGTERM: 143, signal.SIGINT: 130}[how]
    assert frames_in(path)[0] == [trade(q=1)]
    assert "0 lost" in err
    with CaptureReader(path) as reader:
        list(reader)
        assert reader.files()[0].complete


@in_loop
async def test_it_ends_after_so_long_and_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    async with ScriptedServer() as server:
        code, err = await Recorder(server, path, "--seconds", "0.2").end(None)
        assert (code, "0 lost" in err) == (ExitCode.OK, True)
        code, err = await Recorder(server, path, "--seconds", "0.2").end(None)
        assert code == ExitCode.FAILED
        assert "exists" in err
        code, err = await Recorder(server, path, "--seconds", "0.2", "--force").end(None)
        assert code == ExitCode.OK
    assert len(server.peers) == 2


@pytest.mark.parametrize("forced", [False, True])
@in_loop
async def test_a_stream_that_never_opens_leaves_no_file(tmp_path: Path, forced: bool) -> None:
    path = tmp_path / "day.mcap"
    async with ScriptedServer() as server:
        server.bad_keys.add("simulator")  # what is sent to this machine where no key is set
        code, err = await Recorder(server, path, *(["--force"] if forced else [])).end(None)
    assert code == ExitCode.REFUSED
    assert f"nothing was recorded: there is no {path}" in err
    assert not path.exists()


@in_loop
async def test_a_recording_without_an_event_stays_where_the_stream_was_open(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    async with ScriptedServer() as server:
        code, err = await Recorder(server, path, "--seconds", "0.2").end(None)
    assert (code, frames_in(path)) == (ExitCode.OK, [])
    assert "nothing was recorded" not in err
    with CaptureReader(path) as reader:
        kinds = [one.kind for one in reader if isinstance(one, Mark)]
    assert kinds == [MarkKind.CONNECTED, MarkKind.SUBSCRIBED, MarkKind.SUBSCRIBED]


@in_loop
async def test_a_recording_that_is_killed_has_all_but_the_chunk_in_flight(tmp_path: Path) -> None:
    """100,000 events that were written are there, in order, and those after them as far as any."""
    path = tmp_path / "cap.mcap"
    size = 100
    sent: list[list[dict[str, Any]]] = []
    async with ScriptedServer() as server:
        recorder = Recorder(server, path)
        peer = await server.peer(1)
        await until(lambda: len(peer.held) == 2)

        def send(frames: int) -> None:
            for _ in range(frames):
                sent.append(frame_of(len(sent), size))
                peer.send(*sent[-1])

        for _ in range(100):
            send(10)
            await until(lambda: peer.unsent < 1 << 20)
        await until(lambda: events_in(path) == 1000 * size)
        send(200)
        await until(lambda: peer.unsent == 0)
        assert (await recorder.end(signal.SIGKILL))[0] == -signal.SIGKILL
    kept = frames_in(path)
    assert len(kept) >= 1000
    assert kept == sent[: len(kept)]
    done = await asyncio.to_thread(run, "cat", str(path))
    assert done.returncode == ExitCode.OK
    assert lines(done.stdout) == [one for frame in kept for one in frame]
    assert "something is missing here" in done.stderr
    assert oracle(path) == kept


def oracle(path: Path) -> list[list[dict[str, Any]]]:
    """The same file as the ``mcap`` package reads it, without its index, up to where it is cut."""
    texts = []
    topics: dict[int, str] = {}
    with path.open("rb") as file, contextlib.suppress(EndOfFile):
        for record in StreamReader(file).records:
            if isinstance(record, Channel):
                topics[record.id] = record.topic
            elif isinstance(record, Message) and topics[record.channel_id] != "session":
                texts.append(record.data)
    return [json.loads(text) for text in texts if b'"ev":"status"' not in text]
