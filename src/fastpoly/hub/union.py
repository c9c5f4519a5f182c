"""Counts who wants what, so that the hub asks for each thing once and lets go of it in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Key", "Union"]

Key: TypeAlias = "tuple[str, str]"
"""A channel, and a symbol as the data spells it; ``*`` for all of the channel."""


@dataclass(slots=True)
class _Wanted:
    text: str
    count: int


class Union:
    """What all readers together want.

    A key is wanted for as long as anyone wants it. Symbols may be spelled in several ways; the
    service is asked in the words of the first who wanted one.
    """

    def __init__(self) -> None:
        self._wanted: dict[Key, _Wanted] = {}

    def __len__(self) -> int:
        return len(self._wanted)

    def __contains__(self, key: Key) -> bool:
        return key in self._wanted

    def add(self, key: Key, text: str) -> None:
        """Count one more who wants a key.

        Args:
            key: The key.
            text: How it was written.
        """
        held = self._wanted.get(key)
        if held is None:
            self._wanted[key] = _Wanted(text, 1)
        else:
            held.count += 1

    def remove(self, key: Key) -> str | None:
        """Count one less.

        Returns:
            The words in which the service was asked, if nobody wants it any more; else None.

        Raises:
            KeyError: Nobody wanted it.
        """
        held = self._wanted[key]
        held.count -= 1
        if held.count:
            return None
        del self._wanted[key]
        return held.text

    def text(self, key: Key) -> str:
        """Return the words in which the service is asked for a key.

        Raises:
            KeyError: Nobody wants it.
        """
        return self._wanted[key].text

    def texts(self, keys: Iterable[Key]) -> list[str]:
        """Return the words for those of some keys that somebody wants."""
        return [self._wanted[key].text for key in keys if key in self._wanted]
