"""What a reader is told of the marks of a recording."""

from __future__ import annotations

import json
from typing import Any

from fastpoly.capture import Mark, MarkKind
from fastpoly.hub.past_gaps import PastGaps


def told(gaps: PastGaps, kind: MarkKind, at_ns: int, **detail: Any) -> list[dict[str, Any]]:
    found = gaps.on_mark(Mark(kind, at_ns, detail), 7, ["Q", "T"])
    return [json.loads(one) for one in found]


def test_an_interruption_has_the_code_and_the_reason_of_the_loss_that_began_it() -> None:
    gaps = PastGaps()
    assert not told(gaps, MarkKind.CONNECTED, 10)
    assert not told(gaps, MarkKind.LOST, 15, code=1001, error="an earlier one, without data")
    assert not told(gaps, MarkKind.LOST, 20, code=1012, error="a restart")
    assert not told(gaps, MarkKind.LOST, 30, code=1006, error="nobody there")
    (gap,) = told(gaps, MarkKind.GAP, 40, cause="reconnect", since_ns=20, until_ns=40)
    assert gap["status"] == "gap"
    assert gap["cause"] == gap["message"] == "The hub's connection was interrupted: a restart"
    assert (gap["code"], gap["attempts"]) == (1012, 2)
    assert (gap["since_ns"], gap["until_ns"]) == (20, 40)
    assert gap["channels"] == ["Q", "T"]
    # The next one is another.
    (gap,) = told(gaps, MarkKind.GAP, 60, cause="reconnect", since_ns=50, until_ns=60)
    assert gap["cause"] == "The hub's connection was interrupted."
    assert (gap["code"], gap["attempts"]) == (1006, 0)


def test_what_the_recorder_dropped_is_told_with_its_number() -> None:
    for cause in ("buffer_full", "write_failed"):
        detail = {"cause": cause, "events": 1234, "since_ns": 1, "until_ns": 2}
        (gap,) = told(PastGaps(), MarkKind.GAP, 3, **detail)
        assert "1,234 events" in gap["cause"]
        assert (gap["since_ns"], gap["until_ns"]) == (1, 2)


def test_what_cannot_be_read_or_is_not_known_is_told_too() -> None:
    (gap,) = told(PastGaps(), MarkKind.GAP, 0, cause="damaged", reason="gone")
    assert gap["cause"] == "The hub's recording cannot be read here: gone"
    assert gap["since_ns"] == gap["until_ns"] == 7
    (gap,) = told(PastGaps(), MarkKind.GAP, 5, since_ns="odd")
    assert "missing" in gap["cause"]
    assert gap["since_ns"] == gap["until_ns"] == 5
