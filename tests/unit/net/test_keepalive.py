"""Pings of a line that has gone meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

from fastpoly.net.keepalive import KeepAlive
from tests.waiting import PATIENCE_S


class Line:
    """A transport that nobody answers on any more, and its listener."""

    is_disconnected = True
    bytes_received = 0
    pings = 0

    async def measure_roundtrip_time(self, rounds: int) -> list[float]:
        self.pings += 1
        return await asyncio.get_running_loop().create_future()


def test_no_ping_waits_on_a_line_that_ended_before_it() -> None:
    async def main() -> None:
        line: Any = Line()
        async with asyncio.timeout(PATIENCE_S):
            assert not await KeepAlive(0.001, None).wait_until_dead(line, line)
        assert line.pings == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
