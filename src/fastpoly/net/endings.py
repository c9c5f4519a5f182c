"""How a connection ended, from what picows knows of it."""

from __future__ import annotations

from typing import Any

from picows import WSProtocolError, WSTransport

__all__ = ["how_it_ended"]


def how_it_ended(
    transport: WSTransport, cause: Exception | None, closing: bool
) -> tuple[int, str, bool]:
    """Return the close code, its text, and whether this side found fault with the other one."""
    handshake = transport.close_handshake
    received = handshake.recv if handshake is not None else None
    sent = handshake.sent if handshake is not None else None
    if isinstance(cause, WSProtocolError):
        return _number(cause.code), str(cause), True
    # An answer to a close frame repeats its code.
    if sent is not None and not closing and (received is None or received.code != sent.code):
        return _number(sent.code), sent.reason or "", True
    if received is not None:
        return _number(received.code), received.reason or "", False
    return 1006, "", False


def _number(code: Any) -> int:
    """Return a close code of picows (an enum to type checkers, an int at run time) as a number."""
    # picows says 0 for a close frame without a code, for which the RFC reserves 1005.
    return int(code) or 1005
