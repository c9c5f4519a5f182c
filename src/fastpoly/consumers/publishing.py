"""Publishing as a consumer: what is read, as messages on a broker, beside all handlers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict

from fastpoly._core import MessageBuilder
from fastpoly.broker.address import read_address
from fastpoly.broker.chain import Chain, ChainStats
from fastpoly.broker.lease import Lease
from fastpoly.broker.message import SESSION_CHANNEL, Loss, MessageKind
from fastpoly.broker.streams import StreamLimits
from fastpoly.capture.marks import Mark, MarkKind, detail_of_loss
from fastpoly.enums import Overflow
from fastpoly.errors import ConnectionLost, FastpolyError
from fastpoly.net.options import require_positive
from fastpoly.notices import SlowConsumer
from fastpoly.protocol.gaps import told_gap
from fastpoly.protocol.statuses import read_status
from fastpoly.schema import STATUS_CHANNEL

if TYPE_CHECKING:
    import ssl

    from fastpoly._core import Batch
    from fastpoly.errors import ServerError
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["PublishKeywords", "PublishStats", "Publishing", "PublishingOwner"]

logger = logging.getLogger("fastpoly.stream")

MESSAGE_BYTES: Final = 12 * 1024
"""Bytes of events at which a message is sent."""

DEFAULT_MAX_DELAY_S: Final = 0.02
DEFAULT_MAX_BUFFER_BYTES: Final = 256 * 1024 * 1024

LOW_WATER: Final = 0.5
"""The share of the buffer that has to be free again before more is taken in."""


class PublishKeywords(TypedDict, total=False):
    """Options of `Stream.publish`."""

    standby: bool
    max_delay: float
    max_buffer_bytes: int
    max_bytes: int | None
    max_age: float | None
    replicas: int
    context: ssl.SSLContext | None


@dataclass(frozen=True, slots=True)
class _Options:
    """The same, with their defaults."""

    standby: bool = False
    max_delay: float = DEFAULT_MAX_DELAY_S
    max_buffer_bytes: int = DEFAULT_MAX_BUFFER_BYTES
    max_bytes: int | None = None
    max_age: float | None = None
    replicas: int = 1
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        require_positive(
            max_delay=self.max_delay,
            max_buffer_bytes=self.max_buffer_bytes,
            max_bytes=self.max_bytes,
            max_age=self.max_age,
            replicas=self.replicas,
        )


@dataclass(frozen=True, slots=True)
class PublishStats:
    """What was published so far.

    Attributes:
        where: The broker and the stream.
        is_leading: Whether this is the one that writes.
        events: Events that were taken in.
        dropped_events: Events that were not, as the buffer was full.
        dropped_by_channel: The same by channel.
        losses: How often something went missing, as the messages say.
        waiting_bytes: Bytes of events that the broker has not acknowledged.
        chain: What it has.
        error: Why it ended, if it did by itself.
    """

    where: str
    is_leading: bool
    events: int
    dropped_events: int
    dropped_by_channel: dict[str, int]
    losses: int
    waiting_bytes: int
    chain: ChainStats
    error: FastpolyError | None


class PublishingOwner(Protocol):
    """Whose publishing it is."""

    def stop_publishing(self, publishing: Publishing) -> object:
        """Let it have nothing more; in the loop that reads."""

    def on_publishing_failed(self, error: FastpolyError) -> object:
        """Take what ended it; in the loop that reads."""

    def on_publishing_lost(self, notice: SlowConsumer) -> object:
        """Take note of what had no room; in the loop that reads."""


class Publishing:
    """Publishes one stream to a broker; made by `Stream.publish`.

    The broker never holds up the stream: what it cannot take waits in a buffer, and what has no
    room there is dropped, counted, announced by a `SlowConsumer` notice, and told to those who read
    the messages, in its place.

    Args:
        url: The broker, see `fastpoly.broker.address.read_address`.
        market: The market's name.
        reader: The loop that reads.
        owner: Whose publishing it is.
        options: See `Stream.publish`.

    Raises:
        UsageError: An option makes no sense.
    """

    def __init__(
        self,
        url: str,
        market: str,
        reader: ReaderLoop,
        owner: PublishingOwner,
        options: PublishKeywords,
    ) -> None:
        chosen = self._options = _Options(**options)
        address = read_address(url)
        self._where = f"{address.where}/{address.stream_name(market)}"
        self._market = market
        self._reader = reader
        self._owner = owner
        limits = StreamLimits(chosen.max_bytes, chosen.max_age, chosen.replicas)
        self._chain = Chain(address, market, limits, self, chosen.context)
        self._lease = Lease(address, market, self, replicas=chosen.replicas, context=chosen.context)
        self._builder = MessageBuilder(market, MESSAGE_BYTES)
        self._delay_ns = int(chosen.max_delay * 1e9)
        self._timer: asyncio.TimerHandle | None = None
        self._is_open = False
        self._is_leading = False
        self._error: FastpolyError | None = None
        self._events = 0
        self._losses = 0
        self._loss = b""
        # Of what has no room at the moment: since when, and how much by channel.
        self._refusing_since_ns = 0
        self._refused: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        # Why the connection upstream was lost, until data flows again.
        self._lost: ConnectionLost | None = None
        self._closing: asyncio.Task[bool] | None = None
        self._failed: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<Publishing to {self._where}>"

    @property
    def where(self) -> str:
        """The broker and the stream."""
        return self._where

    def stats(self) -> PublishStats:
        """Return what was published so far; from any thread."""
        return PublishStats(
            where=self._where,
            is_leading=self._is_leading,
            events=self._events,
            dropped_events=sum(self._dropped.values()),
            dropped_by_channel=dict(self._dropped),
            losses=self._losses,
            waiting_bytes=self._waiting_bytes,
            chain=self._chain.stats(),
            error=self._error,
        )

    async def wait_failed(self) -> None:
        """Wait until it ends by itself, in the loop in which it was opened.

        Raises:
            FastpolyError: Why.
        """
        if self._failed is None:
            self._failed = asyncio.get_running_loop().create_future()
        if self._error is None:
            await asyncio.shield(self._failed)
        if self._error is not None:
            raise self._error

    async def wait_standby(self) -> None:
        """Wait until a standby has found another publisher that leads, in the loop that opens it.

        From then on it outlasts faults of the broker, too.
        """
        await self._lease.is_taken.wait()

    # ------------------------------------------------------------------ in the loop that reads

    async def open(self) -> None:
        """Become the one that writes; a standby waits until nobody else is.

        Raises:
            PublishError: Somebody else is, and this is no standby.
            FastpolyError: The broker cannot be reached, or does not do as it is asked.
        """
        if self._is_open:
            return
        try:
            await self._lease.acquire(wait=self._options.standby)
            before = await self._chain.open()
        except BaseException:
            await self._lease.release()
            await self._chain.close()
            raise
        if before is not None:
            self._losses = before.losses
            self._lose(
                Loss(before.last_ns, 0, "The publisher was started anew, or another took over.")
            )
        self._is_open = self._is_leading = True

    @property
    def _waiting_bytes(self) -> int:
        return self._builder.waiting_bytes + self._chain.waiting_bytes

    def on_read(self, batch: Batch) -> None:
        """See `FrameTap.on_read`."""
        if not self._is_open:
            return
        if self._waiting_bytes + batch.nbytes > self._options.max_buffer_bytes:
            self._refuse(batch)
            return
        if self._refusing_since_ns:
            if self._waiting_bytes > LOW_WATER * self._options.max_buffer_bytes:
                self._refuse(batch)
                return
            self._end_refusal(batch.received_ns)
        if batch.count(STATUS_CHANNEL):
            self._take_with_statuses(batch)
        else:
            self._take(batch)

    def _take(self, batch: Batch) -> None:
        now_ns = time.monotonic_ns()
        self._events += len(batch) - batch.count(STATUS_CHANNEL)
        if self._builder.add(batch, now_ns):
            self._send()
        if self._timer is None and self._builder.oldest_ns is not None:
            self._look_later(now_ns)

    def _take_with_statuses(self, batch: Batch) -> None:
        """Part a batch where a server, a hub, tells that something is missing."""
        begin = 0
        for at, event in enumerate(batch):
            if event.event_type != STATUS_CHANNEL:
                continue
            said = read_status(event.status, event.message, str, event.to_dict)
            if said.effect == "gap":
                self._take(batch[begin:at])
                begin = at + 1
                gap = told_gap(self._market, said, batch.received_ns, {})
                lost = dict(gap.lost_by_channel)
                self._lose(Loss(gap.since_ns, gap.until_ns, gap.cause, gap.code, lost))
        self._take(batch[begin:])

    def on_frame(self, text: bytes, received_ns: int) -> None:
        """See `FrameTap.on_frame`: what is not JSON, or has no events, is nobody's event."""

    def _look_later(self, now_ns: int) -> None:
        oldest_ns = self._builder.oldest_ns
        if oldest_ns is None:
            self._timer = None
            return
        # Not for each of those that fall due one after the other.
        wait_ns = max(oldest_ns + self._delay_ns - now_ns, self._delay_ns // 8)
        self._timer = self._reader.call_later(wait_ns / 1e9, self._look)

    def _look(self) -> None:
        now_ns = time.monotonic_ns()
        if self._builder.flush(now_ns - self._delay_ns):
            self._send()
        self._look_later(now_ns)

    def _send(self) -> None:
        for channel, shard, events, runs, _, _, content in self._builder.take():
            self._chain.add(
                MessageKind.EVENTS,
                channel,
                shard,
                content,
                runs=runs,
                events=events,
                losses=self._losses,
                loss=self._loss,
            )

    def _flush(self) -> None:
        """Send what was received so far, so that what comes now comes after it."""
        if self._builder.flush(_ALL_NS):
            self._send()

    def _refuse(self, batch: Batch) -> None:
        counts = {name: batch.count(name) for name in batch.channels if name != STATUS_CHANNEL}
        if not counts:
            return
        if not self._refusing_since_ns:
            self._refusing_since_ns = batch.received_ns
        self._refused.update(counts)
        self._dropped.update(counts)

    def _end_refusal(self, until_ns: int) -> None:
        since_ns, self._refusing_since_ns = self._refusing_since_ns, 0
        lost, self._refused = dict(self._refused), Counter()
        cause = f"The publisher's buffer was full, and {sum(lost.values()):,} events had no room."
        self._lose(Loss(since_ns, until_ns, cause, 1008, lost))
        notice = SlowConsumer(
            market=self._market,
            at_ns=time.time_ns(),
            consumer=f"publishing to {self._where}",
            overflow=Overflow.DROP_NEWEST,
            lost=sum(lost.values()),
            lost_by_channel=lost,
            since_ns=since_ns,
            until_ns=until_ns,
        )
        self._owner.on_publishing_lost(notice)

    def _lose(self, loss: Loss) -> None:
        """Tell with every message from now on that something is missing before it."""
        self._flush()
        self._losses += 1
        self._loss = loss.to_json()
        self._mark(MarkKind.GAP, loss.until_ns, since_ns=loss.since_ns, cause=loss.cause)

    def _mark(self, kind: MarkKind, at_ns: int, **detail: Any) -> None:
        mark = Mark(kind, at_ns, {"at_ns": at_ns, **detail})
        self._chain.add(
            MessageKind.MARK,
            SESSION_CHANNEL,
            0,
            mark.to_json(),
            losses=self._losses,
            loss=self._loss,
        )

    def on_connected(self, at_ns: int) -> None:
        """See `Recorder.on_connected`."""
        if self._is_open:
            self._mark(MarkKind.CONNECTED, at_ns)

    def on_subscribed(self, params: tuple[str, ...], at_ns: int) -> None:
        """See `Recorder.on_subscribed`."""
        if self._is_open:
            self._mark(MarkKind.SUBSCRIBED, at_ns, params=params)

    def on_refused(self, params: tuple[str, ...], error: ServerError | None, at_ns: int) -> None:
        """See `Recorder.on_refused`."""
        if self._is_open:
            reason = error.message if error else ""
            self._mark(MarkKind.REFUSED, at_ns, params=params, reason=reason)

    def on_lost(self, error: ConnectionLost, at_ns: int) -> None:
        """See `Recorder.on_lost`."""
        self._lost = self._lost or error
        if self._is_open:
            self._mark(MarkKind.LOST, at_ns, **detail_of_loss(error))

    def on_gap(self, since_ns: int, until_ns: int) -> None:
        """See `Recorder.on_gap`."""
        lost, self._lost = self._lost, None
        if self._is_open:
            cause = lost.detail if lost is not None else "The connection was lost."
            code = lost.code if lost is not None else 1006
            self._lose(Loss(since_ns, until_ns, cause, code))

    # ------------------------------------------------------------------------------------ end

    def on_acknowledged(self) -> None:
        """See `ChainOwner.on_acknowledged`: room is looked for when something comes."""

    def on_chain_failed(self, error: FastpolyError) -> None:
        """See `ChainOwner.on_chain_failed`."""
        self._fail(error)

    def on_lease_lost(self, error: FastpolyError) -> None:
        """See `LeaseOwner.on_lease_lost`."""
        self._fail(error)

    def _fail(self, error: FastpolyError) -> None:
        if self._error is not None:
            return
        self._error = error
        self._is_leading = False
        self._stop()
        self._owner.on_publishing_failed(error)
        # So that somebody else may lead.
        self._closing = asyncio.get_running_loop().create_task(self._close(0.0))
        if self._failed is not None and not self._failed.done():
            self._failed.set_result(None)

    def _stop(self) -> None:
        self._is_open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._owner.stop_publishing(self)

    def end(self) -> None:
        """Take nothing more in; what waits is still published."""
        if not self._is_open:
            return
        if self._refusing_since_ns:
            self._end_refusal(time.time_ns())
        self._flush()
        self._stop()

    async def wait_closed(self, seconds: float) -> bool:
        """Wait until the broker has acknowledged everything, at most so many seconds; after `end`.

        Returns:
            Whether it has.
        """
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(seconds))
        return await asyncio.shield(self._closing)

    async def _close(self, seconds: float) -> bool:
        is_done = self._error is None and await self._chain.drain(seconds)
        self._is_leading = False
        left = self._chain.stats()
        if self._error is None and left.waiting_messages:
            logger.warning(
                "%s: %d messages were not acknowledged by %s %g s after the end",
                self._market,
                left.waiting_messages,
                self._where,
                seconds,
            )
        await self._chain.close()
        await self._lease.release()
        return is_done


_ALL_NS: Final = (1 << 63) - 1
