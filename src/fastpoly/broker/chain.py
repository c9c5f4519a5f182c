"""Writes a stream of messages, each once and in order, through restarts of the broker.

Each message names the one before it, by the id of that, and a broker takes it only behind that one.
So what is sent again after a fault can neither come twice nor out of order, no memory of ids is
needed, and a publisher that another has taken over from is refused from then on: it is *fenced
out*. The first message after a fault names the sequence number of the one before it instead, as a
series that names only numbers would let a foreign message in between.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly.broker.link import Link, dial, end_task, request_failed
from fastpoly.broker.message import (
    RUN_BYTES,
    SESSION_CHANNEL,
    MessageKind,
    pack,
    subject_of,
    unpack,
)
from fastpoly.broker.streams import ensure_stream, last_sequence, message_at, subjects_at
from fastpoly.errors import DecodeError, FastpolyError, PublishError

if TYPE_CHECKING:
    import ssl

    from fastpoly.broker.address import BrokerAddress
    from fastpoly.broker.streams import StreamLimits

__all__ = ["Chain", "ChainOwner", "ChainStats", "Predecessor"]

logger = logging.getLogger("fastpoly.broker")

WINDOW: Final = 512
"""Messages that are sent before the first of them is acknowledged."""

ACK_S: Final = 2.0
"""How long it may take until one is."""

TAKE_OVER_S: Final = 10.0
"""How long it is tried to get a first message in beside a publisher that goes on."""

PAUSES_S: Final = (0.02, 0.5)
"""The first and the longest wait after a fault."""


@dataclass(slots=True)
class _Message:
    """A message on its way.

    Attributes:
        previous: See `MessageHead.previous`; None until it is first sent.
    """

    kind: MessageKind
    subject: str
    runs: int
    events: int
    losses: int
    loss: bytes
    content: bytes
    previous: int | None = None


@dataclass(frozen=True, slots=True)
class Predecessor:
    """What was in the stream of messages before this publisher.

    Attributes:
        losses: See `MessageHead.losses`, of the last events.
        last_ns: When the last event was received, Unix time in ns.
    """

    losses: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class ChainStats:
    """What was written so far.

    Attributes:
        messages: Messages that the broker has acknowledged.
        events: Events in them.
        nbytes: Bytes of them.
        waiting_messages: Messages that it has not; some of them may be on their way.
        waiting_bytes: Bytes of these.
        faults: How often it had to be found out what the broker has.
        connections: Connections to it so far.
        is_up: Whether there is one.
        longest_wait_s: The longest time between sending a message and its acknowledgement.
    """

    messages: int
    events: int
    nbytes: int
    waiting_messages: int
    waiting_bytes: int
    faults: int
    connections: int
    is_up: bool


class ChainOwner(Protocol):
    """Whose messages they are."""

    def on_acknowledged(self) -> object:
        """Take note that there is more room."""

    def on_chain_failed(self, error: FastpolyError) -> object:
        """Take the end: another publisher has taken over, or the broker has lost messages."""


class Chain:
    """The one writer of a market's stream of messages. Used in one event loop.

    Args:
        address: The broker.
        market: The market's name.
        limits: What a stream is made with, where there is none.
        owner: Whose messages they are.
        context: TLS settings, where the address asks for it.

    Attributes:
        epoch: What this run of a publisher is known by.
    """

    def __init__(
        self,
        address: BrokerAddress,
        market: str,
        limits: StreamLimits,
        owner: ChainOwner,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.epoch = secrets.randbits(63)
        self._address = address
        self._market = market
        self._stream = address.stream_name(market)
        self._limits = limits
        self._owner = owner
        self._context = context
        self._link: Link | None = None
        self._queue: deque[_Message] = deque()
        self._queued_bytes = 0
        # Of the queue, how many were sent and are not acknowledged.
        self._sent = 0
        # The number of the queue's first message, and the sequence before that of number 0.
        self._first = 0
        self._base = 0
        self._previous: dict[str, int] = {}
        self._is_first = True
        self._trouble: str | None = None
        self._changed = asyncio.Event()
        self._emptied = asyncio.Event()
        self._inbox = ""
        self._root = ""
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._messages = self._events = self._bytes = self._faults = self._connections = 0

    # ------------------------------------------------------------------------------- opening

    async def open(self) -> Predecessor | None:
        """Connect and become the one writer; any other is fenced out by that.

        Returns:
            What was written before; None where there are no events.

        Raises:
            FastpolyError: The broker cannot be reached, or does not do as it is asked.
        """
        link = await self._dial()
        await ensure_stream(
            link, self._stream, f"{self._address.prefix}.{self._market}.>", self._limits
        )
        await self._take_over(link)
        predecessor = await self._look_back(link)
        self._task = asyncio.get_running_loop().create_task(self._run())
        return predecessor

    async def _dial(self) -> Link:
        link = self._link = await dial(self._address, self, self._context)
        self._connections += 1
        self._root = link.client.new_inbox()
        await link.client.subscribe(f"{self._root}.*", cb=self._on_ack)
        return link

    async def _take_over(self, link: Link) -> None:
        """Get a mark in, behind whatever is there: from then on, no one else gets anything in."""
        mark = json.dumps({"mark": "publisher", "epoch": f"{self.epoch:x}"}).encode()
        subject = subject_of(self._address.prefix, self._market, SESSION_CHANNEL, 0)
        message = pack(MessageKind.MARK, self.epoch, 0, 0, 0, 0, 0, b"", mark)
        gives_up = time.monotonic() + TAKE_OVER_S
        while True:
            last = await last_sequence(link, self._stream)
            headers = {"Nats-Msg-Id": self._id(0), "Nats-Expected-Last-Sequence": str(last)}
            try:
                ack = await link.jetstream.publish(subject, message, headers=headers)
            except Exception as error:
                # Somebody else was faster; or this one was, and the answer got lost.
                if time.monotonic() > gives_up:
                    raise request_failed(f"write to the stream {self._stream}", error) from error
                if await self._is_mine(link):
                    self._base = await last_sequence(link, self._stream) - 1
                    break
                continue
            self._base = ack.seq - 1
            break
        self._first = 1

    async def _is_mine(self, link: Link) -> bool:
        last = await last_sequence(link, self._stream)
        message = await message_at(link, self._stream, last)
        return message is not None and self._number_of(message) == 0

    def _number_of(self, message: bytes) -> int | None:
        """Return the number of a message of this publisher; None of any other."""
        try:
            head = unpack(message)
        except DecodeError:
            return None
        return head.number if head.epoch == self.epoch else None

    async def _look_back(self, link: Link) -> Predecessor | None:
        found = await subjects_at(link, self._stream)
        session = subject_of(self._address.prefix, self._market, SESSION_CHANNEL, 0)
        found.pop(session, None)
        self._previous = found
        if not found:
            return None
        message = await message_at(link, self._stream, max(found.values()))
        if message is None:
            return None
        head = unpack(message)
        stamp = 0
        if head.runs:
            at = head.table_at + (head.runs - 1) * RUN_BYTES
            stamp = int.from_bytes(message[at : at + 8], "little", signed=True)
        return Predecessor(head.losses, stamp)

    # --------------------------------------------------------------------------------- users

    def add(
        self,
        kind: MessageKind,
        channel: str,
        shard: int,
        content: bytes,
        *,
        runs: int = 0,
        events: int = 0,
        losses: int = 0,
        loss: bytes = b"",
    ) -> None:
        """Have a message written behind those that were added before."""
        subject = subject_of(self._address.prefix, self._market, channel, shard)
        self._queue.append(_Message(kind, subject, runs, events, losses, loss, content))
        self._queued_bytes += len(content)
        self._changed.set()

    @property
    def waiting_bytes(self) -> int:
        """Bytes of messages that are not acknowledged."""
        return self._queued_bytes

    async def drain(self, seconds: float) -> bool:
        """Wait until everything is acknowledged, at most so many seconds; return whether it is."""
        self._emptied.clear()
        if self._queue:
            try:
                async with asyncio.timeout(seconds):
                    await self._emptied.wait()
            except TimeoutError:
                return False
        return not self._queue

    async def close(self) -> None:
        """End the connection; what is not acknowledged may be written or not."""
        self._closing = True
        if self._task is not None:
            await end_task(self._task)
        if self._link is not None:
            await self._link.close()

    def stats(self) -> ChainStats:
        """Return what was written so far; from any thread."""
        return ChainStats(
            messages=self._messages,
            events=self._events,
            nbytes=self._bytes,
            waiting_messages=len(self._queue),
            waiting_bytes=self._queued_bytes,
            faults=self._faults,
            connections=self._connections,
            is_up=self._link is not None and self._link.is_up,
        )

    # -------------------------------------------------------------------------------- writing

    def _id(self, number: int) -> str:
        return f"{self.epoch:x}-{number}"

    async def _run(self) -> None:
        first_s, most_s = PAUSES_S
        pause_s = first_s
        try:
            while True:
                done = self._messages
                try:
                    link = self._link if self._link is not None and self._link.is_up else None
                    await self._synchronise(link or await self._dial())
                    await self._send()
                except PublishError:
                    raise
                except Exception as error:
                    self._trouble = str(error) or type(error).__name__
                self._faults += 1
                logger.info("%s: %s: %s", self._market, self._address.where, self._trouble)
                pause_s = first_s if self._messages > done else min(2 * pause_s, most_s)
                await asyncio.sleep(pause_s)
        except PublishError as error:
            self._owner.on_chain_failed(error)
        except Exception as error:
            failure = PublishError(f"Publishing failed: {error!r}.", hint="Please report this.")
            failure.__cause__ = error
            self._owner.on_chain_failed(failure)

    async def _synchronise(self, link: Link) -> None:
        """Find out what the broker has of what was sent, and go on behind it."""
        # Answers to what was sent before go to an inbox that is not looked at any more.
        self._inbox = f"{self._root}.{self._faults}"
        self._trouble = None
        last = await last_sequence(link, self._stream)
        stored = last - self._base - self._first
        if stored < 0:
            raise PublishError(
                f"The broker has lost {-stored} messages that it had acknowledged.",
                hint="See docs/nats.md on sync_interval and replicas, then start it again.",
            )
        message = await message_at(link, self._stream, last)
        # What limits have removed by now is nobody's but this one's, or it would have come last.
        is_mine = message is None or self._number_of(message) == self._first + stored - 1
        if stored > self._sent or not is_mine:
            raise PublishError(
                f"Another publisher has taken over the stream {self._stream}.",
                hint="Run one leader for a market, and others with --standby.",
            )
        self._take(stored)
        self._sent = 0
        self._is_first = True

    async def _send(self) -> None:
        queue = self._queue
        while self._trouble is None:
            while self._sent < min(len(queue), WINDOW) and self._trouble is None:
                await self._publish(queue[self._sent], self._first + self._sent)
                self._sent += 1
            before = self._messages
            self._changed.clear()
            if self._sent > 0 and (self._sent == len(queue) or self._sent >= WINDOW):
                try:
                    async with asyncio.timeout(ACK_S):
                        await self._changed.wait()
                except TimeoutError:
                    if self._messages == before:
                        self._trouble = "no acknowledgement came"
            elif self._trouble is None and self._sent == len(queue):
                await self._changed.wait()

    async def _publish(self, message: _Message, number: int) -> None:
        sequence = self._base + number + 1
        if message.previous is None:
            message.previous = self._previous.get(message.subject, 0)
            self._previous[message.subject] = sequence
        headers = {"Nats-Msg-Id": self._id(number)}
        if self._is_first:
            self._is_first = False
            headers["Nats-Expected-Last-Sequence"] = str(sequence - 1)
        else:
            headers["Nats-Expected-Last-Msg-Id"] = self._id(number - 1)
        link = self._link
        if link is None or not link.is_up:
            self._trouble = "the connection was lost"
            return
        await link.client.publish(
            message.subject,
            pack(
                message.kind,
                self.epoch,
                number,
                message.previous,
                message.losses,
                message.runs,
                message.events,
                message.loss,
                message.content,
            ),
            reply=self._inbox,
            headers=headers,
        )

    async def _on_ack(self, answer: Any) -> None:
        if answer.subject != self._inbox or self._trouble is not None:
            return
        try:
            said: Mapping[str, Any] = json.loads(answer.data)
            error = said.get("error")
            if error is None:
                self._take(said["seq"] - self._base - self._first)
            else:
                self._trouble = str(error.get("description", error))
        except (ValueError, KeyError, TypeError, AttributeError):
            # Such as an empty answer: there is nobody who keeps that stream.
            self._trouble = "the broker's answer is none of JetStream"
        self._changed.set()

    def _take(self, count: int) -> None:
        """Take note that so many messages more are stored."""
        for _ in range(min(count, len(self._queue))):
            message = self._queue.popleft()
            self._messages += 1
            self._events += message.events
            self._bytes += len(message.content)
            self._queued_bytes -= len(message.content)
            self._first += 1
            self._sent -= 1
        if count > 0:
            self._owner.on_acknowledged()
        if not self._queue:
            self._emptied.set()

    def on_link_down(self) -> None:
        """See `LinkOwner.on_link_down`."""
        if not self._closing and self._task is not None:
            self._trouble = "the connection was lost"
            self._changed.set()
