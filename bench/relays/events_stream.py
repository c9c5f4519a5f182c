"""The broker's stream of those who publish a message for each event."""

from __future__ import annotations

from typing import Any, Final

STREAM: Final = "events"
SUBJECTS: Final = ["events.>"]


def subject(event: dict[str, Any]) -> str:
    """Return the subject of an event: by its channel and its symbol."""
    return f"events.{event['ev']}.{event['sym'].replace('.', '_')}"
