"""Runs one client: ``python -m bench.clients NAME JOB`` with a job in JSON."""

from __future__ import annotations

import importlib
import sys

from bench.clients.meter import Job

if __name__ == "__main__":
    importlib.import_module(f"bench.clients.{sys.argv[1]}").run(Job.load(sys.argv[2]))
