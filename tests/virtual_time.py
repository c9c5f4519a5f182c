"""An event loop whose time jumps to the next timer when nothing is left to do, and its clock.

A test that waits for a minute takes no time, and one in which nothing can happen any more fails at
once instead of hanging.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, Final, ParamSpec

from tests.loops import leave_no_task

P = ParamSpec("P")

START_NS: Final = 1_781_706_600_000_000_000
"""What a clock shows when its loop is new: 2026-06-17 14:30 UTC, in regular trading hours."""

HORIZON_S: Final = 7 * 24 * 3600.0
"""How far time may go: whoever has not had an answer by then waits for ever beside a timer."""


class DeadlockError(AssertionError):
    """Nothing is ready and no timer is set, or nothing but timers has run for very long."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop without sockets or threads, in virtual time.

    Raises:
        DeadlockError: From whatever runs the loop, when nothing can happen any more.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self._idle: list[asyncio.Future[None]] = []
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return the virtual time in seconds; 0 at the start."""
        return self.now_s

    async def idle(self) -> None:
        """Wait until everything has run that can without time going by."""
        waiter = self.create_future()
        self._idle.append(waiter)
        await waiter

    def jump(self, timeout_s: float | None) -> None:
        """Go to the next timer, so many seconds away; None where there is none."""
        if self._idle:
            waiters, self._idle = self._idle, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
            return
        if timeout_s is None:
            raise DeadlockError(f"Nothing can happen any more. {self._who_waits()}")
        self.now_s += timeout_s
        if self.now_s > HORIZON_S:
            raise DeadlockError(f"A week has gone by with nothing but timers. {self._who_waits()}")

    def _who_waits(self) -> str:
        names = sorted(
            getattr(task.get_coro(), "__qualname__", repr(task)) for task in asyncio.all_tasks(self)
        )
        return f"Waiting: {', '.join(names)}."


class _JumpingSelector(selectors.SelectSelector):
    """Never waits: what a loop would sleep through is jumped over."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and (timeout is None or timeout > 0):
            self._loop.jump(timeout)
        return ready


class VirtualClock:
    """The clocks of a virtual loop, see `fastpoly.health.clock.Clock`; the running loop's.

    Attributes:
        set_by_ns: By how much somebody has set the wall clock.
    """

    def __init__(self) -> None:
        self.set_by_ns = 0
        self._loop = asyncio.get_running_loop()

    def time_ns(self) -> int:
        """Return the time of day, Unix time in ns."""
        return START_NS + self.set_by_ns + self._since_start_ns()

    def monotonic_ns(self) -> int:
        """Return the ns of a clock that nobody sets."""
        return 1 + self._since_start_ns()

    def _since_start_ns(self) -> int:
        return round(self._loop.time() * 1e9)


async def idle() -> None:
    """Wait until everything has run that can without time going by."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    await loop.idle()


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test in a loop of virtual time, and check that it leaves no task behind."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(leave_no_task(test(*args, **kwargs)))

    return run
