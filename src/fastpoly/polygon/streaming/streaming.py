"""The module in which the community package has its callback client, for imports that name it."""

from __future__ import annotations

from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix
from fastpoly.polygon.threaded.client import StreamClient

__all__ = ["StreamClient", "StreamCluster", "StreamHost", "StreamServicePrefix"]
