"""What the commands that are servers say where they cannot listen."""

from __future__ import annotations

import errno
import os
import socket
from typing import Final

from fastpoly.errors import FastpolyError

__all__ = ["no_listening"]

_HINTS: Final = {
    errno.EADDRINUSE: "Choose another {option}, or 0 for any free one.",
    errno.EACCES: "Ports below 1024 are the administrator's; choose another {option}.",
    errno.EADDRNOTAVAIL: "Pass an address of this machine as --host, such as 127.0.0.1 or 0.0.0.0.",
}
"""Why it could not listen -> what to do about it."""

_FILE_HINTS: Final = {
    errno.EADDRINUSE: "Stop that program, or choose another --unix.",
    errno.EEXIST: "Remove it if nobody needs it, or choose another --unix.",
    errno.ENOENT: "Make its directory first, or choose another --unix.",
}
"""The same for a Unix socket."""


def no_listening(error: OSError, host: str, port: int, option: str = "--port") -> FastpolyError:
    """Return the error for an address that cannot be listened on.

    Args:
        error: Why; it names a file where that is a Unix socket's.
        host: The address.
        port: The port.
        option: The option that says the port.
    """
    number = error.errno
    if error.filename:
        return FastpolyError(
            f"Could not listen on {error.filename}: {error.strerror}.",
            hint=_FILE_HINTS.get(
                number or 0, "Choose a directory in which you may make files as --unix."
            ),
        )
    if isinstance(error, socket.gaierror) or number is None:
        # None: aiofastnet has tried every address, and none is this machine's.
        number = errno.EADDRNOTAVAIL
    # The loop's own text has a tuple for an address in it.
    what = error.strerror if isinstance(error, socket.gaierror) else os.strerror(number)
    return FastpolyError(
        f"Could not listen on {host}:{port}: {what}.",
        hint=_HINTS.get(number, "Choose another --host or {option}.").format(option=option),
    )
