"""A simulator of the service on loopback: six made-up markets, at any rate, without a key."""

from __future__ import annotations

from fastpoly.serving.proxy import Cut, Proxy
from fastpoly.serving.scripted_server import ScriptedPeer, ScriptedServer
from fastpoly.sim.config import SimulatorConfig
from fastpoly.sim.process import SimulatorProcess
from fastpoly.sim.server import Simulator

__all__ = [
    "Cut",
    "Proxy",
    "ScriptedPeer",
    "ScriptedServer",
    "Simulator",
    "SimulatorConfig",
    "SimulatorProcess",
]
