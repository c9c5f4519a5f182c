"""What happens when a consumer's buffer is full: one small class for each overflow policy.

A policy has no state of its own; what it decides is kept in the buffer, so that one object serves
all buffers. A new policy is a class here, an entry in `POLICIES`, and a member of `enums.Overflow`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Protocol

from fastpoly.enums import Overflow
from fastpoly.errors import ConsumerTooSlow, FastpolyError

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["POLICIES", "BoundedBuffer", "OverflowPolicy"]

BLOCK_AT: Final = 0.75
"""The share of the limit at which reading stops: what is on its way still has to fit."""


class BoundedBuffer(Protocol):
    """What a policy may do with a buffer. The buffer holds its lock meanwhile.

    Attributes:
        consumer: What to call the consumer in texts.
        max_bytes: The limit.
        low_bytes: At how many bytes a full buffer counts as relieved.
        nbytes: Bytes in it.
        refusing: Whether what arrives is lost, without asking the policy.
        is_full: Whether reading should wait.
        lost_by_channel: Events lost so far.
    """

    consumer: str
    max_bytes: int
    low_bytes: int
    nbytes: int
    refusing: bool
    is_full: bool
    lost_by_channel: dict[str, int]

    def drop_oldest(self, now_ns: int, room: int) -> None:
        """Lose the oldest batches until at most `room` bytes are left, and none that is too old."""

    def lose(self, batch: Batch) -> None:
        """Count a batch that was not put in as lost."""

    def conflate(self, now_ns: int) -> None:
        """Keep only the latest event of each channel and symbol."""

    def put_notice(self) -> None:
        """Put the notice of what was lost behind what is there."""

    def end(self, error: FastpolyError) -> None:
        """Take nothing more in, for that reason."""


class OverflowPolicy:
    """What there is to decide; by default nothing is lost, and nothing bounds the buffer.

    Attributes:
        watermark: The share of the limit above which `on_put` is called for every batch.
        notice_last: Whether the notice of lost events comes after what the buffer held, and not
            before it: the newest were lost, and not the oldest.
    """

    watermark: float = math.inf
    notice_last: bool = False

    def make_room(self, buffer: BoundedBuffer, batch: Batch, now_ns: int) -> bool:
        """Decide about a batch that does not fit, before it is put in.

        Returns:
            Whether it goes in.
        """
        return True

    def on_put(self, buffer: BoundedBuffer, over: bool, now_ns: int) -> bool:
        """Act on a batch that was put in although it did not fit, or is above the watermark.

        Args:
            buffer: The buffer.
            over: Whether it did not fit.
            now_ns: The monotonic clock, in ns.

        Returns:
            Whether to tell the buffer's owner that reading should stop.
        """
        return False

    def on_take(self, buffer: BoundedBuffer, now_ns: int) -> None:
        """Act before a batch is taken; only called where batches may be too old."""

    def on_relief(self, buffer: BoundedBuffer) -> bool:
        """Act when a buffer that was full or refusing is down to `low_bytes`.

        Returns:
            Whether to tell the buffer's owner that reading may go on.
        """
        return False


class Block(OverflowPolicy):
    """Nothing is lost: reading stops until there is room."""

    watermark = BLOCK_AT

    def on_put(self, buffer: BoundedBuffer, over: bool, now_ns: int) -> bool:
        """See `OverflowPolicy.on_put`."""
        was_full, buffer.is_full = buffer.is_full, True
        return not was_full

    def on_relief(self, buffer: BoundedBuffer) -> bool:
        """See `OverflowPolicy.on_relief`."""
        buffer.is_full = False
        return True


class DropOldest(OverflowPolicy):
    """The oldest batches are lost, down to the relief mark: losses come in runs."""

    def make_room(self, buffer: BoundedBuffer, batch: Batch, now_ns: int) -> bool:
        """See `OverflowPolicy.make_room`."""
        buffer.drop_oldest(now_ns, buffer.low_bytes - batch.nbytes)
        return True

    def on_take(self, buffer: BoundedBuffer, now_ns: int) -> None:
        """See `OverflowPolicy.on_take`."""
        buffer.drop_oldest(now_ns, buffer.nbytes)


class DropNewest(OverflowPolicy):
    """What arrives is lost until there is room."""

    notice_last = True

    def make_room(self, buffer: BoundedBuffer, batch: Batch, now_ns: int) -> bool:
        """See `OverflowPolicy.make_room`."""
        buffer.refusing = True
        buffer.lose(batch)
        return False

    def on_relief(self, buffer: BoundedBuffer) -> bool:
        """See `OverflowPolicy.on_relief`."""
        buffer.refusing = False
        buffer.put_notice()
        return False


class Conflate(OverflowPolicy):
    """The latest event of each channel and symbol stays, of all that there is."""

    def on_put(self, buffer: BoundedBuffer, over: bool, now_ns: int) -> bool:
        """See `OverflowPolicy.on_put`."""
        buffer.conflate(now_ns)
        return False


class Error(OverflowPolicy):
    """The consumer gets what was there, and then an error."""

    notice_last = True

    def make_room(self, buffer: BoundedBuffer, batch: Batch, now_ns: int) -> bool:
        """See `OverflowPolicy.make_room`."""
        buffer.lose(batch)
        buffer.end(
            ConsumerTooSlow(
                f"{buffer.consumer} did not keep up: its buffer of {buffer.max_bytes} bytes "
                "is full.",
                lost_by_channel=buffer.lost_by_channel,
            )
        )
        return False


POLICIES: Final[dict[str, OverflowPolicy]] = {
    Overflow.BLOCK: Block(),
    Overflow.DROP_OLDEST: DropOldest(),
    Overflow.DROP_NEWEST: DropNewest(),
    Overflow.CONFLATE: Conflate(),
    Overflow.ERROR: Error(),
}
"""The policy that each name stands for."""
