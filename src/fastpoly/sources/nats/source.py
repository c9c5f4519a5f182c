"""A stream of messages on NATS JetStream as a source: what a publisher has put there.

Where the connection to the broker is lost, nothing is missing: it goes on behind the last message.
A gap comes where the publisher says that it missed something, and where messages were removed
before they were read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastpoly._core import Decoder, decode_runs
from fastpoly.broker.link import Link, dial
from fastpoly.broker.message import (
    RUN_BYTES,
    Loss,
    MessageHead,
    MessageKind,
    subject_of,
    unpack,
)
from fastpoly.broker.positions import SAVE_S, Position, Progress
from fastpoly.broker.pull import SEVERAL_FILTERS, Pull, PullStart, filters_for
from fastpoly.broker.streams import message_at, stream_range
from fastpoly.enums import Overflow
from fastpoly.errors import ConnectionLost, DecodeError, FastpolyError, UsageError
from fastpoly.health.clock import SystemClock
from fastpoly.health.counts import SourceCondition, SourceCounts
from fastpoly.protocol.close_codes import CloseReason
from fastpoly.protocol.reconnect import Backoff
from fastpoly.protocol.statuses import read_status
from fastpoly.schema import UNKNOWN_CHANNEL
from fastpoly.shards import ALL_SHARDS, SHARDS, shard_of
from fastpoly.sources.recorded import selection_of
from fastpoly.sources.source import SourceDefaults

if TYPE_CHECKING:
    import ssl

    from fastpoly._core import Filter, FrameTap
    from fastpoly.broker.address import BrokerAddress
    from fastpoly.protocol.statuses import Action
    from fastpoly.sources.source import SourceOwner

__all__ = ["NatsConnection", "NatsSource", "StartAt"]

logger = logging.getLogger("fastpoly.stream")

MOST_FILTERS: Final = 100
"""More than so many make a broker slow; then it gives all of a channel."""

_BROKER = Backoff(initial_s=0.25, cap_s=5.0, stable_after_s=1.0)


@dataclass(frozen=True, slots=True)
class Resuming:
    """The policy of brokers: a gap that a publisher has told costs no wait, a loss some."""

    stable_after_s: float = 1.0

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """See `ReconnectPolicy.next_delay`."""
        if type(error) is ConnectionLost and not error.resumes:
            return 0.0
        return _BROKER.next_delay(attempt, error)


@dataclass(frozen=True, slots=True)
class StartAt:
    """Where reading begins, if not where it stopped.

    Attributes:
        everything: With the first message that is there.
        time_ns: With what was stored from a time on, Unix time in ns.
    """

    everything: bool = False
    time_ns: int | None = None


class LossClock:
    """The system's time, except while a loss is told that was noted at another."""

    def __init__(self) -> None:
        self.told_ns = 0
        self._system = SystemClock()

    def time_ns(self) -> int:
        """Return the time, Unix time in ns."""
        return self.told_ns or self._system.time_ns()

    def monotonic_ns(self) -> int:
        """Return the monotonic clock, in ns."""
        return self._system.monotonic_ns()


class NatsSource:
    """Reads the stream of messages of one market.

    Args:
        address: The broker.
        market: The market's name in the schema.
        start: Where to begin; a durable reader that was here before goes on where it stopped.
        durable: The name of a durable reader; None for one that is forgotten.
        shards: The shards that are wanted, as bits; see `fastpoly.shards`.
        context: TLS settings, where the address asks for it.
        keep_frames: Whether batches keep the text of their frames, for `Batch.raw`.

    Attributes:
        clock: See `Source.clock`.
        delay_s: See `Source.delay_s`.
        where: See `Source.where`.
        defaults: See `Source.defaults`: a consumer that is slow is waited for, as the broker keeps
            what comes meanwhile.
    """

    def __init__(
        self,
        address: BrokerAddress,
        market: str,
        *,
        start: StartAt | None = None,
        durable: str | None = None,
        shards: int = ALL_SHARDS,
        context: ssl.SSLContext | None = None,
        keep_frames: bool = False,
    ) -> None:
        self.keep_frames = keep_frames
        self.clock = LossClock()
        self.delay_s = 0.0
        self.where = f"{address.where}/{address.stream_name(market)}"
        start = start or StartAt()
        is_past = start.everything or start.time_ns is not None or durable is not None
        self.defaults = SourceDefaults(
            reconnect=Resuming(),
            overflow=Overflow.BLOCK,
            # What was stored earlier may come in silence and at any hour.
            stale_after={} if is_past else None,
        )
        self.address = address
        self.market = market
        self.stream = address.stream_name(market)
        self.start = start
        self.shards = shards
        self.context = context
        self.position = None if durable is None else Position(self.stream, durable)
        self.progress = Progress()
        self.reading = Reading()
        # How long the oldest batch has been waiting for a consumer, in seconds.
        self.waiting_s: Callable[[], float] = _nobody_waits

    def use_key(self, api_key: str) -> None:
        """See `Source.use_key`: what a broker asks for is in its URL."""

    def follow(self, waiting_s: Callable[[], float]) -> None:
        """See `FollowsConsumers.follow`."""
        self.waiting_s = waiting_s

    def connect(self, owner: SourceOwner) -> NatsConnection:
        """See `Source.connect`."""
        return NatsConnection(self, owner)


def _nobody_waits() -> float:
    return 0.0


class Reading:
    """How far a source has read, over all of its connections.

    Attributes:
        last: The sequence number of the last message that was handed over, or is not wanted; None
            before it is known where to begin.
        floor: The number up to which nothing is asked about what came before.
        losses: How often something went missing, as the last message said; None before there was
            one.
        waiting: Messages that have come and were not handed over, with subject and number.
        last_ns: When the last event was received by the publisher, Unix time in ns.
        behind_loss: Whether the first of those that wait was found to come after a loss.
    """

    def __init__(self) -> None:
        self.last: int | None = None
        self.floor: int | None = None
        self.losses: int | None = None
        self.waiting: deque[tuple[str, int, bytes]] = deque()
        self.last_ns = 0
        self.behind_loss = False
        # The last number of each subject.
        self._seen: dict[str, int] = {}

    def begin_at(self, last: int | None) -> None:
        """Begin anew behind a number; None where that is the first message's to say."""
        self.last = self.floor = last
        self._seen.clear()

    def missing(self, subject: str, sequence: int, head: MessageHead) -> Loss | None:
        """Return what is missing before a message; None for nothing."""
        if self.behind_loss:  # it was told, and this is what comes after it
            return None
        if self.losses is not None and head.losses > self.losses:
            return Loss.from_json(head.loss)
        if self.floor is None:
            self.floor = sequence - 1
        if head.previous > max(self._seen.get(subject, 0), self.floor):
            return Loss(
                self.last_ns,
                0,
                "Messages were removed from the broker's stream before they were read.",
            )
        return None

    def skip(self, subject: str, sequence: int) -> None:
        """Take note of a message that cannot be read, or has no events."""
        self._seen[subject] = self.last = sequence

    def take(self, subject: str, sequence: int, head: MessageHead) -> None:
        """Take note of a message that is handed over."""
        self._seen[subject] = self.last = sequence
        self.losses = head.losses
        if self.behind_loss:
            # What else was removed is a part of the same loss.
            self.behind_loss, self.floor = False, sequence - 1


class NatsConnection:
    """One connection to the broker, or what is left of it after a loss that a message told of.

    Args:
        source: The source.
        owner: Whom it reports to.
    """

    def __init__(self, source: NatsSource, owner: SourceOwner) -> None:
        self._source = source
        self._owner = owner
        self._reading = source.reading
        # By subjects at the broker; of other publishers' messages, the decoder passes some over.
        self._shards = source.shards & owner.shards
        self._decoder = Decoder(source.market, shards=self._shards)
        self._ended: asyncio.Future[CloseReason] | None = None
        self._link: Link | None = None
        self._pull: Pull | None = None
        self._pulling: asyncio.Task[None] | None = None
        self._hanging_up: asyncio.Task[None] | None = None
        self._is_reading = True
        self._is_handing_over = False
        self._tap: FrameTap | None = None
        self._counts = SourceCounts()
        self._timer: asyncio.TimerHandle | None = None
        self._saving: asyncio.Task[None] | None = None
        # Parameters that were asked for; None before any was: then everything is wanted.
        self._wanted: dict[str, None] | None = None
        self._channels: frozenset[str] = frozenset()
        self._filter: Filter | None = None

    def __repr__(self) -> str:
        return f"<NatsConnection {self._source.where} {'open' if self.is_open else 'not open'}>"

    @property
    def is_open(self) -> bool:
        """See `SourceConnection.is_open`."""
        return self._link is not None and self._ended is not None and not self._ended.done()

    @property
    def gives_all(self) -> bool:
        """See `SourceConnection.gives_all`."""
        return self._wanted is None

    async def open(self) -> None:
        """See `SourceConnection.open`."""
        if self._ended is not None:
            raise UsageError("A connection is opened once.", hint="Make a new one.")
        source = self._source
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        try:
            link = await dial(source.address, self, source.context)
            try:
                await self._find_start(link)
            except BaseException:
                await link.close()
                raise
        except ConnectionLost as error:
            self._ended.set_result(CloseReason(error.code, error.reason, error))
            error.resumes = source.reading.last is not None
            raise
        except BaseException as error:
            failure = error if isinstance(error, FastpolyError) else None
            self._ended.set_result(CloseReason(1006, "", failure))
            raise
        source.clock.told_ns = 0
        self._link = link
        self._owner.on_upgraded()
        # Reading begins in a later turn: by then the engine has said what it wants.
        self._pull_anew()
        self._save_later()

    async def _find_start(self, link: Link) -> None:
        """Find out where to begin, or whether it can go on where it was."""
        source, reading = self._source, self._reading
        first, last = await stream_range(link, source.stream)
        is_new = reading.last is None
        if source.position is not None:
            place = await source.position.load(link)
            if is_new and place is not None:
                is_new = False
                reading.begin_at(place)
                message = await message_at(link, source.stream, place)
                reading.losses = None if message is None else _losses(message)
        if reading.last is not None and reading.last > last:
            # A broker that has lost messages, or the stream is another one: the publisher's next
            # message tells that something is missing.
            reading.begin_at(last)
            reading.waiting.clear()
        if reading.last is None and source.start.time_ns is None:
            reading.begin_at(first - 1 if source.start.everything else last)
        if source.position is not None and reading.last is not None and is_new:
            # So that a reader that is killed at once goes on here, and not at what is new by then.
            await source.position.save(reading.last)
        source.progress.begin(reading.last or 0)

    def send(self, action: Action, params: Iterable[str]) -> None:
        """See `SourceConnection.send`: everything is confirmed, whether it is published or not."""
        if not self.is_open:
            raise ConnectionLost("The connection to the broker is not open.")
        loop = asyncio.get_running_loop()
        names = tuple(params)
        wanted = dict(self._wanted or {})
        for name in names:
            if action == "subscribe":
                wanted[name] = None
            else:
                wanted.pop(name, None)
        self._wanted = wanted
        self._channels, self._filter = selection_of(self._source.market, wanted)
        self._pull_anew()
        for name in names:
            loop.call_soon(
                self._owner.on_status, read_status("success", f"{action}d to: {name}", str)
            )

    def record_to(self, tap: FrameTap | None) -> None:
        """See `SourceConnection.record_to`."""
        self._tap = tap

    def pause_reading(self) -> None:
        """See `SourceConnection.pause_reading`."""
        self._is_reading = False
        if self._pull is not None:
            self._pull.pause()

    def resume_reading(self) -> None:
        """See `SourceConnection.resume_reading`."""
        if not self._is_reading:
            self._is_reading = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        self._hand_over()
        if self._is_reading and self.is_open and self._pull is not None:
            self._pull.resume()

    async def closed(self) -> CloseReason:
        """See `SourceConnection.closed`."""
        if self._ended is None:
            raise UsageError("The connection was never opened.", hint="Await open() first.")
        reason = await asyncio.shield(self._ended)
        if self._hanging_up is not None:
            await asyncio.wait([self._hanging_up])
        return reason

    async def close(self) -> None:
        """See `SourceConnection.close`. A durable reader's place is kept."""
        if not self.is_open:
            return
        if self._pulling is not None:
            self._pulling.cancel()
        await self._stop_pulling()
        position, last = self._source.position, self._reading.last
        if position is not None and last:
            if self._saving is not None:
                await asyncio.wait([self._saving])
            try:
                await position.save(last)
            except FastpolyError as error:
                logger.warning("%s: %s", self._source.market, error)
        self._end(CloseReason(1000, "", None))
        await self.closed()

    def abort(self) -> None:
        """See `SourceConnection.abort`."""
        self._end(CloseReason(1000, "", None))

    def drop(self, error: FastpolyError) -> None:
        """See `SourceConnection.drop`."""
        if isinstance(error, ConnectionLost):
            # Such as for its silence: what comes is in the broker all the same.
            error.resumes = True
        self._end(CloseReason(1011, "", error))

    def counts(self) -> SourceCounts:
        """See `SourceConnection.counts`."""
        return self._counts

    def condition(self) -> SourceCondition:
        """See `SourceConnection.condition`."""
        return SourceCondition(backlog_bytes=sum(len(one[2]) for one in self._reading.waiting))

    def _end(self, reason: CloseReason) -> None:
        if self._ended is None or self._ended.done():
            return
        self._ended.set_result(reason)
        self._reading.waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._pulling is not None:
            self._pulling.cancel()
        if self._pull is not None:
            self._pull.abandon()
        if self._link is not None:
            self._hanging_up = asyncio.get_running_loop().create_task(self._link.close())

    def _lose(self, error: ConnectionLost) -> None:
        self._end(CloseReason(error.code, error.reason, error))

    def on_link_down(self) -> None:
        """See `LinkOwner.on_link_down`."""
        if self.is_open:
            self._lose_broker("it was closed")

    def _lose_broker(self, why: str) -> None:
        error = ConnectionLost(
            f"The connection to {self._source.address.where} was lost: {why}.",
            hint="Nothing is missing: what comes meanwhile is read once it is back.",
        )
        error.resumes = True
        self._reading.waiting.clear()
        self._lose(error)

    # ------------------------------------------------------------------------------ pulling

    def _pull_anew(self) -> None:
        """Read what is wanted now, from where it is."""
        if self._pulling is None or self._pulling.done():
            self._pulling = asyncio.get_running_loop().create_task(self._start_pulling())

    async def _start_pulling(self) -> None:
        await asyncio.sleep(0)
        try:
            while True:
                wanted = self._wanted
                await self._stop_pulling()
                await self._open_pull()
                if self._wanted is wanted:
                    return
        except FastpolyError as error:
            self._lose_broker(error.detail.rstrip("."))
        except Exception as error:
            self._lose_broker(f"reading failed: {error!r}")

    async def _stop_pulling(self) -> None:
        pull, self._pull = self._pull, None
        if pull is not None:
            await pull.close()

    async def _open_pull(self) -> None:
        source, reading, link = self._source, self._reading, self._link
        if link is None:
            return
        # What has come is from before: of it, what is wanted now may have been left out.
        behind = reading.last
        reading.waiting.clear()
        if behind is not None:
            reading.begin_at(behind)
        pull = Pull(link, source.stream, self)
        start = PullStart(
            sequence=1 if behind is None else behind + 1,
            time_ns=source.start.time_ns if behind is None else None,
        )
        everything = f"{source.address.prefix}.{source.market}.>"
        self._pull = pull
        if not self._is_reading:
            pull.pause()
        await pull.open(start, filters_for(self._subjects(link.version), everything, link.version))

    def _subjects(self, version: tuple[int, int]) -> list[str]:
        """Return the filters for what is wanted; none for everything."""
        source = self._source
        prefix, market = source.address.prefix, source.market
        mine = [shard for shard in range(SHARDS) if self._shards >> shard & 1]
        all_mine = len(mine) == SHARDS
        if self._wanted is None:
            if all_mine:
                return []
            shards_by_channel: dict[str, set[int] | None] = {"*": set(mine)}
        else:
            shards_by_channel = {}
            for param in self._wanted:
                channel, _, symbol = param.partition(".")
                if symbol == "*":
                    shards_by_channel[channel] = None if all_mine else set(mine)
                elif (found := shards_by_channel.setdefault(channel, set())) is not None:
                    found |= {shard_of(symbol)} & set(mine)
        subjects: list[str] = []
        for channel, shards in shards_by_channel.items():
            if shards is None:
                subjects.append(f"{prefix}.{market}.{channel}.>")
                continue
            for group in range(0, SHARDS, 16):
                some = [shard for shard in range(group, group + 16) if shard in shards]
                if len(some) == 16:
                    subjects.append(f"{prefix}.{market}.{channel}.{group // 16}.*")
                else:
                    subjects += [subject_of(prefix, market, channel, shard) for shard in some]
        if len(subjects) > MOST_FILTERS:
            subjects = [f"{prefix}.{market}.{channel}.>" for channel in shards_by_channel]
        if len(subjects) > 1 or version >= SEVERAL_FILTERS:
            # What a server sends unasked, and no parameter names.
            subjects.append(f"{prefix}.{market}.{UNKNOWN_CHANNEL}.>")
        return subjects

    def on_pull_ended(self, why: str) -> None:
        """See `PullOwner.on_pull_ended`."""
        if self.is_open:
            self._lose_broker(why)

    def on_message(self, subject: str, sequence: int, message: bytes) -> None:
        """See `PullOwner.on_message`."""
        self._reading.waiting.append((subject, sequence, message))
        self._hand_over()

    # -------------------------------------------------------------------------- handing over

    def _hand_over(self) -> None:
        if self._is_handing_over:  # a consumer that has room again asks in the middle of it
            return
        self._is_handing_over = True
        waiting = self._reading.waiting
        try:
            while waiting and self._is_reading and self.is_open and self._pull is not None:
                subject, sequence, message = waiting[0]
                if self._may_pass(subject, sequence, message):
                    waiting.popleft()
                    self._deliver(subject, sequence, message)
        finally:
            self._is_handing_over = False

    def _may_pass(self, subject: str, sequence: int, message: bytes) -> bool:
        """Return whether nothing is missing before a message; else this connection ends here."""
        reading = self._reading
        try:
            head = unpack(message)
            if head.kind is not MessageKind.EVENTS:
                return True
            loss = reading.missing(subject, sequence, head)
        except DecodeError:
            return True  # it is told of in its place
        if loss is None:
            return True
        reading.behind_loss = True
        self._source.clock.told_ns = loss.since_ns
        self._lose(ConnectionLost(loss.cause, code=loss.code))
        return False

    def _deliver(self, subject: str, sequence: int, message: bytes) -> None:
        now_ns = time.time_ns()
        reading, counts = self._reading, self._counts
        try:
            head = unpack(message)
            if head.kind is not MessageKind.EVENTS:
                reading.skip(subject, sequence)
                return
            *_, channel, _, shard = subject.split(".")
            if self._is_unwanted(channel, int(shard)):
                reading.take(subject, sequence, head)
                return
            batch = decode_runs(
                self._decoder,
                message,
                head.table_at,
                head.runs,
                now_ns,
                self._owner.watch,
                self._source.keep_frames or self._tap is not None,
            )
        except (DecodeError, ValueError) as error:
            reading.skip(subject, sequence)
            self._counts = counts._replace(
                frames_received=counts.frames_received + 1, bad_frames=counts.bad_frames + 1
            )
            if self._tap is not None:
                self._tap.on_frame(_events_of(message), now_ns)
            failure = error if isinstance(error, DecodeError) else DecodeError(str(error), offset=0)
            self._owner.on_bad_frame(failure)
            return
        reading.take(subject, sequence, head)
        reading.last_ns = batch.received_ns
        self._counts = SourceCounts(
            counts.reads + 1,
            counts.bytes_received + batch.nbytes,
            counts.frames_received + batch.frame_count,
            counts.events_received + len(batch),
            counts.bad_frames,
            batch.received_ns,
        )
        if self._tap is not None:
            self._tap.on_read(batch)
        if self._filter is not None:
            batch = self._filter.apply(batch)
        if len(batch):
            self._owner.on_batch(batch)

    def _is_unwanted(self, channel: str, shard: int) -> bool:
        """Return whether a message came only because the broker could not tell it apart."""
        if not self._shards >> shard & 1:
            return True
        return self._wanted is not None and channel not in self._channels

    # ------------------------------------------------------------------------ a durable place

    def _save_later(self) -> None:
        if self._source.position is not None:
            self._timer = asyncio.get_running_loop().call_later(SAVE_S / 4, self._look)

    def _look(self) -> None:
        source = self._source
        now_s = time.monotonic()
        source.progress.note(now_s, self._reading.last or 0)
        done = source.progress.worked_off(now_s - SAVE_S - source.waiting_s())
        if done and (self._saving is None or self._saving.done()):
            self._saving = asyncio.get_running_loop().create_task(self._save(done))
        self._save_later()

    async def _save(self, sequence: int) -> None:
        position = self._source.position
        if position is None:
            return
        try:
            await position.save(sequence)
        except UsageError as error:
            self.drop(error)
        except FastpolyError as error:
            logger.debug("%s: %s", self._source.market, error)


def _losses(message: bytes) -> int | None:
    try:
        head = unpack(message)
    except DecodeError:
        return None
    return head.losses if head.kind is MessageKind.EVENTS else None


def _events_of(message: bytes) -> bytes:
    """Return the text of a message that cannot be read, as far as it is known where that is."""
    try:
        head = unpack(message)
    except DecodeError:
        return message
    return message[head.table_at + head.runs * RUN_BYTES + 1 : -1]
