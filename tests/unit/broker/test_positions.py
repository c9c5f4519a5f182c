"""How far a reader has got: not what waits, and not what was handed over just now."""

from __future__ import annotations

from fastpoly.broker.positions import Progress


def test_only_what_was_handed_over_before_a_time_is_worked_off() -> None:
    progress = Progress()
    progress.begin(10)
    assert progress.worked_off(99.0) == 10
    for now_s, number in ((1.0, 20), (2.0, 20), (3.0, 30), (4.0, 40)):
        progress.note(now_s, number)
    assert progress.worked_off(0.5) == 10
    assert progress.worked_off(1.0) == 20
    assert progress.worked_off(3.5) == 30
    assert progress.worked_off(2.0) == 30, "it does not go back"
    progress.begin(5)
    assert progress.worked_off(99.0) == 5
