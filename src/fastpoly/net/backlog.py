"""How many bytes wait in the kernel to be read from a socket."""

from __future__ import annotations

import socket
import sys

try:
    import fcntl
    import termios
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["unread_bytes"]


def unread_bytes(sock: socket.socket) -> int:
    """Return how many bytes have arrived and wait; 0 where the system cannot tell."""
    if fcntl is None or sock.fileno() < 0:
        return 0
    try:
        answer = fcntl.ioctl(sock.fileno(), termios.FIONREAD, b"\0" * 4)
    except OSError:
        return 0
    return int.from_bytes(answer, sys.byteorder)
