"""What a sink is: the few methods that write a stream's events elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["Sink"]


@runtime_checkable
class Sink(Protocol):
    """Where events are written to.

    One thread calls the methods but `open`, one after the other. They may take as long as they
    need: what arrives meanwhile waits in a buffer, and the stream does not wait with it.

    What `write` and `flush` raise costs events and nothing else: it is announced, and the next
    batch is written as if nothing had happened. A sink that loses more than the batch in hand, or
    less, says so with a `SinkError`.
    """

    @property
    def rows(self) -> int:
        """Rows of one channel that `write` gets together; 0 for batches as they arrive."""

    @property
    def every(self) -> float:
        """Seconds after which it gets them although they are fewer, and `flush` is called."""

    def open(self, market: str) -> None:
        """Get ready; what this raises, whoever adds the sink to a stream gets.

        Args:
            market: The market's name.
        """

    def write(self, batch: Batch) -> None:
        """Write a batch: of one channel where `rows` is not 0, or of notices (`Gap`).

        A notice stands where it belongs: what came before it was written before.
        """

    def flush(self) -> None:
        """Put where it belongs what should be there by now; called also when nothing comes."""

    def close(self) -> None:
        """Put where it belongs all that is left; nothing comes after this."""
