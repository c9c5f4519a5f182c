"""The drop-in's connection: one session after another, what they owe, and frames not yet taken."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fastpoly.errors import ConnectionLost, FastpolyError, UsageError
from fastpoly.services import encode
from fastpoly.subscriptions import MAX_REQUEST_BYTES, MAX_REQUEST_PARAMS

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.session import CloseReason, Session

__all__ = ["Connection", "NetSubscriptions", "lost"]


class NetSubscriptions:
    """What is subscribed, all requests taken together; a set, not a log of requests."""

    def __init__(self) -> None:
        # A dict for its order.
        self._params: dict[str, None] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

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
    """Sessions of one client, never two at once, and what arrives on them.

    Batches go to `sink` as they are read, or wait for `next_frame` while there is none. What waits,
    here and with handlers, is counted; beyond a limit the socket is not read.

    Args:
        make_session: Gives a new session that reports to `on_batch`.
        max_buffer_bytes: The limit.

    Attributes:
        subscriptions: What is subscribed.
        sink: What batches go to, or None.
        restoring: Whether someone is about to restore a connection that is lost.
        closed: Whether `close` was called after the last `open`.
    """

    def __init__(self, make_session: Callable[[], Session], max_buffer_bytes: int) -> None:
        self.subscriptions = NetSubscriptions()
        self.sink: Callable[[Batch], None] | None = None
        self.restoring = False
        self.closed = False
        self._make_session = make_session
        self._limit = max_buffer_bytes
        self._lock = asyncio.Lock()
        self._opening: Session | None = None
        self._session: Session | None = None
        # The end of the latest session that came up.
        self._end: asyncio.Task[CloseReason] | None = None
        self._batches: deque[Batch] = deque()
        self._frames: deque[Batch] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._waiting_bytes = 0
        self._paused = False

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
            if only_first and self._session is not None:
                return
            if self._session is not None:
                await self._session.close()
            session = self._opening = self._make_session()
            try:
                await session.open()
            finally:
                self._opening = None
                # Whoever waits for frames learns of a failure, once the lock is free.
                asyncio.get_running_loop().call_soon(self._wake)
            if self.closed:
                await session.close()
                raise UsageError("The client was closed while it logged in.")
            self._session = session
            self._end = asyncio.create_task(session.closed(), name="fastpoly end of session")
            self._end.add_done_callback(self._wake)
            # Not before: the answer to the key would have gone unread.
            self._paused = self._waiting_bytes > self._limit
            if self._paused:
                session.pause_reading()
            if resubscribe:
                for text in self.subscriptions.requests():
                    session.send_text(text)

    async def ended(self) -> CloseReason | None:
        """Waits for the end of the session.

        Returns:
            How it ended, or None if another session has taken its place meanwhile.
        """
        end = self._end
        if end is None:
            raise UsageError("There is no connection.", hint="Await login() first.")
        reason = await asyncio.shield(end)
        return reason if self._end is end else None

    async def close(self) -> None:
        """Closes the session, and one that is being opened."""
        self.closed = True
        if self._opening is not None:
            self._opening.abort()
        if self._session is not None:
            await self._session.close()
        async with self._lock:
            pass  # until an opening that was aborted has noticed
        self._wake()

    def request(self, action: str, params: str) -> None:
        """Sends a request, or leaves it to the session that is about to come up.

        Raises:
            ConnectionLost: There is none, and none is about to.
        """
        self.subscriptions.apply(action, params)
        session = self._session
        if session is not None and session.is_open:
            session.send_text(encode(action, params))
        elif not (self.restoring or self._lock.locked()):
            raise ConnectionLost(
                "The connection is lost.",
                hint="Await reconnect(), which also sends this request, or let "
                "handle_messages(reconnect=True) do it.",
            )

    # -------------------------------------------------------------------- what arrives on it

    def on_batch(self, batch: Batch) -> None:
        """Takes what was read."""
        if self.sink is not None:
            self.sink(batch)
        else:
            self._batches.append(batch)
            self.account(batch.nbytes)
            self._wake()

    def account(self, nbytes: int) -> None:
        """Counts bytes that have to wait, and with a minus those that no longer have to."""
        self._waiting_bytes += nbytes
        session = self._session
        if session is None:
            return
        if not self._paused and self._waiting_bytes > self._limit:
            if session.is_open:
                self._paused = True
                session.pause_reading()
        elif self._paused and self._waiting_bytes <= self._limit // 2:
            self._paused = False
            session.resume_reading()

    def take_waiting(self) -> Iterator[Batch]:
        """Everything that waits, oldest first."""
        while self._frames or self._batches:
            batch = (self._frames or self._batches).popleft()
            self.account(-batch.nbytes)
            yield batch

    async def next_frame(self) -> Batch:
        """Waits for one WebSocket frame.

        Raises:
            FastpolyError: The connection has ended, and every frame was taken.
        """
        while not self._frames:
            if self._batches:
                batch = self._batches.popleft()
                self._frames.extend(batch.frames())
                # Counted frame by frame from here on; their sum may differ from the whole.
                self.account(sum(frame.nbytes for frame in self._frames) - batch.nbytes)
                continue
            end = self._end
            if end is not None and end.done() and not self._lock.locked():
                raise lost(end.result())
            if self._waiter is not None:
                raise UsageError(
                    "Two coroutines handle messages.", hint="Run handle_messages() in one."
                )
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        frame = self._frames.popleft()
        self.account(-frame.nbytes)
        return frame

    def _wake(self, _: object = None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def lost(reason: CloseReason) -> FastpolyError:
    """The error for the end of a session, whoever ended it."""
    if reason.error is not None:
        return reason.error
    return ConnectionLost("The connection was closed.", code=reason.code, reason=reason.reason)
