"""A stream as the whole of a script: an event loop of its own, and Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import threading
import types
from typing import Protocol

from fastpoly.net.reader_loop import loop_factory, refuse_running_loop

__all__ = ["Runnable", "run_stream"]


class Runnable(Protocol):
    """What `run_stream` needs of a stream."""

    async def open(self) -> object:
        """Connect."""

    async def close(self) -> None:
        """Close, and wait until the handlers are done."""

    async def wait_closed(self) -> None:
        """Wait for the end."""

    def abort(self) -> None:
        """Drop everything at once."""


def run_stream(stream: Runnable) -> None:
    """Open a stream and block until it has ended; see `Stream.run`.

    Raises:
        UsageError: An event loop is running in this thread.
    """
    refuse_running_loop("Use `async with stream: await stream.wait_closed()` instead of run().")
    interrupts = _Interrupts(stream)
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(interrupts.stream_until_closed())
    except KeyboardInterrupt:
        if not interrupts.is_aborting:
            raise  # somebody else's


class _Interrupts:
    """Closes a stream at the first Ctrl-C, and ends it at once at the second.

    Args:
        stream: The stream.

    Attributes:
        is_aborting: Whether there was a second one.
    """

    def __init__(self, stream: Runnable) -> None:
        self.is_aborting = False
        self._stream = stream
        self._loop: asyncio.AbstractEventLoop | None = None
        self._interrupted = False
        self._closing: asyncio.Task[None] | None = None

    async def stream_until_closed(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Signals are the main thread's; without them Ctrl-C still ends what runs in it.
        if threading.current_thread() is not threading.main_thread():
            await self._stream_until_closed()
            return
        # Not the loop's own way: a handler that holds the loop would hold that up, too.
        before = signal.signal(signal.SIGINT, self._on_signal)
        try:
            await self._stream_until_closed()
        finally:
            if before is not None:  # None: it was not set from Python
                signal.signal(signal.SIGINT, before)

    async def _stream_until_closed(self) -> None:
        await self._stream.open()
        await self._stream.wait_closed()
        if self._closing is not None:
            await self._closing

    def _on_signal(self, number: int, frame: types.FrameType | None) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            raise KeyboardInterrupt
        if not self._interrupted:
            self._interrupted = True
            loop.call_soon_threadsafe(self._close)
            return
        self.is_aborting = True
        loop.call_soon_threadsafe(self._stream.abort)
        raise KeyboardInterrupt

    def _close(self) -> None:
        if self._loop is not None:
            self._closing = self._loop.create_task(self._stream.close())
