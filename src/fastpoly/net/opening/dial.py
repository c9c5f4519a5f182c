"""A connection to a host or a Unix socket: resolve the name, try addresses, say what is wrong."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any, Final, TypeAlias

from fastpoly.errors import ConnectError, HostNotFoundError
from fastpoly.net.endpoints import Place, SocketFile
from fastpoly.unix_sockets import UnixSocket

__all__ = ["dial"]

ATTEMPT_DELAY_S: Final = 0.25
"""How long an address may take before the next one is tried beside it (RFC 8305)."""

FULL_S: Final = 0.005
"""How long to wait where a Unix socket has as many connections waiting as it may."""

_UNIX_HINTS: Final = {
    errno.ENOENT: "Start the server, or check the path.",
    errno.ECONNREFUSED: "The file is what is left of a server that has ended; start it again.",
    errno.EACCES: "Ask the server's owner; a hub takes the mode of its socket as --unix-mode.",
}
"""Why a Unix socket could not be connected to -> what to do about it."""

_Address: TypeAlias = tuple[int, int, int, str, Any]


async def dial(place: Place) -> socket.socket:
    """Connect to a host or a Unix socket; the caller owns the socket.

    The transport is given a socket, rather than a name, so that whoever gives up half way can
    shut it down at any moment: picows keeps a connection whose opening was cancelled.

    Args:
        place: A name or an IP address with its port, or a path.

    Raises:
        HostNotFoundError: The name does not resolve.
        ConnectError: Nobody accepted the connection.
    """
    if isinstance(place, SocketFile):
        return await _dial_file(place.path)
    return await _dial_host(*place)


async def _dial_file(path: str) -> socket.socket:
    sock = UnixSocket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        while True:
            try:
                # It is there at once or not at all. The loop would take a socket that is full for
                # one that is being connected, and then for connected.
                sock.connect(path)
            except BlockingIOError:
                await asyncio.sleep(FULL_S)
            else:
                return sock
    except OSError as error:
        sock.close()
        raise ConnectError(
            f"{path} does not accept connections: {error.strerror or error}.",
            hint=_UNIX_HINTS.get(error.errno or 0, "Check the path, and that the server runs."),
        ) from error
    except BaseException:
        sock.close()
        raise


async def _dial_host(host: str, port: int) -> socket.socket:
    addresses = await _resolve(host, port)
    attempts: list[asyncio.Task[socket.socket]] = []
    errors: list[OSError] = []
    winner: socket.socket | None = None
    try:
        queue = list(reversed(addresses))
        while queue or attempts:
            if queue:
                attempts.append(asyncio.ensure_future(_connect(queue.pop())))
            done, _ = await asyncio.wait(
                attempts,
                timeout=ATTEMPT_DELAY_S if queue else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                attempts.remove(task)
                error = task.exception()
                if error is None and winner is None:
                    winner = task.result()
                elif error is None:
                    task.result().close()
                elif isinstance(error, OSError):
                    errors.append(error)
                else:
                    raise error
            if winner is not None:
                return winner
    finally:
        # Not waited for: a second cancellation would interrupt that, and lose a socket.
        for task in attempts:
            task.cancel()
            task.add_done_callback(_close)
    what = errors[0].strerror or str(errors[0]) or type(errors[0]).__name__
    raise ConnectError(
        f"{host}:{port} does not accept connections: {what}.",
        hint="Check host and port, that the server runs, and that no firewall is in between.",
    ) from errors[0]


def _close(attempt: asyncio.Task[socket.socket]) -> None:
    """Close the socket of an attempt that came too late, if there is one."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


async def _resolve(host: str, port: int) -> Sequence[_Address]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        pass
    else:
        # No resolver and so no thread for what needs none.
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise HostNotFoundError(
            f"The host {host!r} does not resolve: {getattr(error, 'strerror', None) or error}.",
            hint="Check the spelling of the host, and the network's name service.",
        ) from error
    first = found[0][0]
    # The families take turns, so that one broken family costs one delay and not one per address.
    same = [address for address in found if address[0] == first]
    other = [address for address in found if address[0] != first]
    return [a for a in chain.from_iterable(zip_longest(same, other)) if a is not None]


async def _connect(address: _Address) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock
