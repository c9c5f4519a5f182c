"""The report on coverage: what it counts, and when it fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import coverage_report
from tests.coverage_report import FLOORS, core_figures, core_lines, missing, python_figures

PROGRAM = """\
int main(int arguments, char**) {
  int some = arguments;
  if (some > 1) {
    some += 1;
    some += 2;
    some += 3;
  }
  return 0;
}
"""

GENERATED = """\
/* "src/_core/python/a.pxi":10
 *     def get(self):             # <<<<<<<<<<<<<<
*/
static PyObject *get() {
  /* "src/_core/python/a.pxi":11
 *         first()             # <<<<<<<<<<<<<<
*/
  first();
  if (failed) goto error;
  /* "src/_core/python/a.pxi":12
 *         second()             # <<<<<<<<<<<<<<
*/
  second();
  error:;
  return left_early();
}
"""


def python_file(lines: int, run: int, branches: int, taken: int) -> dict[str, dict[str, int]]:
    return {
        "summary": {
            "num_statements": lines,
            "covered_lines": run,
            "num_branches": branches,
            "covered_branches": taken,
        }
    }


def python_report(folder: Path, *, lines: int, branches: int) -> str:
    """A report of a hundred lines and branches, so many of which were run, and of two lines."""
    path = folder / "python.json"
    files = {
        "src/fastpoly/net/a.py": python_file(100, lines, 100, branches),
        "src/fastpoly/cli/b.py": python_file(2, 1, 0, 0),
    }
    path.write_text(json.dumps({"files": files}))
    return f"--python={path}"


def counted(path: str, *lines: tuple[int, int]) -> dict[str, Any]:
    """gcov's report on one file, of line numbers and counts."""
    entries = [{"line_number": number, "count": count} for number, count in lines]
    return {"files": [{"file": path, "lines": entries}]}


def test_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert coverage_report.main([python_report(tmp_path, lines=100, branches=100)]) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["src/fastpoly/net", "100", "100.0%", "100", "100.0%"] in table
    assert ["src/fastpoly/cli", "2", "50.0%"] in table


@pytest.mark.parametrize("short", ["lines", "branches"])
def test_too_little(short: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reached = {"lines": 100, "branches": 100, short: 50}
    assert coverage_report.main([python_report(tmp_path, **reached)]) == 1
    assert capsys.readouterr().out.count("BELOW") == 1


@pytest.mark.skipif(shutil.which("gcov") is None, reason="gcov comes with GCC alone")
@pytest.mark.parametrize(("argument", "code"), [("", 1), ("a", 0)], ids=["too little", "enough"])
def test_a_compiled_program(
    argument: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    source = Path("src/_core/rows/a.cpp")
    source.parent.mkdir(parents=True)
    source.write_text(PROGRAM)
    compiler = [os.environ.get("CXX", "g++"), "--coverage", "-O0"]
    subprocess.run([*compiler, "-c", str(source), "-o", "a.o"], check=True)
    subprocess.run([*compiler, "a.o", "-o", "a"], check=True)
    subprocess.run(["./a", *argument], check=True)
    assert coverage_report.main(["--core=.", "--missing"]) == code
    printed = capsys.readouterr().out
    assert ("src/_core/rows/a.cpp:4-6\n" in printed) == bool(code)
    assert ("BELOW" in printed) == bool(code)


def test_a_line_of_a_header_counts_once_and_is_run_if_it_was_anywhere() -> None:
    header = "src/_core/rows/a.hpp"
    reports = [counted(header, (1, 0), (2, 0)), counted(header, (2, 5), (2, 0), (3, 0))]
    assert core_lines(reports) == {header: {1: False, 2: True, 3: False}}


@pytest.mark.parametrize(
    "path",
    [
        "/usr/include/c++/12/vector",
        "src/_core/vendor/zstd/zstd.c",
        "src/_core/rows/events.gen.cpp",
        "tests/fuzz/kernel.cpp",
    ],
)
def test_what_nobody_here_wrote_is_not_counted(path: str) -> None:
    assert core_lines([counted(path, (1, 1))]) == {}


def test_statements_of_cython_are_found_in_what_is_generated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    generated = tmp_path / "build" / "cython" / "core.cpp"
    generated.parent.mkdir(parents=True)
    generated.write_text(GENERATED)
    report = counted("build/cython/core.cpp", (4, 1), (8, 1), (9, 1), (13, 0), (15, 1))
    lines = core_lines([report])
    assert lines == {"src/_core/python/a.pxi": {10: True, 11: True, 12: False}}
    assert list(missing(lines)) == ["src/_core/python/a.pxi:12"]


def test_lines_that_were_not_run_are_listed_as_spans() -> None:
    lines = {number: number in (4, 8) for number in range(1, 10)}
    assert list(missing({"a.cpp": lines, "b.cpp": {1: True}})) == ["a.cpp:1-3,5-7,9"]


def test_every_floor_is_judged() -> None:
    assert {**python_figures({}), **core_figures({})}.keys() == FLOORS.keys()
