"""A buffer whose last batch and end come at the worst moment: when nothing was found in it."""

from __future__ import annotations

from typing import Any

from fastpoly._core import Batch
from fastpoly.consumers.buffer import Buffer

__all__ = ["LateBuffer"]


class LateBuffer(Buffer):
    """As if the thread that reads had had its turn right after a look that found nothing.

    Args:
        last: What comes then, before the end.
        options: See `Buffer`.
    """

    def __init__(self, last: Batch, **options: Any) -> None:
        super().__init__("stocks", **{"max_bytes": 1 << 20, **options})
        self._last = last

    def take(self) -> Batch | None:
        """See `Buffer.take`."""
        found = super().take()
        if found is None and not self.closed:
            self.put(self._last)
            self.close()
        return found
