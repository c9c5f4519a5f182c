"""Says in the log which handler keeps its messages waiting for seconds."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from fastpoly.health.log_limit import LogLimit

if TYPE_CHECKING:
    from fastpoly.polygon.dispatch.dispatcher import Dispatcher

__all__ = ["HELD_S", "HeldLog"]

logger = logging.getLogger("fastpoly.client")

HELD_S: Final = 2.0
"""Seconds after which messages that wait for a handler are worth a log record."""

LOOK_S: Final = 1.0
"""Seconds between two looks."""


class HeldLog:
    """Looks at the handlers now and then, in the running loop.

    Args:
        dispatcher: Has the handlers.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._limit = LogLimit(burst=1)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look from now on."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look_again)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_again(self) -> None:
        self.look()
        self.start()

    def look(self) -> None:
        """Name each handler for which messages have been waiting for long."""
        for name, _, buffer in self._dispatcher.stats():
            if buffer.waiting_s >= HELD_S and self._limit.admit(name) is not None:
                logger.warning(
                    "The handler %s has kept messages waiting for %.1f s; %d are waiting. It gets "
                    "the next one when it has returned; leave what takes long to a task.",
                    name,
                    buffer.waiting_s,
                    buffer.events,
                )
