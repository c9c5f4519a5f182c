"""`Hub`: one connection to the service, served on to any number of programs on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl as ssl_module
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Final, Unpack

from fastpoly.consumers.recording import Recording, RecordKeywords
from fastpoly.consumers.sharing import Sharing
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.hub.access import Access
from fastpoly.hub.delivery import Delivery
from fastpoly.hub.feed import HubFeed
from fastpoly.hub.late_reader import LateReader
from fastpoly.hub.news import gap_of_upstream, news
from fastpoly.hub.slow_readers import SLOW_READER_POLICIES
from fastpoly.hub.stats import HubReaderStats, HubStats
from fastpoly.hub.upstream import Upstream
from fastpoly.net.options import (
    ConnectionKeywords,
    ConnectionOptions,
    require_positive,
    takes_options,
)
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.reconnect import Backoff, ReconnectPolicy, make_policy
from fastpoly.protocol.start import start_of_query
from fastpoly.protocol.subscriptions import parse_params
from fastpoly.serving.listening import Listening
from fastpoly.serving.messages import parse_params as params_of
from fastpoly.serving.policy import ServerPolicy
from fastpoly.serving.server import StreamServer
from fastpoly.serving.socket_file import OWNER_ONLY, ListeningFile
from fastpoly.shared.writer import DEFAULT_BUFFER_BYTES
from fastpoly.sources.kinds import SourceRequest, make_source

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.errors import SubscriptionError
    from fastpoly.hub.delivery import Recipient
    from fastpoly.hub.union import Key
    from fastpoly.notices import Gap
    from fastpoly.protocol.lifecycle import StateChange
    from fastpoly.schema import MarketSpec
    from fastpoly.serving.reader import Reader

__all__ = ["Hub"]

logger = logging.getLogger("fastpoly.hub")

MAX_READERS: Final = 256
MAX_SUBSCRIPTIONS: Final = 20_000
MAX_READER_BYTES: Final = 32 * 1024 * 1024
LOOPBACK: Final = "127.0.0.1"
DRAIN_S: Final = 5.0
"""Seconds that readers have, at the hub's end, to read what waits for them."""

_TOLD_STATES: Final = {
    State.WAITING: "lost",
    State.EVICTED: "evicted",
    State.LIVE: "back",
}
"""States of the hub's connection that readers are told of, and what they are called there."""


class Hub(Listening):
    """Serves one market of the service on this machine; an async context manager.

        async with Hub("stocks", api_key=...) as hub:
            ...connect any client of the service to hub.url...
            await hub.wait_closed()

    It connects when the first reader subscribes, to what all readers want together, and hands each
    reader the bytes of the events that it wants, as they were received. A reader that is slow loses
    its own events, and is told how many; nobody else notices. Gaps of the hub's own connection are
    told to everyone. `Stream` makes `Gap` notices of both; other clients pass over them.

    Args:
        market: The market, such as ``stocks``.
        params: What the hub itself wants, whether a reader does or not: for a recording, or so that
            last values are there. Then it connects at once.
        api_key: The key for the service; by default from the environment. Readers never see it.
        feed: A feed of the vendor, such as ``delayed``.
        url: The full URL to connect to, instead of the vendor's.
        host: Address to listen on.
        port: Port to listen on; 0 for any free one. None for that as well, but for no port at all
            where there is a Unix socket.
        unix: Path of a Unix socket to listen on. A file that a hub which was killed has left there
            is replaced, and it is removed at the end.
        unix_mode: The mode of its file: who may write to it may read the hub.
        token: What readers have to pass as their API key; None for anything.
        context: For wss://, the TLS context of this server.
        allow_remote: Whether other machines may reach it, which takes a token and TLS as well.
        policy: What happens to a reader whose buffer is full: ``skip``, ``warn``, ``disconnect``.
        max_reader_bytes: Bytes that may wait for one reader.
        max_readers: Readers at a time.
        max_subscriptions: Parameters that one reader may hold.
        last: Whether a subscription begins with the last event of each symbol that the hub has.
        max_delay: Seconds that data may wait for more, while much comes.
        linger: Seconds after which the connection is closed when nobody wants anything any more.
        reconnect: See `Stream`; by default it also goes on when the first connection fails.
        subscribe_timeout: Seconds to wait for the service's next answer to a subscription.
        connection: See `ConnectionOptions`.

    Raises:
        UsageError: An argument is invalid; the message says which, and what to pass.
    """

    @takes_options()
    def __init__(
        self,
        market: str,
        *params: str | Iterable[str],
        api_key: str | None = None,
        feed: str | None = None,
        url: str | None = None,
        host: str = LOOPBACK,
        port: int | None = None,
        unix: str | os.PathLike[str] | None = None,
        unix_mode: int = OWNER_ONLY,
        token: str | None = None,
        context: ssl_module.SSLContext | None = None,
        allow_remote: bool = False,
        policy: str = "skip",
        max_reader_bytes: int = MAX_READER_BYTES,
        max_readers: int = MAX_READERS,
        max_subscriptions: int = MAX_SUBSCRIPTIONS,
        last: bool = False,
        max_delay: float = 0.001,
        linger: float = 60.0,
        reconnect: ReconnectPolicy | bool | None = True,
        subscribe_timeout: float = 10.0,
        **connection: Unpack[ConnectionKeywords],
    ) -> None:
        path = market_of(market)
        require_positive(
            max_reader_bytes=max_reader_bytes,
            max_readers=max_readers,
            max_subscriptions=max_subscriptions,
            subscribe_timeout=subscribe_timeout,
        )
        if policy not in SLOW_READER_POLICIES:
            raise UsageError(
                f"policy={policy!r} is not a policy for slow readers.",
                hint=f"Choose among {', '.join(SLOW_READER_POLICIES)}.",
            )
        for name, value in (("max_delay", max_delay), ("linger", linger)):
            if not value >= 0:
                raise UsageError(f"{name} is negative.", hint="Pass seconds, 0 or more.")
        file = None if unix is None else ListeningFile(unix, unix_mode)
        address = host if file is None or port is not None else None
        if address is None and host != LOOPBACK:
            raise UsageError("There is a host and no port.", hint="Pass a port as well.")
        self._access = Access(address, token, context, allow_remote)
        self._market = path.spec
        self._path = path.path
        own = ",".join(parse_params(path.spec.name, params))
        self._own = params_of(own, path.spec) if own else []
        source = make_source(
            SourceRequest(
                market=market,
                options=ConnectionOptions(**connection),
                url=url,
                feed=feed,
                api_key=api_key,
                keep_frames=True,
            )
        )
        self.gives_last = last
        self.upstream = Upstream(
            source,
            path.spec.name,
            policy=Backoff(retry_first=True) if reconnect is True else make_policy(reconnect),
            linger_s=linger,
            subscribe_timeout_s=subscribe_timeout,
            owner=self,
        )
        self.delivery = Delivery(
            path.spec.name,
            policy=policy,
            max_reader_bytes=max_reader_bytes,
            max_delay_s=max_delay,
            keep_latest=last,
        )
        self._server = StreamServer(
            self,
            host=address,
            port=port or 0,
            file=file,
            context=context,
            policy=ServerPolicy(
                max_readers=max_readers,
                max_subscriptions=max_subscriptions,
                slow_reader="wait",
            ),
        )
        self._feeds: dict[int, HubFeed] = {}
        self._error: BaseException | None = None
        self._was_lost = False
        self._ended: asyncio.Event = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._playing: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Hub {self._market.name} {self.state}, {len(self._feeds)} readers>"

    @property
    def url(self) -> str:
        """The URL to connect to: by the port, or by the Unix socket where there is no port."""
        return self._server.url(self._path)

    @property
    def urls(self) -> tuple[str, ...]:
        """All URLs to connect to: by the port if it listens on one, then by the Unix socket."""
        return self._server.urls(self._path)

    @property
    def state(self) -> State:
        """The state of the hub's own connection."""
        return self.upstream.feed.engine.state

    # --------------------------------------------------------------------------- life

    async def start(self) -> None:
        """Listen; connect if the hub itself wants something.

        Raises:
            OSError: The address is taken or not ours; it names the file if that is the reason.
        """
        await self.upstream.start()
        try:
            await self._server.start()
        except BaseException:
            await self.upstream.stop()
            raise
        for param in self._own:
            self.upstream.add((param.channel, param.symbol), param.text)
        if self._own:
            self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        try:
            await self.upstream.confirm((one.channel, one.symbol) for one in self._own)
        except FastpolyError as error:
            logger.warning("%s: %s", self._market.name, error)

    async def stop(self) -> None:
        """Close the connection, write what waits, and end every reader's connection."""
        # Or a reader that is sent away would be back before the end, and wait here for nothing.
        self._server.stop_listening()
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        for feed in tuple(self._feeds.values()):
            feed.stop_playing()
        await self.upstream.stop()
        self.delivery.flush()
        with contextlib.suppress(TimeoutError):
            await self._server.drain(DRAIN_S)
        readers = tuple(self._server.readers.values())
        for reader in readers:
            reader.close(1001, "the hub is stopped")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                while self._server.readers:  # noqa: ASYNC110 - many ends, one waiter
                    await asyncio.sleep(0.001)
        await self._server.stop("hub stopped")
        await asyncio.gather(*self._playing, return_exceptions=True)
        self._ended.set()

    async def wait_closed(self) -> None:
        """Wait until the hub has ended.

        Raises:
            FastpolyError: Its own connection has ended, and will not come back.
        """
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    def record(self, path: str | os.PathLike[str], **options: Unpack[RecordKeywords]) -> Recording:
        """Record all that the hub receives, as `Stream.record` does; before it is started, or while
        it runs. Readers that come late get what was recorded, see ``docs/hub.md``.

        Raises:
            UsageError: An option makes no sense.
            CaptureError: The file exists, or cannot be made.
        """
        return self.upstream.feed.record(path, options)

    def share(self, name: str, *, buffer_bytes: int = DEFAULT_BUFFER_BYTES) -> Sharing:
        """Share all that the hub receives through memory, as `Stream.share` does; before it is
        started, or while it runs.

        Programs that read it decide for themselves what they keep, but ask for nothing: what comes
        is what the hub itself and its other readers want.

        Raises:
            UsageError: The name is invalid or taken, or this is not Linux.
            OSError: There is not enough memory.
        """
        return self.upstream.feed.share(name, buffer_bytes)

    def stats(self) -> HubStats:
        """Return what the hub has done so far."""
        delivery = self.delivery
        return HubStats(
            upstream=self.upstream.stats(),
            routed=delivery.position,
            readers=tuple(
                HubReaderStats(
                    number,
                    len(feed),
                    feed.reader.outlet.buffered,
                    feed.recipient.policy.lost,
                    feed.recipient.policy.is_behind,
                    feed.is_late,
                )
                for number, feed in self._feeds.items()
            ),
            accepted=self._server.accepted,
            bytes_sent=delivery.bytes_sent,
            lost_by_channel=dict(delivery.lost_by_channel),
            evicted=delivery.evicted,
            groups=delivery.groups,
        )

    # ---------------------------------------------------------------- what the server calls

    def market_at(self, path: str) -> MarketSpec | None:
        """See `Backend.market_at`."""
        return self._market if path in self._market.paths else None

    def problem_of(self, query: str) -> str:
        """See `Backend.problem_of`."""
        try:
            start_of_query(query)
        except UsageError as error:
            return str(error)
        return ""

    def attach(self, reader: Reader) -> HubFeed:
        """See `Backend.attach`."""
        feed = self._feeds[reader.number] = HubFeed(self, reader)
        return feed

    def admits(self, key: str) -> bool:
        """See `FeedOwner.admits`."""
        return self._access.admits(key)

    def late_reader(self, recipient: Recipient, start_ns: int) -> LateReader:
        """See `FeedOwner.late_reader`."""
        return LateReader(self, self._market.name, recipient, start_ns)

    def forget(self, feed: HubFeed) -> None:
        """See `FeedOwner.forget`."""
        self._feeds.pop(feed.reader.number, None)

    # ------------------------------------------------------------- what late readers ask for

    @property
    def recording(self) -> Recording | None:
        """See `LateReaderOwner.recording`: the one that has been going on for the longest."""
        return next((one for one in self.upstream.feed.recordings if one.is_open), None)

    def given_since_ns(self, key: Key | None = None) -> int | None:
        """See `LateReaderOwner.given_since_ns`."""
        return self.upstream.since_ns(key)

    def run(self, coroutine: Coroutine[object, object, None]) -> None:
        """See `LateReaderOwner.run`."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._playing.add(task)
        task.add_done_callback(self._playing.discard)

    # ------------------------------------------------------------- what the connection says

    def on_batch(self, batch: Batch) -> None:
        """See `UpstreamOwner.on_batch`."""
        self.delivery.on_batch(batch)

    def on_gap(self, gap: Gap) -> None:
        """See `UpstreamOwner.on_gap`."""
        self.delivery.announce(gap_of_upstream(gap))

    def on_state_change(self, change: StateChange) -> None:
        """See `UpstreamOwner.on_state_change`."""
        what = _TOLD_STATES.get(change.new)
        if change.new is State.LIVE:
            # That it was connected for the first time, or is no longer stale, is no news.
            was_lost, self._was_lost = self._was_lost, False
            what = what if was_lost else None
        elif what is not None:
            self._was_lost = True
        if what is not None:
            why = f": {change.error}" if change.error is not None else "."
            self.delivery.announce(news("UPSTREAM", f"The hub's connection is {what}{why}"))

    def on_refused(self, params: frozenset[str], error: SubscriptionError) -> None:
        """See `UpstreamOwner.on_refused`."""
        message = news("UPSTREAM", f"The service no longer gives what was subscribed: {error}")
        for feed in tuple(self._feeds.values()):
            if feed.holds(params):
                feed.recipient.policy.tell(message)

    def on_end(self, error: BaseException) -> None:
        """See `UpstreamOwner.on_end`: without a connection there is nothing to serve."""
        self._error = self._error or error
        self.delivery.announce(news("UPSTREAM", f"The hub's connection has ended: {error}"))
        for feed in tuple(self._feeds.values()):
            feed.reader.close(1011, "the hub has lost its connection")
        self._ended.set()
