"""What was before: the events of a span of time from REST, and the join with a live stream."""

from __future__ import annotations

import asyncio
import heapq
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly import schema
from fastpoly._core import decode
from fastpoly.engine.filling.filled_tail import TAIL_NS, FilledTail
from fastpoly.engine.filling.repeats import FILLED_KEY
from fastpoly.errors import UsageError
from fastpoly.protocol.markets import market_of
from fastpoly.rest.endpoints import Endpoint, endpoint_of, tickers_of
from fastpoly.rest.filling import MARGIN_NS, lateness_ns
from fastpoly.rest.pages import events_of
from fastpoly.rest.requester import Requester, RestOptions
from fastpoly.rest.rows import Stamped

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["LiveStream", "endpoints_for", "fetched", "joined"]

logger = logging.getLogger("fastpoly.rest")

EVENTS_PER_BATCH: Final = 2000


class LiveStream(Protocol):
    """What a `Stream` is here."""

    @property
    def market(self) -> str:
        """The market's name."""

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Parameters that are wanted."""

    @property
    def clock(self) -> Any:
        """The time by which data is received."""

    def batches(self) -> AsyncIterator[Batch]:
        """Return an iteration over all that comes from now on."""


def endpoints_for(market: str, params: Iterable[str], symbols: tuple[str, ...]) -> list[Endpoint]:
    """Return what to ask for, once each.

    Raises:
        SubscriptionError: A parameter is malformed.
        UsageError: No request has one of them.
    """
    spec = market_of(market).spec
    found: dict[str, Endpoint] = {}
    for param in params:
        for one in tickers_of(param, symbols) or (param,):
            endpoint = endpoint_of(spec, one)
            if endpoint is None:
                raise UsageError(
                    f"REST has no events of {one}.", hint="Ask for trades, quotes or bars."
                )
            found[endpoint.param] = endpoint
    if not found:
        raise UsageError("Nothing is asked for.", hint="Name what, such as T.AAPL.")
    return list(found.values())


class _Column:
    """The events of one channel and ticker; the next page is on its way while one is read.

    Args:
        pages: Its pages.
    """

    def __init__(self, pages: AsyncGenerator[list[Stamped], None]) -> None:
        self._pages = pages
        self._page: list[Stamped] = []
        self._place = 0
        self._coming: asyncio.Task[list[Stamped] | None] | None = self._ask()

    def _ask(self) -> asyncio.Task[list[Stamped] | None]:
        return asyncio.get_running_loop().create_task(self._next_page())

    async def _next_page(self) -> list[Stamped] | None:
        return await anext(self._pages, None)

    async def next(self) -> Stamped | None:
        """Return the next event; None at the end.

        Raises:
            FastpolyError: A page cannot be had.
        """
        while self._place == len(self._page):
            if self._coming is None:
                return None
            page = await self._coming
            self._coming = None if page is None else self._ask()
            self._page, self._place = page or [], 0
        event = self._page[self._place]
        self._place += 1
        return event

    async def close(self) -> None:
        """Ask for nothing more."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.gather(self._coming, return_exceptions=True)
        await self._pages.aclose()


async def merged(
    requester: Requester, endpoints: Iterable[Endpoint], start_ns: int, end_ns: int
) -> AsyncGenerator[Stamped, None]:
    """Yield the events of all channels and tickers in the order in which they were due.

    Raises:
        FastpolyError: A page cannot be had.
    """
    columns = [_Column(events_of(requester, one, start_ns, end_ns)) for one in endpoints]
    try:
        heap: list[tuple[int, int, dict[str, Any]]] = []
        for number, column in enumerate(columns):
            if (first := await column.next()) is not None:
                heap.append((first.at_ns, number, first.event))
        heapq.heapify(heap)
        while heap:
            at_ns, number, event = heap[0]
            yield Stamped(at_ns, event)
            following = await columns[number].next()
            if following is None:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (following.at_ns, number, following.event))
    finally:
        for column in columns:
            await column.close()


def batch_of_events(market: str, events: Iterable[dict[str, Any]]) -> Batch:
    """Return events as a batch, marked as filled."""
    return decode(json.dumps([{**event, FILLED_KEY: True} for event in events]), market=market)


async def fetched(
    endpoints: list[Endpoint], start_ns: int, end_ns: int, options: RestOptions
) -> AsyncGenerator[tuple[Batch, list[Stamped]], None]:
    """Yield the events of a span of time as batches, each with its events.

    Raises:
        FastpolyError: A page cannot be had.
    """
    market = endpoints[0].market.name
    async with Requester.opened(options) as requester:
        waiting: list[Stamped] = []
        async with aclosing(merged(requester, endpoints, start_ns, end_ns)) as events:
            async for one in events:
                waiting.append(one)
                if len(waiting) == EVENTS_PER_BATCH:
                    yield batch_of_events(market, (each.event for each in waiting)), waiting
                    waiting = []
                    # Pages that are there already would leave the loop to nobody else.
                    await asyncio.sleep(0)
        if waiting:
            yield batch_of_events(market, (each.event for each in waiting)), waiting


async def joined(
    stream: LiveStream,
    start_ns: int,
    symbols: tuple[str, ...],
    settle: float,
    options: RestOptions,
) -> AsyncGenerator[Batch, None]:
    """Yield history, then what a stream has brought since, and goes on to bring.

    Raises:
        FastpolyError: A page cannot be had; or what ends the stream.
        UsageError: No request has what is subscribed, or the stream is not open.
    """
    spec = schema.MARKETS[stream.market]
    params = [one for one in stream.subscriptions if _has_history(spec, one)]
    endpoints = endpoints_for(spec.name, params, symbols)
    live = stream.batches()
    first = asyncio.get_running_loop().create_task(_next_batch(live))
    try:
        # From here on all comes live; a moment later the server has all that was before.
        end_ns = stream.clock.time_ns() + MARGIN_NS
        await asyncio.gather(asyncio.sleep(settle), asyncio.wait([first], timeout=settle))
        if first.done() and not first.cancelled() and first.exception() is None:
            end_ns -= lateness_ns(spec, first.result())
        tail: list[dict[str, Any]] = []
        async with aclosing(fetched(endpoints, start_ns, end_ns, options)) as history:
            async for batch, events in history:
                tail += [one.event for one in events if one.at_ns > end_ns - 2 * TAIL_NS]
                yield batch
        repeats = FilledTail(spec, tail, stream.clock.time_ns()) if tail else None
        del tail
        current = await first
        while current is not None:
            if repeats is not None:
                if current.received_ns > repeats.until_ns:
                    repeats = None
                else:
                    current = repeats.drop_repeats(current)
            if len(current):
                yield current
            current = await _next_batch(live)
    finally:
        if not first.done():
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)


async def _next_batch(live: AsyncIterator[Batch]) -> Batch | None:
    return await anext(live, None)


def _has_history(market: schema.MarketSpec, param: str) -> bool:
    """Return whether REST has a channel; say so where it has not."""
    name = param.partition(".")[0]
    channel = market.channel(name)
    has = channel is not None and bool(channel.rest)
    if not has:
        logger.warning("%s: REST has no history of %s", market.name, param)
    return has
