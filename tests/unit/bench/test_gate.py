"""The gate: a ratio that stays missed however often it is measured fails, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as program
from bench import gate, material, report, results
from bench.targets import OVER_TLS, TARGETS, Results, Side, Target

EVENTS = Target(
    "every event",
    "a rival",
    Side("decode", "fastpoly_", "events"),
    Side("decode", "msgspec_", "events"),
    {1: (2.0, 4.0), 10: (2.0, 4.0), 100: (None, 4.0)},
)
CEILING = Target(
    "socket",
    "a floor",
    Side("socket", "untouched"),
    Side("socket", "floor"),
    {10: (2.0, 1.5)},
    ceiling=True,
)


def cells(target: Target, costs: dict[int, tuple[float, float]]) -> Results:
    """Results in which the sides of a target cost what is said, by size of frames."""
    made: list[dict[str, Any]] = []
    for size, pair in costs.items():
        for side, cost in zip((target.ours, target.theirs), pair, strict=True):
            about: dict[str, Any] = {"contender": side.contender, "per_frame": size}
            # The median is no better than the best, and must not be what is compared.
            figures = results.summary([cost, cost * 3, cost * 9])
            if side.question == "decode":
                made.append({**about, "task": side.task, "ns_per_event": figures})
            else:
                about |= {"pace": side.pace, "tls": side.tls}
                made.append({**about, "cpu_ns_per_event": figures})
    return {target.ours.question: {"cells": made}}


class Recorded:
    """Gives made-up results, one after another, the last for ever; notes what was asked."""

    def __init__(self, *answers: Results) -> None:
        self.answers = list(answers)
        self.asked: list[list[tuple[str, tuple[int, ...]]]] = []

    def measure(self, targets: Sequence[Target]) -> Results:
        self.asked.append([(target.what, tuple(target.bounds)) for target in targets])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_ratios_that_are_met_are_measured_once() -> None:
    measurer = Recorded(cells(EVENTS, {1: (100, 210), 10: (100, 500)}))
    held = gate.hold(gate.held_of([EVENTS]), measurer)
    assert [(one.verdict.per_frame, one.verdict.word) for one in held] == [(1, "met"), (10, "aim")]
    assert measurer.asked == [[("every event", (1, 10))]]
    assert gate.exit_code(held) == 0


def test_a_bound_that_is_raised_out_of_reach_is_missed() -> None:
    raised = replace(EVENTS, bounds={1: (2.0, 4.0), 10: (1_000.0, 1_000.0)})
    found = cells(EVENTS, {1: (100, 210), 10: (100, 500)})
    measurer = Recorded(found)
    held = gate.hold(gate.held_of([raised]), measurer)
    assert [one.missed for one in held] == [False, True]
    alone = [("every event", (10,))]
    assert measurer.asked[1:] == [alone] * gate.AGAIN, "it alone is measured again"
    assert gate.exit_code(held) == 1
    (line,) = (line for line in gate.table(held).as_text().splitlines() if "MISSED" in line)
    assert line.split("every event")[1].split() == (
        "a rival 10 5.00x 5.00x at least 1000x MISSED by 100%".split()  # noqa: SIM905
    )


def test_what_is_missed_at_first_does_not_count() -> None:
    measurer = Recorded(
        cells(EVENTS, {1: (150, 225), 10: (100, 500)}),
        cells(EVENTS, {1: (140, 224)}),
        cells(EVENTS, {1: (100, 250)}),
    )
    held = gate.hold(gate.held_of([EVENTS]), measurer)
    assert [(one.first, one.verdict.ratio) for one in held] == [(1.5, 2.24), (None, 5.0)]
    assert len(measurer.asked) == 3
    assert gate.exit_code(held) == 0


def test_the_best_of_all_measurements_is_compared() -> None:
    measurer = Recorded(
        # Theirs is at its best at first, ours later: neither measurement alone is the truth.
        cells(EVENTS, {1: (150, 190)}),
        cells(EVENTS, {1: (100, 300)}),
        cells(EVENTS, {1: (120, 400)}),
    )
    (held,) = gate.hold(gate.held_of([replace(EVENTS, bounds={1: (2.0, 4.0)})]), measurer)
    assert held.verdict.ratio == 1.9
    assert held.missed


@pytest.mark.parametrize(("ours", "code"), [(190.0, 0), (230.0, 1)])
def test_a_ceiling_is_missed_from_above(ours: float, code: int) -> None:
    found = cells(CEILING, {10: (ours, 100.0)})
    held = gate.hold(gate.held_of([CEILING]), Recorded(found))
    assert gate.exit_code(held) == code
    assert held[0].verdict.shortfall == pytest.approx(max(0.0, ours / 200 - 1))


def test_nothing_measured_is_not_success() -> None:
    assert gate.exit_code(gate.hold(gate.held_of([EVENTS]), Recorded({}))) == 2
    assert gate.exit_code([]) == 2


def test_aims_are_not_held() -> None:
    for target in gate.held_of((*TARGETS, *OVER_TLS)):
        assert all(required is not None for required, _ in target.bounds.values())
    aims = replace(EVENTS, bounds={1: (None, 4.0)})
    assert gate.held_of([aims]) == []


def test_the_choice_of_questions_and_contenders_holds_for_the_gate_too() -> None:
    of_decoders = gate.held_of(TARGETS, questions=["decode"])
    assert {target.ours.question for target in of_decoders} == {"decode"}
    both = gate.held_of(TARGETS, only=["fastpoly_", "orjson_", "untouched"])
    assert {target.theirs.contender for target in both} == {"orjson_"}


def test_both_sides_of_a_ratio_take_turns() -> None:
    numpy = replace(EVENTS, ours=Side("decode", "fastpoly_", "numpy"), bounds={100: (2.0, 2.0)})
    (group,) = gate.decode_groups([numpy])
    assert group == (100, (("fastpoly_", "numpy"), ("msgspec_", "events")))
    (compared,) = gate.socket_groups([CEILING])
    assert compared.names == ("untouched", "floor")
    assert gate.needed_environments([CEILING]) == {"fastpoly", "rivals"}


def test_every_held_target_can_be_measured() -> None:
    held = gate.held_of((*TARGETS, *OVER_TLS))
    assert gate.decode_groups(held)
    assert gate.socket_groups(held)
    assert gate.needed_environments(held) == {"fastpoly", "rivals", "community"}


@pytest.mark.parametrize(("bound", "code"), [(0.001, 0), (1_000.0, 1)])
def test_a_real_run(tmp_path: Path, bound: float, code: int) -> None:
    # Both sides are fastpoly's: rivals may not be installed.
    target = replace(
        EVENTS,
        theirs=Side("decode", "fastpoly_", "dicts"),
        bounds={10: (bound, bound)},
    )
    measurer = gate.Benchmarks(material.make(tmp_path, 200, 200), quick=True)
    held = gate.hold(gate.held_of([target]), measurer)
    assert held[0].verdict.ratio is not None
    assert held[0].verdict.ratio > 0
    assert gate.exit_code(held) == code


def test_the_program_exits_with_what_the_gate_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = cells(EVENTS, {1: (100, 150), 10: (100, 500)})
    monkeypatch.setattr(program, "EVENTS", 100)
    monkeypatch.setattr(gate, "Benchmarks", lambda made, quick: Recorded(found))
    assert program.judge([EVENTS], [], quick=True, only=[]) == 1
    assert "MISSED by 25%" in capsys.readouterr().out
    met = replace(EVENTS, bounds={1: (1.5, 1.5)})
    assert program.judge([met], [], quick=True, only=[]) == 0


def test_tables_of_the_gate_line_up() -> None:
    held = gate.hold(gate.held_of([EVENTS]), Recorded(cells(EVENTS, {1: (100, 210)})))
    table = gate.table(held)
    assert isinstance(table, report.Table)
    assert {len(row) for row in table.rows} == {len(table.header)}
