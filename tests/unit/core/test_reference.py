"""The reference decoder itself: against the json module, and what was written down by hand."""

from __future__ import annotations

import json
from random import Random

import pytest

from fastpoly import schema
from tests import frames, golden, reference

FRAMES = golden.named()


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_named_frame_gives_the_classes_written_down(frame: golden.Frame) -> None:
    if frame.classes is None:
        with pytest.raises(reference.NotJson):
            reference.decode(frame.data, frame.market)
    else:
        events = reference.decode(frame.data, frame.market)
        assert tuple(event.cls for event in events) == frame.classes


def test_items_are_those_of_json() -> None:
    rng = Random(1)
    for _ in range(500):
        market = rng.choice(sorted(schema.MARKETS))
        frame = frames.frame(rng, market, hostile=0.5)
        want = json.loads(frame)
        items = [event.item for event in reference.decode(frame, market)]
        assert repr(items) == repr(want if isinstance(want, list) else [want])


def test_what_the_server_writes_has_every_attribute() -> None:
    rng = Random(2)
    for market, spec in schema.MARKETS.items():
        for channel in spec.channels:
            pairs = frames.event(rng, market, channel, frozenset())
            text = frames.spelled(rng, pairs, padded=False, escaped=False)
            (event,) = reference.decode(f"[{text}]", market)
            assert event.cls == channel.event.name
            assert event.malformed == ()
            assert None not in event.attributes.values()


def test_disturbed_frames_are_json_and_damaged_ones_mostly_not() -> None:
    rng = Random(3)
    refused = malformed = 0
    for _ in range(500):
        frame = frames.frame(rng, "stocks", hostile=0.7)
        malformed += any(event.malformed for event in reference.decode(frame, "stocks"))
        try:
            reference.decode(frames.mutated(rng, frame), "stocks")
        except reference.NotJson:
            refused += 1
        except reference.Undecided:
            pass
    assert 200 < refused < 480
    assert malformed > 100


@pytest.mark.parametrize(
    ("frame", "undecided"),
    [
        (rb'[{"a":"\ud83d\ude00"}]', False),
        (rb'[{"a":"\ud83d"}]', True),
        (rb'[{"a":"\ude00\ud83d"}]', True),
        (rb'[{"a":"\uD83D\u0041"}]', True),
        (b"[" + b"7" * 5000 + b"]", True),
        (b"[" + b"7" * 4000 + b"]", False),
    ],
)
def test_undecided(frame: bytes, undecided: bool) -> None:
    if undecided:
        with pytest.raises(reference.Undecided):
            reference.decode(frame, "stocks")
    else:
        reference.decode(frame, "stocks")
