"""Files that get their name once they are whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastpoly.sinks.files.part_file import PartFile
from tests.unit.sinks.material import files


def test_a_file_has_its_name_once_it_is_committed(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "day.parquet")
    assert files(tmp_path) == [".day.parquet.tmp"]
    part.temporary.write_bytes(b"rows")
    part.commit()
    assert files(tmp_path) == ["day.parquet"]
    assert part.path.read_bytes() == b"rows"


def test_one_that_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "day.parquet")
    part.discard()
    part.discard()
    assert files(tmp_path) == []


def test_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "day.parquet").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        PartFile(tmp_path / "day.parquet")
    assert files(tmp_path) == ["day.parquet"]
    assert (tmp_path / "day.parquet").read_bytes() == b"old"


def test_two_cannot_make_one_file(tmp_path: Path) -> None:
    first = PartFile(tmp_path / "day.parquet")
    with pytest.raises(FileExistsError):
        PartFile(tmp_path / "day.parquet")
    first.commit()


def test_numbers_go_on_where_others_are(tmp_path: Path) -> None:
    folder = tmp_path / "type=T" / "date=2026-11-25"
    parts = [PartFile.numbered(folder, ".parquet") for _ in range(3)]
    parts[1].commit()
    parts[2].discard()
    again = PartFile.numbered(folder, ".parquet")
    later = PartFile.numbered(folder, ".parquet", 7)
    assert [part.path.name for part in (*parts, again, later)] == [
        "part-000000.parquet",
        "part-000001.parquet",
        "part-000002.parquet",
        "part-000002.parquet",
        "part-000007.parquet",
    ]
