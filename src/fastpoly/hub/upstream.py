"""The hub's own connection: opened when somebody wants something, asked for what all want."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from fastpoly.engine.settings import EngineSettings
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import FastpolyError, SubscriptionError
from fastpoly.hub.union import Key, Union
from fastpoly.market.feed import MarketFeed, UserHooks
from fastpoly.net.reader_loop import CallerLoop
from fastpoly.notices import NOTICE_CHANNEL, Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.subscriptions import Subscriptions

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.market.stats import MarketStats
    from fastpoly.notices import SlowConsumer
    from fastpoly.protocol.lifecycle import StateChange
    from fastpoly.protocol.reconnect import ReconnectPolicy
    from fastpoly.sources.source import Source

__all__ = ["Upstream", "UpstreamOwner"]

logger = logging.getLogger("fastpoly.hub")


class UpstreamOwner(Protocol):
    """Whom the connection feeds."""

    def on_batch(self, batch: Batch) -> object:
        """Take events, with the text of their frames; must not wait."""

    def on_gap(self, gap: Gap) -> object:
        """Take note that events are missing before those that come next."""

    def on_state_change(self, change: StateChange) -> object:
        """Take every change of state of the connection."""

    def on_refused(self, params: frozenset[str], error: SubscriptionError) -> object:
        """Take note that the service does not give, any longer, what it was asked for."""

    def on_end(self, error: BaseException) -> object:
        """Take note that there will be no other attempt, for this reason."""


class Upstream:
    """One market of the service, for as long as anybody wants something of it.

    Args:
        source: Where it comes from; its batches keep the text of their frames.
        market: The market's name.
        policy: When to reconnect.
        linger_s: Seconds after which the connection is closed when nobody wants anything.
        subscribe_timeout_s: Seconds to wait for the service's next answer.
        owner: Whom it feeds.

    Attributes:
        feed: The engine and what belongs to it.
        union: What is wanted.
    """

    def __init__(
        self,
        source: Source,
        market: str,
        *,
        policy: ReconnectPolicy,
        linger_s: float,
        subscribe_timeout_s: float,
        owner: UpstreamOwner,
    ) -> None:
        self.union = Union()
        self._market = market
        self._owner = owner
        self._linger_s = linger_s
        self._reader = CallerLoop()
        self._subscriptions = Subscriptions(market)
        self.feed = MarketFeed(
            source,
            self._subscriptions,
            EngineSettings(
                policy=policy,
                subscribe_timeout_s=subscribe_timeout_s,
                gap_apart=True,
                clock=source.clock,
            ),
            self._reader,
            UserHooks(self._on_error, ErrorPolicy.CONTINUE, None, logger),
            self,
        )
        self.feed.states.add(owner.on_state_change)
        self._engine = self.feed.engine
        self._engine.pipeline.route(self._on_batch)
        # Opening and closing take turns: what one has begun the other waits for.
        self._turn = asyncio.Lock()
        # Since when the service has confirmed what it is asked for, and anything at all.
        self._confirmed_ns: dict[str, int] = {}
        self._first_ns: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.TimerHandle | None = None
        self._is_stopped = False

    async def start(self) -> None:
        """Get ready, in the running loop; nothing is connected yet."""
        await self._reader.start()
        self.feed.start_recordings()

    async def stop(self) -> None:
        """Close the connection, and have recordings written to their end."""
        self._is_stopped = True
        self._cancel_closing()
        # At once, for whoever has the turn may wait for a server that does not answer; and then
        # once more, for it may have been about to connect.
        await self._end_connection()
        async with self._turn:
            await self._end_connection()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.feed.end_recordings()
        await self._reader.stop()

    def stats(self) -> MarketStats:
        """Return the figures of the connection; from any thread."""
        return self.feed.stats(waiting_s={})

    # --------------------------------------------------------------------- what is wanted

    def refusal(self, text: str) -> str | None:
        """Return the name of the status that refuses a parameter which nobody could ask for."""
        try:
            Subscriptions(self._market).add([text])
        except SubscriptionError:
            return "NOT_AUTHORIZED"
        return None

    def has(self, keys: Iterable[Key]) -> bool:
        """Whether the service has confirmed what brings all of these keys already."""
        texts = [self.union.text(key) for key in keys]
        if not all(map(self._subscriptions.is_confirmed, texts)):
            return False
        # A wildcard may bring them today; when that goes, they have to be asked for.
        self._subscriptions.add_some(texts)
        self._note_confirmed(texts)
        return True

    def since_ns(self, key: Key | None = None) -> int | None:
        """Return since when the service has given a key without a break, interruptions of the
        connection aside; of None, since when it has given anything. Unix time in ns.

        Returns:
            None if it does not.
        """
        if key is None:
            return self._first_ns
        channel, _ = key
        texts = [self.union.text(one) for one in (key, (channel, "*")) if one in self.union]
        found = [self._confirmed_ns[text] for text in texts if text in self._confirmed_ns]
        return min(found, default=None)

    def _note_confirmed(self, texts: Iterable[str]) -> None:
        now_ns = time.time_ns()
        for text in filter(self._subscriptions.is_confirmed, texts):
            self._confirmed_ns.setdefault(text, now_ns)
            self._first_ns = self._first_ns or now_ns

    def add(self, key: Key, text: str) -> None:
        """Count one more who wants a key; `confirm` asks the service for it."""
        self._cancel_closing()
        self.union.add(key, text)

    def remove(self, keys: Iterable[Key]) -> None:
        """Count one less for each key, and let go of those that nobody wants any more."""
        texts = {key: text for key in keys if (text := self.union.remove(key)) is not None}
        if not texts or self._is_stopped:
            return
        self._run(self._let_go(texts))
        if not len(self.union):
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(self._linger_s, self._begin_closing)

    async def confirm(self, keys: Iterable[Key]) -> None:
        """Ask for keys that are wanted, and wait until the service has confirmed them.

        While the connection is lost, wait until it is back.

        Raises:
            SubscriptionError: Some were refused or not answered.
            FastpolyError: There is no connection, and will be none.
        """
        wanted = tuple(keys)
        await self._open()
        # What nobody wants any more by now must not be asked for: nobody would let go of it.
        if texts := self.union.texts(wanted):
            try:
                await self._engine.subscribe(texts)
            finally:
                self._note_confirmed(texts)

    async def _open(self) -> None:
        async with self._turn:
            if self._is_stopped:
                raise FastpolyError("The hub is stopped.")
            if self._engine.state not in (State.IDLE, State.CLOSED):
                return
            try:
                await self._engine.connect()
            except FastpolyError as error:
                # Whether there will be other attempts is the policy's affair.
                if self._engine.state is State.CLOSED:
                    raise
                logger.warning("%s: the hub is not connected yet: %s", self._market, error)

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _let_go(self, texts: Mapping[Key, str]) -> None:
        desired = set(self._subscriptions.desired)
        gone = [
            text
            for key, text in texts.items()
            # Somebody may want it again by now, and it would be lost to them.
            if text in desired and not (key in self.union and self.union.text(key) == text)
        ]
        if gone and self._engine.state not in (State.IDLE, State.CLOSING, State.CLOSED):
            # All that it could say is that somebody wants one again, or that the hub is stopped.
            for text in gone:
                self._confirmed_ns.pop(text, None)
            with contextlib.suppress(FastpolyError):
                await self._engine.unsubscribe(gone)

    def _cancel_closing(self) -> None:
        closing, self._closing = self._closing, None
        if closing is not None:
            closing.cancel()

    def _begin_closing(self) -> None:
        self._run(self._close())

    async def _close(self) -> None:
        async with self._turn:
            if not len(self.union):
                self._confirmed_ns.clear()
                await self._end_connection()

    async def _end_connection(self) -> None:
        if self._engine.state not in (State.IDLE, State.CLOSED):
            await self._engine.close()

    # ------------------------------------------------------------ what the connection says

    def _on_batch(self, batch: Batch, channels: tuple[str, ...]) -> None:
        if NOTICE_CHANNEL not in channels:
            self._owner.on_batch(batch)
            return
        for notice in batch:
            if isinstance(notice, Gap):
                self._owner.on_gap(notice)

    def _on_error(
        self, error: BaseException, handler: Callable[..., Any] | None, message: Any
    ) -> None:
        if isinstance(error, SubscriptionError) and error.refused:
            self._owner.on_refused(frozenset(error.refused), error)

    def on_finish(self, error: FastpolyError | None) -> None:
        """See `FeedOwner.on_finish`."""
        if error is not None:
            self._owner.on_end(error)

    def on_recording_lost(self, notice: SlowConsumer) -> None:
        """See `FeedOwner.on_recording_lost`."""
        logger.warning("%s: %s lost %d events", self._market, notice.consumer, notice.lost)
