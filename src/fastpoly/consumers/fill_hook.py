"""Runs the user's hook that fills gaps, in the user's loop, fenced."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from fastpoly.consumers.error_policy import Fence
from fastpoly.engine.backfill import Supplied
from fastpoly.errors import HandlerFailed, UsageError

if TYPE_CHECKING:
    from fastpoly.notices import Gap

__all__ = ["Fill", "Filler", "Reply"]

Fill: TypeAlias = "Callable[[Gap], object]"
"""A hook: takes a `Gap`, returns `Supplied` or None; may be a coroutine function."""

Reply: TypeAlias = "Callable[[Supplied | None], object]"
"""Takes what the hook gave."""


class Filler:
    """One hook and its runs.

    Args:
        fill: The hook.
        fence: Where its failures go.
    """

    def __init__(self, fill: Fill, fence: Fence) -> None:
        self._fill = fill
        self._fence = fence
        self._runs: set[asyncio.Task[None]] = set()

    def begin(self, gap: Gap, reply: Reply) -> None:
        """Runs the hook; `reply` gets what it gives, or None."""
        run = asyncio.get_running_loop().create_task(self._run(gap, reply))
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)

    async def _run(self, gap: Gap, reply: Reply) -> None:
        supplied: Any = None
        try:
            supplied = self._fill(gap)
            if isinstance(supplied, Awaitable):
                supplied = await supplied
        except Exception as error:
            supplied = None
            failure = HandlerFailed(f"The fill hook raised {type(error).__name__}: {error}.")
            failure.__cause__ = error
            self._fence.trouble(failure)
        with contextlib.suppress(UsageError, RuntimeError):  # the line's loop is gone
            reply(supplied)

    def stop(self) -> None:
        """Cancels what runs."""
        for run in self._runs:
            run.cancel()
