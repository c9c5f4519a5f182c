"""Whether a market looks stale that is, and only then."""

from __future__ import annotations

import asyncio

import pytest

from fastpoly.protocol.lifecycle import Input, State
from tests.scripted_engine import (
    LIVE,
    ScriptedEngine,
)
from tests.virtual_time import in_virtual_time


@in_virtual_time
async def test_silence_makes_it_stale_and_data_makes_it_live_again() -> None:
    it = ScriptedEngine("T.A", stale_after=30.0)
    await it.engine.open()
    it.send(1)
    await asyncio.sleep(32)
    assert it.states[-1] == "stale"
    assert it.changes[-1].detail.startswith("no T for 3")
    assert list(it.engine.silence.seconds_by_channel) == ["T"]
    assert it.engine.is_open
    it.send(2)
    await asyncio.sleep(2)
    assert it.states[-1] == "live"
    assert it.changes[-1].cause is Input.DATA
    assert it.told() == [1, 2], "silence is no gap"
    await it.engine.close()
    assert not it.engine.silence.seconds_by_channel


@in_virtual_time
async def test_a_mute_connection_is_dropped_and_made_anew() -> None:
    it = ScriptedEngine("T.A", stale_after=30.0)
    await it.engine.open()
    it.send(1)
    await asyncio.sleep(92)
    assert it.states == [*LIVE, "stale", "waiting"]
    assert "mute" in str(it.changes[-1].error)
    await asyncio.sleep(6)
    assert it.engine.state is State.LIVE
    it.send(2)
    assert "mute" in it.gaps[0].cause
    await it.engine.close()


def dropped(it: ScriptedEngine) -> int:
    return it.states.count("waiting")


@in_virtual_time
async def test_a_market_that_rests_unannounced_is_not_dialled_again_and_again() -> None:
    it = ScriptedEngine("T.A", stale_after=30.0)
    await it.engine.open()
    it.send(1)
    await asyncio.sleep(92)
    assert dropped(it) == 1
    await asyncio.sleep(850)
    assert dropped(it) == 1
    assert it.states[-1] == "stale"
    await asyncio.sleep(100)
    assert dropped(it) == 2
    await asyncio.sleep(2 * 3600)
    assert dropped(it) == 2, "a day of six and a half hours costs three"
    await it.engine.close()


@in_virtual_time
async def test_a_connection_that_spoke_is_judged_as_at_first() -> None:
    it = ScriptedEngine("T.A", stale_after=30.0)
    await it.engine.open()
    it.send(1)
    await asyncio.sleep(92)
    assert dropped(it) == 1
    await asyncio.sleep(10)
    it.send(2)
    await asyncio.sleep(92)
    assert dropped(it) == 2
    await asyncio.sleep(10)
    assert it.engine.is_open
    await it.engine.close()


@pytest.mark.parametrize("step_s", [-3600, 3600])
@in_virtual_time
async def test_setting_the_clock_is_no_silence(step_s: int) -> None:
    it = ScriptedEngine("T.A", stale_after=30.0)
    await it.engine.open()
    it.send(1)
    await asyncio.sleep(10)
    it.clock.set_by_ns += step_s * 10**9
    await asyncio.sleep(25)
    assert it.states == LIVE
    await asyncio.sleep(10)
    assert it.states[-1] == "stale"
    await it.engine.close()


@in_virtual_time
async def test_a_channel_that_is_subscribed_later_may_be_silent_as_long_as_any() -> None:
    it = ScriptedEngine("T.A")
    await it.engine.open()
    await asyncio.sleep(3600)
    await it.engine.subscribe(["AM.*"])
    await asyncio.sleep(140)
    assert it.states == LIVE
    await asyncio.sleep(15)
    assert it.states[-1] == "stale"
    await it.engine.close()
