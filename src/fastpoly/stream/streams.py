"""`Streams`: several markets as one object, each with a connection and a fate of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, Unpack, overload

from fastpoly import schema
from fastpoly.consumers.handlers.user_hook import EXITS
from fastpoly.consumers.merged import Merged
from fastpoly.consumers.options import ConsumerKeywords
from fastpoly.enums import OnFailure, member
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.market.stats import StreamsStats
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.protocol.lifecycle import State, StateChange
from fastpoly.stream.making import StreamKeywords, Wanted, streams_of
from fastpoly.stream.run import run_stream
from fastpoly.stream.stream import Stream

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["Streams"]

logger = logging.getLogger("fastpoly.stream")

EVERYWHERE: Final = (NOTICE_CHANNEL, schema.UNKNOWN_CHANNEL)
"""Channels that every market has."""

F = TypeVar("F", bound=Callable[..., object])


class Streams:
    """Several markets, each a `Stream`: one iteration and one set of handlers over all of them.

        async with Streams(stocks=["T.*"], options=["T.*"], crypto=["XT.*"]) as streams:
            async for batch in streams:
                print(batch.market, len(batch))

        streams = Streams(stocks=["T.*"], crypto=["XT.*"])
        @streams.on("T", "XT")
        def on_trades(batch): ...
        streams.run()

    Each market has its own connection, state, subscriptions, reconnecting and buffers, and fails
    alone. ``streams["crypto"]`` is its `Stream`, with everything that one has.

    Batches come in order within a market; between markets there is no order. A handler is called
    for one batch of a market at a time; while it awaits something, another market's may come.

    Args:
        markets: What is wanted by market, for names that are no keywords, such as ``futures/cme``.
        on_failure: What becomes of the others when a market fails, where a stream of its own would
            end with an error; see `OnFailure`. By default they carry on: the failure is logged,
            given to ``on_error`` and kept in `failures`.
        stocks: What is wanted of stocks: parameters, such as ``["T.*"]``; or a `Stream` of that
            market with options of its own.
        options: As ``stocks``, as are those that follow.
        forex: See ``stocks``.
        crypto: See ``stocks``.
        indices: See ``stocks``.
        futures: See ``stocks``.
        stream_options: Keywords of `Stream`, for every market that is not a `Stream` already. A
            ``url`` has no path: each market has its own. With ``ingest="thread"`` each is read in a
            thread of its own, otherwise all are in the caller's.

    Raises:
        UsageError: No market is named, one of them twice, or an option is invalid.
    """

    def __init__(
        self,
        markets: Mapping[str, Wanted] | None = None,
        /,
        *,
        on_failure: str = OnFailure.CARRY_ON,
        stocks: Wanted | None = None,
        options: Wanted | None = None,
        forex: Wanted | None = None,
        crypto: Wanted | None = None,
        indices: Wanted | None = None,
        futures: Wanted | None = None,
        **stream_options: Unpack[StreamKeywords],
    ) -> None:
        named = {
            "stocks": stocks,
            "options": options,
            "forex": forex,
            "crypto": crypto,
            "indices": indices,
            "futures": futures,
        }
        self._streams = streams_of(markets or {}, named, stream_options)
        self._on_failure = member(OnFailure, on_failure, "a policy for failures")
        self._on_error = stream_options.get("on_error")
        self._failures: dict[str, BaseException] = {}
        self._was_opened = False
        self._has_raised = False
        self._main: Merged | None = None
        self._closings: set[asyncio.Task[None]] = set()
        for name, stream in self._streams.items():
            stream.on_state(_Watch(name, self))

    def __repr__(self) -> str:
        states = ", ".join(f"{name} {state}" for name, state in self.states.items())
        return f"<Streams {states}>"

    def __getitem__(self, market: str) -> Stream:
        """Return the stream of a market, by the name that it was given."""
        return self._streams[str(market)]

    def __contains__(self, market: object) -> bool:
        return str(market) in self._streams

    def __len__(self) -> int:
        return len(self._streams)

    # ------------------------------------------------------------------------------- figures

    @property
    def markets(self) -> tuple[str, ...]:
        """The names of the markets, as they were given."""
        return tuple(self._streams)

    @property
    def states(self) -> dict[str, State]:
        """Where each market is in its life."""
        return {name: stream.state for name, stream in self._streams.items()}

    @property
    def failures(self) -> dict[str, BaseException]:
        """What ended markets that were not closed, by name, in the order in which they failed."""
        return dict(self._failures)

    @property
    def error(self) -> BaseException | None:
        """What is raised at the end; None while markets go on that are to."""
        return self._end_error(self._failures)

    def stats(self) -> StreamsStats:
        """Return what they have done so far, each and together; from any thread."""
        return StreamsStats(
            {name: stream.stats() for name, stream in self._streams.items()},
            {name: str(error) for name, error in self._failures.copy().items()},
        )

    # ----------------------------------------------------------------------- opening, ending

    async def open(self) -> Self:
        """Connect all markets at once, and subscribe to what the constructor was given.

        Raises:
            FastpolyError: Every market has failed or, with ``stop all``, one of them; then all are
                closed.
            UsageError: It was opened before.
        """
        if self._was_opened:
            raise UsageError("These streams were opened before.", hint="Make new ones.")
        self._was_opened = True
        opening = {
            asyncio.ensure_future(stream.open()): name for name, stream in self._streams.items()
        }
        patience = (
            asyncio.FIRST_EXCEPTION
            if self._on_failure is OnFailure.STOP_ALL
            else asyncio.ALL_COMPLETED
        )
        try:
            await asyncio.wait(opening, return_when=patience)
        except BaseException:
            self.abort()
            raise
        finally:
            for task in opening:
                task.cancel()
            await asyncio.wait(opening)
        for task, name in opening.items():
            if not task.cancelled() and (error := task.exception()) is not None:
                if not isinstance(error, FastpolyError):
                    self.abort()
                    raise error
                self.take_failure(name, error)
        error = self.error
        if error is not None:
            self._has_raised = True
            await self.close(drain=False)
            raise error
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
        if self._closings:
            await asyncio.wait(self._closings)
        if kind is None and self.error is not None and not self._has_raised:
            raise self.error

    async def close(self, drain: bool = True) -> None:
        """Close all markets, and wait until the handlers are done; see `Stream.close`."""
        others = [one.close(drain) for one in self._streams.values() if not one.is_inside_handler]
        # In this task, as it is the handler's: elsewhere it would wait for that handler.
        own = [one.close(drain) for one in self._streams.values() if one.is_inside_handler]
        for closing in own:
            await closing
        await asyncio.gather(*others)

    def abort(self) -> None:
        """Drop all connections and everything that waits, at once; from any thread."""
        for stream in self._streams.values():
            stream.abort()

    async def wait_closed(self) -> None:
        """Wait until all markets have ended, whatever the reason.

        Raises:
            FastpolyError: What ended every one of them or, with ``stop all``, the first.
            UsageError: They were never opened.
        """
        if not self._was_opened:
            raise UsageError("The streams were never opened.", hint="Enter `async with` first.")
        # Where a handler waits, not for the stream of which it is one.
        ends = await asyncio.gather(
            *(one.wait_closed() for one in self._streams.values() if not one.is_inside_handler),
            return_exceptions=True,
        )
        error = next((end for end in ends if isinstance(end, EXITS)), self.error)
        if error is not None:
            self._has_raised = True
            raise error

    def run(self) -> None:
        """Stream to the handlers until all markets have ended, in an event loop of its own; blocks.

        Ctrl-C does what it does to `Stream.run`.

        Raises:
            FastpolyError: As from `wait_closed`.
            UsageError: It was run before, has no handler, or an event loop is running here.
        """
        if self._was_opened:
            raise UsageError("These streams were run before.", hint="Make new ones.")
        figures = [stream.stats() for stream in self._streams.values()]
        if not any(one.handlers or one.sinks for one in figures):
            raise UsageError(
                "The streams have no handler.", hint="Add one: @streams.on('T') above a function."
            )
        run_stream(self)

    # ------------------------------------------------------------------------------ failures

    def take_failure(self, name: str, error: BaseException) -> Awaitable[object] | object:
        """Act on the end of a market that was not closed.

        Returns:
            What ``on_error`` gave, where it was called.
        """
        if name in self._failures:
            return None
        self._failures[name] = error
        if isinstance(error, EXITS):
            return None  # is carried out, and raised, whatever the others do
        logger.error("%s has failed (on_failure=%s): %s", name, self._on_failure.value, error)
        if self._on_failure is OnFailure.STOP_ALL:
            self._close_others(name)
            return None
        return None if self._on_error is None else self._on_error(error, None, None)

    def _close_others(self, failed: str) -> None:
        for name, stream in self._streams.items():
            if name != failed:
                closing = asyncio.get_running_loop().create_task(stream.close())
                self._closings.add(closing)
                closing.add_done_callback(self._closings.discard)

    def end_of(self, errors: Mapping[str, BaseException]) -> BaseException | None:
        """See `MergedOwner.end_of`."""
        # A market whose subscription was refused has failed without an error of its iteration.
        error = self._end_error({**self._failures, **errors})
        self._has_raised = self._has_raised or error is not None
        return error

    def _end_error(self, failures: Mapping[str, BaseException]) -> BaseException | None:
        """Return what the end raises, given what ended markets."""
        enough = 1 if self._on_failure is OnFailure.STOP_ALL else len(self._streams)
        return next(iter(failures.values())) if len(failures) >= enough else None

    def is_fatal(self, error: BaseException) -> bool:
        """See `MergedOwner.is_fatal`."""
        return isinstance(error, EXITS)

    # ------------------------------------------------------------------------- subscriptions

    async def subscribe(self, **params: str | Iterable[str]) -> None:
        """Subscribe, and wait until the servers have confirmed: ``subscribe(stocks=["T.AAPL"])``.

        Args:
            params: Parameters by market. For names that are no keywords:
                ``streams["futures/cme"].subscribe(...)``.

        Raises:
            SubscriptionError: As from `Stream.subscribe`, of the first market that refuses; the
                others are subscribed.
            UsageError: There is no such market here, or it is not open.
        """
        await self._each([(self._named(name).subscribe, one) for name, one in params.items()])

    async def unsubscribe(self, **params: str | Iterable[str]) -> None:
        """Unsubscribe, and wait until the servers have confirmed; as `subscribe`."""
        await self._each([(self._named(name).unsubscribe, one) for name, one in params.items()])

    def _named(self, name: str) -> Stream:
        stream = self._streams.get(name)
        if stream is None:
            raise UsageError(
                f"{name!r} is not a market of these.",
                hint=f"Choose among {', '.join(self._streams)}.",
            )
        return stream

    @staticmethod
    async def _each(calls: list[tuple[Callable[..., Awaitable[None]], Any]]) -> None:
        ends = await asyncio.gather(
            *(call(params) for call, params in calls), return_exceptions=True
        )
        for end in ends:
            if end is not None:
                raise end

    # ----------------------------------------------------------------------------- consumers

    def __aiter__(self) -> AsyncIterator[Batch]:
        """Return the iteration over everything of all markets, notices included.

        It ends when all markets have. A second loop continues where the first stopped.
        """
        if self._main is None:
            self._main = Merged(
                {name: stream.__aiter__() for name, stream in self._streams.items()},  # type: ignore[misc]
                self,
            )
        return self._main

    def batches(self, *channels: str, **options: Unpack[ConsumerKeywords]) -> Merged:
        """Return another iteration, with buffers of its own, beside all others.

        Args:
            channels: Names of channels; none for everything, notices included. A market that has
                none of them is left out.
            options: As for `Stream.batches`; the limits are those of each market.

        Raises:
            UsageError: No market has such a channel, the condition is invalid, or none is open.
        """
        iterations = {
            name: self._streams[name].batches(*own, **options)
            for name, own in self._channels(channels).items()
            if self._streams[name].state is not State.CLOSED
        }
        if not iterations:
            raise UsageError("No market is open that has these channels.")
        return Merged(
            {name: one.batches for name, one in iterations.items()}, self, iterations.values()
        )

    @overload
    def on(self, *channels: str, **options: Any) -> Callable[[F], F]: ...
    @overload
    def on(self, function: F, /) -> F: ...
    def on(self, *channels: Any, **options: Any) -> Any:
        """Register a handler: ``@streams.on("T", "XT")``, or ``@streams.on`` for everything.

        Args:
            channels: Names of channels.
            options: See `Stream.add_handler`.

        Raises:
            UsageError: See `add_handler`.
        """
        if len(channels) == 1 and callable(channels[0]):
            return self.add_handler(channels[0])
        self._channels(channels)
        return _Registration(self, channels, options)

    def add_handler(self, function: F, *channels: str, **options: Any) -> F:
        """Call a function with each batch of some channels, of every market that has them.

        Args:
            function: Takes a `Batch`, whose ``market`` says where it is from.
            channels: Names of channels; none for everything.
            options: See `Stream.add_handler`.

        Returns:
            The function.

        Raises:
            UsageError: As from `Stream.add_handler`, or no market has such a channel.
        """
        added: list[Stream] = []
        try:
            for name, own in self._channels(channels).items():
                if self._streams[name].state is not State.CLOSED:
                    self._streams[name].add_handler(function, *own, **options)
                    added.append(self._streams[name])
        except BaseException:
            for stream in added:
                stream.remove_handler(function)
            raise
        if not added:
            raise UsageError("All markets that have these channels are closed.")
        return function

    def remove_handler(self, function: Callable[..., object]) -> None:
        """Remove a function from all markets.

        Raises:
            UsageError: It is not a handler of any.
        """
        removed = 0
        for stream in self._streams.values():
            with contextlib.suppress(UsageError):
                stream.remove_handler(function)
                removed += 1
        if not removed:
            raise UsageError(f"{function!r} is not a handler of these.", hint="Add it first.")

    def _channels(self, channels: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return which of some channels each market has; markets that have none are left out.

        Raises:
            UsageError: No market has one of them.
        """
        names = tuple(map(str, channels))
        if not names:
            return dict.fromkeys(self._streams, ())
        found: dict[str, tuple[str, ...]] = {}
        for name, stream in self._streams.items():
            spec = schema.MARKETS[stream.market]
            own = tuple(one for one in names if one in EVERYWHERE or spec.channel(one) is not None)
            if own:
                found[name] = own
        for channel in names:
            if not any(channel in own for own in found.values()):
                raise UsageError(
                    f"{channel!r} is not a channel of {', '.join(self._streams)}.",
                    hint="docs/events.md lists the channels of each market.",
                )
        return found


class _Registration:
    """What ``@streams.on(...)`` stands for until it gets its function."""

    def __init__(
        self, streams: Streams, channels: tuple[str, ...], options: dict[str, Any]
    ) -> None:
        self._streams = streams
        self._channels = channels
        self._options = options

    def __call__(self, function: F) -> F:
        return self._streams.add_handler(function, *self._channels, **self._options)


class _Watch:
    """Sees one market to its end."""

    def __init__(self, name: str, streams: Streams) -> None:
        self._name = name
        self._streams = streams

    def __call__(self, change: StateChange) -> object:
        if change.new is not State.CLOSED:
            return None
        # What a handler asked for comes first; the rest is not with the stream yet.
        error = self._streams[self._name].error or change.error
        return None if error is None else self._streams.take_failure(self._name, error)
