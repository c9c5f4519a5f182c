"""Calls of `subscribe` and `unsubscribe`, as the requests that they mean."""

from __future__ import annotations

import pytest

from fastpoly.massive.topics import wanted_changes
from fastpoly.protocol.statuses import Action
from fastpoly.protocol.subscriptions import MAX_REQUEST_PARAMS


def sent(action: Action, held: list[str], *params: str) -> list[tuple[str, str]]:
    requests, errors = wanted_changes(action, "stocks", held, params)
    assert errors == []
    return [(request.action, ",".join(request.params)) for request in requests]


@pytest.mark.parametrize(
    ("action", "held", "params", "expected"),
    [
        ("subscribe", [], ["T.A", "Q.B"], [("subscribe", "T.A,Q.B")]),
        ("subscribe", [], ["T.A,Q.B", " T.C "], [("subscribe", "T.A,Q.B,T.C")]),
        ("subscribe", ["T.A"], ["T.A"], []),
        ("subscribe", ["T.*"], ["T.*"], []),
        ("subscribe", ["T.*"], ["T.A", "Q.A"], [("subscribe", "Q.A")]),
        ("subscribe", [], ["T.*", "T.A"], [("subscribe", "T.*")]),
        (
            "subscribe",
            ["T.A", "T.B", "Q.A"],
            ["T.*"],
            [("subscribe", "T.*"), ("unsubscribe", "T.A,T.B")],
        ),
        ("subscribe", ["AM.X"], ["A.*"], [("subscribe", "A.*")]),
        ("unsubscribe", ["T.A", "Q.A"], ["T.A"], [("unsubscribe", "T.A")]),
        ("unsubscribe", ["T.A"], ["T.B"], []),
        ("unsubscribe", ["A.X", "AM.X", "A.*"], ["A.*"], [("unsubscribe", "A.*,A.X")]),
        ("unsubscribe", ["T.A", "T.B"], ["T.*"], [("unsubscribe", "T.A,T.B")]),
    ],
)
def test_what_goes_to_the_server(
    action: Action, held: list[str], params: list[str], expected: list[tuple[str, str]]
) -> None:
    assert sent(action, held, *params) == expected


def test_what_is_malformed_costs_nothing_else() -> None:
    requests, errors = wanted_changes("subscribe", "stocks", [], ["T.A", "AAPL", "XT.B", "T."])
    assert [request.params for request in requests] == [("T.A",)]
    assert [error.refused for error in errors] == [("AAPL",), ("XT.B",), ("T.",)]


def test_very_many_go_in_several_requests() -> None:
    requests, _ = wanted_changes("subscribe", "stocks", [], [f"T.A{n}" for n in range(2000)])
    assert len(requests) == 2000 / MAX_REQUEST_PARAMS
    assert len({param for request in requests for param in request.params}) == 2000
