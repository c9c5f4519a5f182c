"""Who gets a stream's batches: its handlers and iterations, how they come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastpoly import schema
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.fanout import Consumer, FanOut
from fastpoly.consumers.gathering import Gathering, Grouping
from fastpoly.consumers.handlers.error_policy import HandlerErrorPolicy
from fastpoly.consumers.handlers.handler import Handler
from fastpoly.consumers.handlers.stall_log import StallLog
from fastpoly.consumers.iteration import Batches, Iteration
from fastpoly.consumers.kept.bars import KeptBars
from fastpoly.consumers.kept.last_values import LastValues
from fastpoly.consumers.picker import Picker, takes_notices
from fastpoly.consumers.writer import Writer
from fastpoly.enums import Overflow, member
from fastpoly.errors import UsageError
from fastpoly.filters.build import make_filter
from fastpoly.filters.conditions import Condition
from fastpoly.health.log_limit import LogLimit, more
from fastpoly.health.stalls import Stalls
from fastpoly.notices import NOTICE_CHANNEL, Gap, Notice, SinkFailed, SlowConsumer

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.engine.supervisor import Engine
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["ConsumerRegistry", "Limits"]

logger = logging.getLogger("fastpoly.stream")

UNTOLD: Final[frozenset[str]] = frozenset()
"""What to make the buffer of a consumer for, if the user is to be told of its losses."""

WRITER_TIMEOUT_S: Final = 60.0
"""How long the end of a stream waits for each writer: a disk may be slow."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a consumer may have waiting, and what happens beyond that.

    Attributes:
        max_bytes: Bytes on the wire.
        max_age_s: Seconds; None for any time.
        overflow: What happens beyond that.
    """

    max_bytes: int
    max_age_s: float | None
    overflow: Overflow

    def but(self, max_bytes: int | None, max_age_s: float | None, overflow: str | None) -> Limits:
        """Return these limits with some of them replaced.

        Raises:
            UsageError: One is invalid.
        """
        for name, value in (("max_buffer_bytes", max_bytes), ("max_buffer_age", max_age_s)):
            if value is not None and not value > 0:
                raise UsageError(f"{name}={value!r} is not above 0.", hint="Pass more than 0.")
        return Limits(
            self.max_bytes if max_bytes is None else max_bytes,
            self.max_age_s if max_age_s is None else max_age_s,
            self.overflow if overflow is None else member(Overflow, overflow, "an overflow policy"),
        )

    def for_groups(self, grouping: Grouping | None) -> Limits:
        """Return these limits with room for a few groups, if that is what waits."""
        if grouping is None:
            return self
        return Limits(max(self.max_bytes, grouping.room_bytes), self.max_age_s, self.overflow)


class ConsumerRegistry:
    """The consumers of one stream. Used in the user's loop, but for `end` and `on_full`.

    Args:
        spec: The market.
        limits: What consumers get that ask for nothing else.
        engine: Where batches come from.
        loop: The loop that reads.
        errors: What becomes of handlers that raise.

    Attributes:
        handlers: Handlers, in the order in which they came.
        iterations: Iterations, in the order in which they came.
        writers: Writers, in the order in which they came.
        last_values: Last events, kept on the way to all of these.
        bars: Bars, kept in the same way.
        stalls: Stalls of the loop in which handlers run, if that is the one that reads.
        has_raised: Whether an iteration has raised what ended the stream.
    """

    def __init__(
        self,
        spec: schema.MarketSpec,
        limits: Limits,
        engine: Engine,
        loop: ReaderLoop,
        errors: HandlerErrorPolicy,
    ) -> None:
        self.handlers: list[Handler] = []
        self.iterations: list[Batches] = []
        self.writers: list[Writer] = []
        self.stalls = Stalls(self)
        self.has_raised = False
        self._market = spec.name
        self._channels = frozenset(channel.name for channel in spec.channels)
        self._limits = limits
        self._engine = engine
        self._loop = loop
        self._errors = errors
        self._stall_log = StallLog(loop.threaded)
        self._unclaimed = self._make_buffer("iteration", limits)
        self.last_values = LastValues(spec.name, self._channels, engine.pipeline, loop)
        self.bars = KeptBars(spec.name, self.last_values, loop, engine.pipeline.clock)
        self._fan_out = FanOut(self.bars, self._unclaimed, loop)
        self._main: Batches | None = None
        self._gatherings: dict[Consumer, Gathering] = {}
        self._started = False
        self._logged: Notice | None = None
        self._notice_limit = LogLimit()

    # --------------------------------------------------------------------------------- coming

    def start(self) -> None:
        """Begin, in the user's loop, before the engine does."""
        self._started = True
        if not self._loop.threaded:
            self.stalls.start()
        for handler in self.handlers:
            handler.start()
            self._fan_out.claim(self._source_of(handler))
        for writer in self.writers:
            writer.start()
            self._fan_out.claim(self._source_of(writer))
        if self._main is not None:
            self._fan_out.claim(self._main)

    def main(self) -> Batches:
        """Return the stream's own iteration, the same each time."""
        if self._main is None:
            # What has come before anyone asked is the first one's; see `FanOut`.
            claims = not (self.handlers or self.iterations or self.writers)
            if claims:
                self._unclaimed.use(self._limits.overflow)
            buffer = self._unclaimed if claims else self._make_buffer("iteration", self._limits)
            self._main = self._make_batches(buffer, None)
            if self._started:
                self._attach(self._main, claims)
        return self._main

    def keep_last(self, channels: Iterable[str]) -> None:
        """Keep the last events of channels, see `LastValues.keep`."""
        self.last_values.keep(channels)
        self._hold_up_nothing()

    def keep_bars(self, channel: str, starts: int, complete_after_s: float | None) -> None:
        """Keep the bars of a channel, see `KeptBars.keep`."""
        self.bars.keep(channel, starts, complete_after_s)
        self._hold_up_nothing()

    def _hold_up_nothing(self) -> None:
        # What is kept may be all that is wanted: then nobody takes what waits for the first one who
        # asks, and it must neither stop the reading nor end the stream.
        if self._main is None:
            self._unclaimed.use(Overflow.DROP_OLDEST)

    def add_iteration(
        self,
        channels: Iterable[str],
        *,
        symbols: Iterable[str] | None,
        where: Condition | None,
        grouping: Grouping | None = None,
        notices: bool | None = None,
        **limits: Any,
    ) -> Iteration:
        """Return an iteration with a buffer of its own, from now on."""
        names = tuple(map(str, channels))
        wanted = self.wanted(names, notices)
        buffer = self._make_buffer(
            f"iteration over {', '.join(names) or 'everything'}",
            self._limits.but(**limits).for_groups(grouping),
            wanted,
        )
        picker = self._make_picker(names, wanted, symbols, where, buffer)
        batches = self._make_batches(buffer, None if grouping else picker, takes_notices(picker))
        self._stand_before(batches, names, picker, grouping)
        self._attach(batches, False)
        return Iteration(batches)

    def add_handler(
        self,
        function: Callable[..., object],
        channels: Iterable[str],
        *,
        notices: bool | None,
        symbols: Iterable[str] | None,
        where: Condition | None,
        grouping: Grouping | None = None,
        **limits: Any,
    ) -> None:
        """Call a function with batches, or with groups, from now on."""
        name = getattr(function, "__qualname__", None) or repr(function)
        names = tuple(map(str, channels))
        wanted = self.wanted(names, notices)
        buffer = self._make_buffer(name, self._limits.but(**limits).for_groups(grouping), wanted)
        picker = self._make_picker(names, wanted, symbols, where, buffer)
        handler = Handler(function, wanted, None if grouping else picker, buffer, self._loop, self)
        self._stand_before(handler, names, picker, grouping)
        self.handlers.append(handler)
        if self._started:
            handler.start()
            self._attach(handler, False)

    def add_writer(
        self,
        writer: Writer,
        channels: Iterable[str],
        *,
        symbols: Iterable[str] | None,
        where: Condition | None,
        grouping: Grouping | None,
        **limits: Any,
    ) -> None:
        """Have a writer write what comes from now on."""
        names = tuple(map(str, channels))
        # Notices part groups, so they come to every writer.
        wanted = self.wanted(names, True)
        buffer = self._make_buffer(
            writer.name, self._limits.but(**limits).for_groups(grouping), UNTOLD
        )
        picker = self._make_picker(names, wanted, symbols, where, buffer)
        writer.adopt(buffer, None if grouping else picker, self)
        self._stand_before(writer, names, picker, grouping)
        self.writers.append(writer)
        if self._started:
            writer.start()
            self._attach(writer, False)

    def _stand_before(
        self,
        consumer: Consumer,
        names: tuple[str, ...],
        picker: Picker | None,
        grouping: Grouping | None,
    ) -> None:
        """Give a consumer groups, if that is what it is to get."""
        if grouping is not None:
            self._gatherings[consumer] = Gathering(
                self._market,
                self._channels.intersection(names or self._channels),
                consumer,
                picker,
                grouping,
                self._loop,
            )

    def _source_of(self, consumer: Consumer) -> Consumer:
        """Return who takes a consumer's batches from the stream."""
        return self._gatherings.get(consumer, consumer)

    def _attach(self, consumer: Consumer, claims: bool) -> None:
        # Where the reader loop is gone there is nothing to come; what was kept is still there.
        self._loop.post(
            self._fan_out.claim if claims else self._fan_out.attach, self._source_of(consumer)
        )

    def wanted(self, channels: Iterable[str], notices: bool | None = None) -> frozenset[str] | None:
        """Return the channels that names mean, or None for all and notices.

        Args:
            channels: The names; none for everything.
            notices: Whether notices are wanted; by default where they are named, and by who wants
                everything.

        Raises:
            UsageError: The market has no such channel.
        """
        wanted = set()
        for channel in channels:
            name = str(channel)
            if name not in self._channels and name not in (NOTICE_CHANNEL, schema.UNKNOWN_CHANNEL):
                own = ", ".join(sorted(self._channels))
                raise UsageError(
                    f"{channel!r} is not a channel of {self._market}.",
                    hint=f"Choose among {own}, {NOTICE_CHANNEL} and {schema.UNKNOWN_CHANNEL}.",
                )
            wanted.add(name)
        if not wanted:
            every = frozenset({*self._channels, schema.UNKNOWN_CHANNEL})
            return every if notices is False else None
        return frozenset({*wanted, NOTICE_CHANNEL} if notices else wanted)

    def _make_picker(
        self,
        names: tuple[str, ...],
        wanted: frozenset[str] | None,
        symbols: Iterable[str] | None,
        where: Condition | None,
        buffer: Buffer,
    ) -> Picker | None:
        filter_ = make_filter(self._market, symbols, where, names or None)
        return None if wanted is None and filter_ is None else Picker(wanted, filter_, buffer, self)

    def _make_buffer(
        self, consumer: str, limits: Limits, wanted: frozenset[str] | None = None
    ) -> Buffer:
        return Buffer(
            self._market,
            consumer=consumer,
            overflow=limits.overflow,
            max_bytes=limits.max_bytes,
            max_age_s=limits.max_age_s,
            owner=self,
            notice_taker=None if wanted is None or NOTICE_CHANNEL in wanted else self,
        )

    def _make_batches(
        self, buffer: Buffer, picker: Picker | None, takes_notices: bool = True
    ) -> Batches:
        batches = Batches(buffer, picker, self._loop, self, takes_notices=takes_notices)
        self.iterations.append(batches)
        return batches

    # ------------------------------------------------------------- what consumers and buffers say

    @property
    def is_started(self) -> bool:
        """See `BatchesOwner.is_started`."""
        return self._started

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`: nobody has claimed the buffer yet."""

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`; in the thread that reads."""
        self._engine.note_room(buffer)

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._loop.post(self._engine.note_room, buffer)

    def handler_failed(self, handler: Handler, error: BaseException, batch: Batch) -> None:
        """See `HandlerOwner.handler_failed`."""
        if not self._errors.handler_failed(error, handler.function, batch):
            self.detach(handler)

    def on_notices(self, notices: Batch) -> None:
        """See `NoticeTaker.on_notices`: what a consumer is not told goes to those who are.

        A gap reaches them by itself; of a loss only its own consumer would know. Where nobody is
        told, the log is.
        """
        askers = [one for one in self.handlers if NOTICE_CHANNEL in (one.channels or ())]
        for notice in notices:
            if isinstance(notice, SlowConsumer | SinkFailed):
                is_told = bool(askers)
                for handler in askers:
                    self._loop.post(handler.push, notices, (NOTICE_CHANNEL,))
            else:
                is_told = any(one.takes_notices for one in self.suspects())
            if not is_told:
                self._log(notice)

    def _log(self, notice: Notice) -> None:
        # Each consumer that leaves a gap out says so.
        if notice is self._logged:
            return
        self._logged = notice
        if isinstance(notice, SlowConsumer):
            held_back = self._notice_limit.admit(notice.consumer)
            if held_back is not None:
                logger.warning(
                    "%s: %s did not keep up and lost %d events (overflow=%s)%s",
                    self._market,
                    notice.consumer,
                    notice.lost,
                    notice.overflow,
                    more(held_back),
                )
        elif isinstance(notice, SinkFailed):
            held_back = self._notice_limit.admit(notice.sink)
            if held_back is not None:
                logger.error(
                    "%s: %s failed and lost %d events: %s%s",
                    self._market,
                    notice.sink,
                    notice.lost,
                    notice.cause,
                    more(held_back),
                )
        elif isinstance(notice, Gap):
            logger.warning(
                "%s: %.1f s without data: %s", self._market, notice.seconds, notice.cause
            )

    def handler_ended(self, handler: Handler, error: BaseException) -> None:
        """See `HandlerOwner.handler_ended`."""
        self._errors.report(error, handler.function, None)
        self.detach(handler)

    def handler_blocked(self, handler: Handler, seconds: float) -> None:
        """See `HandlerOwner.handler_blocked`."""
        self._stall_log.handler_blocked(handler.name, seconds)

    def suspects(self) -> Iterable[Handler | Batches]:
        """See `StallsOwner.suspects`."""
        return [*self.handlers, *self.iterations]

    def loop_stalled(self, seconds: float, names: list[str]) -> None:
        """See `StallsOwner.loop_stalled`."""
        self._stall_log.loop_stalled(seconds, names)

    def error_was_raised(self) -> None:
        """See `BatchesOwner.error_was_raised`."""
        self.has_raised = True

    # --------------------------------------------------------------------------------- going

    def remove_handler(self, function: Callable[..., object]) -> None:
        """Take a function off the stream.

        Raises:
            UsageError: It is not a handler of this stream.
        """
        found = [handler for handler in self.handlers if handler.function == function]
        if not found:
            raise UsageError(f"{function!r} is not a handler of this stream.", hint="Add it first.")
        for handler in found:
            self.detach(handler)

    def detach(self, consumer: Consumer) -> None:
        """Take a consumer off the stream."""
        if isinstance(consumer, Handler):
            self.handlers = [one for one in self.handlers if one is not consumer]
            consumer.detach()
        else:
            self.iterations = [one for one in self.iterations if one is not consumer]
        gathering = self._gatherings.pop(consumer, None)
        if self._started:
            self._loop.post(self._fan_out.detach, gathering or consumer)
            if gathering is not None:
                self._loop.post(gathering.stop)

    def end(self, error: BaseException | None) -> None:
        """There will be no more batches; called in the thread that reads."""
        self.bars.stop()
        self._fan_out.end(error)

    async def wind_up(self, *, drain: bool, timeout_s: float) -> None:
        """Wait until the handlers are done, after `end`.

        Args:
            drain: Whether they get what waits for them.
            timeout_s: Seconds after which they are cancelled.
        """
        self.stalls.stop()
        if not drain:
            self.abort()
        try:
            async with asyncio.timeout(timeout_s):
                for handler in self.handlers if self._started else ():
                    await handler.wait_drained()
        except TimeoutError:
            self._abort_handlers()
            logger.warning(
                "%s: handlers were cancelled: they had not finished %g s after the end",
                self._market,
                timeout_s,
            )
        for writer in self.writers if self._started else ():
            try:
                async with asyncio.timeout(WRITER_TIMEOUT_S):
                    await writer.wait_drained()
            except TimeoutError:
                logger.warning(
                    "%s: %s was still writing %g s after the end",
                    self._market,
                    writer.name,
                    WRITER_TIMEOUT_S,
                )

    def abort(self) -> None:
        """Take from everyone what waits for them, and cancel what runs."""
        for iteration in self.iterations:
            iteration.abort()
        for writer in self.writers:
            writer.abort()
        self._abort_handlers()

    def _abort_handlers(self) -> None:
        for handler in self.handlers:
            handler.abort()
