"""The vendor's own client talks to the simulator as it talks to the service."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fastpoly.schema import MARKETS
from fastpoly.sim import SimulatorProcess
from tests.waiting import PATIENCE_S

massive = pytest.importorskip("massive")

EVENTS = 300


def read(simulator: SimulatorProcess, market: str, params: list[str]) -> list[Any]:
    """The first events that the official client hands to its handler."""
    received: list[Any] = []
    client = massive.WebSocketClient(
        api_key="any",
        feed=f"127.0.0.1:{simulator.port}",
        market=market,
        secure=False,
        subscriptions=params,
    )

    async def handler(messages: list[Any]) -> None:
        received.extend(messages)
        if len(received) >= EVENTS:
            await client.close()

    async def main() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await client.connect(handler)

    asyncio.run(main())
    return received


@pytest.fixture(scope="module")
def simulator() -> Any:
    with SimulatorProcess(rate=5000, symbols=100, history=7000, keys=("any",)) as process:
        yield process


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_reads_every_market(simulator: SimulatorProcess, market: str) -> None:
    spec = MARKETS[market]
    # The official client knows no XS.
    channels = [c for c in spec.channels if c.wildcard and c.name != "XS"]
    received = read(simulator, market, [f"{channel.name}.*" for channel in channels])
    assert len(received) >= EVENTS
    names = {channel.event.name for channel in channels}
    assert {type(event).__name__ for event in received} <= names
    first = spec.channels[0]
    for event in received:
        if event.event_type == first.name:
            for field in first.event.fields:
                if not field.optional and hasattr(event, field.name):
                    assert getattr(event, field.name) is not None
