"""What a stream's events are given to: iterations, handlers, sinks, recordings and the rest."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from fastpoly.consumers.gathering import GROUP_ROWS, Grouping
from fastpoly.consumers.iteration import Events, Iteration
from fastpoly.consumers.kept.bars import BAR_STARTS
from fastpoly.consumers.kept.snapshot import BarSnapshot, Snapshot
from fastpoly.consumers.options import ConsumerKeywords, consumer_options
from fastpoly.consumers.publishing import Publishing, PublishKeywords
from fastpoly.consumers.recording import Recording, RecordKeywords
from fastpoly.consumers.registry import ConsumerRegistry
from fastpoly.consumers.sharing import Sharing
from fastpoly.errors import UsageError
from fastpoly.market.feed import MarketFeed
from fastpoly.protocol.lifecycle import State
from fastpoly.shared.writer import DEFAULT_BUFFER_BYTES
from fastpoly.sinks.attached import AttachedSinks
from fastpoly.sinks.sink import Sink
from fastpoly.stream.life import StreamLife

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.events import Event

F = TypeVar("F", bound=Callable[..., object])


class StreamConsumers:
    """The half of `Stream` that its consumers come by; the other opens it, asks and ends it."""

    _feed: MarketFeed
    _life: StreamLife
    _registry: ConsumerRegistry
    _sinks: AttachedSinks

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
        state = self._feed.engine.state
        if state in (State.CLOSING, State.CLOSED):
            raise UsageError(f"The stream is {state}.", hint="Make a new one.")

    def _require_open(self) -> None:
        self._life.require_open()
        if self._feed.engine.state is State.CLOSED:
            raise UsageError("The stream is closed.", hint="Make a new one.")
