"""A simulator of the service on loopback: six made-up markets, at any rate, without a key."""

from fastpoly.sim.config import SimulatorConfig
from fastpoly.sim.process import SimulatorProcess
from fastpoly.sim.server import Simulator

__all__ = ["Simulator", "SimulatorConfig", "SimulatorProcess"]
