"""The event loop that reads the socket: the caller's own, or one in a thread beside it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

from fastpoly.errors import UsageError
from fastpoly.net.standard_streams import occupy_standard_descriptors

__all__ = ["CallerLoop", "ReaderLoop", "ThreadLoop", "loop_factory", "refuse_running_loop"]

T = TypeVar("T")

ORPHAN_S: Final = 1.0
"""How long a thread goes on, at most, when the loop that it worked for has been closed."""

EXIT_S: Final = 2.0
"""How long the interpreter's exit waits for each thread."""


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the factory of uvloop's event loops; None, for asyncio's own, where it is missing."""
    try:
        import uvloop  # noqa: F401 - whether it is there
    except ImportError:
        return None
    return _new_uvloop


def _new_uvloop() -> asyncio.AbstractEventLoop:
    import uvloop

    occupy_standard_descriptors()
    return uvloop.new_event_loop()


def refuse_running_loop(hint: str) -> None:
    """Refuse to begin what blocks this thread where an event loop is running in it.

    Args:
        hint: What to do instead.

    Raises:
        UsageError: One is running.
    """
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop()
        raise UsageError("An event loop is running here.", hint=hint)


class ReaderLoop(Protocol):
    """The event loop that reads the socket, whatever thread it runs in.

    The loop in which `start` was awaited is the user's.
    """

    @property
    def threaded(self) -> bool:
        """Whether it runs in a thread of its own, and not in the user's."""

    async def start(self) -> None:
        """Get the loop ready; await this in the user's loop."""

    def post(self, function: Callable[..., object], *arguments: Any) -> bool:
        """Call a function in this loop, at once if that is where the caller runs.

        Returns:
            False if the loop is not there: not started yet, or closed.
        """

    def call_soon(self, function: Callable[[], object]) -> None:
        """Call a function in this loop, which is the caller's, in its next turn."""

    def call_later(
        self, seconds: float, function: Callable[..., object], *arguments: Any
    ) -> asyncio.TimerHandle:
        """Call a function in this loop, which is the caller's, after so many seconds."""

    def to_user(self, function: Callable[..., object], *arguments: Any) -> bool:
        """Call a function in the user's loop; for callers in this one.

        Returns:
            False if the user's loop is not there.
        """

    async def call(self, function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run a coroutine function in this loop and wait for its result, from any loop.

        Raises:
            UsageError: The loop was not started, or is closed.
        """

    async def stop(self) -> None:
        """Let the loop go, once nothing is read any more."""

    def stop_soon(self) -> None:
        """As `stop`, without waiting; from any thread."""

    def join(self, seconds: float | None = None) -> None:
        """Wait for the end of a thread of its own; at most so many seconds, if any are given."""


class _Started:
    """What both kinds do, given the loop."""

    _loop: asyncio.AbstractEventLoop | None = None

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._loop.is_closed():
            raise UsageError("The stream is not open.", hint="Enter `async with` first.")
        return self._loop

    def post(self, function: Callable[..., object], *arguments: Any) -> bool:
        """See `ReaderLoop.post`."""
        loop = self._loop
        if loop is None:
            return False
        if _current_loop() is loop:
            function(*arguments)
            return True
        return _call_threadsafe(loop, function, arguments)

    def call_soon(self, function: Callable[[], object]) -> None:
        """See `ReaderLoop.call_soon`."""
        self._running().call_soon(function)

    def call_later(
        self, seconds: float, function: Callable[..., object], *arguments: Any
    ) -> asyncio.TimerHandle:
        """See `ReaderLoop.call_later`."""
        return self._running().call_later(seconds, function, *arguments)

    async def call(self, function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """See `ReaderLoop.call`."""
        loop = self._running()
        if asyncio.get_running_loop() is loop:
            return await function(*arguments)
        future = asyncio.run_coroutine_threadsafe(function(*arguments), loop)
        return await asyncio.wrap_future(future)


def _call_threadsafe(
    loop: asyncio.AbstractEventLoop, function: Callable[..., object], arguments: tuple[Any, ...]
) -> bool:
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        return False  # it is closed
    return True


def _current_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class CallerLoop(_Started):
    """The user's own loop."""

    threaded = False

    async def start(self) -> None:
        """See `ReaderLoop.start`."""
        self._loop = asyncio.get_running_loop()

    def to_user(self, function: Callable[..., object], *arguments: Any) -> bool:
        """See `ReaderLoop.to_user`."""
        function(*arguments)
        return True

    async def stop(self) -> None:
        """See `ReaderLoop.stop`."""

    def stop_soon(self) -> None:
        """See `ReaderLoop.stop_soon`."""

    def join(self, seconds: float | None = None) -> None:
        """See `ReaderLoop.join`."""


_live: Final[weakref.WeakSet[ThreadLoop]] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """End the threads of a program that forgot to.

    One that still runs while the interpreter is taken down is stopped in the middle of compiled
    code, and now and then that ends in a crash.
    """
    loops = list(_live)
    for loop in loops:
        loop.stop_soon()
    for loop in loops:
        loop.join(EXIT_S)


class ThreadLoop(_Started):
    """A loop in a thread of its own, which ends when the user's loop has been closed.

    A daemon, so that a program that forgot to close can still end.

    Args:
        name: The thread's name.
    """

    threaded = True

    def __init__(self, name: str) -> None:
        self._name = name
        self._user: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = asyncio.Event()
        self._is_to_stop = False
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """See `ReaderLoop.start`."""
        user = self._user = asyncio.get_running_loop()
        self._loop = None
        self._is_to_stop = False
        self._stopping, self._ended = asyncio.Event(), asyncio.Event()
        ready: asyncio.Future[None] = user.create_future()

        def set_ready() -> None:
            if not ready.done():
                ready.set_result(None)

        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            _call_threadsafe(user, set_ready, ())
            # Looked at after the loop is known, and set before that is: one side sees the other.
            while not (self._is_to_stop or user.is_closed()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ORPHAN_S):
                        await self._stopping.wait()

        def run() -> None:
            try:
                with asyncio.Runner(loop_factory=loop_factory()) as runner:
                    runner.run(main())
            finally:
                _call_threadsafe(user, self._ended.set, ())

        self._thread = threading.Thread(target=run, name=self._name, daemon=True)
        _live.add(self)
        self._thread.start()
        await ready

    def to_user(self, function: Callable[..., object], *arguments: Any) -> bool:
        """See `ReaderLoop.to_user`."""
        return self._user is not None and _call_threadsafe(self._user, function, arguments)

    async def stop(self) -> None:
        """See `ReaderLoop.stop`."""
        self.stop_soon()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            await self._ended.wait()
            self.join()  # it has nothing left to do

    def join(self, seconds: float | None = None) -> None:
        """Wait for the thread's end; at most so many seconds, if any are given."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop_soon(self) -> None:
        """See `ReaderLoop.stop_soon`."""
        self._is_to_stop = True
        if self._loop is not None:
            _call_threadsafe(self._loop, self._stopping.set, ())
