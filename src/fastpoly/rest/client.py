"""One HTTP GET: what any client has to offer, and the one that comes with the extra ``rest``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, Self

from fastpoly.errors import UsageError

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Answer", "Get", "HttpClient"]

CONNECTIONS: Final = 16
"""Connections to the server at most."""


class Answer(NamedTuple):
    """What a server answered.

    Attributes:
        status: The HTTP status.
        headers: The header fields, with names in lower case.
        body: The body, unpacked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Get(Protocol):
    """Any HTTP client as a coroutine function ``get(url, headers)``.

    Redirects must not be followed: the key is in the headers. What cannot be had is an `OSError`
    or `TimeoutError`, which is tried again. The caller bounds the time.
    """

    async def __call__(self, url: str, headers: Mapping[str, str], /) -> Answer:
        """Return the answer to one GET, whatever its status."""


class HttpClient:
    """A `Get` on aiohttp, with one pool of connections; to be used in ``async with``.

    Raises:
        UsageError: aiohttp is not installed.
    """

    def __init__(self) -> None:
        try:
            import aiohttp
        except ImportError:
            raise UsageError(
                "REST requests need aiohttp.",
                hint="pip install 'fastpoly[rest]', or pass get=, an HTTP client of your own.",
            ) from None
        self._aiohttp = aiohttp
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        http = self._aiohttp
        self._session = http.ClientSession(
            connector=http.TCPConnector(limit=CONNECTIONS),
            # The caller bounds the time; environment proxies count as for any other program.
            timeout=http.ClientTimeout(total=None),
            trust_env=True,
            cookie_jar=http.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            # Transports of TLS end one turn of the loop later.
            await asyncio.sleep(0)

    async def __call__(self, url: str, headers: Mapping[str, str], /) -> Answer:
        """See `Get`."""
        if self._session is None:
            raise UsageError("The HTTP client is not open.", hint="Use it in 'async with'.")
        failed = ""
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
                body = await answer.read()
                fields = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status, fields, body)
        except self._aiohttp.ClientError as error:
            failed = f"{type(error).__name__}: {error}"
        # Outside of the handler: errors of the client's know the headers, and the key in them.
        raise ConnectionError(failed)
