"""Runs a sink: a thread that takes batches out of a bounded buffer and has them written."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastpoly._core import batch_of
from fastpoly.consumers.picker import count_notices
from fastpoly.errors import SinkError, UsageError
from fastpoly.notices import NOTICE_CHANNEL, SinkFailed

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer, BufferStats
    from fastpoly.consumers.picker import Picker
    from fastpoly.consumers.writer import WriterOwner
    from fastpoly.sinks.sink import Sink

__all__ = ["SinkStats", "SinkWriter"]

EXIT_S: Final = 10.0
"""How long the interpreter's exit waits for each sink to close what it writes."""


@dataclass(frozen=True, slots=True)
class SinkStats:
    """What a sink was given, and what became of it.

    Events that the buffer took are those written, those lost here, and those in hand.

    Attributes:
        name: Its name.
        writes: Batches, or groups, that it was given.
        written: Events that it has taken; those of files that are not whole yet are among them.
        lost: Events that could not be written.
        lost_by_channel: The same by channel.
        errors: Calls that raised.
        busy_s: Seconds that its calls took.
        buffer: What waited for it, and what it lost because it was slow.
    """

    name: str
    writes: int
    written: int
    lost: int
    lost_by_channel: dict[str, int]
    errors: int
    busy_s: float
    buffer: BufferStats


_live: Final[weakref.WeakSet[SinkWriter]] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Close what the sinks of a program write that forgot to close its stream."""
    writers = list(_live)
    for writer in writers:
        writer.abort()
    for writer in writers:
        writer.join(EXIT_S)


class SinkWriter:
    """Has one sink write a stream's batches. See `Writer`.

    Args:
        sink: The sink.
        name: What to call it.
        market: The market's name.

    Raises:
        UsageError: The sink's `every` is not above 0.
        Exception: What `Sink.open` raises.
    """

    def __init__(self, sink: Sink, name: str, market: str) -> None:
        if not sink.every > 0:
            raise UsageError(f"{name} has every={sink.every!r}.", hint="Let it have seconds.")
        self._sink = sink
        self._name = name
        self._market = market
        self._buffer: Buffer
        self._picker: Picker | None = None
        self._owner: WriterOwner
        self._awake = threading.Event()
        self._aborted = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drained = asyncio.Event()
        self._writes = self._written = self._errors = self._busy_ns = 0
        self._lost: Counter[str] = Counter()
        sink.open(market)

    def __repr__(self) -> str:
        return f"<SinkWriter {self._name}>"

    @property
    def name(self) -> str:
        """See `Writer.name`."""
        return self._name

    def adopt(self, buffer: Buffer, picker: Picker | None, owner: WriterOwner) -> None:
        """See `Writer.adopt`."""
        self._buffer = buffer
        self._picker = picker
        self._owner = owner
        buffer.owner = self

    def start(self) -> None:
        """See `Writer.start`."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=f"fastpoly-{self._name}")
        # The exit waits for it in `_close_all`, and not for ever.
        self._thread.daemon = True
        _live.add(self)
        self._thread.start()

    # ------------------------------------------------------------------ in the thread that reads

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """See `Consumer.push`."""
        if self._picker is not None:
            picked = self._picker.pick(batch, channels)
            if picked is None:
                return
            batch = picked
        self._buffer.put(batch, count_notices(batch, channels))

    def end(self, error: BaseException | None) -> None:
        """See `Writer.end`."""
        self._buffer.close()
        self._awake.set()

    def on_ready(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_ready`."""
        self._awake.set()

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""
        self._owner.on_full(buffer)

    # --------------------------------------------------------------------- in the sink's thread

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""
        self._owner.on_room(buffer)

    def _run(self) -> None:
        buffer, every = self._buffer, self._sink.every
        flush_at = time.monotonic() + every
        while not self._aborted:
            batch = buffer.take_to_end()
            if batch is not None:
                self._write(batch)
            elif buffer.exhausted:
                break
            elif buffer.arm():
                self._awake.wait(max(flush_at - time.monotonic(), 0.0))
                self._awake.clear()
            if time.monotonic() >= flush_at:
                self._try(self._sink.flush, {})
                flush_at = time.monotonic() + every
        self._try(self._sink.close, {})
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed: nobody waits
                self._loop.call_soon_threadsafe(self._drained.set)

    def _write(self, batch: Batch) -> None:
        counts = {name: batch.count(name) for name in batch.channels if name != NOTICE_CHANNEL}
        self._writes += 1

        def write() -> None:
            self._sink.write(batch)

        self._try(write, counts)

    def _try(self, call: Callable[[], None], in_hand: Mapping[str, int]) -> None:
        """Do one of the sink's calls, and account for what it loses."""
        started = time.monotonic_ns()
        lost: Mapping[str, int] = {}
        try:
            call()
        except Exception as error:
            self._errors += 1
            lost = error.lost_by_channel if isinstance(error, SinkError) else in_hand
            self._lose(error, lost)
        finally:
            self._busy_ns += time.monotonic_ns() - started
        # Not before: what the sink has in its hands is not written. It may also have lost what it
        # had taken earlier, and not let go of yet.
        self._written += sum(in_hand.values()) - sum(lost.values())

    def _lose(self, error: Exception, lost: Mapping[str, int]) -> None:
        self._lost.update(lost)
        notice = SinkFailed(
            market=self._market,
            at_ns=time.time_ns(),
            sink=self._name,
            cause=str(error) or repr(error),
            lost=sum(lost.values()),
            lost_by_channel=dict(lost),
        )
        self._owner.on_notices(batch_of(self._market, [notice]))

    # -------------------------------------------------------------------- in the user's loop

    async def wait_drained(self) -> None:
        """See `Writer.wait_drained`."""
        if self._thread is not None:
            await self._drained.wait()
            self._thread.join()

    def abort(self) -> None:
        """See `Writer.abort`."""
        self._aborted = True
        self._buffer.close()
        self._buffer.clear()
        self._awake.set()

    def join(self, seconds: float) -> None:
        """Wait for the end of its thread, at most so many seconds."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stats(self) -> SinkStats:
        """Return what it was given and what became of it; from any thread."""
        lost = dict(self._lost)
        return SinkStats(
            name=self._name,
            writes=self._writes,
            written=self._written,
            lost=sum(lost.values()),
            lost_by_channel=lost,
            errors=self._errors,
            busy_s=self._busy_ns / 1e9,
            buffer=self._buffer.stats(),
        )
