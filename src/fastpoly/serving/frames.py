"""WebSocket frames as a server sends them: unmasked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA


def frame(payload: bytes, opcode: int = TEXT, *, final: bool = True) -> bytes:
    """Return one frame.

    Args:
        payload: What it carries; nothing is checked, so that it can be wrong on purpose.
        opcode: Any number below 16.
        final: Whether the message ends with it.
    """
    first = opcode | (0x80 if final else 0)
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", first, size) + payload
    if size < 65536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def fragments(payload: bytes, pieces: int) -> Iterator[bytes]:
    """Yield one text message as that many frames (fewer if it is shorter)."""
    length = max(-(-len(payload) // max(pieces, 1)), 1)
    starts = range(0, max(len(payload), 1), length)
    for start in starts:
        yield frame(
            payload[start : start + length],
            TEXT if start == 0 else CONTINUATION,
            final=start == starts[-1],
        )


def close(code: int, reason: str = "") -> bytes:
    """Return a close frame.

    Args:
        code: Any code below 65536, also one that must not be sent.
        reason: The text that goes with it.
    """
    return frame(struct.pack("!H", code) + reason.encode(), CLOSE)
