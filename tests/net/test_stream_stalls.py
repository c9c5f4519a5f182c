"""A loop that stands still is noticed, and who did it is named."""

from __future__ import annotations

import asyncio
import time

import pytest

from fastpoly._core import Batch
from fastpoly.sim import ScriptedServer
from tests.net.events import trade
from tests.net.streams import BOTH_WAYS, make, run
from tests.waiting import until


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "fastpoly.stream" and "loop" in record.getMessage()
    ]


@pytest.mark.sampled
@BOTH_WAYS
@pytest.mark.parametrize("kind", ["sync", "async at once", "async later", "iteration", "other"])
def test_who_held_the_loop(kind: str, ingest: str, caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def block() -> None:
        time.sleep(0.6)
        done.append(1)

    def plain(batch: Batch) -> None:
        block()

    async def at_once(batch: Batch) -> None:
        block()

    async def later(batch: Batch) -> None:
        await asyncio.sleep(0.01)
        block()

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)
            if kind != "iteration":
                handlers = {"sync": plain, "async at once": at_once, "async later": later}
                stream.add_handler(handlers.get(kind, len), "T")
            async with stream:
                await asyncio.sleep(0.15)
                if kind == "other":
                    block()
                server.peers[0].send(trade(q=1))
                if kind == "iteration":
                    async for _ in stream:
                        block()
                        break
                await until(lambda: done)
                await asyncio.sleep(0.15)

    run(main())
    told = warnings(caplog)
    if ingest == "thread" and kind not in ("sync", "async at once"):
        # Nothing is held up by it.
        assert not told
        return
    assert len(told) == 1, told
    names = {
        "sync": "plain blocked the event loop for 0.6",
        "async at once": "at_once blocked the event loop for 0.6",
        "async later": "later held it",
        "iteration": "iteration held it",
        "other": "no handler of this stream held it",
    }
    assert names[kind] in told[0]
    assert ("ingest='thread'" in told[0]) == (ingest == "loop")
