"""What tests that talk to a server may have: a simulator in a process, hours, certificates."""

from __future__ import annotations

import pytest
import trustme

from fastpoly.health.hours import Hours

# Imported rather than left to the entry point, so that the tests run from a plain checkout too.
from fastpoly.pytest_plugin import fastpoly_simulator, fastpoly_simulators

__all__ = ["authority", "fastpoly_simulator", "fastpoly_simulators"]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def always_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every market open whenever the test is run, so that silence is noticed."""
    monkeypatch.setattr("fastpoly.health.silence.hours_at", lambda market, at_ns: Hours.REGULAR)
