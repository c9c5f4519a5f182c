"""What ``shm://name`` stands for: a socket that vanishes with the process that made it."""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
from typing import Final

from fastpoly.errors import UsageError

__all__ = ["GREETING", "address_of", "peer_uid"]

GREETING: Final = b"fastpoly shared memory 1\n"
"""What a writer sends to each reader, with two descriptors: the memory, and what wakes it."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}")


def address_of(name: str, market: str) -> str:
    """Return the address in Linux's abstract namespace, where no file is left behind.

    It has the user in it, so that users do not get in each other's way, and the market, so that
    one name does for all markets of a program.

    Raises:
        UsageError: The name is invalid, or this is not Linux.
    """
    if sys.platform != "linux":
        raise UsageError(
            "Sharing through memory needs Linux.",
            hint='Serve the frames over a socket instead, and read them with url="ws://...".',
        )
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name to share under.",
            hint="Use up to 48 letters, digits, dots, dashes and underscores.",
        )
    return f"\0fastpoly/{os.geteuid()}/{market}/{name}"


def peer_uid(link: socket.socket) -> int:
    """Return the user whose process is at the other end."""
    size = struct.calcsize("3i")
    found = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", found)[1])
