"""The module of models of the official client under its former name."""

from __future__ import annotations

from fastpoly.massive.websocket.models import models
from fastpoly.massive.websocket.models.models import *  # noqa: F403  its list is the only one

__all__: list[str] = []
__all__ += models.__all__
