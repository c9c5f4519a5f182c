"""Makes the messages of a batch as they are asked for, and keeps account of what is left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from operator import length_hint
from typing import Any, Final, Literal, Protocol, TypeAlias

from fastpoly._core import Batch
from fastpoly.consumers.buffer import FAIR_SHARE_S

__all__ = ["CHUNK", "LISTS", "MessageReader", "MessageReaderOwner", "Messages"]

Messages: TypeAlias = Literal["dicts", "events", "batches"]
"""What handlers get: dicts or events one at a time, or the batches of their channels."""

CHUNK: Final = 64
"""Messages that are made at a time. Thousands at once would leave the processor's caches, and keep
the garbage collector busy, before the first is looked at; fewer cost more calls."""

LISTS: Final[dict[Messages, Callable[[Batch], list[Any]]]] = {
    "dicts": Batch.dicts,
    "events": list,
    "batches": lambda batch: [batch],
}
"""How each form of messages is made of events."""


class MessageReaderOwner(Protocol):
    """Whose messages are made."""

    def message_unreadable(self, error: Exception) -> None:
        """Take why one message could not be made; those beside it are."""


class MessageReader:
    """Takes batches apart, one after the other.

    Args:
        messages: Into what.
        owner: Whose messages they are.

    Attributes:
        is_cut: Whether the messages ended early, as they took more than a fair share of the event
            loop's time; `stop` gives the rest.
    """

    __slots__ = ("_batch", "_chunk", "_list", "_made", "_owner", "_total", "_whole", "is_cut")

    def __init__(self, messages: Messages, owner: MessageReaderOwner) -> None:
        self._owner = owner
        self.is_cut = False
        self._list = LISTS[messages]
        self._whole = messages == "batches"
        self._batch: Batch | None = None
        self._chunk: Iterator[Any] = iter(())
        self._made = self._total = 0

    def read(self, batch: Batch) -> Iterator[Any]:
        """Return a batch's messages. The one before must have been read to its end, or stopped."""
        self._batch = batch
        self.is_cut = False
        total = self._total = 1 if self._whole else len(batch)
        if total > CHUNK:
            self._made = 0
            return chain.from_iterable(self._chunks(batch))
        self._made = total
        try:
            made = self._list(batch) if total else []
        except Exception:
            made = self._make_singly(batch)
        chunk = self._chunk = iter(made)
        return chunk

    def _make(self, batch: Batch) -> list[Any]:
        try:
            return self._list(batch)
        except Exception:
            return self._make_singly(batch)

    def _make_singly(self, batch: Batch) -> list[Any]:
        """Make the messages that can be made."""
        made: list[Any] = []
        for i in range(len(batch)):
            try:
                made += self._list(batch[i : i + 1])
            except Exception as error:
                self._owner.message_unreadable(error)
        return made

    def _chunks(self, batch: Batch) -> Iterator[Iterator[Any]]:
        until = time.monotonic() + FAIR_SHARE_S
        while self._made < self._total:
            if self._made and time.monotonic() > until:
                self.is_cut = True
                return
            start = self._made
            self._made = min(start + CHUNK, self._total)
            self._chunk = iter(self._make(batch[start : self._made]))
            yield self._chunk

    def stop(self) -> Batch | None:
        """Give up what was not read yet.

        Returns:
            The events that were not asked for; None if there are none.
        """
        batch, chunk = self._batch, self._chunk
        if batch is None:
            return None
        left = self._total - self._made + length_hint(chunk)
        self._batch = None
        self._made = self._total
        deque(chunk, maxlen=0)
        if not left:
            return None
        return batch if self._whole else batch[len(batch) - left :]
