"""How a connection ended: close codes and what they mean. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastpoly.errors import ConnectionLost, FastpolyError

__all__ = ["CloseReason", "connection_lost"]


@dataclass(frozen=True, slots=True)
class CloseReason:
    """How a connection ended.

    Attributes:
        code: The WebSocket close code; 1006 where there was no close frame.
        reason: The text that came with the code; may be empty.
        error: What went wrong; None when this side closed the connection.
    """

    code: int
    reason: str
    error: FastpolyError | None


# What the server did, by the code of its own close frame.
_SAID: Final = {
    1000: "ended the connection as if all were done",
    1001: "is going away",
    1002: "says that this side broke the WebSocket protocol",
    1003: "says that it cannot use what it was sent",
    1005: "closed the connection without a reason",
    1006: "dropped the connection without a word",
    1007: "says that it was sent text that is not UTF-8",
    1008: "closed the connection for a breach of its policy",
    1009: "says that it was sent a message that is too long",
    1011: "had an internal error",
    1012: "is restarting",
    1013: "is overloaded",
}

# What the server did, by the code that this side ended the connection with.
_FOUND: Final = {
    1002: "broke the WebSocket protocol",
    1007: "sent text that is not UTF-8",
    1009: "sent a message that is too long",
}

_FOUND_HINTS: Final = {1009: "Raise max_message_bytes."}


def connection_lost(where: str, code: int, reason: str, *, found: bool = False) -> ConnectionLost:
    """Return the error for a connection that this side did not close of its own accord.

    Args:
        where: The URL as messages may show it.
        code: The close code.
        reason: The text that came with it.
        found: Whether the code is this side's, which found fault with what the server sent.
    """
    meaning = (_FOUND if found else _SAID).get(code, "closed the connection")
    text = f": {reason}" if reason else ""
    return ConnectionLost(
        f"{where} {meaning} (code {code}{text}).",
        hint=_FOUND_HINTS.get(code, "") if found else "",
        code=code,
        reason=reason,
    )
