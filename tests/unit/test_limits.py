"""docs/limits.md names limits that are there, and every constant that is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "limits.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("| \n").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| what grows")
]


def source(path: str) -> str:
    """The text of a file of the package or of its core."""
    folder = ROOT / "src" if path.startswith("_core/") else ROOT / "src" / "fastpoly"
    return (folder / path).read_text()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_limit_is_where_the_page_says(row: list[str]) -> None:
    assert len(row) == 4
    *names, path = re.findall(r"`([^`]+)`", row[3])
    text = source(path)
    for name in names:
        assert re.search(rf"\b{name.rpartition('.')[2].rpartition('::')[2]}\b", text), name


@pytest.mark.parametrize(
    ("name", "path", "shown"),
    [
        ("kMaxDepth", "_core/decode/json_error.hpp", "1024 levels"),
        ("kCapacity", "_core/rows/symbols.hpp", "2,000,000"),
        ("g_interned_keys_left", "_core/objects/json_value.cpp", "4096"),
        ("MAX_BATCHES", "consumers/buffer.py", "524,288"),
        ("RECENT_BATCHES", "engine/filling/recent.py", "64"),
        ("MAX_KINDS", "health/log_limit.py", "1000"),
        ("MAX_SHOWN", "protocol/statuses.py", "1000 characters"),
        ("MAX_WARNINGS", "market/feed.py", "100"),
        ("MAX_RUNNING", "consumers/handlers/user_hook.py", "100"),
        ("MAX_PLANS", "consumers/picker.py", "256"),
        ("MAX_STARTS", "consumers/kept/bars.py", "10,080"),
        ("MAX_STRAGGLERS", "consumers/kept/bars.py", "100"),
        ("kMaxOpen", "_core/select/bars.hpp", "64"),
    ],
)
def test_numbers_on_the_page_are_those_of_the_code(name: str, path: str, shown: str) -> None:
    found = re.search(rf"{name}(?:: Final)? = ([\d'_ <]+)", source(path))
    assert found
    value = eval(found.group(1).replace("'", ""))  # noqa: S307 - a number, or a shift of one
    assert value == int(re.sub(r"\D", "", shown))
    row = next(row for row in ROWS if f"`{path}`" in row[3] and shown in row[1])
    assert row
