"""Calls a function of the user's that is told of failures, and must not cause others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastpoly.errors import UsageError

__all__ = ["MAX_RUNNING", "UserHook", "require_callable"]


def require_callable(name: str, function: object) -> None:
    """Check an argument that takes a function, or None for none.

    Args:
        name: The argument's name.
        function: Its value.

    Raises:
        UsageError: It is something else.
    """
    if function is not None and not callable(function):
        raise UsageError(f"{name} is not callable: {function!r}.", hint="Pass a function.")


MAX_RUNNING: Final = 100
"""Calls of a coroutine function that run at a time; beyond them the function is not called."""


class UserHook:
    """A function, or coroutine function. What it raises is logged; a coroutine runs to its end.

    While `MAX_RUNNING` calls of a coroutine function have not come to their end, there are no more,
    and a log record says how many there would have been.

    Args:
        name: The name of the argument that it was passed as.
        function: The function; None for none.
        logger: Where its own failures go.

    Raises:
        UsageError: The function is not callable.
    """

    def __init__(
        self, name: str, function: Callable[..., object] | None, logger: logging.Logger
    ) -> None:
        require_callable(name, function)
        self._name = name
        self._function = function
        self._logger = logger
        # The loop itself keeps tasks by weak references only.
        self._running: set[asyncio.Future[Any]] = set()
        self._left_out = 0

    def __call__(self, *arguments: object) -> None:
        """Call the function, if there is one."""
        if self._function is None:
            return
        if len(self._running) >= MAX_RUNNING:
            self._left_out += 1
            return
        try:
            result = self._function(*arguments)
        except Exception:
            self._logger.exception("%s raised", self._name)
            return
        if isinstance(result, Awaitable):
            running = asyncio.ensure_future(result)
            self._running.add(running)
            running.add_done_callback(self._on_done)

    def _on_done(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        if self._left_out:
            self._logger.error(
                "%s was not called %d times: %d of its calls were still running",
                self._name,
                self._left_out,
                MAX_RUNNING,
            )
            self._left_out = 0
        if not running.cancelled() and running.exception() is not None:
            self._logger.error("%s raised", self._name, exc_info=running.exception())
