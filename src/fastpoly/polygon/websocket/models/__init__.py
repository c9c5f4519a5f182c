"""The models and enums of the official client under its former name."""

from __future__ import annotations

from fastpoly.massive.enums import EventType, Market
from fastpoly.polygon.websocket.models import models
from fastpoly.polygon.websocket.models.common import Feed
from fastpoly.polygon.websocket.models.models import *  # noqa: F403  its list is the only one

__all__ = ["EventType", "Feed", "Market"]
__all__ += models.__all__
