"""Recording a stream beside its handlers, and the same stream again from the recording."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastpoly import AsyncStreamClient, CaptureError, Stream, UsageError, replay
from fastpoly._core import Batch
from fastpoly.capture import CaptureReader, Mark, MarkKind
from fastpoly.consumers import recording
from fastpoly.notices import NOTICE_CHANNEL, Gap, SlowConsumer
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedServer, SimulatorProcess
from tests.net.events import quote, trade
from tests.net.streams import (
    BOTH_WAYS,
    KEY,
    SOON,
    all_received,
    check_threads,
    make,
    pause,
    run,
    settled,
)
from tests.unit.capture.material import oracle
from tests.waiting import UNHURRIED, until, wait_until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


def frames_in(path: Path) -> list[Any]:
    """The frames of data in a recording, as the ``mcap`` package reads them."""
    texts = [json.loads(data) for topic, _, data in oracle(path) if topic == "frames/stocks"]
    return [text for text in texts if text and text[0]["ev"] != "status"]


def marks_in(path: Path) -> list[Mark]:
    with CaptureReader(path) as reader:
        return [found for found in reader if isinstance(found, Mark)]


@BOTH_WAYS
def test_frames_and_what_happened_to_the_session(tmp_path: Path, ingest: str) -> None:
    path = tmp_path / "day.mcap"

    async def main() -> None:
        async with ScriptedServer() as server:
            server.refused.add("AM.*")
            # A narrower stream, and a consumer that is slow, take nothing from the recording.
            stream = make(server, "T.*", "Q.*", ingest=ingest, symbols=["B"])
            stream.record(path, metadata={"desk": "7"})
            async with stream:
                with pytest.raises(UsageError, match="refused"):
                    await stream.subscribe("AM.*")
                peer = await server.peer(1)
                peer.send(trade("A", 1), quote("B", 2))
                peer.send_text('[{"ev":')
                peer.send_text("[]")
                peer.send(trade("B", 3))
                await settled(stream)
                await until(lambda: stream.stats().recordings[0].frames >= 8)
                peer.close(1012, "restart")
                second = await server.peer(2)
                await until(lambda: len(second.held) == 2)
                second.send(trade("B", 4))
                await until(lambda: stream.stats().line.events_received == 4)
            (stats,) = stream.stats().recordings
            assert (stats.dropped_frames, stats.buffered_bytes, stats.error) == (0, 0, None)
            assert stats.path == str(path)

    run(main())
    texts = [data for topic, _, data in oracle(path) if topic == "frames/stocks"]
    kept = [text for text in texts if b"status" not in text]
    assert [json.loads(text) for text in (kept[0], kept[2], kept[3], kept[4])] == [
        [trade("A", 1), quote("B", 2)],
        [],
        [trade("B", 3)],
        [trade("B", 4)],
    ]
    assert kept[1] == b'[{"ev":'
    assert any(b"auth_success" in text for text in texts)
    marks = [mark for mark in marks_in(path) if mark.kind is not MarkKind.BAD_FRAME]
    kinds = [mark.kind.value for mark in marks]
    assert kinds[0] == "connected"
    assert kinds[kinds.index("lost") :] == ["lost", "connected", "subscribed", "subscribed", "gap"]
    detail = {mark.kind.value: mark.detail for mark in marks}
    assert [m.detail["params"] for m in marks if m.kind is MarkKind.SUBSCRIBED][:2] == [
        ["T.*"],
        ["Q.*"],
    ]
    assert detail["refused"]["params"] == ["AM.*"]
    assert detail["refused"]["reason"]
    assert (detail["lost"]["code"], detail["lost"]["reason"]) == (1012, "restart")
    assert detail["gap"]["cause"] == "reconnect"
    assert detail["gap"]["since_ns"] == next(
        mark.at_ns for mark in marks if mark.kind is MarkKind.LOST
    )
    with CaptureReader(path) as reader:
        (account,) = reader.begin()
    assert account.metadata.keys() >= {"version", "python", "picows", "market", "desk"}


def test_no_key_gets_into_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"

    async def main() -> None:
        async with ScriptedServer() as server:

            def answer(peer: Any, action: str, params: str) -> None:
                if action == "auth":
                    peer.send({"ev": "status", "status": "hello", "message": f"you sent {params}"})
                server.answer(peer, action, params)

            server.on_request = answer
            stream = make(server, "T.*")
            stream.record(path, compression="none")
            async with stream:
                peer = await server.peer(1)
                peer.send_text(f"not JSON, but {KEY}")
                peer.send(trade())
                await until(lambda: stream.stats().received)

    run(main())
    content = path.read_bytes()
    assert b"(the API key)" in content
    assert KEY.encode() not in content


@BOTH_WAYS
def test_from_the_middle_to_the_middle(tmp_path: Path, ingest: str) -> None:
    path = tmp_path / "part.mcap"

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", ingest=ingest) as stream:
            peer = await server.peer(1)
            peer.send(trade(q=1))
            await until(lambda: stream.stats().received == 1)
            recorded = stream.record(path)
            await settled(stream)
            peer.send(trade(q=2))
            await until(lambda: recorded.stats().frames)
            await recorded.close()
            await recorded.close()
            # All of it is there while the stream goes on.
            assert frames_in(path) == [[trade(q=2)]]
            peer.send(trade(q=3))
            await until(lambda: stream.stats().received == 3)
            with pytest.raises(CaptureError, match="exists"):
                stream.record(path)
        with pytest.raises(UsageError, match="closed"):
            stream.record(tmp_path / "late.mcap")

    run(main())
    assert frames_in(path) == [[trade(q=2)]]
    kinds = [mark.kind for mark in marks_in(path)]
    assert kinds == [MarkKind.CONNECTED, MarkKind.SUBSCRIBED]


def test_several_recordings_and_one_of_a_stream_that_never_opens(tmp_path: Path) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*")
            for name in "ab":
                stream.record(tmp_path / f"{name}.mcap")
            async with stream:
                (await server.peer(1)).send(trade())
                await until(lambda: stream.stats().received)
            unopened = make(server, "T.*")
            unopened.record(tmp_path / "c.mcap")
            await unopened.close()

    run(main())
    assert frames_in(tmp_path / "a.mcap") == frames_in(tmp_path / "b.mcap") == [[trade()]]
    assert oracle(tmp_path / "c.mcap") == []


@pytest.mark.sampled
@pytest.mark.parametrize("how", ["abort", "error", "exit in a handler", "closed loop"])
@BOTH_WAYS
def test_it_is_whole_whatever_ends_the_stream(tmp_path: Path, ingest: str, how: str) -> None:
    path = tmp_path / "day.mcap"
    streams = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", ingest=ingest, reconnect=False)
            streams.append(stream)
            stream.record(path)

            @stream.on("T")
            def on_trade(batch: Batch) -> None:
                if how == "exit in a handler":
                    raise SystemExit(3)

            await stream.open()
            peer = await server.peer(1)
            peer.send(trade())
            await until(lambda: stream.stats().received)
            if how == "abort":
                stream.abort()
            elif how == "error":
                peer.drop()
            if how == "abort":
                await stream.wait_closed()
            elif how != "closed loop":
                with pytest.raises(ConnectionError):
                    await stream.wait_closed()

    with pytest.raises(SystemExit) if how == "exit in a handler" else contextlib.nullcontext():
        run(main())
    if how == "closed loop":
        run(streams[0].close())
    wait_until(lambda: not any(t.name.startswith("fastpoly") for t in threading.enumerate()))
    assert frames_in(path) == [[trade()]]
    with CaptureReader(path) as reader:
        list(reader)
        assert reader.files()[0].complete


@pytest.fixture
def no_room() -> Iterator[None]:
    """Files may not grow beyond 20 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.usefixtures("no_room")
def test_a_full_disk_costs_the_stream_nothing_and_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LOOK_S", 0.01)
    errors: list[BaseException] = []
    notices: list[Any] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(
                server, "T.*", on_error=lambda error, handler, batch: errors.append(error)
            )
            stream.record(
                tmp_path / "day.mcap",
                compression="none",
                chunk_bytes=4096,
                chunk_s=0.01,
                max_buffer_bytes=8192,
            )
            stream.add_handler(lambda batch: notices.extend(batch), NOTICE_CHANNEL)
            got: list[int] = []
            stream.add_handler(lambda batch: got.extend(one["q"] for one in batch), "T")
            async with stream:
                peer = await server.peer(1)
                sent = 0
                while not (notices and errors):  # a slow disk is announced before a full one
                    peer.send(*(trade(q=sent + n) for n in range(50)))
                    sent += 50
                    await until(lambda sent=sent: len(got) == sent)
                    await asyncio.sleep(0.01)
            assert got == list(range(sent))
            (stats,) = stream.stats().recordings
            assert stats.dropped_events >= sum(notice.lost for notice in notices) > 0
            assert stats.frames == stats.written_frames + stats.dropped_frames

    run(main())
    assert [type(error) for error in errors][:1] == [CaptureError]
    assert "too large" in str(errors[0]).lower()
    assert all(isinstance(notice, SlowConsumer) for notice in notices)
    assert "day.mcap" in notices[0].consumer


def test_the_drop_in_records_over_all_its_connections(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    got: list[Any] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            client = AsyncStreamClient(KEY, "stocks", server.url(), **UNHURRIED)
            client.record(path)

            async def on_trade(message: dict[str, Any]) -> None:
                got.append(message)

            await client.subscribe_stock_trades(handler_function=on_trade)
            (await server.peer(1)).send(trade(q=1))
            while not got:
                await client.handle_messages()
            (await server.peer(1)).drop()
            with pytest.raises(ConnectionError):
                await _handle_for_ever(client)
            assert (await client.reconnect())[0]
            second = await server.peer(2)
            await until(lambda: second.held)
            second.send(trade(q=2))
            while len(got) < 2:
                await client.handle_messages()
            assert client.stats().recordings[0].dropped_frames == 0
            await client.close_stream()

    async def _handle_for_ever(client: AsyncStreamClient) -> None:
        while True:
            await client.handle_messages()

    run(main())
    assert frames_in(path) == [[trade(q=1)], [trade(q=2)]]
    kinds = [mark.kind.value for mark in marks_in(path)]
    assert kinds == ["connected", "subscribed", "lost", "connected", "subscribed", "gap"]


# ------------------------------------------------------------------------------ deterministic


class Strategy:
    """Hashes every call of each handler, with all that it could have seen.

    Each by itself: a handler that takes long is called a turn of the loop later than others.
    """

    def __init__(self, stream: Stream) -> None:
        self.calls = 0
        self.notices: list[Any] = []
        self._hashes = {name: hashlib.sha256() for name in ("trades", "all", "large")}
        stream.add_handler(self.on_trades, "T")
        stream.add_handler(self.on_all)
        stream.add_handler(self.on_large, "T", "Q", symbols=["A", "B", "SYM1"])

    def _add(self, name: str, batch: Batch) -> None:
        self.calls += 1
        self.notices += [one for one in batch if one.event_type in ("gap", "slow_consumer")]
        seen = [batch.received_ns, [dict(one) for one in batch]]
        self._hashes[name].update(json.dumps(seen, default=dict).encode())

    def on_trades(self, batch: Batch) -> None:
        self._add("trades", batch)

    def on_all(self, batch: Batch) -> None:
        self._add("all", batch)

    async def on_large(self, batch: Batch) -> None:
        self._add("large", batch)

    @property
    def output(self) -> dict[str, str]:
        return {name: one.hexdigest() for name, one in self._hashes.items()}


def output_of(path: Path, speed: float | str) -> Strategy:
    stream = replay(path, speed=speed, channels=["T", "Q"])
    strategy = Strategy(stream)
    run(_to_the_end(stream))
    return strategy


async def _to_the_end(stream: Stream) -> None:
    async with stream:
        await stream.wait_closed()
    assert stream.state is State.CLOSED


def test_a_strategy_is_called_the_same_live_and_from_the_recording(tmp_path: Path) -> None:
    """With losses, bad frames, control messages among data, and many frames in a read."""
    path = tmp_path / "day.mcap"
    live: list[Strategy] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.*", "Q.*", reconnect=SOON)
            stream.record(path)
            live.append(Strategy(stream))
            async with stream:
                for number in range(1, 4):
                    peer = await server.peer(number)
                    await until(lambda peer=peer: len(peer.held) == 2)
                    base = number * 1000
                    peer.send_together(
                        *(json.dumps([trade("A", base + n), quote("B", n)]) for n in range(20))
                    )
                    peer.send(trade("C", base + 20), '{"ev":"status","status":"x"}', quote("C", 1))
                    peer.send_text("no JSON")
                    peer.send_text(json.dumps([trade("B", n) for n in range(2000)]))
                    peer.send({"ev": "odd", "sym": "A"}, trade("A", base + 21, z=9, extra=[1]))
                    received = number * (20 * 2 + 2 + 2000 + 2)
                    await until(lambda n=received: stream.stats().line.events_received == n)
                    if number < 3:
                        peer.close(1001, "away")

    run(main())
    strategy = live[0]
    assert [type(notice) for notice in strategy.notices] == [Gap, Gap]
    first, second = output_of(path, "max"), output_of(path, "max")
    assert first.notices == strategy.notices
    assert first.output == strategy.output
    assert second.output == first.output


def test_the_same_against_the_simulator_at_speed(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    live: list[Strategy] = []

    async def main(simulator: SimulatorProcess) -> None:
        stream = Stream("stocks", "T.*", "Q.*", url=simulator.url(), api_key="any")
        stream.record(path)
        live.append(Strategy(stream))
        async with stream:
            await until(lambda: stream.stats().received > 20_000)
            await pause(simulator)
            await all_received(stream)

    with SimulatorProcess(rate=20_000, symbols=200) as simulator:
        run(main(simulator))
    assert live[0].output == output_of(path, "max").output
