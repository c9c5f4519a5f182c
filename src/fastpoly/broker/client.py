"""nats-py's client, made to end whole whatever the line does meanwhile."""

from __future__ import annotations

import asyncio

from nats.aio.client import Client

__all__ = ["BrokerClient"]


class BrokerClient(Client):
    """A client of a broker that leaves nothing behind when it ends.

    Before nats-py hangs up it sends what waits. Where that fails, because the line was reset, or is
    given up, because the broker takes nothing, it leaves out what should follow: its tasks wait for
    ever, its socket stays open, and its owner is not told.
    """

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        is_first = not self.is_closed
        try:
            await super()._close(status, do_cbs)
        except (OSError, asyncio.CancelledError) as error:
            self._hang_up()
            if is_first and do_cbs and self._closed_cb is not None:
                await self._closed_cb()
            if not isinstance(error, OSError):
                raise

    def _hang_up(self) -> None:
        for subscription in self._subs.values():
            if subscription._wait_for_msgs_task is not None:
                subscription._wait_for_msgs_task.cancel()
        self._subs.clear()
        self._pending, self._pending_data_size = [], 0
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()
