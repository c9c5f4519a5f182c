"""Interpreters on which the core cannot run are refused, with what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fastpoly._interpreter import refuse_free_threading


@pytest.mark.parametrize("abiflags", ["", "d"])
def test_builds_with_the_lock_are_accepted(abiflags: str) -> None:
    refuse_free_threading(abiflags)


@pytest.mark.parametrize("abiflags", ["t", "td"])
def test_free_threaded_builds_are_refused(abiflags: str) -> None:
    with pytest.raises(ImportError, match=r"free-threaded.* Use the ordinary build"):
        refuse_free_threading(abiflags)


def test_the_core_is_not_loaded_before() -> None:
    """An interpreter that says it is free-threaded gets the error, and nothing of the core."""
    script = """
import sys
sys.abiflags = "t"
try:
    import fastpoly
except ImportError as error:
    print(error)
assert "fastpoly._core" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "free-threaded" in done.stdout
