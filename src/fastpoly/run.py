"""A stream as the whole of a script: an event loop of its own, and Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import Protocol

from fastpoly.errors import UsageError
from fastpoly.net.reader_loop import loop_factory

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
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_stream(stream))
    else:
        raise UsageError(
            "An event loop is running here.",
            hint="Use `async with stream: await stream.wait_closed()` instead of run().",
        )


async def _stream(stream: Runnable) -> None:
    closing: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        if closing:
            stream.abort()
        else:
            closing.append(loop.create_task(stream.close()))

    # Signals are the main thread's; without them Ctrl-C still ends what runs in it.
    handles_signals = threading.current_thread() is threading.main_thread()
    if handles_signals:
        with contextlib.suppress(NotImplementedError):  # Windows has no such thing
            loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        await stream.open()
        await stream.wait_closed()
        await asyncio.gather(*closing)
    finally:
        if handles_signals:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(signal.SIGINT)
