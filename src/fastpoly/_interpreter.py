"""Refuses interpreters on which the compiled core would corrupt memory, before it is loaded."""

from __future__ import annotations

import sys

__all__ = ["refuse_free_threading"]


def refuse_free_threading(abiflags: str) -> None:
    """Check that the interpreter has a global lock.

    Args:
        abiflags: `sys.abiflags` of the interpreter.

    Raises:
        ImportError: It is a free-threaded build.
    """
    if "t" in abiflags:
        raise ImportError(
            "fastpoly does not run on free-threaded builds of Python: its events are copies of "
            "one another down to the object header, and its pools and tables rely on the global "
            f"interpreter lock. Use the ordinary build (python{sys.version_info.major}."
            f"{sys.version_info.minor}, without the t)."
        )


refuse_free_threading(getattr(sys, "abiflags", ""))  # Windows has none before 3.14
