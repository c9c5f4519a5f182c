"""Asks the vendor's REST interface for what a stream missed, or for what was before it."""

from __future__ import annotations

from collections.abc import Iterable

from fastpoly.net.credentials import ApiKey
from fastpoly.rest.client import Answer, Get, HttpClient
from fastpoly.rest.filling import FillStats, RestFill
from fastpoly.rest.requester import DEFAULT_URL, RestOptions

__all__ = ["Answer", "FillStats", "Get", "HttpClient", "RestFill", "fill"]


def fill(
    symbols: Iterable[str] = (),
    *,
    api_key: str | ApiKey | None = None,
    url: str = DEFAULT_URL,
    get: Get | None = None,
    timeout: float = 25.0,
    settle: float = 3.0,
    per_second: float = 50.0,
    budget: int = 1000,
    attempts: int = 10,
    request_timeout: float = 10.0,
    concurrency: int = 8,
    csv: bool = False,
) -> RestFill:
    """Return a hook that fills the gaps of a stream: ``Stream("stocks", "T.AAPL", fill=fill())``.

    Trades, quotes and bars of a second or a minute are asked for, ticker by ticker, as far as they
    are subscribed. What is found comes right after the gap, once and in order, and
    ``event.get("filled")`` is True for it. What cannot be found is logged and counted.

    Args:
        symbols: The tickers to ask for where a whole channel is subscribed: no request has all.
            Without them, a stream with such a subscription is refused.
        api_key: The key; by default from the environment, as for `Stream`.
        url: The server.
        get: An HTTP client, see `Get`; by default aiohttp, of the extra ``rest``.
        timeout: Seconds for one gap; what has not been found by then is left out. Less than the
            stream's `fill_timeout`.
        settle: Seconds after the end of a gap until the server is taken to have all of it.
        per_second: Requests a second at most; the free plan has 5 a minute.
        budget: Requests for one gap at most, attempts counted each.
        attempts: Attempts for one request.
        request_timeout: Seconds that one attempt may take.
        concurrency: Requests at a time.
        csv: Whether to ask for CSV where the server has it.

    Raises:
        UsageError: An argument is invalid, or there is no key.
    """
    options = RestOptions(
        api_key=api_key,
        url=url,
        get=get,
        per_second=per_second,
        budget=budget,
        attempts=attempts,
        request_timeout=request_timeout,
        concurrency=concurrency,
        csv=csv,
    )
    return RestFill(symbols, timeout, settle, options)
