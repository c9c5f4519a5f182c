"""The drop-in's connection: an engine whose batches go to handlers, message by message."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fastpoly._core import batch_of
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.handlers.user_hook import EXITS
from fastpoly.engine.supervisor import EngineSettings
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import ConnectionLost, DecodeError, FastpolyError, ServerError, UsageError
from fastpoly.market.feed import MarketFeed, UserHooks
from fastpoly.market.stats import ChannelHandlerStats, ClientStats
from fastpoly.net.foreign_errors import as_caught_there
from fastpoly.net.reader_loop import CallerLoop, ReaderLoop, ThreadLoop
from fastpoly.polygon.dispatch.dispatcher import Dispatcher
from fastpoly.polygon.dispatch.held_log import HeldLog
from fastpoly.polygon.dispatch.inbox import Handover, Inbox
from fastpoly.polygon.pacing import Pacing
from fastpoly.protocol.lifecycle import State, StateChange
from fastpoly.protocol.reconnect import ReconnectPolicy, retryable
from fastpoly.protocol.subscriptions import LiteralSubscriptions, Request

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.engine.pipeline import Route
    from fastpoly.enums import Overflow
    from fastpoly.health.silence import StaleAfter
    from fastpoly.notices import SlowConsumer
    from fastpoly.polygon.dispatch.messages import Messages
    from fastpoly.polygon.services import Handler
    from fastpoly.sources.source import Source

__all__ = ["Connection", "ConnectionSettings"]

logger = logging.getLogger("fastpoly.client")

TURNS_TO_BEGIN: Final = 5
"""Turns of the loop in which a coroutine handler is called with what was left to a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """What a client was told about its handlers; see `AsyncStreamClient`."""

    messages: Messages
    handler_concurrency: int
    hooks: UserHooks
    threaded: bool
    overflow: Overflow
    max_buffer_bytes: int
    max_buffer_age: float | None
    fill_timeout: float
    stale_after: StaleAfter
    subscribe_timeout: float
    close_timeout: float


class _PolicyWhileHandled:
    """The reconnect policy of ``handle_messages(reconnect=True)`` while it runs; never otherwise.

    Attributes:
        policy: The policy; None while nobody has asked for one.
    """

    policy: ReconnectPolicy | None = None

    @property
    def stable_after_s(self) -> float:
        """See `ReconnectPolicy.stable_after_s`."""
        return 0.0 if self.policy is None else self.policy.stable_after_s

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """See `ReconnectPolicy.next_delay`."""
        return None if self.policy is None else self.policy.next_delay(attempt, error)


class Connection:
    """One market's engine, and the handlers of its messages.

    Args:
        source: What feeds the engine.
        market: The market's name.
        default: The handler of channels that have no other.
        settings: What the client was told about its handlers.

    Attributes:
        dispatcher: The handlers.
        feed: The engine and whom it reports to.
        pacing: Holds back errors that `handle_one` and `handle_all` raise in a row.
        is_closed: Whether `close` was called after the last `open`.
        is_running: Whether `handle_all` is under way.
        was_opened: Whether a connection came up before, be it lost since.
        is_first: Whether what is opened is not to undo a `close` that came meanwhile.
    """

    def __init__(
        self, source: Source, market: str, default: Handler, settings: ConnectionSettings
    ) -> None:
        self.is_closed = False
        self.is_running = False
        self.was_opened = False
        self.is_first = False
        self.pacing = Pacing()
        self._market = market
        self._settings = settings
        self._policy = _PolicyWhileHandled()
        self._reader: ReaderLoop = (
            ThreadLoop("fastpoly client") if settings.threaded else CallerLoop()
        )
        fills = settings.hooks.fill is not None
        hooks = settings.hooks
        if hooks.error_policy is ErrorPolicy.RAISE:
            # That is done here, and costs the stream nothing.
            hooks = replace(hooks, error_policy=ErrorPolicy.CONTINUE)
        self.feed = MarketFeed(
            source,
            LiteralSubscriptions(market),
            EngineSettings(
                policy=self._policy,
                subscribe_timeout_s=settings.subscribe_timeout,
                stale_after=settings.stale_after
                if settings.stale_after is not None
                else source.defaults.stale_after,
                fill_timeout_s=settings.fill_timeout if fills else None,
                gap_apart=True,
            ),
            self._reader,
            hooks,
            self,
        )
        self.feed.states.add(self._on_state_change)
        self._engine = self.feed.engine
        self.dispatcher = Dispatcher(
            default,
            self,
            messages=settings.messages,
            concurrency=settings.handler_concurrency,
        )
        self._held_log = HeldLog(self.dispatcher)
        self._inbox = Inbox(self.make_buffer("handle_messages()"))
        self._handover: Handover | None = None
        if settings.threaded:
            buffer = self.make_buffer("the event loop")
            self._handover = Handover(buffer, self._reader, self._inbox.put, self)
        self._deliver_to(self._inbox.put)
        self._lock = asyncio.Lock()
        self._ended = asyncio.Event()
        self._closed = asyncio.Event()
        # The user's loop, from the first opening on.
        self._home: asyncio.AbstractEventLoop | None = None
        # What a handler raised for the caller of `handle_one` or `handle_all`.
        self._thrown: BaseException | None = None

    def stats(self) -> ClientStats:
        """Return what it has done so far; from any thread."""
        waiting = [self._inbox.stats()]
        if self._handover is not None:
            waiting.append(self._handover.stats())
        handlers = tuple(
            ChannelHandlerStats(name, channels, buffer)
            for name, channels, buffer in self.dispatcher.stats()
        )
        waiting_s = {one.name: one.buffer.waiting_s for one in handlers}
        waiting_s["handle_messages()"] = waiting[0].waiting_s
        market = self.feed.stats(waiting_s=waiting_s)
        return ClientStats.of(market, waiting=tuple(waiting), handlers=handlers)

    # --------------------------------------------------------------------- coming and going

    async def open(self, *, resubscribe: bool) -> None:
        """Close what there is, and log in.

        Args:
            resubscribe: Whether to subscribe to what was subscribed before.

        Raises:
            FastpolyError: It did not work.
        """
        self.is_closed = self.is_closed and self.is_first
        async with self._lock:
            if self.is_closed:
                raise UsageError("The client was closed while it logged in.")
            self._home = asyncio.get_running_loop()
            self._inbox.restart()
            await self._hang_up()
            await self._reader.start()
            self.feed.stop_error = None
            self._ended = asyncio.Event()
            try:
                await self._reader.call(self._connect, resubscribe)
            except FastpolyError as failure:
                error = as_caught_there(failure)
                self._inbox.end(error)
                if self._engine.state is State.CLOSED:
                    await self._reader.stop()
                if isinstance(error, ServerError):
                    await self._tell_what_came()
                raise error.with_traceback(failure.__traceback__) from error.__cause__
            except BaseException:
                await self._reader.stop()
                raise
            if self.is_closed:
                await self._hang_up()
                raise UsageError("The client was closed while it logged in.")
            self.was_opened = True
            self.pacing.reset()

    async def _connect(self, resubscribe: bool) -> None:
        # In the loop that reads, before the first connection.
        self.feed.start_recordings()
        await self._engine.connect(resubscribe)

    async def _tell_what_came(self) -> None:
        """Call the handlers with what the server said before it refused."""
        if self._handover is not None:
            self._handover.deliver_all()
        self._handle_all_at_hand()
        for _ in range(TURNS_TO_BEGIN):
            if not self.dispatcher.busy:
                break
            await asyncio.sleep(0)

    async def _hang_up(self) -> None:
        """Close the connection, whatever it is doing."""
        if self._engine.state not in (State.IDLE, State.CLOSED):
            await self._reader.call(self._engine.close)
        await self._reader.stop()

    async def close(self) -> None:
        """Close the connection, and let the handlers finish what has arrived; see the client."""
        home = self._home
        if home is None or home is asyncio.get_running_loop() or home.is_closed():
            await self._close()
        elif home.is_running():
            closing = asyncio.run_coroutine_threadsafe(self._close(), home)
            await asyncio.wrap_future(closing)
        else:
            raise UsageError(
                "The event loop of the client does not run.",
                hint="Await close_stream() in the loop in which the client was used.",
            )

    async def _close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self.pacing.reset()
        self.dispatcher.stop_run()
        self.dispatcher.stop_if_inside()
        self._closed.clear()
        try:
            await self._hang_up()
            async with self._lock:
                pass  # until an opening that was broken off has noticed
            if self._handover is not None:
                self._handover.deliver_all()
            self._inbox.end(self._why_it_ended())
            await self.feed.end_recordings(self._settings.close_timeout)
            left = await self.dispatcher.finish(self._settings.close_timeout)
            if left:
                logger.warning("Closed with %d messages that no handler was given.", left)
        finally:
            self._closed.set()
        self.raise_thrown()

    # ------------------------------------------------------------------ what the engine says

    def _on_state_change(self, change: StateChange) -> None:
        if change.new is State.AUTHENTICATING:
            self.dispatcher.start()
            self._held_log.start()
        elif change.new in (State.WAITING, State.EVICTED, State.CLOSED):
            # Nothing new will come until there is another connection.
            self.dispatcher.idle()
            self._held_log.stop()

    def on_finish(self, error: FastpolyError | None) -> None:
        """See `FeedOwner.on_finish`."""
        self._reader.to_user(self._on_ended)

    def on_recording_lost(self, notice: SlowConsumer) -> None:
        """See `FeedOwner.on_recording_lost`."""
        self._engine.pipeline.announce(batch_of(notice.market, [notice]))

    def _on_ended(self) -> None:
        if self._handover is not None:
            self._handover.deliver_all()
        if not self._lock.locked() and not self.is_closed:
            self._inbox.end(self._why_it_ended())
            self._reader.stop_soon()
        self._ended.set()

    # ------------------------------------------------------------------------ what is read

    def make_buffer(self, consumer: str) -> Buffer:
        """Return a buffer for a consumer of messages."""
        return Buffer(
            self._market,
            consumer=consumer,
            owner=self,
            overflow=self._settings.overflow,
            max_bytes=self._settings.max_buffer_bytes,
            max_age_s=self._settings.max_buffer_age,
        )

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`: whoever takes from these looks by itself."""

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        self._reader.post(self._engine.note_room, buffer)

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._reader.post(self._engine.note_room, buffer)

    def on_overflow(self, error: FastpolyError) -> None:
        """See `HandoverOwner.on_overflow`; also of the handlers' own buffers."""
        self.feed.stop_with(error)

    def handler_failed(self, error: BaseException, handler: Handler, message: Any) -> bool:
        """See `ChannelHandlerOwner.handler_failed`."""
        go_on = self.feed.errors.handler_failed(error, handler, message)
        if isinstance(error, EXITS):
            self._throw(error)
            return False
        if self._settings.hooks.error_policy is ErrorPolicy.RAISE:
            self._throw(error)
            return True
        return go_on

    def message_unreadable(self, error: Exception) -> None:
        """See `MessageReaderOwner.message_unreadable`."""
        self.feed.errors.warn(DecodeError(f"A message cannot be made into an object: {error}."))

    def _throw(self, error: BaseException) -> None:
        """Have whoever handles messages raise what a handler raised."""
        if self._thrown is None:
            self._thrown = error
        self.dispatcher.stop_run()
        self._inbox.wake()
        self._ended.set()
        if isinstance(error, EXITS):
            # After those that were woken; an exit is carried out whoever waits.
            asyncio.get_running_loop().call_soon(self.raise_thrown)

    def raise_thrown(self) -> None:
        """See `InboxOwner.raise_thrown`."""
        error, self._thrown = self._thrown, None
        if error is not None:
            self.pacing.reset()
            if self._engine.state is not State.CLOSED:
                self._ended.clear()
            raise error

    def _deliver_to(self, deliver: Route) -> None:
        if self._handover is None:
            self._engine.pipeline.route(deliver)
        else:
            self._handover.deliver = deliver
            self._engine.pipeline.route(self._handover.put)

    # ------------------------------------------------------------------------- handling

    @property
    def is_waited_for(self) -> bool:
        """Whether a call of `handle_one` waits for a frame."""
        return self._inbox.is_waited_for

    def _handle_all_at_hand(self) -> None:
        self.dispatcher.stop_run()
        self._inbox.drain(self.dispatcher.push)

    def _handle_given_back(self) -> bool:
        frame = self._inbox.poll()
        if frame is None:
            return False
        self.dispatcher.push(frame, frame.channels)
        return True

    async def handle_one(self) -> None:
        """Wait for one WebSocket frame, and call the handlers of its messages.

        While the dispatcher has a run, its next frame is handled without this.
        """
        self.raise_thrown()
        self.dispatcher.stop_run()
        while not self._handle_given_back():
            batch = await self._inbox.next_batch(self)
            if self.dispatcher.push_frames(batch):
                break
        self.pacing.reset()
        self.raise_thrown()

    def give_back(self, frames: list[Batch]) -> None:
        """See `FrameRunOwner.give_back`."""
        self._inbox.give_back(frames)

    async def handle_all(self, policy: ReconnectPolicy) -> None:
        """Call the handlers of all messages until `close`, and reconnect as a policy says.

        The client has set `is_running`, and this takes it back.

        Raises:
            FastpolyError: The connection is lost for good.
        """
        self.raise_thrown()
        self._policy.policy = policy
        try:
            self._handle_all_at_hand()
            self._deliver_to(self.dispatcher.push)
            if self._engine.state is State.CLOSED and not (self.feed.stop_error or self.is_closed):
                await self._take_up(policy)
            await self._wait_for_the_end()
        finally:
            self._policy.policy = None
            self._deliver_to(self._inbox.put)
            self._reader.post(self._engine.give_up)

    async def _take_up(self, policy: ReconnectPolicy) -> None:
        """Restore a connection that was lost before the policy was asked about it."""
        error = self._engine.error
        if error is not None and not retryable(error) and policy.next_delay(1, error) is None:
            # Refused or evicted, and told so by the call before. This one asks to try again.
            await self.open(resubscribe=True)
            return
        self._ended = asyncio.Event()
        await self._reader.stop()
        await self._reader.start()
        await self._reader.call(self._engine.resume)

    async def _wait_for_the_end(self) -> None:
        """Wait until the client is closed.

        Raises:
            FastpolyError: The connection is lost for good.
        """
        while not self.is_closed:
            await self._ended.wait()
            self.raise_thrown()
            async with self._lock:
                pass  # it may be being opened again
            if self._ended.is_set() and not self.is_closed:
                if self.feed.error is not None or self._thrown is not None:
                    raise self._gave_up()
                await self._close()  # a recording is over
        # Whoever closes may be in another thread, and this loop may stop when this returns.
        await self._closed.wait()
        self.raise_thrown()

    def _why_it_ended(self) -> BaseException:
        return as_caught_there(
            self.feed.error or ConnectionLost("The connection was closed.", code=1000)
        )

    def _gave_up(self) -> BaseException:
        error = self._why_it_ended()
        attempts = self._engine.attempts - 1
        if self.feed.stop_error or attempts < 1 or not retryable(error):
            return error.with_traceback(None)
        if not isinstance(error, FastpolyError):
            return error
        failure = ConnectionLost(
            f"Gave up after {attempts} attempts to reconnect. {error.detail}", hint=error.hint
        )
        failure.__cause__ = error
        return as_caught_there(failure)

    def request(self, request: Request) -> None:
        """Make a request, or leave it to the connection that is about to come up.

        Raises:
            ConnectionLost: There is no connection, and none is being opened.
        """
        is_open = self._engine.is_open
        if not self._reader.post(self._engine.request, request):
            self._engine.request(request)
        if not (is_open or self.is_running or self._lock.locked()):
            raise as_caught_there(
                ConnectionLost(
                    "The connection is lost.",
                    hint="Await reconnect(), which also sends this request, or let "
                    "handle_messages(reconnect=True) do it.",
                )
            )
