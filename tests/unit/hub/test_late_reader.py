"""Late readers held against a list: each event once and in order, wherever they change over."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fastpoly._core import Batch
from fastpoly.capture import CaptureWriter
from fastpoly.capture.growing import GrowingReader
from fastpoly.hub import late_reader
from fastpoly.hub.delivery import Delivery, Recipient
from fastpoly.hub.late_reader import LateReader
from fastpoly.hub.union import Key
from tests.loops import leave_no_task
from tests.socket_reads import received
from tests.unit.core.test_routing import messages
from tests.waiting import until

SYMBOLS = "ABCD"


class FakeOutlet:
    buffered = 0

    def __init__(self) -> None:
        self.limits: list[int] = []

    def limit_buffer(self, size: int) -> None:
        self.limits.append(size)

    @property
    def is_live(self) -> bool:
        """Whether it has the limit of a reader that is live, after that of one that is late."""
        return len(self.limits) == 3


class FakeReader:
    """Reads when it is told to; once it is live, at once."""

    def __init__(self, room: int) -> None:
        self.outlet = FakeOutlet()
        self.is_open = True
        self.got: list[Any] = []
        self.most_unread = 0
        self._unread = 0
        self._most = room
        self._room = asyncio.Event()
        self._room.set()

    def write(self, data: bytes) -> None:
        for text in messages(data):
            self.got += json.loads(text)
        self._unread += len(data)
        self.most_unread = max(self.most_unread, self._unread)
        if self._unread > self._most and not self.outlet.is_live:
            self._room.clear()

    def send(self, objects: Iterable[bytes]) -> None:
        self.got += [json.loads(one) for one in objects]

    def read(self) -> None:
        self._unread = 0
        self._room.set()

    @property
    def has_room(self) -> bool:
        return self._room.is_set()

    async def room(self) -> None:
        await self._room.wait()

    def make_room(self) -> None:
        self._room.set()


class FakeRecording:
    since_ns = 1
    is_open = True
    is_failing = False

    def __init__(self, writer: CaptureWriter) -> None:
        self.writer = writer

    def read_back(self, start_ns: int) -> GrowingReader:
        return GrowingReader(self.writer.recorder, "stocks", start_ns)


class FakeHub:
    """Records and delivers, as a hub does with what it reads."""

    def __init__(self, writer: CaptureWriter | None, max_reader_bytes: int) -> None:
        self.writer = writer
        self.recording: Any = None if writer is None else FakeRecording(writer)
        self.delivery = Delivery(
            "stocks",
            policy="skip",
            max_reader_bytes=max_reader_bytes,
            max_delay_s=0.0,
            keep_latest=False,
        )
        self.tasks: list[asyncio.Task[Any]] = []
        self.given_ns: dict[Key | None, int] = {}

    def given_since_ns(self, key: Key | None = None) -> int | None:
        return self.given_ns.get(key, 1)

    def run(self, coroutine: Any) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(coroutine))

    def on_batch(self, batch: Batch) -> None:
        if self.writer is not None and self.recording.is_open:
            self.writer.add(batch)
        self.delivery.on_batch(batch)

    def late(self, start_ns: int, room: int) -> tuple[FakeReader, Recipient, LateReader]:
        reader = FakeReader(room)
        recipient = self.delivery.add_late(reader)  # type: ignore[arg-type]
        return reader, recipient, LateReader(self, "stocks", recipient, start_ns)

    def subscribe(self, recipient: Recipient, late: LateReader, *symbols: str) -> None:
        keys = frozenset(("T", symbol) for symbol in symbols)
        self.delivery.subscribe(recipient, keys)
        if recipient.held is not None:
            late.subscribe(keys)


def trades(count: int, rng: Random) -> list[Batch]:
    """Batches of trades, whose numbers go on."""
    texts, number = [], 0
    while number < count:
        size = rng.randrange(1, 30)
        texts.append(
            b"[%b]"
            % b",".join(
                b'{"ev":"T","sym":"%b","p":1.5,"s":100,"q":%d}'
                % (rng.choice(SYMBOLS).encode(), number + one)
                for one in range(size)
            )
        )
        number += size
    # A socket brings some together.
    return [batch for text in texts for batch in received([text], keep_frames=True)]


def events(batches: Iterable[Batch], symbol: str = "*") -> list[int]:
    return [one["q"] for batch in batches for one in batch if symbol in ("*", one["sym"])]


def of(got: list[Any], symbol: str = "*") -> list[int]:
    return [one["q"] for one in got if one["ev"] == "T" and symbol in ("*", one["sym"])]


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    return trades(6000, Random(1))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_reader, "SETTLE_S", 0.0)


@pytest.mark.parametrize("seed", range(12))
def test_each_event_comes_once_and_in_order(
    tmp_path: Path, batches: list[Batch], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = Random(seed)
    monkeypatch.setattr(late_reader, "SLICE_BYTES", rng.choice((1, 3000, 256 * 1024)))
    options: dict[str, Any] = rng.choice(
        (
            {"chunk_bytes": 1024, "max_file_bytes": 20_000},
            {"chunk_bytes": 4096, "compression": "none"},
            {},
        )
    )
    held_bytes = rng.choice((3000, 30_000, 1 << 20))
    joins_at = rng.randrange(len(batches) * 3 // 4)
    start = rng.choice((0, rng.randrange(joins_at + 1)))
    start_ns = batches[start].received_ns if start else 0
    to_come = list(batches)

    async def main() -> None:
        hub = FakeHub(writer, held_bytes)

        def bring(count: int) -> None:
            for batch in to_come[:count]:
                hub.on_batch(batch)
            del to_come[:count]

        bring(joins_at)
        reader, recipient, late = hub.late(start_ns, room=10_000)
        # All the time; added and then let go of; and never wanted.
        hub.subscribe(recipient, late, "A")
        changes = {rng.randrange(60): ("A", "B", "C"), 60 + rng.randrange(60): ("A", "C")}
        turn = 0
        while to_come or recipient.held is not None or turn <= max(changes):
            bring(rng.choice((0, 0, 1, 5)))
            if rng.random() < 0.7:
                reader.read()
            if turn in changes:
                hub.subscribe(recipient, late, *changes[turn])
            turn += 1
            await asyncio.sleep(rng.choice((0, 0, 0.001)))
        hub.delivery.flush()
        await asyncio.gather(*hub.tasks)
        wanted = batches[start:]
        assert of(reader.got, "A") == events(wanted, "A")
        assert of(reader.got, "D") == []
        # From somewhere on without a hole; of what was let go of, to somewhere.
        got, there = of(reader.got, "C"), events(wanted, "C")
        assert got == there[len(there) - len(got) :]
        got, there = of(reader.got, "B"), events(wanted, "B")
        assert got == there[there.index(got[0]) :][: len(got)] if got else True
        assert of(reader.got) == sorted(of(reader.got))
        assert not [one for one in reader.got if one["ev"] == "status"]
        assert reader.most_unread < 10_000 + 300_000 + held_bytes
        hub.delivery.remove(reader)  # type: ignore[arg-type]

    with CaptureWriter(tmp_path / "day.mcap", market="stocks", **options) as writer:
        asyncio.run(leave_no_task(main()))


def run_with(tmp_path: Path, test: Any, **options: Any) -> None:
    with CaptureWriter(tmp_path / "day.mcap", market="stocks", **options) as writer:
        asyncio.run(leave_no_task(test(FakeHub(writer, 1 << 20))))


def test_what_was_never_recorded_is_told_before_what_was(
    tmp_path: Path, batches: list[Batch]
) -> None:
    async def main(hub: FakeHub) -> None:
        since_ns = batches[0].received_ns
        hub.recording.since_ns = since_ns
        hub.given_ns = {("T", "B"): since_ns + 5, None: since_ns, ("T", "A"): since_ns}
        for batch in batches[:5]:
            hub.on_batch(batch)
        reader, recipient, late = hub.late(since_ns - 10, room=1 << 20)
        hub.subscribe(recipient, late, "A", "B")
        await until(lambda: recipient.held is None)
        first, second = reader.got[:2]
        assert (first["since_ns"], first["until_ns"]) == (since_ns - 10, since_ns)
        assert "begins only here" in first["cause"]
        assert (second["since_ns"], second["until_ns"]) == (since_ns, since_ns + 5)
        assert "asked the hub for T.B at" in second["cause"]
        assert second["channels"] == ["T"]
        assert of(reader.got[2:]) == sorted(events(batches[:5], "A") + events(batches[:5], "B"))

    run_with(tmp_path, main)


@pytest.mark.parametrize("why", ["ended", "written"])
def test_a_recording_that_does_not_go_on_is_told_and_live_data_comes(
    tmp_path: Path, batches: list[Batch], why: str
) -> None:
    async def main(hub: FakeHub) -> None:
        for batch in batches[:5]:
            hub.on_batch(batch)
        hub.recording.is_open = why != "ended"
        hub.recording.is_failing = why == "written"
        hub.recording.read_back = NeverWritten
        reader, recipient, late = hub.late(0, room=1 << 20)
        hub.subscribe(recipient, late, "*")
        await until(lambda: recipient.held is None)
        hub.on_batch(batches[5])
        hub.delivery.flush()
        (gap,) = [one for one in reader.got if one["ev"] == "status"]
        assert why in gap["cause"]
        assert of(reader.got) == events(batches[5:6])

    run_with(tmp_path, main)


class NeverWritten:
    def __init__(self, start_ns: int) -> None:
        pass

    def cut(self) -> Any:
        return self

    def place_of(self, cut: Any) -> None:
        return None

    def close(self) -> None:
        pass


def test_without_a_recording_it_is_told_what_is_missing() -> None:
    async def main() -> None:
        hub = FakeHub(None, 1 << 20)
        for start_ns in (0, 5):
            reader, recipient, late = hub.late(start_ns, room=1 << 20)
            hub.subscribe(recipient, late, "A")
            await until(lambda: recipient.held is None)  # noqa: B023 - at once
            (gap,) = reader.got
            assert gap["since_ns"] == (start_ns or gap["until_ns"])
            assert "no recording" in gap["cause"]

    asyncio.run(leave_no_task(main()))


def test_what_fails_while_it_is_read_is_told(
    tmp_path: Path, batches: list[Batch], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(GrowingReader):
        def read(self, until: Any, nbytes: int) -> Any:
            raise ZeroDivisionError

    async def main(hub: FakeHub) -> None:
        hub.on_batch(batches[0])
        hub.recording.read_back = lambda start_ns: Broken(hub.writer.recorder, "stocks", start_ns)  # type: ignore[union-attr]
        reader, recipient, late = hub.late(0, room=1 << 20)
        hub.subscribe(recipient, late, "*")
        await until(lambda: recipient.held is None)
        assert "ZeroDivisionError" in reader.got[0]["cause"]

    run_with(tmp_path, main)
    assert "ZeroDivisionError" in caplog.text


def test_a_reader_that_leaves_or_is_stopped_gets_nothing_more(
    tmp_path: Path, batches: list[Batch]
) -> None:
    async def main(hub: FakeHub) -> None:
        for batch in batches[:100]:
            hub.on_batch(batch)
        for leaves in (False, True):
            reader, recipient, late = hub.late(0, room=1)
            hub.subscribe(recipient, late, "*")
            await until(lambda: reader.got)  # noqa: B023 - at once
            if leaves:
                reader.is_open = False
            late.stop()
            count = len(reader.got)
            await asyncio.gather(*hub.tasks)
            assert len(reader.got) == count
            hub.delivery.remove(reader)  # type: ignore[arg-type]
        # One that has not begun does not begin.
        reader, recipient, late = hub.late(0, room=1)
        hub.subscribe(recipient, late, "*")
        late.stop()
        await asyncio.sleep(0.01)
        assert len(hub.tasks) == 2
        assert reader.got == []

    run_with(tmp_path, main)


def test_when_all_is_cancelled_a_file_is_let_go_of_when_nobody_reads_it(
    tmp_path: Path, batches: list[Batch]
) -> None:
    reading, may_end, happened = threading.Event(), threading.Event(), []

    class Slow(GrowingReader):
        def read(self, until: Any, nbytes: int) -> Any:
            reading.set()
            may_end.wait()
            found = super().read(until, nbytes)
            happened.append("read")
            return found

        def close(self) -> None:
            happened.append("closed")
            super().close()

    async def main(hub: FakeHub) -> None:
        hub.on_batch(batches[0])
        hub.recording.read_back = lambda start_ns: Slow(hub.writer.recorder, "stocks", start_ns)  # type: ignore[union-attr]
        _, recipient, late = hub.late(0, room=1 << 20)
        hub.subscribe(recipient, late, "*")
        await until(reading.is_set)
        hub.tasks[0].cancel()
        await asyncio.sleep(0)
        assert not hub.tasks[0].done()
        assert not happened
        may_end.set()
        await asyncio.wait(hub.tasks)
        assert hub.tasks[0].cancelled()

    run_with(tmp_path, main)
    assert happened[-2:] == ["read", "closed"]
