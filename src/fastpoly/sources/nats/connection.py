"""One connection to a broker: messages pulled from there, and handed over as batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastpoly._core import Decoder, decode_runs
from fastpoly.broker.link import Link, dial
from fastpoly.broker.message import RUN_BYTES, MessageKind, unpack
from fastpoly.broker.pull import Pull, PullStart, filters_for
from fastpoly.errors import ConnectionLost, DecodeError, FastpolyError
from fastpoly.health.counts import SourceCondition, SourceCounts
from fastpoly.protocol.close_codes import CloseReason
from fastpoly.sources.ending import Ending
from fastpoly.sources.nats.subjects import subjects_of
from fastpoly.sources.wanted import Wanted

if TYPE_CHECKING:
    from fastpoly._core import FrameTap
    from fastpoly.protocol.statuses import Action
    from fastpoly.sources.nats.options import NatsOptions
    from fastpoly.sources.nats.place import Place
    from fastpoly.sources.nats.reading import Reading
    from fastpoly.sources.source import SourceOwner

__all__ = ["NatsConnection"]


class NatsConnection:
    """One connection to the broker, or what is left of it after a loss that a message told of.

    Args:
        options: What is to be read, and how.
        reading: How far the source has read.
        place: Where that begins, and is saved.
        owner: Whom it reports to.
    """

    def __init__(
        self, options: NatsOptions, reading: Reading, place: Place, owner: SourceOwner
    ) -> None:
        self._options = options
        self._reading = reading
        self._place = place
        self._owner = owner
        # By subjects at the broker; of other publishers' messages, the decoder passes some over.
        self._shards = options.shards & owner.shards
        self._decoder = Decoder(options.market, shards=self._shards)
        self._ending = Ending()
        self._link: Link | None = None
        self._pull: Pull | None = None
        self._pulling: asyncio.Task[None] | None = None
        self._hanging_up: asyncio.Task[None] | None = None
        self._is_reading = True
        self._is_handing_over = False
        self._tap: FrameTap | None = None
        self._counts = SourceCounts()
        self._wanted = Wanted(options.market, owner, keep_statuses=True)

    def __repr__(self) -> str:
        where = f"{self._options.address.where}/{self._options.stream}"
        return f"<NatsConnection {where} {'open' if self.is_open else 'not open'}>"

    @property
    def is_open(self) -> bool:
        """See `SourceConnection.is_open`."""
        return self._link is not None and self._ending.is_ahead

    @property
    def gives_all(self) -> bool:
        """See `SourceConnection.gives_all`."""
        return self._wanted.is_all

    async def open(self) -> None:
        """See `SourceConnection.open`."""
        self._ending.begin()
        options = self._options
        try:
            link = await dial(options.address, self, options.context)
            try:
                await self._place.find(link)
            except BaseException:
                await link.close()
                raise
        except ConnectionLost as error:
            self._ending.come(CloseReason(error.code, error.reason, error))
            error.resumes = self._reading.last is not None
            raise
        except BaseException as error:
            failure = error if isinstance(error, FastpolyError) else None
            self._ending.come(CloseReason(1006, "", failure))
            raise
        if (ended := self._ending.reason) is not None:  # by `abort` or `drop` meanwhile
            await link.close()
            raise ended.error or ConnectionLost("The connection was closed.")
        self._reading.clock.told_ns = 0
        self._link = link
        self._place.start_saving(self)
        self._owner.on_upgraded()
        if self.is_open:  # the owner may have ended it
            # Reading begins in a later turn: by then the engine has said what it wants.
            self._pull_anew()

    def send(self, action: Action, params: Iterable[str]) -> None:
        """See `SourceConnection.send`: everything is confirmed, whether it is published or not."""
        if not self.is_open:
            raise ConnectionLost("The connection to the broker is not open.")
        self._wanted.request(action, params)
        self._pull_anew()

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
        reason = await self._ending.wait()
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
        await self._place.save_at_end()
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
        if not self._ending.come(reason):
            return
        self._reading.waiting.clear()
        self._place.stop_saving()
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
            f"The connection to {self._options.address.where} was lost: {why}.",
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
                wanted = self._wanted.params
                await self._stop_pulling()
                await self._open_pull()
                if self._wanted.params is wanted:
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
        options, reading, link = self._options, self._reading, self._link
        if link is None:
            return
        # What has come is from before: of it, what is wanted now may have been left out.
        behind = reading.last
        reading.waiting.clear()
        if behind is not None:
            reading.begin_at(behind)
        prefix, market = options.address.prefix, options.market
        subjects = subjects_of(prefix, market, self._wanted.params, self._shards, link.version)
        pull = Pull(link, options.stream, self)
        start = PullStart(
            sequence=1 if behind is None else behind + 1,
            time_ns=options.start.time_ns if behind is None else None,
        )
        self._pull = pull
        if not self._is_reading:
            pull.pause()
        await pull.open(start, filters_for(subjects, f"{prefix}.{market}.>", link.version))

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
        reading.clock.told_ns = loss.since_ns
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
                self._options.keep_frames or self._tap is not None,
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
        self._counts = counts.after(batch)
        if self._tap is not None:
            self._tap.on_read(batch)
        self._wanted.hand_over(batch)

    def _is_unwanted(self, channel: str, shard: int) -> bool:
        """Return whether a message came only because the broker could not tell it apart."""
        return not (self._shards >> shard & 1 and self._wanted.takes(channel))


def _events_of(message: bytes) -> bytes:
    """Return the text of a message that cannot be read, as far as it is known where that is."""
    try:
        head = unpack(message)
    except DecodeError:
        return message
    return message[head.table_at + head.runs * RUN_BYTES + 1 : -1]
