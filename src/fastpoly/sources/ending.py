"""How a connection that is opened once has ended, for whoever waits for that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastpoly.errors import UsageError

if TYPE_CHECKING:
    from fastpoly.protocol.close_codes import CloseReason

__all__ = ["Ending"]


class Ending:
    """The end of one connection. Used in the event loop in which that is opened.

    However many have a reason to end it, the first one's holds, also while it is being opened.
    """

    def __init__(self) -> None:
        self._reason: asyncio.Future[CloseReason] | None = None

    def begin(self) -> None:
        """Take note that the connection is being opened.

        Raises:
            UsageError: It was before.
        """
        if self._reason is not None:
            raise UsageError("A connection is opened once.", hint="Make a new one.")
        self._reason = asyncio.get_running_loop().create_future()

    @property
    def is_ahead(self) -> bool:
        """Whether the connection is open, or being opened."""
        return self._reason is not None and not self._reason.done()

    @property
    def reason(self) -> CloseReason | None:
        """How it came about; None while it is ahead."""
        if self._reason is None or not self._reason.done():
            return None
        return self._reason.result()

    def come(self, reason: CloseReason) -> bool:
        """End the connection, if the end is ahead.

        Returns:
            Whether it was.
        """
        if self._reason is None or self._reason.done():
            return False
        self._reason.set_result(reason)
        return True

    async def wait(self) -> CloseReason:
        """See `SourceConnection.closed`."""
        if self._reason is None:
            raise UsageError("The connection was never opened.", hint="Await open() first.")
        return await asyncio.shield(self._reason)
