"""How a stream is opened, and wound up once: its engine, then its handlers, then its reader."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any

from fastpoly._core import batch_of
from fastpoly.consumers.handlers.user_hook import EXITS
from fastpoly.errors import UsageError
from fastpoly.protocol.lifecycle import State

if TYPE_CHECKING:
    from fastpoly.consumers.registry import ConsumerRegistry
    from fastpoly.errors import FastpolyError
    from fastpoly.market.feed import MarketFeed
    from fastpoly.net.reader_loop import ReaderLoop
    from fastpoly.notices import SlowConsumer

__all__ = ["StreamLife"]

logger = logging.getLogger("fastpoly.stream")


class StreamLife:
    """Opens and ends one stream. Used in the loop in which it is opened, but where it says.

    Args:
        market: The market's name.
        close_timeout_s: Seconds that handlers have to finish.
        reader: The loop that reads.

    Attributes:
        error_was_raised: Whether the user was given what ended the stream.
    """

    def __init__(self, market: str, close_timeout_s: float, reader: ReaderLoop) -> None:
        self.error_was_raised = False
        self._market = market
        self._close_timeout_s = close_timeout_s
        self._reader = reader
        self._feed: MarketFeed
        self._registry: ConsumerRegistry
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting = 0
        self._drain = True
        self._winding_up: asyncio.Task[None] | None = None
        # Set in the stream's loop, and looked at from others.
        self._closed = threading.Event()
        self._waiters: set[asyncio.Future[None]] = set()

    def begin(self, feed: MarketFeed, registry: ConsumerRegistry) -> None:
        """Take what there is to open and end."""
        self._feed = feed
        self._registry = registry

    @property
    def is_begun(self) -> bool:
        """Whether it was opened, or ended without that."""
        return self._loop is not None or self._state is not State.IDLE

    @property
    def _state(self) -> State:
        return self._feed.engine.state

    @property
    def _is_orphan(self) -> bool:
        """Whether its event loop is gone."""
        return self._loop is not None and self._loop.is_closed()

    def require_open(self) -> None:
        """Check that batches may come, or may be waiting.

        Raises:
            UsageError: It was never opened, or its event loop is closed.
        """
        if self._loop is None:
            raise UsageError("The stream was never opened.", hint="Enter `async with` first.")
        self.require_loop()

    def require_loop(self) -> None:
        """Check that the event loop in which it was opened, if it was, is there.

        Raises:
            UsageError: It is closed.
        """
        if self._is_orphan:
            raise UsageError(
                "The event loop in which the stream was opened is closed.",
                hint="Open and use it within one asyncio.run(); close it there.",
            )

    async def open(self) -> None:
        """See `Stream.open`."""
        if self.is_begun:
            raise UsageError(
                f"This stream was opened before and is {self._state}.", hint="Make a new one."
            )
        self._loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            await self._reader.start()
            self._registry.start()
            await self._reader.call(self._open)
        except BaseException as error:
            self.error_was_raised = True
            await self._reader.stop()
            if self._state is State.IDLE:
                self._feed.engine.abort()  # it was given up before the engine had begun
            await self._wait()
            # What a callback asked for comes before what that did to the connection.
            if self._feed.stop_error is not None and isinstance(self._feed.stop_error, EXITS):
                raise self._feed.stop_error from error
            raise
        finally:
            self._waiting -= 1
        if isinstance(self._feed.stop_error, EXITS):
            # Asked for by a handler while this was on its way back.
            self.error_was_raised = True
            raise self._feed.stop_error

    async def _open(self) -> None:
        # In the loop that reads, before the first connection.
        self._feed.start_recordings()
        await self._feed.open_publishings()
        try:
            await self._feed.engine.open()
        except BaseException:
            await self._feed.end_publishings(self._close_timeout_s)
            raise

    async def close(self, drain: bool) -> None:
        """See `Stream.close`; from any event loop."""
        if self._loop is None:
            self._feed.engine.abort()
            await self._feed.end_recordings(self._close_timeout_s)
            return
        self._drain = self._drain and drain
        if self._is_orphan:
            await self._close_orphan()
            return
        if self._state is not State.CLOSED:
            await self._reader.call(self._feed.engine.close)
        await self._wait_wound_up()

    async def _close_orphan(self) -> None:
        """End what is left of a stream whose event loop was closed: nobody is called any more."""
        self._reader.post(self._feed.engine.abort)
        self._reader.stop_soon()
        await asyncio.to_thread(self._reader.join)
        if self._state is not State.CLOSED:
            self._feed.engine.abort()
        self._registry.abort()
        await self._feed.end_recordings(self._close_timeout_s)
        self._set_closed()

    def abort(self) -> None:
        """See `Stream.abort`; from any thread."""
        if self._loop is None:
            self._feed.engine.abort()
            return
        self._drain = False
        self._reader.post(self._feed.engine.abort)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._registry.abort)

    async def wait_closed(self) -> None:
        """See `Stream.wait_closed`; from any event loop."""
        if self._loop is None:
            self.require_open()
        if self._is_orphan and not self._closed.is_set():
            await self._close_orphan()
        self._waiting += 1
        try:
            await self._wait_wound_up()
        finally:
            self._waiting -= 1
        self.error_was_raised = True
        if self._feed.error is not None:
            raise self._feed.error

    @property
    def has_raised(self) -> bool:
        """Whether the user was given what ended the stream."""
        return self.error_was_raised or self._registry.has_raised

    @property
    def is_inside_handler(self) -> bool:
        """Whether it is one of its handlers that asks."""
        return any(handler.is_current for handler in self._registry.handlers)

    async def _wait_wound_up(self) -> None:
        # A handler that closes its own stream must not wait for itself.
        if not self.is_inside_handler:
            await self._wait()

    async def _wait(self) -> None:
        if self._closed.is_set():
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            # Looked at after it is there: one of the two sides sees the other.
            if not self._closed.is_set():
                await waiter
        finally:
            self._waiters.discard(waiter)

    def _set_closed(self) -> None:
        self._closed.set()
        for waiter in tuple(self._waiters):
            with contextlib.suppress(RuntimeError):
                waiter.get_loop().call_soon_threadsafe(_wake, waiter)

    # ------------------------------------------------------------------------------- the end

    def on_finish(self, error: FastpolyError | None) -> None:
        """See `FeedOwner.on_finish`."""
        stop_error = self._feed.stop_error
        self._feed.stop_recordings()
        self._registry.end(stop_error if isinstance(stop_error, EXITS) else error)
        self._reader.to_user(self._begin_winding_up)

    def on_recording_lost(self, notice: SlowConsumer) -> None:
        """See `FeedOwner.on_recording_lost`."""
        self._registry.on_notices(batch_of(notice.market, [notice]))

    def _begin_winding_up(self) -> None:
        error = self._feed.error
        if self._loop is None or self._loop.is_closed():
            return
        if isinstance(error, EXITS):
            # After those who wait have been woken by it: one of them may take it from here.
            self._loop.call_soon(self._exit, error)
        elif error is not None and not (
            self.has_raised or self._waiting or self._registry.iterations
        ):
            # Nobody is there to whom it could be raised now.
            logger.error("%s: the stream has ended: %s", self._market, error)
        if self._winding_up is None:
            # The reading thread asked for it, at any moment: the loop may be about to be closed.
            self._winding_up = self._loop.create_task(_MadeWhenBegun(self._wind_up))

    def _exit(self, error: BaseException) -> None:
        """Carry out what a function of the user's has asked for, unless somebody waits for it."""
        if not (self.has_raised or self._waiting):
            self.error_was_raised = True
            raise error

    async def _wind_up(self) -> None:
        error = self._feed.error
        try:
            self._feed.stop_filling()
            await self._registry.wind_up(drain=self._drain, timeout_s=self._close_timeout_s)
            await self._feed.end_recordings(self._close_timeout_s)
            if self._feed.publishings:
                with contextlib.suppress(UsageError):  # it was never opened
                    await self._reader.call(self._feed.end_publishings, self._close_timeout_s)
            await self._reader.stop()
        finally:
            # At the program's end this task is cancelled like all others.
            self._reader.stop_soon()
            self._set_closed()
        if (late := self._feed.error) is not error and isinstance(late, EXITS):
            self._exit(late)  # a handler asked for it while it was given what was left


class _MadeWhenBegun(Coroutine[Any, Any, None]):
    """A coroutine that is made by its first step.

    Where the event loop is closed before its task gets there, none is left behind that was never
    awaited, of which Python would warn whoever runs when it is collected.

    Args:
        function: The coroutine function.
    """

    def __init__(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._function = function
        self._coroutine: Coroutine[Any, Any, None] | None = None

    def _made(self) -> Coroutine[Any, Any, None]:
        if self._coroutine is None:
            self._coroutine = self._function()
        return self._coroutine

    def send(self, value: Any) -> Any:
        return self._made().send(value)

    def throw(self, *error: Any) -> Any:
        return self._made().throw(*error)

    def close(self) -> None:
        if self._coroutine is not None:
            self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._made().__await__()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
