"""`AsyncStreamClient` against the simulator: every event that was sent is accounted for."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import trustme

from fastpoly import AsyncStreamClient, SubscriptionError
from fastpoly.errors import CertificateError
from fastpoly.polygon.services import SERVICES
from fastpoly.sim import SimulatorProcess
from tests.loops import in_loop
from tests.waiting import until


@pytest.mark.sampled
@pytest.mark.parametrize("ingest", ["loop", "thread"])
@pytest.mark.parametrize("messages", ["dicts", "events", "batches"])
@pytest.mark.parametrize("kind", ["function", "at once", "waits"])
@in_loop
async def test_every_event_reaches_its_handler_once(ingest: str, messages: Any, kind: str) -> None:
    got: Counter[str] = Counter()

    def count(channel: str, message: Any) -> None:
        if messages == "batches":
            assert message.channels == (channel,)
            got[channel] += len(message)
        else:
            assert (message["ev"] if messages == "dicts" else message.event_type) == channel
            got[channel] += 1

    def make(channel: str) -> Any:
        async def at_once(message: Any) -> None:
            count(channel, message)

        async def waits(message: Any) -> None:
            if got[channel] % 50 == 0:
                await asyncio.sleep(0)
            count(channel, message)

        return {"function": lambda message: count(channel, message)}.get(
            kind, at_once if kind == "at once" else waits
        )

    settings: dict[str, Any] = {"rate": 0, "slow_consumer": "wait", "stop_after": 30_000}
    with SimulatorProcess(symbols=50, history=100, events_per_frame=20, **settings) as simulator:
        client = AsyncStreamClient(
            "KEY", "stocks", simulator.url("stocks"), ingest=ingest, messages=messages
        )
        async with client:
            await client.change_handler("status", lambda status: None)
            await client.change_handler("Q", make("Q"))
            # Both at once: the market begins with the first subscription, and is soon over.
            await client.subscribe_stock_trades("T.*,Q.*", handler_function=make("T"))
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            await until(lambda: simulator.stats()["markets"]["stocks"]["finished"])
            sent = simulator.stats()["events"]
            await until(lambda: got == sent)
        await running
    assert sum(sent.values()) > 20_000


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("market", "service"),
    [
        ("options", "option_trades"),
        ("forex", "forex_quotes"),
        ("crypto", "crypto_trades"),
        ("indices", "index_value"),
        ("futures", "stock_trades"),
    ],
)
@in_loop
async def test_every_market(market: str, service: str) -> None:
    got: list[Any] = []
    with SimulatorProcess(rate=5000, symbols=20, history=100) as simulator:
        async with AsyncStreamClient("KEY", market, simulator.url(market)) as client:
            await getattr(client, f"subscribe_{service}")(handler_function=got.append)
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            await until(lambda: len(got) >= 100)
        await running
    assert {message["ev"] for message in got} == {SERVICES[service].channel}


@in_loop
async def test_refusal_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    statuses: list[Any] = []
    with SimulatorProcess(refused=("NOI.*",), history=100) as simulator:
        async with AsyncStreamClient("KEY", "stocks", simulator.url("stocks")) as client:
            await client.change_handler("status", statuses.append)
            await client.subscribe_stock_imbalances()
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            await until(lambda: any(status["status"] == "error" for status in statuses))
        await running
        # All quotes of options are not to be had; that is sent, too, and the refusal is heard.
        statuses.clear()
        async with AsyncStreamClient("KEY", "options", simulator.url("options")) as client:
            await client.change_handler("status", statuses.append)
            await client.subscribe_option_quotes()
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            await until(lambda: any(status["status"] == "error" for status in statuses))
            assert simulator.requests()[-1][1] == '{"action":"subscribe", "params":"Q.*"}'
            with pytest.raises(SubscriptionError):
                await client.subscribe_crypto_quotes()
        await running
    assert "The server said: not authorized" in caplog.text


@pytest.mark.parametrize("ingest", ["loop", "thread"])
@in_loop
async def test_tls(tmp_path: Path, ingest: str) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(certificate), append=True)
    issued.private_key_pem.write_to_path(str(key))
    files = {"certfile": str(certificate), "keyfile": str(key)}
    with SimulatorProcess(rate=5000, history=100, **files) as simulator:
        url = simulator.url("stocks")
        assert url.startswith("wss://")
        with pytest.raises(CertificateError):
            await AsyncStreamClient("KEY", "stocks", url, ingest=ingest).login()
        got: list[Any] = []
        client = AsyncStreamClient(
            "KEY", "stocks", url, ssl=str(tmp_path / "ca.pem"), ingest=ingest
        )
        async with client:
            await client.subscribe_stock_trades(handler_function=got.append)
            running = asyncio.create_task(client.handle_messages(reconnect=True))
            await until(lambda: len(got) > 100)
        await running
