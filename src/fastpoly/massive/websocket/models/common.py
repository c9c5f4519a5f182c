"""The official client's module of enums, for imports that name it."""

from __future__ import annotations

from fastpoly.massive.enums import EventType, Feed, Market

__all__ = ["EventType", "Feed", "Market"]
