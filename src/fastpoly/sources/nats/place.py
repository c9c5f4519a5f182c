"""Where reading a broker's stream begins, and where a durable reader is, saved as it goes on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from fastpoly.broker.message import MessageKind, unpack
from fastpoly.broker.positions import SAVE_S, Position, Progress
from fastpoly.broker.streams import message_at, stream_range
from fastpoly.errors import DecodeError, FastpolyError, UsageError

if TYPE_CHECKING:
    from fastpoly.broker.link import Link
    from fastpoly.sources.nats.options import NatsOptions
    from fastpoly.sources.nats.reading import Reading

__all__ = ["Place", "PlaceOwner"]

logger = logging.getLogger("fastpoly.stream")


class PlaceOwner(Protocol):
    """The connection of the moment."""

    def drop(self, error: FastpolyError) -> object:
        """End with an error: another reader goes by this one's name."""


class Place:
    """Where a source is, over all of its connections. Used in one event loop at a time.

    Args:
        options: What is read.
        reading: How far that is.

    Attributes:
        waiting_s: Tells how long the oldest batch has been waiting for a consumer, in seconds.
    """

    def __init__(self, options: NatsOptions, reading: Reading) -> None:
        self.waiting_s: Callable[[], float] = _nobody_waits
        self._options = options
        self._reading = reading
        durable = options.durable
        self._position = None if durable is None else Position(options.stream, durable)
        self._progress = Progress()
        self._timer: asyncio.TimerHandle | None = None
        self._saving: asyncio.Task[None] | None = None

    async def find(self, link: Link) -> None:
        """Find out where to begin, or whether it can go on where it was.

        Raises:
            FastpolyError: The broker does not say.
        """
        options, reading, position = self._options, self._reading, self._position
        first, last = await stream_range(link, options.stream)
        is_new = reading.last is None
        if position is not None:
            place = await position.load(link)
            if is_new and place is not None:
                is_new = False
                reading.begin_at(place)
                message = await message_at(link, options.stream, place)
                reading.losses = None if message is None else _losses(message)
        if reading.last is not None and reading.last > last:
            # A broker that has lost messages, or the stream is another one: the publisher's next
            # message tells that something is missing.
            reading.begin_at(last)
            reading.waiting.clear()
        if reading.last is None and options.start.time_ns is None:
            reading.begin_at(first - 1 if options.start.everything else last)
        if position is not None and reading.last is not None and is_new:
            # So that a reader that is killed at once goes on here, and not at what is new by then.
            await position.save(reading.last)
        self._progress.begin(reading.last or 0)

    def start_saving(self, owner: PlaceOwner) -> None:
        """Save the place of a durable reader from time to time, until `stop_saving`."""
        self._saving = None
        if self._position is not None:
            self._look_later(self._position, owner)

    def stop_saving(self) -> None:
        """Save nothing more, but what is on its way."""
        if self._timer is not None:
            self._timer.cancel()

    async def save_at_end(self) -> None:
        """Save how far it has read, as all of that is worked off."""
        last = self._reading.last
        if self._position is None or not last:
            return
        if self._saving is not None:
            await asyncio.wait([self._saving])
        try:
            await self._position.save(last)
        except FastpolyError as error:
            logger.warning("%s: %s", self._options.market, error)

    def _look_later(self, position: Position, owner: PlaceOwner) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(SAVE_S / 4, self._look, position, owner)

    def _look(self, position: Position, owner: PlaceOwner) -> None:
        now_s = time.monotonic()
        self._progress.note(now_s, self._reading.last or 0)
        done = self._progress.worked_off(now_s - SAVE_S - self.waiting_s())
        if done and (self._saving is None or self._saving.done()):
            self._saving = asyncio.get_running_loop().create_task(self._save(position, done, owner))
        self._look_later(position, owner)

    async def _save(self, position: Position, sequence: int, owner: PlaceOwner) -> None:
        try:
            await position.save(sequence)
        except UsageError as error:
            owner.drop(error)
        except FastpolyError as error:
            logger.debug("%s: %s", self._options.market, error)


def _nobody_waits() -> float:
    return 0.0


def _losses(message: bytes) -> int | None:
    try:
        head = unpack(message)
    except DecodeError:
        return None
    return head.losses if head.kind is MessageKind.EVENTS else None
