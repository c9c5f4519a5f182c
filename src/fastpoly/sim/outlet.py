"""The way out of a simulated connection, which can be made to cut, fragment or swallow data."""

from __future__ import annotations

import asyncio

from fastpoly.serving import frames
from fastpoly.serving.outlet import Outlet


class FaultyOutlet(Outlet):
    """Writes to one client's socket, faults and all.

    Attributes:
        silent: Whether nothing at all is sent, as on a connection that is dead without a sign.
        pieces: Into how many frames a message is cut; 1 for whole ones.
        split: How many bytes one write to the socket has; 0 for no limit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.silent = False
        self.pieces = 1
        self.split = 0
        self._dripping: asyncio.Task[None] | None = None
        self._backlog = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether what is sent now has a chance to arrive."""
        return not self.silent and super().is_open

    @property
    def buffered(self) -> int:
        """Bytes that wait for the socket and have a chance to reach it."""
        if self.silent or self._connected is None:
            return 0
        return super().buffered + len(self._backlog)

    def message(self, payload: bytes) -> None:
        """Send a text message, in fragments if it has to be."""
        if self.pieces > 1:
            for fragment in frames.fragments(payload, self.pieces):
                self.raw(fragment)
        else:
            super().message(payload)

    def raw(self, data: bytes) -> None:
        """Send bytes as they are, in pieces if it has to be."""
        if self.silent:
            return
        if not self.split and not self._backlog:
            super().raw(data)
        elif self._writable is not None:
            self._backlog += data
            if self._dripping is None:
                self._dripping = asyncio.get_running_loop().create_task(self._drip())

    async def _drip(self) -> None:
        """Write the backlog piece by piece, each in a turn of the loop of its own."""
        while self._backlog and (underlying := self._writable) is not None:
            size = self.split or len(self._backlog)
            underlying.write(bytes(self._backlog[:size]))
            del self._backlog[:size]
            await asyncio.sleep(0)
        self._dripping = None

    def finish(self) -> None:
        """Send what is left, then end the TCP connection in good order (FIN)."""
        underlying = self._writable
        if underlying is not None and self._backlog:
            underlying.write(bytes(self._backlog))
            self._backlog.clear()
        super().finish()

    def reset(self) -> None:
        """End the TCP connection at once (RST); what waits is lost."""
        self._backlog.clear()
        super().reset()

    def die(self) -> None:
        """Neither send nor read any more; the TCP connection stays up."""
        underlying = self._writable
        self.silent = True
        if underlying is not None:
            underlying.pause_reading()

    def revive(self) -> None:
        """Undo `die`."""
        self.silent = False
        underlying = self._writable
        if underlying is not None:
            underlying.resume_reading()
