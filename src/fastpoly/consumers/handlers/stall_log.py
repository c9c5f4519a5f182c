"""Says in the log which handler held the event loop, at a bounded rate."""

from __future__ import annotations

import logging
import math
import time
from typing import Final

from fastpoly.health.log_limit import LogLimit

__all__ = ["StallLog"]

logger = logging.getLogger("fastpoly.stream")

EXPLAINED_S: Final = 0.5
"""How long after a call that held the loop a stall may come to light that it explains."""


class StallLog:
    """What is said about handlers that block, and about stalls of the loop.

    Args:
        threaded: Whether the socket is read in a thread of its own.
    """

    def __init__(self, threaded: bool) -> None:
        self._advice = (
            ""
            if threaded
            else " Nothing was read meanwhile; use ingest='thread' to read in a thread of its own."
        )
        self._limit = LogLimit()
        self._blocked_at = -math.inf

    def handler_blocked(self, name: str, seconds: float) -> None:
        """A call of a handler held the loop for long."""
        self._blocked_at = time.monotonic()
        if self._limit.admit((name, "blocked")) is not None:
            logger.warning(
                "The handler %s blocked the event loop for %.2f s.%s", name, seconds, self._advice
            )

    def loop_stalled(self, seconds: float, names: list[str]) -> None:
        """The loop in which the socket is read stood still.

        Args:
            seconds: For how long.
            names: Consumers that were under way all the while.
        """
        if time.monotonic() - self._blocked_at < seconds + EXPLAINED_S:
            return  # the call that did it was reported
        if self._limit.admit("stalled") is not None:
            who = f"{' and '.join(names)} held it" if names else "no handler of this stream held it"
            logger.warning(
                "The event loop was blocked for %.2f s and nothing was read meanwhile; %s. "
                "Use ingest='thread' to read in a thread of its own.",
                seconds,
                who,
            )
