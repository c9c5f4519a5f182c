"""A source without a socket, whose every step is told by a test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fastpoly._core import Decoder
from fastpoly.errors import ConnectionLost, DecodeError, FastpolyError
from fastpoly.health.clock import Clock, SystemClock
from fastpoly.health.counts import SourceCondition, SourceCounts
from fastpoly.protocol.close_codes import CloseReason, connection_lost
from fastpoly.protocol.statuses import read_status
from fastpoly.sources.ending import Ending
from fastpoly.sources.source import SourceDefaults

if TYPE_CHECKING:
    from fastpoly._core import FrameTap
    from fastpoly.protocol.statuses import Action
    from fastpoly.sources.source import SourceOwner

__all__ = ["ScriptedConnection", "ScriptedSource"]


class ScriptedSource:
    """Feeds an engine what a script says.

        source = ScriptedSource("stocks")
        engine = Engine(source, Subscriptions("stocks"), settings, owner)
        ...
        source.latest.accept()
        source.latest.deliver({"ev": "T", "sym": "AAPL", "p": 1.5})
        source.latest.lose(1006)

    Args:
        market: The market's name.
        obliging: Whether connections accept the key and confirm every request by themselves.
        delay_s: By how many seconds its data is late as a matter of course.
        clock: Stamps what is received.
        gives_all: See `SourceConnection.gives_all`.

    Attributes:
        connections: Every connection so far.
        obliging: As above; for connections from now on.
        where: See `Source.where`.
        defaults: See `Source.defaults`.
    """

    def __init__(
        self,
        market: str,
        *,
        obliging: bool = False,
        delay_s: float = 0.0,
        clock: Clock | None = None,
        gives_all: bool = False,
    ) -> None:
        self.market = market
        self.gives_all = gives_all
        self.obliging = obliging
        self.delay_s = delay_s
        self.clock = clock or SystemClock()
        self.where = "a script"
        self.defaults = SourceDefaults()
        self.connections: list[ScriptedConnection] = []

    @property
    def latest(self) -> ScriptedConnection:
        """The connection that was made last."""
        return self.connections[-1]

    def use_key(self, api_key: str) -> None:
        """See `Source.use_key`: a script takes any."""

    def connect(self, owner: SourceOwner) -> ScriptedConnection:
        """See `Source.connect`."""
        connection = ScriptedConnection(self, owner)
        self.connections.append(connection)
        return connection


class ScriptedConnection:
    """One connection: what the script does to it, and what an engine does with it.

    Args:
        source: The source.
        owner: Whom it reports to.

    Attributes:
        requests: What was asked for, in order.
        is_reading: Whether the engine reads; what the script sends meanwhile waits.
        was_closed: Whether the engine has closed it, in order or at once.
    """

    def __init__(self, source: ScriptedSource, owner: SourceOwner) -> None:
        self.requests: list[tuple[Action, tuple[str, ...]]] = []
        self.is_reading = True
        self.was_closed = False
        self._source = source
        self._owner = owner
        self._decoder = Decoder(source.market, shards=owner.shards)
        self._counts = SourceCounts()
        self._waiting: list[str] = []
        self._accepted: asyncio.Future[None] | None = None
        self._ending = Ending()
        self._error: FastpolyError | None = None
        self._tap: FrameTap | None = None

    # ------------------------------------------------------------------------ the script

    def upgrade(self) -> None:
        """Bring the connection up; the login begins."""
        self._owner.on_upgraded()

    def accept(self) -> None:
        """Bring the connection up, if that is still to be done, and accept the key."""
        self.upgrade()
        self.say("auth_success", "authenticated")
        if self._accepted is not None and not self._accepted.done():
            self._accepted.set_result(None)

    def refuse(self, error: FastpolyError) -> None:
        """Fail to open."""
        if self._accepted is not None and not self._accepted.done():
            self._accepted.set_exception(error)

    def say(self, status: str, message: str) -> None:
        """Send a control message."""
        self._owner.on_status(read_status(status, message, str))

    def confirm(self, action: Action, *params: str) -> None:
        """Confirm parameters of a request, if the connection still is."""
        for param in params if self.is_open else ():
            self.say("success", f"{action}d to: {param}")

    def deliver(self, *events: Mapping[str, Any]) -> None:
        """Send one frame of events; it waits while the engine does not read."""
        self.deliver_text(json.dumps(events))

    def deliver_text(self, text: str) -> None:
        """Send one frame as it is."""
        self._waiting.append(text)
        self._read()

    def miss(self, error: ConnectionLost) -> None:
        """Say that more was lost before this connection's first data."""
        self._owner.on_missed(error)

    def lose(self, code: int = 1006, reason: str = "") -> None:
        """End the connection as a server or a network does."""
        self.end(CloseReason(code, reason, connection_lost("the script", code, reason)))

    def end(self, reason: CloseReason) -> None:
        """End the connection, or its opening, for a reason."""
        if self._accepted is not None and not self._accepted.done():
            self._accepted.set_exception(
                reason.error or ConnectionLost("The connection was closed.", code=reason.code)
            )
        self._ending.come(reason)

    def _read(self) -> None:
        while self.is_reading and self._waiting and self.is_open:
            text = self._waiting.pop(0)
            now_ns = self._source.clock.time_ns()
            if self._tap is not None:
                self._tap.on_frame(text.encode(), now_ns)
            try:
                batch = self._decoder.receive(text, now_ns, self._owner.watch)
            except DecodeError as error:
                self._counts = self._counts.plus(SourceCounts(frames_received=1, bad_frames=1))
                self._owner.on_bad_frame(error)
                continue
            self._counts = self._counts.plus(SourceCounts(1, len(text), 1, len(batch), 0, now_ns))
            self._owner.on_batch(batch)

    # ------------------------------------------------------------------------ the engine

    @property
    def is_open(self) -> bool:
        """See `SourceConnection.is_open`."""
        accepted = self._accepted
        return (
            accepted is not None
            and accepted.done()
            and not accepted.cancelled()
            and accepted.exception() is None
            and self._ending.is_ahead
            and not self.was_closed
        )

    @property
    def gives_all(self) -> bool:
        """See `SourceConnection.gives_all`."""
        return self._source.gives_all

    async def open(self) -> None:
        """See `SourceConnection.open`."""
        self._ending.begin()
        self._accepted = asyncio.get_running_loop().create_future()
        if self._source.obliging:
            self.accept()
        await self._accepted

    def send(self, action: Action, params: Iterable[str]) -> None:
        """See `SourceConnection.send`."""
        if not self.is_open:
            raise ConnectionLost("The connection is not open.")
        request = tuple(params)
        self.requests.append((action, request))
        if self._source.obliging:
            asyncio.get_running_loop().call_soon(self.confirm, action, *request)

    def record_to(self, tap: FrameTap | None) -> None:
        """See `SourceConnection.record_to`; frame by frame."""
        self._tap = tap

    def pause_reading(self) -> None:
        """See `SourceConnection.pause_reading`."""
        self.is_reading = False

    def resume_reading(self) -> None:
        """See `SourceConnection.resume_reading`."""
        self.is_reading = True
        self._read()

    async def closed(self) -> CloseReason:
        """See `SourceConnection.closed`."""
        return await self._ending.wait()

    async def close(self) -> None:
        """See `SourceConnection.close`."""
        self.abort()

    def abort(self) -> None:
        """See `SourceConnection.abort`."""
        self.was_closed = True
        self.end(CloseReason(1000, "", self._error))

    def drop(self, error: FastpolyError) -> None:
        """See `SourceConnection.drop`."""
        self._error = error
        self.end(CloseReason(1011, "", error))

    def counts(self) -> SourceCounts:
        """See `SourceConnection.counts`."""
        return self._counts

    def condition(self) -> SourceCondition:
        """See `SourceConnection.condition`."""
        return SourceCondition(backlog_bytes=sum(map(len, self._waiting)))
