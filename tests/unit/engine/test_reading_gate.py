"""Whether the connection is read while buffers are full."""

from __future__ import annotations

from typing import Any

from fastpoly import decode
from fastpoly.consumers.buffer import Buffer
from fastpoly.engine.reading_gate import ReadingGate
from fastpoly.enums import Overflow


class Connection:
    """Stands in for a connection of a source."""

    reads = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


class Late:
    """The owner of a buffer whose two ends are in different threads."""

    def __init__(self, gate: ReadingGate) -> None:
        self.gate = gate
        self.posted: list[Buffer] = []

    def on_ready(self, buffer: Buffer) -> None:
        pass

    def on_full(self, buffer: Buffer) -> None:
        self.gate.note_room(buffer)

    def on_room(self, buffer: Buffer) -> None:
        self.posted.append(buffer)


def make() -> tuple[ReadingGate, Connection]:
    gate, connection = ReadingGate(), Connection()
    line: Any = connection
    gate.attach(line)
    return gate, connection


BATCH = decode(b'[{"ev":"T","sym":"A","q":1}]')


def make_buffer(gate: ReadingGate) -> tuple[Buffer, Late]:
    owner = Late(gate)
    buffer = Buffer("stocks", overflow=Overflow.BLOCK, max_bytes=BATCH.nbytes * 4, owner=owner)
    return buffer, owner


def fill(buffer: Buffer) -> None:
    for _ in range(4):
        buffer.put(BATCH)


def drain(buffer: Buffer) -> None:
    while buffer.take() is not None:
        pass


def test_late_news_of_room_does_not_read_on_for_a_buffer_that_is_full_again() -> None:
    gate, connection = make()
    buffer, owner = make_buffer(gate)
    fill(buffer)
    assert not connection.reads
    drain(buffer)
    fill(buffer)
    assert len(owner.posted) == 1
    gate.note_room(owner.posted.pop())
    assert buffer.is_full
    assert not connection.reads
    assert gate.is_closed
    drain(buffer)
    gate.note_room(owner.posted.pop())
    assert connection.reads


def test_every_full_buffer_has_to_have_room() -> None:
    gate, connection = make()
    (one, one_owner), (two, two_owner) = make_buffer(gate), make_buffer(gate)
    fill(one)
    fill(two)
    drain(one)
    gate.note_room(one_owner.posted.pop())
    assert not connection.reads
    drain(two)
    gate.note_room(two_owner.posted.pop())
    assert connection.reads


def test_answers_are_read_all_the_same_and_a_new_connection_is_not_read_either() -> None:
    gate, connection = make()
    buffer, _ = make_buffer(gate)
    fill(buffer)
    gate.need_answers(True)
    assert connection.reads
    assert not gate.is_closed
    gate.need_answers(False)
    assert not connection.reads
    gate.attach(None)
    after: Any = Connection()
    gate.attach(after)
    assert not after.reads
