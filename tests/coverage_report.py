"""How much of each folder the tests run, as one table; fails where that is below the floors.

`make coverage` runs it on lines and branches of Python, as coverage.py counts them. `make sanitize`
runs it on lines of the hand-written core, as gcov does: those of C++ as they are, and those of
Cython by way of the comments that Cython leaves in what it generates.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

FLOORS = {
    "python lines": 96.0,
    "python branches": 90.0,
    "core lines": 88.0,
}
"""What must be reached, in percent. They go up with what is reached, and never down."""

CORE = PurePosixPath("src/_core")

Lines = dict[int, bool]
"""The lines of a file that can be run, and whether they were."""


@dataclass(frozen=True)
class Count:
    """Lines, and branches where they are counted, of a folder."""

    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.lines + other.lines,
            self.lines_run + other.lines_run,
            self.branches + other.branches,
            self.branches_run + other.branches_run,
        )


def percent(run: int, of: int) -> float:
    return 100.0 * run / of if of else 0.0


def by_folder(files: Iterable[tuple[str, Count]]) -> dict[str, Count]:
    """The counts of each folder, in order of their names."""
    folders: dict[str, Count] = defaultdict(Count)
    for path, count in files:
        folders[str(PurePosixPath(path).parent)] += count
    return dict(sorted(folders.items()))


def total(counts: Iterable[Count]) -> Count:
    return sum(counts, Count())


# ---------------------------------------------------------------------------------------- Python


def python_files(report: Mapping[str, Any]) -> Iterator[tuple[str, Count]]:
    """Path and count of each file in coverage.py's JSON."""
    for path, file in report["files"].items():
        summary = file["summary"]
        yield (
            path,
            Count(
                summary["num_statements"],
                summary["covered_lines"],
                summary["num_branches"],
                summary["covered_branches"],
            ),
        )


def python_figures(folders: Mapping[str, Count]) -> dict[str, float]:
    python = total(folders.values())
    return {
        "python lines": percent(python.lines_run, python.lines),
        "python branches": percent(python.branches_run, python.branches),
    }


# -------------------------------------------------------------------------------------- the core


def gcov(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield gcov's report on each file of counters below a folder, compiled in this one."""
    for counters in sorted(folder.rglob("*.gcda")):
        command = ["gcov", "--json-format", "--stdout", str(counters)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        yield from map(json.loads, done.stdout.splitlines())


def is_ours(path: str) -> bool:
    """Whether somebody wrote it: neither the compiler's, nor another project's, nor generated."""
    below = PurePosixPath(path)
    return below.is_relative_to(CORE) and "vendor" not in below.parts and ".gen." not in below.name


def statements(text: str) -> Iterator[tuple[str, int, range]]:
    """Yield file and line of each statement of Cython, and the generated lines that are its.

    Args:
        text: What Cython generated; a comment there names the statement that what follows is for.
    """
    marks = [
        (found[1], int(found[2]), text.count("\n", 0, found.start()) + 1)
        for found in re.finditer(r'^ */\* "(src/_core/[^"]+)":(\d+)$', text, re.MULTILINE)
    ]
    ends = [at for *_, at in marks[1:]] + [text.count("\n") + 2]
    for (path, line, at), end in zip(marks, ends, strict=True):
        yield path, line, range(at, end)


def cython_lines(text: str, generated: Lines) -> dict[str, Lines]:
    """The lines of Cython behind generated ones.

    A statement was run if the first generated line for it was: what is below may be where a
    function ends that was left early.
    """
    files: dict[str, Lines] = defaultdict(dict)
    for path, line, lines in statements(text):
        first = next((number for number in lines if number in generated), None)
        if first is not None:
            files[path][line] = files[path].get(line, False) or generated[first]
    return files


def core_lines(reports: Iterable[Mapping[str, Any]]) -> dict[str, Lines]:
    """The lines of each file that somebody wrote; a line of a header was run if it was anywhere."""
    files: dict[str, Lines] = defaultdict(dict)
    for report in reports:
        for file in report["files"]:
            lines: Lines = {}
            for line in file["lines"]:
                number = line["line_number"]
                lines[number] = lines.get(number, False) or line["count"] > 0
            path = file["file"]
            found = {path: lines}
            if path.startswith("build/cython/") and path.endswith(".cpp"):
                found = cython_lines(Path(path).read_text(), lines)
            for name, its in found.items():
                if is_ours(name):
                    known = files[name]
                    known.update({n: known.get(n, False) or was_run for n, was_run in its.items()})
    return files


def core_files(files: Mapping[str, Lines]) -> Iterator[tuple[str, Count]]:
    for path, lines in files.items():
        yield path, Count(len(lines), sum(lines.values()))


def core_figures(folders: Mapping[str, Count]) -> dict[str, float]:
    core = total(folders.values())
    return {"core lines": percent(core.lines_run, core.lines)}


# --------------------------------------------------------------------------------------- the table


def row(name: str, count: Count) -> str:
    lines = f"{name:38} {count.lines:7} {percent(count.lines_run, count.lines):6.1f}%"
    if not count.branches:
        return lines
    return f"{lines} {count.branches:9} {percent(count.branches_run, count.branches):6.1f}%"


def missing(files: Mapping[str, Lines]) -> Iterator[str]:
    """Yield each file with the lines that were not run, as ``path:12-14,20``."""
    for path, lines in sorted(files.items()):
        numbers = sorted(number for number, was_run in lines.items() if not was_run)
        if numbers:
            starts = [b for a, b in pairwise([-9, *numbers]) if b - a > 1]
            ends = [a for a, b in pairwise([*numbers, numbers[-1] + 9]) if b - a > 1]
            spans = (f"{a}-{b}" if a < b else str(a) for a, b in zip(starts, ends, strict=True))
            yield f"{path}:{','.join(spans)}"


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; return 1 where a floor is not reached, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, help="coverage.py's JSON")
    parser.add_argument("--core", type=Path, help="a folder with gcov's counters")
    parser.add_argument("--missing", action="store_true", help="list lines of the core as well")
    arguments = parser.parse_args(argv)
    folders: dict[str, Count] = {}
    figures: dict[str, float] = {}
    if arguments.python is not None:
        python = by_folder(python_files(json.loads(arguments.python.read_text())))
        folders |= python
        figures |= python_figures(python)
    if arguments.core is not None:
        files = core_lines(gcov(arguments.core))
        if arguments.missing:
            print(*missing(files), "", sep="\n")
        core = by_folder(core_files(files))
        folders |= core
        figures |= core_figures(core)
    print(f"{'folder':38} {'lines':>7} {'run':>7} {'branches':>9} {'run':>7}")
    for name, count in folders.items():
        print(row(name, count))
    print()
    for name, reached in figures.items():
        verdict = "of at least" if reached >= FLOORS[name] else "BELOW"
        print(f"{name:38} {reached:6.1f}% {verdict} {FLOORS[name]}%")
    return int(any(reached < FLOORS[name] for name, reached in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
