"""Keeps one market connected: sessions one after the other, subscriptions reconciled, gaps noted.

Everything here runs in one event loop, the one that reads the socket. What comes out of it is
batches, by `Engine.flow`, and changes of state, by `on_change`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from fastpoly.engine.pipeline import Flow, GapHook
from fastpoly.engine.reconciler import Reconciler
from fastpoly.errors import (
    ConnectionEvicted,
    ConnectionLost,
    FastpolyError,
    UsageError,
)
from fastpoly.health.silence import Silence, StaleAfter, Watch
from fastpoly.net.credentials import ApiKey
from fastpoly.net.session import Session
from fastpoly.protocol.lifecycle import Action, Input, Lifecycle, State, StateChange
from fastpoly.protocol.reconnect import ReconnectPolicy, Verdict, classify
from fastpoly.stats import LineCount, LineStats

if TYPE_CHECKING:
    from fastpoly._core import Filter
    from fastpoly.consumers.buffer import Buffer
    from fastpoly.errors import DecodeError
    from fastpoly.events import Status

__all__ = ["Engine", "EngineSettings"]

logger = logging.getLogger("fastpoly.stream")


CLOCK_STEP_NS: Final = 100_000_000
"""By how much the wall clock has to move against the monotonic one to count as set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What an engine needs to know.

    Attributes:
        url: Where to connect.
        api_key: The key.
        policy: When to reconnect.
        subscribe_timeout_s: Seconds to wait for the server's next answer to a request.
        stale_after: Seconds of silence after which a channel is stale.
        fill_timeout_s: Seconds that a fill hook may take.
        filter: What consumers get; None for everything.
        delay_s: By how many seconds the feed is late as a matter of course.
        session: Further arguments of `Session`.
    """

    url: str
    api_key: ApiKey
    policy: ReconnectPolicy
    subscribe_timeout_s: float
    stale_after: StaleAfter = None
    fill_timeout_s: float = 30.0
    filter: Filter | None = None
    delay_s: float = 0.0
    session: dict[str, Any] = field(default_factory=dict)


class Engine:
    """One market's line, for as long as the stream lives.

    Args:
        settings: What it needs to know.
        market: The market's name in the schema.
        on_change: Called with every change of state.
        on_trouble: Called with errors that end nothing, such as a refusal after a reconnect.
        on_finish: Called once, at the end, with what ended it or None.
        on_gap: Where gaps go that are to be filled; None if they are not.

    Attributes:
        flow: Where the batches go.
    """

    def __init__(
        self,
        settings: EngineSettings,
        market: str,
        *,
        on_change: Callable[[StateChange], object],
        on_trouble: Callable[[FastpolyError], object],
        on_finish: Callable[[FastpolyError | None], object],
        on_gap: GapHook | None = None,
    ) -> None:
        self.flow = Flow(
            market,
            on_gap,
            settings.fill_timeout_s,
            on_trouble,
            settings.filter,
            delay_s=settings.delay_s,
        )
        self._on_finish = on_finish
        self._settings = settings
        self._market = market
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._lifecycle = Lifecycle()
        self._inputs: deque[tuple[Input, FastpolyError | None, str]] = deque()
        self._feeding = False
        self._reconciler = Reconciler(
            market,
            settings.subscribe_timeout_s,
            on_trouble=on_trouble,
            on_asking=self._update_reading,
        )
        self._session: Session | None = None
        self._connection: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._hanging_up: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._opened = asyncio.Event()
        self._finished = asyncio.Event()
        self._error: FastpolyError | None = None
        self._was_live = False
        # Whether anything can be missing after a loss: something had been confirmed, or had come.
        self._had_begun = False
        self._attempt = 0
        self._line = LineCount()
        self._full: set[Buffer] = set()
        self._watch = Watch(market, settings.stale_after, settings.delay_s)
        self._silence = Silence({}, mute=False)
        self._look: asyncio.TimerHandle | None = None
        self._live_since_ns = 0
        # How far the wall clock is ahead of the one that nobody sets.
        self._clock_offset_ns = 0
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
    def error(self) -> FastpolyError | None:
        """Why it ended, if it was not closed."""
        return self._error

    @property
    def desired(self) -> tuple[str, ...]:
        """Parameters that are wanted."""
        return self._reconciler.subscriptions.desired

    @property
    def confirmed(self) -> tuple[str, ...]:
        """Parameters that the server has confirmed on this line."""
        return self._reconciler.subscriptions.confirmed

    # ------------------------------------------------------------------------- what users ask

    def want(self, params: Iterable[str | Iterable[str]]) -> None:
        """Adds to what is asked for on connecting; before `open`.

        Raises:
            SubscriptionError: A parameter is malformed.
        """
        self._reconciler.subscriptions.add(params)

    async def open(self) -> None:
        """Connects and subscribes.

        Raises:
            FastpolyError: It did not work; the stream is closed then.
        """
        first = self._reconciler.expect(self.desired)
        self._feed(Input.OPEN)
        try:
            await self._opened.wait()
            if self._error is not None:
                raise self._error
            await first
        except BaseException:
            first.cancel()
            await self.close()
            raise

    async def subscribe(self, params: Iterable[str | Iterable[str]]) -> None:
        """Wants parameters, and waits until the server has confirmed them."""
        self._require_open()
        await self._reconciler.subscribe(params)

    async def unsubscribe(self, params: Iterable[str | Iterable[str]]) -> None:
        """Wants parameters no more, and waits until the server has confirmed that."""
        self._require_open()
        await self._reconciler.unsubscribe(params)

    def _require_open(self) -> None:
        if self.state in (State.IDLE, State.CLOSING, State.CLOSED):
            raise UsageError(
                f"The stream is {self.state}.",
                hint="Name the parameters in Stream(...), or enter `async with` first."
                if self.state is State.IDLE
                else "Make a new stream.",
            )

    async def close(self) -> None:
        """Closes the line and waits until it is down; more than once is fine."""
        self._feed(Input.CLOSE)
        await self._finished.wait()
        if self._connection is not None:
            await asyncio.wait([self._connection])

    def fail(self, error: FastpolyError) -> None:
        """Drops the line and ends the stream with an error."""
        if self._session is not None:
            self._session.abort()
        self._feed(Input.FAILED, error)

    def abort(self) -> None:
        """Drops the line without waiting for anybody."""
        if self._session is not None:
            self._session.abort()
        self._feed(Input.CLOSE)

    async def wait_finished(self) -> None:
        """Waits for the end, whatever it is."""
        await self._finished.wait()

    # ------------------------------------------------------------------------------ the table

    def _feed(self, cause: Input, error: FastpolyError | None = None, detail: str = "") -> None:
        """Takes a step through the table, and those that its actions lead to."""
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
                    at_ns = time.time_ns()
                    self._announce(StateChange(old, self.state, cause, error, at_ns, detail))
                for action in actions:
                    self._actions[action](error)
        finally:
            self._feeding = False

    def _announce(self, change: StateChange) -> None:
        why = f": {change.error}" if change.error is not None else f" ({change.detail})"
        logger.info(
            "%s: %s -> %s%s", self._market, change.old, change.new, why if why != " ()" else ""
        )
        if change.new is State.LIVE and change.old is not State.STALE:
            self._was_live = True
            self._opened.set()
            self._live_since_ns = change.at_ns
            self._look_for_silence()
        self._on_change(change)

    def _lose(self, error: FastpolyError) -> None:
        """A connection ended, or did not come up, and nobody here wanted that."""
        flowed_s = self.flow.end_line()
        if flowed_s is not None and flowed_s >= self._settings.policy.stable_after_s:
            self._attempt = 0
        verdict = classify(error)
        retry_first = getattr(self._settings.policy, "retry_first", False)
        if verdict is Verdict.FATAL or not (self._was_live or retry_first):
            self._feed(Input.FAILED, error)
        elif isinstance(error, ConnectionEvicted):
            self._feed(Input.EVICTION, error)
        else:
            self._feed(Input.LOST, error)

    # ------------------------------------------------------------------------------- actions

    def _do_connect(self, error: FastpolyError | None) -> None:
        self._connection = asyncio.get_running_loop().create_task(self._run_session())
        self._connection.add_done_callback(self._on_session_over)

    def _on_session_over(self, connection: asyncio.Task[None]) -> None:
        if connection.cancelled():
            # By `_do_hang_up`, perhaps before its first step, or with all tasks at a program's end.
            self._feed(Input.CLOSE)
            self._feed(Input.ENDED)

    async def _run_session(self) -> None:
        """One session from its opening to its end."""
        session = Session(
            self._settings.url,
            self._settings.api_key,
            self._market,
            on_batch=self.flow.on_batch,
            on_upgrade=lambda: self._feed(Input.UPGRADED),
            on_status=self._on_status,
            on_bad_frame=self._on_bad_frame,
            watch=self.flow.watch,
            **self._settings.session,
        )
        self._session = session
        self._line.begin(session.listener)
        try:
            await session.open()
            self._line.accepted()
            self._feed(Input.ACCEPTED)
            self._update_reading()
            reason = await session.closed()
            error = reason.error
        except FastpolyError as failure:
            error = failure
        except asyncio.CancelledError:
            session.abort()
            raise
        except Exception as failure:
            logger.exception("%s: the session failed in a way that it should not", self._market)
            error = FastpolyError(f"The session failed: {failure!r}.", hint="Please report this.")
            error.__cause__ = failure
        finally:
            self._session = None
            self._line.end()
            self._had_begun = self._was_live or self.flow.has_begun or bool(self.confirmed)
            self._reconciler.disconnected()
            if self._asking is not None:
                self._asking.cancel()
        if error is None or self.state is State.CLOSING:
            self._feed(Input.ENDED)
        else:
            self._lose(error)

    def _do_subscribe(self, error: FastpolyError | None) -> None:
        if self._session is not None:
            self._asking = asyncio.get_running_loop().create_task(self._ask(self._session))

    async def _ask(self, session: Session) -> None:
        # The session's own end says the same, and more.
        with contextlib.suppress(ConnectionLost):
            await self._reconciler.run(session, on_settled=lambda: self._feed(Input.SETTLED))

    def _do_note_gap(self, error: FastpolyError | None) -> None:
        channels = self._reconciler.subscriptions.channels
        if error is not None and channels and self._had_begun:
            self.flow.interrupt(error, channels)

    def _do_ask_policy(self, error: FastpolyError | None) -> None:
        if error is None:
            raise AssertionError("a line is lost for a reason")
        self._attempt += 1
        self.flow.note_attempt()
        try:
            delay_s = self._settings.policy.next_delay(self._attempt, error)
            if delay_s is not None and not 0 <= delay_s < math.inf:
                raise ValueError(f"{delay_s!r} is no number of seconds")
        except Exception as failure:
            logger.exception("%s: the reconnect policy raised", self._market)
            error.add_note(f"The reconnect policy raised {failure!r}.")
            delay_s = None
        if delay_s is None:
            self._feed(Input.FAILED, error)
            return
        logger.warning(
            "%s: %s Attempt %d in %.2f s.", self._market, error.detail, self._attempt, delay_s
        )
        loop = asyncio.get_running_loop()
        self._retry = loop.call_later(delay_s, self._feed, Input.RETRY)

    def _do_hang_up(self, error: FastpolyError | None) -> None:
        if self._session is not None and self._session.is_open:
            self._hanging_up = asyncio.get_running_loop().create_task(self._session.close())
        elif self._connection is not None:
            self._connection.cancel()

    def _do_finish(self, error: FastpolyError | None) -> None:
        self._error = error
        for timer in (self._retry, self._look):
            if timer is not None:
                timer.cancel()
        self._reconciler.finish(error)
        self.flow.finish()
        self._on_finish(error)
        self._opened.set()
        self._finished.set()

    # --------------------------------------------------------------------- what the line says

    def _on_status(self, status: Status) -> None:
        hide = self._settings.api_key.hide
        name, message = hide(status.status or ""), hide(status.message or "")
        logger.debug("%s: status %s: %s", self._market, name, message)
        self._reconciler.take(name, message)

    def _on_bad_frame(self, error: DecodeError) -> None:
        self._on_trouble(error)

    # ------------------------------------------------------------------------------ silence

    @property
    def silence(self) -> Silence:
        """Which channels are silent that should speak."""
        return self._silence

    def _look_for_silence(self) -> None:
        """Looks, judges, and comes back in a while for as long as the line is up."""
        if self._look is not None:
            self._look.cancel()
        if self.state not in (State.LIVE, State.STALE) or self._session is None:
            self._silence = Silence({}, mute=False)
            return
        loop = asyncio.get_running_loop()
        self._look = loop.call_later(self._watch.interval_s, self._look_for_silence)
        self._line.look(self._session.backlog_bytes)
        now_ns = time.time_ns()
        offset_ns = now_ns - time.monotonic_ns()
        stepped = abs(offset_ns - self._clock_offset_ns) > CLOCK_STEP_NS
        self._clock_offset_ns = offset_ns
        if self._full or stepped:
            # What is not read cannot be heard; what was heard is dated by a clock that was wrong.
            self._live_since_ns = now_ns
            return
        self._silence = silence = self._watch.look(
            now_ns,
            since_ns=self._live_since_ns,
            params=self._reconciler.subscriptions.confirmed,
            last_ns=self.flow.last_ns,
        )
        if silence.mute:
            self._session.drop(
                ConnectionLost(
                    f"The line is up but mute: {silence}.",
                    hint="The server has stopped sending; or the market is closed unexpectedly.",
                )
            )
        elif silence.seconds_by_channel:
            self._feed(Input.SILENT, detail=str(silence))
        else:
            self._feed(Input.DATA)

    # ---------------------------------------------------------------------------- reading

    def note_room(self, consumer: Buffer) -> None:
        """A consumer that blocks has become full, or has room again."""
        # Asked anew, not told: news of the two ends of a buffer may overtake each other.
        if consumer.is_full:
            self._full.add(consumer)
        else:
            self._full.discard(consumer)
        self._update_reading()

    def _update_reading(self) -> None:
        session = self._session
        if session is None:
            return
        # While an answer is awaited the line is read all the same: the consumer that is full may
        # be the one that waits for it.
        if self._full and not self._reconciler.is_asking:
            session.pause_reading()
        else:
            session.resume_reading()

    # ------------------------------------------------------------------------------ figures

    def stats(self) -> LineStats:
        """What came over the line; from any thread."""
        session = self._session
        if session is None:
            return self._line.stats(None, 0)
        return self._line.stats(session.round_trip_s, session.backlog_bytes)
