"""Batches to the handlers of their channels: message by message, or whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from fastpoly import schema
from fastpoly.caller import Caller, Report, Unpack
from fastpoly.notices import NOTICE_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.delivery import Buffer
    from fastpoly.errors import FastpolyError
    from fastpoly.services import Handler

__all__ = ["CHANNELS", "Dispatcher", "Messages"]

logger = logging.getLogger("fastpoly.client")

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
        # Plans are looked up once a batch: which callers its channels mean.
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._by_channel: dict[str, Caller] = {}
        self._callers: list[Caller] = []
        self._default = self._caller(default)

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
        new.start()
        self._by_channel[channel] = new
        new.channels += 1
        self._plans.clear()
        # What the old handler has not begun with may be the new one's now.
        left = old.surrender()
        if old is not self._default:
            old.channels -= 1
            if not old.channels:
                old.retire()
        if left:
            self._queue(left)
        self._callers = [
            one for one in self._callers if one.channels or one.task or one is self._default
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
            unpack=self._unpack,
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
        if len(plan) == 1:
            plan[0][0].take(batch)
        elif not plan:
            if channels:
                self._deliver_runs(batch, _channel_of_anything)
        elif self._whole or any(caller.busy for caller, _ in plan):
            self._deliver_parts(batch, plan)
        else:
            self._deliver_runs(batch, self._channel_of)

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

    def _deliver_parts(self, batch: Batch, plan: _Plan) -> None:
        """Each handler's part by itself; what has to wait does so as it came, undecoded."""
        free: list[str] = []
        for caller, channels in plan:
            if self._whole or caller.busy:
                caller.take(batch.select(*channels))
            else:
                free.extend(channels)
        if free:
            self._deliver_runs(batch.select(*free), self._channel_of)

    def _deliver_runs(self, batch: Batch, channel_of: Callable[[Any], Any]) -> None:
        """Neighbours that belong to one handler, together, in the order of arrival."""
        start = 0
        for channel, run in groupby(self._unpack(batch), channel_of):
            # Looked up again for each run: a handler may have changed a handler.
            caller = self._by_channel.get(channel, self._default)
            messages = list(run)
            stop = start + len(messages)
            if caller.busy:
                caller.take(batch[start:stop])
            else:
                caller.call(messages)
            start = stop

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
        """Gets the handlers ready, in the running loop."""
        for caller in self._callers:
            caller.start()

    async def finish(self, timeout: float) -> int:
        """Lets the handlers finish what they were given, and cancels them if they take too long.

        Where a handler itself calls this, nothing more is given to it or to any other.

        Args:
            timeout: Seconds to wait for them.

        Returns:
            How many messages no handler was called with.
        """
        left = 0
        if any(caller.current for caller in self._callers):
            left = self._surrender()
        tasks = [one.task for one in self._callers if one.task is not None and not one.current]
        for caller in self._callers:
            caller.retire()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=timeout)
            for task in late:
                task.cancel()
            if late:
                left += self._surrender()
                await asyncio.wait(late, timeout=timeout)
        return left

    def _surrender(self) -> int:
        return sum(len(caller.surrender()) for caller in self._callers)
