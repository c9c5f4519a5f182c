"""The simulator in a process of its own, for every test that talks to a server."""

from __future__ import annotations

# Imported rather than left to the entry point, so that the tests run from a plain checkout too.
from fastpoly.pytest_plugin import fastpoly_simulator, fastpoly_simulators

__all__ = ["fastpoly_simulator", "fastpoly_simulators"]
