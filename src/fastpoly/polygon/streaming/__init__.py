"""The folder in which the community package has its clients, for imports that name it."""

from __future__ import annotations

from fastpoly.polygon.client import AsyncStreamClient

__all__ = ["AsyncStreamClient"]
