"""Where a frame stops being JSON: the byte offset that a `DecodeError` carries."""

from __future__ import annotations

import re
from random import Random

import pytest

import fastpoly
from fastpoly import schema
from fastpoly.errors import DecodeError, FastpolyError
from tests import frames, golden, reference

REFUSED = [frame for frame in golden.named() if frame.classes is None and len(frame.data) < 3000]
_ENDS = (
    *("", '"', '":0', ":0", "0", "e0", '"a":0', '0"', '"":0', "null", "{}", "[]"),
    *("rue", "ue", "e", "alse", "lse", "se", "ull", "ll", "l"),
    *(end + tail for end in ("n", "0000", "000", "00", "0") for tail in ('"', '":0')),
)


def _can_go_on(prefix: bytes) -> bool:
    """Whether some bytes after these make them JSON."""
    text = prefix.decode()
    bare = re.sub(r'"(?:[^"\\]|\\.)*(?:"|\\?$)', "", text, flags=re.DOTALL)
    closers = ""
    for char in bare:
        if char in "[{":
            closers = ("]" if char == "[" else "}") + closers
        elif char in "]}":
            closers = closers[1:]
    for end in _ENDS:
        try:
            reference.loads(text + end + closers)
        except reference.Undecided:
            return True
        except reference.NotJson:
            continue
        return True
    return False


def _offset(frame: bytes, market: str = "stocks") -> int:
    with pytest.raises(DecodeError) as caught:
        fastpoly.decode(frame, market=market)
    return caught.value.offset


def _check(frame: bytes, market: str) -> None:
    offset = _offset(frame, market)
    assert _can_go_on(frame[:offset]), (frame, offset)
    if offset < len(frame):
        assert _offset(frame[: offset + 1], market) == offset, (frame, offset)


def _is_json(frame: bytes) -> bool:
    try:
        reference.loads(frame)
    except reference.NotJson:
        return False
    return True


@pytest.mark.parametrize("frame", REFUSED, ids=lambda frame: frame.name)
def test_offset_is_the_first_byte_that_can_not_stand_there(frame: golden.Frame) -> None:
    if _is_json(frame.data):
        assert _offset(frame.data) == 0  # neither an array nor an object
    else:
        _check(frame.data, frame.market)


def test_offset_of_damaged_frames() -> None:
    rng = Random(20)
    tried = 0
    while tried < 400:
        market = rng.choice(sorted(schema.MARKETS))
        frame = frames.mutated(rng, frames.frame(rng, market, 2, hostile=0.2), 1)
        try:
            reference.decode(frame, market)
        except reference.Undecided:
            continue
        except reference.NotJson:
            if not _is_json(frame):
                _check(frame, market)
                tried += 1


@pytest.mark.parametrize(
    ("frame", "offset"),
    [
        (b"", 0),
        (b"   ", 3),
        (b"x", 0),
        (b"[", 1),
        (b'[{"ev":"T"', 10),
        (b'[{"ev":"T"}', 11),
        (b'[{"ev":"T"}]x', 12),
        (b'[{"ev":"T"},]', 12),
        (b'[{"ev":"T",}]', 11),
        (b'[{"ev":"T","p":01}]', 16),
        (b'[{"ev":"T","p":1.}]', 17),
        (b'[{"ev":"T","p":NaN}]', 15),
        (b'[{"ev":"T","sym":"A\x01"}]', 19),
        (b'[{"ev":"T","sym":"\xff"}]', 18),
        ('[{"ev":"T","sym":"é","p":1..2}]'.encode(), 28),
        (b"\xef\xbb\xbf[]", 0),
        (b"5", 0),
    ],
)
def test_offset(frame: bytes, offset: int) -> None:
    assert _offset(frame) == offset


def test_error_says_what_is_wrong_and_where() -> None:
    frame = b'[{"ev":"T","sym":"A","p":1..5}]'
    with pytest.raises(DecodeError) as caught:
        fastpoly.decode(frame)
    error = caught.value
    assert isinstance(error, ValueError)
    assert isinstance(error, FastpolyError)
    assert error.offset == 27
    assert "27" in str(error)


def test_bad_frame_leaves_nothing_behind() -> None:
    good = b"[" + golden.TRADE + b"]"
    before = fastpoly.decode(good).dicts()
    for frame in REFUSED:
        with pytest.raises(DecodeError):
            fastpoly.decode(frame.data, market=frame.market)
        assert fastpoly.decode(good).dicts() == before
