"""Runs Python in a process that takes the code for another kind of processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

OTHERS = ("portable", "avx2")
"""What ``FASTPOLY_CPU`` can limit this processor to."""


def run_as(processor: str, *arguments: str) -> None:
    """Runs ``python *arguments`` from the project's root, and fails unless it succeeds."""
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "FASTPOLY_CPU": processor},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
