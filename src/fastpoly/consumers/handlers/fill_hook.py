"""Runs the user's hook that fills gaps, in the user's loop; what it raises is reported."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from fastpoly.consumers.handlers.user_hook import require_callable

if TYPE_CHECKING:
    from fastpoly.consumers.handlers.error_policy import HandlerErrorPolicy
    from fastpoly.engine.pipeline import GapTicket
    from fastpoly.net.reader_loop import ReaderLoop
    from fastpoly.notices import Gap

__all__ = ["ChecksParams", "Fill", "FillHook"]

Fill: TypeAlias = "Callable[[Gap], object]"
"""A hook: takes a `Gap`, returns `Supplied` or None; may be a coroutine function."""


@runtime_checkable
class ChecksParams(Protocol):
    """A hook that can tell beforehand what it will never find."""

    def check_params(self, market: str, params: Iterable[str]) -> None:
        """Refuse parameters, with a `UsageError`, before the stream is opened."""


class FillHook:
    """One hook and its runs.

    Args:
        fill: The hook.
        errors: Where its failures go.
        loop: Where what it gives goes.

    Raises:
        UsageError: The hook is not callable.
    """

    def __init__(self, fill: Fill, errors: HandlerErrorPolicy, loop: ReaderLoop) -> None:
        require_callable("fill", fill)
        self._fill = fill
        self._errors = errors
        self._loop = loop
        self._runs: set[asyncio.Task[None]] = set()

    def check_params(self, market: str, params: Iterable[str]) -> None:
        """Have the hook refuse what it will never find, if it can tell.

        Raises:
            UsageError: It refuses.
        """
        if isinstance(self._fill, ChecksParams):
            self._fill.check_params(market, params)

    def start(self, ticket: GapTicket) -> None:
        """Run the hook, and fill the gap with what it gives, or None."""
        run = asyncio.get_running_loop().create_task(self._run(ticket))
        self._runs.add(run)
        run.add_done_callback(self._on_done)

    async def _run(self, ticket: GapTicket) -> None:
        supplied: Any = None
        try:
            given: Any = self._fill(ticket.gap)
            if isinstance(given, Awaitable):
                given = await given
            # A generator is the hook's code: it runs here, where what it raises is its own.
            supplied = list(given) if isinstance(given, Iterator) else given
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._errors.hook_failed("The fill hook", error)
        except GeneratorExit:
            raise
        except BaseException as error:
            self._errors.hook_failed("The fill hook", error)
        finally:
            # Whatever became of the hook, what is held back meanwhile goes on.
            self._loop.post(ticket.fill, supplied)

    def _on_done(self, run: asyncio.Task[None]) -> None:
        self._runs.discard(run)
        if not run.cancelled() and (error := run.exception()) is not None:
            self._errors.hook_failed("The fill hook", error)

    def cancel(self) -> None:
        """Cancel what runs."""
        for run in self._runs:
            run.cancel()
