"""How late is an event in the handler, counted from the server's stamp?

The server sends frames when they are due and stamps each with the time it was due, so a client that
holds the server up is not let off. Both processes read the same clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.runs import CLIENTS, Server, between, run
from bench.server import Plan

RATES: Final = {10_000: 1, 100_000: 10, 500_000: 50}
"""Events a second -> events in a frame: always 10,000 frames a second."""

NAMES: Final = (
    "untouched",
    "dropin",
    "picows_msgspec",
    "aiohttp_orjson",
    "official",
    "official_tuned",
    "community",
)
"""Of `bench.runs.CLIENTS`, those that look at events."""

QUANTILES: Final = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
FALLING_BEHIND: Final = 0.05
"""A client whose lag grows by more than this share of the time that passes does not keep up."""


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: Runs of each client at each rate.
        seconds: Of data in a run.
        rates: Events a second.
    """

    rounds: int
    seconds: float
    rates: tuple[int, ...]


FULL: Final = Effort(3, 1.5, tuple(RATES))
QUICK: Final = Effort(1, 0.3, (10_000, 100_000))


def measure(events_file: Path, effort: Effort, names: list[str]) -> list[dict[str, Any]]:
    """Runs the named clients in turn at each rate; returns one cell for each of both."""
    cells = []
    for rate in effort.rates:
        per_frame = RATES[rate]
        total = int(rate * effort.seconds) // per_frame * per_frame
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        with Server(Plan(str(events_file), per_frame, total, "rate", rate)) as server:
            for _ in range(effort.rounds):
                for name in names:
                    noted = run(
                        CLIENTS[name],
                        server.url,
                        [total // 10, total],
                        events_file.parent,
                        lag=True,
                    )
                    runs[name].append(noted)
        cells += [cell(name, rate, noted) for name, noted in runs.items()]
    return cells


def cell(name: str, rate: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median over the runs of each quantile, µs, and whether the client kept up."""
    lags = [noted["lags_ns"] for noted in runs]
    return {
        "contender": name,
        "rate": rate,
        "per_frame": RATES[rate],
        "us": {
            label: median(quantile(one, share) for one in lags) / 1e3
            for label, share in QUANTILES.items()
        },
        "stamps": min(map(len, lags)),
        "events_per_s": median(between(noted)["events_per_s"] for noted in runs),
        "keeps_up": median(growth(noted) for noted in runs) < FALLING_BEHIND,
    }


def quantile(values: list[int], share: float) -> int:
    return sorted(values)[int(share * (len(values) - 1))]


def growth(noted: dict[str, Any]) -> float:
    """How much the lag grew from the first tenth of a run to its last, per unit of time."""
    lags, points = noted["lags_ns"], noted["points"]
    tenth = max(1, len(lags) // 10)
    grown: float = median(lags[-tenth:]) - median(lags[:tenth])
    passed: float = points[-1]["wall_ns"] - points[0]["wall_ns"]
    return grown / passed
