"""How late is an event in the handler, counted from the server's stamp?

The server sends frames when they are due and stamps each with the time it was due, so a client that
holds the server up is not let off. Both processes read the same clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.runs import CLIENTS, Client, Server, between, run
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
        clients = {name: CLIENTS[name] for name in names}
        runs = runs_at_rate(events_file, effort, clients, rate, RATES[rate], warming_up=0.1)
        cells += [cell(name, rate, noted) for name, noted in runs.items()]
    return cells


def runs_at_rate(
    events_file: Path,
    effort: Effort,
    clients: Mapping[str, Client],
    rate: int,
    per_frame: int,
    *,
    warming_up: float,
) -> dict[str, list[dict[str, Any]]]:
    """Runs clients in turn at one rate; returns what the meters noted, by the clients' names.

    Args:
        events_file: Rendered events, one a line.
        effort: How long.
        clients: By name.
        rate: Events a second.
        per_frame: Events in a frame.
        warming_up: The share of a run that is not measured.
    """
    total = int(rate * effort.seconds) // per_frame * per_frame
    marks = [int(total * warming_up), total]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in clients}
    with Server(Plan(str(events_file), per_frame, total, "rate", rate)) as server:
        for _ in range(effort.rounds):
            for name, client in clients.items():
                runs[name].append(run(client, server.url, marks, events_file.parent, lag=True))
    return runs


def cell(name: str, rate: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """How late the events of one client were, and whether it kept up."""
    return {
        "contender": name,
        "rate": rate,
        "per_frame": RATES[rate],
        "us": quantiles_us(runs),
        "stamps": min(len(noted["lags_ns"]) for noted in runs),
        "events_per_s": median(between(noted)["events_per_s"] for noted in runs),
        "keeps_up": median(growth(noted) for noted in runs) < FALLING_BEHIND,
    }


def quantiles_us(runs: list[dict[str, Any]]) -> dict[str, float]:
    """The median over the runs of each quantile of the lag, µs."""
    return {
        label: median(quantile(noted["lags_ns"], share) for noted in runs) / 1e3
        for label, share in QUANTILES.items()
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
