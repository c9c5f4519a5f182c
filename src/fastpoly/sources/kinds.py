"""The table of sources: which one a URL asks for, by its scheme."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from fastpoly.broker.address import SCHEMES, read_address
from fastpoly.errors import UsageError
from fastpoly.net.credentials import find_api_key
from fastpoly.net.endpoints import WEBSOCKET_SCHEMES, make_ssl_context, make_url
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.start import EVERYTHING_NS, read_start
from fastpoly.shards import ALL_SHARDS, shard_bits
from fastpoly.shared.names import address_of
from fastpoly.sources.capture import CaptureSource
from fastpoly.sources.live import LiveSource
from fastpoly.sources.nats.options import NatsOptions, StartAt
from fastpoly.sources.nats.source import NatsSource
from fastpoly.sources.shared_memory import SharedMemorySource

if TYPE_CHECKING:
    from fastpoly.net.credentials import ApiKey
    from fastpoly.net.options import ConnectionOptions
    from fastpoly.sources.source import Source

__all__ = ["SOURCE_KINDS", "SourceRequest", "make_source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    """What a user says of the source of a stream.

    Attributes:
        market: The market, such as ``stocks`` or ``futures/cme``.
        options: How connections are made and kept.
        url: A full URL; None for the vendor's service.
        host: A host of the service, instead; it may be a full URL too.
        feed: A feed of the service, instead.
        api_key: The key; None for the one in the environment.
        keep_statuses: Whether control messages stay in the batches.
        keep_frames: Whether batches keep the text of their frames, for `Batch.raw`.
        spaced: How requests are written, see `LiveSource`.
    """

    market: str
    options: ConnectionOptions
    # Hidden: they may have a key or a password in them.
    url: str | None = field(default=None, repr=False)
    host: str | None = field(default=None, repr=False)
    feed: str | None = None
    api_key: str | ApiKey | None = field(default=None, repr=False)
    keep_statuses: bool = False
    keep_frames: bool = False
    spaced: bool = False


Maker: TypeAlias = "Callable[[SourceRequest], Source]"


def _live(request: SourceRequest) -> LiveSource:
    target = make_url(request.market, feed=request.feed, host=request.host, url=request.url)
    return LiveSource(
        target,
        find_api_key(request.api_key, target),
        market_of(request.market).name,
        request.options,
        keep_statuses=request.keep_statuses,
        keep_frames=request.keep_frames,
        spaced=request.spaced,
    )


_FILE_HINT: Final = "Write it as file:day.mcap or file:/data/day.mcap?speed=max."


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time.", hint="Pass Unix time in ns.") from None


def _speed(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name for part in text.split(",") if (name := part.strip()))
    if not names:
        raise UsageError("symbols= names nothing.", hint="Write it as symbols=AAPL,MSFT.")
    return names


_FILE_SETTINGS: Final[Mapping[str, tuple[str, Callable[[str], object]]]] = {
    "speed": ("speed", _speed),
    "start": ("start_ns", _number),
    "end": ("end_ns", _number),
    "batches": ("batches", str),
    "symbols": ("symbols", _names),
}
"""What the query of a file's URL may say -> the argument of `CaptureSource`, and how it is read."""


def _recording(request: SourceRequest) -> CaptureSource:
    if request.feed or (request.url and request.host):
        raise UsageError("A recording has no feed and no host.", hint="Pass the URL alone.")
    parts = urllib.parse.urlsplit(request.url or request.host or "")
    if parts.netloc not in ("", "localhost") or not parts.path or parts.fragment:
        raise UsageError("The URL of the file is not one of a file here.", hint=_FILE_HINT)
    settings: dict[str, object] = {}
    for name, value in urllib.parse.parse_qsl(parts.query, keep_blank_values=True):
        if name not in _FILE_SETTINGS:
            raise UsageError(
                f"{name!r} is nothing that can be said of a recording.",
                hint=f"Choose among {', '.join(_FILE_SETTINGS)}.",
            )
        argument, read = _FILE_SETTINGS[name]
        settings[argument] = read(value)
    return CaptureSource(
        [urllib.parse.unquote(parts.path)],
        request.market,
        keep_statuses=request.keep_statuses,
        keep_frames=request.keep_frames,
        **settings,  # type: ignore[arg-type]  # by the table
    )


def _start_at(text: str) -> StartAt:
    start_ns = read_start(text)
    return StartAt(everything=start_ns == EVERYTHING_NS, time_ns=start_ns or None)


def _shards(text: str | None) -> int:
    if text is None:
        return ALL_SHARDS
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal()):
        raise UsageError(f"shard={text!r} is no share.", hint="Write it as shard=0/4.")
    return shard_bits((int(index), int(count)))


def _broker(request: SourceRequest) -> NatsSource:
    if request.feed or (request.url and request.host):
        raise UsageError("A broker has no feed and no other host.", hint="Pass the URL alone.")
    address = read_address(request.url or request.host or "", ("start", "durable", "shard"))
    options = NatsOptions(
        address=address,
        market=market_of(request.market).name,
        start=_start_at(address.settings.get("start", "new")),
        durable=address.settings.get("durable"),
        shards=_shards(address.settings.get("shard")),
        context=make_ssl_context(request.options.ssl) if address.is_secure else None,
        keep_frames=request.keep_frames,
    )
    return NatsSource(options)


def _shared(request: SourceRequest) -> SharedMemorySource:
    if request.feed or (request.url and request.host):
        raise UsageError("Shared memory has no feed and no host.", hint="Pass the URL alone.")
    parts = urllib.parse.urlsplit((request.url or request.host or "").strip())
    if parts.path or parts.query or parts.fragment:
        raise UsageError("The URL of the shared memory is none.", hint="Write it as shm://name.")
    address_of(parts.netloc, market_of(request.market).name)
    return SharedMemorySource(
        parts.netloc,
        request.market,
        timeout_s=request.options.open_timeout,
        keep_statuses=request.keep_statuses,
        keep_frames=request.keep_frames,
    )


SOURCE_KINDS: Final[Mapping[str, Maker]] = {
    **dict.fromkeys(WEBSOCKET_SCHEMES, _live),
    "file": _recording,
    **dict.fromkeys(SCHEMES, _broker),
    "shm": _shared,
}
"""The scheme of a URL -> what makes its source."""


def make_source(request: SourceRequest) -> Source:
    """Return the source that a user asks for: by the URL's scheme, or the vendor's service.

    Raises:
        UsageError: What was said makes no sense.
        CaptureError: A file cannot be opened.
    """
    scheme = (request.url or request.host or "").strip().partition(":")[0].lower()
    # A name without a scheme is a host's; what is wrong with other schemes, the live source says.
    return SOURCE_KINDS.get(scheme, _live)(request)
