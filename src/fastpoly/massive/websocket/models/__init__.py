"""The official client's package of models and enums."""

from __future__ import annotations

from fastpoly.massive.enums import EventType, Feed, Market
from fastpoly.massive.websocket.models import models
from fastpoly.massive.websocket.models.models import *  # noqa: F403  its list is the only one

__all__ = ["EventType", "Feed", "Market"]
__all__ += models.__all__
