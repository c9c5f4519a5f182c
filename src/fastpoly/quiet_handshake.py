"""Keeps aiofastnet's report of a broken TLS handshake away from the loop's exception handler."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, TypeAlias

__all__ = ["QuietHandshake"]

_Handler: TypeAlias = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None


class _Guard:
    """A loop's exception handler meanwhile: passes on all but that report."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.users = 0
        self._before: _Handler = loop.get_exception_handler()
        self._own: _Handler = self._handle
        loop.set_exception_handler(self._own)

    def remove(self, loop: asyncio.AbstractEventLoop) -> None:
        """Put back the handler that was there, unless somebody has set another one."""
        if loop.get_exception_handler() is self._own:
            loop.set_exception_handler(self._before)

    def _handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, type) and issubclass(error, OSError):
            return
        if self._before is None:
            loop.default_exception_handler(context)
        else:
            self._before(loop, context)


_guards: Final = weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Guard]()


class QuietHandshake:
    """A context around the TLS handshakes of one connection, or of a server's.

    Where the other side hangs up meanwhile, aiofastnet raises the error and reports it to the loop
    as well, with a class in place of the exception. The loop's own handler fails over that, and
    logs both faults, 45 lines. Whoever opens the connection says in one line what happened; a
    server says nothing of who never became its client.
    """

    _loop: asyncio.AbstractEventLoop

    def __enter__(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        guard = _guards.get(loop)
        if guard is None:
            guard = _guards[loop] = _Guard(loop)
        guard.users += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        guard = _guards[self._loop]
        guard.users -= 1
        if not guard.users:
            del _guards[self._loop]
            guard.remove(self._loop)
