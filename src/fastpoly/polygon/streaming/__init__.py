"""The folder in which the community package has its clients, for imports that name it."""

from __future__ import annotations

from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.polygon.threaded.client import StreamClient

__all__ = ["AsyncStreamClient", "StreamClient"]
