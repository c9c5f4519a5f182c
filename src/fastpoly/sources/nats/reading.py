"""How far a source has read a broker's stream, and what is missing before a message."""

from __future__ import annotations

from collections import deque

from fastpoly.broker.message import Loss, MessageHead
from fastpoly.health.clock import SystemClock

__all__ = ["LossClock", "Reading"]


class LossClock:
    """The system's time, except while a loss is told that was noted at another."""

    def __init__(self) -> None:
        self.told_ns = 0
        self._system = SystemClock()

    def time_ns(self) -> int:
        """Return the time, Unix time in ns."""
        return self.told_ns or self._system.time_ns()

    def monotonic_ns(self) -> int:
        """Return the monotonic clock, in ns."""
        return self._system.monotonic_ns()


class Reading:
    """How far a source has read, over all of its connections.

    Attributes:
        last: The sequence number of the last message that was handed over, or is not wanted; None
            before it is known where to begin.
        floor: The number up to which nothing is asked about what came before.
        losses: How often something went missing, as the last message said; None before there was
            one.
        waiting: Messages that have come and were not handed over, with subject and number.
        last_ns: When the last event was received by the publisher, Unix time in ns.
        behind_loss: Whether the first of those that wait was found to come after a loss.
        clock: The time by which losses are told.
    """

    def __init__(self) -> None:
        self.last: int | None = None
        self.floor: int | None = None
        self.losses: int | None = None
        self.waiting: deque[tuple[str, int, bytes]] = deque()
        self.last_ns = 0
        self.behind_loss = False
        self.clock = LossClock()
        # The last number of each subject.
        self._seen: dict[str, int] = {}

    def begin_at(self, last: int | None) -> None:
        """Begin anew behind a number; None where that is the first message's to say."""
        self.last = self.floor = last
        self._seen.clear()

    def missing(self, subject: str, sequence: int, head: MessageHead) -> Loss | None:
        """Return what is missing before a message; None for nothing."""
        if self.behind_loss:  # it was told, and this is what comes after it
            return None
        if self.losses is not None and head.losses > self.losses:
            return Loss.from_json(head.loss)
        if self.floor is None:
            self.floor = sequence - 1
        if head.previous > max(self._seen.get(subject, 0), self.floor):
            return Loss(
                self.last_ns,
                0,
                "Messages were removed from the broker's stream before they were read.",
            )
        return None

    def skip(self, subject: str, sequence: int) -> None:
        """Take note of a message that cannot be read, or has no events."""
        self._seen[subject] = self.last = sequence

    def take(self, subject: str, sequence: int, head: MessageHead) -> None:
        """Take note of a message that is handed over."""
        self._seen[subject] = self.last = sequence
        self.losses = head.losses
        if self.behind_loss:
            # What else was removed is a part of the same loss.
            self.behind_loss, self.floor = False, sequence - 1
