"""The writing end: a ring in memory that has no name, handed to whoever asks at a socket."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import socket
import time
import weakref
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from fastpoly._core import MIN_RING_BYTES, RING_HEAD_BYTES, FrameRing
from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.errors import UsageError
from fastpoly.shared.names import GREETING, address_of, peer_uid

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["DEFAULT_BUFFER_BYTES", "SharedStats", "SharedWriter"]

logger = logging.getLogger("fastpoly.shared")

DEFAULT_BUFFER_BYTES: Final = 64 << 20
"""Bytes of frames that a reader may be behind: two seconds of a very busy market."""

MAX_BUFFER_BYTES: Final = 16 << 30

MAX_READERS: Final = 256
"""Each costs the writer two descriptors, and a microsecond each time that it is woken."""

WAKE_EVERY_S: Final = 0.0005
"""Readers are woken no more often than that: while much comes, each finds more at once."""

ACCEPT_AGAIN_S: Final = 1.0
"""How long nobody is accepted after the system had no descriptor left."""

# Linux's numbers; the module fcntl has them from Python 3.12 or 3.13 on.
_ADD_SEALS, _SEALS = 1033, 0x1 | 0x2 | 0x4  # of its size, for ever
_SEAL_FUTURE_WRITE = 0x10  # nobody else may map it for writing

_open_writers: weakref.WeakSet[SharedWriter] = weakref.WeakSet()


def _let_go_in_child() -> None:
    """Have a process that was forked hold nothing of its parent's: readers wait for its end."""
    for writer in list(_open_writers):
        writer.let_go()


@dataclass(frozen=True, slots=True)
class SharedStats:
    """What was shared so far.

    Attributes:
        readers: Readers that are attached.
        frames: Frames.
        events: Events in them.
        nbytes: Bytes of frames.
        too_large: Frames that were larger than a quarter of the buffer, and were left out; readers
            are told by a gap.
    """

    readers: int
    frames: int
    events: int
    nbytes: int
    too_large: int


def _memory(size: int) -> int:
    """Return a descriptor of so many bytes of memory, all there."""
    descriptor = os.memfd_create("fastpoly", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        # Taken now: where there is none, this says so, and not a signal later on.
        os.posix_fallocate(descriptor, 0, size)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


class SharedWriter:
    """Shares the frames of one market under a name, with all readers on this machine.

        writer = SharedWriter("desk", market="stocks")
        writer.start()      # in the event loop in which all else is called too
        writer.add(batch)

    It never waits for a reader. One that falls behind by the whole buffer loses what it has not
    read, and is told how much.

    Args:
        name: What readers say: ``shm://desk``.
        market: The market's name.
        buffer_bytes: How many bytes of frames a reader may be behind; rounded up to a power of two.

    Raises:
        UsageError: The name is invalid, another process shares this market under it, or this is
            not Linux.
        OSError: There is not enough memory.
    """

    def __init__(self, name: str, *, market: str, buffer_bytes: int = DEFAULT_BUFFER_BYTES) -> None:
        address = address_of(name, market)
        whole = isinstance(buffer_bytes, int)
        if not whole or not MIN_RING_BYTES <= buffer_bytes <= MAX_BUFFER_BYTES:
            raise UsageError(
                f"buffer_bytes={buffer_bytes!r} is not a size for a buffer.",
                hint=f"Pass {MIN_RING_BYTES} to {MAX_BUFFER_BYTES}.",
            )
        capacity = 1 << (buffer_bytes - 1).bit_length()
        self.name = name
        self.market = market
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._woken_s = 0.0
        self._closed = False
        # Each reader's socket, and the eventfd that wakes it.
        self._readers: dict[socket.socket, int] = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._memory = -1
        try:
            self._listener.setblocking(False)
            self._bind(address)
            self._memory = _memory(RING_HEAD_BYTES + capacity)
            self._ring = FrameRing(self._memory, capacity, market)
            with contextlib.suppress(OSError):  # Linux before 5.1 does not know it
                fcntl.fcntl(self._memory, _ADD_SEALS, _SEAL_FUTURE_WRITE)
            fcntl.fcntl(self._memory, _ADD_SEALS, _SEALS)
            self._listener.listen(MAX_READERS)
        except BaseException:
            self.let_go()
            raise
        _open_writers.add(self)

    def _bind(self, address: str) -> None:
        try:
            self._listener.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise UsageError(
                f"{self.name!r} is taken: another process shares {self.market} under it.",
                hint="Read from that one, end it, or choose another name.",
            ) from None

    def __repr__(self) -> str:
        return f"<SharedWriter {self.name} {self.market}>"

    def start(self) -> None:
        """Let readers in, in the running event loop. Once is enough."""
        if self._loop is None and not self._closed:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def add(self, batch: Batch) -> None:
        """Share the frames of a batch, with the time they were received.

        Args:
            batch: Of a source that keeps frames: one read as a whole, or a slice, of which the
                frames that begin in it are taken.

        Raises:
            UsageError: The frames were not kept, or it is a selection, or of another market.
        """
        if not self._closed:
            self._ring.add(batch)
            self._wake_soon()

    def add_frame(self, frame: bytes, received_ns: int, *, events: int = 0) -> None:
        """Share one frame, such as one that is not JSON.

        Args:
            frame: Its text.
            received_ns: When it was received, Unix time in ns.
            events: How many events are in it.
        """
        if not self._closed:
            self._ring.add_frame(frame, received_ns, events)
            self._wake_soon()

    def mark(self, kind: MarkKind, at_ns: int | None = None, **detail: Any) -> None:
        """Put a mark among the frames.

        Args:
            kind: What happened.
            at_ns: When, Unix time in ns; now where nothing is said.
            detail: What else is to be known, as JSON has it. Never a key.
        """
        if not self._closed:
            at_ns = time.time_ns() if at_ns is None else at_ns
            self._ring.add_mark(at_ns, Mark(kind, at_ns, detail).to_json())
            self._wake_soon()

    def stats(self) -> SharedStats:
        """Return what was shared so far; from any thread."""
        return SharedStats(len(self._readers), *self._ring.counts())

    def close(self) -> None:
        """Share nothing more; readers read what there is, and then know of the end."""
        if self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._listener.fileno())
            for link in self._readers:
                self._loop.remove_reader(link.fileno())
        self.let_go()

    def let_go(self) -> None:
        """Close the descriptors; also in a process that was forked, whose parent's stay open."""
        self._closed = True
        _open_writers.discard(self)
        self._listener.close()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1
        for link, waker in self._readers.items():
            link.close()
            os.close(waker)
        self._readers = {}

    # --------------------------------------------------------------------------- readers

    def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            link, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            logger.warning("%s: a reader of %s was not let in: %s", self.market, self.name, error)
            loop.remove_reader(self._listener.fileno())
            self._loop = None
            loop.call_later(ACCEPT_AGAIN_S, self.start)
            return
        link.setblocking(False)
        if peer_uid(link) != os.geteuid() or len(self._readers) >= MAX_READERS:
            link.close()
            return
        try:
            waker = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        except OSError as error:
            logger.warning("%s: a reader of %s was not let in: %s", self.market, self.name, error)
            link.close()
            return
        try:
            socket.send_fds(link, [GREETING], [self._memory, waker])
        except OSError:  # it has left again
            link.close()
            os.close(waker)
            return
        self._readers = {**self._readers, link: waker}
        self._ring.add_waker(waker)
        loop.add_reader(link.fileno(), self._leave, link)

    def _leave(self, link: socket.socket) -> None:
        """Forget a reader, which says nothing for as long as it lives."""
        asyncio.get_running_loop().remove_reader(link.fileno())
        waker = self._readers[link]
        self._readers = {one: its for one, its in self._readers.items() if one is not link}
        self._ring.remove_waker(waker)
        os.close(waker)
        link.close()

    def _wake_soon(self) -> None:
        if not self._readers or self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        wait_s = self._woken_s + WAKE_EVERY_S - now_s
        if wait_s > 0:
            self._timer = loop.call_later(wait_s, self._wake)
        else:
            self._woken_s = now_s
            self._ring.wake()

    def _wake(self) -> None:
        self._timer = None
        self._woken_s = asyncio.get_running_loop().time()
        self._ring.wake()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
