"""A TCP connection to a host: resolve its name, try its addresses, say what went wrong."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any, Final, TypeAlias

from fastpoly.errors import ConnectError, HostNotFoundError

__all__ = ["dial"]

ATTEMPT_DELAY_S: Final = 0.25
"""How long an address may take before the next one is tried beside it (RFC 8305)."""

_Address: TypeAlias = tuple[int, int, int, str, Any]


async def dial(host: str, port: int) -> socket.socket:
    """Connect to a host; the caller owns the socket.

    The transport is given a socket, rather than a name, so that whoever gives up half way can
    shut it down at any moment: picows keeps a connection whose opening was cancelled.

    Args:
        host: A name or an IP address.
        port: The TCP port.

    Raises:
        HostNotFoundError: The name does not resolve.
        ConnectError: No address accepted the connection.
    """
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
