"""Notices that the event loop stood still, and who was at work meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Protocol

__all__ = ["Stalls", "Worker"]

BEAT_S: Final = 0.1
"""How often the loop's pulse is felt; a longer stall cannot hide between two beats."""

STALL_S: Final = 0.25
"""A beat that is this late is a stall."""

SLACK_S: Final = 0.05
"""How much of a stall may be somebody else's."""


class Worker(Protocol):
    """Who may have held the loop."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def work(self) -> tuple[float, float]:
        """From when to when it was last at work, by `time.monotonic`; inf while it is."""


class Stalls:
    """Feels the pulse of the loop in which it is started.

    Args:
        workers: Gives those who may be to blame.
        on_stall: Called with the seconds that the loop stood still, and the names of those who
            were at work all the while.

    Attributes:
        count: Stalls so far.
        longest_s: The longest of them, in seconds.
    """

    def __init__(
        self,
        workers: Callable[[], Iterable[Worker]],
        on_stall: Callable[[float, list[str]], object],
    ) -> None:
        self._workers = workers
        self._on_stall = on_stall
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        # (when it was over, how long it was), of late.
        self._recent: deque[tuple[float, float]] = deque(maxlen=100)
        self.count = 0
        self.longest_s = 0.0

    def longest_within_s(self, seconds: float) -> float:
        """The longest stall, in seconds, that ended within so many seconds from now."""
        since = time.monotonic() - seconds
        return max((stall for over, stall in tuple(self._recent) if over >= since), default=0.0)

    def start(self) -> None:
        """Begins."""
        self._due = time.monotonic() + BEAT_S
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def stop(self) -> None:
        """Ends; more than once is fine."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self) -> None:
        now = time.monotonic()
        seconds = now - self._due
        if seconds > STALL_S:
            self.count += 1
            self.longest_s = max(self.longest_s, seconds)
            self._recent.append((now, seconds))
            # The stall began somewhere between the last beat and the one that was due.
            begun, over = self._due + SLACK_S, now - SLACK_S
            names = [
                worker.name
                for worker in self._workers()
                if worker.work[0] <= begun and worker.work[1] >= over
            ]
            self._on_stall(seconds, names)
        self.start()
