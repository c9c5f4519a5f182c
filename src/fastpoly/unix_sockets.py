"""Unix sockets: how URLs name them, and what makes a WebSocket library take one for TCP's."""

from __future__ import annotations

import os
import socket
import sys
import urllib.parse
from typing import Any, Final

from fastpoly.errors import UsageError

__all__ = [
    "UNIX_SCHEME",
    "UnixSocket",
    "is_unix",
    "path_problem",
    "socket_path",
    "split_unix_url",
    "unix_url",
]

UNIX_SCHEME: Final = "ws+unix"
"""Of ``ws+unix:///run/hub.sock:/stocks``, as the ``ws`` package of Node.js writes it: the path of
the socket, a colon, and what is asked for there."""

MAX_PATH_BYTES: Final = 107 if sys.platform == "linux" else 103
"""What the system has room for, without the zero at the end."""


class UnixSocket(socket.socket):
    """A Unix socket that takes TCP's options for set.

    picows sets TCP_NODELAY and TCP_QUICKACK on every socket that it is given, and a Unix socket
    refuses them, though it never delays anything.
    """

    def accept(self) -> tuple[UnixSocket, Any]:
        """Return a connection, which is of this class, too."""
        sock, address = super().accept()
        return UnixSocket(sock.family, sock.type, sock.proto, sock.detach()), address

    def setsockopt(self, level: int, name: int, value: Any, /, *size: int) -> None:
        """Set an option; pass over those of TCP."""
        if level != socket.IPPROTO_TCP:
            super().setsockopt(level, name, value, *size)

    def getsockopt(self, level: int, name: int, /, *size: int) -> Any:
        """Return an option; 1 for those of TCP."""
        return 1 if level == socket.IPPROTO_TCP else super().getsockopt(level, name, *size)


def path_problem(path: str) -> str:
    """Return why a path cannot be a Unix socket's, as the end of a sentence; or nothing."""
    if not hasattr(socket, "AF_UNIX"):
        return "cannot be used: this system has no Unix sockets"
    size = len(os.fsencode(path))
    if size > MAX_PATH_BYTES:
        return f"has {size} bytes, and the system has room for {MAX_PATH_BYTES}"
    if "\0" in path:
        return "has a zero in it"
    return ""


def socket_path(path: str | os.PathLike[str]) -> str:
    """Return the full path of a Unix socket to listen on.

    Raises:
        UsageError: It cannot be one, such as one that is too long.
    """
    full = os.path.abspath(path)
    problem = path_problem(full)
    if problem:
        raise UsageError(
            f"The path of the Unix socket {problem}: {full!r}.",
            hint="Choose a short one, such as /run/fastpoly/stocks.sock.",
        )
    return full


def is_unix(url: str) -> bool:
    """Whether a URL is one of a Unix socket."""
    return url.strip().partition(":")[0].lower() == UNIX_SCHEME


def unix_url(path: str, request: str) -> str:
    """Return the URL of a Unix socket.

    Args:
        path: The full path of the socket.
        request: The path that is asked for there, with or without a slash at its beginning.
    """
    quoted = urllib.parse.quote_from_bytes(os.fsencode(path))
    return f"{UNIX_SCHEME}://{quoted}:/{request.removeprefix('/')}"


def split_unix_url(url: str) -> tuple[str, str, str]:
    """Return the path of the socket that a URL names, then the path and query asked for there."""
    parts = urllib.parse.urlsplit(url.strip())
    path, _, request = parts.path.partition(":")
    return os.fsdecode(urllib.parse.unquote_to_bytes(path)), request, parts.query
