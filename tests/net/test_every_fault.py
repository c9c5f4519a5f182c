"""Every fault of the simulator, for both facades: data flows again, or an error says why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

import pytest

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import SimulatorProcess
from fastpoly.sim.faults import FAULTS
from fastpoly.stream.stream import Stream
from tests.net.streams import BOTH_WAYS, KEY, SOON, check_threads, run
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)

SETTINGS: dict[str, dict[str, Any]] = {
    "slow_acks": {"seconds": 0.2, "lasts": 0.3},
    "lost_acks": {"lasts": 0.3},
    "mute": {"lasts": 0.2},
    "clock": {"lasts": 0.1},
    "faster": {"lasts": 0.1},
    "stall": {"lasts": 0.1},
    "split": {"lasts": 0.2},
    "fragment": {"lasts": 0.2},
    "restart": {"seconds": 0.2},
    "refuse": {"seconds": 0.2, "retry_after": 0},
    "chaos": {"kinds": "drop+bad_json"},
}
"""Where a fault's own would take long."""

ASKED = {"slow_acks": "LULD.*", "lost_acks": "NOI.*"}
"""What is subscribed to while answers are slow, or none."""

FATAL = {
    "evict": errors.ConnectionEvicted,
    "force_disconnect": errors.ForcedDisconnect,
}
"""Faults after which nobody comes back unless asked to."""

LINE: Any = {"ping_interval": 0.1, "ping_timeout": 0.3}


class Consumer:
    """What a facade has received, and what it does beside.

    Attributes:
        events: Events so far.
    """

    def __init__(self) -> None:
        self.events = 0

    def count(self, batch: Batch) -> None:
        self.events += len(batch)

    async def ask(self, param: str, answered: bool) -> None:
        """Subscribes to something else."""
        raise NotImplementedError

    async def ended(self) -> None:
        """Waits for the end and raises why."""
        raise NotImplementedError


class StreamConsumer(Consumer):
    def __init__(self, url: str, ingest: str) -> None:
        super().__init__()
        self.stream = Stream(
            "stocks",
            ("T.*", "Q.*"),
            api_key=KEY,
            url=url,
            reconnect=SOON,
            ingest=ingest,
            stale_after={},
            subscribe_timeout=1.5,
            on_error=lambda *_: None,
            **LINE,
        )
        self.stream.add_handler(self.count, "T", "Q", "notice")

    async def __aenter__(self) -> Self:
        await self.stream.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stream.close()
        assert self.stream.state is State.CLOSED

    async def ask(self, param: str, answered: bool) -> None:
        if answered:
            await self.stream.subscribe(param)
            return
        with pytest.raises(errors.SubscriptionError) as caught:
            await self.stream.subscribe(param)
        assert caught.value.unanswered == (param,)

    async def ended(self) -> None:
        await self.stream.wait_closed()


class ClientConsumer(Consumer):
    def __init__(self, url: str, ingest: str) -> None:
        super().__init__()
        self.client = AsyncStreamClient(
            KEY,
            "stocks",
            url,
            messages="batches",
            ingest=ingest,
            max_message_size=None,
            reconnect=SOON,
            on_error=lambda *_: None,
            **LINE,
        )
        self.running: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        for channel in ("status", "notice", "LULD", "NOI"):
            await self.client.change_handler(channel, lambda message: None)
        await self.client.subscribe_stock_trades(handler_function=self.count)
        await self.client.subscribe_stock_quotes(handler_function=self.count)
        self.running = asyncio.create_task(self.client.handle_messages(reconnect=True))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close_stream()
        await asyncio.wait([self.running])

    async def ask(self, param: str, answered: bool) -> None:
        await self.client.subscribe_stock_limit_up_limit_down(param)

    async def ended(self) -> None:
        await self.running


@pytest.mark.parametrize("facade", [StreamConsumer, ClientConsumer])
@BOTH_WAYS
def test_every_fault(
    fastpoly_simulators: Callable[..., SimulatorProcess],
    ingest: str,
    facade: type[StreamConsumer | ClientConsumer],
) -> None:
    simulator = fastpoly_simulators(rate=2000, symbols=50, seed=3)

    async def live_through(names: list[str]) -> None:
        async with facade(simulator.url(), ingest) as consumer:
            await until(lambda: consumer.events > 50)
            for name in names:
                # That is also the number of the latest connection, the only one that is in use.
                accepted = simulator.stats()["accepted"]
                assert simulator.inject(name, accepted, **SETTINGS.get(name, {})) == 1
                if name in FATAL:
                    with pytest.raises(FATAL[name]):
                        await asyncio.wait_for(consumer.ended(), PATIENCE_S)
                    assert simulator.stats()["accepted"] == accepted
                    return
                if name in ASKED:
                    await consumer.ask(ASKED[name], answered=name != "lost_acks")
                # What was on its way may still come; a part of what follows is of after the fault.
                await asyncio.sleep(0.05)
                before = consumer.events
                await until(lambda: consumer.events > before + 200)  # noqa: B023

    async def main() -> None:
        await live_through([name for name in FAULTS if name not in FATAL])
        for name in FATAL:
            await live_through([name])
        assert set(simulator.stats()["faults"]) == set(FAULTS)

    run(main())
