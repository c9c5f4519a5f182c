from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from fastpoly.consumers.buffer import Buffer, BufferStats
from fastpoly.polygon.dispatch.held_log import HELD_S, HeldLog
from tests.loops import in_loop

NOTHING = Buffer("stocks", max_bytes=1).stats()


class Handlers:
    def __init__(self, **waiting_s: float) -> None:
        self.waiting_s = waiting_s

    def stats(self) -> list[tuple[str, tuple[str, ...], BufferStats]]:
        return [
            (name, (), dataclasses.replace(NOTHING, waiting_s=seconds, events=7))
            for name, seconds in self.waiting_s.items()
        ]


def test_a_handler_that_keeps_messages_waiting_is_named_once_in_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handlers: Any = Handlers(slow=HELD_S + 1, quick=0.1)
    log = HeldLog(handlers)
    log.look()
    log.look()
    (record,) = caplog.records
    assert "The handler slow has kept messages waiting for 3.0 s; 7 are waiting" in record.message


@in_loop
async def test_it_looks_again_and_again_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fastpoly.polygon.dispatch.held_log.LOOK_S", 0)
    looks = 0
    looked = asyncio.Event()

    class Counting(Handlers):
        def stats(self) -> list[tuple[str, tuple[str, ...], BufferStats]]:
            nonlocal looks
            looks += 1
            if looks == 3:
                looked.set()
            return super().stats()

    handlers: Any = Counting()
    log = HeldLog(handlers)
    log.start()
    await looked.wait()
    log.stop()
    seen = looks
    for _ in range(5):
        await asyncio.sleep(0)
    assert looks == seen
