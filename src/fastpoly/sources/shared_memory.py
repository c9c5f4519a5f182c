"""What another process of this machine shares through memory: frames, decoded by each reader."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastpoly._core import Batch
from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.errors import ConnectionLost, DecodeError, FastpolyError, ReaderOverrun
from fastpoly.health.clock import Clock, SystemClock
from fastpoly.health.counts import SourceCondition, SourceCounts
from fastpoly.protocol.close_codes import CloseReason
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.reconnect import retryable
from fastpoly.shared.attaching import attach
from fastpoly.sources.ending import Ending
from fastpoly.sources.recorded import loss_of
from fastpoly.sources.source import SourceDefaults
from fastpoly.sources.wanted import Wanted

if TYPE_CHECKING:
    from fastpoly._core import FrameTap
    from fastpoly.protocol.statuses import Action
    from fastpoly.shared.attaching import Attachment
    from fastpoly.sources.source import SourceOwner

__all__ = ["SharedMemorySource"]

SLICE_S: Final = 0.005
"""How long batches are handed over without a turn for the rest of the event loop."""

_MISSING: Final = {MarkKind.LOST, MarkKind.GAP}
"""Marks after which something is missing."""


@dataclass(frozen=True, slots=True)
class NextDoor:
    """The policy of shared memory: at once, then up to twenty times a second for a successor.

    Nobody is harmed by it: where there is none, the kernel says so without asking anybody.
    """

    stable_after_s: float = 0.0

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """See `ReconnectPolicy.next_delay`."""
        if not retryable(error):
            return None
        return 0.0 if attempt == 1 else 0.05


class SharedMemorySource:
    """Attaches to what is shared under a name, and to what is shared under it next.

    Args:
        name: What follows ``shm://``.
        market: The market's name.
        timeout_s: Seconds that whoever shares may take to let a reader in; None for no limit.
        keep_statuses: Whether control messages stay in the batches.
        keep_frames: Whether batches keep the text of their frames, for `Batch.raw`.

    Attributes:
        clock: The system's. Batches have the time at which the sharing process received them.
        defaults: See `Source.defaults`: what was lost comes back at once.
        delay_s: See `Source.delay_s`.
        where: See `Source.where`.
    """

    def __init__(
        self,
        name: str,
        market: str,
        *,
        timeout_s: float | None,
        keep_statuses: bool = False,
        keep_frames: bool = False,
    ) -> None:
        self.clock: Clock = SystemClock()
        self.delay_s = 0.0
        self.where = f"shm://{name}"
        self.defaults = SourceDefaults(reconnect=NextDoor())
        self.keep_statuses = keep_statuses
        self.keep_frames = keep_frames
        self.market = market_of(market).name
        self._name = name
        self._timeout_s = timeout_s
        # Of a connection that has ended although there is more to read.
        self._left: Attachment | None = None

    def use_key(self, api_key: str) -> None:
        """See `Source.use_key`: there is no login."""

    def connect(self, owner: SourceOwner) -> SharedConnection:
        """See `Source.connect`."""
        return SharedConnection(self, owner)

    @property
    def goes_on(self) -> bool:
        """Whether the next connection reads on where one has ended."""
        return self._left is not None

    async def attach(self, shards: int) -> Attachment:
        """Return the ring to read: the one that was left, or the one that is shared now."""
        left, self._left = self._left, None
        if left is not None:
            return left
        return await attach(self._name, self.market, timeout_s=self._timeout_s, shards=shards)

    def leave(self, attachment: Attachment) -> None:
        """Have the next connection go on where this one ends."""
        self._left = attachment

    def forget(self) -> None:
        """Let go of what was left."""
        if self._left is not None:
            self._left.close()
            self._left = None


class SharedConnection:
    """One connection to a ring.

    It ends where the ring says that data is missing, because the sharing process has lost it or
    because this one was overrun; the next one goes on right there, and the engine makes a gap of
    it. So it is with the end of the sharing process, except that the next one then has to wait for
    a successor.

    One that goes on does not end for what was written over before it had begun to read: it would
    wait again, for as long as the reconnect policy says, and perhaps never catch up.

    Args:
        source: Where it attaches.
        owner: Whom it reports to.
    """

    def __init__(self, source: SharedMemorySource, owner: SourceOwner) -> None:
        self._source = source
        self._owner = owner
        self._loop: asyncio.AbstractEventLoop | None = None
        self._attachment: Attachment | None = None
        self._ending = Ending()
        self._opening: asyncio.Task[None] | None = None
        self._turn: asyncio.Handle | None = None
        self._reading = True
        self._writer_ended = False
        self._goes_on = False
        self._has_begun = False
        self._tap: FrameTap | None = None
        self._counts = SourceCounts()
        self._wanted = Wanted(source.market, owner, keep_statuses=source.keep_statuses)
        self._finds: Mapping[str, Callable[..., None]] = {
            "mark": self._on_mark,
            "bad_frame": self._on_bad_frame,
            "overrun": self._on_overrun,
            "damaged": self._on_damage,
        }

    def __repr__(self) -> str:
        return f"<SharedConnection {self._source.where} {'open' if self.is_open else 'not open'}>"

    @property
    def is_open(self) -> bool:
        """See `SourceConnection.is_open`."""
        return self._attachment is not None and self._ending.is_ahead

    @property
    def gives_all(self) -> bool:
        """See `SourceConnection.gives_all`."""
        return self._wanted.is_all

    async def open(self) -> None:
        """See `SourceConnection.open`."""
        self._ending.begin()
        loop = self._loop = asyncio.get_running_loop()
        self._goes_on = self._source.goes_on
        try:
            attachment = await self._source.attach(self._owner.shards)
        except FastpolyError as error:
            self._ending.come(CloseReason(1006, "", error))
            raise
        if (ended := self._ending.reason) is not None:  # by `abort` or `drop` meanwhile
            attachment.close()
            raise ended.error or ConnectionLost("The connection was closed.")
        self._attachment = attachment
        attachment.ring.keep_frames = self._source.keep_frames or self._tap is not None
        self._owner.on_upgraded()
        loop.add_reader(attachment.waker, self._on_wake)
        loop.add_reader(attachment.link, self._on_writer_ended)
        # The engine asks for what it wants in a task that it starts when this has returned: not
        # before that, or what it does not want would come too.
        self._turn = loop.call_soon(self._begin)

    def send(self, action: Action, params: Iterable[str]) -> None:
        """See `SourceConnection.send`: everything is confirmed, whether it is shared or not."""
        if not self.is_open:
            raise ConnectionLost("Nothing is being read from shared memory.")
        self._wanted.request(action, params)

    def record_to(self, tap: FrameTap | None) -> None:
        """See `SourceConnection.record_to`."""
        self._tap = tap
        if self._attachment is not None:
            self._attachment.ring.keep_frames = self._source.keep_frames or tap is not None

    def pause_reading(self) -> None:
        """See `SourceConnection.pause_reading`; the ring goes on all the same."""
        self._reading = False

    def resume_reading(self) -> None:
        """See `SourceConnection.resume_reading`."""
        if not self._reading:
            self._reading = True
            if self.is_open:
                self._read_soon()

    async def closed(self) -> CloseReason:
        """See `SourceConnection.closed`."""
        return await self._ending.wait()

    async def close(self) -> None:
        """See `SourceConnection.close`."""
        self.abort()

    def abort(self) -> None:
        """See `SourceConnection.abort`."""
        self._end(CloseReason(1000, "", None))
        self._source.forget()

    def drop(self, error: FastpolyError) -> None:
        """See `SourceConnection.drop`."""
        self._end(CloseReason(1011, "", error))

    def counts(self) -> SourceCounts:
        """See `SourceConnection.counts`."""
        return self._counts

    def condition(self) -> SourceCondition:
        """See `SourceConnection.condition`."""
        attachment = self._attachment
        return SourceCondition(backlog_bytes=0 if attachment is None else attachment.ring.backlog)

    # ---------------------------------------------------------------------------- reading

    def _begin(self) -> None:
        self._read_soon()

    def _read_soon(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
        if self._loop is not None:
            self._turn = self._loop.call_soon(self._read)

    def _on_wake(self) -> None:
        if self._attachment is not None:
            self._attachment.sleep_again()
            if self._turn is None:
                self._read()

    def _on_writer_ended(self) -> None:
        if self._attachment is not None and self._loop is not None:
            # It says nothing for as long as it lives.
            self._loop.remove_reader(self._attachment.link)
            self._writer_ended = True
            if self._turn is None:
                self._read()

    def _read(self) -> None:
        """Hand over what there is, with turns for the rest of the event loop."""
        self._turn = None
        turn_ends = time.monotonic() + SLICE_S
        # Looked at before the ring: what is written before the end is read.
        writer_ended = self._writer_ended
        while self._reading and self._attachment is not None:
            found = self._attachment.ring.read()
            if isinstance(found, Batch):
                self._deliver(found)
            elif found is not None:
                self._finds[found[0]](*found[1:])
            else:
                if writer_ended:
                    self._on_end()
                return
            if time.monotonic() > turn_ends:
                self._read_soon()
                return

    def _deliver(self, batch: Batch) -> None:
        self._counts = self._counts.after(batch)
        self._has_begun = True
        self._owner.watch.receive(batch)
        if self._tap is not None:
            self._tap.on_read(batch)
        self._wanted.hand_over(batch)

    def _on_mark(self, stamp: int, text: bytes) -> None:
        mark = Mark.from_json(text, stamp)
        if (
            mark.kind in _MISSING
            and mark.detail.get("cause") != "reconnect"  # that it was lost has been said
            and self._has_begun
        ):
            error = loss_of(mark)
            self._go_on_after(CloseReason(error.code, error.reason, error))

    def _on_bad_frame(self, stamp: int, text: bytes, reason: str, offset: int) -> None:
        self._counts = self._counts._replace(
            frames_received=self._counts.frames_received + 1,
            bad_frames=self._counts.bad_frames + 1,
        )
        if self._tap is not None:
            self._tap.on_frame(text, stamp)
        detail = f"{reason} (byte {offset} of the frame)"
        self._owner.on_bad_frame(DecodeError(detail, offset=offset))

    def _on_overrun(self, frames: int, events: int, nbytes: int) -> None:
        error = ReaderOverrun(
            f"This reader was too slow: {frames} frames with {events} events were written over"
            f" before it had read them.",
            hint="Do less in the event loop, divide the work (shard=), or share a larger buffer.",
            frames=frames,
            events=events,
            nbytes=nbytes,
        )
        if self._goes_on and not self._has_begun:
            self._owner.on_missed(error)
        else:
            self._go_on_after(CloseReason(error.code, "", error))

    def _on_damage(self) -> None:
        error = ConnectionLost("What is in the shared memory makes no sense.")
        self._end(CloseReason(error.code, "", error))

    def _on_end(self) -> None:
        error = ConnectionLost(
            f"The process that shares {self._source.where} has ended.",
            hint="Another one that shares under this name will be found.",
            code=1001,
        )
        self._end(CloseReason(error.code, "", error))

    # -------------------------------------------------------------------------------- end

    def _detach(self) -> Attachment | None:
        """Have the loop leave it alone."""
        attachment, self._attachment = self._attachment, None
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        if attachment is not None and self._loop is not None:
            self._loop.remove_reader(attachment.waker)
            if not self._writer_ended:
                self._loop.remove_reader(attachment.link)
        return attachment

    def _go_on_after(self, reason: CloseReason) -> None:
        """End here, and have the next connection go on here."""
        attachment = self._detach()
        if attachment is not None:
            self._source.leave(attachment)
        self._end(reason)

    def _end(self, reason: CloseReason) -> None:
        attachment = self._detach()
        if attachment is not None:
            attachment.close()
        self._ending.come(reason)
