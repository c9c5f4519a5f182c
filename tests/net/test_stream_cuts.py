"""A short session, cut at every byte in both directions: the stream always comes back whole.

At every fifth byte, others each time, unless thorough; see `tests.budgets`.

Over TLS, for which there is another transport on uvloop, at some sixty places.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections import Counter
from typing import Any, Literal

import pytest
import trustme
import uvloop

from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.reconnect import Backoff
from fastpoly.sim import Cut, Proxy, ScriptedPeer, ScriptedServer
from fastpoly.stream.stream import Stream
from tests.budgets import budget, share
from tests.net.events import quote, trade
from tests.net.tls import client_context, server_context
from tests.waiting import PATIENCE_S, until

AT_ONCE = Backoff(initial_s=0, retry_first=True, max_attempts=5)
EVENTS = 3


def serve_events(server: ScriptedServer) -> None:
    """After the confirmations come events numbered by connection."""
    plain = server.answer

    def answer(peer: ScriptedPeer, action: str, params: str) -> None:
        plain(peer, action, params)
        if action == "subscribe":
            base = 100 * len(server.peers)
            peer.send(trade(q=base + 1), quote(q=base + 2))
            peer.send(trade(q=base + 3))

    server.on_request = answer


async def play(server: ScriptedServer, proxy: Proxy, **options: Any) -> tuple[list[Any], list[str]]:
    """One stream through the proxy, until it has all events of its last connection.

    Returns:
        The events and notices it got, and its states.
    """
    states: list[str] = []
    events: list[Any] = []
    stream = Stream(
        "stocks",
        "T.A",
        "Q.A",
        api_key="key",
        url=server.url().replace(str(server.port), str(proxy.port)),
        reconnect=AT_ONCE,
        **options,
    )
    stream.on_state(lambda change: states.append(change.new))
    async with asyncio.timeout(PATIENCE_S), stream:
        async for batch in stream:
            events += batch
            if isinstance(events[-1], Gap):
                continue
            if events[-1]["q"] % 100 == EVENTS and not proxy.cuts:
                await asyncio.sleep(0)
                # With a thread, the events may be here before the news: of the line that brought
                # them, or of its end.
                await until(lambda: stream.state is State.LIVE)
                if events[-1]["q"] // 100 == len(server.peers):
                    break
        assert server.peers[-1].held == ["T.A", "Q.A"]
    assert stream.state is State.CLOSED
    return events, states


def check(events: list[Any], states: list[str], cut: Cut) -> None:
    gaps = [index for index, event in enumerate(events) if isinstance(event, Gap)]
    numbers = [event["q"] for event in events if not isinstance(event, Gap)]
    last = numbers[-1] // 100
    # The last connection brought everything, the one before a beginning of it.
    whole = [100 * last + n for n in range(1, EVENTS + 1)]
    begun = numbers[: -len(whole)]
    assert numbers[-len(whole) :] == whole, cut
    assert begun == [100 * (last - 1) + n + 1 for n in range(len(begun))], cut
    # A stream that had begun and is interrupted says so, at the right place.
    before = states[: states.index("waiting")] if "waiting" in states else []
    if last == 1:
        assert not gaps, (cut, states)  # closed before a line came after the one that was cut
    elif begun or "live" in before:
        assert len(gaps) == 1, (cut, states)
    elif "subscribing" not in before:
        assert not gaps, (cut, states)
    if gaps:
        (index,) = gaps
        assert index == len(begun), cut
        gap = events[index]
        assert gap.cause
        if begun:
            assert max(event["q"] for event in gap.last_by_channel.values()) == begun[-1]
        assert gap.first_by_channel["T"]["q"] == whole[0]


async def measure(server: ScriptedServer, proxy: Proxy, **options: Any) -> tuple[int, int]:
    """How many bytes a whole session takes in each direction, but for its closing."""
    await play(server, proxy, **options)
    return proxy.connections[0].down, proxy.connections[0].up


@pytest.mark.sampled
@pytest.mark.budget
@pytest.mark.parametrize("ingest", ["loop", "thread"])
@pytest.mark.parametrize(
    ("direction", "how"),
    [("down", "reset"), ("down", "fin"), ("up", "reset"), ("up", "fin")],
)
def test_cut_at_every_byte(
    direction: Literal["down", "up"], how: Literal["reset", "fin"], ingest: str
) -> None:
    counts: Counter[str] = Counter()
    asyncio.run(cut_along(direction, how, counts, ScriptedServer(), ingest=ingest))
    report(counts)


@pytest.mark.sampled
@pytest.mark.budget
@pytest.mark.parametrize("ingest", ["loop", "thread"])
@pytest.mark.parametrize(
    ("direction", "how"),
    [("down", "reset"), ("down", "fin"), ("up", "reset"), ("up", "fin")],
)
def test_cut_over_tls(
    direction: Literal["down", "up"],
    how: Literal["reset", "fin"],
    ingest: str,
    authority: trustme.CA,
) -> None:
    counts: Counter[str] = Counter()
    server = ScriptedServer(context=server_context(authority))
    options = {"ingest": ingest, "ssl": client_context(authority), "ping_interval": None}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(cut_along(direction, how, counts, server, places=60, **options))
    report(counts)


async def cut_along(
    direction: Literal["down", "up"],
    how: Literal["reset", "fin"],
    counts: Counter[str],
    server: ScriptedServer,
    *,
    places: int | None = None,
    **options: Any,
) -> None:
    async with server:
        serve_events(server)
        async with Proxy(server.port) as proxy:
            down, up = await measure(server, proxy, **options)
            total = down if direction == "down" else up
            for after in share(range(0, total, total // (places or total))):
                server.peers.clear()
                cut = Cut(direction, after, how)
                proxy.cuts = [cut]
                events, states = await play(server, proxy, **options)
                check(events, states, cut)
                counts["cuts"] += 1
                counts["reconnects"] += states.count("connecting") - 1
                counts["gaps"] += sum(isinstance(event, Gap) for event in events)
                before = states[: states.index("waiting")] if "waiting" in states else []
                counts[f"cut while {before[-1] if before else states[-1]}"] += 1


def report(counts: Counter[str]) -> None:
    gc.collect()
    sys.stderr.write(json.dumps(dict(sorted(counts.items()))) + "\n")
    assert counts["cuts"] > budget(50)
    # The last few cuts hit the closing, after which nobody comes back.
    assert counts["reconnects"] > 0.9 * counts["cuts"]
    assert counts["gaps"] <= counts["cuts"]


@pytest.mark.parametrize("ingest", ["loop", "thread"])
def test_line_that_goes_silent(ingest: str) -> None:
    """Half open at some byte: pings find it, before the upgrade a timeout does."""

    async def main() -> None:
        async with ScriptedServer() as server:
            serve_events(server)
            async with Proxy(server.port) as proxy:
                down, _ = await measure(server, proxy)
                for after in (0, 50, 180, 300, down - 1):
                    server.peers.clear()
                    cut = Cut("down", after, "hold")
                    proxy.cuts = [cut]
                    events, states = await play(
                        server,
                        proxy,
                        ingest=ingest,
                        ping_interval=0.05,
                        ping_timeout=0.1,
                        open_timeout=1,
                        auth_timeout=1,
                    )
                    check(events, states, cut)

    asyncio.run(main())
