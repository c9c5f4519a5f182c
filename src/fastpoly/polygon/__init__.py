"""The community package's clients, on this library's engine."""

from __future__ import annotations

from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix

__all__ = ["AsyncStreamClient", "StreamCluster", "StreamHost", "StreamServicePrefix"]
