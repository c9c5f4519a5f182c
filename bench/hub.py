"""What does it cost to hand one connection on to many readers?

The server sends at a fixed rate; the readers, all in one process, take all bytes and look at none.
Processor time is that of the relay's process alone, as the system counts it, from before the first
event to after the last. The floor writes as many bytes to as many sockets and does nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import results
from bench.processes import cpu_s, line, resident_bytes, started, tell
from bench.server import Plan

EVERYTHING: Final = ("T.*,Q.*",)
FLOOR: Final = "floor"
HUB: Final = "hub"
STANDING: Final = "hub_standing"


@dataclass(frozen=True)
class Relay:
    """A relay under measure.

    Attributes:
        label: What reports call it.
        module: Of `bench.relays`.
        environment: Which interpreter it runs on.
        rate: Events a second at which it is measured at most: what it keeps up with.
    """

    label: str
    module: str
    environment: str
    rate: int


RELAYS: Final = {
    HUB: Relay("fastpoly hub", "fastpoly_hub", "fastpoly", 200_000),
    "picows_orjson": Relay("picows + orjson by hand", "picows_orjson", "rivals", 40_000),
    "websockets_json": Relay("websockets + json by hand", "websockets_json", "rivals", 10_000),
}


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: Of each relay.
        seconds: Of data.
        readers: How many read.
        standing: How many more of the hub's stand still, in a run of its own.
        per_frame: Events a frame.
    """

    rounds: int
    seconds: float
    readers: int
    standing: int
    per_frame: int = 50


FULL: Final = Effort(3, 3.0, 50, 5)
QUICK: Final = Effort(1, 0.3, 4, 1)


def read_bytes(readers: subprocess.Popen[str]) -> list[int]:
    """What each reader has read, once that stands still."""
    before: list[int] = []
    while True:
        tell(readers)
        now: list[int] = json.loads(line(readers))
        if now == before:
            return now
        before = now
        time.sleep(0.25)


def job(port: int, readers: int, standing: int, params: Sequence[str]) -> str:
    """What `bench.relays.readers` is told."""
    return json.dumps(
        {"port": port, "readers": readers, "standing": standing, "params": list(params)}
    )


def run(
    relay: Relay, events_file: Path, effort: Effort, *, standing: int, params: Sequence[str]
) -> dict[str, Any]:
    """Measures one relay once."""
    total = int(relay.rate * effort.seconds) // effort.per_frame * effort.per_frame
    plan = Plan(str(events_file), effort.per_frame, total, "rate", relay.rate, hold=True)
    readers_job = (effort.readers, standing, params)
    with (
        started("fastpoly", "bench.server", plan.dump()) as server,
        started(
            relay.environment,
            "bench.relays",
            relay.module,
            f"ws://127.0.0.1:{line(server)}/stocks",
        ) as process,
        started(
            "fastpoly", "bench.relays.readers", job(int(line(process)), *readers_job)
        ) as readers,
    ):
        line(readers)
        first = read_bytes(readers)
        cpu, memory = cpu_s(process.pid), resident_bytes(process.pid)
        tell(server)
        time.sleep(effort.seconds)
        last = read_bytes(readers)
        grown = resident_bytes(process.pid) - memory
        return {
            "events": total,
            "cpu_s": cpu_s(process.pid) - cpu,
            "bytes": [now - then for now, then in zip(last, first, strict=True)],
            "grown_bytes": grown,
        }


def run_floor(effort: Effort, block: int, blocks: int) -> float:
    """Processor time of writing so many blocks to every reader."""
    plan = json.dumps({"readers": effort.readers, "block": block, "blocks": blocks})
    with (
        started("fastpoly", "bench.relays", FLOOR, plan) as process,
        started(
            "fastpoly",
            "bench.relays.readers",
            job(int(line(process)), effort.readers, 0, EVERYTHING),
        ) as readers,
    ):
        line(readers)
        cpu = cpu_s(process.pid)
        tell(process)
        line(process)
        return cpu_s(process.pid) - cpu


def measure(events_file: Path, effort: Effort) -> list[dict[str, Any]]:
    """Runs each relay in turn, and after the hub its floor; returns a cell for each of them."""
    noted: dict[str, list[dict[str, Any]]] = {}
    for _ in range(effort.rounds):
        for name, relay in RELAYS.items():
            found = run(relay, events_file, effort, standing=0, params=EVERYTHING)
            noted.setdefault(name, []).append(found)
            if name == HUB:
                blocks = int(effort.seconds * 1000)
                cpu = run_floor(effort, found["bytes"][0] // blocks, blocks)
                noted.setdefault(FLOOR, []).append({**found, "cpu_s": cpu, "grown_bytes": None})
        slow = run(RELAYS[HUB], events_file, effort, standing=effort.standing, params=EVERYTHING)
        noted.setdefault(STANDING, []).append(slow)
    labels = {name: relay.label for name, relay in RELAYS.items()}
    labels |= {
        FLOOR: "the hub's bytes written to as many sockets, nothing else",
        STANDING: f"fastpoly hub, {effort.standing} of the readers standing still",
    }
    return [_cell(name, labels[name], noted[name], effort) for name in labels]


def _cell(name: str, label: str, ones: Sequence[dict[str, Any]], effort: Effort) -> dict[str, Any]:
    return {
        "contender": name,
        "label": label,
        "per_frame": effort.per_frame,
        "readers": effort.readers,
        "rate": RELAYS.get(name, RELAYS[HUB]).rate,
        "cpu_ns_per_event": results.summary([one["cpu_s"] * 1e9 / one["events"] for one in ones]),
        "reading": len(ones[0]["bytes"]),
        # Those that have as much as the one that has most, in the run that went worst.
        "served": min(sum(read == max(one["bytes"]) for read in one["bytes"]) for one in ones),
        "bytes_per_event": max(max(one["bytes"]) / one["events"] for one in ones),
        "grown_bytes": ones[0]["grown_bytes"] and max(one["grown_bytes"] for one in ones),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), FULL), indent=2))
