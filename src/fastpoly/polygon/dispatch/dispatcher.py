"""Batches to the handlers of their channels: message by message, or whole."""

from __future__ import annotations

import inspect
import logging
import types
from collections import deque
from collections.abc import Callable, Generator, Iterator
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly import schema
from fastpoly.consumers.handlers.tasks import MAX_IDLE, HandlerTasks, next_job, steps_of
from fastpoly.consumers.handlers.user_hook import refuse_generator
from fastpoly.consumers.picker import MAX_PLANS
from fastpoly.notices import NOTICE_CHANNEL, NOTICE_TYPES
from fastpoly.polygon.dispatch.channel_handler import ChannelHandler, ChannelHandlerOwner
from fastpoly.polygon.dispatch.frame_run import FrameRun
from fastpoly.polygon.dispatch.messages import LISTS, MessageReader, Messages

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer, BufferStats
    from fastpoly.polygon.services import Handler

__all__ = ["CHANNELS", "Dispatcher", "drive", "log_notice"]

logger = logging.getLogger("fastpoly.client")

CHANNELS: Final = {schema.STATUS_CHANNEL, NOTICE_CHANNEL}.union(
    channel.name for market in schema.MARKETS.values() for channel in market.channels
)
"""Every channel of every market, and those of control messages and of notices."""


class _Plan:
    """Which handlers a combination of channels means; looked up once a batch.

    Attributes:
        only: The handler of all of them, if they have one in common.
        parts: Each handler and its channels; empty where only the messages themselves tell.
        awaits: Whether a result of one of the handlers has to be awaited.
    """

    __slots__ = ("awaits", "only", "parts")

    def __init__(self, parts: dict[ChannelHandler, tuple[str, ...]]) -> None:
        self.parts = tuple(parts.items())
        self.only = self.parts[0][0] if len(parts) == 1 else None
        self.awaits = any(target.awaits for target in parts)


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


def log_notice(notice: Any) -> None:
    """Log a notice: the handler of notices while they have no other."""
    logger.warning("%s", notice)


class DispatcherOwner(ChannelHandlerOwner, Protocol):
    """Whose handlers a dispatcher has."""

    def make_buffer(self, consumer: str) -> Buffer:
        """Return a buffer for a handler of that name."""

    def give_back(self, frames: list[Batch]) -> object:
        """See `FrameRunOwner.give_back`."""


class Dispatcher:
    """Which handler each channel has, and the messages on their way there.

    Messages reach handlers in the order in which they arrived, also across handlers, until one of
    them is a coroutine that waits: then that handler's messages queue, and the others go on.

    Args:
        default: The handler of every channel that has no other, unknown ones included.
        owner: Whose handlers they are.
        messages: What the handlers get.
        concurrency: How many calls of each handler may wait for something at a time.

    Attributes:
        tasks: Do what has to be awaited.
        run: Frames that the caller takes one at a time; None where there are none.
    """

    def __init__(
        self,
        default: Handler,
        owner: DispatcherOwner,
        *,
        messages: Messages = "dicts",
        concurrency: int = 1,
    ) -> None:
        self._concurrency = concurrency
        self._form = messages
        self._whole = messages == "batches"
        self._channel_of = _CHANNEL.get(messages, _channel_of_anything)
        self._owner = owner
        self.tasks = HandlerTasks(drive, max(MAX_IDLE, concurrency))
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._by_channel: dict[str, ChannelHandler] = {}
        self._handlers: list[ChannelHandler] = []
        self._default = self._target_of(default)
        # The batch that is being delivered to several handlers, and who is called right now.
        self._reader: MessageReader | None = None
        self._left: Batch | None = None
        self._current = self._default
        self._later: deque[Batch] = deque()
        # Frames that the caller takes one at a time.
        self.run: FrameRun | None = None
        # Whether a handler asked for the end, and how many messages came to nothing by that.
        self._is_over = False
        self._unread = 0

    @property
    def busy(self) -> bool:
        """Whether a handler waits, or has messages that wait."""
        return self.tasks.waiting > 0

    # -------------------------------------------------------------------------- handlers

    def set_handler(self, channel: str, handler: Handler | None) -> None:
        """Give a channel another handler; it gets the very next message.

        Args:
            channel: The channel, or ``status``.
            handler: The handler; None for the default one.
        """
        new = self._default if handler is None else self._target_of(handler)
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
        for batch in old.drain_unstarted():
            self._queue(batch)
        self._handlers = [
            one
            for one in self._handlers
            if one.channels > 0 or one.is_at_work or one is self._default
        ]

    def _target_of(self, handler: Handler) -> ChannelHandler:
        for target in self._handlers:
            # Two accesses of one method are equal and not identical.
            if target.handler is handler or (
                target.handler == handler and type(target.handler) is type(handler)
            ):
                return target
        name = getattr(handler, "__qualname__", type(handler).__qualname__)
        target = ChannelHandler(
            handler,
            self._owner.make_buffer(name),
            self.tasks,
            messages=self._form,
            owner=self._owner,
            concurrency=self._concurrency,
        )
        self._handlers.append(target)
        return target

    def stats(self) -> list[tuple[str, tuple[str, ...], BufferStats]]:
        """Return the name, the channels and the buffer's figures of each handler."""
        by_handler: dict[ChannelHandler, list[str]] = {}
        for channel, handler in tuple(self._by_channel.items()):
            by_handler.setdefault(handler, []).append(channel)
        return [
            (handler.buffer.consumer, tuple(by_handler.get(handler, ())), handler.buffer.stats())
            for handler in tuple(self._handlers)
        ]

    # -------------------------------------------------------------------------- messages

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """Call the handlers of a batch's messages, or queue what they cannot take yet."""
        if self._is_over:
            self._unread += len(batch)
            return
        if self._reader is not None or self.run is not None:
            # A handler caused this; its own message comes first.
            self._later.append(batch)
            return
        plan = self._plans.get(channels)
        if plan is None:
            plan = self._plan(channels)
        if plan.only is not None:
            plan.only.deliver(batch)
        else:
            self._deliver(batch, plan)
            if self._later:
                self._deliver_later()

    def _deliver_later(self) -> None:
        while self._later:
            batch = self._later.popleft()
            self._deliver(batch, self._plan(batch.channels))

    def push_frames(self, batch: Batch) -> bool:
        """Call the handlers of a batch's first frame, and those of the others by `run`.

        Returns:
            Whether the first was handled. If not, the frames were given back, to be pushed singly.
        """
        channels = batch.channels
        if batch.frame_count == 1:
            self.push(batch, channels)
            return True
        if self._may_run(self._plan(channels)):
            self.run = FrameRun(
                batch,
                LISTS[self._form],
                self.tasks,
                self,
                self._channel_of,
                self._by_channel,
                self._default,
                awaits=self._plan(channels).awaits,
            )
            return self.run.handle_next()
        self.give_back(batch.frames())
        return False

    def _may_run(self, plan: _Plan) -> bool:
        return (
            not (self._whole or self._is_over)
            and self._reader is None
            and self.run is None
            and bool(plan.parts)
            and all(target.is_free for target, _ in plan.parts)
            and (self.tasks.ready or not plan.awaits)
        )

    def stop_run(self) -> None:
        """Give back the frames that are left, to be pushed by whoever takes them."""
        if self.run is not None:
            self.run.stop()

    def give_back(self, frames: list[Batch]) -> None:
        """See `FrameRunOwner.give_back`."""
        self._owner.give_back(frames)

    def on_over(self, left: Batch | None) -> None:
        """See `FrameRunOwner.on_over`."""
        self.run = None
        if left is not None:
            self._deliver(left, self._plan(left.channels))
        if self._later:
            self._deliver_later()

    def _plan(self, channels: tuple[str, ...]) -> _Plan:
        plan = self._plans.get(channels)
        if plan is not None:
            return plan
        parts: dict[ChannelHandler, tuple[str, ...]] = {}
        if self._whole or schema.UNKNOWN_CHANNEL not in channels:
            for channel in channels:
                target = self._by_channel.get(channel, self._default)
                parts[target] = (*parts.get(target, ()), channel)
        if len(self._plans) >= MAX_PLANS:
            self._plans.clear()
        plan = self._plans[channels] = _Plan(parts)
        return plan

    def _deliver(self, batch: Batch, plan: _Plan) -> None:
        while True:
            if plan.only is not None:
                plan.only.deliver(batch)
                return
            if not plan.parts:
                if len(batch):
                    self._deliver_slices(batch)
                return
            if self._whole or (plan.awaits and not self.tasks.ready):
                for target, channels in plan.parts:
                    target.deliver(batch.select(*channels))
                return
            free: list[str] = []
            waiting = [part for part in plan.parts if part[0].busy]
            if waiting:
                # What has to wait does so undecoded; the others get theirs in the next round.
                for target, channels in waiting:
                    target.deliver(batch.select(*channels))
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
        """Deliver neighbours of one handler together, where channels do not tell which."""
        for target, part in self._slices(batch):
            target.deliver(part)

    def _slices(self, batch: Batch) -> Iterator[tuple[ChannelHandler, Batch]]:
        start = 0
        for channel, run in groupby(batch.dicts(), _channel_of_anything):
            stop = start + sum(1 for _ in run)
            yield self._by_channel.get(channel, self._default), batch[start:stop]
            start = stop

    def _deliver_mixed(self, batch: Batch, awaits: bool) -> Batch | None:
        """Call handlers that are all free, in the order of the messages.

        Returns:
            What is left, because one of the handlers waits or has been changed.
        """
        self._reader = MessageReader(self._form, self._owner)
        try:
            messages = self._reader.read(batch)
            if awaits:
                self.tasks.run_shared((self, messages), self.who_waits)
            else:
                self.call_plain(messages)
            if self._reader.is_cut:
                # To a task, which gives the loop a turn now and then.
                self._stop()
                rest, self._left = self._left, None
                if rest is not None:
                    self._queue(rest)
        finally:
            self._reader = None
            left, self._left = self._left, None
        return left

    def call_plain(self, messages: Iterator[Any]) -> None:
        """See `FrameRunOwner.call_plain`."""
        channel_of, by_channel, default = self._channel_of, self._by_channel, self._default
        target, message = default, None
        while True:
            try:
                for message in messages:
                    target = by_channel.get(channel_of(message), default)
                    result = target.function(message)
                    if result is not None:
                        if inspect.isawaitable(result):
                            self._stop()
                            target.wait(result, message, iter(()))
                        else:
                            refuse_generator(result)
                return
            except BaseException as error:
                target.handler_failed(error, message)

    @types.coroutine
    def call(self, messages: Iterator[Any]) -> Generator[Any, Any, None]:
        """Call each message's handler with it and await what that gives."""
        channel_of, by_channel, default = self._channel_of, self._by_channel, self._default
        target = default
        while True:
            message = None
            try:
                for message in messages:
                    target = by_channel.get(channel_of(message), default)
                    result = target.function(message)
                    if result is not None:
                        if target.awaits or inspect.isawaitable(result):
                            self._current = target
                            if type(result) is not types.CoroutineType:
                                result = steps_of(result)  # type: ignore[arg-type]
                            yield from result  # type: ignore[misc]
                        else:
                            refuse_generator(result)
            except BaseException as error:
                if self.tasks.broke_off(error):
                    raise
                target.handler_failed(error, message)
            else:
                return

    def who_waits(self) -> ChannelHandler:
        """Return the handler that waits, and leave the rest to another round."""
        self._stop()
        return self._current

    def on_wait(self, target: ChannelHandler) -> None:
        """See `FrameRunOwner.on_wait`."""
        self._stop()

    def _stop(self) -> None:
        """Leave the rest of the batch that is being delivered to another round."""
        if self._reader is not None:
            left = self._reader.stop()
            self._left = self._left if left is None else left
        elif self.run is not None:
            self.run.stop()

    def _queue(self, batch: Batch) -> None:
        """Queue messages that were another handler's, and call none from inside another."""
        plan = self._plan(batch.channels)
        if plan.parts:
            for target, channels in plan.parts:
                target.queue(batch.select(*channels))
        else:
            for target, part in self._slices(batch):
                target.queue(part)

    # ------------------------------------------------------------------------------- end

    def start(self) -> None:
        """Get ready, in the running loop."""
        self.tasks.start()

    def idle(self) -> None:
        """Keep nothing ready, as nothing new will come until `start`."""
        self.tasks.idle()

    def stop_if_inside(self) -> None:
        """Where a handler calls this, give nothing more to it or to any other until `finish`."""
        if self.tasks.current:
            self._is_over = True
            self._unread += self._drain_unstarted()

    async def finish(self, timeout: float) -> int:
        """Let the handlers finish what they were given, and cancel them if they take too long.

        Where a handler itself calls this, nothing more is given to it or to any other.

        Args:
            timeout: Seconds to wait for them.

        Returns:
            How many messages no handler was called with.
        """
        self.stop_if_inside()
        self._stop()  # a task that is kept for it would be waited for
        await self.tasks.finish(timeout)
        left, self._unread = self._unread + self._drain_unstarted(), 0
        self._is_over = False
        return left

    def _drain_unstarted(self) -> int:
        self._stop()
        left = [] if self._left is None else [self._left]
        self._left = None
        for target in self._handlers:
            left.extend(target.drain_unstarted())
        return sum(map(len, left))


async def drive() -> None:
    """The driver of the tasks; a job is whom to call, and with what."""
    while True:
        target, messages = await next_job()
        await target.call(messages)
