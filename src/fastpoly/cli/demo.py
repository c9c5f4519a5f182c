"""``fastpoly demo``: a simulated market in a second process, watched live, then accounted for."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from fastpoly.cli.meter import Meter, percentile_ms
from fastpoly.cli.sim import setting_options, simulator_config
from fastpoly.cli.terminal import ExitCode, FiniteRange, report, run, write_out
from fastpoly.cli.view import View, lag, make_view, number
from fastpoly.errors import UsageError
from fastpoly.sim import SimulatorConfig, SimulatorProcess
from fastpoly.stream.stream import Stream

__all__ = ["Account", "command"]

CHANNELS: Final = ("T", "Q", "AM")
SETTLE_S: Final = 5.0
"""How long what the simulator has sent may take to arrive before it counts as lost."""


@dataclass(frozen=True, slots=True)
class Account:
    """What happened to everything the simulator sent.

    Attributes:
        sent: Events by channel, as the simulator counted them.
        received: Events by channel, as the handler counted them.
        seconds: How long it took.
        nbytes: Bytes of the frames received.
        reader_cpu: Share of one core that reading, decoding and counting took.
        view_cpu: Share of one core that the display took.
    """

    sent: Mapping[str, int]
    received: Mapping[str, int]
    seconds: float
    nbytes: int
    reader_cpu: float
    view_cpu: float

    @property
    def lost(self) -> dict[str, int]:
        """Sent less received, by channel; negative where more arrived than was sent."""
        return {
            channel: self.sent.get(channel, 0) - self.received.get(channel, 0)
            for channel in sorted(
                {*CHANNELS, *self.sent, *self.received},
                key=lambda name: (*CHANNELS, name).index(name),
            )
        }

    @property
    def is_complete(self) -> bool:
        """Whether something was sent and all of it arrived, once."""
        return any(self.sent.values()) and not any(self.lost.values())


def as_text(account: Account, meter: Meter) -> str:
    """Return the account as text."""

    def row(name: str, sent: int, received: int, lost: int) -> str:
        return f"{name:8}{sent:14,}{received:14,}{lost:10,}"

    lines = [f"{'':8}{'sent':>14}{'received':>14}{'lost':>10}"]
    for channel, lost in account.lost.items():
        sent, received = account.sent.get(channel, 0), account.received.get(channel, 0)
        lines.append(row(channel, sent, received, lost))
    totals = (sum(counts.values()) for counts in (account.sent, account.received, account.lost))
    lines.append(row("all", *totals))
    rate = sum(account.received.values()) / account.seconds
    lags = meter.total.lags_of_all()
    busiest = ", ".join(f"{symbol} {share:.1%}" for symbol, share in meter.busiest(5))
    lines += [
        "",
        f"{number(rate)} events/s and "
        f"{account.nbytes / account.seconds / 1e6:.1f} MB/s for {account.seconds:.1f} s",
        f"lag from the server's stamp to the handler: p50 {lag(lags, 50)} ms, "
        f"p99 {lag(lags, 99)} ms",
        f"the reader used {account.reader_cpu:.1%} of one core (and this display "
        f"{account.view_cpu:.1%})",
        f"busiest: {busiest}",
    ]
    return "\n".join(lines)


def as_json(account: Account, meter: Meter) -> str:
    """Return the account as one line of JSON."""
    lags = meter.total.lags_of_all()
    return json.dumps(
        {
            "sent": dict(account.sent),
            "received": dict(account.received),
            "lost": account.lost,
            "complete": account.is_complete,
            "seconds": round(account.seconds, 3),
            "bytes": account.nbytes,
            "lag_ms": {"p50": percentile_ms(lags, 50), "p99": percentile_ms(lags, 99)},
            "reader_cpu": round(account.reader_cpu, 4),
            "view_cpu": round(account.view_cpu, 4),
        }
    )


class _Showing:
    """Shows the meter at the view's pace, and knows what processor time that took."""

    def __init__(self, meter: Meter, view: View) -> None:
        self._meter = meter
        self._view = view
        self._shown = time.monotonic()
        self.cpu_s = 0.0

    def show(self) -> None:
        start = time.thread_time()
        now = time.monotonic()
        self._view.show(self._meter, self._meter.take(), max(now - self._shown, 1e-9))
        self._shown = now
        self.cpu_s += time.thread_time() - start

    async def keep_showing(self) -> None:
        while True:
            await asyncio.sleep(self._view.interval_s)
            self.show()


async def _settle(meter: Meter, sent: Mapping[str, int]) -> None:
    """Wait until as much has arrived as was sent, or for long enough to call it lost."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        meter.take()
        if meter.total.events.total() >= sum(sent.values()):
            return
        await asyncio.sleep(0.01)


async def _demonstrate(
    simulator: SimulatorProcess, seconds: float, meter: Meter, view: View
) -> Account:
    showing = _Showing(meter, view)
    params = [f"{channel}.*" for channel in CHANNELS]
    stream = Stream("stocks", *params, url=simulator.url("stocks"), api_key="demo")
    stream.add_handler(meter.add)
    start, cpu_start = time.monotonic(), time.process_time()
    async with stream:
        reading = asyncio.create_task(stream.wait_closed())
        display = asyncio.create_task(showing.keep_showing())
        try:
            # A stream that ends by itself ends the demo with its error.
            await asyncio.wait([reading], timeout=seconds)
            if reading.done():
                reading.result()
            elapsed, cpu = time.monotonic() - start, time.process_time() - cpu_start
            display.cancel()
            await asyncio.to_thread(simulator.pause)
            stats = await asyncio.to_thread(simulator.stats)
            await _settle(meter, stats["events"])
        finally:
            display.cancel()
            reading.cancel()
            await asyncio.wait([reading, display])
    return Account(
        sent=stats["events"],
        received=dict(meter.total.events),
        seconds=elapsed,
        nbytes=meter.total.nbytes,
        reader_cpu=(cpu - showing.cpu_s) / elapsed,
        view_cpu=showing.cpu_s / elapsed,
    )


async def _demo(seconds: float, as_line: bool, config: SimulatorConfig) -> int:
    meter = Meter("stocks")
    # Started and stopped in a thread: it takes a moment, and the loop has Ctrl-C to watch for.
    simulator = SimulatorProcess(config)
    try:
        await asyncio.to_thread(simulator.start)
        title = (
            f"A simulated stocks market of {config.symbols:,} symbols, {config.rate:,.0f} trades "
            f"and quotes a second, for {seconds:g} s"
        )
        with make_view(CHANNELS, title) as view:
            account = await _demonstrate(simulator, seconds, meter, view)
    finally:
        await asyncio.to_thread(simulator.stop)
    write_out((as_json if as_line else as_text)(account, meter))
    return ExitCode.OK if account.is_complete else ExitCode.FAILED


@click.command(name="demo", params=setting_options("rate", "symbols", "events_per_frame", "seed"))
@click.option(
    "--seconds",
    type=FiniteRange(min=0, min_open=True),
    default=10,
    show_default=True,
    help="How long to watch.",
)
@click.option("--json", "as_line", is_flag=True, help="Write the summary as one line of JSON.")
def command(seconds: float, as_line: bool, **settings: Any) -> int:
    """Watch a simulated market, without a key, and account for every event.

    Starts a simulator in a second process, subscribes to all trades, quotes and minute bars, and
    shows on standard error what arrives. Then a summary on standard output: what was sent,
    received and lost. Exits with 0 only if nothing was lost.
    """
    try:
        config = simulator_config("demo", **settings)
    except UsageError as error:
        report(error)
        return ExitCode.USAGE
    return run(_demo(seconds, as_line, config))
