"""Who gets a stream's batches: its handlers and iterations, how they come and go."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastpoly import schema
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.error_policy import Fence
from fastpoly.consumers.fanout import FanOut
from fastpoly.consumers.handler import Handler
from fastpoly.consumers.iteration import Batches, Consumer, Picker
from fastpoly.engine.supervisor import Engine
from fastpoly.enums import Overflow, member
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.filters.build import make_filter
from fastpoly.filters.conditions import Condition
from fastpoly.health.stalls import Stalls
from fastpoly.net.reader_loop import Host
from fastpoly.notices import NOTICE_CHANNEL

__all__ = ["Limits", "Roster"]

logger = logging.getLogger("fastpoly.stream")

UNKNOWN_CHANNEL = "unknown"
"""The channel of events that the market does not know."""


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
        """These limits with some of them replaced.

        Raises:
            UsageError: One makes no sense.
        """
        for name, value in (("max_buffer_bytes", max_bytes), ("max_buffer_age", max_age_s)):
            if value is not None and not value > 0:
                raise UsageError(f"{name}={value!r} is not above 0.", hint="Pass more than 0.")
        return Limits(
            self.max_bytes if max_bytes is None else max_bytes,
            self.max_age_s if max_age_s is None else max_age_s,
            self.overflow if overflow is None else member(Overflow, overflow, "an overflow policy"),
        )


class Roster:
    """The consumers of one stream. Used in the user's loop, but for `end`.

    Args:
        spec: The market.
        limits: What consumers get that ask for nothing else.
        engine: Where batches come from.
        host: Where the engine runs.
        threaded: Whether that is another thread.
        fence: What becomes of handlers that raise.
        to_user: Has a function called in the user's loop; from the engine's.
        on_raise: Called when an iteration raises what ended the stream.

    Attributes:
        handlers: Handlers, in the order in which they came.
        iterations: Iterations, in the order in which they came.
        stalls: What is known of the loop's standing still.
    """

    def __init__(
        self,
        spec: schema.MarketSpec,
        limits: Limits,
        engine: Engine,
        host: Host,
        *,
        threaded: bool,
        fence: Fence,
        to_user: Callable[..., object],
        on_raise: Callable[[], object],
    ) -> None:
        self.handlers: list[Handler] = []
        self.iterations: list[Batches] = []
        self._market = spec.name
        self._channels = frozenset(channel.name for channel in spec.channels)
        self._limits = limits
        self._engine = engine
        self._host = host
        self._threaded = threaded
        self._fence = fence
        self._to_user = to_user
        self._on_raise = on_raise
        self._unclaimed = self._make_buffer("iteration", limits)
        self._fan_out = FanOut(engine.flow.route, self._unclaimed, host.call_soon)
        self._main: Batches | None = None
        self._started = False
        self.stalls = Stalls(lambda: [*self.handlers, *self.iterations], fence.loop_stalled)

    # --------------------------------------------------------------------------------- coming

    def start(self) -> None:
        """Begins, in the user's loop, before the engine does."""
        self._started = True
        if not self._threaded:
            self.stalls.start()
        for handler in self.handlers:
            handler.start()
            self._fan_out.claim(handler)
        if self._main is not None:
            self._fan_out.claim(self._main)

    def main(self) -> Batches:
        """The stream's own iteration, the same each time."""
        if self._main is None:
            # What has come before anyone asked is the first one's; see `FanOut`.
            claims = not self.handlers and not self.iterations
            buffer = self._unclaimed if claims else self._make_buffer("iteration", self._limits)
            self._main = self._make_batches(buffer, None)
            if self._started:
                self._attach(self._main, claims)
        return self._main

    def add_iteration(
        self,
        channels: Iterable[str],
        *,
        symbols: Iterable[str] | None,
        where: Condition | None,
        **limits: Any,
    ) -> Batches:
        """An iteration with a buffer of its own, from now on."""
        names = tuple(map(str, channels))
        wanted = self.wanted(names, notices=True)
        buffer = self._make_buffer(
            f"iteration over {', '.join(names) or 'everything'}", self._limits.but(**limits)
        )
        picker = self._make_picker(names, wanted, symbols, where, buffer)
        batches = self._make_batches(buffer, picker)
        self._attach(batches, False)
        return batches

    def add_handler(
        self,
        function: Callable[..., object],
        channels: Iterable[str],
        *,
        notices: bool,
        symbols: Iterable[str] | None,
        where: Condition | None,
        **limits: Any,
    ) -> None:
        """Has a function called with batches from now on."""
        name = getattr(function, "__qualname__", None) or repr(function)
        names = tuple(map(str, channels))
        wanted = self.wanted(names, notices)
        buffer = self._make_buffer(name, self._limits.but(**limits))
        handler = Handler(
            function,
            wanted,
            self._make_picker(names, wanted, symbols, where, buffer),
            buffer,
            threaded=self._threaded,
            on_error=self._fence.handler_failed,
            on_blocked=lambda one, seconds: self._fence.handler_blocked(
                one, seconds, self._threaded
            ),
        )
        self.handlers.append(handler)
        if self._started:
            handler.start()
            self._attach(handler, False)

    def _attach(self, consumer: Consumer, claims: bool) -> None:
        # Where the line's loop is gone there is nothing to come; what was kept is still there.
        with contextlib.suppress(UsageError):
            self._host.post(self._fan_out.claim if claims else self._fan_out.attach, consumer)

    def wanted(self, channels: Iterable[str], notices: bool) -> frozenset[str] | None:
        """The channels that names mean, or None for all.

        Raises:
            UsageError: The market has no such channel.
        """
        wanted = set()
        for channel in channels:
            name = str(channel)
            if name not in self._channels and name not in (NOTICE_CHANNEL, UNKNOWN_CHANNEL):
                own = ", ".join(sorted(self._channels))
                raise UsageError(
                    f"{channel!r} is no channel of {self._market}.",
                    hint=f"Choose among {own}, {NOTICE_CHANNEL} and {UNKNOWN_CHANNEL}.",
                )
            wanted.add(name)
        if notices:
            return frozenset({*wanted, NOTICE_CHANNEL}) if wanted else None
        return frozenset(wanted or {*self._channels, UNKNOWN_CHANNEL})

    def _make_picker(
        self,
        names: tuple[str, ...],
        wanted: frozenset[str] | None,
        symbols: Iterable[str] | None,
        where: Condition | None,
        buffer: Buffer,
    ) -> Picker | None:
        filter_ = make_filter(self._market, symbols, where, names or None)
        return None if wanted is None and filter_ is None else Picker(wanted, filter_, buffer)

    def _make_buffer(self, consumer: str, limits: Limits) -> Buffer:
        buffer = Buffer(
            self._market,
            consumer=consumer,
            overflow=limits.overflow,
            max_bytes=limits.max_bytes,
            max_age_s=limits.max_age_s,
        )
        buffer.on_full = lambda: self._engine.note_room(buffer)
        buffer.on_room = lambda: self._note_room(buffer)
        return buffer

    def _note_room(self, buffer: Buffer) -> None:
        with contextlib.suppress(UsageError, RuntimeError):  # the line's loop is gone
            self._host.post(self._engine.note_room, buffer)

    def _make_batches(self, buffer: Buffer, picker: Picker | None) -> Batches:
        batches = Batches(buffer, picker, self._to_user, self.detach, self._on_raise)
        self.iterations.append(batches)
        return batches

    # --------------------------------------------------------------------------------- going

    def remove_handler(self, function: Callable[..., object]) -> None:
        """Takes a function off the stream.

        Raises:
            UsageError: It is no handler of this stream.
        """
        found = [handler for handler in self.handlers if handler.function == function]
        if not found:
            raise UsageError(f"{function!r} is no handler of this stream.", hint="Add it first.")
        for handler in found:
            self.detach(handler)

    def detach(self, consumer: Consumer) -> None:
        """Takes a consumer off the stream."""
        if isinstance(consumer, Handler):
            self.handlers = [one for one in self.handlers if one is not consumer]
            consumer.detach()
        else:
            self.iterations = [one for one in self.iterations if one is not consumer]
        if self._started:
            with contextlib.suppress(UsageError):  # the line's loop is gone
                self._host.post(self._fan_out.detach, consumer)

    def end(self, error: FastpolyError | None) -> None:
        """There will be no more batches; in the line's thread."""
        self._fan_out.end(error)

    async def wind_up(self, *, drain: bool, timeout_s: float) -> None:
        """Waits until the handlers are done, after `end`.

        Args:
            drain: Whether they get what waits for them.
            timeout_s: Seconds after which they are cut off.
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
                "%s: handlers were not done %g s after the end and were cut off",
                self._market,
                timeout_s,
            )

    def abort(self) -> None:
        """Takes from everyone what waits for them, and cancels what runs."""
        for iteration in self.iterations:
            iteration.abort()
        self._abort_handlers()

    def _abort_handlers(self) -> None:
        for handler in self.handlers:
            handler.abort()
