"""`Stream`: one market as batches of typed events, by iteration or by handlers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar, Unpack

from fastpoly.consumers.handlers.error_policy import ErrorHook
from fastpoly.consumers.handlers.fill_hook import Fill
from fastpoly.consumers.registry import ConsumerRegistry, Limits
from fastpoly.engine.supervisor import EngineSettings
from fastpoly.enums import ErrorPolicy, Ingest, Overflow, member
from fastpoly.errors import UsageError
from fastpoly.filters.build import make_filter
from fastpoly.filters.conditions import Condition
from fastpoly.health.silence import StaleAfter
from fastpoly.market.feed import MarketFeed, UserHooks
from fastpoly.market.stats import StreamStats
from fastpoly.net.options import (
    ConnectionKeywords,
    ConnectionOptions,
    require_positive,
    takes_options,
)
from fastpoly.net.reader_loop import CallerLoop, ReaderLoop, ThreadLoop
from fastpoly.protocol.lifecycle import State, StateChange
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.reconnect import ReconnectPolicy, make_policy
from fastpoly.protocol.subscriptions import Subscriptions
from fastpoly.shards import shard_bits
from fastpoly.sinks.attached import AttachedSinks
from fastpoly.sources.kinds import SourceRequest, make_source
from fastpoly.sources.source import FollowsConsumers
from fastpoly.stream.consumers import StreamConsumers
from fastpoly.stream.life import StreamLife
from fastpoly.stream.run import run_stream

if TYPE_CHECKING:
    from fastpoly.health.clock import Clock
    from fastpoly.sources.source import Source

__all__ = ["Stream"]

logger = logging.getLogger("fastpoly.stream")

DEFAULT_MAX_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""Bytes, as received, that may wait for one consumer: about 40 s of all trades and quotes."""

C = TypeVar("C", bound=Callable[[StateChange], object])


class Stream(StreamConsumers):
    """One market's stream.

        async with Stream("stocks", "T.*", "Q.AAPL") as stream:
            async for batch in stream:
                for event in batch: ...

        stream = Stream("stocks", "T.*")
        @stream.on("T")
        def on_trades(batch): ...
        stream.run()

    It reconnects and restores its subscriptions, announces among the events what it may have missed
    (`Gap`) and what a consumer lost (`SlowConsumer`), and ends, if it must, with an error that says
    why: iteration, `wait_closed`, `run` and the end of ``async with`` raise it.

    Args:
        market: The market, such as ``stocks`` or ``futures/cme``.
        params: What to subscribe to, such as ``T.AAPL`` or ``Q.*``.
        api_key: The key; by default from the environment: ``FASTPOLY_API_KEY``,
            ``MASSIVE_API_KEY``, ``POLYGON_API_KEY``.
        feed: A feed of the vendor, such as ``delayed``.
        host: A host name, instead of a feed.
        url: A full ``ws://``, ``wss://`` or ``ws+unix://`` URL, instead of both; or a recording:
            ``file:day.mcap?speed=max``, see `replay`; or what another process shares: ``shm://desk``,
            see `share`.
        symbols: The tickers or pairs to get, and no others; None for all.
        where: A condition that events have to meet, such as ``field("size") >= 100``; see
            `fastpoly.field`. Events that do not are counted and never become objects.
        shard: ``(i, n)``: the i-th of n shares of the market, from 0 on, by symbol; see
            `docs/shards.md`. The other events are passed over by the decoder, and count nowhere.
        reconnect: A policy, see `fastpoly.reconnect`; True for the default, False for never.
        ingest: Where the socket is read: ``loop``, the caller's event loop, or ``thread``.
        max_buffer_bytes: Bytes, as received, that may wait for each consumer.
        max_buffer_age: Seconds that a batch may wait for a consumer; None for no limit.
        overflow: What happens when a buffer is full, see `Overflow`: by default the oldest are
            dropped, and where a recording is replayed it waits.
        on_error: Called as ``on_error(error, handler, batch)`` with what handlers raise, and with
            errors that no call can raise (handler and batch are None then).
        error_policy: What happens to a handler that raises, see `ErrorPolicy`.
        fill: A function, or coroutine function, called with each `Gap`; returns the events that are
            missing, as wire dicts or a batch, or None. They come right after the gap,
            without repeats, and ``event.get("filled")`` is True for them. Live data is held back
            meanwhile.
        fill_timeout: Seconds that `fill` may take.
        stale_after: Seconds without data, in trading hours, after which a channel is stale: one
            number for all, or by channel; by default only channels subscribed as a whole are
            watched, see `fastpoly.health.silence`.
        subscribe_timeout: Seconds to wait for the server's next answer to a subscription.
        source: What feeds the stream instead of a server; `replay` passes a recording.
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
        host: str | None = None,
        url: str | None = None,
        symbols: Iterable[str] | None = None,
        where: Condition | None = None,
        shard: tuple[int, int] | None = None,
        reconnect: ReconnectPolicy | bool | None = True,
        ingest: str = Ingest.LOOP,
        max_buffer_bytes: int = DEFAULT_MAX_BUFFER_BYTES,
        max_buffer_age: float | None = None,
        overflow: str | None = None,
        on_error: ErrorHook | None = None,
        error_policy: str = ErrorPolicy.CONTINUE,
        fill: Fill | None = None,
        fill_timeout: float = 30.0,
        stale_after: StaleAfter = None,
        subscribe_timeout: float = 10.0,
        source: Source | None = None,
        **connection: Unpack[ConnectionKeywords],
    ) -> None:
        path = market_of(market)
        spec = path.spec
        require_positive(
            max_buffer_bytes=max_buffer_bytes,
            max_buffer_age=max_buffer_age,
            subscribe_timeout=subscribe_timeout,
            fill_timeout=fill_timeout,
        )
        options = ConnectionOptions(**connection)
        threaded = member(Ingest, ingest, "a way to ingest") is Ingest.THREAD
        self._market = spec.name
        self._reader: ReaderLoop = ThreadLoop(f"fastpoly-{spec.name}") if threaded else CallerLoop()
        self._life = StreamLife(spec.name, options.close_timeout, self._reader)
        if source is None:
            source = make_source(
                SourceRequest(
                    market=market, options=options, url=url, host=host, feed=feed, api_key=api_key
                )
            )
        self._source, suits = source, source.defaults
        overflow = suits.overflow if overflow is None else overflow
        subscriptions = Subscriptions(spec.name)
        subscriptions.add(params)
        self._feed = MarketFeed(
            source,
            subscriptions,
            EngineSettings(
                policy=(reconnect is True and suits.reconnect) or make_policy(reconnect),
                subscribe_timeout_s=subscribe_timeout,
                stale_after=suits.stale_after if stale_after is None else stale_after,
                fill_timeout_s=None if fill is None else fill_timeout,
                filter=make_filter(spec.name, symbols, where),
                clock=source.clock,
                shards=shard_bits(shard),
            ),
            self._reader,
            UserHooks(on_error, member(ErrorPolicy, error_policy, "an error policy"), fill, logger),
            self._life,
        )
        self._engine = self._feed.engine
        self._registry = ConsumerRegistry(
            spec,
            Limits(
                max_buffer_bytes,
                max_buffer_age,
                member(Overflow, overflow, "an overflow policy"),
            ),
            self._engine,
            self._reader,
            self._feed.errors,
        )
        self._sinks = AttachedSinks(spec.name, self._registry)
        if isinstance(source, FollowsConsumers):
            source.follow(self._longest_wait_s)
        self._life.begin(self._feed, self._registry)

    def __repr__(self) -> str:
        return f"<Stream {self._market} {self.state}>"

    # ------------------------------------------------------------------------------ figures

    @property
    def market(self) -> str:
        """The market's name."""
        return self._market

    @property
    def state(self) -> State:
        """The state that the stream is in, see `State`."""
        return self._engine.state

    @property
    def error(self) -> BaseException | None:
        """The error that ended it; None while it is open, and if it was closed."""
        return self._feed.error

    @property
    def is_inside_handler(self) -> bool:
        """Whether it is one of its handlers that asks, for which nothing of its can be awaited."""
        return self._life.is_inside_handler

    @property
    def clock(self) -> Clock:
        """The time by which data is received: the system's, or that of a recording."""
        return self._source.clock

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Parameters that are wanted."""
        return self._engine.desired

    def stats(self) -> StreamStats:
        """Return what it has done so far; from any thread."""
        stalls = self._registry.stalls
        # The lists are replaced, and not changed, while another thread looks at them.
        named = [(one.name, one.stats()) for one in self._registry.iterations]
        iterations = tuple(stats for _, stats in named)
        handlers = tuple(handler.stats() for handler in self._registry.handlers)
        waiting_s = {one.name: one.buffer.waiting_s for one in handlers}
        waiting_s |= {name: stats.waiting_s for name, stats in named}
        return StreamStats.of(
            self._feed.stats(waiting_s=waiting_s, stalled_s=stalls.longest_within_s(10)),
            stalls=stalls.count,
            longest_stall_s=stalls.longest_s,
            iterations=iterations,
            handlers=handlers,
            sinks=self._sinks.stats(),
        )

    # ------------------------------------------------------------------------ opening, ending

    async def open(self) -> Self:
        """Connect, and subscribe to what the constructor was given.

        Raises:
            FastpolyError: The connection did not open; the stream is closed then.
            SubscriptionError: The server refused parameters, or did not answer for them.
            UsageError: It was opened before.
        """
        await self._life.open()
        return self

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close(drain=kind is None)
        if kind is None and self.error is not None and not self._life.has_raised:
            raise self.error

    async def close(self, drain: bool = True) -> None:
        """Close the connection, and wait until the handlers are done.

        Iterations may still take what is waiting for them. Closing twice is fine, and so is closing
        in another event loop than the one in which the stream was opened.

        Args:
            drain: Whether handlers get what is waiting for them; if not, it is lost.
        """
        await self._life.close(drain)

    def abort(self) -> None:
        """Drop the connection and everything that waits, at once; from any thread."""
        self._life.abort()

    async def wait_closed(self) -> None:
        """Wait until the stream has ended, whatever the reason.

        Raises:
            FastpolyError: What ended it, unless it was closed.
        """
        await self._life.wait_closed()

    # -------------------------------------------------------------------------- subscriptions

    async def subscribe(self, *params: str | Iterable[str]) -> None:
        """Subscribe, and wait until the server has confirmed; from any event loop.

        While the connection is lost, wait until the stream has reconnected.

        Args:
            params: Such as ``T.AAPL`` or ``Q.*``.

        Raises:
            SubscriptionError: Parameters are malformed, or were refused or not answered; the
                others are subscribed.
            UsageError: The stream is not open.
        """
        await self._reader.call(self._engine.subscribe, params)

    async def unsubscribe(self, *params: str | Iterable[str]) -> None:
        """Unsubscribe, and wait until the server has confirmed; from any event loop.

        A few events that were already on their way may still arrive.

        Args:
            params: As in `subscribe`; those that are not subscribed are ignored.

        Raises:
            SubscriptionError: Parameters are malformed, would still arrive because of a wildcard,
                or were not answered.
            UsageError: The stream is not open.
        """
        await self._reader.call(self._engine.unsubscribe, params)

    # ---------------------------------------------------------------------------- its states

    def on_state(self, callback: C) -> C:
        """Call a function, or coroutine function, in the stream's loop with each change of state.

        Raises:
            UsageError: It is not callable.
        """
        self._feed.states.add(callback)
        return callback

    def states(self) -> AsyncIterator[StateChange]:
        """Return an async iterator over the changes of state from now on, to the last."""
        return self._feed.states.iterate()

    # ------------------------------------------------------------------------------- scripts

    def run(self) -> None:
        """Stream to the handlers until the stream ends, in an event loop of its own; blocks.

        The first Ctrl-C closes the stream and lets the handlers finish; the second ends it at once,
        with a KeyboardInterrupt in a handler that holds the loop. The signal handler that was there
        before is put back.

        Raises:
            FastpolyError: What ended the stream, unless it was closed.
            UsageError: It was run before, has no handler, or an event loop is running here.
        """
        if self._life.is_begun:
            raise UsageError("This stream was run before.", hint="Make a new one.")
        if not (self._registry.handlers or self._registry.writers):
            raise UsageError(
                "The stream has no handler.", hint="Add one: @stream.on('T') above a function."
            )
        run_stream(self)
