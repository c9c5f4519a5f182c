"""A recording as a server in the vendor's protocol: any client, of any language, replays by URL."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

from fastpoly.capture.marks import Mark
from fastpoly.protocol.markets import market_of
from fastpoly.serving import frames
from fastpoly.serving.listening import Listening
from fastpoly.serving.policy import ServerPolicy
from fastpoly.serving.reader import Reader, wait_for_room
from fastpoly.serving.server import StreamServer
from fastpoly.sources.capture import SLICE_S, CaptureSource
from fastpoly.sources.recorded import recorded_market, selection_of

if TYPE_CHECKING:
    from fastpoly._core import Batch, Filter
    from fastpoly.schema import MarketSpec
    from fastpoly.serving.messages import Param

__all__ = ["ReplayServer"]

QUIET_S: Final = 0.25
"""How long a client must have asked for nothing more before its replay begins: some clients
subscribe to one channel after the other, and shall miss nothing of the second."""


class ReplayServer(Listening):
    """Serves recordings on this machine; an async context manager.

        async with ReplayServer("day.mcap", speed="max") as server:
            ...connect any client to server.url...

    A connection gets what it subscribes to, from the recording's beginning, or, with ``shared``,
    from where the one replay is that all of them watch. Frames that are wanted as a whole are sent
    byte for byte; of others the events that are wanted, as JSON. A client that reads slowly is
    waited for. After the end connections stay, and are silent, as they are after hours.

    Args:
        paths: The files; several are merged by the time of receipt.
        market: The market; by default what the first file says.
        speed: How many times faster than it was received; ``"max"`` for as fast as it is read.
        start_ns: The earliest time of receipt that is served, Unix time in ns.
        end_ns: The time from which on nothing is served.
        shared: Whether all connections watch one replay, which the first one's subscription begins.
        close_at_end: Whether connections are closed at the end, with code 1000.
        host: Address to listen on. Most agreements on market data allow no others to read it.
        port: Port to listen on; 0 for any free one.
        keys: The keys that are good; none for any.

    Raises:
        UsageError: An argument is invalid, or nothing says which market the frames are of.
        CaptureError: A file cannot be opened.
    """

    def __init__(
        self,
        *paths: str | os.PathLike[str],
        market: str | None = None,
        speed: float | str = 1,
        start_ns: int | None = None,
        end_ns: int | None = None,
        shared: bool = False,
        close_at_end: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        keys: Iterable[str] = (),
    ) -> None:
        self._paths = paths
        self._market = market_of(market or recorded_market(paths)).spec
        self._speed = speed
        self._span = (start_ns, end_ns)
        self._shared = shared
        self._close_at_end = close_at_end
        self._keys = frozenset(keys)
        self._feeds: dict[int, _Feed] = {}
        self._playback: _Playback | None = None
        self._open().close()  # what is wrong with the files shall be known now
        self._server = StreamServer(
            self, host=host, port=port, policy=ServerPolicy(slow_reader="wait")
        )

    def _open(self) -> CaptureSource:
        start_ns, end_ns = self._span
        source = CaptureSource(
            self._paths, self._market.name, speed=self._speed, start_ns=start_ns, end_ns=end_ns
        )
        source.keep_frames(True)
        return source

    @property
    def url(self) -> str:
        """The URL to connect to."""
        return self._server.url(self._market.paths[0])

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken or not ours.
        """
        await self._server.start()

    async def stop(self) -> None:
        """Drop every connection and stop listening."""
        playbacks = [feed.playback for feed in self._feeds.values()] + [self._playback]
        await self._server.stop("replay stopped")
        for playback in playbacks:
            if playback is not None:
                await playback.stop()
        self._playback = None

    # ---------------------------------------------------------------- what the server calls

    def market_at(self, path: str) -> MarketSpec | None:
        """See `Backend.market_at`."""
        return self._market if path in self._market.paths else None

    def problem_of(self, query: str) -> str:
        """See `Backend.problem_of`: a query changes nothing here."""
        return ""

    def attach(self, reader: Reader) -> _Feed:
        """See `Backend.attach`."""
        feed = self._feeds[reader.number] = _Feed(self, reader)
        return feed

    # ---------------------------------------------------------------------- what feeds call

    def is_good(self, key: str) -> bool:
        """Whether a key is accepted."""
        return not self._keys or key in self._keys

    def begin(self, feed: _Feed) -> _Playback | None:
        """Begin the replay of a connection, or let it watch the one that there is."""
        if not self._shared:
            return _Playback(self._open(), (feed,), self._close_at_end)
        if self._playback is None:
            self._playback = _Playback(self._open(), self._feeds.values(), self._close_at_end)
        return None

    def forget(self, feed: _Feed) -> None:
        """Forget a connection that has ended."""
        self._feeds.pop(feed.reader.number, None)


class _Playback:
    """One replay, for one connection or for all.

    Args:
        source: The recording, from its beginning.
        feeds: Who gets it; they may come and go.
        close_at_end: Whether they are closed at the end.
    """

    def __init__(self, source: CaptureSource, feeds: Collection[_Feed], close_at_end: bool) -> None:
        self._source = source
        self._feeds = feeds
        self._close_at_end = close_at_end
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        source = self._source
        try:
            await source.prepare()
            turn_ends = time.monotonic() + SLICE_S
            while (found := source.read()) is not None:
                if isinstance(found, Mark):
                    continue
                if (wait_s := source.wait_s(found.received_ns)) > 0:
                    await asyncio.sleep(wait_s)
                if time.monotonic() > turn_ends:
                    await asyncio.sleep(0)
                    turn_ends = time.monotonic() + SLICE_S
                feeds = tuple(self._feeds)
                for feed in feeds:
                    feed.give(found)
                await wait_for_room([feed.reader for feed in feeds])
            if self._close_at_end:
                for feed in tuple(self._feeds):
                    feed.reader.close(1000, "the recording is over")
        finally:
            source.close()

    def cancel(self) -> None:
        """End it, if it has not ended."""
        self._task.cancel()

    async def stop(self) -> None:
        """End it, and wait until it has."""
        self.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class _Feed:
    """What is behind one connection: the part of the recording that it has subscribed to."""

    def __init__(self, server: ReplayServer, reader: Reader) -> None:
        self.reader = reader
        self.playback: _Playback | None = None
        self._server = server
        self._params: dict[str, None] = {}
        self._channels: frozenset[str] = frozenset()
        self._filter: Filter | None = None
        self._begun = False
        self._requests = 0

    def give(self, batch: Batch) -> None:
        """Send what is wanted of a batch."""
        if not self._params:
            return
        if self._filter is None and self._channels.issuperset(batch.channels):
            self.reader.write(b"".join(map(frames.frame, batch.raw())))
            return
        texts = []
        for part in batch.frames():
            wanted = part.select(*self._channels)
            if self._filter is not None and len(wanted):
                wanted = self._filter.apply(wanted)
            if len(wanted):
                text = json.dumps(wanted.dicts(), separators=(",", ":"))
                texts.append(frames.frame(text.encode()))
        if texts:
            self.reader.write(b"".join(texts))

    # ------------------------------------------------------------------ see `ReaderFeed`

    def on_message(self, payload: bytes) -> None:
        """See `ReaderFeed.on_message`."""

    def judge_key(self, key: str) -> None:
        """See `ReaderFeed.judge_key`."""
        if self._server.is_good(key):
            self.reader.accept(key)
        else:
            self.reader.refuse("AUTH_FAILED", "wrong key")

    def on_login(self) -> None:
        """See `ReaderFeed.on_login`."""

    def refusal(self, param: Param) -> str | None:
        """See `SubscriptionRules.refusal`: nothing is refused, whether the recording has it."""
        return None

    def add(self, param: Param) -> None:
        """See `SubscriptionRules.add`."""
        self._params[f"{param.channel}.{param.symbol}"] = None

    def remove(self, param: Param) -> None:
        """See `SubscriptionRules.remove`."""
        self._params.pop(f"{param.channel}.{param.symbol}", None)

    def answer(self, statuses: list[bytes]) -> None:
        """See `ReaderFeed.answer`."""
        self.reader.send(statuses)

    def after_request(self, added: list[Param], removed: list[Param]) -> None:
        """See `ReaderFeed.after_request`."""
        self._channels, self._filter = selection_of(self.reader.market.name, self._params)
        self._requests += 1
        if self._params and not self._begun:
            self.reader.later(QUIET_S, self._begin, self._requests)

    def _begin(self, requests: int) -> None:
        if requests == self._requests and not self._begun:
            self._begun = True
            self.playback = self._server.begin(self)

    def flush(self) -> None:
        """See `ReaderFeed.flush`: nothing is held back."""

    def detach(self) -> None:
        """See `ReaderFeed.detach`."""
        if self.playback is not None:
            self.playback.cancel()
        self._server.forget(self)
