"""The end of a connection that is opened once: the first reason holds, and all who wait get it."""

from __future__ import annotations

import asyncio

import pytest

from fastpoly.errors import UsageError
from fastpoly.protocol.close_codes import CloseReason
from fastpoly.sources.ending import Ending
from tests.loops import in_loop

DONE = CloseReason(1000, "", None)
LOST = CloseReason(1006, "", None)


@in_loop
async def test_the_first_reason_holds() -> None:
    ending = Ending()
    assert not ending.is_ahead
    assert not ending.come(LOST), "nothing was opened"
    ending.begin()
    assert (ending.is_ahead, ending.reason) == (True, None)
    assert ending.come(DONE)
    assert not ending.come(LOST)
    assert (ending.is_ahead, ending.reason) == (False, DONE)
    assert await ending.wait() == DONE


@in_loop
async def test_it_is_opened_once_and_waited_for_after_that() -> None:
    ending = Ending()
    with pytest.raises(UsageError, match="never opened"):
        await ending.wait()
    ending.begin()
    with pytest.raises(UsageError, match="opened once"):
        ending.begin()
    assert ending.is_ahead


@in_loop
async def test_who_gives_up_waiting_takes_nothing_from_the_others() -> None:
    ending = Ending()
    ending.begin()
    waiting = [asyncio.create_task(ending.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting.pop().cancel()
    await asyncio.sleep(0)
    assert ending.is_ahead
    ending.come(LOST)
    assert await asyncio.gather(*waiting) == [LOST, LOST]
