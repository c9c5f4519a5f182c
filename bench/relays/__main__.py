"""Runs one relay: ``python -m bench.relays NAME ARGUMENT...``; prints a line when it is ready."""

from __future__ import annotations

import importlib
import sys

if __name__ == "__main__":
    importlib.import_module(f"bench.relays.{sys.argv[1]}").run(*sys.argv[2:])
