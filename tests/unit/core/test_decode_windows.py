"""Frames are searched in windows: an event across the end of one is read like any other."""

from __future__ import annotations

import json

import pytest

import fastpoly
from tests import processors
from tests.agreement import exact

WINDOW = 32 << 10
EVENTS = (
    b'{"ev":"T","sym":"AAPL","i":"71346018000004","x":11,"p":187.25,"s":100,"c":[14,41],'
    b'"t":1781706600000,"pt":1781706599999,"q":3477367,"z":3,"trfi":202,'
    b'"trft":1781706599996,"ds":"100.5"}',
    b'{"ev":"Q","sym":"MSFT","i":[604],"bx":12,"ax":12,"bp":12.82,"ap":12.94,"bs":800,"as":500,'
    b'"t":1781706600000,"pt":1781706600000,"q":11793662,"z":3}',
    b'{"ev":"AM","sym":"IBM","v":4110,"av":9470157,"op":0.4372,"vw":0.4488,"o":0.4488,"c":0.4486,'
    b'"h":0.4489,"l":0.4486,"a":0.4352,"z":685,"s":1781706600000,"e":1781706660000}',
)


def frame_across(event: bytes, before: int) -> bytes:
    """A frame whose first window ends `before` bytes into the event."""
    filler = b'{"ev":"T","sym":"F","p":1.5},'
    # The window begins after the bracket.
    room = WINDOW - before
    count, left = divmod(room, len(filler))
    last = b'{"ev":"T","sym":"F","p":1.' + b"5" * (left + len(b"5")) + b"},"
    fillers = filler * (count - 1) + last
    assert len(fillers) == room
    return b"[" + fillers + event + b"," + EVENTS[0] + b"]"


def check_all() -> None:
    for event in EVENTS:
        (alone,) = fastpoly.decode(b"[" + event + b"]")
        for before in range(len(event) + 2):
            # A buffer of just the frame's size: a sanitizer sees a step beyond it.
            batch = fastpoly.Decoder("stocks").decode(exact(frame_across(event, before)))
            across, last = batch[-2:]
            assert repr(across) == repr(alone), before
            assert json.dumps(across.to_dict()).encode() == json.dumps(json.loads(event)).encode()
            assert last.symbol == "AAPL"
            assert {other.symbol for other in batch[:-2]} == {"F"}


def test_the_frames_are_what_they_are_meant_to_be() -> None:
    frame = frame_across(EVENTS[0], 20)
    assert frame[1 + WINDOW - 20 :].startswith(EVENTS[0])
    assert [item["sym"] for item in json.loads(frame)[-2:]] == ["AAPL", "AAPL"]


def test_every_place_of_an_event_may_be_at_a_windows_end() -> None:
    check_all()


@pytest.mark.slow
@pytest.mark.parametrize("processor", processors.OTHERS)
def test_so_it_is_with_the_code_for_other_processors(processor: str) -> None:
    processors.run_as(
        processor, "-c", "from tests.unit.core import test_decode_windows as t; t.check_all()"
    )
