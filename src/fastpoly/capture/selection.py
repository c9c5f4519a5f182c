"""What is wanted of recordings, and what picks it out of what a reader gives."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.capture.reader import CaptureReader
from fastpoly.errors import UsageError
from fastpoly.filters.build import make_filter
from fastpoly.schema import MARKETS, UNKNOWN_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter
    from fastpoly.filters.conditions import Condition

__all__ = ["Selection", "Selector", "selected"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of recordings.

    Attributes:
        market: The market, where the recordings do not say it, or have several; None if they do.
        channels: Names of channels; none for all.
        symbols: Tickers or pairs; None for all.
        where: A condition that events have to meet; None for any.
        start_ns: The earliest time of receipt, Unix time in ns; None for the beginning.
        end_ns: The time from which on nothing is wanted; None for the end.
    """

    market: str | None = None
    channels: tuple[str, ...] = ()
    symbols: frozenset[str] | None = None
    where: Condition | None = None
    start_ns: int | None = None
    end_ns: int | None = None

    def open(self, *paths: str | os.PathLike[str] | int, **options: Any) -> CaptureReader:
        """Return a reader of that time of recordings.

        Args:
            paths: See `CaptureReader`.
            options: Others of `CaptureReader`.

        Raises:
            UsageError: An argument is invalid.
            CaptureError: A file cannot be opened.
        """
        return CaptureReader(
            *paths,
            market=self.market,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            symbols=self.symbols,
            **options,
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is wanted of the events of one market."""

    channels: frozenset[str]
    filter: Filter | None


class Selector:
    """Picks what is selected out of what a reader gives, and counts the rest of it.

    Args:
        selection: What is wanted.
        several_markets: Whether a recording may have events of several markets. If not, those of
            others than the first are an error, and are passed over where a market is named.

    Attributes:
        market: The market that came last; None before any is known.
        passed_over: Events of other markets than the named one.
        gaps: Marks of what is missing in the recording.

    Raises:
        UsageError: There is no such market or channel, or the condition does not fit.
    """

    def __init__(self, selection: Selection, *, several_markets: bool = False) -> None:
        self.market: str | None = None
        self.passed_over = 0
        self.gaps: list[Mark] = []
        self._wanted = selection
        self._several = several_markets
        self._plans: dict[str, _Plan] = {}
        self._plan = _Plan(frozenset(), None)
        if selection.market is not None and not several_markets:
            self._begin(selection.market)

    @property
    def channels(self) -> frozenset[str]:
        """The channels that are wanted, once the market is known."""
        return self._plan.channels

    def _begin(self, market: str) -> None:
        plan = self._plans.get(market)
        if plan is None:
            plan = self._plans[market] = self._make_plan(market)
        self._plan, self.market = plan, market

    def _make_plan(self, market: str) -> _Plan:
        if market not in MARKETS:
            raise UsageError(
                f"There is no market {market!r}.", hint=f"Use one of: {', '.join(MARKETS)}."
            )
        wanted = self._wanted
        own = [channel.name for channel in MARKETS[market].channels]
        names = wanted.channels
        if self._several:
            # Another market of the recording may have it.
            known = {channel.name for spec in MARKETS.values() for channel in spec.channels}
            names = tuple(name for name in names if name in own or name not in known)
            if wanted.channels and not names:
                return _Plan(frozenset(), None)
        for name in names:
            if name not in own:
                raise UsageError(
                    f"{name!r} is not a channel of {market}.",
                    hint=f"Choose among {', '.join(own)}.",
                )
        return _Plan(
            frozenset(names or own),
            make_filter(market, wanted.symbols, wanted.where, names or None),
        )

    def take(self, found: Batch | Mark) -> Batch | None:
        """Return what a reader gave without what the symbols and the condition leave out.

        Returns:
            Events, also of channels that are not wanted; None if there are none.

        Raises:
            UsageError: They are of another market than those before, and none was chosen.
        """
        if isinstance(found, Mark):
            if found.kind in (MarkKind.GAP, MarkKind.LOST) and not found.detail.get("resumes"):
                self.gaps.append(found)
            return None
        if found.market != self.market and not self._goes_to(found):
            return None
        filter_ = self._plan.filter
        if filter_ is not None:
            found = filter_.apply(found)
        return found if len(found) else None

    def _goes_to(self, found: Batch) -> bool:
        """Go on to another market; False if its events are passed over."""
        if not self._several:
            if self._wanted.market is not None:
                self.passed_over += len(found)
                return False
            if self.market is not None:
                raise UsageError(
                    f"The recording has frames of {self.market} and of {found.market}.",
                    hint="Choose one market.",
                )
        self._begin(found.market)
        return True

    def pick(self, found: Batch | Mark) -> Batch | None:
        """Return only what is wanted of what a reader gave, in order; None if there is nothing.

        Events that the market does not know are in it where no channels are named.

        Raises:
            UsageError: See `take`.
        """
        batch = self.take(found)
        if batch is None:
            return None
        channels = batch.channels
        kept = [name for name in channels if self._keeps(name)]
        if len(kept) != len(channels):
            batch = batch.select(*kept)
        return batch if len(batch) else None

    def _keeps(self, channel: str) -> bool:
        return channel in self._plan.channels or (
            not self._wanted.channels and channel == UNKNOWN_CHANNEL
        )


def selected(reader: Iterable[Batch | Mark], selector: Selector) -> Iterator[Batch]:
    """Give a recording's batches as `Selector.take` leaves them."""
    for found in reader:
        batch = selector.take(found)
        if batch is not None:
            yield batch
