"""Gaps of a stream that are filled over REST: every event of the time once, marked, in order."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from fastpoly import rest
from fastpoly.errors import UsageError
from fastpoly.notices import Gap
from fastpoly.rest import Answer
from fastpoly.sim import ScriptedPeer, ScriptedServer
from fastpoly.stream.stream import Stream
from tests.net.streams import KEY, make, run
from tests.rest_server import RestServer
from tests.waiting import PATIENCE_S, until

TICKERS = [f"TK{letter}" for letter in "ABCDEFGHIJ"]
CUT_MS = 20_000
CHANNELS = ("T", "Q", "A", "AM")


class Market:
    """Ten made-up tickers: the wire's events, and the rows that REST has of them.

    Attributes:
        events: All events, in the order in which they are due.
        rows: The rows, by the paths that have them.
    """

    def __init__(self, begin_ms: int, seconds: int) -> None:
        rng = random.Random(7)
        self.events: list[tuple[int, dict[str, Any]]] = []
        self.rows: dict[str, list[dict[str, Any]]] = {}
        q = itertools.count(1)
        for at in range(begin_ms, begin_ms + seconds * 1000, 200):
            for ticker in TICKERS:
                exact = (at + rng.randrange(150)) * 1_000_000 + rng.randrange(1_000_000)
                self._tick(ticker, exact, next(q), rng)
        for width, channel, kind in ((1000, "A", "second"), (60_000, "AM", "minute")):
            first = begin_ms // width * width
            for start in range(first, begin_ms + seconds * 1000 - width + 1, width):
                for ticker in TICKERS:
                    self._bar(ticker, start, width, channel, kind)
        self.events.sort(key=lambda one: one[0])

    def _tick(self, ticker: str, ns: int, q: int, rng: random.Random) -> None:
        ms, exchange = ns // 1_000_000, rng.choice([4, 11, 12])
        participant = ns - rng.randrange(50_000_000)
        price = 100 + rng.randrange(1000) / 100
        off = exchange == 4
        event = {"ev": "T", "sym": ticker, "i": str(q), "x": exchange, "p": price, "s": q % 300}
        event |= {"c": [37]} if q % 3 == 0 else {}
        event |= {"t": ms, "pt": participant // 1_000_000, "q": q, "z": 3}
        event |= {"trfi": 201, "trft": ms} if off else {}
        row = {"id": str(q), "exchange": exchange, "price": price, "size": float(q % 300)}
        row |= {"sip_timestamp": ns, "participant_timestamp": participant, "tape": 3}
        row |= {"sequence_number": q, "trf_id": 201 if off else 0}
        row |= {"trf_timestamp": ns if off else 0, "decimal_size": f"{q % 300}.0"}
        row |= {"conditions": [37]} if q % 3 == 0 else {"conditions": []}
        self.events.append((ns, event))
        self.rows.setdefault(f"/v3/trades/{ticker}", []).append(row)
        quote = {"ev": "Q", "sym": ticker, "bx": 4, "ax": 7, "bp": price, "ap": price + 1}
        self.events.append((ns, quote | {"bs": 100, "as": 200, "t": ms, "q": q, "z": 3}))
        row = {"bid_exchange": 4, "ask_exchange": 7, "bid_price": price, "ask_price": price + 1}
        row |= {"bid_size": 100.0, "ask_size": 200.0, "sip_timestamp": ns, "tape": 3}
        row |= {"participant_timestamp": participant, "sequence_number": q}
        self.rows.setdefault(f"/v3/quotes/{ticker}", []).append(row | {"conditions": [1]})

    def _bar(self, ticker: str, start: int, width: int, channel: str, kind: str) -> None:
        prices = {"v": start % 977 + 1, "o": 5, "c": 6.5, "h": 7.25, "l": 4}
        bar = {"ev": channel, "sym": ticker, **prices, "av": 10_000, "s": start, "e": start + width}
        self.events.append(((start + width) * 1_000_000, bar))
        path = f"/v2/aggs/ticker/{ticker}/range/1/{kind}"
        self.rows.setdefault(path, []).append({**prices, "t": start, "n": 3})

    def between(self, begin_ms: int, end_ms: int) -> list[dict[str, Any]]:
        """Return the events that are due in a span of time."""
        return [one for ns, one in self.events if begin_ms <= ns / 1e6 < end_ms]


def names(event: Any) -> tuple[Any, ...]:
    """What tells one event of the market from another."""
    return event["ev"], event["sym"], event["s"] if event["ev"] in ("A", "AM") else event["q"]


def send(peer: ScriptedPeer, events: list[dict[str, Any]]) -> None:
    for first in range(0, len(events), 50):
        peer.send(*events[first : first + 50])


async def collect(stream: Stream, last: tuple[Any, ...]) -> list[Any]:
    """Everything up to a certain event."""
    found: list[Any] = []
    async with asyncio.timeout(PATIENCE_S):
        async for batch in stream:
            found += batch
            if any(names(one) == last for one in batch if not isinstance(one, Gap)):
                return found
    raise AssertionError("the stream ended")


def every_other(rng: random.Random) -> Iterator[Any]:
    """Faults for half of the answers, of every kind that may pass."""
    while True:
        yield rng.choice([None, None, None, None, 429, 500, "cut", "garbage"])


async def cut_and_fill(server: RestServer, **options: Any) -> tuple[Market, int, list[Any], Any]:
    """A stream that loses twenty seconds of ten tickers, and goes on for five."""
    now_ms = time.time_ns() // 1_000_000
    begin_ms, lost_ms = now_ms - CUT_MS - 30_000, now_ms - CUT_MS
    market = Market(begin_ms, seconds=55)
    server.rows = market.rows
    params = [f"{channel}.{ticker}" for channel in CHANNELS for ticker in TICKERS]
    fill = rest.fill(url=server.url, api_key=KEY, settle=0, **options)
    async with ScriptedServer() as line:
        stream = make(line, *params, fill=fill, fill_timeout=60)
        async with stream:
            before = market.between(begin_ms, lost_ms)
            send(line.peers[0], before)
            await until(lambda: stream.stats().received == len(before))
            line.peers[0].drop()
            second = await line.peer(2)
            await until(lambda: set(second.held) == set(params))
            after = market.between(now_ms, now_ms + 5000)
            half = len(after) // 2
            send(second, after[:half])
            await until(lambda: fill.stats().events > 0)
            send(second, after[half:])
            found = await collect(stream, names(after[-1]))
    return market, now_ms, found, fill


@pytest.mark.parametrize(
    "kind", ["as it should", "small pages that overlap", "half of its answers fail", "CSV"]
)
def test_a_cut_of_twenty_seconds(kind: str) -> None:
    async def main() -> None:
        options: dict[str, Any] = {"per_second": 5000, "csv": kind == "CSV"}
        async with RestServer() as server:
            if kind == "small pages that overlap":
                server.page_rows, server.overlap = 40, 3
            if kind == "half of its answers fail":
                server.faults = every_other(random.Random(3))
            market, now_ms, found, fill = await cut_and_fill(server, **options)
            asked = len(server.asked)
        begin_ms = market.events[0][0] // 1_000_000
        wanted = market.between(now_ms - CUT_MS - 30_000, now_ms + 5000)
        events = [one for one in found if not isinstance(one, Gap)]
        (gap,) = [one for one in found if isinstance(one, Gap)]

        # Once each, and all of them.
        counts = Counter(map(names, events))
        assert not [name for name, count in counts.items() if count > 1]
        assert counts.keys() == {*map(names, wanted)}, begin_ms
        # What was lost is marked, what was there before is not, and both have what was sent.
        lost = {names(one) for one in market.between(now_ms - CUT_MS, now_ms)}
        before = {names(one) for one in market.between(0, now_ms - CUT_MS)}
        filled = {names(one) for one in events if one.get("filled")}
        assert lost <= filled
        assert not filled & before
        assert gap.filled == len(filled)
        sent = {names(one): one for one in wanted}
        for event in events:
            values = event.to_dict()
            original = sent[names(event)]
            assert {key: values[key] for key in values if key in original} == {
                key: original[key] for key in original if key in values
            }
            missing = original.keys() - values.keys()
            assert missing <= ({"av"} if event["ev"] in ("A", "AM") else set())
        # In order, by symbol and channel; and what fills the gap is right behind it.
        order: dict[tuple[str, str], int] = {}
        for event in events:
            clock = event["e"] if event["ev"] in ("A", "AM") else event["q"]
            assert clock > order.get((event["ev"], event["sym"]), -1)
            order[event["ev"], event["sym"]] = clock
        at = found.index(gap)
        assert all(one.get("filled") for one in found[at + 1 : at + 1 + gap.filled])

        stats = fill.stats()
        assert (stats.gaps, stats.failed) == (1, 0)
        assert stats.requests == asked
        assert (stats.retries > 10) == (kind == "half of its answers fail")

    run(main())


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_what_cannot_be_had_is_told_without_the_key(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    async def main() -> None:
        async with RestServer(faults=itertools.repeat(status)) as server:
            fill = rest.fill(url=server.url, api_key=KEY, settle=0, attempts=2)
            gap = Gap(
                market="stocks", at_ns=1, cause="cut", since_ns=1, until_ns=2, params=("T.A",)
            )
            assert await fill(gap) == []
            assert fill.stats().failed == 1
            assert len(server.asked) == (2 if status == 500 else 1)
            assert KEY not in repr(fill) + repr(fill._options)

    run(main())
    (record,) = [one for one in caplog.records if one.name == "fastpoly.rest"]
    assert str(status) in record.getMessage()
    assert "T.A" in record.getMessage()
    assert KEY not in caplog.text


def gap_of(*params: str, market: str = "stocks") -> Gap:
    now = time.time_ns()
    return Gap(market=market, at_ns=now, cause="cut", since_ns=now, until_ns=now, params=params)


def test_a_time_limit_ends_what_stalls_and_keeps_what_was_found(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        now = time.time_ns()
        async with RestServer(faults=iter([None, *["slow"] * 9])) as server:
            row = {"id": "1", "exchange": 4, "price": 1.0, "size": 1, "sip_timestamp": now}
            server.rows = {"/v3/trades/A": [row], "/v3/trades/B": [row]}
            fill = rest.fill(url=server.url, api_key=KEY, settle=0, timeout=0.5, concurrency=1)
            found = await fill(gap_of("T.A", "T.B"))
            assert [one["sym"] for one in found] == ["A"]
            assert fill.stats().failed == 1

    run(main())
    assert "T.B: not found within 0.5 s" in caplog.text


def test_a_budget_and_a_channel_that_rest_does_not_have(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with RestServer() as server:
            fill = rest.fill(url=server.url, api_key=KEY, settle=0, budget=2)
            await fill(gap_of("T.A", "T.B", "T.C", "LULD.A"))
            await fill(gap_of("LULD.A"))
            assert len(server.asked) == 2

    run(main())
    assert "budget of 2 requests is used up" in caplog.text
    assert caplog.text.count("gaps of LULD cannot be filled") == 1


def test_a_whole_channel_is_refused_or_narrowed_to_a_watch_list(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(UsageError, match=r"No REST request has all tickers: T\.\*"):
        Stream("stocks", "T.*", api_key=KEY, fill=rest.fill(api_key=KEY))
    Stream("stocks", "T.*", "LULD.A", api_key=KEY, fill=rest.fill(["A"], api_key=KEY))

    async def main() -> None:
        async with RestServer() as server:
            fill = rest.fill(["A", "B", "A"], url=server.url, api_key=KEY, settle=0)
            await fill(gap_of("T.*", "T.B", "Q.C"))
            paths = sorted(one.path for one in server.asked)
            assert paths == ["/v3/quotes/C", "/v3/trades/A", "/v3/trades/B"]

            # It was subscribed later, when nobody could refuse it.
            fill = rest.fill(url=server.url, api_key=KEY, settle=0)
            assert await fill(gap_of("T.*", "Q.A")) == []
            assert (fill.stats().failed, len(server.asked)) == (1, 4)

    run(main())
    assert "T.*: No REST request has all tickers" in caplog.text


def test_a_client_of_ones_own_and_its_faults(caplog: pytest.LogCaptureFixture) -> None:
    async def get(url: str, headers: Any) -> Answer:
        urls.append(url)
        if "/v3/trades/B" in url:
            raise ZeroDivisionError(headers["authorization"])
        if "/v3/trades/C" in url and len(urls) < 6:
            raise OSError("no route")
        now = time.time_ns()
        body = b'{"results":[{"price":1,"sip_timestamp":%d,"id":"7","exchange":4,"size":1}]}' % now
        return Answer(200, {"content-type": "application/json"}, body)

    async def main() -> None:
        fill = rest.fill(api_key=KEY, get=get, settle=0, per_second=1000)
        found = await fill(gap_of("T.A", "T.B", "T.C"))
        assert sorted(one["sym"] for one in found) == ["A", "C"]

    urls: list[str] = []
    run(main())
    assert all(url.startswith("https://api.massive.com/v3/trades/") for url in urls)
    assert "ZeroDivisionError" in caplog.text
    assert KEY not in caplog.text
