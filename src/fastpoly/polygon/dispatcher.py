"""Batches to the handlers of their channels: message by message, or whole."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final

from fastpoly import schema
from fastpoly.consumers.tasks import Workers, next_job
from fastpoly.notices import NOTICE_CHANNEL, NOTICE_TYPES
from fastpoly.polygon.channel_handler import Caller, Report, cancelled_from_outside
from fastpoly.polygon.messages import Messages, Reading

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer
    from fastpoly.errors import FastpolyError
    from fastpoly.polygon.services import Handler

__all__ = ["CHANNELS", "Dispatcher", "drive"]

MAX_PLANS: Final = 256
"""Combinations of channels that are remembered; a server may invent channels without end."""

CHANNELS: Final = {schema.STATUS_CHANNEL, NOTICE_CHANNEL}.union(
    channel.name for market in schema.MARKETS.values() for channel in market.channels
)
"""Every channel of every market, and those of control messages and of notices."""

UNKNOWN: Final = "unknown"
"""What a batch calls the channel of messages that its market does not know."""


class _Plan:
    """Which handlers a combination of channels means; looked up once a batch.

    Attributes:
        only: The handler of all of them, if they have one in common.
        parts: Each handler and its channels; empty where only the messages themselves tell.
        awaits: Whether a result of one of the handlers has to be awaited.
    """

    __slots__ = ("awaits", "only", "parts")

    def __init__(self, parts: dict[Caller, tuple[str, ...]]) -> None:
        self.parts = tuple(parts.items())
        self.only = self.parts[0][0] if len(parts) == 1 else None
        self.awaits = any(caller.awaits for caller in parts)


def _channel_of_anything(message: Any) -> Any:
    """The channel of a message that may have none, or may not even be an object."""
    if isinstance(message, dict):
        channel = message.get("ev")
    else:
        channel = getattr(message, "event_type", None)
    return channel if isinstance(channel, str) else None


_CHANNEL: Final[dict[Messages, Callable[[Any], Any]]] = {
    "dicts": itemgetter("ev"),
    "events": attrgetter("event_type"),
}


class Dispatcher:
    """Which handler each channel has, and the messages on their way there.

    Messages reach handlers in the order in which they arrived, also across handlers, until one of
    them is a coroutine that waits: then that handler's messages queue, and the others go on.

    Args:
        default: The handler of every channel that has no other, unknown ones included.
        messages: What the handlers get.
        report: Gets what handlers raise.
        make_buffer: Gives a handler its buffer, called with the handler's name.
        fail: Gets what a buffer ended with.
    """

    def __init__(
        self,
        default: Handler,
        *,
        messages: Messages = "dicts",
        report: Report,
        make_buffer: Callable[[str], Buffer],
        fail: Callable[[FastpolyError], None],
    ) -> None:
        self._form = messages
        self._whole = messages == "batches"
        self._channel_of = _CHANNEL.get(messages, _channel_of_anything)
        self._report = report
        self._make_buffer = make_buffer
        self._fail = fail
        self._workers = Workers(drive)
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._by_channel: dict[str, Caller] = {}
        self._callers: list[Caller] = []
        self._default = self._caller(default)
        # The batch that is being delivered to several handlers, and who is called right now.
        self._reading: Reading | None = None
        self._left: Batch | None = None
        self._current = self._default
        self._later: deque[Batch] = deque()

    @property
    def busy(self) -> bool:
        """Whether a handler waits, or has messages that wait."""
        return self._workers.waiting > 0

    # -------------------------------------------------------------------------- handlers

    def handler_of(self, channel: str) -> Handler:
        """The handler that messages of a channel go to."""
        return self._by_channel.get(channel, self._default).handler

    def set_handler(self, channel: str, handler: Handler | None) -> None:
        """Gives a channel another handler; it gets the very next message.

        Args:
            channel: The channel, or ``status``.
            handler: The handler; None for the default one.
        """
        new = self._default if handler is None else self._caller(handler)
        old = self._by_channel.get(channel, self._default)
        if new is old:
            return
        self._by_channel[channel] = new
        if channel == NOTICE_CHANNEL:
            # Where messages of several channels come together, each is known by its own name.
            self._by_channel.update(dict.fromkeys(NOTICE_TYPES, new))
        new.channels += 1
        old.channels -= 1
        self._plans.clear()
        # What the old handler has not begun with may be the new one's now.
        self._stop()
        for batch in old.surrender():
            self._queue(batch)
        self._callers = [
            one for one in self._callers if one.channels > 0 or one.busy or one is self._default
        ]

    def _caller(self, handler: Handler) -> Caller:
        for caller in self._callers:
            # Two accesses of one method are equal and not identical.
            if caller.handler is handler or (
                caller.handler == handler and type(caller.handler) is type(handler)
            ):
                return caller
        name = getattr(handler, "__qualname__", type(handler).__qualname__)
        caller = Caller(
            handler,
            self._make_buffer(name),
            self._workers,
            messages=self._form,
            report=self._report,
            fail=self._fail,
        )
        self._callers.append(caller)
        return caller

    # -------------------------------------------------------------------------- messages

    def deliver(self, batch: Batch) -> None:
        """Calls the handlers of a batch's messages, or queues what they cannot take yet."""
        channels = batch.channels
        plan = self._plans.get(channels)
        if plan is None:
            plan = self._plan(channels)
        if plan.only is not None:
            plan.only.take(batch)
        elif self._reading is None:
            self._deliver(batch, plan)
            while self._later:
                batch = self._later.popleft()
                self._deliver(batch, self._plan(batch.channels))
        else:
            # A handler caused this; its own message comes first.
            self._later.append(batch)

    def _plan(self, channels: tuple[str, ...]) -> _Plan:
        plan = self._plans.get(channels)
        if plan is not None:
            return plan
        parts: dict[Caller, tuple[str, ...]] = {}
        if self._whole or UNKNOWN not in channels:
            for channel in channels:
                caller = self._by_channel.get(channel, self._default)
                parts[caller] = (*parts.get(caller, ()), channel)
        if len(self._plans) >= MAX_PLANS:
            self._plans.clear()
        plan = self._plans[channels] = _Plan(parts)
        return plan

    def _deliver(self, batch: Batch, plan: _Plan) -> None:
        while True:
            if plan.only is not None:
                plan.only.take(batch)
                return
            if not plan.parts:
                if len(batch):
                    self._deliver_slices(batch)
                return
            if self._whole or (plan.awaits and not self._workers.ready):
                for caller, channels in plan.parts:
                    caller.take(batch.select(*channels))
                return
            free: list[str] = []
            waiting = [part for part in plan.parts if part[0].busy]
            if waiting:
                # What has to wait does so undecoded; the others get theirs in the next round.
                for caller, channels in waiting:
                    caller.take(batch.select(*channels))
                free = [name for one, names in plan.parts if not one.busy for name in names]
                if not free:
                    return
                batch = batch.select(*free)
            else:
                left = self._deliver_mixed(batch, plan.awaits)
                if left is None:
                    return
                batch = left
            plan = self._plan(batch.channels)

    def _deliver_slices(self, batch: Batch) -> None:
        """Neighbours that belong to one handler together, where channels do not tell which."""
        for caller, part in self._slices(batch):
            caller.take(part)

    def _slices(self, batch: Batch) -> Iterator[tuple[Caller, Batch]]:
        start = 0
        for channel, run in groupby(batch.dicts(), _channel_of_anything):
            stop = start + sum(1 for _ in run)
            yield self._by_channel.get(channel, self._default), batch[start:stop]
            start = stop

    def _deliver_mixed(self, batch: Batch, awaits: bool) -> Batch | None:
        """Calls handlers that are all free, in the order of the messages.

        Returns:
            What is left, because one of the handlers waits or has been changed.
        """
        self._reading = Reading(self._form)
        try:
            messages = self._reading.begin(batch)
            if awaits:
                self._workers.begin_shared((self, messages), self._who_waits)
            else:
                self._call(messages)
        finally:
            self._reading = None
            left, self._left = self._left, None
        return left

    def _call(self, messages: Iterator[Any]) -> None:
        channel_of, by_channel, default = self._channel_of, self._by_channel, self._default
        caller, message = default, None
        while True:
            try:
                for message in messages:
                    caller = by_channel.get(channel_of(message), default)
                    result = caller.handler(message)
                    if result is not None and inspect.isawaitable(result):
                        self._stop()
                        caller.wait(result, message, iter(()))
                return
            except Exception as error:
                caller.fault(error, message)

    async def call(self, messages: Iterator[Any]) -> None:
        """Calls each message's handler with it and awaits what that gives."""
        channel_of, by_channel, default = self._channel_of, self._by_channel, self._default
        caller, message = default, None
        while True:
            try:
                for message in messages:
                    caller = by_channel.get(channel_of(message), default)
                    result = caller.handler(message)
                    if result is not None and (caller.awaits or inspect.isawaitable(result)):
                        self._current = caller
                        await result  # type: ignore[misc]
                return
            except asyncio.CancelledError as error:
                if cancelled_from_outside():
                    raise
                caller.fault(error, message)
            except Exception as error:
                caller.fault(error, message)

    def _who_waits(self) -> Caller:
        self._stop()
        return self._current

    def _stop(self) -> None:
        """Leaves the rest of the batch that is being delivered to another round."""
        if self._reading is not None:
            left = self._reading.stop()
            self._left = self._left if left is None else left

    def _queue(self, batch: Batch) -> None:
        """Queues messages that were another handler's, and calls none from inside another."""
        plan = self._plan(batch.channels)
        if plan.parts:
            for caller, channels in plan.parts:
                caller.queue(batch.select(*channels))
        else:
            for caller, part in self._slices(batch):
                caller.queue(part)

    # ------------------------------------------------------------------------------- end

    def start(self) -> None:
        """Gets ready, in the running loop."""
        self._workers.start()

    def rest(self) -> None:
        """Keeps nothing ready, as nothing new will come until `start`."""
        self._workers.rest()

    async def finish(self, timeout: float) -> int:
        """Lets the handlers finish what they were given, and cancels them if they take too long.

        Where a handler itself calls this, nothing more is given to it or to any other.

        Args:
            timeout: Seconds to wait for them.

        Returns:
            How many messages no handler was called with.
        """
        left = self._surrender() if self._workers.current else 0
        await self._workers.finish(timeout)
        return left + self._surrender()

    def _surrender(self) -> int:
        self._stop()
        left = [] if self._left is None else [self._left]
        self._left = None
        for caller in self._callers:
            left.extend(caller.surrender())
        return sum(map(len, left))


async def drive() -> None:
    """The driver of the workers; a job is whom to call, and with what."""
    while True:
        caller, messages = await next_job()
        await caller.call(messages)
