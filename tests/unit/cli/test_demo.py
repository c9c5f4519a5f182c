"""The demo's account of what was sent, received and lost."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from fastpoly.cli.demo import Account, as_json, as_text
from fastpoly.cli.meter import Meter


def account(sent: Mapping[str, int], received: Mapping[str, int]) -> Account:
    return Account(
        sent=sent, received=received, seconds=2.0, nbytes=6_000_000, reader_cpu=0.125, view_cpu=0.01
    )


@pytest.mark.parametrize(
    ("sent", "received", "lost", "complete"),
    [
        ({"T": 3, "Q": 5}, {"T": 3, "Q": 5}, {"T": 0, "Q": 0, "AM": 0}, True),
        ({"T": 3, "Q": 5}, {"T": 2, "Q": 5}, {"T": 1, "Q": 0, "AM": 0}, False),
        ({"T": 3}, {}, {"T": 3, "Q": 0, "AM": 0}, False),
        # Twice the same is as wrong as never.
        ({"T": 3}, {"T": 4}, {"T": -1, "Q": 0, "AM": 0}, False),
        # One too few and one too many do not make it right.
        ({"T": 3, "Q": 3}, {"T": 2, "Q": 4}, {"T": 1, "Q": -1, "AM": 0}, False),
        # A demo that showed nothing has shown nothing.
        ({}, {}, {"T": 0, "Q": 0, "AM": 0}, False),
        ({"T": 1, "LULD": 1}, {"T": 1, "LULD": 1}, {"T": 0, "Q": 0, "AM": 0, "LULD": 0}, True),
    ],
)
def test_lost_is_sent_less_received(
    sent: dict[str, int], received: dict[str, int], lost: dict[str, int], complete: bool
) -> None:
    made = account(sent, received)
    assert list(made.lost.items()) == list(lost.items())
    assert made.is_complete is complete


def test_the_account_for_people() -> None:
    text = as_text(account({"T": 1000, "Q": 4000}, {"T": 999, "Q": 4000}), Meter("stocks"))
    rows = [line.split() for line in text.splitlines()]
    assert rows[:5] == [
        ["sent", "received", "lost"],
        ["T", "1,000", "999", "1"],
        ["Q", "4,000", "4,000", "0"],
        ["AM", "0", "0", "0"],
        ["all", "5,000", "4,999", "1"],
    ]
    assert "2,500 events/s and 3.0 MB/s for 2.0 s" in text
    assert "12.5% of one core" in text


def test_the_account_for_programs() -> None:
    line = as_json(account({"T": 2}, {"T": 1}), Meter("stocks"))
    assert "\n" not in line
    said = json.loads(line)
    assert said["lost"]["T"] == 1
    assert said["complete"] is False
    assert said["lag_ms"] == {"p50": None, "p99": None}
