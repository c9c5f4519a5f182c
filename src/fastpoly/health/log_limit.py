"""Bounds how many log records of a kind are written in a while."""

from __future__ import annotations

import logging
import time
from typing import Final

__all__ = ["MAX_KINDS", "LogLimit", "more"]

MAX_KINDS: Final = 1000
"""Kinds of records that are told apart at one time: handlers may come and go without end."""


def more(held_back: int) -> str:
    """Return what a record says of those like it that were held back; empty if none were."""
    return f" ({held_back} more like this were not logged)" if held_back else ""


class LogLimit:
    """Lets through a few records of a kind in a while, and counts the others.

    Args:
        burst: Records let through.
        per_s: Seconds after which they are let through anew.
    """

    def __init__(self, burst: int = 5, per_s: float = 10.0) -> None:
        self._burst = burst
        self._per_s = per_s
        self._began: dict[object, float] = {}
        self._seen: dict[object, int] = {}

    def admit(self, kind: object) -> int | None:
        """Ask for one record.

        Returns:
            None to hold it back; otherwise how many of its kind were held back before it.
        """
        now = time.monotonic()
        if len(self._seen) >= MAX_KINDS:
            self._forget(now)
        seen = self._seen.get(kind, 0)
        if now - self._began.get(kind, -self._per_s) >= self._per_s:
            self._began[kind] = now
            self._seen[kind] = 1
            return max(seen - self._burst, 0)
        self._seen[kind] = seen + 1
        return 0 if seen < self._burst else None

    def warn(self, logger: logging.Logger, text: str, *arguments: object) -> None:
        """Log a warning, if one of its text may be logged now.

        Args:
            logger: Where.
            text: Its text, which is its kind, with a place for each argument.
            arguments: What goes there.
        """
        held_back = self.admit(text)
        if held_back is not None:
            logger.warning(f"{text}%s", *arguments, more(held_back))

    def _forget(self, now: float) -> None:
        """Forget kinds that have been quiet, and if there are none, all."""
        late = [kind for kind, began in self._began.items() if now - began >= self._per_s]
        for kind in late or tuple(self._began):
            del self._began[kind], self._seen[kind]
