"""Gaps that a hub tells of: read from a control message, whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest

from fastpoly.notices import Gap
from fastpoly.protocol.gaps import told_gap
from fastpoly.protocol.statuses import read_status


def told(message: str = "", hide: Any = str, **fields: Any) -> Gap:
    status = read_status("gap", message, hide, lambda: fields)
    assert status.effect == "gap"
    assert not status.is_refusal
    return told_gap("stocks", status, 1000, {})


def test_all_that_it_says_is_in_the_notice() -> None:
    gap = told(
        cause="It was cut.",
        code=1011,
        since_ns=100,
        until_ns=300,
        attempts=2,
        channels=["T", "Q"],
        lost={"T": 5, "Q": 0},
    )
    assert gap == Gap(
        market="stocks",
        at_ns=1000,
        cause="It was cut.",
        code=1011,
        since_ns=100,
        until_ns=300,
        attempts=2,
        channels=("T", "Q"),
        lost=5,
        lost_by_channel={"T": 5},
    )
    assert gap.to_dict()["lost_by_channel"] == {"T": 5}


@pytest.mark.parametrize("odd", [None, "x", -1, 1.5, {"T": 1}, ["T"], [1], {"T": "x"}])
def test_what_makes_no_sense_is_left_at_what_is_always_true(odd: Any) -> None:
    gap = told("gone", since_ns=odd, until_ns=odd, code=odd, attempts=odd, channels=odd, lost=odd)
    assert (gap.since_ns, gap.until_ns) == (1000, 1000)
    assert (gap.code, gap.attempts) == (1006, 0)
    assert gap.channels == (("T",) if odd == ["T"] else ())
    assert gap.lost_by_channel == ({"T": 1} if odd == {"T": 1} else {})
    assert gap.cause == "gone"


def test_the_key_is_in_no_part_of_it() -> None:
    gap = told("about k3y", lambda text: text.replace("k3y", "***"), cause="of k3y")
    assert gap.cause == "of ***"
    assert told("about k3y", lambda text: text.replace("k3y", "***")).cause == "about ***"


def test_other_messages_are_not_asked_for_more() -> None:
    def fail() -> dict[str, Any]:
        raise AssertionError

    assert read_status("success", "subscribed to: T.A", str, fail).fields == {}
