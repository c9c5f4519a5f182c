"""What a stream needs to know of those who write its events elsewhere, in threads of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.consumers.buffer import Buffer
    from fastpoly.consumers.picker import Picker

__all__ = ["Writer", "WriterOwner"]


class WriterOwner(Protocol):
    """Who has a writer."""

    def on_full(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_full`."""

    def on_room(self, buffer: Buffer) -> None:
        """See `BufferOwner.on_room`."""

    def on_notices(self, notices: Batch) -> None:
        """Tell the user what the writer lost; from the writer's thread."""


class Writer(Protocol):
    """A consumer that writes what it gets elsewhere, in a thread of its own."""

    @property
    def name(self) -> str:
        """What to call it."""

    def adopt(self, buffer: Buffer, picker: Picker | None, owner: WriterOwner) -> None:
        """Take what it needs, before anything else.

        Args:
            buffer: Where batches wait for it; it becomes the writer's.
            picker: Picks what is wanted of the stream's batches; None for everything.
            owner: Who has it.
        """

    def start(self) -> None:
        """Begin, in the user's loop."""

    def push(self, batch: Batch, channels: tuple[str, ...]) -> None:
        """See `Consumer.push`."""

    def end(self, error: BaseException | None) -> None:
        """See `Consumer.end`. What waits is still written."""

    async def wait_drained(self) -> None:
        """Wait until all is written and closed, after `end`."""

    def abort(self) -> None:
        """Give up what waits, and close what is written; from any thread, without waiting."""
