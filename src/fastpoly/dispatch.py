"""Batches to the handlers of their channels: message by message, or whole."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from fastpoly import schema
from fastpoly.caller import Caller, Report, Unpack, cancelled_from_outside
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.workers import Workers

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.delivery import Buffer
    from fastpoly.errors import FastpolyError
    from fastpoly.services import Handler

__all__ = ["CHANNELS", "Dispatcher", "Messages"]

Messages: TypeAlias = Literal["dicts", "events", "batches"]
"""What handlers get: dicts or events one at a time, or the batches of their channels."""

MAX_PLANS: Final = 256
"""Combinations of channels that are remembered; a server may invent channels without end."""

CHANNELS: Final = {schema.STATUS_CHANNEL, NOTICE_CHANNEL}.union(
    channel.name for market in schema.MARKETS.values() for channel in market.channels
)
"""Every channel of every market, and those of control messages and of notices."""

UNKNOWN: Final = "unknown"
"""What a batch calls the channel of messages that its market does not know."""

_Plan: TypeAlias = list[tuple[Caller, tuple[str, ...]]]
"""Each handler and its channels; empty where only the messages themselves tell."""


def _channel_of_anything(message: Any) -> Any:
    """The channel of a message that may have none, or may not even be an object."""
    if isinstance(message, dict):
        channel = message.get("ev")
    else:
        channel = getattr(message, "event_type", None)
    return channel if isinstance(channel, str) else None


_UNPACK: Final[dict[Messages, Unpack]] = {
    "dicts": lambda batch: iter(batch.dicts()),
    "events": iter,
    "batches": lambda batch: iter((batch,)),
}

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
        self._whole = messages == "batches"
        self._unpack = _UNPACK[messages]
        self._channel_of = _CHANNEL.get(messages, _channel_of_anything)
        self._report = report
        self._make_buffer = make_buffer
        self._fail = fail
        self._workers = Workers()
        # Plans are looked up once a batch: which handlers its channels mean.
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._by_channel: dict[str, Caller] = {}
        self._callers: list[Caller] = []
        self._default = self._caller(default)
        # The batch that is being delivered to several handlers, and who is called right now.
        self._messages: Iterator[Any] = iter(())
        self._left = 0
        self._current = self._default
        self._delivering = False
        self._later: deque[Batch] = deque()

    @property
    def busy(self) -> bool:
        """Whether a handler waits, or has messages that wait."""
        return any(caller.busy for caller in self._callers)

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
        new.channels += 1
        old.channels -= 1
        self._plans.clear()
        # What the old handler has not begun with may be the new one's now.
        self._stop()
        left = old.surrender()
        if left:
            self._queue(left)
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
            unpack=self._unpack,
            report=self._report,
            fail=self._fail,
        )
        self._callers.append(caller)
        return caller

    # -------------------------------------------------------------------------- messages

    def deliver(self, batch: Batch) -> None:
        """Calls the handlers of a batch's messages, or queues what they cannot take yet."""
        if self._delivering:
            # A handler caused this; its own message comes first.
            self._later.append(batch)
            return
        self._delivering = True
        try:
            self._deliver(batch)
            while self._later:
                self._deliver(self._later.popleft())
        finally:
            self._delivering = False

    def _deliver(self, batch: Batch) -> None:
        while True:
            channels = batch.channels
            plan = self._plans.get(channels)
            if plan is None:
                plan = self._plan(channels)
            if len(plan) == 1:
                plan[0][0].take(batch)
                return
            if not plan:
                if channels:
                    self._deliver_slices(batch)
                return
            awaits = any(caller.awaits for caller, _ in plan)
            if self._whole or (awaits and not self._workers.ready):
                for caller, names in plan:
                    caller.take(batch.select(*names))
                return
            if not any(caller.busy for caller, _ in plan):
                left = self._deliver_mixed(batch, awaits)
                if not left:
                    return
                batch = batch[len(batch) - left :]
                continue
            # What has to wait does so undecoded; the others get theirs in the next round.
            for caller, names in plan:
                if caller.busy:
                    caller.take(batch.select(*names))
            free = [name for caller, names in plan if not caller.busy for name in names]
            if not free:
                return
            batch = batch.select(*free)

    def _plan(self, channels: tuple[str, ...]) -> _Plan:
        parts: dict[Caller, tuple[str, ...]] = {}
        for channel in channels:
            caller = self._by_channel.get(channel, self._default)
            parts[caller] = (*parts.get(caller, ()), channel)
        if len(self._plans) >= MAX_PLANS:
            self._plans.clear()
        sure = self._whole or UNKNOWN not in channels
        plan = self._plans[channels] = list(parts.items()) if sure else []
        return plan

    def _deliver_slices(self, batch: Batch) -> None:
        """Neighbours that belong to one handler together, where channels do not tell which."""
        start = 0
        for channel, run in groupby(self._unpack(batch), _channel_of_anything):
            stop = start + sum(1 for _ in run)
            self._by_channel.get(channel, self._default).take(batch[start:stop])
            start = stop

    def _deliver_mixed(self, batch: Batch, awaits: bool) -> int:
        """Calls handlers that are all free, in the order of the messages.

        Returns:
            How many messages are left, because one of the handlers waits or has been changed.
        """
        self._messages = self._unpack(batch)
        if awaits:
            self._workers.begin_shared(self._drive(self._messages), self._who_waits)
        else:
            self._call(self._messages)
        left, self._left = self._left, 0
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
                        self._workers.begin(caller.drive(iter(()), result, message), caller)
                return
            except Exception as error:
                caller.fault(error, message)

    async def _drive(self, messages: Iterator[Any]) -> None:
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
        self._left += sum(1 for _ in self._messages)

    def _queue(self, messages: list[Any]) -> None:
        """Queues messages that were another handler's, and calls none from inside another."""
        if self._whole:
            for batch in messages:
                for caller, channels in self._plan(batch.channels):
                    caller.queue([batch.select(*channels)])
            return
        for channel, run in groupby(messages, _channel_of_anything):
            self._by_channel.get(channel, self._default).queue(list(run))

    # ------------------------------------------------------------------------------- end

    def start(self) -> None:
        """Gets ready, in the running loop."""
        self._workers.start()

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
        left, self._left = self._left, 0
        return left + sum(len(caller.surrender()) for caller in self._callers)
