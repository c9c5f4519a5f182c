"""The map in docs/design.md: every folder is on it, and its journeys lead through real code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "design.md"

STEP = re.compile(r"^\d+\. `([^`:]+):([^`]+)`", re.MULTILINE)
COUNT = re.compile(r"(\d+) functions in (\d+) files")


def section(title: str) -> str:
    """The text of a section of the page, up to the next one of its level."""
    text = PAGE.read_text(encoding="utf-8")
    return re.split(r"^## ", text.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def mapped() -> list[str]:
    return re.findall(r"^\| `(src/[^`]+)/` \|", section("The map"), re.MULTILINE)


def folders() -> set[str]:
    """Every folder of the sources that holds a file."""
    return {
        str(path.parent.relative_to(ROOT))
        for top in ("fastpoly", "_core")
        for path in (ROOT / "src" / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_folder_is_on_the_map_and_every_folder_of_the_map_exists() -> None:
    # The core's own folder holds only what ties the others together.
    assert sorted(mapped()) == sorted(folders() - {"src/_core"})


def journeys() -> dict[str, list[tuple[str, str]]]:
    """The lists of functions, by the text that stands before them."""
    found = {}
    text = section("Four journeys")
    position = 0
    for block in re.finditer(r"(?:^\d+\. .*\n)+", text, re.MULTILINE):
        found[text[position : block.start()]] = STEP.findall(block.group())
        position = block.end()
    return found


def steps() -> list[tuple[str, str]]:
    return sorted({step for journey in journeys().values() for step in journey})


@cache
def source(path: str) -> str:
    below = "src" if path.startswith("_core/") else "src/fastpoly"
    return (ROOT / below / path).read_text(encoding="utf-8")


def python_names(text: str) -> set[str]:
    """The functions of a module and the methods of its classes, wherever they are defined."""
    tree = ast.parse(text)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {node.name for node in tree.body if isinstance(node, kinds)}
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            names |= {
                f"{owner.name}.{node.name}" for node in ast.walk(owner) if isinstance(node, kinds)
            }
    return names


def cython_names(text: str) -> set[str]:
    names = set()
    owner = ""
    for line in text.splitlines():
        if match := re.match(r"cdef class (\w+)", line):
            owner = f"{match[1]}."
        elif match := re.match(r"(\s*)(?:cdef|cpdef|def) (?:[^=(]*[ *])?(\w+)\(", line):
            names.add(f"{owner if match[1] else ''}{match[2]}")
    return names


def cpp_defines(text: str, name: str) -> bool:
    """Whether C++ text defines a function, or a constant that holds one."""
    return (
        re.search(rf"^[^/\n]*[ *&]{re.escape(name)}(?:\(| = \w+\(\);)", text, re.MULTILINE)
        is not None
    )


def exists(path: str, name: str) -> bool:
    text = source(path)
    match Path(path).suffix:
        case ".py":
            return name in python_names(text)
        case ".pxi":
            return name in cython_names(text)
        case _:
            return cpp_defines(text, name)


@pytest.mark.parametrize(("path", "name"), steps())
def test_every_step_of_a_journey_exists(path: str, name: str) -> None:
    assert exists(path, name)


@pytest.mark.parametrize(("path", "name"), steps())
def test_a_function_that_is_gone_would_be_missed(path: str, name: str) -> None:
    assert not exists(path, f"{name}_of_old")


def test_journeys_are_as_long_as_the_page_says() -> None:
    assert len(journeys()) == 6
    for before, journey in journeys().items():
        stated = COUNT.findall(before)[-1]
        assert tuple(map(int, stated)) == (len(journey), len({path for path, _ in journey})), before
