"""A strict type checker agrees with the examples, and finds every mistake."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def mypy(path: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--show-error-codes", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_examples_have_the_types_they_say() -> None:
    code, said = mypy(HERE / "examples.py")
    assert code == 0, said


def test_the_mistakes_are_found_where_they_are() -> None:
    path = HERE / "mistakes.py"
    expected = {
        number: match[1]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := re.search(r"# error: ([a-z-]+)", line))
    }
    assert expected
    _, said = mypy(path)
    found = {
        int(number): code
        for number, code in re.findall(r"mistakes\.py:(\d+): error: .*\[([a-z-]+)\]", said)
    }
    assert found == expected, said
