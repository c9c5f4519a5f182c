"""Whether the connection is read: not while a consumer that blocks is full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fastpoly.sources.source import SourceConnection

__all__ = ["Fillable", "ReadingGate"]


class Fillable(Protocol):
    """A buffer that may be full."""

    @property
    def is_full(self) -> bool:
        """Whether reading should wait."""


class ReadingGate:
    """Pauses and resumes the connection of the moment.

    Attributes:
        is_closed: Whether reading waits for a consumer.
    """

    def __init__(self) -> None:
        self._connection: SourceConnection | None = None
        self._full: set[Fillable] = set()
        self._needs_answers = False
        self.is_closed = False

    def attach(self, connection: SourceConnection | None) -> None:
        """Take over a connection whose login is done; None when it has ended."""
        self._connection = connection
        self._update()

    def note_room(self, buffer: Fillable) -> None:
        """Look again at a buffer that has become full, or has room again."""
        # Asked anew, not told: news of the two ends of a buffer may overtake each other.
        if buffer.is_full:
            self._full.add(buffer)
        else:
            self._full.discard(buffer)
        self._update()

    def need_answers(self, needed: bool) -> None:
        """Read all the same while answers are awaited.

        The consumer that is full may be the one that waits for them.
        """
        self._needs_answers = needed
        self._update()

    def _update(self) -> None:
        self.is_closed = bool(self._full) and not self._needs_answers
        if self._connection is None:
            return
        if self.is_closed:
            self._connection.pause_reading()
        else:
            self._connection.resume_reading()
