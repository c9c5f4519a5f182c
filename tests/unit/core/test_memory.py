"""Decoding and reading do not leak; tests/soak/memory.py does the same over 100 million events."""

from __future__ import annotations

import os

import pytest

from tests.soak import memory


@pytest.mark.slow
@pytest.mark.skipif(
    "ASAN_OPTIONS" in os.environ, reason="AddressSanitizer holds on to freed memory"
)
def test_memory_is_flat() -> None:
    points = memory.run(1_000_000)
    assert not memory.complaints(points), points


def test_a_leak_is_found() -> None:
    flat = [memory.Point(n, 50_000_000 + n % 3 * 4096, 9000 + n % 5) for n in range(memory.POINTS)]
    assert not memory.complaints(flat)
    fat = [memory.Point(n, 50_000_000 + n * 500_000, 9000) for n in range(memory.POINTS)]
    assert memory.complaints(fat) == ["the process has grown by 7000000 bytes"]
    held = [memory.Point(n, 50_000_000, 9000 + n * 200) for n in range(memory.POINTS)]
    assert memory.complaints(held) == ["2800 more of Python's blocks are in use"]
