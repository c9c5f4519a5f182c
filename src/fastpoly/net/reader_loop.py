"""Where the line is read: in the caller's event loop, or in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

from fastpoly.errors import UsageError

__all__ = ["Host", "LoopHost", "ThreadHost", "loop_factory"]

T = TypeVar("T")

ORPHAN_S: Final = 1.0
"""How long a thread goes on, at most, when the loop that it worked for has been closed."""

EXIT_S: Final = 2.0
"""How long the interpreter's exit waits for each thread."""


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's event loops where it is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


class Host(Protocol):
    """Runs the line's code in the line's loop, whatever thread it is asked from."""

    async def start(self) -> None:
        """Gets the loop ready."""

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Has a function called in the line's loop; at once if that is where it is asked."""

    def call_soon(self, function: Callable[[], object]) -> None:
        """Has a function called in the line's loop, later; asked in that loop."""

    async def call(self, function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Runs a coroutine function in the line's loop and waits for it, from any loop."""

    async def stop(self) -> None:
        """Lets the loop go, once the line is down."""

    def stop_soon(self) -> None:
        """As `stop`, without waiting; from any thread."""


class _InLoop:
    """What both hosts do, given the line's loop."""

    _loop: asyncio.AbstractEventLoop | None = None

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._loop.is_closed():
            raise UsageError("The stream is not open.", hint="Enter `async with` first.")
        return self._loop

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        loop = self._running()
        if _current_loop() is loop:
            function(*arguments)
        else:
            loop.call_soon_threadsafe(function, *arguments)

    def call_soon(self, function: Callable[[], object]) -> None:
        self._running().call_soon(function)

    async def call(self, function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        loop = self._running()
        if asyncio.get_running_loop() is loop:
            return await function(*arguments)
        future = asyncio.run_coroutine_threadsafe(function(*arguments), loop)
        return await asyncio.wrap_future(future)


def _current_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class LoopHost(_InLoop):
    """The caller's loop."""

    async def start(self) -> None:
        """See `Host.start`."""
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """See `Host.stop`."""

    def stop_soon(self) -> None:
        """See `Host.stop_soon`."""


_live: Final[weakref.WeakSet[ThreadHost]] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """Ends the threads of a program that forgot to.

    One that still runs while the interpreter is taken down is stopped in the middle of compiled
    code, and now and then that ends in a crash.
    """
    hosts = list(_live)
    for host in hosts:
        host.stop_soon()
    for host in hosts:
        host.join(EXIT_S)


class ThreadHost(_InLoop):
    """A thread of its own, which ends when the loop that started it has been closed.

    A daemon, so that a program that forgot to close can still end.

    Args:
        name: The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._stopping = asyncio.Event()
        self._is_to_stop = False
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """See `Host.start`."""
        caller = asyncio.get_running_loop()
        ready: asyncio.Future[None] = caller.create_future()

        def tell() -> None:
            if not ready.done():
                ready.set_result(None)

        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            with contextlib.suppress(RuntimeError):  # whoever asked may be gone
                caller.call_soon_threadsafe(tell)
            # Looked at after the loop is known, and set before that is: one side sees the other.
            while not (self._is_to_stop or caller.is_closed()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ORPHAN_S):
                        await self._stopping.wait()

        def run() -> None:
            try:
                with asyncio.Runner(loop_factory=loop_factory()) as runner:
                    runner.run(main())
            finally:
                with contextlib.suppress(RuntimeError):
                    caller.call_soon_threadsafe(self._ended.set)

        self._thread = threading.Thread(target=run, name=self._name, daemon=True)
        _live.add(self)
        self._thread.start()
        await ready

    async def stop(self) -> None:
        """See `Host.stop`."""
        self.stop_soon()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            await self._ended.wait()
            self.join()  # it has nothing left to do

    def join(self, seconds: float | None = None) -> None:
        """Waits for the thread's end; only for so long, if that is told."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop_soon(self) -> None:
        """See `Host.stop_soon`."""
        self._is_to_stop = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed already
                self._loop.call_soon_threadsafe(self._stopping.set)
