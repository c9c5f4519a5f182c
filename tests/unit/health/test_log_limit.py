"""How many log records of a kind are let through, and how many kinds are remembered."""

from __future__ import annotations

import logging

import pytest

from fastpoly.health.log_limit import MAX_KINDS, LogLimit


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [1000.0]
    monkeypatch.setattr("fastpoly.health.log_limit.time.monotonic", lambda: clock[0])
    return clock


def test_a_few_of_a_kind_and_then_the_number_of_those_held_back(now: list[float]) -> None:
    limit = LogLimit(burst=2, per_s=10.0)
    assert [limit.admit("kind") for _ in range(5)] == [0, 0, None, None, None]
    now[0] += 9.9
    assert limit.admit("kind") is None
    now[0] += 0.1
    assert limit.admit("kind") == 4
    now[0] += 10
    assert limit.admit("kind") == 0


def test_kinds_do_not_count_for_each_other(now: list[float]) -> None:
    limit = LogLimit(burst=1)
    assert [limit.admit(kind) for kind in ("a", "b", "a", "b")] == [0, 0, None, None]


def test_kinds_of_records_are_bounded() -> None:
    limit = LogLimit(burst=1, per_s=1000)
    assert limit.admit("first") == 0
    assert limit.admit("first") is None
    for kind in range(10 * MAX_KINDS):
        assert limit.admit(kind) == 0
    held = {name: len(value) for name, value in vars(limit).items() if isinstance(value, dict)}
    assert max(held.values()) <= MAX_KINDS


def test_quiet_kinds_are_forgotten_first(now: list[float]) -> None:
    limit = LogLimit(burst=1, per_s=10.0)
    for kind in range(MAX_KINDS - 1):
        limit.admit(kind)
    now[0] += 10
    assert limit.admit("recent") == 0
    assert limit.admit("one more") == 0
    assert limit.admit("recent") is None


def test_warnings_of_one_text_are_of_one_kind(
    now: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    limit = LogLimit(burst=2, per_s=10.0)
    logger = logging.getLogger("fastpoly.of-a-test")
    for number in range(1000):
        limit.warn(logger, "No %d", number)
    now[0] += 10
    limit.warn(logger, "No %d", -1)
    limit.warn(logger, "Another")
    assert caplog.messages == [
        "No 0",
        "No 1",
        "No -1 (998 more like this were not logged)",
        "Another",
    ]
