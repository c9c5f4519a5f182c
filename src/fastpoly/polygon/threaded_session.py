"""A session in a thread with a loop of its own, used as if it were in the caller's."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from fastpoly.consumers.buffer import FAIR_SHARE_S
from fastpoly.errors import ConnectionLost, FastpolyError
from fastpoly.net.reader_loop import ThreadLoop
from fastpoly.net.session import CloseReason, Session

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer

__all__ = ["ThreadedSession"]


class ThreadedSession:
    """What `Session` is, with the socket read and decoded elsewhere.

    However long the caller's loop stands still, the server never waits, until the buffer between
    the two is full.

    Args:
        session: The session, not opened yet.
        on_batch: Called with each batch, in the caller's loop.
        buffer: Batches between the thread and the caller's loop.
        on_overflow: Called in the caller's loop with what the buffer ended with, if it did.

    Attributes:
        on_batch: As above; it may be replaced while the connection lives.
    """

    def __init__(
        self,
        session: Session,
        on_batch: Callable[[Batch], object],
        buffer: Buffer,
        on_overflow: Callable[[FastpolyError], object],
    ) -> None:
        self.on_batch = on_batch
        self._session = session
        self._buffer = buffer
        self._on_overflow = on_overflow
        self._reader = ThreadLoop("fastpoly session")
        self._caller: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[CloseReason] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._paused = False
        session.on_batch = self._put
        buffer.owner = self

    @property
    def is_open(self) -> bool:
        """See `Session.is_open`."""
        return self._session.is_open

    # ------------------------------------------------------------------- in the caller's loop

    async def open(self) -> None:
        """See `Session.open`."""
        self._caller = asyncio.get_running_loop()
        self._ended = self._caller.create_future()
        self._buffer.arm()
        await self._reader.start()
        try:
            await self._reader.call(self._open)
        except BaseException:
            await self._reader.stop()
            raise

    def send_text(self, text: str) -> None:
        """See `Session.send_text`."""
        if not self._session.is_open:
            raise ConnectionLost("The connection is not open.", hint="Open a new session.")
        self._post(partial(self._send, text))

    def pause_reading(self) -> None:
        """See `Session.pause_reading`."""
        self._paused = True
        self._update()

    def resume_reading(self) -> None:
        """See `Session.resume_reading`."""
        self._paused = False
        self._update()

    def _update(self) -> None:
        self._post(self._update_reading)

    def _post(self, function: Callable[[], object]) -> None:
        # A thread that has not begun, or has ended, has no connection that this could be meant for.
        self._reader.post(function)

    async def closed(self) -> CloseReason:
        """See `Session.closed`. The last batch was handed over before."""
        if self._ended is None:
            return await self._session.closed()
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        """See `Session.close`."""
        if self._ended is None:
            return
        if not self._ended.done():
            await self._reader.call(self._session.close)
            await asyncio.shield(self._ended)
        await self._reader.stop()

    def abort(self) -> None:
        """See `Session.abort`."""
        self._post(self._session.abort)

    def _pump(self) -> None:
        began = time.monotonic()
        while True:
            batch = self._buffer.take()
            if batch is not None:
                self.on_batch(batch)
            elif self._buffer.error is not None:
                self._on_overflow(self._buffer.error)
                return
            elif self._buffer.arm():
                return
            if self._caller is not None and time.monotonic() - began > FAIR_SHARE_S:
                self._caller.call_soon(self._pump)
                return

    def _finish(self, reason: CloseReason) -> None:
        while (batch := self._buffer.take()) is not None:
            self.on_batch(batch)
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(reason)
        self._reader.stop_soon()

    # ------------------------------------------------------------------------- in the thread

    async def _open(self) -> None:
        await self._session.open()
        self._watch = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        reason = await self._session.closed()
        self._tell(partial(self._finish, reason))

    def _send(self, text: str) -> None:
        # The line may have gone since; its end is on its way to the caller.
        with contextlib.suppress(ConnectionLost):
            self._session.send_text(text)

    def _put(self, batch: Batch) -> None:
        self._buffer.put(batch)

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`."""
        self._tell(self._pump)

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        self._update_reading()

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._update()

    def _update_reading(self) -> None:
        # Asked anew, not remembered: news of the two ends of the buffer may overtake each other.
        if self._paused or self._buffer.is_full:
            self._session.pause_reading()
        else:
            self._session.resume_reading()

    def _tell(self, function: Callable[[], object]) -> None:
        if self._caller is not None:
            with contextlib.suppress(RuntimeError):  # the caller's loop is closed
                self._caller.call_soon_threadsafe(function)
