"""Calling the user's on_error: what it raises is logged, a coroutine is seen to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["Hook"]


class Hook:
    """A function of the user's that is told of failures, and must not cause others.

    Args:
        function: The function, or coroutine function; None to tell nobody.
        logger: Where its own failures go.
    """

    def __init__(self, function: Callable[..., object] | None, logger: logging.Logger) -> None:
        self._function = function
        self._logger = logger
        # The loop itself keeps tasks by weak references only.
        self._running: set[asyncio.Future[Any]] = set()

    def __call__(self, *arguments: object) -> None:
        """Calls the function, if there is one."""
        if self._function is None:
            return
        try:
            result = self._function(*arguments)
        except Exception:
            self._logger.exception("on_error raised")
            return
        if isinstance(result, Awaitable):
            running = asyncio.ensure_future(result)
            self._running.add(running)
            running.add_done_callback(self._done)

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        if not running.cancelled() and running.exception() is not None:
            self._logger.error("on_error raised", exc_info=running.exception())
