"""`Stream`: one market as batches of typed events, by iteration or by handlers."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, Unpack, overload

from fastpoly.consumers.gathering import GROUP_ROWS, Grouping
from fastpoly.consumers.handlers.error_policy import ErrorHook
from fastpoly.consumers.handlers.fill_hook import Fill
from fastpoly.consumers.iteration import Events, Iteration
from fastpoly.consumers.kept.bars import BAR_STARTS
from fastpoly.consumers.kept.snapshot import BarSnapshot, Snapshot
from fastpoly.consumers.options import ConsumerKeywords, consumer_options
from fastpoly.consumers.publishing import Publishing, PublishKeywords
from fastpoly.consumers.recording import Recording, RecordKeywords
from fastpoly.consumers.registry import ConsumerRegistry, Limits
from fastpoly.consumers.sharing import Sharing
from fastpoly.engine.supervisor import EngineSettings
from fastpoly.enums import ErrorPolicy, Ingest, Overflow, member
from fastpoly.errors import UsageError
from fastpoly.filters.build import make_filter
from fastpoly.filters.conditions import Condition
from fastpoly.health.silence import StaleAfter
from fastpoly.market_feed import MarketFeed, UserHooks
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
from fastpoly.run import run_stream
from fastpoly.shards import shard_bits
from fastpoly.shared.writer import DEFAULT_BUFFER_BYTES
from fastpoly.sinks.attached import AttachedSinks
from fastpoly.sinks.sink import Sink
from fastpoly.sources.kinds import SourceRequest, make_source
from fastpoly.sources.source import FollowsConsumers
from fastpoly.stats import StreamStats
from fastpoly.stream_life import StreamLife

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.events import Event
    from fastpoly.health.clock import Clock
    from fastpoly.sources.source import Source

__all__ = ["Stream"]

logger = logging.getLogger("fastpoly.stream")

DEFAULT_MAX_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""Bytes, as received, that may wait for one consumer: about 40 s of all trades and quotes."""

F = TypeVar("F", bound=Callable[..., object])
C = TypeVar("C", bound=Callable[[StateChange], object])


class Stream:
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

    # ------------------------------------------------------------------------------ consumers

    def __aiter__(self) -> AsyncIterator[Batch]:
        """Return the stream's own iteration, over everything, notices included, in order.

        A second loop continues where the first stopped; what comes meanwhile waits for it.

        Raises:
            UsageError: The event loop in which the stream was opened is closed; or, when a batch is
                asked for, it was never opened.
        """
        self._life.require_loop()
        return self._registry.main()

    def batches(self, *channels: str, **options: Unpack[ConsumerKeywords]) -> Iteration:
        """Return another iteration, with a buffer of its own, beside all others.

        It leaves the stream when nobody holds it any more.

        Args:
            channels: Names of channels, ``notice`` for notices; none for everything, notices
                included.
            options: ``symbols`` and ``where`` as for the stream, of what the stream lets pass;
                ``max_buffer_bytes``, ``max_buffer_age`` and ``overflow``, by default the stream's.

        Raises:
            UsageError: The market has no such channel, the condition is invalid for these channels,
                or the stream is not open.
        """
        self._require_open()
        return self._registry.add_iteration(channels, **consumer_options(**options))

    def events(self, *channels: str, **options: Unpack[ConsumerKeywords]) -> Events:
        """Return the events of channels one by one: ``async for trade in stream.events("T")``.

        An iteration like `batches`, and slower by what Python takes for each step of it.

        Args:
            channels: As for `batches`.
            options: As for `batches`.

        Raises:
            UsageError: See `batches`.
        """
        return Events(self.batches(*channels, **options))

    def columns(
        self,
        *channels: str,
        rows: int = GROUP_ROWS,
        every: float | None = None,
        **options: Unpack[ConsumerKeywords],
    ) -> Iteration:
        """Return an iteration over large groups, for what works on columns.

            async for group in stream.columns("T", every=1.0):
                frame = group.to_polars("T")

        A group is a `Batch` of one channel that was gathered out of many, row by row. What came
        before a gap is never in one group with what came after it: the `Gap` comes between them, in
        a batch of channel ``notice``, which has columns without rows.

        Args:
            channels: Names of channels, each of which has groups of its own; none for all.
            rows: Rows at which a group is full; the batch that fills it is in it as a whole.
            every: Seconds after its first row at which a group comes although it has fewer.
            options: As for `batches`. A few groups fit the buffer in any case.

        Raises:
            UsageError: See `batches`.
        """
        self._require_open()
        return self._registry.add_iteration(
            channels,
            notices=True,
            grouping=Grouping(rows, every),
            **consumer_options(**options),
        )

    def keep_last(self, *channels: str) -> None:
        """Keep the last event of each symbol from now on, for `last`; before or while it is open.

        Args:
            channels: Names of channels; none for all of the market.

        Raises:
            UsageError: The market has no such channel.
        """
        self._registry.keep_last(channels)

    @overload
    def last(self, channel: str, *, since_gap: bool = False) -> Snapshot: ...
    @overload
    def last(self, channel: str, symbol: str, *, since_gap: bool = False) -> Event | None: ...
    def last(
        self, channel: str, symbol: str | None = None, *, since_gap: bool = False
    ) -> Snapshot | Event | None:
        """Return the last event of each symbol, or of one, that `keep_last` keeps; in any thread.

            stream.last("Q").to_numpy()["bid_price"]
            stream.last("Q", "AAPL")

        A handler that asks for them in the loop that reads finds its own batch in them already.
        With ``ingest="thread"`` they may be ahead of what a handler has got.

        Args:
            channel: Such as ``Q``.
            symbol: One symbol; None for all, in the order in which they first came.
            since_gap: Whether what is from before the last gap counts as nothing.

        Returns:
            A `Snapshot`; of one symbol the event, or None if there is none.

        Raises:
            UsageError: The channel is not kept, or the market has no such channel.
        """
        if symbol is None:
            return self._registry.last_values.snapshot(channel, since_gap)
        return self._registry.last_values.get(channel, symbol, since_gap)

    def keep_bars(
        self, channel: str, *, starts: int = BAR_STARTS, complete_after: float | None = None
    ) -> None:
        """Keep the newest bars of each symbol from now on, for `bars`; before or while it is open.

        A bar that comes again with the same start replaces the older one.

        Args:
            channel: A channel of bars, such as ``AM``.
            starts: How many bars of each symbol are kept.
            complete_after: Announce a minute as complete, by a `MinuteComplete`, so many seconds
                after its first bar was received; None for no announcements.

        Raises:
            UsageError: An argument is invalid, or bars of the channel are kept already.
        """
        self._registry.keep_bars(channel, starts, complete_after)

    def bars(
        self, channel: str, symbol: str | None = None, *, since_gap: bool = False
    ) -> BarSnapshot:
        """Return the bars that `keep_bars` keeps, of all symbols or of one; in any thread.

        Args:
            channel: Such as ``AM``.
            symbol: One symbol; None for all, in the order in which they first came.
            since_gap: Whether what was received before the last gap is left out.

        Returns:
            The bars of one symbol after the other, by their starts.

        Raises:
            UsageError: Bars of the channel are not kept, or the market has no such channel.
        """
        return self._registry.bars.snapshot(channel, symbol, since_gap)

    def sink(
        self,
        sink: Sink | str,
        *channels: str,
        rows: int | None = None,
        every: float | None = None,
        **options: Unpack[ConsumerKeywords],
    ) -> None:
        """Write events elsewhere, from now on: ``stream.sink(ParquetSink("ticks/"))``.

        The sink has a thread and a buffer of its own: however slow it is, nothing else waits. What
        it cannot write is announced by a `SinkFailed`, and what had no room in its buffer by a
        `SlowConsumer`, to handlers of ``notice`` or in the log, and counted in ``stats().sinks``.
        The end of the stream waits until it has written and closed everything.

        Args:
            sink: The sink, or what names one, such as ``parquet:ticks/``; see `fastpoly.sinks`.
            channels: Names of channels; none for everything.
            rows: Rows of one channel that it gets together; by default what the sink says.
            every: Seconds after which it gets them although they are fewer; by default what the
                sink says.
            options: As for `batches`.

        Raises:
            SinkError: The sink cannot write to where it is to.
            UsageError: There is no such sink or channel, or the stream is closed.
        """
        self._require_not_closed()
        self._sinks.add(sink, channels, rows, every, consumer_options(**options))

    @overload
    def on(self, *channels: str, **options: Any) -> Callable[[F], F]: ...
    @overload
    def on(self, function: F, /) -> F: ...
    def on(self, *channels: Any, **options: Any) -> Any:
        """Register a handler: ``@stream.on("T", "Q")``, or ``@stream.on`` for everything.

        ``@stream.on("notice")`` gets what the stream says about itself: each `Gap`, and the
        `SlowConsumer` of every consumer that is not told itself. Where nobody asks for notices,
        they are logged.

        Args:
            channels: Names of channels.
            options: See `add_handler`.

        Raises:
            UsageError: See `add_handler`.
        """
        if len(channels) == 1 and callable(channels[0]):
            return self.add_handler(channels[0])
        self._registry.wanted(channels)
        return lambda function: self.add_handler(function, *channels, **options)

    def add_handler(
        self,
        function: F,
        *channels: str,
        notices: bool | None = None,
        rows: int | None = None,
        every: float | None = None,
        **options: Unpack[ConsumerKeywords],
    ) -> F:
        """Call a function with each batch of some channels; before or while the stream is open.

        Args:
            function: Takes a `Batch`; a plain function or a coroutine function. It runs in the
                event loop in which the stream was opened.
            channels: Names of channels; none for everything.
            notices: Whether it gets notices too, in order, in batches with the events or of their
                own. By default only a handler of everything, or of the channel ``notice``, does.
            rows: Call it with groups of so many rows of one channel, see `columns`.
            every: Call it with groups of so many seconds, or of `rows` where those come sooner.
            options: As for `batches`.

        Returns:
            The function.

        Raises:
            UsageError: It is not callable, is a generator function, the market has no such channel,
                the condition is invalid for these channels, or the stream is closed.
        """
        self._require_not_closed()
        grouped = rows is not None or every is not None
        self._registry.add_handler(
            function,
            channels,
            notices=notices,
            grouping=Grouping(GROUP_ROWS if rows is None else rows, every) if grouped else None,
            **consumer_options(**options),
        )
        return function

    def remove_handler(self, function: Callable[..., object]) -> None:
        """Remove a function from the stream, with all its channels.

        Raises:
            UsageError: It is not a handler of this stream.
        """
        self._registry.remove_handler(function)

    def record(self, path: str | os.PathLike[str], **options: Unpack[RecordKeywords]) -> Recording:
        """Record all that is received, byte for byte, beside handlers; before or while it is open.

        Neither filters nor slow consumers take anything from it. It ends with the stream, or when
        its ``close()`` is awaited. What goes wrong with the disk is given to ``on_error``, and what
        is lost by that is announced as a `SlowConsumer` notice.

        Args:
            path: The file, such as ``day.mcap``.
            options: See `CaptureWriter`: ``rotate``, ``level``, ``overwrite`` and others.

        Raises:
            UsageError: An option makes no sense, or the stream is closed.
            CaptureError: The file exists, or cannot be made.
        """
        self._require_not_closed()
        return self._feed.record(path, options)

    def publish(self, to: str, **options: Unpack[PublishKeywords]) -> Publishing:
        """Publish all that is received to NATS JetStream, beside handlers; before it is opened.

        Opening the stream then begins with becoming the one publisher of the market. The broker
        never holds up the stream; see `docs/nats.md`. It ends with the stream, which waits for up
        to ``close_timeout`` until the broker has acknowledged everything. If another publisher
        takes over, that is given to ``on_error``, and the stream goes on.

        Args:
            to: The broker, such as ``nats://host:4222``.
            options: ``standby``: wait until no other publisher leads, and only then connect.
                ``max_delay``: seconds that an event may wait for its message to fill.
                ``max_buffer_bytes``: of what the broker has not acknowledged. ``max_bytes``,
                ``max_age`` (seconds) and ``replicas``: of the broker's stream, where it is still to
                be made. ``context``: an `ssl.SSLContext` for ``tls://``.

        Raises:
            UsageError: An option makes no sense, or the stream was opened before.
        """
        self._require_not_closed()
        return self._feed.publish(to, options)

    def share(self, name: str, *, buffer_bytes: int = DEFAULT_BUFFER_BYTES) -> Sharing:
        """Share all that is received with other processes of this user on this machine.

            stream.share("desk")                            # here
            Stream("stocks", "T.*", url="shm://desk")       # in any number of others

        Neither filters nor slow consumers take anything from it, here or there. It ends with the
        stream, or when its ``close()`` is awaited. See `docs/shared-memory.md`.

        Args:
            name: Up to 48 letters, digits, dots, dashes and underscores.
            buffer_bytes: Bytes of frames that a reader may be behind before it loses some.

        Raises:
            UsageError: The name is invalid, or taken by another process for this market; the stream
                is closed; or this is not Linux.
            OSError: There is not enough memory.
        """
        self._require_not_closed()
        return self._feed.share(name, buffer_bytes)

    def _longest_wait_s(self) -> float:
        """How long the oldest batch has been waiting for a consumer, in seconds; 0 for none."""
        waits_s = [one.stats().buffer.waiting_s for one in self._registry.handlers]
        waits_s += [one.stats().waiting_s for one in self._registry.iterations]
        waits_s += [one.buffer.waiting_s for one in self._sinks.stats()]
        return max(waits_s, default=0.0)

    def _require_not_closed(self) -> None:
        if self.state in (State.CLOSING, State.CLOSED):
            raise UsageError(f"The stream is {self.state}.", hint="Make a new one.")

    def _require_open(self) -> None:
        self._life.require_open()
        if self.state is State.CLOSED:
            raise UsageError("The stream is closed.", hint="Make a new one.")

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
