"""Picks out of each batch the channels and events that one consumer wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastpoly.notices import NOTICE_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter
    from fastpoly.consumers.buffer import Buffer, NoticeTaker

__all__ = ["MAX_PLANS", "Picker", "count_notices", "takes_notices"]

MAX_PLANS: Final = 256
"""Combinations of channels that are remembered; a server may send them in any order."""


class Picker:
    """Picks by channel, then by filter.

    Args:
        channels: Names of channels; None for all.
        filter: What is wanted of them; None for everything.
        buffer: The consumer's, which counts what the filter leaves out.
        notice_taker: Who gets notices that the channels leave out; None for nobody.

    Attributes:
        takes_notices: Whether notices are wanted.
    """

    def __init__(
        self,
        channels: frozenset[str] | None,
        filter: Filter | None,
        buffer: Buffer,
        notice_taker: NoticeTaker | None = None,
    ) -> None:
        self.takes_notices = channels is None or NOTICE_CHANNEL in channels
        self._notice_taker = notice_taker
        self._channels = channels
        self._filter = filter
        self._buffer = buffer
        # Channels of a batch -> those to select, all of them or none.
        self._plans: dict[tuple[str, ...], tuple[str, ...]] = {}

    def pick(self, batch: Batch, channels: tuple[str, ...]) -> Batch | None:
        """Return the events that are wanted; None if there are none."""
        picked: Batch | None = batch
        if self._channels is not None:
            picked = self._select(batch, channels, self._channels)
        if self._filter is None or picked is None:
            return picked
        passed = self._filter.apply(picked)
        self._buffer.filtered += len(picked) - len(passed)
        return passed if len(passed) else None

    def _select(
        self, batch: Batch, channels: tuple[str, ...], wanted: frozenset[str]
    ) -> Batch | None:
        plan = self._plans.get(channels)
        if plan is None:
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            plan = tuple(channel for channel in channels if channel in wanted)
            if NOTICE_CHANNEL in channels and not self.takes_notices:
                # Not remembered, so that whoever gets them costs nothing where there are none.
                if self._notice_taker is not None:
                    self._notice_taker.on_notices(batch.select(NOTICE_CHANNEL))
            else:
                self._plans[channels] = plan
        if not plan:
            return None
        return batch if len(plan) == len(channels) else batch.select(*plan)


def count_notices(batch: Batch, channels: tuple[str, ...]) -> int:
    """Return how many notices there are in a batch of these channels."""
    return batch.count(NOTICE_CHANNEL) if NOTICE_CHANNEL in channels else 0


def takes_notices(picker: Picker | None) -> bool:
    """Return whether notices are wanted where batches are picked like that."""
    return picker is None or picker.takes_notices
