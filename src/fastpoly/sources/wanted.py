"""What was asked of a source that gives everything by itself, and what of a batch passes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fastpoly.protocol.statuses import read_status
from fastpoly.schema import STATUS_CHANNEL
from fastpoly.sources.recorded import data_of, selection_of

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter
    from fastpoly.protocol.statuses import Action
    from fastpoly.sources.source import SourceOwner

__all__ = ["Wanted"]


class Wanted:
    """Stands in for a server's subscriptions. Everything is confirmed, whether it comes or not.

    Args:
        market: The market's name.
        owner: Who asks, and gets the batches.
        keep_statuses: Whether control messages stay in the batches.

    Attributes:
        is_all: Whether everything passes, because nothing was asked for yet.
    """

    def __init__(self, market: str, owner: SourceOwner, *, keep_statuses: bool) -> None:
        self.is_all = True
        self._market = market
        self._owner = owner
        self._keep_statuses = keep_statuses
        self._params: Mapping[str, None] = {}
        self._channels: frozenset[str] = frozenset()
        self._filter: Filter | None = None

    @property
    def params(self) -> Mapping[str, None] | None:
        """The parameters that pass, another object after each request; None before there was one.

        Then everything passes.
        """
        return None if self.is_all else self._params

    def takes(self, channel: str) -> bool:
        """Return whether anything of a channel passes."""
        return self.is_all or channel in self._channels

    def request(self, action: Action, params: Iterable[str]) -> None:
        """Change what passes, and confirm it in a later turn of the running event loop."""
        names = tuple(params)
        wanted = dict(self._params)
        for name in names:
            if action == "subscribe":
                wanted[name] = None
            else:
                wanted.pop(name, None)
        self.is_all = False
        self._params = wanted
        self._channels, self._filter = selection_of(self._market, wanted)
        loop = asyncio.get_running_loop()
        for name in names:
            message = read_status("success", f"{action}d to: {name}", str)
            loop.call_soon(self._owner.on_status, message)

    def hand_over(self, batch: Batch) -> None:
        """Give the owner what passes of a batch, parted at control messages that do not stay."""
        if not self._keep_statuses and batch.count(STATUS_CHANNEL):
            for part in data_of(batch):
                self._hand_on(part)
        else:
            self._hand_on(batch)

    def _hand_on(self, batch: Batch) -> None:
        if not self.is_all:
            if not self._channels.issuperset(batch.channels):
                batch = batch.select(*self._channels)
            if self._filter is not None and len(batch):
                batch = self._filter.apply(batch)
        if len(batch):
            self._owner.on_batch(batch)
