"""Keeps one market connected: connections one after the other, subscriptions, gaps, silence.

Everything here runs in one event loop, the one that reads. What comes out of it is batches, by
`Engine.pipeline`, and what `EngineOwner` is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from fastpoly.engine.connection_run import ConnectionRun
from fastpoly.engine.pipeline import Pipeline
from fastpoly.engine.reading_gate import Fillable, ReadingGate
from fastpoly.engine.reconciler import Reconciler
from fastpoly.engine.recorders import Recorders
from fastpoly.engine.retries import Retries
from fastpoly.engine.settings import EngineOwner, EngineSettings
from fastpoly.engine.silence_monitor import SilenceMonitor
from fastpoly.errors import ConnectionEvicted, ConnectionLost, FastpolyError, UsageError
from fastpoly.health.counts import ConnectionCounts, LineStats
from fastpoly.health.silence import Silence, Watch
from fastpoly.protocol.lifecycle import Action, Input, Lifecycle, State, StateChange
from fastpoly.protocol.reconnect import Verdict, classify
from fastpoly.protocol.subscriptions import Request, Subscriptions

if TYPE_CHECKING:
    from fastpoly._core import Batch, LineWatch
    from fastpoly.errors import DecodeError, ServerError
    from fastpoly.protocol.statuses import ControlMessage
    from fastpoly.sources.source import Source, SourceConnection

__all__ = ["Engine", "EngineOwner", "EngineSettings"]

logger = logging.getLogger("fastpoly.stream")


class Engine:
    """One market, for as long as a stream lives.

    Args:
        source: What feeds it.
        subscriptions: What is desired; empty to begin with.
        settings: How the market is kept connected.
        owner: Whom it reports to.

    Attributes:
        pipeline: Where the batches go.
        recorders: Who records what is read.
    """

    def __init__(
        self,
        source: Source,
        subscriptions: Subscriptions,
        settings: EngineSettings,
        owner: EngineOwner,
    ) -> None:
        market = subscriptions.market
        self.pipeline = Pipeline(
            market,
            owner,
            settings.clock,
            fill_timeout_s=settings.fill_timeout_s,
            gap_apart=settings.gap_apart,
            filter=settings.filter,
            delay_s=source.delay_s,
        )
        self.recorders = Recorders(settings.clock)
        self._market = market
        self._settings = settings
        self._owner = owner
        self._lifecycle = Lifecycle()
        self._inputs: deque[tuple[Input, FastpolyError | None, str]] = deque()
        self._feeding = False
        self._reconciler = Reconciler(subscriptions, settings.subscribe_timeout_s, self)
        self._gate = ReadingGate()
        self._retries = Retries(market, settings.policy, self)
        self._counts = ConnectionCounts()
        self._silence = SilenceMonitor(
            Watch(market, settings.stale_after, source.delay_s), self, settings.clock
        )
        self._run = ConnectionRun(source, market, self)
        self._asking: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self._finished = asyncio.Event()
        # Done when the first attempt of `connect` has succeeded or failed.
        self._attempt: asyncio.Future[None] | None = None
        # What a connection that `connect` opens is not asked for.
        self._left_alone: tuple[str, ...] = ()
        self._error: FastpolyError | None = None
        self._was_live = False
        # When the connection was last lost, Unix time in ns; None before it was.
        self._lost_ns: int | None = None
        # As `_may_miss_data`, when the last connection ended.
        self._may_have_missed_data = False
        self._actions: dict[Action, Callable[[FastpolyError | None], None]] = {
            Action.CONNECT: self._do_connect,
            Action.SUBSCRIBE: self._do_subscribe,
            Action.NOTE_GAP: self._do_note_gap,
            Action.ASK_POLICY: self._do_ask_policy,
            Action.HANG_UP: self._do_hang_up,
            Action.FINISH: self._do_finish,
        }

    @property
    def state(self) -> State:
        """Where the stream is in its life."""
        return self._lifecycle.state

    @property
    def is_open(self) -> bool:
        """Whether a connection has been accepted and is up."""
        return self.state in (State.SUBSCRIBING, State.LIVE, State.STALE)

    @property
    def error(self) -> FastpolyError | None:
        """Why it ended, if it was not closed."""
        return self._error

    @property
    def attempts(self) -> int:
        """Attempts to reconnect since data last flowed for a while."""
        return self._retries.attempts

    @property
    def desired(self) -> tuple[str, ...]:
        """Parameters that are wanted."""
        return self._reconciler.subscriptions.desired

    @property
    def confirmed(self) -> tuple[str, ...]:
        """Parameters that the server has confirmed on this connection."""
        return self._reconciler.subscriptions.confirmed

    def stats(self) -> LineStats:
        """Return what has been received so far; from any thread."""
        return self._counts.stats()

    # ------------------------------------------------------------------------- what users ask

    async def open(self) -> None:
        """Connect, and wait until the first subscriptions are answered.

        Raises:
            FastpolyError: The connection did not open; the stream is closed then.
            UsageError: It was opened before.
        """
        self._require(State.IDLE)
        self._start_life()
        first = self._reconciler.expect(self.desired)
        self._feed(Input.OPEN)
        try:
            # A first subscription that fails is known before everything else is settled.
            await asyncio.wait([first])
            if not first.exception():
                await self._opened.wait()
            if self._error is not None:
                raise self._error
            if not self.stats().connections:
                raise ConnectionLost("The stream was closed while it was opened.")
            await first
        except BaseException:
            first.cancel()
            await self.close()
            raise

    async def connect(self, resubscribe: bool = True) -> None:
        """Connect, also after the end, and wait only until the server has accepted the key.

        Args:
            resubscribe: Whether the connection is asked for what is desired by now.

        Raises:
            FastpolyError: This attempt failed; whether there will be others is the policy's affair.
            UsageError: It is open.
        """
        self._require(State.IDLE, State.CLOSED)
        await self._run.wait()
        self._start_life()
        self._left_alone = () if resubscribe else self.desired
        attempt = self._attempt = asyncio.get_running_loop().create_future()
        self._feed(Input.OPEN if self.state is State.IDLE else Input.REOPEN)
        try:
            await attempt
        except asyncio.CancelledError:
            await self.close()
            raise

    async def resume(self) -> None:
        """After the end, ask the policy about what caused it, and go on if it says so.

        Raises:
            UsageError: It has not ended.
        """
        self._require(State.CLOSED)
        error = self._error or _closed()
        await self._run.wait()
        self._start_life()
        self._feed(Input.RESUME, error)

    def _require(self, *states: State) -> None:
        """Refuse what the table has no step for: whoever asked would wait for ever."""
        if self.state not in states:
            raise UsageError(f"The stream is {self.state}.", hint="Close it before opening it.")

    def _start_life(self) -> None:
        self._opened = asyncio.Event()
        self._finished = asyncio.Event()
        self._error = None
        self._retries.attempts = 0
        self._reconciler.start()

    async def subscribe(self, params: Iterable[str | Iterable[str]]) -> None:
        """Want parameters, and wait until the server has confirmed them."""
        self._require_open()
        await self._reconciler.subscribe(params)

    async def unsubscribe(self, params: Iterable[str | Iterable[str]]) -> None:
        """Want parameters no more, and wait until the server has confirmed that."""
        self._require_open()
        await self._reconciler.unsubscribe(params)

    def request(self, request: Request) -> None:
        """Make a request in the user's own words, see `Reconciler.request`."""
        self._reconciler.request(request)

    def _require_open(self) -> None:
        if self.state in (State.IDLE, State.CLOSING, State.CLOSED):
            raise UsageError(
                f"The stream is {self.state}.",
                hint="Name the parameters in Stream(...), or enter `async with` first."
                if self.state is State.IDLE
                else "Make a new stream.",
            )

    async def close(self) -> None:
        """Close the connection and wait until it is down; more than once is fine."""
        self._feed(Input.CLOSE)
        await self._finished.wait()
        await self._run.wait()

    def fail(self, error: FastpolyError) -> None:
        """Drop the connection and end with an error."""
        self._run.abort()
        self._feed(Input.FAILED, error)

    def give_up(self) -> None:
        """Wait for no other attempt: end with what caused the loss."""
        if self.state in (State.WAITING, State.EVICTED):
            self._feed(Input.FAILED, self._retries.loss)

    def abort(self) -> None:
        """Drop the connection without waiting for anybody."""
        self._run.abort()
        self._feed(Input.CLOSE)

    # ------------------------------------------------------------------------------ the table

    def _feed(self, cause: Input, error: FastpolyError | None = None, detail: str = "") -> None:
        """Take a step through the table, and those that its actions lead to."""
        self._inputs.append((cause, error, detail))
        if self._feeding:
            return
        self._feeding = True
        try:
            while self._inputs:
                cause, error, detail = self._inputs.popleft()
                old = self.state
                actions = self._lifecycle.feed(cause)
                if actions is None:
                    continue
                if old is not self.state:
                    at_ns = self._settings.clock.time_ns()
                    self._announce(StateChange(old, self.state, cause, error, at_ns, detail))
                for action in actions:
                    self._actions[action](error)
        finally:
            self._feeding = False

    def _announce(self, change: StateChange) -> None:
        why = f": {change.error}" if change.error is not None else ""
        why = why or (f" ({change.detail})" if change.detail else "")
        logger.info("%s: %s -> %s%s", self._market, change.old, change.new, why)
        if change.new is State.LIVE and change.old is not State.STALE:
            self._was_live = True
            self._opened.set()
            self._silence.start()
        self._owner.on_state_change(change)

    def _lose(self, error: FastpolyError) -> None:
        """Take the loss of a connection, or a failure to open one, that nobody here wanted."""
        self._lost_ns = self._settings.clock.time_ns()
        self.recorders.lose(error, self._lost_ns, was_up=self.is_open)
        verdict = classify(error)
        if verdict is Verdict.FATAL or not (self._was_live or self._retries.retries_first):
            self._feed(Input.FAILED, error)
        elif isinstance(error, ConnectionEvicted):
            self._feed(Input.EVICTION, error)
        else:
            self._feed(Input.LOST, error)

    # ------------------------------------------------------------------------------- actions

    def _do_connect(self, error: FastpolyError | None) -> None:
        self._lost_ns = None
        self._run.start()

    def _end_attempt(self, error: FastpolyError | None) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is None or attempt.done():
            return
        if error is None:
            attempt.set_result(None)
        else:
            attempt.set_exception(error)

    def _do_subscribe(self, error: FastpolyError | None) -> None:
        connection = self._run.connection
        if connection is not None:
            left_alone, self._left_alone = self._left_alone, ()
            self._reconciler.begin(connection, left_alone)
            self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        # The connection's own end says the same, and more.
        with contextlib.suppress(ConnectionLost):
            await self._reconciler.run()

    def _may_miss_data(self, connection: SourceConnection | None) -> bool:
        """Return whether anything is missing if a connection is lost now.

        Something is wanted, and was confirmed or has come; or nothing needs to be asked for.
        """
        has_data = self.pipeline.has_begun
        if self.desired:
            return self._was_live or has_data or bool(self.confirmed)
        return has_data and connection is not None and connection.gives_all

    def _do_note_gap(self, error: FastpolyError | None) -> None:
        if isinstance(error, ConnectionLost) and error.resumes:
            return
        # A failure from outside is told before the connection has ended.
        if self._may_have_missed_data or self._may_miss_data(self._run.connection):
            wanted = self._reconciler.subscriptions
            since_ns = self.pipeline.interrupt(
                error or _closed(), wanted.channels, self._lost_ns, wanted.desired
            )
            self.recorders.interrupt(since_ns)

    def _do_ask_policy(self, error: FastpolyError | None) -> None:
        if error is None:
            raise AssertionError("a connection is lost for a reason")
        self.pipeline.note_attempt()
        if not self._retries.ask(error):
            self._feed(Input.FAILED, error)

    def _do_hang_up(self, error: FastpolyError | None) -> None:
        self._run.hang_up()

    def _do_finish(self, error: FastpolyError | None) -> None:
        self._error = error
        self._retries.cancel()
        self._run.give_up()
        self._silence.stop()
        self._reconciler.finish(error)
        self.pipeline.finish()
        self._owner.on_finish(error)
        self._opened.set()
        self._finished.set()
        self._end_attempt(error or ConnectionLost("The connection was closed while it was opened."))

    # ------------------------------------------------------------- what the connection says

    def on_opening(self, connection: SourceConnection) -> None:
        """See `ConnectionRunOwner.on_opening`."""
        self._counts.begin(connection)
        self.recorders.begin(connection)

    def on_accepted(self, connection: SourceConnection) -> None:
        """See `ConnectionRunOwner.on_accepted`."""
        self._counts.accept()
        self.recorders.accept()
        self._feed(Input.ACCEPTED)
        self._gate.attach(connection)
        self._end_attempt(None)

    def on_down(self, connection: SourceConnection | None) -> None:
        """See `ConnectionRunOwner.on_down`."""
        self._may_have_missed_data = self._may_miss_data(connection)
        self._counts.end()
        self.recorders.end()
        self._gate.attach(None)
        self._silence.stop()
        flowed_s = self.pipeline.end_connection()
        self._retries.note_flow(flowed_s)
        self._reconciler.disconnected()
        if self._asking is not None:
            self._asking.cancel()

    def on_end(self, error: FastpolyError | None) -> None:
        """See `ConnectionRunOwner.on_end`."""
        if error is None or self.state is State.CLOSING:
            self._feed(Input.ENDED if self.state is State.CLOSING else Input.OVER)
        else:
            self._lose(error)
            self._end_attempt(error)

    def on_cancelled(self) -> None:
        """See `ConnectionRunOwner.on_cancelled`."""
        self._feed(Input.CLOSE)
        self._feed(Input.ENDED)

    def on_failed(self, error: FastpolyError) -> None:
        """See `ConnectionRunOwner.on_failed`."""
        self._feed(Input.FAILED, error)

    @property
    def on_batch(self) -> Callable[[Batch], object]:
        """See `SourceOwner.on_batch`."""
        return self.pipeline.on_batch

    @property
    def watch(self) -> LineWatch:
        """See `SourceOwner.watch`."""
        return self.pipeline.watch

    @property
    def shards(self) -> int:
        """See `SourceOwner.shards`."""
        return self._settings.shards

    def on_upgraded(self) -> None:
        """See `SourceOwner.on_upgraded`."""
        self._feed(Input.UPGRADED)

    def on_status(self, message: ControlMessage) -> None:
        """See `SourceOwner.on_status`."""
        logger.debug("%s: status %s", self._market, message)
        if message.effect == "gap":
            self.pipeline.announce_told(message)
        self._reconciler.on_status(message)

    def on_bad_frame(self, error: DecodeError) -> None:
        """See `SourceOwner.on_bad_frame`."""
        self._owner.on_warning(error)

    def on_missed(self, error: ConnectionLost) -> None:
        """See `SourceOwner.on_missed`."""
        self._do_note_gap(error)

    # ------------------------------------- what the reconciler, the monitor and the retries say

    @property
    def is_reading(self) -> bool:
        """Whether the connection is read, and does not wait for a consumer."""
        return not self._gate.is_closed

    @property
    def last_ns(self) -> Mapping[str, int]:
        """See `SilenceOwner.last_ns`."""
        return self.pipeline.last_ns

    @property
    def silence(self) -> Silence:
        """Which channels are silent that should speak."""
        return self._silence.silence

    def on_warning(self, error: FastpolyError) -> None:
        """See `ReconcilerOwner.on_warning`."""
        self._owner.on_warning(error)

    def on_confirmed(self, params: tuple[str, ...]) -> None:
        """See `ReconcilerOwner.on_confirmed`."""
        self.recorders.confirm(params)

    def on_refused(self, params: tuple[str, ...], error: ServerError | None) -> None:
        """See `ReconcilerOwner.on_refused`."""
        self.recorders.refuse(params, error)

    def on_asking(self, asking: bool) -> None:
        """See `ReconcilerOwner.on_asking`."""
        self._gate.need_answers(asking)

    def on_settled(self) -> None:
        """See `ReconcilerOwner.on_settled`."""
        self._feed(Input.SETTLED)

    def on_retry(self) -> None:
        """See `RetryOwner.on_retry`."""
        self._feed(Input.RETRY)

    def on_exit(self, error: BaseException) -> None:
        """See `RetryOwner.on_exit`."""
        self._owner.on_exit(error)

    def on_look(self) -> None:
        """See `SilenceOwner.on_look`."""
        self._counts.look()

    def on_silence(self, silence: Silence) -> None:
        """See `SilenceOwner.on_silence`."""
        if silence.mute and self._run.connection is not None:
            self._run.drop(
                ConnectionLost(
                    f"The connection is up but mute: {silence}.",
                    hint="The server has stopped sending; or the market is closed unexpectedly.",
                )
            )
        elif silence.seconds_by_channel:
            self._feed(Input.SILENT, detail=str(silence))
        else:
            self._feed(Input.DATA)

    # ---------------------------------------------------------------------------- reading

    def note_room(self, buffer: Fillable) -> None:
        """Take note that a consumer that blocks has become full, or has room again."""
        self._gate.note_room(buffer)


def _closed() -> ConnectionLost:
    return ConnectionLost("The connection was closed.", code=1000)
