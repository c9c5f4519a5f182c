"""The end of a stream whose event loop is closed under it."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Callable

import pytest
import uvloop

from fastpoly.protocol.lifecycle import State
from fastpoly.reconnect import Backoff
from fastpoly.sources.scripted import ScriptedSource
from fastpoly.stream.stream import Stream


def abandon(loop: asyncio.AbstractEventLoop) -> None:
    """End a stream in the last turn of its loop, and close that."""
    source = ScriptedSource("stocks", obliging=True)
    stream = Stream("stocks", "T.*", source=source, reconnect=Backoff(initial_s=100, cap_s=100))

    async def lose() -> None:
        await stream.open()
        states = stream.states()
        source.latest.lose()
        while stream.state is not State.WAITING:
            await anext(states)

    loop.run_until_complete(lose())
    # A loop that is stopped runs for the rest of its turn. The task that the end of the stream
    # begins would have its first step in the next one.
    loop.call_soon(stream.abort)
    loop.stop()
    loop.run_forever()
    assert stream.state is State.CLOSED
    loop.close()


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_loop_that_is_closed_as_winding_up_begins_leaves_no_coroutine_behind(
    factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    gc.collect()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        abandon(factory())
        gc.collect()
    assert [str(warning.message) for warning in told] == []
