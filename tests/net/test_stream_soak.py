"""Random faults, subscriptions and handlers; every event that was sent is accounted for.

``FASTPOLY_SOAK_S`` says how many seconds it runs; the default is short. ``FASTPOLY_SOAK_SEED``
repeats a run, whose seed is in the test's output.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.filters import conditions
from fastpoly.notices import Gap, SlowConsumer
from fastpoly.protocol.lifecycle import State, StateChange
from fastpoly.protocol.reconnect import Backoff
from fastpoly.sim import SimulatorProcess
from fastpoly.stream.stream import Stream
from tests.heap import native_bytes
from tests.net.streams import pause
from tests.waiting import until

SECONDS = float(os.environ.get("FASTPOLY_SOAK_S", "6"))
SEED = int(os.environ.get("FASTPOLY_SOAK_SEED", "0")) or random.SystemRandom().randrange(1 << 30)

# What ends a line, and what a line has to survive.
DEADLY = ("drop", "fin", "close", "abrupt_close", "half_open", "bad_utf8", "bad_frame")
HARMLESS = ("giant", "deep", "bad_json", "surprise", "empty", "pings", "burst", "split", "fragment")
CODES = (1000, 1001, 1008, 1011, 1012, 4000)


@dataclass
class Account:
    """What one consumer was given, checked as it comes.

    Attributes:
        received: Events by channel.
        lost: Events announced lost, by channel.
        gaps: Gaps announced.
    """

    received: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    gaps: int = 0

    def take(self, batch: Batch) -> None:
        for channel in batch.channels:
            if channel != "notice":
                self.received[channel] += batch.count(channel)
                continue
            for notice in batch.select("notice"):
                if isinstance(notice, SlowConsumer):
                    assert notice.lost == sum(notice.lost_by_channel.values()) > 0
                    self.lost.update(notice.lost_by_channel)
                else:
                    assert isinstance(notice, Gap)
                    self.gaps += 1

    @property
    def offered(self) -> Counter[str]:
        return self.received + self.lost


def resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def growth_mb(samples: list[tuple[float, float]]) -> float:
    """What memory grew by over the run, by the straight line that fits its samples best.

    The first third does not count: in it buffers grow to their limits and pools fill.
    """
    samples = samples[len(samples) // 3 :]
    times, sizes = zip(*samples, strict=True)
    slope, _ = statistics.linear_regression(times, sizes)
    return slope * (times[-1] - times[0])


async def change_subscriptions(stream: Stream, dice: random.Random, counts: Counter[str]) -> None:
    params = ["T.*", "Q.*", "AM.*", "A.*", "T.AAPL", "T.MSFT", "Q.AAPL", "NOI.*", "LULD.*"]
    while True:
        await asyncio.sleep(dice.uniform(0.02, 0.3))
        chosen = dice.sample(params, dice.randint(1, 3))
        change = stream.subscribe if dice.random() < 0.6 else stream.unsubscribe
        try:
            await asyncio.wait_for(change(*chosen), 5)
            counts["changes"] += 1
        except errors.SubscriptionError:
            counts["refusals"] += 1
        except TimeoutError:
            counts["changes given up"] += 1


async def cause_faults(
    simulator: SimulatorProcess, stream: Stream, dice: random.Random, counts: Counter[str]
) -> None:
    while True:
        await asyncio.sleep(dice.uniform(0.05, 0.4))
        name = dice.choice(DEADLY if dice.random() < 0.4 else HARMLESS)
        settings: dict[str, Any] = {}
        if name in ("close", "abrupt_close"):
            settings["code"] = dice.choice(CODES)
        if name in ("split", "fragment"):
            settings["lasts"] = 0.05
        if name == "giant":
            settings["events"] = 3000
        if name == "burst":
            settings["events"] = 5000
        if simulator.inject(name, **settings):
            counts[f"fault {name}"] += 1


async def soak(ingest: str, seconds: float, seed: int) -> Counter[str]:
    dice = random.Random(seed)
    counts: Counter[str] = Counter()
    with SimulatorProcess(
        seed=seed,
        rate=20_000,
        symbols=500,
        events_per_frame=20,
        history=2000,
        refused=("NOI.*",),
        acks=dice.choice(["combined", "separate", "mixed"]),
        ping_interval=0.2,
    ) as simulator:
        stream = Stream(
            "stocks",
            "T.*",
            "Q.*",
            api_key="key",
            url=simulator.url("stocks"),
            ingest=ingest,
            reconnect=Backoff(initial_s=0.02, cap_s=0.1),
            ping_interval=0.2,
            ping_timeout=0.3,
            subscribe_timeout=1,
            max_buffer_bytes=400_000,
            max_message_bytes=4 << 20,
            # So long that the simulator's few messages make it wait.
            max_read_delay=0.05,
            on_error=lambda *_: counts.update(["troubles"]),
        )
        names = ("all", "sync", "async", "conflate", "block", "filtered")
        accounts = {name: Account() for name in names}
        everything = accounts["all"]

        def on_state(change: StateChange) -> None:
            counts[f"state {change.new}"] += 1

        stream.on_state(on_state)
        # The measure of all others: it never loses anything.
        stream.add_handler(everything.take, max_buffer_bytes=1 << 40)

        def sync(batch: Batch) -> None:
            accounts["sync"].take(batch)
            if dice.random() < 0.002:
                time.sleep(0.02)
            if dice.random() < 0.002:
                raise ZeroDivisionError

        async def slow(batch: Batch) -> None:
            accounts["async"].take(batch)
            if dice.random() < 0.05:
                await asyncio.sleep(dice.uniform(0, 0.1))

        async def conflated(batch: Batch) -> None:
            accounts["conflate"].take(batch)
            if dice.random() < 0.01:
                await asyncio.sleep(dice.uniform(0, 0.2))

        async def blocking(batch: Batch) -> None:
            accounts["block"].take(batch)
            if dice.random() < 0.01:
                await asyncio.sleep(dice.uniform(0, 0.05))

        async def filtered(batch: Batch) -> None:
            accounts["filtered"].take(batch)
            if dice.random() < 0.02:
                await asyncio.sleep(dice.uniform(0, 0.1))

        stream.add_handler(filtered, where=conditions.field("size") >= 100)
        stream.add_handler(sync, "T", "Q", "notice")
        stream.add_handler(slow, overflow="drop_newest")
        stream.add_handler(conflated, overflow="conflate")
        stream.add_handler(blocking, overflow="block", max_buffer_bytes=4 << 20)
        iterated = Account()
        # From before the line is up, so that it gets all that the handlers get.
        iterator = aiter(stream)

        async def iterate() -> None:
            async for batch in iterator:
                iterated.take(batch)
                if dice.random() < 0.02:
                    await asyncio.sleep(dice.uniform(0, 0.1))

        await stream.open()
        tasks = [asyncio.create_task(iterate())]
        noise = [
            asyncio.create_task(change_subscriptions(stream, dice, counts)),
            asyncio.create_task(cause_faults(simulator, stream, dice, counts)),
        ]
        memory: list[tuple[float, float]] = []
        in_use: list[tuple[float, float]] = []
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await asyncio.sleep(min(seconds / 60, 1))
            memory.append((time.monotonic(), resident_mb()))
            in_use.append((time.monotonic(), (native_bytes() or 0) / 1e6))
            for task in (*tasks, *noise):
                if task.done():
                    task.result()
        for task in noise:
            task.cancel()
        await asyncio.gather(*noise, return_exceptions=True)
        # A quiet end: the last line is up, and all that was sent on it has arrived.
        await asyncio.sleep(0.8)
        await until(lambda: stream.state is State.LIVE, 20)
        await pause(simulator)
        await settle(lambda: stream.stats().line.events_received)
        sent = simulator.stats()
        await stream.close()
        await asyncio.gather(*tasks)
        stats = stream.stats()

    lines = [line for line in sent["connections"] if line["authenticated"]]
    counts["lines"] = len(lines)
    counts["sent"] = sum(sum(line["events"].values()) for line in lines)
    # What is no event of a channel is beside the count of what was sent.
    counts["received"] = stats.line.events_received - everything.received["unknown"]
    # Whatever was sent and not received was on a line that was lost, so inside of a gap.
    counts["in gaps"] = counts["sent"] - counts["received"]
    last = lines[-1]
    counts["delivered"] = sum(everything.received.values()) - everything.received["unknown"]
    counts["lost"] = sum(sum(account.lost.values()) for account in [*accounts.values(), iterated])
    counts["gaps"] = everything.gaps
    counts["resident MB"] = round(memory[-1][1])
    counts["growth MB"] = round(growth_mb(memory))
    counts["growth in use MB"] = round(growth_mb(in_use))
    losses = counts[f"state {State.WAITING}"]

    assert not everything.lost
    assert counts["delivered"] == counts["received"]
    assert counts["in gaps"] >= 0
    # The last line was never lost: all of it was received.
    assert last["ended"] == "" or "client" in last["ended"], last
    # Each line that was lost after the first time live is announced, once it is followed by data.
    assert counts["gaps"] <= losses
    assert counts["gaps"] >= 1 or not losses
    for name in ("async", "conflate", "block"):
        assert accounts[name].offered == everything.offered, name
        assert accounts[name].gaps == everything.gaps
    sync_offered = {name: everything.offered[name] for name in ("T", "Q")}
    assert accounts["sync"].offered == Counter(sync_offered)
    assert not accounts["block"].lost
    passed = accounts["filtered"].offered
    left_out = everything.offered - passed
    assert set(left_out) <= {"T"}, "channels without a size"
    (handler,) = (one for one in stats.handlers if one.name.endswith("filtered"))
    assert handler.buffer.filtered == sum(left_out.values())
    assert accounts["filtered"].gaps == everything.gaps
    counts["filtered"] = handler.buffer.filtered
    # Nothing but what was received, and nothing that it neither got nor was told to have lost.
    unaccounted = everything.offered.copy()
    unaccounted.subtract(iterated.offered)
    assert not any(unaccounted.values()), unaccounted
    assert iterated.gaps == everything.gaps
    counts["unaccounted"] = sum(unaccounted.values())
    return counts


async def settle(figure: Callable[[], int]) -> None:
    """Waits until a figure has stood still for a while."""
    async with asyncio.timeout(20):
        while True:
            before = figure()
            await asyncio.sleep(0.3)
            if figure() == before:
                return


@pytest.fixture
def _log_written_and_forgotten() -> Iterator[None]:
    """Pytest keeps every record, with the frames of its exception: that alone would be a slope."""
    logger = logging.getLogger("fastpoly")
    with open(os.devnull, "w") as nowhere:
        handler = logging.StreamHandler(nowhere)
        logger.addHandler(handler)
        logger.propagate = False
        yield
        logger.propagate = True
        logger.removeHandler(handler)


@pytest.mark.usefixtures("_log_written_and_forgotten")
@pytest.mark.slow
@pytest.mark.timeout(SECONDS * 3 + 120)
@pytest.mark.parametrize("ingest", ["loop", "thread"])
def test_everything_is_accounted_for(ingest: str) -> None:
    sys.stderr.write(f"FASTPOLY_SOAK_SEED={SEED}\n")
    counts = asyncio.run(soak(ingest, SECONDS, SEED))
    sys.stderr.write(json.dumps(dict(sorted(counts.items()))) + "\n")
    gc.collect()
    assert counts["sent"] > 1000 * SECONDS
    # A short run is too short for a slope: one big buffer more or less would be one.
    if SECONDS >= 60:
        assert counts["growth MB"] < 10
        # Without what the allocator keeps for itself. Buffers fill and empty by some megabytes from
        # one look to the next, so that the line through them all is off by one or two.
        assert counts["growth in use MB"] < 6
