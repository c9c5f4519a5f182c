"""The drop-in's connection: one session after another, and what is subscribed on them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from fastpoly._core import batch_of
from fastpoly.errors import ConnectionLost, FastpolyError, UsageError
from fastpoly.polygon.inbox import Inbox
from fastpoly.polygon.services import encode
from fastpoly.protocol.gaps import Interruption
from fastpoly.protocol.reconnect import retryable
from fastpoly.protocol.subscriptions import MAX_REQUEST_BYTES, MAX_REQUEST_PARAMS
from fastpoly.schema import STATUS_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, LineWatch
    from fastpoly.consumers.buffer import Buffer
    from fastpoly.net.session import CloseReason, Session
    from fastpoly.polygon.dispatcher import Dispatcher
    from fastpoly.polygon.threaded_session import ThreadedSession
    from fastpoly.protocol.reconnect import ReconnectPolicy

    AnySession: TypeAlias = Session | ThreadedSession

__all__ = ["Connection", "NetSubscriptions"]

logger = logging.getLogger("fastpoly.client")


class NetSubscriptions:
    """What is subscribed, all requests taken together; a set, not a log of requests."""

    def __init__(self) -> None:
        # A dict for its order.
        self._params: dict[str, None] = {}

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels that something is subscribed on."""
        return tuple(dict.fromkeys(param.partition(".")[0] for param in self._params))

    def apply(self, action: str, params: str) -> None:
        """Adds or removes what a request names; a wildcard removes its whole channel."""
        for param in filter(None, (text.strip() for text in params.split(","))):
            if action == "subscribe":
                self._params[param] = None
                continue
            channel, _, symbol = param.partition(".")
            # The channel's whole name: A.* has nothing to do with AM.X.
            gone = [
                held
                for held in self._params
                if held == param or (symbol == "*" and held.partition(".")[0] == channel)
            ]
            for held in gone:
                del self._params[held]

    def requests(self) -> Iterator[str]:
        """Texts that subscribe to all of it, in as few messages as the server takes."""
        chunk: list[str] = []
        size = 0
        for param in self._params:
            size += len(param.encode()) + 1
            if chunk and (size > MAX_REQUEST_BYTES or len(chunk) >= MAX_REQUEST_PARAMS):
                yield encode("subscribe", ",".join(chunk))
                chunk, size = [], len(param.encode()) + 1
            chunk.append(param)
        if chunk:
            yield encode("subscribe", ",".join(chunk))


class Connection:
    """Sessions of one client, never two at once.

    Args:
        market: The market's name.
        make_session: Gives a new session that reports to the function it is given.
        buffer: Where the inbox keeps batches.
        dispatcher: Who handles batches.
        watch: Watches every event that the sessions read.

    Attributes:
        subscriptions: What is subscribed.
        inbox: What waits for a caller.
        closed: Whether `close` was called after the last `open`.
        running: Whether `keep_open` runs.
    """

    def __init__(
        self,
        market: str,
        make_session: Callable[[Callable[[Batch], None]], AnySession],
        buffer: Buffer,
        dispatcher: Dispatcher,
        watch: LineWatch,
    ) -> None:
        self.subscriptions = NetSubscriptions()
        self.inbox = Inbox(buffer)
        self.closed = False
        self.running = False
        self._market = market
        self._make_session = make_session
        self._dispatcher = dispatcher
        self._watch = watch
        self._sink: Callable[[Batch], None] = self.inbox.put
        self._lock = asyncio.Lock()
        self._opening: AnySession | None = None
        self._session: AnySession | None = None
        # The end of the latest session that came up.
        self._end: asyncio.Task[CloseReason] | None = None
        self._alarm: asyncio.Future[None] | None = None
        # Buffers that are full; while there is one, the socket is not read.
        self._full = 0
        self._failure: FastpolyError | None = None
        # When data began to flow on this line, by the monotonic clock.
        self._flowing_since: float | None = None
        self._interruption: Interruption | None = None

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._session is not None and self._session.is_open

    @property
    def was_opened(self) -> bool:
        """Whether a session came up, be it lost since."""
        return self._session is not None

    # --------------------------------------------------------------------- coming and going

    async def open(self, *, only_first: bool = False, resubscribe: bool = False) -> None:
        """Closes the old session, if there is one, and opens a new one.

        Args:
            only_first: Whether to leave it at a session that came up before.
            resubscribe: Whether to subscribe again to what was subscribed.

        Raises:
            FastpolyError: As from `Session.open`.
        """
        async with self._lock:
            if not only_first or self._session is None:
                await self._open(resubscribe)

    async def _open(self, resubscribe: bool) -> None:
        self._failure = None
        if self._session is not None:
            self.inbox.restart()
            await self._session.close()
        self._flowing_since = None
        session = self._opening = self._make_session(self._on_batch)
        try:
            await session.open()
        except FastpolyError as error:
            self.inbox.end(error)
            raise
        finally:
            self._opening = None
        if self.closed:
            await session.close()
            raise UsageError("The client was closed while it logged in.")
        self._session = session
        self._dispatcher.start()
        self._end = asyncio.create_task(session.closed(), name="fastpoly end of session")
        self._end.add_done_callback(self._on_end)
        if self._full:
            # Not before: the answer to the key would have gone unread.
            session.pause_reading()
        if resubscribe:
            for text in self.subscriptions.requests():
                session.send_text(text)

    def _on_end(self, end: asyncio.Task[CloseReason]) -> None:
        if end.cancelled():
            return
        error = _lost(end.result())
        if self._interruption is None and self._flowing_since is not None:
            self._interruption = Interruption(
                error=error,
                since_ns=time.time_ns(),
                channels=self.subscriptions.channels,
                last_by_channel=self._watch.last_events(),
            )
        if self._end is end and not self._lock.locked():
            self.inbox.end(error)
            self._dispatcher.idle()

    async def close(self) -> None:
        """Closes the session, and one that is being opened."""
        self.closed = True
        self._ring()
        if self._opening is not None:
            self._opening.abort()
        if self._session is not None:
            await self._session.close()
        async with self._lock:
            pass  # until an opening that was aborted has noticed
        self.inbox.end(self._failure or ConnectionLost("The connection was closed.", code=1000))

    def fail(self, error: FastpolyError) -> None:
        """Ends the connection for a reason of the caller's."""
        self._failure = self._failure or error
        self.inbox.end(self._failure)
        if self._session is not None:
            self._session.abort()

    def request(self, action: str, params: str) -> None:
        """Sends a request, or leaves it to the session that is about to come up.

        Raises:
            ConnectionLost: There is none, and none is about to.
        """
        self.subscriptions.apply(action, params)
        session = self._session
        if session is not None and session.is_open:
            session.send_text(encode(action, params))
        elif not (self.running or self._lock.locked()):
            raise ConnectionLost(
                "The connection is lost.",
                hint="Await reconnect(), which also sends this request, or let "
                "handle_messages(reconnect=True) do it.",
            )

    # ------------------------------------------------------------------------- staying open

    async def keep_open(self, policy: ReconnectPolicy) -> None:
        """Restores the connection whenever it is lost, until it is closed.

        Args:
            policy: When to try again, and when to give up.

        Raises:
            FastpolyError: Why it gave up.
        """
        attempt = 0
        self.running = True
        try:
            while (end := self._end) is not None and not self.closed:
                reason = await asyncio.shield(end)
                since = self._flowing_since
                if since is not None and time.monotonic() - since >= policy.stable_after_s:
                    attempt = 0
                error = _lost(reason)
                while self._end is end and not self.closed:
                    if self._failure is not None:
                        raise self._failure
                    attempt += 1
                    error = await self._try_again(attempt, error, policy) or error
        finally:
            self.running = False

    async def _try_again(
        self, attempt: int, error: FastpolyError, policy: ReconnectPolicy
    ) -> FastpolyError | None:
        """One attempt.

        Returns:
            Why it failed, or None if the connection is restored, or closed.
        """
        delay = policy.next_delay(attempt, error)
        if delay is None:
            if attempt == 1 or not retryable(error):
                raise error
            raise ConnectionLost(
                f"Gave up after {attempt - 1} attempts to reconnect. {error.detail}",
                hint=error.hint,
            ) from error
        logger.warning("%s Attempt %d to reconnect in %g s.", error, attempt, delay)
        end = self._end
        await self._sleep(delay)
        async with self._lock:
            # Someone else may have closed it, or opened another session, meanwhile.
            if self.closed or self._end is not end:
                return None
            if self._interruption is not None:
                self._interruption.attempts += 1
            try:
                await self._open(resubscribe=True)
            except FastpolyError as failure:
                return failure
        logger.info("Reconnected.")
        return None

    async def _sleep(self, delay: float) -> None:
        """Waits, but not beyond `close`."""
        loop = asyncio.get_running_loop()
        self._alarm = loop.create_future()
        timer = loop.call_later(delay, self._ring)
        try:
            await self._alarm
        finally:
            timer.cancel()
            self._alarm = None

    def _ring(self) -> None:
        if self._alarm is not None and not self._alarm.done():
            self._alarm.set_result(None)

    # -------------------------------------------------------------------- what arrives on it

    @property
    def sink(self) -> Callable[[Batch], None]:
        """What batches go to as they are read; the inbox's `put` to begin with."""
        return self._sink

    @sink.setter
    def sink(self, sink: Callable[[Batch], None]) -> None:
        self._sink = sink
        self._route()

    def _on_batch(self, batch: Batch) -> None:
        """Takes what is read before data flows."""
        data = [channel for channel in batch.channels if channel != STATUS_CHANNEL]
        if data:
            self._flowing_since = time.monotonic()
            interruption, self._interruption = self._interruption, None
            if interruption is not None:
                gap = interruption.gap(self._market, batch.select(*data))
                self._sink(batch_of(self._market, [gap]))
            self._route()
        self._sink(batch)

    def _route(self) -> None:
        session = self._opening or self._session
        if session is not None and self._flowing_since is not None:
            session.on_batch = self._sink

    def pause(self) -> None:
        """A buffer is full."""
        self._full += 1
        if self._full == 1 and self.is_open and self._session is not None:
            self._session.pause_reading()

    def resume(self) -> None:
        """A buffer has room again."""
        self._full -= 1
        if self._full == 0 and self._session is not None:
            self._session.resume_reading()


def _lost(reason: CloseReason) -> FastpolyError:
    if reason.error is not None:
        return reason.error
    return ConnectionLost("The connection was closed.", code=reason.code, reason=reason.reason)
