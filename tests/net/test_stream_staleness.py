"""Silent channels, and lines that are up but mute."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from fastpoly.health.hours import Hours
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedServer
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, check_threads, make, run
from tests.waiting import until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


@pytest.mark.usefixtures("always_open")
@BOTH_WAYS
def test_stale_and_live_again(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            limits = {"T": 0.2, "Q": 5}
            stream = make(server, "T.A", "Q.A", ingest=ingest, stale_after=limits)
            changes: list[tuple[str, str]] = []
            stream.on_state(lambda change: changes.append((change.new, change.detail)))
            async with stream:
                changes.clear()
                while not changes:
                    # Quotes flow, trades do not; neither pings nor confirmations are data.
                    server.peers[0].send(quote(q=1))
                    server.peers[0].ping()
                    await asyncio.sleep(0.02)
                server.peers[0].send(quote(q=1))
                await until(lambda: stream.stats().silent)
                assert set(stream.stats().silent) == {"T"}
                assert stream.state is State.STALE
                assert [new for new, _ in changes] == ["stale"]
                assert "no T for" in changes[0][1]
                server.peers[0].send(trade(q=2))
                await until(lambda: stream.state is State.LIVE)

    run(main())


@pytest.mark.usefixtures("always_open")
@BOTH_WAYS
def test_mute_line_is_left(ingest: str) -> None:
    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(server, "T.A", ingest=ingest, stale_after={"T": 0.1}) as stream,
        ):
            server.peers[0].send(trade(q=1))
            second = await server.peer(2)
            await until(lambda: second.held)
            second.send(trade(q=2))
            events: list[Any] = []
            async for batch in stream:
                events += batch
                if len(events) >= 3:
                    break
            assert isinstance(events[1], Gap)
            assert "mute: no T for" in events[1].cause

    run(main())


def test_nothing_is_stale_when_the_market_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastpoly.health.silence.hours_at", lambda market, at_ns: Hours.CLOSED)

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", stale_after=0.05) as stream:
            await asyncio.sleep(0.4)
            assert stream.state is State.LIVE
            assert len(server.peers) == 1

    run(main())


@pytest.mark.parametrize("step_s", [3600, -3600])
@BOTH_WAYS
def test_a_clock_that_is_set_is_no_silence(
    ingest: str, step_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def look(market: str, at_ns: int) -> Hours:
        nonlocal looks
        looks += 1
        return Hours.REGULAR

    monkeypatch.setattr("fastpoly.health.silence.hours_at", look)

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, stale_after=1)
            changes: list[tuple[str, float]] = []
            async with stream:
                server.peers[0].send(trade(q=1))
                await until(lambda: stream.stats().received == 1)
                looked = looks
                await until(lambda: looks > looked)
                stream.on_state(lambda change: changes.append((change.new, time.monotonic())))
                right, began = time.time_ns, time.monotonic()
                monkeypatch.setattr(time, "time_ns", lambda: right() + step_s * 1_000_000_000)
                # From now on it is silence as ever, whatever the data before was dated.
                await until(lambda: changes)
                new, changed = changes[0]
                assert new == "stale"
                assert changed - began >= 1
                assert 1 <= stream.stats().silent["T"] < 60

    run(main())
