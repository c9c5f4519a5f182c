"""One life of a callback client: its thread, an engine that reads beside it, and its callbacks."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.handlers.frame_texts import texts_of
from fastpoly.consumers.handlers.taking import Taking
from fastpoly.consumers.handlers.user_hook import EXITS, UserHook, refuse_generator
from fastpoly.consumers.picker import count_notices
from fastpoly.engine.supervisor import EngineSettings
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import ConnectionLost, FastpolyError
from fastpoly.market.feed import MarketFeed, UserHooks
from fastpoly.market.stats import ClientStats
from fastpoly.net.reader_loop import ThreadLoop, loop_factory
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.protocol.lifecycle import State, StateChange

if TYPE_CHECKING:
    import logging

    from fastpoly._core import Batch
    from fastpoly.enums import Overflow
    from fastpoly.health.silence import StaleAfter
    from fastpoly.notices import SlowConsumer
    from fastpoly.protocol.reconnect import ReconnectPolicy
    from fastpoly.protocol.subscriptions import LiteralSubscriptions, Request
    from fastpoly.sources.source import Source

__all__ = ["FORMS", "Callbacks", "Form", "StreamThread", "StreamThreadOwner", "ThreadSettings"]

NO_CLOSE_FRAME: Final = 1006
"""The code of a connection that ended without a close frame."""

SPARE_S: Final = 1.0
"""Seconds on top of ``close_timeout`` after which closing does not wait any longer."""

Form: TypeAlias = Literal["text", "dicts", "events", "batches"]
"""What ``on_message`` gets: the text of a frame, its events as a list, or all of one read."""


def _by_frame(batch: Batch, events: list[Any]) -> Iterator[list[Any]]:
    begin = 0
    for size in batch.frame_sizes:
        if size:
            yield events[begin : begin + size]
        begin += size


def _dicts(batch: Batch) -> Iterator[list[Any]]:
    return _by_frame(batch, batch.dicts())


def _events(batch: Batch) -> Iterator[list[Any]]:
    return _by_frame(batch, batch.events())


def _batches(batch: Batch) -> Iterator[Batch]:
    yield batch


FORMS: Final[Mapping[Form, Callable[[Batch], Iterator[Any]]]] = {
    "text": texts_of,
    "dicts": _dicts,
    "events": _events,
    "batches": _batches,
}
"""How each form of messages is made of a batch."""


class Callbacks(Protocol):
    """The functions that are called, looked up anew for each call; it is their first argument."""

    on_message: Callable[[Any, Any], object]
    on_error: Callable[[Any, BaseException], object]
    on_close: Callable[[Any, int | None, str | None], object]
    on_notice: Callable[[Any, Any], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSettings:
    """What a client was told; see `StreamClient`."""

    form: Form
    policy: ReconnectPolicy
    overflow: Overflow
    max_buffer_bytes: int
    max_buffer_age: float | None
    stale_after: StaleAfter
    subscribe_timeout: float
    close_timeout: float
    logger: logging.Logger


class StreamThreadOwner(Protocol):
    """The client."""

    def make_requests(self, thread: StreamThread) -> object:
        """Pass what was asked for to `StreamThread.request`; in the loop that reads."""


class StreamThread:
    """A thread that connects, and calls back until the end. One beside it reads the socket.

    Args:
        source: What feeds the engine.
        subscriptions: What is desired, which outlives this.
        callbacks: What is called, in this thread.
        settings: What the client was told.
        owner: The client.

    Attributes:
        feed: The engine and whom it reports to.
    """

    def __init__(
        self,
        source: Source,
        subscriptions: LiteralSubscriptions,
        callbacks: Callbacks,
        settings: ThreadSettings,
        owner: StreamThreadOwner,
    ) -> None:
        self._reader = ThreadLoop(f"fastpoly-{subscriptions.market}")
        self.feed = MarketFeed(
            source,
            subscriptions,
            EngineSettings(
                policy=source.defaults.reconnect or settings.policy,
                subscribe_timeout_s=settings.subscribe_timeout,
                stale_after=source.defaults.stale_after
                if settings.stale_after is None
                else settings.stale_after,
                gap_apart=True,
            ),
            self._reader,
            UserHooks(self._on_failure, ErrorPolicy.CONTINUE, None, settings.logger),
            self,
        )
        self._engine = self.feed.engine
        self._callbacks = callbacks
        self._settings = settings
        self._logger = settings.logger
        self._owner = owner
        self._messages_of = FORMS[settings.form]
        # What these raise is logged, and an exit ends the stream.
        self._tell_error = UserHook("on_error", self._call_on_error, self.feed, self._logger)
        self._tell_close = UserHook("on_close", self._call_on_close, self.feed, self._logger)
        self._tell_notice = UserHook("on_notice", self._call_on_notice, self.feed, self._logger)
        self._buffer = Buffer(
            subscriptions.market,
            consumer="on_message",
            owner=self,
            overflow=settings.overflow,
            max_bytes=settings.max_buffer_bytes,
            max_age_s=settings.max_buffer_age,
            notice_taker=self,
        )
        self._engine.pipeline.route(self._put)
        self.feed.states.add(self._on_state_change)
        self._taking = Taking(self._buffer)
        # Whether a callback has closed the stream: then there are no more messages.
        self._is_over = False
        # Set in any thread: closing was asked for, and when what waits is given up.
        self._gives_up_at: float | None = None
        self._closing: asyncio.Task[None] | None = None
        # Found here: once the main thread is at its end, what that imports cannot be any more.
        self._loop_factory = loop_factory()
        self._thread = threading.Thread(target=self._run, name="fastpoly stream", daemon=False)

    # -------------------------------------------------------------------- from any thread

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the thread is there."""
        return self._thread.is_alive()

    @property
    def error(self) -> FastpolyError | None:
        """What ended the stream; None while it lives, and if it was closed."""
        return self._engine.error

    def stats(self) -> ClientStats:
        """Return what it has done so far."""
        waiting = self._buffer.stats()
        market = self.feed.stats(waiting_s={"on_message": waiting.waiting_s})
        return ClientStats.of(market, waiting=(waiting,), handlers=())

    def wake(self) -> None:
        """Have `StreamThreadOwner.make_requests` called, at the latest when the stream begins."""
        self._reader.post(self._owner.make_requests, self)

    def close(self) -> None:
        """Close the connection, and wait for the thread's end; in a callback, do not wait.

        It waits for a second more than ``close_timeout`` at most, whatever a callback is doing.
        """
        timeout_s = self._settings.close_timeout
        began = time.monotonic()
        inside = threading.current_thread() is self._thread
        self._is_over = self._is_over or inside
        if self._gives_up_at is None:
            self._gives_up_at = began + timeout_s + SPARE_S / 2
        # Looked at in that loop once it is there: one of the two sides sees the other.
        self._reader.post(self._begin_closing)
        if not inside:
            self._thread.join(timeout_s + SPARE_S - (time.monotonic() - began))
            if self._thread.is_alive():
                self._logger.warning(
                    "The connection is closed, but a callback is still running; its thread ends "
                    "when it returns."
                )

    # ------------------------------------------------------------------ in the loop that reads

    async def _open(self) -> None:
        self._owner.make_requests(self)
        if self._gives_up_at is not None:
            self._engine.abort()  # closed before it had begun
            return
        await self._engine.connect()

    def request(self, request: Request) -> None:
        """Make a request, or leave it to the connection that is about to come up."""
        self._engine.request(request)

    def _begin_closing(self) -> None:
        if self._closing is None and self._engine.state is not State.IDLE:
            self._closing = asyncio.get_running_loop().create_task(self._engine.close())

    def _put(self, batch: Batch, channels: tuple[str, ...]) -> None:
        self._buffer.put(batch, count_notices(batch, channels))

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`."""
        self._reader.to_user(self._taking.wake)

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        self._reader.post(self._engine.note_room, buffer)

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._reader.post(self._engine.note_room, buffer)

    def on_notices(self, notices: Batch) -> None:
        """See `NoticeTaker.on_notices`; from either thread."""
        self._reader.to_user(self._tell_notices, notices)

    def on_finish(self, error: FastpolyError | None) -> None:
        """See `FeedOwner.on_finish`."""
        self._buffer.close()

    def on_recording_lost(self, notice: SlowConsumer) -> None:
        """See `FeedOwner.on_recording_lost`: nothing is recorded here."""

    # --------------------------------------------------------------------- in this thread

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._loop_factory) as runner:
            runner.run(self._stream())
        error = self.feed.stop_error
        if isinstance(error, KeyboardInterrupt):
            raise error  # a SystemExit has done in this thread what it does in any but the main one

    async def _stream(self) -> None:
        await self._reader.start()
        try:
            # What goes wrong with the first connection ends the stream, and is told then.
            with contextlib.suppress(FastpolyError):
                await self._reader.call(self._open)
            await self._hand_over_all()
            if self._buffer.error is not None:
                self.feed.stop_with(self._buffer.error)  # it is full, and that is to end the stream
            await self._reader.call(self._engine.close)
        finally:
            await self._reader.stop()
        if (left := self._buffer.stats().events) and not self._is_over:
            self._logger.warning("Closed with %d events that on_message was not given.", left)
        self._tell_end()

    async def _hand_over_all(self) -> None:
        taking = self._taking
        while not self._is_over and (batch := await taking.next()) is not None:
            if NOTICE_CHANNEL in batch.channels:
                self._tell_notices(batch)
                continue
            for message in self._messages_of(batch):
                await self._hand_over(message)
                now = time.monotonic()
                if self._is_over or (self._gives_up_at is not None and now > self._gives_up_at):
                    return
                if now > taking.turn_ends:
                    # So that errors and changes of state are told meanwhile.
                    await taking.rest()

    async def _hand_over(self, message: Any) -> None:
        handler = self._callbacks.on_message
        try:
            result = handler(self._callbacks, message)
            if result is not None:
                if isinstance(result, Awaitable):
                    await result
                else:
                    refuse_generator(result)
        except BaseException as error:  # whatever it is, the stream goes on or ends with it
            self._is_over = self._is_over or isinstance(error, EXITS)
            self.feed.errors.handler_failed(error, handler, message)

    # --------------------------------------------------------------------------- what is told

    def _on_failure(
        self, error: BaseException, handler: Callable[..., Any] | None, message: Any
    ) -> None:
        self._tell_error(error)

    def _on_state_change(self, change: StateChange) -> None:
        self._logger.debug("%s -> %s", change.old, change.new)
        if change.new in (State.WAITING, State.EVICTED) and change.error is not None:
            self._tell_error(change.error)

    def _tell_notices(self, notices: Batch) -> None:
        for notice in notices.select(NOTICE_CHANNEL):
            self._tell_notice(notice)

    def _tell_end(self) -> None:
        error = self.feed.error
        if isinstance(error, FastpolyError):
            self._tell_error(error)
        code: int | None = None
        text: str | None = None
        if error is None and self._engine.stats().connections:
            code = 1000
        elif isinstance(error, ConnectionLost) and error.code != NO_CLOSE_FRAME:
            code, text = error.code, error.reason or None
        self._tell_close(code, text)

    def _call_on_error(self, error: BaseException) -> object:
        return self._callbacks.on_error(self._callbacks, error)

    def _call_on_close(self, code: int | None, text: str | None) -> object:
        return self._callbacks.on_close(self._callbacks, code, text)

    def _call_on_notice(self, notice: Any) -> object:
        return self._callbacks.on_notice(self._callbacks, notice)
