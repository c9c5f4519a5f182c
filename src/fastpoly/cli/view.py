"""What the demo shows while it runs: a live table on a terminal, a line a second elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fastpoly.cli.meter import percentile_ms
from fastpoly.cli.terminal import say

if TYPE_CHECKING:
    from types import TracebackType

    from fastpoly._core import Histogram
    from fastpoly.cli.meter import Meter, Tally

__all__ = ["LiveView", "PlainView", "View", "make_view", "number"]

BUSIEST_SHOWN: Final = 8


def number(value: float) -> str:
    """Return a count as people read it."""
    return f"{value:,.0f}"


def lag(lags: Histogram | None, percent: float) -> str:
    """Return a percentile in ms, or a dash where there was nothing to measure."""
    value = percentile_ms(lags, percent)
    return "-" if value is None else f"{value:.1f}"


class View(Protocol):
    """Something that shows the meter's readings; a context manager around the time it does."""

    interval_s: float

    def __enter__(self) -> View: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def show(self, meter: Meter, tally: Tally, seconds: float) -> None:
        """Show what arrived in the last so many seconds."""


class PlainView:
    """One line for each interval, on standard error."""

    interval_s = 1.0

    def __init__(self, channels: tuple[str, ...]) -> None:
        self._channels = channels
        self._start = time.monotonic()

    def __enter__(self) -> PlainView:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, meter: Meter, tally: Tally, seconds: float) -> None:
        """Write the line."""
        rates = "  ".join(
            f"{channel} {number(tally.events[channel] / seconds)}/s" for channel in self._channels
        )
        lags = tally.lags_of_all()
        elapsed = time.monotonic() - self._start
        say(
            f"{elapsed:6.1f} s  {rates}  {tally.nbytes / seconds / 1e6:.1f} MB/s"
            f"  lag p50 {lag(lags, 50)} ms  p99 {lag(lags, 99)} ms"
        )


class LiveView:
    """A table that is redrawn in place, on standard error."""

    interval_s = 0.5

    def __init__(self, channels: tuple[str, ...], title: str, console: Console) -> None:
        self._channels = channels
        self._title = title
        # Drawn when told to, not by a thread of rich's own, so that its time can be told from the
        # reader's.
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> LiveView:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def show(self, meter: Meter, tally: Tally, seconds: float) -> None:
        """Redraw."""
        table = Table()
        table.add_column("channel")
        for heading in ("events/s", "events", "lag p50 ms", "lag p99 ms"):
            table.add_column(heading, justify="right")
        for channel in self._channels:
            lags = tally.lags.get(channel)
            table.add_row(
                channel,
                number(tally.events[channel] / seconds),
                number(meter.total.events[channel]),
                lag(lags, 50),
                lag(lags, 99),
            )
        lags = tally.lags_of_all()
        table.add_section()
        table.add_row(
            "all",
            number(tally.events.total() / seconds),
            number(meter.total.events.total()),
            lag(lags, 50),
            lag(lags, 99),
        )
        busiest = "  ".join(
            f"{symbol} {share:.1%}" for symbol, share in meter.busiest(BUSIEST_SHOWN)
        )
        volume = f"{tally.nbytes / seconds / 1e6:.1f} MB/s, {meter.total.nbytes / 1e6:,.0f} MB"
        batches = f"{tally.events.total() / max(tally.batches, 1):,.0f} events a batch"
        self._live.update(
            Group(
                Text(self._title),
                table,
                Text(f"{volume}, {batches}"),
                Text(f"busiest: {busiest}", style="dim"),
            ),
            refresh=True,
        )


def make_view(channels: tuple[str, ...], title: str) -> View:
    """Return the view that suits where standard error goes."""
    console = Console(stderr=True)
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveView(channels, title, console)
    say(title)
    return PlainView(channels)
