"""Sees one connection after the other from its opening to its end, each in a task."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from fastpoly.errors import FastpolyError
from fastpoly.sources.source import SourceOwner

if TYPE_CHECKING:
    from fastpoly.sources.source import Source, SourceConnection

__all__ = ["ConnectionRun", "ConnectionRunOwner"]

logger = logging.getLogger("fastpoly.stream")


class ConnectionRunOwner(SourceOwner, Protocol):
    """Whom it reports to, and the connections too."""

    def on_opening(self, connection: SourceConnection) -> object:
        """Take a connection that is about to be opened."""

    def on_accepted(self, connection: SourceConnection) -> object:
        """Take note that it is up and logged in."""

    def on_down(self, connection: SourceConnection | None) -> object:
        """Take note that it is no more, before `on_end`; None if it could not be made."""

    def on_end(self, error: FastpolyError | None) -> object:
        """Take why it has ended, or did not open; None for no error."""

    def on_cancelled(self) -> object:
        """Take note that its task was cancelled, perhaps before its first step."""

    def on_failed(self, error: FastpolyError) -> object:
        """Take what went wrong with the task itself."""


class ConnectionRun:
    """The connection of the moment, if there is one. Used in the loop that reads.

    Args:
        source: What makes connections.
        market: The market's name.
        owner: Whom it reports to.

    Attributes:
        connection: It, from before its opening to its end.
    """

    def __init__(self, source: Source, market: str, owner: ConnectionRunOwner) -> None:
        self.connection: SourceConnection | None = None
        self._source = source
        self._market = market
        self._owner = owner
        self._task: asyncio.Task[None] | None = None
        self._hanging_up: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open another one, once the one before has ended."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(self._on_over)

    async def _run(self) -> None:
        owner = self._owner
        try:
            connection = self.connection = self._source.connect(owner)
            owner.on_opening(connection)
            await connection.open()
            owner.on_accepted(connection)
            reason = await connection.closed()
            error = reason.error
        except FastpolyError as failure:
            error = failure
        except asyncio.CancelledError:
            self.abort()
            raise
        except Exception as failure:
            logger.exception("%s: the connection failed in a way that it should not", self._market)
            error = FastpolyError(
                f"The connection failed: {failure!r}.", hint="Please report this."
            )
            error.__cause__ = failure
        finally:
            down, self.connection = self.connection, None
            owner.on_down(down)
        owner.on_end(error)

    def _on_over(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            # By `hang_up`, perhaps before its first step, or with all tasks at a program's end.
            self._owner.on_cancelled()
        elif (failure := task.exception()) is not None:
            # Such as of a logging handler. Nobody else waits for this task.
            logger.error("%s: the connection's task failed", self._market, exc_info=failure)
            error = FastpolyError(f"The connection's task failed: {failure!r}.")
            error.__cause__ = failure
            self._owner.on_failed(error)

    def hang_up(self) -> None:
        """Close it in order if it is up, and else give it up."""
        if self.connection is not None and self.connection.is_open:
            self._hanging_up = asyncio.get_running_loop().create_task(self.connection.close())
        elif self._task is not None:
            self._task.cancel()

    def abort(self) -> None:
        """Drop it without waiting for anybody."""
        if self.connection is not None:
            self.connection.abort()

    def drop(self, error: FastpolyError) -> None:
        """Have it end as lost."""
        if self.connection is not None:
            self.connection.drop(error)

    def give_up(self) -> None:
        """Cancel what may be on its way to a connection that nobody waits for."""
        task = self._task
        if task is not None and not task.done() and task is not asyncio.current_task():
            task.cancel()

    async def wait(self) -> None:
        """Wait for its end, if that is ahead."""
        if self._task is not None and not self._task.done():  # else its loop may be closed
            await asyncio.wait([self._task])
