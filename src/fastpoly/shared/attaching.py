"""The reading end: what a writer hands over, checked, and the sign that it has ended."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
from typing import TYPE_CHECKING, Final

from fastpoly._core import FrameRingReader
from fastpoly.errors import ConnectError
from fastpoly.shared.names import GREETING, address_of, peer_uid

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Attachment", "attach"]

_GET_SEALS: Final = 1034  # Linux's number; the module fcntl has it from Python 3.12 or 3.13 on
_SEAL_SHRINK: Final = 0x2

_OTHER_HINT: Final = "Something else has that name: choose another one."


class Attachment:
    """A ring that is being read.

    Args:
        ring: Its reader.
        waker: The eventfd by which the writer says that there is more.
        link: The descriptor of the connection to the writer, which has ended when it is readable.
    """

    def __init__(self, ring: FrameRingReader, waker: int, link: int) -> None:
        self.ring = ring
        self.waker = waker
        self.link = link

    def sleep_again(self) -> None:
        """Take note of having been woken."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.waker)

    def close(self) -> None:
        """Let it go; closing twice is fine."""
        if self.waker >= 0:
            os.close(self.waker)
            os.close(self.link)
            self.waker = self.link = -1

    # One that is left for a connection that never comes must not keep its descriptors.
    __del__ = close


async def attach(name: str, market: str, *, timeout_s: float | None, shards: int) -> Attachment:
    """Return the ring that is shared under a name, read from the newest frame on.

    Args:
        name: What follows ``shm://``.
        market: The market's name.
        timeout_s: Seconds that the writer may take to answer; None for no limit.
        shards: The shards whose events are wanted, see `fastpoly.shards.shard_bits`.

    Raises:
        ConnectError: Nothing is shared under it, or what is cannot be read.
        UsageError: The name is invalid, or this is not Linux.
    """
    address = address_of(name, market)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.setblocking(False)
        try:
            link.connect(address)
        except ConnectionRefusedError:
            raise ConnectError(
                f"Nothing is shared as {name!r} for {market} by this user on this machine.",
                hint=f"Start what shares it, such as stream.share({name!r}).",
            ) from None
        except BlockingIOError:
            raise ConnectError(f"Too many readers wait for {name!r}.") from None
        if peer_uid(link) != os.geteuid():
            raise ConnectError(f"{name!r} is shared by another user.", hint=_OTHER_HINT)
        try:
            async with asyncio.timeout(timeout_s):
                await _readable(link)
        except TimeoutError:
            raise ConnectError(
                f"The process that shares {name!r} did not answer within {timeout_s:g} s.",
                hint="Its event loop stands still: see what holds it up.",
            ) from None
        try:
            greeting, descriptors, _, _ = socket.recv_fds(link, len(GREETING), 2)
        except ConnectionResetError:  # it has ended before it let this one in
            greeting, descriptors = b"", []
        try:
            return _checked(name, greeting, descriptors, link, shards)
        except BaseException:
            for descriptor in descriptors[1:]:
                os.close(descriptor)
            raise
        finally:
            for descriptor in descriptors[:1]:
                os.close(descriptor)
    except BaseException:
        link.close()
        raise


def _checked(
    name: str, greeting: bytes, descriptors: Sequence[int], link: socket.socket, shards: int
) -> Attachment:
    if not greeting:
        raise ConnectError(
            f"The process that shares {name!r} let no further reader in.",
            hint="It has too many, or has just ended.",
        )
    if greeting != GREETING or len(descriptors) != 2:
        raise ConnectError(f"What answers as {name!r} does not share frames.", hint=_OTHER_HINT)
    memory, waker = descriptors
    try:
        if not fcntl.fcntl(memory, _GET_SEALS) & _SEAL_SHRINK:
            # Reading what somebody cuts off would end this process with a signal.
            raise ValueError("it may be cut off while it is read")
        ring = FrameRingReader(memory, os.fstat(memory).st_size, shards=shards)
    except (ValueError, OSError) as error:
        raise ConnectError(
            f"The memory that is shared as {name!r} cannot be read: {error}.",
            hint="Use the same version of fastpoly at both ends.",
        ) from error
    return Attachment(ring, waker, link.detach())


async def _readable(link: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def on_readable() -> None:
        if not ready.done():  # the loop may say so again before this task has its turn
            ready.set_result(None)

    loop.add_reader(link.fileno(), on_readable)
    try:
        await ready
    finally:
        loop.remove_reader(link.fileno())
