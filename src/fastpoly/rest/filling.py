"""Fills the gaps of a stream over REST: what was subscribed, while it was cut, ticker by ticker."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fastpoly import schema
from fastpoly.engine.filling.repeats import clock_ns
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.net.options import require_positive
from fastpoly.notices import Notice
from fastpoly.protocol.markets import market_of
from fastpoly.rest.endpoints import Endpoint, endpoint_of, tickers_of
from fastpoly.rest.pages import events_of
from fastpoly.rest.requester import Requester, RestOptions
from fastpoly.rest.rows import Stamped

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.notices import Gap

__all__ = ["MARGIN_NS", "FillStats", "RestFill", "Window", "lateness_ns", "window_of"]

logger = logging.getLogger("fastpoly.rest")

MARGIN_NS: Final = 2_000_000_000
"""How much longer than the gap the time is that is asked for, at both ends, in ns: a feed lags, and
subscriptions are confirmed one after the other. What was received is not repeated."""

DELAYED_NS: Final = 60_000_000_000
"""A feed that lags by more than this is a delayed one: its gap is that much earlier."""

MAX_LOGGED: Final = 5
"""Subscriptions of one gap that a log record names."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which time was missed.

    Attributes:
        start_ns: When the first event was due that may be missing, Unix time in ns.
        end_ns: When the last was.
        shown_ns: When the server has all of it, at the earliest.
    """

    start_ns: int
    end_ns: int
    shown_ns: int


def window_of(gap: Gap) -> Window:
    """Return the time that a gap is of, by the clock of the market's events.

    It begins with the last event that was received, which is long before the loss was noticed where
    a connection hung, and where a feed is delayed.
    """
    market = schema.MARKETS[gap.market]
    last = _latest_ns(market, gap.last_by_channel.values())
    first = _latest_ns(market, gap.first_by_channel.values())
    late_ns = _late_ns(market, gap.first_by_channel.values(), gap.until_ns)
    start_ns = gap.since_ns - late_ns
    start_ns = start_ns if last is None else min(start_ns, last)
    end_ns = gap.until_ns - late_ns
    if first is not None:
        end_ns = max(end_ns, first)  # this machine's clock may be behind
    end_ns += MARGIN_NS
    return Window(start_ns - MARGIN_NS, end_ns, end_ns)


def lateness_ns(market: schema.MarketSpec, batch: Batch | None) -> int:
    """Return by how much a feed is delayed, by a batch of its live data; 0 where it is not."""
    events = () if batch is None else (one for one in batch if not isinstance(one, Notice))
    return 0 if batch is None else _late_ns(market, events, batch.received_ns)


def _late_ns(market: schema.MarketSpec, events: Iterable[Any], received_ns: int) -> int:
    latest = _latest_ns(market, events)
    late_ns = 0 if latest is None else received_ns - latest
    return late_ns if late_ns > DELAYED_NS else 0


def _latest_ns(market: schema.MarketSpec, events: Iterable[Any]) -> int | None:
    stamps = (clock_ns(market, event.to_dict()) for event in events)
    return max((stamp for stamp in stamps if stamp is not None), default=None)


@dataclass(frozen=True, slots=True)
class FillStats:
    """What has been filled so far.

    Attributes:
        gaps: Gaps that were looked for.
        events: Events that were found, before those are left out that had been received.
        requests: Requests, attempts counted each.
        retries: Attempts among them that were not the first.
        failed: Subscriptions that could not be filled, or not wholly, summed over all gaps.
    """

    gaps: int = 0
    events: int = 0
    requests: int = 0
    retries: int = 0
    failed: int = 0


class RestFill:
    """A hook for ``Stream(fill=...)``, see `fastpoly.rest.fill`.

    Args:
        symbols: The tickers to ask for where a whole channel is subscribed.
        timeout: Seconds for a gap; what has not been found by then is left out, and told.
        settle: Seconds after the end of a gap until the server has all of it.
        options: How the server is asked.
    """

    def __init__(
        self, symbols: Iterable[str], timeout: float, settle: float, options: RestOptions
    ) -> None:
        if isinstance(symbols, str):
            raise UsageError(
                f"symbols={symbols!r} is one text.", hint="Pass a list, such as ['AAPL']."
            )
        require_positive(timeout=timeout)
        if not 0 <= settle < timeout:
            raise UsageError(
                f"settle={settle!r} is not between 0 and the timeout.", hint="Pass seconds."
            )
        self._symbols = tuple(dict.fromkeys(symbols))
        self._timeout = timeout
        self._settle = settle
        self._options = options
        self._stats = FillStats()
        self._told: set[str] = set()

    def __repr__(self) -> str:
        return f"<RestFill of {self._options.url}>"

    def stats(self) -> FillStats:
        """Return what has been filled so far."""
        return self._stats

    def check_params(self, market: str, params: Iterable[str]) -> None:
        """Refuse what no request has, before anything is missing; see `ChecksParams`.

        Raises:
            UsageError: A whole channel is subscribed and no ticker was named.
        """
        spec = market_of(market).spec
        for param in params:
            for one in tickers_of(param, self._symbols) or (param,):
                endpoint_of(spec, one)

    async def __call__(self, gap: Gap) -> list[dict[str, Any]]:
        """Return what was missed of all that REST has.

        What cannot be had is logged and counted; what can be had is returned.
        """
        window = window_of(gap)
        events: list[Stamped] = []
        failures: dict[str, str] = {}
        endpoints = self._endpoints(gap, failures)
        self._stats = replace(self._stats, gaps=self._stats.gaps + 1)
        if endpoints:
            try:
                async with asyncio.timeout(self._timeout):
                    await self._ask_all(endpoints, window, events, failures)
            except TimeoutError:
                # Each has noted what it lacks.
                pass
        self._stats = replace(
            self._stats,
            events=self._stats.events + len(events),
            failed=self._stats.failed + len(failures),
        )
        self._tell(gap, failures)
        return [one.event for one in sorted(events, key=lambda one: one.at_ns)]

    def _endpoints(self, gap: Gap, failures: dict[str, str]) -> list[Endpoint]:
        """Return what there is to ask for; once each."""
        market = schema.MARKETS[gap.market]
        found: dict[str, Endpoint] = {}
        for param in gap.params:
            for one in tickers_of(param, self._symbols) or (param,):
                try:
                    endpoint = endpoint_of(market, one)
                except UsageError as error:
                    failures[param] = str(error)
                    continue
                if endpoint is not None:
                    found[endpoint.param] = endpoint
                elif (name := param.partition(".")[0]) not in self._told:
                    self._told.add(name)
                    logger.warning("%s: gaps of %s cannot be filled over REST", gap.market, name)
        return list(found.values())

    async def _ask_all(
        self,
        endpoints: list[Endpoint],
        window: Window,
        events: list[Stamped],
        failures: dict[str, str],
    ) -> None:
        await asyncio.sleep(self._settle_s(window))
        async with Requester.opened(self._options) as requester:
            try:
                async with asyncio.TaskGroup() as group:
                    for endpoint in endpoints:
                        group.create_task(
                            self._ask_one(requester, endpoint, window, events, failures)
                        )
            finally:
                self._stats = replace(
                    self._stats,
                    requests=self._stats.requests + requester.stats.requests,
                    retries=self._stats.retries + requester.stats.retries,
                )

    def _settle_s(self, window: Window) -> float:
        """Return for how long the server may yet be without the end of it."""
        return min(max(0.0, window.shown_ns / 1e9 - time.time()), self._settle)

    async def _ask_one(
        self,
        requester: Requester,
        endpoint: Endpoint,
        window: Window,
        events: list[Stamped],
        failures: dict[str, str],
    ) -> None:
        failures[endpoint.param] = f"not found within {self._timeout:g} s"
        try:
            pages = events_of(requester, endpoint, window.start_ns, window.end_ns)
            async with aclosing(pages) as found:
                async for page in found:
                    events += page
        except FastpolyError as error:
            failures[endpoint.param] = str(error)
        else:
            del failures[endpoint.param]

    def _tell(self, gap: Gap, failures: Mapping[str, str]) -> None:
        if not failures:
            return
        shown = "; ".join(f"{param}: {why}" for param, why in [*failures.items()][:MAX_LOGGED])
        more = f"; and {len(failures) - MAX_LOGGED} more" if len(failures) > MAX_LOGGED else ""
        logger.warning(
            "%s: %d subscriptions of a gap of %.1f s are not filled, or not wholly: %s%s",
            gap.market,
            len(failures),
            gap.seconds,
            shown,
            more,
        )
