"""The module in which the community package has its client, for imports that name it."""

from __future__ import annotations

from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix

__all__ = ["AsyncStreamClient", "StreamCluster", "StreamHost", "StreamServicePrefix"]
