"""One call of `connect`: an engine from its first connection to its end, and a handler."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly._core import batch_of
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.handlers.frame_texts import texts_of
from fastpoly.consumers.handlers.taking import Taking
from fastpoly.consumers.handlers.user_hook import refuse_generator
from fastpoly.consumers.picker import count_notices
from fastpoly.engine.supervisor import EngineSettings
from fastpoly.enums import ErrorPolicy, Overflow
from fastpoly.errors import FastpolyError
from fastpoly.events import Status, UnknownEvent
from fastpoly.health.log_limit import LogLimit
from fastpoly.market.feed import MarketFeed, UserHooks
from fastpoly.market.stats import ClientStats
from fastpoly.massive.exceptions import as_auth_error
from fastpoly.net.foreign_errors import as_caught_there
from fastpoly.net.reader_loop import CallerLoop
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.protocol.lifecycle import State, StateChange
from fastpoly.protocol.statuses import shown
from fastpoly.schema import STATUS_CHANNEL, UNKNOWN_CHANNEL

if TYPE_CHECKING:
    import logging

    from fastpoly._core import Batch
    from fastpoly.net.credentials import ApiKey
    from fastpoly.notices import SlowConsumer
    from fastpoly.protocol.reconnect import ReconnectPolicy
    from fastpoly.protocol.subscriptions import LiteralSubscriptions, Request
    from fastpoly.sources.source import Source

__all__ = ["Delivery", "DeliveryOwner", "DeliverySettings"]

MAX_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""Bytes that may wait for the handler; beyond that the socket is not read."""

LOGIN_CHANNELS: Final = (STATUS_CHANNEL,)
"""What comes while a connection is logged in."""

NO_MODELS: Final = (Status, UnknownEvent)
"""Events that the official client drops too, but for the raw frames."""


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """What a client was told.

    Attributes:
        raw: Whether the handler gets the text of each frame, and not its models.
        policy: When to reconnect.
        logger: Where what happens is logged; control messages too, at the level of ``DEBUG``.
        key: What they are not to show.
    """

    raw: bool
    policy: ReconnectPolicy
    logger: logging.Logger
    key: ApiKey


class DeliveryOwner(Protocol):
    """The client."""

    def on_accepted(self) -> object:
        """Take note that a connection is logged in and takes requests."""


class Delivery:
    """An engine whose frames a handler gets, one call each, in the order of their arrival.

    Used in one event loop, but where it says.

    Args:
        source: What feeds the engine.
        subscriptions: What is desired, which outlives this.
        handler: A function or coroutine function.
        settings: What the client was told.
        owner: The client.

    Attributes:
        feed: The engine and whom it reports to.
    """

    def __init__(
        self,
        source: Source,
        subscriptions: LiteralSubscriptions,
        handler: Callable[[Any], object],
        settings: DeliverySettings,
        owner: DeliveryOwner,
    ) -> None:
        self._reader = CallerLoop()
        self.feed = MarketFeed(
            source,
            subscriptions,
            EngineSettings(
                policy=settings.policy, stale_after=source.defaults.stale_after, gap_apart=True
            ),
            self._reader,
            UserHooks(None, ErrorPolicy.CONTINUE, None, settings.logger),
            self,
        )
        self._engine = self.feed.engine
        self._handler = handler
        self._raw = settings.raw
        self._logger = settings.logger
        self._hide = settings.key.hide
        self._owner = owner
        self._buffer = Buffer(
            subscriptions.market,
            consumer="handler",
            owner=self,
            overflow=Overflow.BLOCK,
            max_bytes=MAX_BUFFER_BYTES,
        )
        self._engine.pipeline.route(self._put)
        self.feed.states.add(self._on_state_change)
        self._taking = Taking(self._buffer)
        self._task: asyncio.Task[Any] | None = None
        # Whether the handler itself has closed: then it gets no more.
        self._is_over = False
        self._log_limit = LogLimit()

    def stats(self) -> ClientStats:
        """Return what it has done so far; from any thread."""
        waiting = self._buffer.stats()
        market = self.feed.stats(waiting_s={"handler": waiting.waiting_s})
        return ClientStats.of(market, waiting=(waiting,), handlers=())

    @property
    def is_open(self) -> bool:
        """Whether a connection is up and takes requests."""
        return self._engine.is_open

    # ------------------------------------------------------------------- from the beginning on

    async def run(self) -> None:
        """Connect, and call the handler until the end.

        Raises:
            FastpolyError: What ended it, unless it was closed.
        """
        self._task = asyncio.current_task()
        await self._reader.start()
        try:
            # What goes wrong with the first connection is the policy's affair, as later on.
            with contextlib.suppress(FastpolyError):
                await self._engine.connect()
            await self._hand_over_all()
        finally:
            self._engine.abort()
            await self._engine.close()
        if self.feed.error is not None:
            raise as_caught_there(as_auth_error(self.feed.error))

    async def close(self) -> None:
        """Close the connection; what has arrived is still handled, unless the handler closes."""
        if self._task is not None and asyncio.current_task() is self._task:
            self._is_over = True
        if self._engine.state is not State.IDLE:
            await self._reader.call(self._engine.close)

    def post(self, function: Callable[..., object], *arguments: Any) -> bool:
        """Call a function in the loop of this, at once if that is where the caller runs.

        Returns:
            False if the loop is not there yet, or closed.
        """
        return self._reader.post(function, *arguments)

    def request(self, request: Request) -> None:
        """Make a request, or leave it to the connection that is about to come up."""
        self._engine.request(request)

    # -------------------------------------------------------------------- what the engine says

    def on_finish(self, error: FastpolyError | None) -> None:
        """See `FeedOwner.on_finish`."""
        self._buffer.close()

    def on_recording_lost(self, notice: SlowConsumer) -> None:
        """See `FeedOwner.on_recording_lost`."""
        self._engine.pipeline.announce(batch_of(notice.market, [notice]))

    def _on_state_change(self, change: StateChange) -> None:
        self._logger.debug("%s -> %s", change.old, change.new)
        if change.new is State.SUBSCRIBING:
            self._owner.on_accepted()

    def _put(self, batch: Batch, channels: tuple[str, ...]) -> None:
        # What answers the key is not the handler's affair.
        if channels != LOGIN_CHANNELS or self._engine.is_open:
            self._buffer.put(batch, count_notices(batch, channels))

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`."""
        self._taking.wake()

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        self._engine.note_room(buffer)

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._engine.note_room(buffer)

    # -------------------------------------------------------------------------- the handler

    async def _hand_over_all(self) -> None:
        taking = self._taking
        while not self._is_over and (batch := await taking.next()) is not None:
            for message in self._messages(batch):
                await self._hand_over(message)
                if self._is_over:
                    return
                if time.monotonic() > taking.turn_ends:
                    await taking.rest()

    async def _hand_over(self, message: Any) -> None:
        try:
            result = self._handler(message)
            if result is not None:
                if isinstance(result, Awaitable):
                    await result
                else:
                    refuse_generator(result)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self.feed.errors.handler_failed(error, self._handler, message)
        except Exception as error:
            self.feed.errors.handler_failed(error, self._handler, message)

    def _messages(self, batch: Batch) -> Iterator[Any]:
        """What the handler is called with for a batch."""
        channels = batch.channels
        if NOTICE_CHANNEL in channels:
            for notice in batch.select(NOTICE_CHANNEL):
                self._logger.warning("%s", notice)
            return
        if STATUS_CHANNEL in channels:
            self._log_statuses(batch)
        if self._raw:
            yield from texts_of(batch)
            return
        events = batch.events()
        mixed = STATUS_CHANNEL in channels or UNKNOWN_CHANNEL in channels
        begin = 0
        for size in batch.frame_sizes:
            models = events[begin : begin + size]
            begin += size
            if mixed:
                models = self._models_alone(models)
            if models:
                yield models

    def _models_alone(self, events: list[Any]) -> list[Any]:
        for event in events:
            if isinstance(event, UnknownEvent):
                self._log_limit.warn(self._logger, "Left out, as no model is known: %r", event)
        return [event for event in events if not isinstance(event, NO_MODELS)]

    def _log_statuses(self, batch: Batch) -> None:
        for status in batch.select(STATUS_CHANNEL):
            if isinstance(status, Status):
                self._logger.debug("status: %s", shown(self._hide(status.message or "")))
