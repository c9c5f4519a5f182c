"""One connection: open, authenticate, send requests, notice its end. It never reconnects."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import picows

from fastpoly._core import Listener
from fastpoly.errors import (
    ConnectError,
    ConnectionLost,
    DecodeError,
    FastpolyError,
    UsageError,
)
from fastpoly.health.counts import SourceCondition, SourceCounts
from fastpoly.health.log_limit import LogLimit
from fastpoly.net.backlog import unread_bytes
from fastpoly.net.credentials import ApiKey, find_api_key
from fastpoly.net.endings import how_it_ended
from fastpoly.net.endpoints import Place, find_proxy, make_ssl_context, shown_url
from fastpoly.net.hiding_tap import HidingTap
from fastpoly.net.keepalive import KeepAlive
from fastpoly.net.opening.dial import dial
from fastpoly.net.opening.websocket import Target, open_websocket
from fastpoly.net.options import ConnectionOptions
from fastpoly.net.read_coalescing import ReadDelay
from fastpoly.net.uvloop_resets import CAN_WATCH, ResetWatch, on_uvloop
from fastpoly.protocol.close_codes import CloseReason, connection_lost
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.statuses import ControlMessage, read_status, shown
from fastpoly.protocol.subscriptions import encode_request
from fastpoly.shards import ALL_SHARDS
from fastpoly.unix_sockets import is_unix

if TYPE_CHECKING:
    from fastpoly._core import FrameTap, LineWatch
    from fastpoly.events import Status
    from fastpoly.net.session_owner import SessionOwner

__all__ = ["Session"]

logger = logging.getLogger("fastpoly.session")

GREETING_TIMEOUT_S: Final = 2.0
"""How long to wait for the server's greeting before sending the key without one."""

REFUSAL_GRACE_S: Final = 1.0
"""How long a server that refused may take to close the connection before this side does."""

UNCLEAR_S: Final = 1.0
"""How long before a loss an answer may be that was not understood, to be named as its reason."""

HANG_UP_TURNS: Final = 10
"""How many turns of the loop a transport may take to let go of a socket that was shut down."""


class Session:
    """One connection. Use it in the event loop in which `open` ran, and once.

        session = Session(url, key, "stocks", owner)
        await session.open()                              # connected and authenticated
        session.send("subscribe", ["T.AAPL", "Q.AAPL"])   # no waiting
        reason = await session.closed()                   # CloseReason
        await session.close()

    Args:
        url: A full URL, see `fastpoly.net.endpoints.make_url`.
        api_key: The key; None to take it from the environment.
        market: The market, which says how events are decoded.
        owner: Whom it reports to.
        options: How the connection is made and kept.
        keep_statuses: Whether control messages stay in the batches too, where they arrived.
        keep_frames: Whether batches keep the text of their frames, for `Batch.raw`.
        watch: Watches every event that is read.
        shards: The shards whose events are wanted, see `fastpoly.shards.shard_bits`.
        spaced: Whether requests are written with a space, see `encode_request`.

    Attributes:
        on_batch: Where batches go: the owner's, as it was when the session was made.

    Raises:
        UsageError: The market is unknown, or there is no key.
    """

    def __init__(
        self,
        url: str,
        api_key: str | ApiKey | None,
        market: str,
        owner: SessionOwner,
        options: ConnectionOptions | None = None,
        *,
        keep_statuses: bool = False,
        keep_frames: bool = False,
        watch: LineWatch | None = None,
        shards: int = ALL_SHARDS,
        spaced: bool = False,
    ) -> None:
        self._key = find_api_key(api_key)
        self._url = url
        self._where = shown_url(url)
        self._owner = owner
        self.on_batch = owner.on_batch
        self._options = options = options or ConnectionOptions()
        self._spaced = spaced
        self._keep_frames = keep_frames
        self._keep_alive = (
            KeepAlive(options.ping_interval, options.ping_timeout)
            if options.ping_interval
            else None
        )
        self._reset_watch = ResetWatch()
        # Who waits for a Unix socket is woken whatever its low-water mark.
        self._read_delay = (
            ReadDelay(options.max_read_delay)
            if options.max_read_delay and not is_unix(url)
            else None
        )
        self._listener = Listener(
            self,
            market_of(market).name,
            max_message_bytes=options.max_message_bytes or 0,
            keep_statuses=keep_statuses,
            keep_frames=keep_frames,
            watch=watch,
            coalescer=None if self._read_delay is None else self._read_delay.coalescer,
            shards=shards,
        )
        self._socket: socket.socket | None = None
        self._transport: picows.WSTransport | None = None
        # The three steps of a connection; all None before open().
        self._greeted: asyncio.Future[None] | None = None
        self._accepted: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[CloseReason] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._error: FastpolyError | None = None
        self._unclear: ControlMessage | None = None
        self._unclear_at = 0.0
        self._closing = False
        self._paused = False
        self._log_limit = LogLimit()

    def __repr__(self) -> str:
        state = "open" if self.is_open else "new" if self._ended is None else "not open"
        return f"<Session {self._where} {state}>"

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent: the key was accepted and nobody has closed."""
        ended = self._ended
        return self._was_accepted and ended is not None and not ended.done() and not self._closing

    @property
    def gives_all(self) -> bool:
        """See `SourceConnection.gives_all`: the service sends what was asked for."""
        return False

    @property
    def _was_accepted(self) -> bool:
        accepted = self._accepted
        if accepted is None or not accepted.done() or accepted.cancelled():
            return False
        return accepted.exception() is None

    def counts(self) -> SourceCounts:
        """Return what it has read so far; from any thread."""
        listener = self._listener
        return SourceCounts(
            reads=listener.reads,
            bytes_received=listener.bytes_received,
            frames_received=listener.frames_received,
            events_received=listener.events_received,
            bad_frames=listener.bad_frames,
            last_received_ns=listener.last_received_ns,
        )

    def condition(self) -> SourceCondition:
        """Return how it is at the moment; from any thread."""
        keep_alive = self._keep_alive
        return SourceCondition(
            round_trip_s=keep_alive.round_trip_s if keep_alive is not None else None,
            backlog_bytes=self.backlog_bytes,
            coalescing=self._listener.coalescing,
        )

    @property
    def backlog_bytes(self) -> int:
        """Bytes that have arrived and wait in the kernel to be read; 0 where it cannot tell."""
        return 0 if self._socket is None else unread_bytes(self._socket)

    # ------------------------------------------------------------------------------- opening

    async def open(self) -> None:
        """Connect and authenticate. Data may reach `on_batch` before this returns.

        Raises:
            HostNotFoundError: The host's name does not resolve.
            CertificateError: The server's certificate does not verify.
            NotWebSocketError: What answers is not a WebSocket server.
            ConnectError: The connection did not open for another reason, or not in time.
            AuthError: The server refused the key.
            NotAuthorizedError: The plan does not include this market or feed.
            ConnectionEvicted: The account has too many connections.
            ConnectionLost: The server closed the connection before it had accepted the key.
            UsageError: The session was opened before.
        """
        if self._ended is not None:
            raise UsageError("A session is opened once.", hint="Make a new one.")
        loop = asyncio.get_running_loop()
        self._greeted = greeted = loop.create_future()
        self._accepted = accepted = loop.create_future()
        self._ended = ended = loop.create_future()
        try:
            try:
                async with asyncio.timeout(self._options.open_timeout):
                    await self._connect()
            except TimeoutError:
                # Not chained: the frames that were given up may have a proxy's password in them.
                raise ConnectError(
                    f"{self._where} did not open a connection within "
                    f"{self._options.open_timeout:g} s.",
                    hint="Check the network and any proxy, or raise open_timeout.",
                ) from None
            await self._authenticate(greeted, accepted)
        except BaseException:
            await self._discard(ended)
            raise

    async def _connect(self) -> None:
        options = self._options
        secure = self._url.startswith("wss:")
        target = Target(
            url=self._url,
            proxy=find_proxy(self._url, options.proxy),
            context=make_ssl_context(options.ssl) if secure else None,
            # The listener's own limit covers fragmented messages too; this one must not be the
            # first to act, or the error would not say what to do.
            max_frame_bytes=(options.max_message_bytes or 1 << 40) + (1 << 20),
            use_aiofastnet=self._wants_aiofastnet(),
        )
        await open_websocket(target, self._listener, self._dial)

    def _wants_aiofastnet(self) -> bool:
        if is_unix(self._url) and on_uvloop():
            return True  # uvloop's own would show picows another socket than the one it was given
        if self._options.use_aiofastnet is None and on_uvloop():
            # It takes less CPU than uvloop's own TLS, but needs the watch there.
            return CAN_WATCH and self._url.startswith("wss:")
        return self._options.use_aiofastnet is not False

    async def _dial(self, place: Place) -> socket.socket:
        # Kept, because a transport whose opening is cancelled lives on.
        self._socket = await dial(place)
        if CAN_WATCH and on_uvloop() and self._wants_aiofastnet():
            self._reset_watch.start(self._socket)
        return self._socket

    async def _authenticate(
        self, greeted: asyncio.Future[None], accepted: asyncio.Future[None]
    ) -> None:
        await asyncio.wait(
            [greeted, accepted], timeout=GREETING_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
        )
        if not accepted.done():
            self._send(encode_request("auth", self._key.reveal()))
        try:
            async with asyncio.timeout(self._options.auth_timeout):
                await accepted
        except TimeoutError as error:
            # Not an AuthError: nobody has refused the key, so trying again makes sense.
            raise ConnectError(
                f"{self._where} did not answer the API key within "
                f"{self._options.auth_timeout:g} s.{self._unclear_answer()}",
                hint="Try again, or raise auth_timeout.",
            ) from error

    async def _discard(self, ended: asyncio.Future[CloseReason]) -> None:
        """End a connection that did not open, wherever it got to."""
        self._closing = True
        if self._transport is not None:
            self._hang_up(self._transport)
            await asyncio.wait([ended], timeout=self._options.close_timeout)
            return
        if self._socket is not None:
            # Not closed: it belongs to a transport, which this ends, and which would go on watching
            # its number, which is soon another socket's.
            with contextlib.suppress(OSError):  # it has ended already
                self._socket.shutdown(socket.SHUT_RDWR)
            for _ in range(HANG_UP_TURNS):
                if self._socket.fileno() < 0:
                    break
                await asyncio.sleep(0)
            self._reset_watch.stop()
            self._socket.close()  # unless it was never handed over
        if not ended.done():
            ended.set_result(CloseReason(1006, "", None))

    # ------------------------------------------------------------------- what the listener says

    def on_connected(self, transport: picows.WSTransport) -> None:
        """Take the transport of a WebSocket that is up; called by the listener."""
        loop = asyncio.get_running_loop()
        self._transport = transport
        self._reset_watch.transport = transport.underlying_transport
        if self._read_delay is not None and self._socket is not None:
            self._read_delay.start(self._socket)
        watch = loop.create_task(self._watch(transport))
        watch.add_done_callback(self._on_watch_over)
        self._tasks = [watch]
        if self._keep_alive is not None:
            self._tasks.append(loop.create_task(self._watch_silence(transport, self._keep_alive)))
        if self._closing:
            transport.disconnect(False)
        else:
            self._owner.on_upgraded()

    def on_statuses(self, statuses: list[Status]) -> None:
        """Take control messages; called by the listener."""
        for status in statuses:
            message = read_status(status.status, status.message, self._key.hide, status.to_dict)
            self._apply(message)
            self._owner.on_status(message)

    def _apply(self, message: ControlMessage) -> None:
        """Do what a control message means for the connection itself."""
        if message.spec is None:
            self._log_limit.warn(logger, "The server sent an unknown status: %s", message)
        if message.spec is None or (message.is_refusal and not self.is_open):
            self._unclear = message
            self._unclear_at = time.monotonic()
            return
        accepted = self._accepted
        opening = accepted if accepted is not None and not accepted.done() else None
        if message.effect == "greeting":
            if self._greeted is not None and not self._greeted.done():
                self._greeted.set_result(None)
        elif message.effect == "accepted":
            if opening is not None:
                opening.set_result(None)
        elif message.effect == "fatal":
            error = message.error()
            self._error = self._error or error
            if opening is not None:
                opening.set_exception(error)
            elif self._transport is not None:
                loop = asyncio.get_running_loop()
                loop.call_later(REFUSAL_GRACE_S, self._hang_up, self._transport)

    def _unclear_answer(self) -> str:
        """Return what the server said last, as a sentence, if it was not understood."""
        message = self._unclear
        recent = not self._was_accepted or time.monotonic() - self._unclear_at < UNCLEAR_S
        return f" It said before: {message}." if message is not None and recent else ""

    def on_bad_frame(self, error: DecodeError) -> None:
        """Take note of a frame that could not be read; called by the listener."""
        self._owner.on_bad_frame(error)

    def on_disconnected(self, transport: picows.WSTransport) -> None:
        """Stop what watches the socket; called by the listener. `_watch` learns why it ended."""
        self._reset_watch.stop()
        if self._read_delay is not None:
            self._read_delay.stop()

    async def _watch(self, transport: picows.WSTransport) -> None:
        """Wait for the end of the connection, and take the reason from picows in all cases.

        A failure that picows noticed is in a future that complains when nobody asks for it.
        """
        cause: Exception | None = None
        try:
            await transport.wait_disconnected()
        except Exception as error:
            cause = error
        for task in self._tasks[1:]:
            task.cancel()
        self._finish(transport, cause)

    def _on_watch_over(self, watch: asyncio.Task[None]) -> None:
        # Cancelled, as all tasks are at a program's end; perhaps before its first step.
        if watch.cancelled() and self._transport is not None:
            self._transport.disconnect(False)
            self._finish(self._transport, None)

    def _finish(self, transport: picows.WSTransport, cause: Exception | None) -> None:
        code, reason, found = how_it_ended(transport, cause, self._closing)
        reason = shown(self._key.hide(reason))
        error = self._error
        if error is None and not self._closing:
            error = connection_lost(self._where, code, reason, found=found)
            error.detail += self._unclear_answer()
        if error is not None and cause is not None:
            error.__cause__ = cause
        for future in (self._greeted, self._accepted):
            if future is not None and not future.done():
                future.set_exception(error or ConnectionLost("The connection was closed."))
                future.exception()  # read once, or a future that nobody awaits complains
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(CloseReason(code, reason, error))

    async def _watch_silence(self, transport: picows.WSTransport, keep_alive: KeepAlive) -> None:
        if await keep_alive.wait_until_dead(transport, self._listener):
            self.drop(
                ConnectionLost(
                    f"{self._where} was silent and left a ping unanswered.",
                    hint="The network or the server is gone.",
                )
            )

    # --------------------------------------------------------------------------- requests, end

    def send(self, action: str, params: str | Iterable[str]) -> None:
        """Send one request without waiting for an answer.

        Args:
            action: ``subscribe`` or ``unsubscribe``.
            params: Parameters, comma-separated or as an iterable; they are not checked.

        Raises:
            ConnectionLost: The connection is not open.
        """
        if not self.is_open:
            raise ConnectionLost("The connection is not open.", hint="Open a new session.")
        joined = params if isinstance(params, str) else ",".join(params)
        self._send(encode_request(action, joined, spaced=self._spaced))

    def _send(self, text: str) -> None:
        if self._transport is not None:
            self._transport.send(picows.WSMsgType.TEXT, text)

    def record_to(self, tap: FrameTap | None) -> None:
        """See `SourceConnection.record_to`. A tap is never given the key."""
        self._listener.tap = None if tap is None else HidingTap(tap, self._key.hide)
        self._listener.keep_frames = self._keep_frames or tap is not None

    def pause_reading(self) -> None:
        """Leave what arrives in the kernel's buffer, so that the server soon has to wait.

        A connection that is not read is not found dead either.
        """
        self._read(False)

    def resume_reading(self) -> None:
        """Read again; does nothing on a connection that is read, or closed."""
        self._read(True)

    def _read(self, reading: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_disconnected:
            return
        underlying = transport.underlying_transport
        # Transports differ in what they make of a second pause, so there is none.
        if reading and self._paused:
            underlying.resume_reading()
        elif not reading and not self._paused:
            underlying.pause_reading()
        if reading is self._paused and self._keep_alive is not None:
            self._keep_alive.note_reading(reading)
        self._paused = not reading

    async def closed(self) -> CloseReason:
        """Wait until the connection is down.

        Returns:
            How it ended.

        Raises:
            UsageError: It was never opened.
        """
        if self._ended is None:
            raise UsageError("The session was never opened.", hint="Await open() first.")
        return await asyncio.shield(self._ended)

    async def close(self, code: int = 1000) -> None:
        """Close the connection and wait until it is down; closing twice is fine.

        Args:
            code: The close code to send.
        """
        transport, ended = self._transport, self._ended
        if ended is None:
            return
        self._closing = True
        if transport is None:
            await self._discard(ended)
            return
        if not ended.done():
            self.resume_reading()  # or the server's close frame would go unread
            self._say_goodbye(transport, code)
            try:
                await asyncio.wait([ended], timeout=self._options.close_timeout)
            finally:
                transport.disconnect(False)
            await asyncio.shield(ended)

    def abort(self) -> None:
        """Drop the connection at once, without a close frame."""
        self._closing = True
        if self._transport is not None:
            self._transport.disconnect(False)

    def drop(self, error: FastpolyError) -> None:
        """Drop the connection as lost, with an error that `closed` gives."""
        self._error = self._error or error
        if self._transport is not None:
            code = error.code if isinstance(error, ConnectionLost) else 1011
            self._hang_up(self._transport, 1011 if code == 1006 else code)

    def _say_goodbye(self, transport: picows.WSTransport, code: int) -> None:
        closing = transport.is_disconnected or transport.underlying_transport.is_closing()
        if not closing and not transport.is_close_frame_sent:
            transport.send_close(picows.WSCloseCode(code))

    def _hang_up(self, transport: picows.WSTransport, code: int = 1000) -> None:
        self._say_goodbye(transport, code)
        transport.disconnect(False)
