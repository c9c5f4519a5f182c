"""The core's folders: which may include which, and where Python is not known."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

CORE = Path(__file__).parents[3] / "src" / "_core"

ORDER = (
    "base",
    "rows",
    "decode/canonical",
    "decode",
    "watch",
    "select",
    "objects",
    "columns",
    "net",
    "sim",
    "capture/format",
    "capture/writing",
    "capture/reading",
    "capture",
    "flat_files",
    "routing",
    "shared",
    "python",
    "",
)
"""Each may include itself and those before it. The last is `_core.pyx`, which holds it together."""

APART = {
    "sim": {"python", ""},
    "net": {"python", ""},
    "capture/writing": {"capture", "python", ""},
    "capture/reading": {"capture", "python", ""},
    "capture": {"python", ""},
    "flat_files": {"python", ""},
    "routing": {"python", ""},
    "shared": {"python", ""},
}
"""Folders that no others but these include, wherever they stand in the order."""

WITHOUT_PYTHON = (
    "base",
    "rows",
    "decode/canonical",
    "decode",
    "watch",
    "capture/format",
    "capture/writing",
    "capture/reading",
    "flat_files",
    "routing",
    "shared",
)
"""They can be fuzzed, measured and reused without an interpreter."""

SUFFIXES = (".hpp", ".cpp", ".pxi", ".pyx")
INCLUDED = re.compile(
    r'^\s*(?:#\s*include|include|cdef extern from) ["<]([^">]+)[">]', re.MULTILINE
)

Sources = dict[str, str]
"""Path from the core's root -> text."""


def folder_of(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def includes(sources: Sources, path: str) -> list[str]:
    """What of ours a file includes."""
    return [name for name in INCLUDED.findall(sources[path]) if name in sources]


def strangers(sources: Sources) -> list[str]:
    """Includes that look like ours, but name no file from the core's root."""
    ours = {PurePosixPath(path).name for path in sources}
    return [
        f"{path}: {name}"
        for path, text in sources.items()
        for name in INCLUDED.findall(text)
        if name not in sources and PurePosixPath(name).name in ours
    ]


def against_the_order(sources: Sources) -> list[str]:
    """Includes of a folder by one that stands before it, or from which it is kept apart."""
    found = []
    for path in sources:
        for name in includes(sources, path):
            here, there = folder_of(path), folder_of(name)
            if here == there:
                continue
            apart = there in APART and here not in APART[there]
            if apart or ORDER.index(there) > ORDER.index(here):
                found.append(f"{path} -> {name}")
    return found


def knowing_python(sources: Sources) -> list[str]:
    """Files of the folders without Python that reach Python.h, with the way to it."""
    found = []
    for start in sources:
        if folder_of(start) not in WITHOUT_PYTHON:
            continue
        ways = [[start]]
        seen = {start}
        while ways:
            way = ways.pop()
            if "Python.h" in INCLUDED.findall(sources[way[-1]]):
                found.append(" -> ".join(way))
            for name in includes(sources, way[-1]):
                if name not in seen:
                    seen.add(name)
                    ways.append([*way, name])
    return found


@pytest.fixture(scope="module")
def core() -> Sources:
    return {
        path.relative_to(CORE).as_posix(): path.read_text()
        for path in CORE.rglob("*")
        if path.suffix in SUFFIXES
    }


def test_every_folder_has_its_place(core: Sources) -> None:
    assert {folder_of(path) for path in core} == set(ORDER)


def test_includes_are_written_from_the_root(core: Sources) -> None:
    assert strangers(core) == []


def test_includes_follow_the_order(core: Sources) -> None:
    assert against_the_order(core) == []


def test_the_decoder_knows_no_python(core: Sources) -> None:
    assert knowing_python(core) == []


MADE_UP: Sources = {
    "base/words.hpp": "#include <cstdint>\n",
    "rows/row.hpp": '#include "base/words.hpp"\n',
    "decode/kernel.cpp": '#include "rows/row.hpp"\n',
    "objects/event.hpp": '#include <Python.h>\n#include "rows/row.hpp"\n',
    "sim/market.hpp": "#include <string>\n",
    "python/batch.pxi": 'cdef extern from "objects/event.hpp" nogil:\n    pass\n',
    "_core.pyx": 'include "python/batch.pxi"\n',
}


def test_made_up_sources_are_in_order() -> None:
    for check in (strangers, against_the_order, knowing_python):
        assert check(MADE_UP) == []


@pytest.mark.parametrize(
    ("path", "line", "found"),
    [
        ("base/words.hpp", '#include "rows/row.hpp"', "base/words.hpp -> rows/row.hpp"),
        ("rows/row.hpp", '#include "objects/event.hpp"', "rows/row.hpp -> objects/event.hpp"),
        (
            "objects/event.hpp",
            '#include "python/batch.pxi"',
            "objects/event.hpp -> python/batch.pxi",
        ),
        ("objects/event.hpp", '#include "sim/market.hpp"', "objects/event.hpp -> sim/market.hpp"),
    ],
)
def test_an_arrow_against_the_order_is_noticed(path: str, line: str, found: str) -> None:
    sources = MADE_UP | {path: f"{MADE_UP[path]}{line}\n"}
    assert against_the_order(sources) == [found]


@pytest.mark.parametrize(
    ("path", "line", "ways"),
    [
        ("decode/kernel.cpp", "#include <Python.h>", ["decode/kernel.cpp"]),
        ("base/words.hpp", '#  include "Python.h"', 3),
        (
            "decode/kernel.cpp",
            '#include "objects/event.hpp"',
            ["decode/kernel.cpp -> objects/event.hpp"],
        ),
    ],
)
def test_python_is_noticed_through_other_headers_too(
    path: str, line: str, ways: list[str] | int
) -> None:
    sources = MADE_UP | {path: f"{MADE_UP[path]}{line}\n"}
    found = knowing_python(sources)
    assert len(found) == ways if isinstance(ways, int) else found == ways


def test_an_include_from_elsewhere_than_the_root_is_noticed() -> None:
    sources = MADE_UP | {"rows/store.hpp": '#include "row.hpp"\n'}
    assert strangers(sources) == ["rows/store.hpp: row.hpp"]
