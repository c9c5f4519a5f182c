"""Asks a REST server at a bounded rate, tries again what may pass, and keeps the key to itself."""

from __future__ import annotations

import asyncio
import json
import random
import time
import urllib.parse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from fastpoly.errors import AuthError, FastpolyError, NotAuthorizedError, RestError, UsageError
from fastpoly.net.credentials import ApiKey, find_api_key
from fastpoly.net.opening.failures import retry_after_s
from fastpoly.net.options import require_positive
from fastpoly.rest.client import Answer, Get, HttpClient
from fastpoly.rest.rows import Page, read_page

__all__ = ["DEFAULT_URL", "RequestStats", "Requester", "RestOptions"]

DEFAULT_URL: Final = "https://api.massive.com"

PASSING: Final = frozenset({408, 413, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others the next time."""

FIRST_DELAY_S: Final = 0.1
MAX_DELAY_S: Final = 3.0
"""How long to wait before another attempt: twice as long each time, up to this."""

MAX_RETRY_AFTER_S: Final = 60.0
"""Seconds that a server's ``Retry-After`` may ask for."""

MAX_SHOWN: Final = 200
"""Characters of a server's text in an error."""


@dataclass(frozen=True, slots=True)
class RequestStats:
    """What has been asked so far.

    Attributes:
        requests: Requests that were sent, attempts counted each.
        retries: Attempts among them that were not the first.
        nbytes: Bytes of the answers, unpacked.
    """

    requests: int = 0
    retries: int = 0
    nbytes: int = 0


@dataclass(frozen=True, slots=True)
class RestOptions:
    """How a REST server is asked.

    Attributes:
        api_key: The key; by default from the environment, see `find_api_key`.
        url: The server.
        get: An HTTP client, see `Get`; by default aiohttp, of the extra ``rest``.
        per_second: Requests a second at most; the free plan has 5 a minute.
        budget: Requests at most, attempts counted each, for one gap or one fetch.
        attempts: Attempts for one request.
        request_timeout: Seconds that one attempt may take.
        concurrency: Requests at a time.
        csv: Whether pages are asked for as CSV where they can be: half the bytes of JSON.
    """

    api_key: str | ApiKey | None = None
    url: str = DEFAULT_URL
    get: Get | None = None
    per_second: float = 50.0
    budget: int = 1000
    attempts: int = 20
    request_timeout: float = 10.0
    concurrency: int = 8
    csv: bool = False

    def __post_init__(self) -> None:
        require_positive(
            per_second=self.per_second,
            budget=self.budget,
            attempts=self.attempts,
            request_timeout=self.request_timeout,
            concurrency=self.concurrency,
        )
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise UsageError(
                f"url={self.url!r} is no address of a REST server.",
                hint=f"Pass one such as {DEFAULT_URL}.",
            )
        if self.get is not None and not callable(self.get):
            raise UsageError(
                f"get is not callable: {self.get!r}.",
                hint="Pass a coroutine function get(url, headers) that returns an Answer.",
            )
        if self.get is None:
            HttpClient()  # whoever has none is told before anything is missing
        # The same goes for the key, which is hidden from here on.
        object.__setattr__(self, "api_key", find_api_key(self.api_key, self.url))


class Requester:
    """Asks one server; all that are asked at a time share its rate and its budget.

    Args:
        options: How it is asked.
        get: The HTTP client.
    """

    def __init__(self, options: RestOptions, get: Get) -> None:
        if not isinstance(options.api_key, ApiKey):
            raise AssertionError("options find their key")
        self.stats = RequestStats()
        self.options = options
        self._key = options.api_key
        self._get = get
        self._base = options.url.rstrip("/")
        self._next_s = self._held_until_s = 0.0
        self._slots = asyncio.Semaphore(options.concurrency)

    @staticmethod
    @asynccontextmanager
    async def opened(options: RestOptions) -> AsyncIterator[Requester]:
        """Make one, with an HTTP client as long as it is needed."""
        if options.get is not None:
            yield Requester(options, options.get)
            return
        async with HttpClient() as client:
            yield Requester(options, client)

    async def page(self, path: str, csv: bool = False) -> Page:
        """Return a page.

        Args:
            path: Path and query, or a full URL of which these are taken: the key goes to no other
                server.
            csv: Whether to ask for CSV.

        Raises:
            AuthError: The key was refused.
            NotAuthorizedError: The plan does not include it.
            RestError: It cannot be had.
        """
        url = self._base + _path_of(path)
        failure: FastpolyError | None = None
        for attempt in range(self.options.attempts):
            if attempt:
                delay_s = min(MAX_DELAY_S, FIRST_DELAY_S * 2 ** (attempt - 1))
                await asyncio.sleep(delay_s * random.uniform(0.5, 1.0))
                self.stats = replace(self.stats, retries=self.stats.retries + 1)
            answer = await self._ask(url, csv)
            if isinstance(answer, FastpolyError):
                failure = answer
                continue
            if answer.status == 200:
                try:
                    return read_page(answer.body, answer.headers.get("content-type", ""))
                except ValueError as error:
                    failure = self._error(url, f"no page that can be read: {error}", 200)
                    continue
            failure = self._refused(url, answer)
            if answer.status not in PASSING:
                raise failure
            self._hold_back(answer)
        raise failure or AssertionError("there was an attempt")

    async def _ask(self, url: str, csv: bool) -> Answer | FastpolyError:
        """Return an answer, or why there is none; at the rate that is allowed."""
        async with self._slots:
            await self._wait_for_turn()
            if self.stats.requests >= self.options.budget:
                raise RestError(
                    f"The budget of {self.options.budget} requests is used up.",
                    hint="Raise budget, or ask for fewer tickers or a shorter time.",
                )
            self.stats = replace(self.stats, requests=self.stats.requests + 1)
            headers = {
                "authorization": f"Bearer {self._key.reveal()}",
                "accept": "text/csv" if csv else "application/json",
            }
            reason = fault = ""
            try:
                async with asyncio.timeout(self.options.request_timeout):
                    answer = await self._get(url, headers)
            except TimeoutError:
                reason = f"no answer within {self.options.request_timeout:g} s"
            except OSError as error:
                reason = str(error) or type(error).__name__
            except FastpolyError:
                raise
            except Exception as error:
                fault = self._hide(f"The HTTP client raised {type(error).__name__}: {error}")
            else:
                self.stats = replace(self.stats, nbytes=self.stats.nbytes + len(answer.body))
                return answer
        # Without a cause: an HTTP client's error may know the headers, and the key in them.
        if fault:
            raise RestError(fault, hint="See that get(url, headers) returns an Answer.")
        return self._error(url, reason, 0)

    async def _wait_for_turn(self) -> None:
        loop = asyncio.get_running_loop()
        at_s = max(loop.time(), self._next_s)
        self._next_s = at_s + 1 / self.options.per_second
        while (wait_s := at_s - loop.time()) > 0:
            await asyncio.sleep(wait_s)
            # Meanwhile the server may have asked everybody to wait.
            at_s = max(at_s, self._held_until_s)

    def _hold_back(self, answer: Answer) -> None:
        """Have all requests wait as long as a server asks for."""
        wait_s = retry_after_s(answer.headers.get("retry-after"), time.time())
        if wait_s:
            now_s = asyncio.get_running_loop().time()
            self._held_until_s = now_s + min(wait_s, MAX_RETRY_AFTER_S)
            self._next_s = max(self._next_s, self._held_until_s)

    def _refused(self, url: str, answer: Answer) -> FastpolyError:
        """Return the error for an answer that is no page."""
        said = _said(answer.body)
        if answer.status == 401:
            return AuthError(self._text(url, "refused the API key (401)"), message=self._hide(said))
        if answer.status == 403:
            detail = self._text(url, "does not let this key have it (403)")
            return NotAuthorizedError(detail, message=self._hide(said))
        reason = f"HTTP status {answer.status}" + (f": {said}" if said else "")
        return self._error(url, reason, answer.status)

    def _error(self, url: str, reason: str, status: int) -> RestError:
        hint = "It may pass: try again later." if status in PASSING or not status else ""
        return RestError(self._text(url, f"gave {reason}"), hint=hint, status=status)

    def _text(self, url: str, what: str) -> str:
        parts = urllib.parse.urlsplit(url)
        return self._hide(f"{parts.hostname}{parts.path} {what}.")

    def _hide(self, text: str) -> str:
        return self._key.hide(text)


def _path_of(url: str) -> str:
    """Return path and query of a URL, without a key in it."""
    parts = urllib.parse.urlsplit(url)
    query = [one for one in parts.query.split("&") if one.partition("=")[0].lower() != "apikey"]
    return parts.path + (f"?{'&'.join(query)}" if parts.query else "")


def _said(body: bytes) -> str:
    """Return what a server says in the body of a refusal."""
    text = body[:4096].decode("utf-8", "replace")
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = text
    if isinstance(found, dict):
        found = found.get("error") or found.get("message") or ""
    return " ".join(str(found).split())[:MAX_SHOWN]
