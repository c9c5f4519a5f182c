"""How far a reader has got, kept in the broker under a name, so that it can go on from there."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from fastpoly.broker.link import request_failed
from fastpoly.errors import UsageError

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

    from fastpoly.broker.link import Link

__all__ = ["SAVE_S", "Position", "Progress"]

SAVE_S: Final = 1.0
"""How often it is saved."""

BUCKET: Final = "fastpoly-positions"


class Position:
    """A name's place in a stream: the sequence number of the last message that was worked off.

    Args:
        stream: The stream's name.
        name: What the reader is called.
    """

    def __init__(self, stream: str, name: str) -> None:
        self._key = f"{stream}.{name}"
        self._name = name
        self._store: KeyValue | None = None
        self._revision = 0
        self._saved = -1

    async def load(self, link: Link) -> int | None:
        """Return the number; None where the name is new.

        Raises:
            FastpolyError: The broker does not say.
        """
        from nats.js.errors import BucketNotFoundError, KeyNotFoundError, NotFoundError

        try:
            try:
                self._store = await link.jetstream.key_value(BUCKET)
            except (BucketNotFoundError, NotFoundError):
                self._store = await link.jetstream.create_key_value(bucket=BUCKET, history=1)
            try:
                entry = await self._store.get(self._key)
            except KeyNotFoundError:
                self._revision = 0
                return None
        except Exception as error:
            raise request_failed("read where it stopped", error) from error
        self._revision = entry.revision or 0
        self._saved = int(entry.value or b"0")
        return self._saved

    async def save(self, sequence: int) -> None:
        """Keep the number.

        Raises:
            UsageError: Another reader has the same name.
            FastpolyError: The broker does not do it.
        """
        from nats.js.errors import KeyWrongLastSequenceError

        if self._store is None or sequence == self._saved:
            return
        try:
            value = str(sequence).encode()
            self._revision = await self._store.update(self._key, value, last=self._revision)
        except KeyWrongLastSequenceError:
            raise UsageError(
                f"Another reader goes by the name {self._name!r}.",
                hint="Give each a name of its own: ?durable=NAME.",
            ) from None
        except Exception as error:
            raise request_failed("save where it is", error) from error
        self._saved = sequence


class Progress:
    """Which messages are worked off: those before what waits, and not only just handed over."""

    def __init__(self) -> None:
        # When each number had been handed over, in seconds.
        self._past: deque[tuple[float, int]] = deque()
        self._done = 0

    def begin(self, sequence: int) -> None:
        """Take note of where reading begins."""
        self._past.clear()
        self._done = sequence

    def note(self, now_s: float, sequence: int) -> None:
        """Take note of what was handed over by now."""
        if not self._past or self._past[-1][1] != sequence:
            self._past.append((now_s, sequence))

    def worked_off(self, before_s: float) -> int:
        """Return the last number that had been handed over before a time."""
        while self._past and self._past[0][0] <= before_s:
            self._done = self._past.popleft()[1]
        return self._done
