"""What happens to a reader that reads too slowly: the table of policies, and each of them.

A reader's buffer is its transport's. While it has room, nothing of this runs. A policy is told when
the buffer is over its mark, and says what becomes of the reader; nobody else notices.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from fastpoly.hub.news import gap_of_reader, news
from fastpoly.serving.messages import status

if TYPE_CHECKING:
    from fastpoly.serving.reader import Reader

__all__ = ["SLOW_READER_POLICIES", "MissedEvents", "SlowReaderPolicy", "SlowReaders"]

_CLOSE_TIMEOUT_S: Final = 2.0
"""For how long a reader may still read what it is told at its end."""

_MAX_HELD: Final = 16
"""Messages that are held for a reader which is being left out; the latest of them are told."""


class SlowReaders(Protocol):
    """Who delivers to readers, as policies see it."""

    @property
    def position(self) -> int:
        """How many events have come so far."""

    def counts(self, reader: Reader) -> Mapping[str, int]:
        """Return how many events of each channel were there for a reader's subscriptions."""

    def leave_out(self, reader: Reader) -> None:
        """Write nothing more to a reader, and have the latest of each symbol kept."""

    def take_in(self, reader: Reader, since: int) -> tuple[bytes, Mapping[str, int]]:
        """Write to a reader again from now on.

        Returns:
            The latest event of each symbol that it wants, of those after a position, as frames; and
            how many of each channel these are.
        """

    def count_lost(self, lost: Mapping[str, int]) -> None:
        """Count what a reader has lost."""

    def give_up(self, reader: Reader) -> None:
        """Write no more events to a reader, which is disconnected."""


class SlowReaderPolicy(Protocol):
    """Looks after one reader."""

    is_behind: bool
    lost: int

    @property
    def mark_bytes(self) -> int:
        """How many bytes may wait before the policy is asked."""

    def on_full(self) -> None:
        """Act: more than that waits. Called again after each write while it does."""

    def on_room(self) -> None:
        """Act: little waits now."""

    def before_regroup(self) -> None:
        """Take note that the reader's subscriptions are about to change."""

    def after_regroup(self) -> None:
        """Take note that they have changed."""

    def tell(self, message: bytes) -> None:
        """Tell the reader something, now or when it gets data again."""


class _Policy:
    """What all have: a reader, and who delivers to it."""

    def __init__(self, reader: Reader, owner: SlowReaders, max_bytes: int) -> None:
        self.is_behind = False
        self.lost = 0
        self._reader = reader
        self._owner = owner
        self._max_bytes = max_bytes

    @property
    def mark_bytes(self) -> int:
        return self._max_bytes

    def on_full(self) -> None:
        raise NotImplementedError

    def on_room(self) -> None:
        self.is_behind = False

    def before_regroup(self) -> None:
        pass

    def after_regroup(self) -> None:
        pass

    def tell(self, message: bytes) -> None:
        self._reader.send([message])

    def _disconnect(self) -> None:
        self.is_behind = True
        reader = self._reader
        self._owner.give_up(reader)
        reader.send([status("SLOW_CONSUMER")])
        reader.close(1008, "slow consumer")
        # It may never read so far.
        reader.later(_CLOSE_TIMEOUT_S, reader.drop, "slow consumer")


class Disconnect(_Policy):
    """Ends the connection of a reader whose buffer is full, and tells it so."""

    def on_full(self) -> None:
        if not self.is_behind:
            self._disconnect()


class Warn(_Policy):
    """Warns a reader whose buffer is half full, and disconnects it when it is full."""

    def __init__(self, reader: Reader, owner: SlowReaders, max_bytes: int) -> None:
        super().__init__(reader, owner, max_bytes)
        self._is_over = False

    @property
    def mark_bytes(self) -> int:
        return max(self._max_bytes // 2, 1)

    def on_full(self) -> None:
        waiting = self._reader.outlet.buffered
        if not self.is_behind:
            self.is_behind = True
            self.tell(
                news(
                    "SLOW_READER",
                    f"{waiting:,} bytes wait to be read. Beyond {self._max_bytes:,} the hub "
                    "disconnects this reader.",
                )
            )
        if waiting > self._max_bytes and not self._is_over:
            self._is_over = True
            self._disconnect()


class MissedEvents:
    """What a reader that is left out misses: counted, over changes of its subscriptions too.

    Args:
        counts: The counts of its subscriptions so far.
        position: How many events have come so far.
    """

    def __init__(self, counts: Mapping[str, int], position: int) -> None:
        self.position = position
        self.since_ns = time.time_ns()
        self._begun = counts
        self._missed: Counter[str] = Counter()

    def end_part(self, counts: Mapping[str, int]) -> None:
        """Take the counts at the end of a set of subscriptions."""
        for channel, count in counts.items():
            if more := count - self._begun.get(channel, 0):
                self._missed[channel] += more

    def begin_part(self, counts: Mapping[str, int]) -> None:
        """Take the counts at the beginning of the next."""
        self._begun = counts

    def lost(self, given: Mapping[str, int]) -> dict[str, int]:
        """Return what is lost by channel, if so many were given after all."""
        left = self._missed - Counter(given)
        return {channel: count for channel, count in sorted(left.items()) if count > 0}


class Skip(_Policy):
    """Leaves a reader out until it has caught up; then it gets the latest of each symbol."""

    def __init__(self, reader: Reader, owner: SlowReaders, max_bytes: int) -> None:
        super().__init__(reader, owner, max_bytes)
        self._missed: MissedEvents | None = None
        self._held: list[bytes] = []

    def on_full(self) -> None:
        if self._missed is None:
            self.is_behind = True
            self._missed = MissedEvents(self._owner.counts(self._reader), self._owner.position)
            self._owner.leave_out(self._reader)

    def before_regroup(self) -> None:
        if self._missed is not None:
            self._missed.end_part(self._owner.counts(self._reader))

    def after_regroup(self) -> None:
        if self._missed is not None:
            self._missed.begin_part(self._owner.counts(self._reader))

    def on_room(self) -> None:
        missed, self._missed = self._missed, None
        self.is_behind = False
        if missed is None:
            return
        reader = self._reader
        missed.end_part(self._owner.counts(reader))
        latest, given = self._owner.take_in(reader, missed.position)
        held, self._held = self._held, []
        if held:
            reader.send(held)
        if lost := missed.lost(given):
            self.lost += sum(lost.values())
            self._owner.count_lost(lost)
            reader.send([gap_of_reader(missed.since_ns, time.time_ns(), lost)])
        reader.write(latest)

    def tell(self, message: bytes) -> None:
        if self._missed is None:
            super().tell(message)
        else:
            self._held = [*self._held, message][-_MAX_HELD:]


SLOW_READER_POLICIES: Final = {"skip": Skip, "warn": Warn, "disconnect": Disconnect}
"""A policy's name -> the class that carries it out."""
