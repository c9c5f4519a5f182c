"""Asks the vendor's REST interface for what a stream missed, or for what was before it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, TypedDict, Unpack

from fastpoly.health.clock import When, unix_ns
from fastpoly.net.credentials import ApiKey
from fastpoly.rest.client import Answer, Get, HttpClient
from fastpoly.rest.filling import FillStats, RestFill
from fastpoly.rest.history import LiveStream, endpoints_for, fetched, joined
from fastpoly.rest.requester import RestOptions

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = [
    "Answer",
    "FillStats",
    "Get",
    "HttpClient",
    "RestFill",
    "RestKeywords",
    "backfill",
    "fetch",
    "fill",
]


class RestKeywords(TypedDict, total=False):
    """How the server is asked, as keywords of `fill`, `fetch` and `backfill`; see `RestOptions`."""

    api_key: str | ApiKey | None
    url: str
    get: Get | None
    per_second: float
    budget: int
    attempts: int
    request_timeout: float
    concurrency: int
    csv: bool


def fill(
    symbols: Iterable[str] = (),
    *,
    timeout: float = 25.0,
    settle: float = 3.0,
    **asking: Unpack[RestKeywords],
) -> RestFill:
    """Return a hook that fills the gaps of a stream: ``Stream("stocks", "T.AAPL", fill=fill())``.

    Trades, quotes and bars of a second or a minute are asked for, ticker by ticker, as far as they
    are subscribed. What is found comes right after the gap, once and in order, and
    ``event.get("filled")`` is True for it. What cannot be found is logged and counted.

    Args:
        symbols: The tickers to ask for where a whole channel is subscribed: no request has all.
            Without them, a stream with such a subscription is refused.
        timeout: Seconds for one gap; what has not been found by then is left out. Less than the
            stream's `fill_timeout`.
        settle: Seconds after the end of a gap until the server is taken to have all of it.
        asking: ``api_key``, by default from the environment as for `Stream`; ``url``, the server;
            ``get``, an HTTP client, by default aiohttp of the extra ``rest``; ``per_second`` and
            ``budget``, requests at most; and more, see `RestOptions`.

    Raises:
        UsageError: An argument is invalid, or there is no key.
    """
    return RestFill(symbols, timeout, settle, RestOptions(**asking))


async def fetch(
    market: str,
    *params: str,
    start: When,
    end: When,
    symbols: Iterable[str] = (),
    **asking: Unpack[RestKeywords],
) -> AsyncGenerator[Batch, None]:
    """Yield the events of a span of time, as a stream would have brought them, in batches.

    All channels and tickers together are in the order in which their events were due, and
    ``event.get("filled")`` is True for each.

    Args:
        market: The market.
        params: What to fetch, such as ``T.AAPL`` or ``AM.MSFT``.
        start: When the first event was due: a time with a time zone, or Unix time in ns. A bar is
            due at the end of its window.
        end: When the last one was.
        symbols: The tickers that are meant by a parameter such as ``T.*``.
        asking: As for `fill`.

    Raises:
        RestError: A page could not be had; what came before it is whole.
        UsageError: An argument is invalid, or no request has it.
    """
    endpoints = endpoints_for(market, params, tuple(symbols))
    options = RestOptions(**asking)
    async with aclosing(fetched(endpoints, unix_ns(start), unix_ns(end), options)) as history:
        async for batch, _ in history:
            yield batch


async def backfill(
    stream: LiveStream,
    start: When,
    *,
    symbols: Iterable[str] = (),
    settle: float = 3.0,
    **asking: Unpack[RestKeywords],
) -> AsyncGenerator[Batch, None]:
    """Yield what a stream would have brought since some time, and go on with it live.

    Nothing is missing between the two, and nothing comes twice. What comes live meanwhile waits in
    the stream's buffer, whose overflow policy holds.

    Args:
        stream: An open `Stream`; all that it is subscribed to comes, also what REST has not, which
            begins with the live data.
        start: Since when: a time with a time zone, or Unix time in ns.
        symbols: The tickers that get a history where a whole channel is subscribed.
        settle: Seconds after which the server is taken to have what happened before.
        asking: As for `fill`.

    Raises:
        RestError: A page could not be had.
        UsageError: An argument is invalid, or no request has what is subscribed.
        FastpolyError: What ended the stream.
    """
    options = RestOptions(**asking)
    batches = joined(stream, unix_ns(start), tuple(symbols), settle, options)
    async with aclosing(batches) as both:
        async for batch in both:
            yield batch
