"""Fixtures for tests of programs that use fastpoly; pytest finds them by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

# The simulator is imported when a test first asks for it: every pytest run of every project in an
# environment with fastpoly loads this module.
if TYPE_CHECKING:
    from fastpoly.sim import SimulatorProcess

    SimulatorFactory = Callable[..., SimulatorProcess]


@pytest.fixture
def fastpoly_simulators() -> Iterator[SimulatorFactory]:
    """Start simulators, each in a process of its own, and stop them after the test.

    Call it with settings of `fastpoly.sim.SimulatorConfig`; it returns a running
    `fastpoly.sim.SimulatorProcess`::

        def test_mine(fastpoly_simulators):
            simulator = fastpoly_simulators(rate=50_000, seed=7)
            ...connect to simulator.url("stocks")...
    """
    from fastpoly.sim import SimulatorProcess

    started: list[SimulatorProcess] = []

    def start(**settings: Any) -> SimulatorProcess:
        simulator = SimulatorProcess(**settings)
        simulator.start()
        started.append(simulator)
        return simulator

    yield start
    for simulator in started:
        simulator.stop()


@pytest.fixture(scope="session")
def fastpoly_simulator() -> Iterator[SimulatorProcess]:
    """One simulator with its default settings, in a process of its own, for the whole run."""
    from fastpoly.sim import SimulatorProcess

    with SimulatorProcess() as simulator:
        yield simulator
