"""A reader that wants what came before it: out of the hub's recording, then over to live."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from fastpoly._core import EventRouter
from fastpoly.capture.marks import Mark
from fastpoly.hub.news import gap_of_past, is_gap, told_again
from fastpoly.hub.past_gaps import PastGaps
from fastpoly.protocol.start import EVERYTHING_NS
from fastpoly.schema import STATUS_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from fastpoly._core import Batch
    from fastpoly.capture.growing import FilePlace, GrowingReader
    from fastpoly.consumers.recording import Recording
    from fastpoly.hub.delivery import Delivery, Recipient
    from fastpoly.hub.union import Key

__all__ = ["LateReader", "LateReaderOwner"]

logger = logging.getLogger("fastpoly.hub")

T = TypeVar("T")

SETTLE_S: Final = 0.05
"""Seconds without another subscription after which what was recorded begins to be played: clients
send several at once, and each is to get all of it."""

SLICE_BYTES: Final = 256 * 1024
"""Bytes of frames that are read, decoded and handed on in one turn of the loop."""

LOOK_S: Final = 0.002
"""How often it is looked, in seconds, whether the recorder has written what it was given."""


class LateReaderOwner(Protocol):
    """The hub."""

    @property
    def delivery(self) -> Delivery:
        """How live events reach a reader."""

    @property
    def recording(self) -> Recording | None:
        """What all that comes is recorded in at present; None if it is not."""

    def given_since_ns(self, key: Key | None = None) -> int | None:
        """See `Upstream.since_ns`."""

    def run(self, coroutine: Coroutine[object, object, None]) -> object:
        """Carry out something that the hub's end waits for."""


class LateReader:
    """Plays a reader what was recorded from a time on, and hands it over to what comes live.

    At a moment of its choice it has the recorder end a chunk, and what comes live from then on
    held. It plays the recording up to that chunk's end, and what is held after it: nothing is
    missing between them, and nothing is there twice. Where more comes meanwhile than may be held,
    it lets go of that and chooses another moment. Changed subscriptions hold for what is yet to be
    played.

    Args:
        owner: The hub.
        market: The market's name.
        recipient: The reader, to which nothing is written that comes live.
        start_ns: From when on it wants to have everything, Unix time in ns.
    """

    def __init__(
        self, owner: LateReaderOwner, market: str, recipient: Recipient, start_ns: int
    ) -> None:
        self._owner = owner
        self._delivery = owner.delivery
        self._recipient = recipient
        self._reader = recipient.reader
        self._start_ns = start_ns
        self._router = EventRouter(market)
        self._group: int | None = None
        self._keys: frozenset[Key] = frozenset()
        self._gaps = PastGaps()
        # Up to when everything was played.
        self._played_ns = 0
        self._beginning: asyncio.TimerHandle | None = None
        self._has_begun = False
        self._is_stopped = False

    def __repr__(self) -> str:
        return f"<LateReader {'playing' if self._has_begun else 'not begun'}>"

    @property
    def _goes_on(self) -> bool:
        return self._reader.is_open and not self._is_stopped

    def subscribe(self, keys: Iterable[Key]) -> None:
        """Take what the reader wants from now on; with the first it begins."""
        self._keys = frozenset(keys)
        before, self._group = self._group, None
        if self._keys:
            self._group = self._router.add_group(self._keys)
        if before is not None:
            self._router.remove_group(before)
        self._recipient.hold_anew()
        if self._keys and not self._has_begun:
            if self._beginning is not None:
                self._beginning.cancel()
            loop = asyncio.get_running_loop()
            self._beginning = loop.call_later(SETTLE_S, self._begin)

    def stop(self) -> None:
        """Play nothing more."""
        self._is_stopped = True
        self._reader.make_room()  # nobody waits for it any more
        if self._beginning is not None:
            self._beginning.cancel()

    def _begin(self) -> None:
        self._has_begun = True
        self._owner.run(self._run())

    # -------------------------------------------------------------------------------- playing

    async def _run(self) -> None:
        recording = self._owner.recording
        self._tell_beginning(recording)
        if recording is None:
            self._go_live("The hub has no recording: what it received before is not to be had.")
            return
        past = recording.read_back(self._start_ns)
        try:
            await self._play(recording, past)
        except Exception as error:
            logger.exception("a reader does not get what was recorded")
            self._go_live(f"The hub's recording cannot be read: {error!r}.")
        finally:
            past.close()

    async def _play(self, recording: Recording, past: GrowingReader) -> None:
        while self._goes_on:
            self._delivery.hold(self._recipient)
            cut = past.cut()
            if not recording.is_open:
                self._go_live("The hub's recording has ended.")
                return
            while (place := past.place_of(cut)) is None:
                if recording.is_failing:
                    self._go_live("The hub's recording cannot be written at present.")
                    return
                await asyncio.sleep(LOOK_S)
            await self._play_until(place, past)
            if self._goes_on and self._delivery.release(self._recipient):
                return

    async def _play_until(self, place: FilePlace, past: GrowingReader) -> None:
        while self._goes_on and (found := await _in_thread(past.read, place, SLICE_BYTES)):
            for one in found:
                if isinstance(one, Mark):
                    self._tell(self._gaps.on_mark(one, self._played_ns, self._channels))
                else:
                    self._hand_on(one)
            self._write()
            await self._reader.room()

    def _hand_on(self, batch: Batch) -> None:
        self._played_ns = batch.received_ns
        if STATUS_CHANNEL in batch.channels:
            batch = self._tell_again(batch)
        self._router.route(batch)

    def _tell_again(self, batch: Batch) -> Batch:
        """Tell, in their places, of gaps that a hub before this one told of; return the rest."""
        begin = 0
        for place, event in enumerate(batch):
            if is_gap(event):
                self._router.route(batch[begin:place])
                self._tell([told_again(event)])
                begin = place + 1
        return batch[begin:]

    def _write(self) -> None:
        for number in self._router.waiting():
            self._delivery.write_past(self._recipient, self._router.take(number))

    def _tell(self, messages: Iterable[bytes]) -> None:
        for message in messages:
            self._write()
            self._reader.send([message])

    # ------------------------------------------------------------------------- what is missing

    @property
    def _channels(self) -> list[str]:
        return sorted({channel for channel, _ in self._keys})

    def _tell_beginning(self, recording: Recording | None) -> None:
        """Tell what it wanted and was never recorded, because nobody had asked for it then."""
        now_ns = time.time_ns()
        self._played_ns = self._start_ns
        if recording is None:
            return
        given_since_ns = self._owner.given_since_ns
        begin_ns = max(self._start_ns, recording.since_ns, given_since_ns() or now_ns)
        if EVERYTHING_NS < self._start_ns < begin_ns:
            cause = "The hub's recording begins only here."
            self._tell([gap_of_past(cause, self._start_ns, begin_ns, self._channels)])
        self._played_ns = begin_ns
        since = {key: given_since_ns(key) or now_ns for key in self._keys}
        late = {key: ns for key, ns in since.items() if ns > begin_ns}
        if late:
            cause = f"Nobody had asked the hub for {_some(late)} at that time."
            channels = sorted({channel for channel, _ in late})
            self._tell([gap_of_past(cause, begin_ns, max(late.values()), channels)])

    def _go_live(self, cause: str) -> None:
        """Tell what is not to be had, and write what comes from now on."""
        self._write()
        if not self._goes_on:
            return
        self._delivery.hold(self._recipient)
        now_ns = time.time_ns()
        since_ns = min(self._played_ns or now_ns, now_ns)
        if self._start_ns < now_ns:
            self._tell([gap_of_past(cause, since_ns, now_ns, self._channels)])
        self._delivery.release(self._recipient)


async def _in_thread(call: Callable[[FilePlace, int], T], place: FilePlace, nbytes: int) -> T:
    """Call a function in another thread; also if it is cancelled, not without its end."""
    work = asyncio.get_running_loop().run_in_executor(None, call, place, nbytes)
    try:
        return await asyncio.shield(work)
    finally:
        if not work.done():
            await asyncio.wait([work])


def _some(keys: Iterable[Key], most: int = 5) -> str:
    names = sorted(f"{channel}.{symbol}" for channel, symbol in keys)
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
