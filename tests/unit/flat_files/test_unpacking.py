"""Text out of files, packed or not, whole or not."""

from __future__ import annotations

import gzip
import os
import random
import zlib
from pathlib import Path

import pytest

from fastpoly.flat_files.unpacking import UNPACKERS, TextFile

EACH_UNPACKER = pytest.mark.parametrize("unpacker", list(UNPACKERS))
TEXT = "".join(f"{random.Random(n).random()},{n}\n" for n in range(60_000)).encode()
PACKED = gzip.compress(TEXT)


def taken(path: Path, data: bytes, unpacker: str | None = None) -> tuple[bytes, TextFile]:
    path.write_bytes(data)
    file = TextFile(os.open(path, os.O_RDONLY), unpacker)
    text = b"".join(file.pieces())
    file.close()
    assert file.text_bytes == len(text)
    assert file.read_bytes == file.nbytes or file.damage is not None
    return text, file


def test_the_fast_unpacker_is_tried_here_and_comes_first() -> None:
    assert list(UNPACKERS) == ["isal", "zlib"]


@EACH_UNPACKER
@pytest.mark.parametrize(
    "data",
    [
        PACKED,
        gzip.compress(TEXT[:1_000_000]) + gzip.compress(TEXT[1_000_000:]),
        PACKED + bytes(1000),
        gzip.compress(b"") + PACKED,
        TEXT,
    ],
    ids=["one member", "two members", "zeros behind", "an empty member first", "not packed"],
)
def test_whole_files(tmp_path: Path, data: bytes, unpacker: str) -> None:
    text, file = taken(tmp_path / "a", data, unpacker)
    assert (text, file.damage) == (TEXT, None)


def test_an_empty_file(tmp_path: Path) -> None:
    assert taken(tmp_path / "a", b"")[0] == b""


@EACH_UNPACKER
@pytest.mark.parametrize("kept", [2, 10, 1000, len(PACKED) // 2, len(PACKED) - 1])
def test_a_file_that_was_cut_off_gives_what_is_there(
    tmp_path: Path, kept: int, unpacker: str
) -> None:
    text, file = taken(tmp_path / "a", PACKED[:kept], unpacker)
    oracle = zlib.decompressobj(wbits=31)
    assert text == oracle.decompress(PACKED[:kept])
    assert file.damage == (kept, "it ends in the middle")


@EACH_UNPACKER
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_damaged_file_gives_what_is_before_the_damage(
    tmp_path: Path, share: float, unpacker: str
) -> None:
    at = int(len(PACKED) * share)
    data = PACKED[:at] + bytes(64) + PACKED[at + 64 :]
    text, file = taken(tmp_path / "a", data, unpacker)
    whole = zlib.decompressobj(wbits=31).decompress(PACKED[:at])
    # What is damaged may stand for something, and show only by the checksum.
    assert text[: len(whole)] == whole
    assert file.damage is not None
    assert "cannot be unpacked any further" in file.damage[1]


@EACH_UNPACKER
def test_a_wrong_checksum_costs_nothing_and_is_said(tmp_path: Path, unpacker: str) -> None:
    path = tmp_path / "named.gz"
    with gzip.open(path, "wb") as packed:  # its head has the name
        packed.write(TEXT)
    data = path.read_bytes()
    data = data[:-8] + bytes(4) + data[-4:]
    text, file = taken(tmp_path / "a", data, unpacker)
    assert text == TEXT
    assert file.damage is not None


@EACH_UNPACKER
def test_what_follows_and_is_not_gzip_is_said(tmp_path: Path, unpacker: str) -> None:
    text, file = taken(tmp_path / "a", PACKED + b"rubbish", unpacker)
    assert text == TEXT
    assert file.damage == (len(PACKED), "what follows is not gzip")
