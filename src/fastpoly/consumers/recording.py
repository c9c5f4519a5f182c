"""A recording as a consumer: everything that is read, copied to a file beside all handlers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import threading
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict

from fastpoly.capture.growing import GrowingReader
from fastpoly.capture.marks import MarkKind, detail_of_loss
from fastpoly.capture.writer import CaptureStats, CaptureWriter
from fastpoly.enums import Overflow
from fastpoly.errors import CaptureError, ConnectionLost, UsageError
from fastpoly.notices import SlowConsumer

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.errors import ServerError
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["RecordKeywords", "Recording", "RecordingOwner"]

logger = logging.getLogger("fastpoly.stream")

LOOK_S: Final = 1.0
"""How often it is looked at whether anything went wrong; also while nothing comes."""


class RecordKeywords(TypedDict, total=False):
    """Options of `Stream.record`; see `CaptureWriter`."""

    compression: str
    level: int
    chunk_bytes: int
    chunk_s: float
    max_buffer_bytes: int
    rotate: str | int | None
    max_file_bytes: int | None
    overwrite: bool
    sync: bool
    metadata: Mapping[str, str] | None


class RecordingOwner(Protocol):
    """Whose recording it is."""

    def forget(self, recording: Recording) -> object:
        """Let it have nothing more; in the loop that reads."""

    def on_recording_failed(self, error: CaptureError) -> object:
        """Take what keeps it from being written; from any thread."""

    def on_recording_lost(self, notice: SlowConsumer) -> object:
        """Take note of what could not be written; from any thread."""


class Recording:
    """Writes one stream to a file, or to one after the other; made by `Stream.record`.

    What the disk does costs the stream nothing: where it is too slow, or refuses, what has no room
    in the buffer is dropped, counted, announced by a `SlowConsumer` notice, and marked in the file
    where it is missing.

    Args:
        path: The file.
        market: The market's name.
        reader: The loop that reads.
        owner: Whose recording it is.
        options: See `CaptureWriter`.

    Raises:
        UsageError: An option makes no sense.
        CaptureError: The file exists, or cannot be made.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        market: str,
        reader: ReaderLoop,
        owner: RecordingOwner,
        options: RecordKeywords,
    ) -> None:
        about = {"python": platform.python_version(), "picows": version("picows")}
        about |= options.get("metadata") or {}
        chosen: dict[str, Any] = {**options, "metadata": about}
        self._writer = CaptureWriter(path, market=market, log_errors=False, **chosen)
        self._name = f"recording to {os.fspath(path)}"
        self._market = market
        self._reader = reader
        self._owner = owner
        self._is_open = True
        self._since_ns: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing: threading.Thread | None = None
        self._told: tuple[int, str] | None = None
        # Of what was dropped, what was told, and when that was.
        self._told_frames = self._told_events = 0
        self._looked_ns = time.time_ns()

    def __repr__(self) -> str:
        return f"<Recording {self.path}>"

    @property
    def path(self) -> str:
        """The file that is being written."""
        return self.stats().path

    def stats(self) -> CaptureStats:
        """Return what was recorded so far, what was dropped, and what is wrong; from any thread."""
        return self._writer.stats()

    @property
    def is_open(self) -> bool:
        """Whether all that is read goes into it: not before it was begun, nor after its end."""
        return self._is_open and self._since_ns is not None

    @property
    def since_ns(self) -> int:
        """When it was begun, Unix time in ns; 0 before that."""
        return self._since_ns or 0

    @property
    def is_failing(self) -> bool:
        """Whether nothing can be written at present; from any thread."""
        return self._writer.recorder.failing

    def read_back(self, start_ns: int) -> GrowingReader:
        """Return what reads it from a time on, Unix time in ns, while it goes on."""
        return GrowingReader(self._writer.recorder, self._market, start_ns)

    async def close(self) -> None:
        """End the recording while the stream goes on, and wait until all of it is written.

        A stream that ends does so by itself. Closing twice is fine.
        """
        try:
            await self._reader.call(self._end)
        except UsageError:
            self.end()  # that loop was not started yet, or is closed
        await self.wait_closed()

    async def _end(self) -> None:
        self.end()

    # ------------------------------------------------------------------ in the loop that reads

    def start(self) -> bool:
        """Begin to look after what becomes of what is recorded.

        Returns:
            Whether it begins: not if it did before, in another loop perhaps, or has ended.
        """
        if not self._is_open:
            return False
        if self._timer is not None:
            self._timer.cancel()
        begins = self._timer is None
        if begins:
            self._since_ns = time.time_ns()
        self._look_later()
        return begins

    def on_read(self, batch: Batch) -> None:
        """See `FrameTap.on_read`."""
        if self._is_open:
            self._writer.add(batch)

    def on_frame(self, text: bytes, received_ns: int) -> None:
        """See `FrameTap.on_frame`."""
        if self._is_open:
            self._writer.add_frame(text, received_ns)

    def on_connected(self, at_ns: int) -> None:
        """See `Recorder.on_connected`."""
        self._mark(MarkKind.CONNECTED, at_ns)

    def on_subscribed(self, params: tuple[str, ...], at_ns: int) -> None:
        """See `Recorder.on_subscribed`."""
        self._mark(MarkKind.SUBSCRIBED, at_ns, params=params)

    def on_refused(self, params: tuple[str, ...], error: ServerError | None, at_ns: int) -> None:
        """See `Recorder.on_refused`."""
        self._mark(MarkKind.REFUSED, at_ns, params=params, reason=error.message if error else "")

    def on_lost(self, error: ConnectionLost, at_ns: int) -> None:
        """See `Recorder.on_lost`."""
        self._mark(MarkKind.LOST, at_ns, **detail_of_loss(error))

    def on_gap(self, since_ns: int, until_ns: int) -> None:
        """See `Recorder.on_gap`."""
        self._mark(MarkKind.GAP, until_ns, cause="reconnect", since_ns=since_ns, until_ns=until_ns)

    def _mark(self, kind: MarkKind, at_ns: int, **detail: Any) -> None:
        if self._is_open:
            self._writer.mark(kind, at_ns, **detail)

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._tell()
        self._look_later()

    def _tell(self) -> None:
        """Tell what went wrong since this was last called."""
        stats = self.stats()
        self._tell_error(stats.error)
        now_ns = time.time_ns()
        if stats.dropped_frames > self._told_frames:
            notice = SlowConsumer(
                market=self._market,
                at_ns=now_ns,
                consumer=self._name,
                overflow=Overflow.DROP_NEWEST,
                lost=stats.dropped_events - self._told_events,
                lost_by_channel={},
                since_ns=self._looked_ns,
                until_ns=now_ns,
            )
            self._told_frames, self._told_events = stats.dropped_frames, stats.dropped_events
            self._owner.on_recording_lost(notice)
        self._looked_ns = now_ns

    def _tell_error(self, error: CaptureError | None) -> None:
        told = None if error is None else (error.errno, error.path)
        if error is not None and told != self._told:
            self._owner.on_recording_failed(error)
        self._told = told

    # ----------------------------------------------------------------------------------- end

    def end(self) -> None:
        """Take nothing more, and have what waits written in a thread of its own."""
        if not self._is_open:
            return
        self._is_open = False
        if self._timer is not None:
            self._timer.cancel()
        self._owner.forget(self)
        # Not a daemon: a program that ends waits for its recording.
        self._closing = threading.Thread(target=self._close, name="fastpoly-recording")
        self._closing.start()

    def _close(self) -> None:
        with contextlib.suppress(CaptureError):  # `_tell` has it from the writer's figures
            self._writer.close()
        self._tell()

    async def wait_closed(self, seconds: float | None = None) -> None:
        """Wait until all of it is written, after `end`; at most so many seconds, if any are given.

        A disk that hangs is left behind with a warning.
        """
        closing = self._closing
        if closing is None:
            return
        await asyncio.to_thread(closing.join, seconds)
        if closing.is_alive():
            logger.warning(
                "%s: the %s was not on the disk %g s after the end; it is still being written",
                self._market,
                self._name,
                seconds,
            )
