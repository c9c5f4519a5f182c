"""Frames beside their events: kept by a listener, given by a batch."""

from __future__ import annotations

import pytest

from fastpoly import UsageError, decode
from fastpoly._core import concat
from tests.socket_reads import received

TRADE = b'{"ev":"T","sym":"A","p":%d}'
STATUS = b'{"ev":"status","status":"success"}'
FRAMES = [
    b"[%b]" % b",".join(TRADE % i for i in range(count))
    for count in (1, 3, 0, 2, 600, 1)
]  # fmt: skip


def test_a_listener_keeps_frames_where_it_is_told_to() -> None:
    batches = received(FRAMES, keep_frames=True)
    assert [text for batch in batches for text in batch.raw()] == FRAMES
    for batch in batches:
        assert batch.nbytes == sum(map(len, batch.raw()))
        with pytest.raises(UsageError, match="not kept"):
            concat([batch, batch]).raw()
    with pytest.raises(UsageError, match="not kept"):
        received(FRAMES)[0].raw()


def test_frames_are_those_that_begin_in_a_part() -> None:
    (batch,) = received(FRAMES[:4], keep_frames=True)
    assert [part.raw() for part in batch.frames()] == [
        [FRAMES[0]],
        [FRAMES[1]],
        # A frame without events begins where the next one does.
        [],
        [FRAMES[2], FRAMES[3]],
    ]
    assert batch[:1].raw() == FRAMES[:1]
    assert batch[1:2].raw() == [FRAMES[1]]
    assert batch[2:4].raw() == []
    for part in (batch.select("T"), batch[::2]):
        with pytest.raises(UsageError, match="selection"):
            part.raw()


def test_a_part_between_statuses_has_its_frames() -> None:
    mixed = [FRAMES[0], b"[%b]" % STATUS, FRAMES[1], b"[%b,%b]" % (STATUS, TRADE % 1), FRAMES[3]]
    batches = received(mixed, keep_frames=True)
    texts = [text for batch in batches for text in batch.raw()]
    # One that begins with a status begins in the part of the statuses.
    assert texts == [FRAMES[0], FRAMES[1], FRAMES[3]]


def test_kept_frames_count_as_memory_and_stay_with_a_copy() -> None:
    (batch,) = received(FRAMES[:2], keep_frames=True)
    assert batch.compact().raw() == FRAMES[:2]
    (bare,) = received(FRAMES[:2])
    assert batch.__sizeof__() > bare.__sizeof__() or batch.__sizeof__() > sum(map(len, FRAMES[:2]))


def test_what_decode_gives_has_no_text() -> None:
    with pytest.raises(UsageError, match="not kept"):
        decode(FRAMES[0]).raw()
