"""Frames of a server, byte by byte."""

from __future__ import annotations

import pytest

from fastpoly.serving import frames


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_lengths(size: int, header: bytes) -> None:
    assert frames.frame(b"x" * size) == header + b"x" * size


def test_kinds() -> None:
    assert frames.frame(b"a", frames.TEXT, final=False) == b"\x01\x01a"
    assert frames.frame(b"", frames.PING) == b"\x89\x00"
    assert frames.close(1008, "no") == b"\x88\x04\x03\xf0no"


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        (b"", 3, [b"\x81\x00"]),
        (b"ab", 1, [b"\x81\x02ab"]),
        (b"ab", 2, [b"\x01\x01a", b"\x80\x01b"]),
        (b"abc", 2, [b"\x01\x02ab", b"\x80\x01c"]),
        (b"ab", 9, [b"\x01\x01a", b"\x80\x01b"]),
        (b"abcdef", 3, [b"\x01\x02ab", b"\x00\x02cd", b"\x80\x02ef"]),
    ],
)
def test_fragments(text: bytes, pieces: int, expected: list[bytes]) -> None:
    assert list(frames.fragments(text, pieces)) == expected
