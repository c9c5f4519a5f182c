"""The metrics page: every market on one page, in Prometheus's format, and what a probe is told."""

from __future__ import annotations

import asyncio
import re
import urllib.error
import urllib.request
from typing import Any

import pytest

from fastpoly.errors import UsageError
from fastpoly.metrics import CONTENT_TYPE, METRICS, MetricsPage, render
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedServer
from fastpoly.stream.streams import Streams
from tests.loops import in_loop
from tests.net.streams import KEY, SOON
from tests.waiting import PATIENCE_S, UNHURRIED, until

SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\.)*",?)+)\} (-?[0-9.e+-]+)')


def samples(page: str) -> dict[str, float]:
    """Every sample by its name and labels; a line that is no sample of the format fails."""
    found: dict[str, float] = {}
    for line in page.splitlines():
        if line.startswith("# "):
            assert re.fullmatch(r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ (gauge|counter))", line)
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        key = f"{match[1]}{{{match[2]}}}"
        assert key not in found
        found[key] = float(match[3])
    return found


async def get(port: int, path: str, method: str = "GET") -> tuple[int, str, str]:
    def ask() -> tuple[int, str, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read().decode()

    return await asyncio.to_thread(ask)


@in_loop
async def test_one_page_for_all_markets() -> None:
    async with ScriptedServer() as server:
        url = server.url("stocks").removesuffix("/stocks")
        streams = Streams(
            stocks="T.*", crypto="XT.*", api_key=KEY, url=url, reconnect=SOON, **UNHURRIED
        )
        got: list[Any] = []
        streams.add_handler(got.append)
        before = samples(render(streams))
        assert before['fastpoly_up{market="stocks"}'] == 0
        assert before['fastpoly_state{market="crypto",state="idle"}'] == 1
        async with streams, MetricsPage(streams) as page:
            peer = next(peer for peer in server.peers if peer.path == "stocks")
            peer.send({"ev": "T", "sym": "A", "t": 1_700_000_000_000}, {"ev": "T", "sym": "B"})
            await until(lambda: streams.stats().received == 2 and got)
            status, kind, text = await get(page.port, "/metrics?from=here")
            assert (status, kind) == (200, CONTENT_TYPE)
            figures = samples(text)
            assert figures['fastpoly_events_received_total{market="stocks"}'] == 2
            assert figures['fastpoly_events_received_total{market="crypto"}'] == 0
            assert figures['fastpoly_up{market="crypto"}'] == 1
            assert figures['fastpoly_lag_seconds{market="stocks",channel="T",quantile="0.5"}'] > 0
            assert figures['fastpoly_subscriptions_confirmed{market="stocks"}'] == 1
            for metric in METRICS:
                assert f"# TYPE fastpoly_{metric.name} {metric.kind}\n" in text
            assert (await get(page.port, "/health"))[::2] == (200, "stocks live\ncrypto live\n")
            assert await get(page.port, "/metrics", "HEAD") == (200, CONTENT_TYPE, "")
            assert (await get(page.port, "/metrics", "POST"))[0] == 405
            assert (await get(page.port, "/"))[0] == 404
            # One market is away: a probe is told which, and why.
            server.stop_listening()
            next(peer for peer in server.peers if peer.path == "crypto").drop()
            await until(lambda: streams.states["crypto"] is State.WAITING)
            status, _, text = await get(page.port, "/health")
            assert status == 503
            assert re.search("^crypto (waiting|connecting)", text, re.MULTILINE)
            assert KEY not in text


@in_loop
async def test_what_speaks_no_http_is_answered_or_let_go() -> None:
    client = AsyncStreamClient(KEY, "stocks")
    async with MetricsPage(client) as page:
        for sent, answered in (
            (b"\r\n\r\n", b"HTTP/1.1 404 "),
            (b"GET /metrics HTTP/1.1\r\n" + b"x" * 100_000, b"HTTP/1.1 431 "),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", page.port)
            writer.write(sent)
            assert (await reader.read()).startswith(answered)
            writer.close()
        _, writer = await asyncio.open_connection("127.0.0.1", page.port)
        writer.close()  # without a word
        assert (await get(page.port, "/health"))[::2] == (503, "stocks idle\n")


def test_a_client_has_the_same_metrics_and_a_market_is_there_once() -> None:
    client = AsyncStreamClient(KEY, "stocks")
    assert samples(render(client))['fastpoly_events_lost_total{market="stocks"}'] == 0
    with pytest.raises(UsageError, match="Two of these stream stocks"):
        render(client, client)
