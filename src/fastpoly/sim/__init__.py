"""A simulator of the service on loopback: six made-up markets, at any rate, without a key."""

from __future__ import annotations

from fastpoly.serving.proxy import Proxy
from fastpoly.serving.scripted_server import Peer, ScriptedServer
from fastpoly.sim.config import SimulatorConfig
from fastpoly.sim.process import SimulatorProcess
from fastpoly.sim.server import Simulator

__all__ = ["Peer", "Proxy", "ScriptedServer", "Simulator", "SimulatorConfig", "SimulatorProcess"]
