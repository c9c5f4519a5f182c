"""One market as every facade has it: the engine, the loop that runs it, and who is told."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from fastpoly.consumers.handlers.error_policy import ErrorHook, HandlerErrorPolicy
from fastpoly.consumers.handlers.fill_hook import Fill, FillHook
from fastpoly.consumers.publishing import Publishing, PublishKeywords
from fastpoly.consumers.recording import Recording, RecordKeywords
from fastpoly.consumers.sharing import Sharing
from fastpoly.engine.supervisor import Engine, EngineSettings
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.market.state_changes import StateNews
from fastpoly.market.stats import MarketStats
from fastpoly.protocol.lifecycle import State
from fastpoly.shards import ALL_SHARDS

if TYPE_CHECKING:
    import logging
    import os
    from collections.abc import Mapping

    from fastpoly.engine.pipeline import GapTicket
    from fastpoly.enums import ErrorPolicy
    from fastpoly.errors import CaptureError
    from fastpoly.net.reader_loop import ReaderLoop
    from fastpoly.notices import SlowConsumer
    from fastpoly.protocol.lifecycle import StateChange
    from fastpoly.protocol.subscriptions import Subscriptions
    from fastpoly.sources.source import Source

__all__ = ["MAX_WARNINGS", "FeedOwner", "MarketFeed", "UserHooks"]

MAX_WARNINGS: Final = 100
"""Errors that end nothing, on their way from one loop to the other; what is more is counted."""


@dataclass(frozen=True, slots=True)
class UserHooks:
    """Functions of the user's that are told what happens.

    Attributes:
        on_error: Told of what handlers raise, and of errors that end nothing; or None.
        error_policy: What becomes of a handler that raises.
        fill: Fills gaps; None where they are not filled.
        logger: Where it is all logged.
    """

    on_error: ErrorHook | None
    error_policy: ErrorPolicy
    fill: Fill | None
    logger: logging.Logger


class FeedOwner(Protocol):
    """The facade."""

    def on_finish(self, error: FastpolyError | None) -> object:
        """Take the end, and what caused it, or None; in the loop that reads."""

    def on_recording_lost(self, notice: SlowConsumer) -> object:
        """Take note of what a recording has lost; in the loop that reads."""


class MarketFeed:
    """An engine and those whom it reports to, in the user's event loop.

    Args:
        source: What feeds the engine.
        subscriptions: What is desired.
        settings: How the market is kept connected.
        reader: The loop that reads.
        hooks: Who is told what happens.
        owner: The facade.

    Attributes:
        engine: The engine, to be used in the loop that reads.
        states: Who is told of changes of state.
        errors: What becomes of what handlers raise.
        stop_error: What the user's code ended the stream with; None if none did.
        recordings: Recordings, in the order in which they were begun, ended ones included.
        publishings: The same of what is published to a broker.
        sharings: The same of what is shared through memory.

    Raises:
        UsageError: A hook is not callable, or refuses what is desired.
    """

    def __init__(
        self,
        source: Source,
        subscriptions: Subscriptions,
        settings: EngineSettings,
        reader: ReaderLoop,
        hooks: UserHooks,
        owner: FeedOwner,
    ) -> None:
        self.engine = Engine(source, subscriptions, settings, self)
        self.states = StateNews(self)
        self.errors = HandlerErrorPolicy(hooks.on_error, hooks.error_policy, self, hooks.logger)
        self.stop_error: BaseException | None = None
        self.recordings: list[Recording] = []
        self.publishings: list[Publishing] = []
        self.sharings: list[Sharing] = []
        self._market = subscriptions.market
        self._reader = reader
        self._fill = None if hooks.fill is None else FillHook(hooks.fill, self.errors, reader)
        if self._fill is not None:
            self._fill.check_params(subscriptions.market, subscriptions.desired)
        self._owner = owner
        # On their way to the user's loop, which may stand still while a server sends what is wrong.
        self._warnings: deque[FastpolyError] = deque()
        self._warnings_left_out = 0

    @property
    def error(self) -> BaseException | None:
        """What ended the stream; None while it lives, and if it was closed."""
        return self.stop_error or self.engine.error

    def stop_with(self, error: BaseException) -> None:
        """End the stream because of a handler, or of what waits for one."""
        self.stop_error = self.stop_error or error
        failure = error if isinstance(error, FastpolyError) else FastpolyError(repr(error))
        if failure is not error:
            failure.__cause__ = error
        self._reader.post(self.engine.fail, failure)

    def stop_filling(self) -> None:
        """Cancel what is looking for missing events."""
        if self._fill is not None:
            self._fill.cancel()

    # --------------------------------------------------------------------------- recordings

    def record(self, path: str | os.PathLike[str], options: RecordKeywords) -> Recording:
        """Begin a recording, in the user's loop.

        Raises:
            UsageError: An option makes no sense.
            CaptureError: The file exists, or cannot be made.
        """
        recording = Recording(path, self._market, self._reader, self, options)
        self.recordings.append(recording)
        if self.engine.state is not State.IDLE:
            self._reader.post(self._start_recording, recording)
        return recording

    def share(self, name: str, buffer_bytes: int) -> Sharing:
        """Begin to share what is read under a name, in the user's loop.

        Raises:
            UsageError: The name is invalid or taken, or this system cannot do it.
            OSError: There is not enough memory.
        """
        sharing = Sharing(name, self._market, self._reader, self, buffer_bytes)
        self.sharings.append(sharing)
        if self.engine.state is not State.IDLE:
            self._reader.post(self._start_recording, sharing)
        return sharing

    def start_recordings(self) -> None:
        """Have what is to be recorded from the beginning on recorded; in the loop that reads."""
        for recording in self._all_recordings():
            self._start_recording(recording)

    def _all_recordings(self) -> list[Recording | Sharing]:
        return [*self.recordings, *self.sharings]

    def _start_recording(self, recording: Recording | Sharing) -> None:
        if recording.start():
            self.engine.recorders.add(recording, self.engine.confirmed)

    def stop_recordings(self) -> None:
        """Record nothing more, and have what waits written; in the loop that reads."""
        for recording in self._all_recordings():
            recording.end()

    async def end_recordings(self, seconds: float | None = None) -> None:
        """Record nothing more, and wait until all is written, each for so many seconds at most."""
        self.stop_recordings()
        for recording in self.recordings:
            await recording.wait_closed(seconds)

    def forget(self, recording: Recording | Sharing) -> None:
        """See `RecordingOwner.forget`."""
        self.engine.recorders.remove(recording)

    def on_recording_failed(self, error: CaptureError) -> None:
        """See `RecordingOwner.on_recording_failed`."""
        self.on_warning(error)

    def on_recording_lost(self, notice: SlowConsumer) -> None:
        """See `RecordingOwner.on_recording_lost`."""
        if not self._reader.post(self._owner.on_recording_lost, notice):
            self._owner.on_recording_lost(notice)

    # ---------------------------------------------------------------------------- publishing

    def publish(self, url: str, options: PublishKeywords) -> Publishing:
        """Have what is read published to a broker, once the stream is opened.

        Raises:
            UsageError: An option makes no sense, or the stream was opened before.
        """
        if self.engine.state is not State.IDLE:
            raise UsageError(
                "A stream is published from its beginning.",
                hint="Call publish() before opening it.",
            )
        if self.engine.shards != ALL_SHARDS:
            raise UsageError(
                "A share of a market is not published.", hint="Leave shard= to those who read it."
            )
        publishing = Publishing(url, self._market, self._reader, self, options)
        self.publishings.append(publishing)
        return publishing

    async def open_publishings(self) -> None:
        """Become the one that writes, wherever this is to publish; in the loop that reads."""
        for publishing in self.publishings:
            await publishing.open()
            self.engine.recorders.add(publishing, self.engine.confirmed)

    async def end_publishings(self, seconds: float) -> None:
        """Publish nothing more, and wait for what waits, each for so many seconds at most.

        In the loop that reads.
        """
        for publishing in self.publishings:
            publishing.end()
        for publishing in self.publishings:
            await publishing.wait_closed(seconds)

    def stop_publishing(self, publishing: Publishing) -> None:
        """See `PublishingOwner.stop_publishing`."""
        self.engine.recorders.remove(publishing)

    def on_publishing_failed(self, error: FastpolyError) -> None:
        """See `PublishingOwner.on_publishing_failed`."""
        self.on_warning(error)

    def on_publishing_lost(self, notice: SlowConsumer) -> None:
        """See `PublishingOwner.on_publishing_lost`."""
        self._owner.on_recording_lost(notice)

    # --------------------------------------------------------------- what the engine says

    def on_state_change(self, change: StateChange) -> None:
        """See `EngineOwner.on_state_change`."""
        self._reader.to_user(self.states.tell, change)

    def on_warning(self, error: FastpolyError) -> None:
        """See `EngineOwner.on_warning`."""
        if len(self._warnings) >= MAX_WARNINGS:
            self._warnings_left_out += 1
            return
        self._warnings.append(error)
        self._reader.to_user(self._warn)

    def _warn(self) -> None:
        """Pass on the oldest warning; in the user's loop."""
        if not self._warnings:
            return
        self.errors.warn(self._warnings.popleft())
        if not self._warnings and self._warnings_left_out:
            left_out, self._warnings_left_out = self._warnings_left_out, 0
            self.errors.warn(
                FastpolyError(
                    f"{left_out} more errors came while nobody took them, and were left out.",
                    hint="The event loop stood still: see what holds it up.",
                )
            )

    def on_gap(self, ticket: GapTicket) -> None:
        """See `EngineOwner.on_gap`."""
        if self._fill is not None:
            self._reader.to_user(self._fill.start, ticket)

    def on_exit(self, error: BaseException) -> None:
        """See `EngineOwner.on_exit`."""
        self.stop_error = self.stop_error or error

    def on_finish(self, error: FastpolyError | None) -> None:
        """See `EngineOwner.on_finish`."""
        self._owner.on_finish(error)

    # --------------------------------------------------------------------------- figures

    def stats(self, *, waiting_s: Mapping[str, float], stalled_s: float = 0.0) -> MarketStats:
        """Return what the market's figures are, whoever the consumers; from any thread.

        Args:
            waiting_s: How long the oldest batch of each consumer has been waiting, in seconds.
            stalled_s: The longest time that the loop which reads stood still of late, in seconds.
        """
        engine = self.engine
        line, lag = engine.stats(), engine.pipeline.lag
        return MarketStats(
            market=self._market,
            state=engine.state,
            error=str(self.error or ""),
            subscriptions=engine.desired,
            confirmed=engine.confirmed,
            line=line,
            filtered=engine.pipeline.filtered,
            silent=dict(engine.silence.seconds_by_channel),
            lag=lag.stats(),
            sequences=lag.sequences(),
            recordings=tuple(recording.stats() for recording in self.recordings),
            judgement=lag.judge(
                backlog_bytes=line.backlog_bytes, waiting_s=waiting_s, stalled_s=stalled_s
            ),
        )
