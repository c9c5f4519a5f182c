"""The official client's package of its WebSocket client: that, its models and enums."""

from __future__ import annotations

from typing import Final

from fastpoly.massive.client import WebSocketClient
from fastpoly.massive.websocket import models
from fastpoly.massive.websocket.models import *  # noqa: F403  its list is the only one

__all__ = ["WebSocketClient", "env_key"]
__all__ += models.__all__

env_key: Final = "MASSIVE_API_KEY"
"""The variable of the environment that has the key; see `find_api_key` for others."""
