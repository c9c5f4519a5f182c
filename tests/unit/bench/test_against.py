"""An earlier tree beside this one: a line that lost twice fails, and nothing else does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench import against, environments, material, results, trees
from bench.against import Figures, Line

EVENTS = Line("decode", "events", 10)
DICTS = Line("decode", "dicts", 10)
SOCKET = Line("socket", "dropin_loop", 1)


def figures(now: float, then: float) -> Figures:
    return Figures(results.summary([now, now * 2]), results.summary([then, then * 2]))


class Recorded:
    """Gives figures that were made up, one set after another, and notes what was asked."""

    def __init__(
        self, *answers: Mapping[Line, Figures], absent: Mapping[Line, str] | None = None
    ) -> None:
        self.answers = list(answers)
        self.missing = absent or {}
        self.asked: list[list[Line]] = []

    def absent(self, lines: Sequence[Line]) -> Mapping[Line, str]:
        return {line: self.missing[line] for line in lines if line in self.missing}

    def measure(self, lines: Sequence[Line]) -> Mapping[Line, Figures]:
        self.asked.append(list(lines))
        return self.answers.pop(0)


def test_a_twentieth_is_allowed() -> None:
    measurer = Recorded({EVENTS: figures(104.9, 100), DICTS: figures(50, 100)})
    found = against.compare([EVENTS, DICTS], measurer)
    assert not any(comparison.lost for comparison in found)
    assert measurer.asked == [[EVENTS, DICTS]]
    assert against.exit_code(found) == 0


def test_a_line_that_lost_twice_is_marked() -> None:
    measurer = Recorded(
        {EVENTS: figures(110, 100), DICTS: figures(100, 100)}, {EVENTS: figures(108, 100)}
    )
    found = against.compare([EVENTS, DICTS], measurer)
    assert [comparison.lost for comparison in found] == [True, False]
    assert measurer.asked[1:] == [[EVENTS]], "it alone is measured again"
    assert against.exit_code(found) == 1
    (row,) = (row for row in against.table("abc", found).rows if row[-1] == "LOST")
    assert row[:2] == ("decode: every event an object", "10")
    assert row[2:-1] == ("100 ns", "108 ns", "1.080", "1.080", "1.100")


def test_a_line_that_lost_once_does_not_count() -> None:
    found = against.compare(
        [EVENTS], Recorded({EVENTS: figures(150, 100)}, {EVENTS: figures(101, 100)})
    )
    assert (found[0].lost, found[0].first) == (False, 1.5)
    assert against.exit_code(found) == 0


def test_what_an_earlier_tree_does_not_have_is_said_and_not_compared() -> None:
    measurer = Recorded({EVENTS: figures(100, 100)}, absent={SOCKET: "ImportError: no such name"})
    found = against.compare([EVENTS, SOCKET], measurer)
    assert measurer.asked == [[EVENTS]]
    assert against.exit_code(found) == 0
    rows = against.table("abc", found).rows
    assert rows[1][-1] == "not there then: ImportError: no such name"
    assert {len(row) for row in rows} == {8}


def test_nothing_compared_is_not_success() -> None:
    measurer = Recorded({}, absent={SOCKET: "gone"})
    assert against.exit_code(against.compare([SOCKET], measurer)) == 2


def test_the_choice_of_questions_and_contenders_holds_here_too() -> None:
    assert {line.question for line in against.chosen(["socket"])} == {"socket"}
    assert {line.name for line in against.chosen(only=["dropin"])} == {"dropin"}
    assert {line.question for line in against.chosen(only=["fastpoly_"])} == {"decode"}
    assert len(set(against.LINES)) == len(against.LINES)


def test_this_tree_beside_itself(tmp_path: Path) -> None:
    made = material.make(tmp_path, 200, 200)
    measurer = against.TwoTrees(made, environments.SOURCE, quick=True)
    assert measurer.absent([EVENTS]) == {}
    found = measurer.measure([EVENTS])[EVENTS]
    assert found.now["best"] > 0
    assert found.then["best"] > 0


def test_an_earlier_tree_without_a_name(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    package = tmp_path / "src" / "fastpoly"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    made = material.make(tmp_path, 200, 200)
    measurer = against.TwoTrees(made, package.parent, quick=True)
    lines = [EVENTS, SOCKET]
    found = measurer.absent(lines)
    assert list(found) == lines
    assert "fastpoly" in found[EVENTS]
    assert "cannot import name 'AsyncStreamClient'" in found[SOCKET]
    assert "cannot import name 'decode'" in capfd.readouterr().err


def test_a_commit_that_is_not_there() -> None:
    with pytest.raises(trees.TreeError, match="no commit 'no-such-branch'"):
        trees.commit_of("no-such-branch")
    with pytest.raises(trees.TreeError, match="no commit '--all'"):
        trees.commit_of("--all")


def test_a_tree_must_be_what_is_imported_from_it(tmp_path: Path) -> None:
    trees.check_source(environments.SOURCE)
    with pytest.raises(trees.TreeError, match="is imported in place of"):
        trees.check_source(tmp_path)
