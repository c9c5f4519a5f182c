"""A recording as a source: what was received, when it was received, as fast as is wished.

Each connection of the recording is a connection here: where one was lost, or where frames are
missing, this one is lost too, and the engine makes the same gap of it that it made then.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.capture.reader import CaptureReader
from fastpoly.enums import Overflow
from fastpoly.errors import ConnectionLost, DecodeError, FastpolyError, UsageError
from fastpoly.health.counts import SourceCondition, SourceCounts
from fastpoly.protocol.close_codes import CloseReason
from fastpoly.protocol.markets import market_of
from fastpoly.protocol.reconnect import retryable
from fastpoly.shards import ALL_SHARDS
from fastpoly.sources.ending import Ending
from fastpoly.sources.recorded import loss_of
from fastpoly.sources.source import SourceDefaults
from fastpoly.sources.wanted import Wanted

if TYPE_CHECKING:
    from fastpoly._core import Batch, FrameTap
    from fastpoly.protocol.statuses import Action
    from fastpoly.sources.source import SourceOwner

__all__ = ["SLICE_S", "CaptureSource", "RecordingClock"]

SLICE_S: Final = 0.005
"""How long batches are handed over without a turn for the rest of the event loop."""

SPREAD_NS: Final = 1_000_000
"""How far apart frames of a large batch may be where the recording's own pace is kept."""

BATCHES: Final = ("received", "large")

_MISSING: Final = {MarkKind.LOST, MarkKind.GAP}
"""Marks after which something is missing."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """The policy of recordings: what was lost comes back at once, as often as it did then."""

    retry_first: bool = True
    stable_after_s: float = 0.0

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """See `ReconnectPolicy.next_delay`."""
        return 0.0 if retryable(error) else None


DEFAULTS: Final = SourceDefaults(reconnect=AtOnce(), overflow=Overflow.BLOCK, stale_after={})


class RecordingClock:
    """The time in the recording: that of the last batch that was handed over."""

    def __init__(self) -> None:
        self.now_ns = 0

    def time_ns(self) -> int:
        """Return the time, Unix time in ns; 0 before the first batch."""
        return self.now_ns

    def monotonic_ns(self) -> int:
        """Return the same: nobody sets this clock."""
        return self.now_ns


class CaptureSource:
    """Feeds an engine from recordings, to their end.

    Args:
        paths: The files; several are merged by the time of receipt.
        market: The market's name.
        speed: How many times faster than it was received; ``"max"`` for as fast as it is taken.
        start_ns: The earliest time of receipt that is wanted, Unix time in ns.
        end_ns: The time from which on nothing is wanted.
        batches: ``received``: one for what was read at once when it was recorded, so that handlers
            are called as they were then; ``large``: as many frames as 64 KiB hold, which is faster.
        keep_statuses: Whether recorded control messages stay in the batches.
        keep_frames: Whether batches keep the text of their frames, for `Batch.raw`.
        symbols: Of day files, the tickers or pairs that are wanted; see `CaptureReader`.

    Attributes:
        clock: The time in the recording.
        has_begun: Whether a batch was handed over.
        keep_statuses: As above.
        where: See `Source.where`.
        defaults: See `Source.defaults`: what was lost comes back at once, a consumer that is slow
            is waited for, as a recording has time, and it is silent for reasons of its own.
        delay_s: See `Source.delay_s`: recordings are late by nothing but themselves.

    Raises:
        UsageError: An argument is invalid, or a file is of another market.
        CaptureError: A file cannot be opened.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        market: str,
        *,
        speed: float | str = 1.0,
        start_ns: int | None = None,
        end_ns: int | None = None,
        batches: str = "received",
        keep_statuses: bool = False,
        keep_frames: bool = False,
        symbols: Iterable[str] | None = None,
    ) -> None:
        if batches not in BATCHES:
            raise UsageError(
                f"{batches!r} is not a way to make batches.",
                hint=f"Choose one of {', '.join(BATCHES)}.",
            )
        self.clock = RecordingClock()
        self.delay_s = 0.0
        self.where = "file:" + ",".join(str(os.fspath(path)) for path in paths)
        self.defaults = DEFAULTS
        self._paths = tuple(paths)
        self._market = market_of(market).name
        self._end_ns = end_ns
        self._speed = _speed(speed)
        self._large = batches == "large"
        self._always_keeps = self._keep_frames = keep_frames
        self._symbols = None if symbols is None else tuple(symbols)
        self.keep_statuses = keep_statuses
        self._shards = ALL_SHARDS
        self._reader = self._open(start_ns)
        self._check_market()
        # What pace is kept by: the wall clock when the recording's was at a time; 0 for not begun.
        self._began_s = 0.0
        self._began_ns = 0
        self.has_begun = False
        self._playing = True
        self._steps = 0
        self._connection: CaptureConnection | None = None

    def _open(self, start_ns: int | None) -> CaptureReader:
        reader = CaptureReader(
            *self._paths,
            market=self._market,
            start_ns=start_ns,
            end_ns=self._end_ns,
            max_spread_ns=self._spread_ns(),
            keep_frames=self._keep_frames,
            symbols=self._symbols,
        )
        reader.shards = self._shards
        return reader

    def _spread_ns(self) -> int | None:
        if not self._large:
            return 0
        return None if math.isinf(self._speed) else int(SPREAD_NS * self._speed)

    def _check_market(self) -> None:
        for account in self._reader.begin():
            recorded = account.metadata.get("market", self._market)
            if recorded != self._market:
                self._reader.close()
                raise UsageError(
                    f"{account.path} is a recording of {recorded}, not of {self._market}.",
                    hint=f"Pass the market {recorded!r}.",
                )

    def use_key(self, api_key: str) -> None:
        """See `Source.use_key`: a recording has no login."""

    def connect(self, owner: SourceOwner) -> CaptureConnection:
        """See `Source.connect`."""
        self._shards = self._reader.shards = owner.shards
        self._connection = CaptureConnection(self, self._market, owner)
        return self._connection

    # ------------------------------------------------------------------ while it runs

    @property
    def speed(self) -> float:
        """How many times faster than it was received; inf for as fast as it is taken."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | str) -> None:
        self._speed = _speed(speed)
        self._began_ns = 0
        self._wake()

    @property
    def is_playing(self) -> bool:
        """Whether batches are handed over by themselves."""
        return self._playing

    def pause(self) -> None:
        """Hand over nothing more until `play` or `step`; from any thread."""
        self._playing = False

    def play(self) -> None:
        """Go on; from any thread."""
        self._playing = True
        self._began_ns = 0
        self._wake()

    def step(self, batches: int = 1) -> None:
        """Hand over so many batches more while it is paused; from any thread."""
        self._steps += batches
        self._wake()

    def seek(self, at_ns: int) -> None:
        """Go on from another time of the recording, forward or back; from any thread.

        Consumers get a `Gap` there.
        """
        reader = self._open(at_ns)
        self._reader, before = reader, self._reader
        before.close()
        self._began_ns = 0
        connection = self._connection
        if connection is not None:
            connection.post(
                connection.lose, ConnectionLost("The replay was moved to another time.", code=1012)
            )

    def _wake(self) -> None:
        if self._connection is not None:
            self._connection.post(self._connection.wake)

    # ------------------------------------------------------------------ for connections

    async def prepare(self) -> None:
        """Have read, in another thread, what has to be read before the first batch."""
        if not self._reader.is_ready:
            await asyncio.to_thread(self._reader.prepare)

    def read(self) -> Batch | Mark | None:
        """Return what comes next; None at the end."""
        return self._reader.read()

    def keep_frames(self, keep: bool) -> None:
        """Have batches keep their frames' text from now on; or no longer, if they need not."""
        self._keep_frames = self._reader.keep_frames = keep or self._always_keeps

    def take_turn(self) -> bool:
        """Whether a batch may be handed over now."""
        if self._playing:
            return True
        if self._steps > 0:
            self._steps -= 1
            return True
        return False

    def wait_s(self, at_ns: int) -> float:
        """Return for how many seconds a batch of that time has to wait yet."""
        if math.isinf(self._speed):
            return 0.0
        now_s = time.monotonic()
        if not self._began_ns:
            self._began_s, self._began_ns = now_s, at_ns
        return self._began_s + (at_ns - self._began_ns) / 1e9 / self._speed - now_s

    def close(self) -> None:
        """Let the files go."""
        self._reader.close()


class CaptureConnection:
    """One connection of a recording.

    Args:
        source: The recording.
        market: The market's name.
        owner: Whom it reports to.
    """

    def __init__(self, source: CaptureSource, market: str, owner: SourceOwner) -> None:
        self._source = source
        self._market = market
        self._owner = owner
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = Ending()
        self._pump: asyncio.Task[None] | None = None
        self._awake = asyncio.Event()
        self._reading = True
        self._tap: FrameTap | None = None
        self._counts = SourceCounts()
        self._wanted = Wanted(market, owner, keep_statuses=source.keep_statuses)

    def __repr__(self) -> str:
        return f"<CaptureConnection {self._market} {'open' if self.is_open else 'not open'}>"

    @property
    def is_open(self) -> bool:
        """See `SourceConnection.is_open`."""
        return self._ending.is_ahead

    @property
    def gives_all(self) -> bool:
        """See `SourceConnection.gives_all`."""
        return self._wanted.is_all

    async def open(self) -> None:
        """See `SourceConnection.open`."""
        self._ending.begin()
        self._loop = asyncio.get_running_loop()
        self._owner.on_upgraded()
        # It begins in a later turn: by then the engine has said what it wants.
        self._pump = self._loop.create_task(self._run())

    def send(self, action: Action, params: Iterable[str]) -> None:
        """See `SourceConnection.send`: everything is confirmed, whether the recording has it."""
        if self._loop is None or not self.is_open:
            raise ConnectionLost("The replay is not open.")
        self._wanted.request(action, params)

    def record_to(self, tap: FrameTap | None) -> None:
        """See `SourceConnection.record_to`."""
        self._tap = tap
        self._source.keep_frames(tap is not None)

    def pause_reading(self) -> None:
        """See `SourceConnection.pause_reading`."""
        self._reading = False

    def resume_reading(self) -> None:
        """See `SourceConnection.resume_reading`."""
        if not self._reading:
            self._reading = True
            self.wake()

    async def closed(self) -> CloseReason:
        """See `SourceConnection.closed`."""
        return await self._ending.wait()

    async def close(self) -> None:
        """See `SourceConnection.close`."""
        self.abort()

    def abort(self) -> None:
        """See `SourceConnection.abort`."""
        self._source.close()
        self._end(CloseReason(1000, "", None))

    def drop(self, error: FastpolyError) -> None:
        """See `SourceConnection.drop`."""
        self._end(CloseReason(1011, "", error))

    def lose(self, error: ConnectionLost) -> None:
        """End as the recorded connection did."""
        self._end(CloseReason(error.code, error.reason, error))

    def counts(self) -> SourceCounts:
        """See `SourceConnection.counts`."""
        return self._counts

    def condition(self) -> SourceCondition:
        """See `SourceConnection.condition`."""
        return SourceCondition()

    def post(self, function: Any, *arguments: Any) -> None:
        """Call a function in the loop of this connection; from any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed
                self._loop.call_soon_threadsafe(function, *arguments)

    def wake(self) -> None:
        """Look again whether there is something to do."""
        self._awake.set()

    # ----------------------------------------------------------------------------- the pump

    def _end(self, reason: CloseReason) -> None:
        self._ending.come(reason)
        if self._pump is not None and self._pump is not asyncio.current_task():
            self._pump.cancel()

    async def _run(self) -> None:
        try:
            await self._hand_over()
        except FastpolyError as error:
            self._end(CloseReason(1011, "", error))
        except Exception as error:
            failure = FastpolyError(f"The replay failed: {error!r}.", hint="Please report this.")
            failure.__cause__ = error
            self._end(CloseReason(1011, "", failure))

    async def _hand_over(self) -> None:
        source = self._source
        await source.prepare()
        turn_ends = time.monotonic() + SLICE_S
        while self.is_open:
            if not (self._reading and source.take_turn()):
                self._awake.clear()
                await self._awake.wait()
                continue
            found = source.read()
            if found is None:
                source.close()
                self._end(CloseReason(1000, "the recording is over", None))
                return
            if isinstance(found, Mark):
                self._on_mark(found)
                continue
            while (wait_s := source.wait_s(found.received_ns)) > 0:
                self._awake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), wait_s)
            if time.monotonic() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = time.monotonic() + SLICE_S
            self._deliver(found)

    def _deliver(self, batch: Batch) -> None:
        stamp = batch.received_ns
        self._source.clock.now_ns = stamp
        self._source.has_begun = True
        self._counts = self._counts.after(batch)
        self._owner.watch.receive(batch)
        if self._tap is not None:
            self._tap.on_read(batch)
        self._wanted.hand_over(batch)

    def _on_mark(self, mark: Mark) -> None:
        if mark.at_ns:
            self._source.clock.now_ns = mark.at_ns
        if mark.kind is MarkKind.BAD_FRAME:
            self._counts = self._counts._replace(bad_frames=self._counts.bad_frames + 1)
            if self._tap is not None:
                self._tap.on_frame(mark.detail["frame"], mark.at_ns)
            offset = mark.detail.get("offset", 0)
            self._owner.on_bad_frame(
                DecodeError(str(mark.detail.get("reason", "no JSON")), offset=int(offset))
            )
        elif (
            mark.kind in _MISSING
            and mark.detail.get("cause") != "reconnect"
            # Nothing is missing before the beginning, such as of a connection that never came up.
            and self._source.has_begun
        ):
            self.lose(loss_of(mark))


def _speed(speed: float | str) -> float:
    if speed == "max":
        return math.inf
    if isinstance(speed, (int, float)) and speed > 0:
        return float(speed)
    raise UsageError(
        f"speed={speed!r} is not a speed.",
        hint='Pass 1 for the recorded pace, 10 for ten times that, or "max".',
    )
