"""The official client under its former name: the package, its client, models and enums."""

from __future__ import annotations

from typing import Final

from fastpoly.polygon.websocket import models
from fastpoly.polygon.websocket.client import WebSocketClient
from fastpoly.polygon.websocket.models import *  # noqa: F403  its list is the only one

__all__ = ["WebSocketClient", "env_key"]
__all__ += models.__all__

env_key: Final = "POLYGON_API_KEY"
"""The variable of the environment that has the key; see `find_api_key` for others."""
