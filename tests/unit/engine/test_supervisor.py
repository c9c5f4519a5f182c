"""What the engine does about reading, without a line."""

from __future__ import annotations

from typing import Any

from fastpoly import decode
from fastpoly.consumers.buffer import Buffer
from fastpoly.engine.supervisor import Engine, EngineSettings
from fastpoly.enums import Overflow
from fastpoly.net.credentials import ApiKey
from fastpoly.protocol.reconnect import Backoff


class Line:
    """Stands in for a session."""

    reads = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


def make_engine() -> tuple[Engine, Line]:
    def ignore(*_: Any) -> None:
        pass

    engine = Engine(
        EngineSettings(
            url="ws://127.0.0.1:1/stocks",
            api_key=ApiKey("key"),
            policy=Backoff(),
            subscribe_timeout_s=1.0,
        ),
        "stocks",
        on_change=ignore,
        on_trouble=ignore,
        on_finish=ignore,
    )
    line = Line()
    engine._session = line  # type: ignore[assignment]
    return engine, line


class LateOwner:
    """Tells the engine of a full buffer at once, and of room when it is asked to."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.late: list[Buffer] = []  # what one thread has posted to the other

    def on_ready(self, buffer: Buffer) -> None:
        pass

    def on_full(self, buffer: Buffer) -> None:
        self.engine.note_room(buffer)

    def on_room(self, buffer: Buffer) -> None:
        self.late.append(buffer)


def test_late_news_of_room_does_not_read_on_for_a_buffer_that_is_full_again() -> None:
    engine, line = make_engine()
    batch = decode(b'[{"ev":"T","sym":"A","q":1}]')
    buffer = Buffer("stocks", overflow=Overflow.BLOCK, max_bytes=batch.nbytes * 4)
    owner = LateOwner(engine)
    buffer.owner, late = owner, owner.late
    for _ in range(4):
        buffer.put(batch)
    assert not line.reads
    while buffer.take() is not None:
        pass
    for _ in range(4):
        buffer.put(batch)
    assert len(late) == 1
    engine.note_room(late.pop())
    assert buffer.is_full
    assert not line.reads
    while buffer.take() is not None:
        pass
    engine.note_room(late.pop())
    assert line.reads
