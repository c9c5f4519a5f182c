"""The file of a Unix socket: made for its owner alone, taken over from the dead, and removed."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
from collections.abc import AsyncIterator
from typing import Final

from fastpoly.errors import UsageError
from fastpoly.unix_sockets import UnixSocket, socket_path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["BACKLOG", "OWNER_ONLY", "ListeningFile"]

OWNER_ONLY: Final = 0o600

BACKLOG: Final = 512
"""How many may wait to be accepted: after a restart, all readers come at once."""

_TURN_S: Final = 0.005
_TURNS: Final = 200


class ListeningFile:
    """A Unix socket to listen on.

    Args:
        path: Where its file is made.
        mode: Who may connect: those who may write to the file.

    Attributes:
        path: The full path.

    Raises:
        UsageError: The path cannot be a socket's, or the mode is none.
    """

    def __init__(self, path: str | os.PathLike[str], mode: int = OWNER_ONLY) -> None:
        if not 0 <= mode <= 0o777:
            raise UsageError(
                f"A Unix socket cannot have the mode {mode:o}.",
                hint="Pass an octal number such as 0o600 or 0o660.",
            )
        self.path = socket_path(path)
        self._mode = mode
        self._made: tuple[int, int] | None = None

    async def listen(self) -> UnixSocket:
        """Make the file and return its socket, which is listening.

        What a program that was killed has left there is replaced.

        Raises:
            OSError: Another program listens there, there is another file, or none can be made.
        """
        sock = UnixSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            async with _alone_in(os.path.dirname(self.path)):
                if self._is_left_over():
                    os.unlink(self.path)
                sock.bind(self.path)
                self._made = _identity(self.path)
                # Nobody can connect before it listens, so it is never open to more than it should.
                os.chmod(self.path, self._mode)
                sock.listen(BACKLOG)
        except BaseException as error:
            self.remove()
            sock.close()
            if isinstance(error, OSError):
                # The socket's own errors do not name the file.
                raise OSError(error.errno, error.strerror or str(error), self.path) from error
            raise
        return sock

    def remove(self) -> None:
        """Remove the file, if it is still the one that was made."""
        made, self._made = self._made, None
        with contextlib.suppress(OSError):
            if made is not None and _identity(self.path) == made:
                os.unlink(self.path)

    def _is_left_over(self) -> bool:
        """Whether there is a socket on which nobody listens.

        Raises:
            OSError: There is something else.
        """
        try:
            mode = os.lstat(self.path).st_mode
        except FileNotFoundError:
            return False
        if not stat.S_ISSOCK(mode):
            raise FileExistsError(errno.EEXIST, "there is a file, and it is no socket")
        with UnixSocket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            try:
                sock.connect(self.path)
            except ConnectionRefusedError:
                return True
            except FileNotFoundError:
                return False  # gone meanwhile
            except BlockingIOError:
                pass  # its queue is full
        raise OSError(errno.EADDRINUSE, "another program listens there")


def _identity(path: str) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


@contextlib.asynccontextmanager
async def _alone_in(folder: str) -> AsyncIterator[None]:
    """Keep two programs from taking over the same file at once: each would find it left over."""
    descriptor: int | None = None
    with contextlib.suppress(PermissionError):  # files may be made there, but not listed
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        if descriptor is not None and fcntl is not None:
            for _ in range(_TURNS):
                # Not for ever: in a folder such as /tmp, anybody can hold the lock.
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                await asyncio.sleep(_TURN_S)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
