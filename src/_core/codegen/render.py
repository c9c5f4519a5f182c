"""Placeholder until the simulator's renderer lands."""

from __future__ import annotations

from pathlib import Path


def outputs() -> dict[Path, str]:
    """Path -> text of every file that this module writes."""
    return {}
