"""Passes on what a connection reads, without the API key where a server repeats it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastpoly.schema import STATUS_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, FrameTap

__all__ = ["HidingTap"]


class HidingTap:
    """A tap before a tap.

    The key is looked for in reads that have a control message in them, and in what is not JSON:
    nothing else of a server's repeats what it was sent.

    Args:
        tap: Who gets everything.
        hide: Makes the key in a text unreadable.
    """

    def __init__(self, tap: FrameTap, hide: Callable[[str], str]) -> None:
        self._tap = tap
        self._hide = hide

    def on_read(self, batch: Batch) -> None:
        """See `FrameTap.on_read`."""
        if batch.count(STATUS_CHANNEL):
            texts = batch.raw()
            hidden = [self._hidden(text) for text in texts]
            if hidden != texts:
                for text in hidden:
                    self._tap.on_frame(text, batch.received_ns)
                return
        self._tap.on_read(batch)

    def on_frame(self, text: bytes, received_ns: int) -> None:
        """See `FrameTap.on_frame`."""
        self._tap.on_frame(self._hidden(text), received_ns)

    def _hidden(self, text: bytes) -> bytes:
        # Whatever bytes they are, what is not the key comes out as it went in.
        return self._hide(text.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )
