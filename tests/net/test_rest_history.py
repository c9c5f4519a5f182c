"""A span of time from REST, and history that goes on live: nothing missing, nothing twice."""

from __future__ import annotations

import asyncio
import datetime
import random
import time
from collections import Counter
from contextlib import aclosing
from typing import Any

import pytest

from fastpoly import rest
from fastpoly.errors import RestError, UsageError
from fastpoly.sim import ScriptedServer
from tests.net.streams import KEY, make, run
from tests.net.test_rest_filling import CHANNELS, TICKERS, Market, every_other, names, send
from tests.rest_server import RestServer
from tests.waiting import PATIENCE_S, until

ASKING: dict[str, Any] = {"api_key": KEY, "per_second": 5000}
NOW_MS = 1_781_706_600_000
PARAMS = [f"{channel}.{ticker}" for channel in CHANNELS for ticker in TICKERS]


async def fetch(server: RestServer, *params: str, **options: Any) -> list[Any]:
    found = rest.fetch("stocks", *params, url=server.url, **{**ASKING, **options})
    return [event async for batch in found for event in batch]


@pytest.mark.parametrize("csv", [False, True])
def test_all_tickers_and_channels_come_in_the_order_of_time(csv: bool) -> None:
    async def main() -> None:
        market = Market(NOW_MS, seconds=30)
        server = RestServer(market.rows)
        if not csv:
            server.page_rows, server.overlap = 40, 2
        async with server:
            span = {"start": (NOW_MS + 5000) * 10**6, "end": (NOW_MS + 20_000) * 10**6}
            events = await fetch(server, *PARAMS, csv=csv, **span)
        wanted = market.between(NOW_MS + 5000, NOW_MS + 20_000)
        wanted += [one for ns, one in market.events if ns == (NOW_MS + 20_000) * 10**6]
        assert Counter(map(names, events)) == Counter(map(names, wanted))
        assert all(event["filled"] for event in events)
        times = [one["e"] if one["ev"] in ("A", "AM") else one["t"] for one in events]
        assert times == sorted(times)

    run(main())


def test_a_time_has_a_zone_and_a_watch_list_stands_for_all() -> None:
    async def main() -> None:
        async with RestServer(Market(NOW_MS, seconds=5).rows) as server:
            start = datetime.datetime.fromtimestamp(NOW_MS / 1000, datetime.UTC)
            end = start + datetime.timedelta(seconds=5)
            events = await fetch(server, "T.*", symbols=["TKA", "TKB"], start=start, end=end)
            assert Counter(one["sym"] for one in events) == {"TKA": 25, "TKB": 25}
            for wrong in (start.replace(tzinfo=None), "2026-06-17"):
                with pytest.raises(UsageError, match="has no time zone"):
                    await fetch(server, "T.TKA", start=wrong, end=end)
            for params in (["T.*"], ["LULD.TKA"], []):
                with pytest.raises(UsageError):
                    await fetch(server, *params, start=start, end=end)

    run(main())


def test_a_page_that_cannot_be_had_ends_it_with_an_error() -> None:
    async def main() -> None:
        async with RestServer(Market(NOW_MS, seconds=30).rows, page_rows=50) as server:
            server.faults = iter([None, None, 500])
            span = {"start": NOW_MS * 10**6, "end": (NOW_MS + 30_000) * 10**6}
            with pytest.raises(RestError, match="500"):
                await fetch(server, "T.TKA", attempts=1, **span)

    run(main())


def test_whoever_has_enough_leaves_nothing_behind() -> None:
    async def main() -> None:
        market = Market(NOW_MS, seconds=60)
        async with RestServer(market.rows, page_rows=20) as server:
            span = {"start": NOW_MS * 10**6, "end": (NOW_MS + 60_000) * 10**6}
            async with aclosing(
                rest.fetch("stocks", *PARAMS, url=server.url, **ASKING, **span)
            ) as found:
                async for batch in found:
                    assert len(batch)
                    break
            assert len(asyncio.all_tasks()) == 1 + len(server._tasks)

    run(main())


def test_history_then_live() -> None:
    """The stream brings what the history has too, half of it late, and goes on."""

    async def main() -> None:
        now_ms = time.time_ns() // 1_000_000
        market = Market(now_ms - 30_000, seconds=45)
        async with RestServer(market.rows) as server, ScriptedServer() as line:
            server.faults = every_other(random.Random(9))
            stream = make(line, *PARAMS, "LULD.TKA")
            async with stream:
                overlap = market.between(now_ms - 2000, now_ms)
                after = market.between(now_ms, now_ms + 15_000)
                found: list[Any] = []
                history = rest.backfill(
                    stream, (now_ms - 25_000) * 10**6, settle=0.01, url=server.url, **ASKING
                )
                async with aclosing(history), asyncio.timeout(PATIENCE_S):
                    first = asyncio.create_task(anext(history))
                    await until(lambda: stream._registry.iterations)
                    send(line.peers[0], overlap)
                    found += await first
                    send(line.peers[0], after)
                    async for batch in history:
                        found += batch
                        if names(after[-1]) in map(names, batch):
                            break
        wanted = market.between(now_ms - 25_000, now_ms + 15_000)
        counts = Counter(map(names, found))
        assert not [name for name, count in counts.items() if count > 1]
        assert counts.keys() == {*map(names, wanted)}
        live = [place for place, one in enumerate(found) if not one.get("filled")]
        assert live == [*range(live[0], len(found))], "first the history, then the stream"
        order: dict[tuple[str, str], int] = {}
        for event in found:
            clock = event["e"] if event["ev"] in ("A", "AM") else event["q"]
            assert clock > order.get((event["ev"], event["sym"]), -1)
            order[event["ev"], event["sym"]] = clock

    run(main())


def test_a_stream_that_is_not_open_has_no_live_part() -> None:
    async def main() -> None:
        async with ScriptedServer() as line:
            stream = make(line, "T.A")
            with pytest.raises(UsageError):
                await anext(rest.backfill(stream, 1, settle=0, **ASKING))

    run(main())
