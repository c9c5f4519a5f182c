"""What does it save, and what does it cost, that data waits while reads come too often?

Single-event frames, each written when it is due, at rates at which every client keeps up. One that
does not wait is woken for nearly each of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.latency import Effort, quantiles_us, runs_at_rate
from bench.runs import CLIENTS, Client, between

DELAYS_US: Final = (0, 100, 250, 500)
"""Of fastpoly's ``max_read_delay``; 250 is what it has if nobody says otherwise."""

CONTENDERS: Final[dict[str, Client]] = {
    **{
        f"{delay} µs": replace(
            CLIENTS["untouched"],
            label=f"fastpoly, batches, data waits for up to {delay} µs",
            options={"handler": "untouched", "max_read_delay": delay / 1e6},
        )
        for delay in DELAYS_US
    },
    "picows_msgspec": CLIENTS["picows_msgspec"],
}


FULL: Final = Effort(3, 1.2, (10_000, 50_000, 100_000))
QUICK: Final = Effort(1, 0.3, (50_000,))


def measure(events_file: Path, effort: Effort) -> list[dict[str, Any]]:
    """Runs the contenders in turn at each rate; returns one cell for each of both."""
    cells = []
    for rate in effort.rates:
        runs = runs_at_rate(events_file, effort, CONTENDERS, rate, 1, warming_up=0.2)
        cells += [_cell(name, rate, noted) for name, noted in runs.items()]
    return cells


def _cell(name: str, rate: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The least CPU of the runs of one contender, and how late its events were."""
    return {
        "contender": name,
        "rate": rate,
        "cpu_ns_per_event": min(between(noted)["cpu_ns_per_event"] for noted in runs),
        "us": quantiles_us(runs),
    }
