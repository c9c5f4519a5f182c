"""A consumer that shares everything that is read with other processes, through memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fastpoly.capture.marks import MarkKind, detail_of_loss
from fastpoly.errors import ConnectionLost, UsageError
from fastpoly.shared.writer import DEFAULT_BUFFER_BYTES, SharedStats, SharedWriter

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.errors import ServerError
    from fastpoly.net.reader_loop import ReaderLoop

__all__ = ["Sharing", "SharingOwner"]


class SharingOwner(Protocol):
    """Whose frames they are."""

    def forget(self, recorder: Sharing) -> object:
        """Let it have nothing more; in the loop that reads."""


class Sharing:
    """Shares one stream under a name; made by `Stream.share`.

    Args:
        name: What readers say: ``shm://name``.
        market: The market's name.
        reader: The loop that reads.
        owner: Whose frames they are.
        buffer_bytes: How many bytes of frames a reader may be behind.

    Raises:
        UsageError: See `SharedWriter`.
        OSError: There is not enough memory.
    """

    def __init__(
        self,
        name: str,
        market: str,
        reader: ReaderLoop,
        owner: SharingOwner,
        buffer_bytes: int = DEFAULT_BUFFER_BYTES,
    ) -> None:
        self._writer = SharedWriter(name, market=market, buffer_bytes=buffer_bytes)
        self._reader = reader
        self._owner = owner
        self._begun = False
        self._is_open = True

    def __repr__(self) -> str:
        return f"<Sharing {self._writer.name}>"

    @property
    def name(self) -> str:
        """The name that it is shared under."""
        return self._writer.name

    def stats(self) -> SharedStats:
        """Return what was shared so far, and with how many; from any thread."""
        return self._writer.stats()

    async def close(self) -> None:
        """End the sharing while the stream goes on; readers know when they have read what there is.

        A stream that ends does so by itself. Closing twice is fine.
        """
        try:
            await self._reader.call(self._end)
        except UsageError:
            self.end()  # that loop was not started yet, or is closed

    async def _end(self) -> None:
        self.end()

    # ------------------------------------------------------------------ in the loop that reads

    def start(self) -> bool:
        """Let readers in.

        Returns:
            Whether it begins: not if it did before, or has ended.
        """
        if self._begun or not self._is_open:
            return False
        self._begun = True
        self._writer.start()
        return True

    def on_read(self, batch: Batch) -> None:
        """See `FrameTap.on_read`."""
        self._writer.add(batch)

    def on_frame(self, text: bytes, received_ns: int) -> None:
        """See `FrameTap.on_frame`."""
        self._writer.add_frame(text, received_ns)

    def on_connected(self, at_ns: int) -> None:
        """See `Recorder.on_connected`."""
        self._mark(MarkKind.CONNECTED, at_ns)

    def on_subscribed(self, params: tuple[str, ...], at_ns: int) -> None:
        """See `Recorder.on_subscribed`: each reader has subscriptions of its own."""

    def on_refused(self, params: tuple[str, ...], error: ServerError | None, at_ns: int) -> None:
        """See `Recorder.on_refused`: each reader has subscriptions of its own."""

    def on_lost(self, error: ConnectionLost, at_ns: int) -> None:
        """See `Recorder.on_lost`."""
        self._mark(MarkKind.LOST, at_ns, **detail_of_loss(error))

    def on_gap(self, since_ns: int, until_ns: int) -> None:
        """See `Recorder.on_gap`."""
        self._mark(MarkKind.GAP, until_ns, cause="reconnect", since_ns=since_ns, until_ns=until_ns)

    def _mark(self, kind: MarkKind, at_ns: int, **detail: Any) -> None:
        self._writer.mark(kind, at_ns, **detail)

    # ----------------------------------------------------------------------------------- end

    def end(self) -> None:
        """Take nothing more, and let the readers know."""
        if self._is_open:
            self._is_open = False
            self._owner.forget(self)
            self._writer.close()

    async def wait_closed(self, seconds: float | None = None) -> None:
        """Return: there is nothing to wait for after `end`."""
