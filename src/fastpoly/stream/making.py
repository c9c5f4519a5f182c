"""Makes the streams of `Streams`: what is wanted of each market, and the keywords of all."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from fastpoly.consumers.handlers.error_policy import ErrorHook
from fastpoly.consumers.handlers.fill_hook import Fill
from fastpoly.errors import UsageError
from fastpoly.filters.conditions import Condition
from fastpoly.health.silence import StaleAfter
from fastpoly.net.options import ConnectionKeywords
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.reconnect import ReconnectPolicy
from fastpoly.stream.stream import Stream
from fastpoly.unix_sockets import is_unix, split_unix_url

__all__ = ["StreamKeywords", "Wanted", "streams_of"]

Wanted: TypeAlias = "str | Iterable[str] | Stream"
"""What is wanted of one market: parameters, or a stream that was made for it and is not open."""


class StreamKeywords(ConnectionKeywords, total=False):
    """Keywords of `Stream` that may be the same for several markets."""

    api_key: str | None
    feed: str | None
    host: str | None
    url: str | None
    symbols: Iterable[str] | None
    where: Condition | None
    shard: tuple[int, int] | None
    reconnect: ReconnectPolicy | bool | None
    ingest: str
    max_buffer_bytes: int
    max_buffer_age: float | None
    overflow: str | None
    on_error: ErrorHook | None
    error_policy: str
    fill: Fill | None
    fill_timeout: float
    stale_after: StaleAfter
    subscribe_timeout: float


def streams_of(
    markets: Mapping[str, Wanted], named: Mapping[str, Wanted | None], options: StreamKeywords
) -> dict[str, Stream]:
    """Return a stream for each market, by the name that it was given.

    Args:
        markets: What is wanted by market.
        named: The same, from keywords; None for nothing.
        options: Keywords of all streams that are not there already.

    Raises:
        UsageError: No market is named, one of them twice, or something is invalid.
    """
    wanted = {str(name): one for name, one in markets.items()}
    for name, one in named.items():
        if one is None:
            continue
        if name in wanted:
            raise UsageError(f"{name} is named twice.", hint="Pass it once.")
        wanted[name] = one
    if not wanted:
        raise UsageError("No market is named.", hint='Pass one or more: stocks=["T.*"].')
    _check_url(options.get("url"))
    return {name: _stream_of(name, one, options) for name, one in wanted.items()}


def _check_url(url: str | None) -> None:
    if url is None:
        return
    path = split_unix_url(url)[1] if is_unix(url) else urllib.parse.urlsplit(url).path
    if path.strip("/"):
        raise UsageError(
            "The URL has a path, which is one market's.",
            hint='Leave it out; or pass stocks=Stream("stocks", "T.*", url=...) for each market.',
        )


def _stream_of(name: str, wanted: Wanted, options: StreamKeywords) -> Stream:
    if not isinstance(wanted, Stream):
        return Stream(name, wanted, **options)
    if wanted.market != name.partition("/")[0]:
        raise UsageError(f"{wanted!r} is not a stream of {name}.", hint="Pass it by its market.")
    if wanted.state is not State.IDLE:
        raise UsageError(f"{wanted!r} was opened before.", hint="Pass one that was not.")
    return wanted
