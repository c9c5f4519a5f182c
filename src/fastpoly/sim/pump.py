"""The clock of one simulated market: makes events happen at a rate and has them delivered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, Protocol

from fastpoly._core import SyntheticMarket
from fastpoly.schema import MarketSpec
from fastpoly.sim.config import SimulatorConfig

# Moments are at least this far apart, and at most that: bars need a clock when trading is slow.
_SHORTEST_MOMENT = 0.001
_LONGEST_MOMENT = 0.05
# Events of one moment at most; at full speed, always.
_LARGEST_MOMENT = 5000
# What a stall may make up for afterwards, in seconds; the rest never happens.
_LONGEST_BURST = 0.25
# The history before the first connection covers a minute, so that a minute bar exists.
_HISTORY_MS = 70_000
_HISTORY_STEPS = 700


class Subscriber(Protocol):
    """Who gets what happens on a market."""

    @property
    def number(self) -> int:
        """What tells subscribers apart."""

    @property
    def is_writable(self) -> bool:
        """Whether it reads fast enough for more."""

    async def writable(self) -> None:
        """Wait until it has read enough for more."""

    def deliver(self) -> None:
        """Send what the last moment of the market brought for it."""


class Pump:
    """Drives one market for its subscribers. It stands still while there are none.

    Attributes:
        spec: The market's entry in the schema table.
        market: The market.
        made: Trades and quotes so far.
        skipped: Trades and quotes that did not happen because the machine or a reader was slow.
        clock_offset_ms: By how much the market's clock is wrong.
    """

    def __init__(self, spec: MarketSpec, config: SimulatorConfig) -> None:
        self.spec = spec
        self.market = SyntheticMarket(
            spec.name,
            seed=config.seed,
            symbols=config.symbols,
            trade_share=config.trade_share,
            bar_hold_ms=config.bar_hold_ms,
            late_per_million=config.late_per_million,
            halts_per_million=config.halts_per_million,
        )
        self.rate = config.rate
        self.made = 0
        self.skipped = 0
        self.clock_offset_ms = 0
        self._hurry = 1.0
        self._stalled = False
        self._config = config
        self._subscribers: dict[int, Subscriber] = {}
        self._wake = asyncio.Event()
        self._running = asyncio.Event()
        self._running.set()
        self._task: asyncio.Task[None] | None = None
        self._recall_history()

    def _recall_history(self) -> None:
        """Let the market live for a minute that nobody sees."""
        now = time.time_ns() // 1_000_000
        share, rest = divmod(self._config.history, _HISTORY_STEPS)
        for step in range(_HISTORY_STEPS):
            self.market.advance(
                now - _HISTORY_MS + step * _HISTORY_MS // _HISTORY_STEPS, share + (step < rest)
            )

    def start(self) -> None:
        """Start the clock."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop the clock for good."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def pause(self) -> None:
        """Stop the clock: nothing happens and nothing is sent until `resume`."""
        self._running.clear()

    def resume(self) -> None:
        """Let the clock run on."""
        self._running.set()

    def add(self, subscriber: Subscriber) -> None:
        """Add a subscriber."""
        self._subscribers[subscriber.number] = subscriber
        self._wake.set()

    def remove(self, subscriber: Subscriber) -> None:
        """Remove a subscriber."""
        self._subscribers.pop(subscriber.number, None)
        if not self._subscribers:
            self._wake.clear()

    @property
    def is_finished(self) -> bool:
        """Whether as much has happened as was asked for."""
        return bool(self._config.stop_after) and self.made >= self._config.stop_after

    def hurry(self, factor: float) -> None:
        """Multiply the rate; 1 undoes it."""
        self._hurry = max(factor, 0.001)

    def stall(self, on: bool) -> None:
        """Let nothing happen for a while; what was due happens when it is over."""
        self._stalled = on

    @property
    def _pace(self) -> float:
        """Trades and quotes per second now; 0 for as many as the readers take."""
        return self.rate * self._hurry

    def _moment(self, pace: float) -> float:
        """Seconds from one moment to the next: as long as a frame takes to fill."""
        if not pace:
            return 0.0
        filling = self._config.events_per_frame / pace
        return min(max(filling, _SHORTEST_MOMENT), _LONGEST_MOMENT)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await self._running.wait()
            await self._flow(self._pace)

    async def _flow(self, pace: float) -> None:
        """Keep the pace until it changes or the clock stops."""
        clock = time.perf_counter
        size = self._config.events_per_frame
        moment = self._moment(pace)
        started, made, stalled = clock(), 0, False
        while self._wake.is_set() and self._running.is_set() and pace == self._pace:
            due = int((clock() - started) * pace) - made if pace else _LARGEST_MOMENT
            if self._stalled:
                stalled = True
                await asyncio.sleep(_LONGEST_MOMENT)
                continue
            if stalled:
                stalled = False
                self.happen_at_once(due)
                made += due
                continue
            if pace and due > max(pace * _LONGEST_BURST, _LARGEST_MOMENT):
                self.skipped += due
                made += due
                continue
            events = min(due, _LARGEST_MOMENT)
            if pace * _LONGEST_MOMENT >= size:
                events -= events % size  # whole frames; the rest comes with the next moment
            self.happen(events)
            made += events
            if self._config.slow_consumer == "wait":
                await self._wait_for_readers()
            await asyncio.sleep(0 if due - events >= _LARGEST_MOMENT else moment)

    def happen_at_once(self, events: int) -> None:
        """So many trades and quotes without a pause between them."""
        while events > 0:
            self.happen(min(events, _LARGEST_MOMENT))
            events -= _LARGEST_MOMENT

    def happen(self, events: int) -> None:
        """One moment: makes `events` trades and quotes now, and sends what subscribers want."""
        stop_after = self._config.stop_after
        if stop_after:
            events = min(events, stop_after - self.made)
            if self.is_finished:
                return
        now_ms = time.time_ns() // 1_000_000 + self.clock_offset_ms
        self.market.advance(now_ms, events)
        self.made += events
        for subscriber in list(self._subscribers.values()):
            subscriber.deliver()

    async def _wait_for_readers(self) -> None:
        for subscriber in list(self._subscribers.values()):
            if not subscriber.is_writable:
                await subscriber.writable()

    def stats(self) -> dict[str, Any]:
        """What happened, as plain data."""
        return {
            "made": self.made,
            "skipped": self.skipped,
            "rate": self.rate,
            "subscribers": len(self._subscribers),
            "finished": self.is_finished,
        }
