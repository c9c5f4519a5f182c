"""The gaps of a recording, as its marks tell of them, for a reader that it is played to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from fastpoly.capture.marks import MarkKind
from fastpoly.hub.news import gap_of_past

if TYPE_CHECKING:
    from fastpoly.capture.marks import Mark

__all__ = ["PastGaps"]


class PastGaps:
    """Reads the marks of one recording, in their order."""

    def __init__(self) -> None:
        # Connections that were lost, since data came last.
        self._lost: list[Mark] = []

    def on_mark(self, mark: Mark, played_ns: int, channels: list[str]) -> list[bytes]:
        """Return what the reader is to be told of a mark, which may be nothing.

        Args:
            mark: The next mark.
            played_ns: When what was played before it was received, Unix time in ns.
            channels: The channels that the reader wants.
        """
        if mark.kind is MarkKind.LOST:
            self._lost.append(mark)
        if mark.kind is not MarkKind.GAP:
            return []
        lost, self._lost = self._lost, []
        at_ns = mark.at_ns or played_ns
        since_ns = _whole(mark.detail, "since_ns", at_ns)
        until_ns = _whole(mark.detail, "until_ns", at_ns)
        told = _CAUSES.get(str(mark.detail.get("cause")), _other)
        first = next((one for one in lost if one.at_ns >= since_ns), None)
        return [
            gap_of_past(
                told(mark.detail, first),
                since_ns,
                until_ns,
                channels,
                code=1006 if first is None else _whole(first.detail, "code", 1006),
                attempts=sum(one.at_ns >= since_ns for one in lost),
            )
        ]


def _whole(detail: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = detail.get(name)
    return value if isinstance(value, int) and value >= 0 else otherwise


def _reconnect(detail: Mapping[str, Any], first: Mark | None) -> str:
    why = "" if first is None else str(first.detail.get("error") or first.detail.get("reason", ""))
    return f"The hub's connection was interrupted: {why}" if why else _INTERRUPTED


def _not_written(detail: Mapping[str, Any], first: Mark | None) -> str:
    events = _whole(detail, "events", 0)
    return f"The hub's recording has left out {events:,} events that could not be written."


def _damaged(detail: Mapping[str, Any], first: Mark | None) -> str:
    return f"The hub's recording cannot be read here: {detail.get('reason', '')}"


def _other(detail: Mapping[str, Any], first: Mark | None) -> str:
    return "Something is missing in the hub's recording."


_INTERRUPTED: Final = "The hub's connection was interrupted."

_CAUSES: Final[Mapping[str, Callable[[Mapping[str, Any], Mark | None], str]]] = {
    "reconnect": _reconnect,
    "buffer_full": _not_written,
    "write_failed": _not_written,
    "damaged": _damaged,
}
"""The cause that a mark names -> what a reader is told of it."""
