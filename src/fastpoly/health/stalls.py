"""Detects that the event loop stood still, and which consumers were under way meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol, TypeAlias

__all__ = ["BusySpan", "Stalls", "StallsOwner", "Suspect"]

BusySpan: TypeAlias = tuple[float, float]
"""From when to when a consumer was last under way, by `time.monotonic`; to inf while it is."""

BEAT_S: Final = 0.1
"""How often the loop's pulse is felt; a longer stall cannot hide between two beats."""

STALL_S: Final = 0.25
"""A beat that is this late is a stall."""

SLACK_S: Final = 0.05
"""How much of a stall may be somebody else's."""


class Suspect(Protocol):
    """Who may have held the loop."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def busy_span(self) -> BusySpan:
        """When it was last under way."""


class StallsOwner(Protocol):
    """Whose event loop it is."""

    def suspects(self) -> Iterable[Suspect]:
        """Return those who may have held the loop."""

    def loop_stalled(self, seconds: float, names: list[str]) -> None:
        """The loop stood still for so long, and these were under way all the while."""


class Stalls:
    """Feels the pulse of the loop in which it is started.

    Args:
        owner: Whose loop it is.

    Attributes:
        count: Stalls so far.
        longest_s: The longest of them, in seconds.
    """

    def __init__(self, owner: StallsOwner) -> None:
        self._owner = owner
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        # (when it was over, how long it was), of late.
        self._recent: deque[tuple[float, float]] = deque(maxlen=100)
        self.count = 0
        self.longest_s = 0.0

    def longest_within_s(self, seconds: float) -> float:
        """Return the longest stall, in seconds, that ended within so many seconds from now."""
        since = time.monotonic() - seconds
        return max((stall for over, stall in tuple(self._recent) if over >= since), default=0.0)

    def start(self) -> None:
        """Begin."""
        self._due = time.monotonic() + BEAT_S
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def stop(self) -> None:
        """End; more than once is fine."""
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
                suspect.name
                for suspect in self._owner.suspects()
                if suspect.busy_span[0] <= begun and suspect.busy_span[1] >= over
            ]
            self._owner.loop_stalled(seconds, names)
        self.start()
