"""What a recording says about its session, among the frames: connected, subscribed, a gap."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fastpoly.errors import ConnectionLost

__all__ = ["MARK_SCHEMA", "Mark", "MarkKind", "detail_of_loss"]


class MarkKind(StrEnum):
    """What happened."""

    CONNECTED = "connected"
    """A connection was made and is logged in."""
    SUBSCRIBED = "subscribed"
    """Parameters were confirmed: ``params``."""
    REFUSED = "refused"
    """Parameters were refused: ``params``, ``reason``."""
    LOST = "lost"
    """The connection was lost, or did not come up: ``code``, ``reason``, ``error``, and
    ``resumes`` where nothing (more) is missing for it."""
    GAP = "gap"
    """Something is missing here. ``cause`` says why: ``reconnect``, ``buffer_full``,
    ``write_failed`` (of the writer), ``damaged`` (of the file)."""
    BAD_FRAME = "bad_frame"
    """A frame is not JSON; only in what is read: ``reason``, ``offset``, ``frame``."""
    OTHER = "other"
    """A kind that this version does not know; ``detail["mark"]`` names it."""


LONGEST_REASON: Final = 500
"""Characters that are kept of what a server said, or a system."""

MARK_SCHEMA: Final = json.dumps(
    {
        "type": "object",
        "properties": {"mark": {"type": "string"}},
        "required": ["mark"],
    }
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of a recording.

    Attributes:
        kind: What happened.
        at_ns: When, Unix time in ns.
        detail: What else is known, as it was recorded.
    """

    kind: MarkKind
    at_ns: int
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return the mark as it stands in the file; the time stands beside it."""
        return json.dumps({"mark": self.kind.value, **self.detail}, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes, at_ns: int) -> Mark:
        """Return the mark that a text of the file says.

        Of a text that is none, the kind is ``other`` and the detail has it as ``text``.
        """
        try:
            detail = json.loads(text)
            name = detail["mark"]
        except (ValueError, TypeError, KeyError):
            return cls(MarkKind.OTHER, at_ns, {"text": text.decode(errors="replace")})
        try:
            kind = MarkKind(name)
        except ValueError:
            return cls(MarkKind.OTHER, at_ns, detail)
        return cls(kind, at_ns, {key: value for key, value in detail.items() if key != "mark"})


def detail_of_loss(error: ConnectionLost) -> dict[str, Any]:
    """Return what a ``lost`` mark says of a loss."""
    detail: dict[str, Any] = {
        "code": error.code,
        "reason": error.reason[:LONGEST_REASON],
        "error": error.detail[:LONGEST_REASON],
    }
    if error.resumes:
        detail["resumes"] = True
    return detail
