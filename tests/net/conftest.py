"""What every test that talks to a server may have: a simulator of its own process, certificates."""

from __future__ import annotations

import pytest
import trustme

# Imported rather than left to the entry point, so that the tests run from a plain checkout too.
from fastpoly.pytest_plugin import fastpoly_simulator, fastpoly_simulators

__all__ = ["authority", "fastpoly_simulator", "fastpoly_simulators"]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()
