"""What does it save, and what does it cost, that data waits while reads come too often?

Single-event frames, each written when it is due, at rates at which every client keeps up. One that
does not wait is woken for nearly each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.latency import QUANTILES, quantile
from bench.runs import CLIENTS, Client, Server, between, run
from bench.server import Plan

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


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: Runs of each contender at each rate.
        seconds: Of data in a run.
        rates: Frames, and so events, a second.
    """

    rounds: int
    seconds: float
    rates: tuple[int, ...]


FULL: Final = Effort(3, 1.2, (10_000, 50_000, 100_000))
QUICK: Final = Effort(1, 0.3, (50_000,))


def measure(events_file: Path, effort: Effort) -> list[dict[str, Any]]:
    """Runs the contenders in turn at each rate; returns one cell for each of both."""
    cells = []
    for rate in effort.rates:
        total = int(rate * effort.seconds)
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
        with Server(Plan(str(events_file), 1, total, "rate", rate)) as server:
            for _ in range(effort.rounds):
                for name, client in CONTENDERS.items():
                    marks = [total // 5, total]
                    noted = run(client, server.url, marks, events_file.parent, lag=True)
                    runs[name].append(noted)
        cells += [_cell(name, rate, noted) for name, noted in runs.items()]
    return cells


def _cell(name: str, rate: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The least CPU of the runs, and the median over them of each quantile of the lag, µs."""
    return {
        "contender": name,
        "rate": rate,
        "cpu_ns_per_event": min(between(noted)["cpu_ns_per_event"] for noted in runs),
        "us": {
            label: median(quantile(noted["lags_ns"], share) for noted in runs) / 1e3
            for label, share in QUANTILES.items()
        },
    }
