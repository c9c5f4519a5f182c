"""Gathers small batches into large groups, one channel each, for consumers that want columns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastpoly._core import RowGatherer
from fastpoly.consumers.picker import Picker
from fastpoly.errors import UsageError
from fastpoly.notices import NOTICE_CHANNEL, Notice

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.fanout import Consumer
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["GROUP_ROWS", "MAX_GROUP_ROWS", "Gathering", "Grouping"]

GROUP_ROWS: Final = 65_536
"""Rows of a group where nothing else is said: their memory is used again for the next."""

MAX_GROUP_ROWS: Final = 1 << 24
"""Beyond this a group takes gigabytes."""

MAX_GROUP_BYTES: Final = 256 << 20
"""Bytes of frames at which a group is full, whatever its rows."""

EVENT_BYTES: Final = 160
"""About what an event takes on the wire."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """How large groups are.

    Attributes:
        rows: Rows at which a group is full.
        every_s: Seconds after its first row at which it goes on; None for any time.

    Raises:
        UsageError: One of them is out of range.
    """

    rows: int = GROUP_ROWS
    every_s: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.rows, int) or not 1 <= self.rows <= MAX_GROUP_ROWS:
            raise UsageError(
                f"rows={self.rows!r} is not a number from 1 to {MAX_GROUP_ROWS:,}.",
                hint="65,536 to 1,048,576 suit most that is done with columns.",
            )
        if self.every_s is not None and not self.every_s > 0:
            raise UsageError(f"every={self.every_s!r} is not above 0.", hint="Pass seconds.")

    @property
    def room_bytes(self) -> int:
        """Bytes, as received, that a few groups take."""
        return 4 * min(self.rows * EVENT_BYTES, MAX_GROUP_BYTES)


class Gathering:
    """Stands before a consumer, which gets groups in place of batches. Used in the reader loop.

    A group is a batch of one channel. It goes on when it has enough rows, or was begun long enough
    ago; the batch that fills it is in it as a whole. Where a notice comes, the groups of what came
    before it go on first, then the notice.

    Args:
        market: The market's name.
        channels: Channels that are gathered.
        consumer: Who gets the groups.
        picker: Picks what is wanted of the stream's batches; None for everything.
        grouping: How large groups are.
        loop: The loop that reads.
    """

    def __init__(
        self,
        market: str,
        channels: Iterable[str],
        consumer: Consumer,
        picker: Picker | None,
        grouping: Grouping,
        loop: ReaderLoop,
    ) -> None:
        self._gatherers = {name: RowGatherer(market, name) for name in sorted(channels)}
        self._consumer = consumer
        self._picker = picker
        self._rows = grouping.rows
        self._every_s = grouping.every_s
        self._loop = loop
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """See `Consumer.push`."""
        if self._picker is not None:
            picked = self._picker.pick(batch, channels)
            if picked is None:
                return
            batch = picked
        if NOTICE_CHANNEL in channels and batch.count(NOTICE_CHANNEL):
            self._push_around_notices(batch)
        else:
            self._gather(batch, channels)

    def _gather(self, batch: Batch, channels: tuple[str, ...]) -> None:
        for name in channels:
            gatherer = self._gatherers.get(name)
            if gatherer is None:
                continue
            rows = gatherer.add(batch)
            if rows >= self._rows or gatherer.nbytes >= MAX_GROUP_BYTES:
                self._release(name)
            elif rows and self._every_s is not None and name not in self._timers:
                self._timers[name] = self._loop.call_later(self._every_s, self._release, name)

    def _push_around_notices(self, batch: Batch) -> None:
        begin = 0
        for at, event in enumerate(batch):
            if not isinstance(event, Notice):
                continue
            self._gather_part(batch[begin:at])
            self.release()
            self._consumer.push(batch[at : at + 1], (NOTICE_CHANNEL,))
            begin = at + 1
        self._gather_part(batch[begin:])

    def _gather_part(self, batch: Batch) -> None:
        if len(batch):
            self._gather(batch, batch.channels)

    def release(self) -> None:
        """Hand on the groups as they are."""
        for name in self._gatherers:
            self._release(name)

    def _release(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        group = self._gatherers[name].take()
        if group is not None:
            self._consumer.push(group, (name,))

    def end(self, error: BaseException | None) -> None:
        """See `Consumer.end`: what was gathered comes first."""
        self.release()
        self._consumer.end(error)

    def stop(self) -> None:
        """Hand on nothing more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
