"""Does the cost per event stay what it is as symbols, frames and hours grow?

Kinds of cells: ``symbols`` and ``frame`` (ns per event as the one or the other grows), ``long``
(points along one run: cost so far, resident memory), ``import`` and ``idle`` (see
`bench.footprint`).
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bench import decode, footprint, results
from bench.decode import CONTENDERS, take_turns
from bench.frames import events
from bench.runs import CLIENTS, Server, run
from bench.server import Plan
from bench.turns import Player

MODULES: Final = ("fastpoly_", "msgspec_")
TASKS: Final = {"fastpoly_": ("events", "numpy"), "msgspec_": ("events",)}
PER_FRAME: Final = 100
LONG_CLIENT: Final = "events"
"""Of `bench.runs.CLIENTS`: every event becomes an object, which is what could leak."""


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        turns: Of each decoder.
        symbols: Numbers of symbols.
        sizes: Events in a frame.
        pool: How many different events.
        long_events: Of the long run.
        points: Of the long run at which memory is noted.
        starts: Of each interpreter, for imports and idle memory.
    """

    turns: decode.Effort
    symbols: tuple[int, ...]
    sizes: tuple[int, ...]
    pool: int
    long_events: int
    points: int
    starts: int


FULL: Final = Effort(
    decode.Effort(10, 0.03, ()),
    (10, 100, 1_000, 5_000, 20_000),
    (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000),
    60_000,
    50_000_000,
    50,
    7,
)
QUICK: Final = Effort(
    decode.Effort(2, 0.005, ()), (10, 1_000, 20_000), (1, 30, 1_000), 20_000, 1_000_000, 10, 1
)


def measure(events_file: Path, effort: Effort, *, rivals: bool) -> list[dict[str, Any]]:
    """All cells; without rivals, fastpoly's only."""
    modules = MODULES if rivals else MODULES[:1]
    cells = []
    with ExitStack() as stack:
        players = {name: stack.enter_context(Player(name, CONTENDERS[name])) for name in modules}
        for symbols in effort.symbols:
            pool = events_file.with_name(f"events-{symbols}")
            pool.write_bytes(b"\n".join(events(effort.pool, symbols=symbols)))
            cells += _costs("symbols", symbols, pool, PER_FRAME, players, effort)
        for size in effort.sizes:
            cells += _costs("frame", size, events_file, size, players, effort)
    cells += long_run(events_file, effort)
    cells += footprint.imports(effort.starts)
    if rivals:
        cells += footprint.idle(events_file, effort.starts)
    return cells


def _costs(
    kind: str,
    size: int,
    events_file: Path,
    per_frame: int,
    players: dict[str, Player],
    effort: Effort,
) -> list[dict[str, Any]]:
    cells = []
    for task in ("events", "numpy"):
        present = [(player, task) for name, player in players.items() if task in TASKS[name]]
        samples = take_turns(present, str(events_file), per_frame, effort.turns)
        cells += [
            {
                "kind": kind,
                kind: size,
                "task": task,
                "contender": name,
                "ns_per_event": results.summary(times),
            }
            for (name, _), times in samples.items()
        ]
    return cells


def long_run(events_file: Path, effort: Effort) -> list[dict[str, Any]]:
    """One connection, millions of events; memory and cost along the way."""
    step = effort.long_events // effort.points
    marks = [step * (point + 1) for point in range(effort.points)]
    plan = Plan(str(events_file), PER_FRAME, effort.long_events, "stream")
    with Server(plan) as server:
        noted = run(CLIENTS[LONG_CLIENT], server.url, marks, events_file.parent)
    points = noted["points"]
    return [
        {
            "kind": "long",
            "contender": LONG_CLIENT,
            "events": point["events"],
            "resident_bytes": point["resident_bytes"],
            "cpu_ns_per_event": (point["cpu_ns"] - before["cpu_ns"])
            / max(1, point["events"] - before["events"]),
        }
        for before, point in pairwise(points)
    ]
