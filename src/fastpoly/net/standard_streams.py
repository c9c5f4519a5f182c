"""Keeps the descriptors 0 to 2 from being taken by sockets where a process was started without."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["occupy_standard_descriptors"]

_LAST: Final = 2


def occupy_standard_descriptors() -> None:
    """Open the null device in place of standard input, output and error that are closed.

    Daemons and some schedulers start processes without them. The next descriptors that are opened
    get those numbers, so that what is printed goes into a socket, and libuv, which uvloop is made
    of, aborts the process.
    """
    # The lowest number that is free is the one that is given.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
