"""How long does importing take, and how much memory does a client hold that waits for data?"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench import environments
from bench.runs import CLIENTS, Server, run
from bench.server import Plan

IMPORTS: Final = {
    "nothing (bare Python)": ("rivals", "pass"),
    "fastpoly": ("fastpoly", "import fastpoly"),
    "picows + msgspec": ("rivals", "import picows, msgspec"),
    "aiohttp + orjson": ("rivals", "import aiohttp, orjson"),
    "official client": ("rivals", "import massive"),
    "community client": ("community", "import polygon"),
}
"""What is imported -> which interpreter, which statement."""

IDLE: Final = ("untouched", "picows_msgspec", "aiohttp_orjson", "official", "community")
FEW_EVENTS: Final = 100

TIMED: Final = """
import sys, time
start = time.perf_counter()
{statement}
spent = time.perf_counter() - start
import json
pages = int(open("/proc/self/statm").read().split()[1])
import os
print(json.dumps({{"ms": spent * 1e3, "bytes": pages * os.sysconf("SC_PAGE_SIZE")}}))
"""


def imports(rounds: int) -> list[dict[str, Any]]:
    """Best time and median memory of each import, in fresh interpreters, taking turns."""
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, (environment, statement) in IMPORTS.items():
            done = subprocess.run(
                [environments.python(environment), "-c", TIMED.format(statement=statement)],
                check=True,
                capture_output=True,
                text=True,
                env=environments.variables(),
            )
            samples[name].append(json.loads(done.stdout))
    return [
        {
            "kind": "import",
            "contender": name,
            "ms": min(sample["ms"] for sample in taken),
            "resident_bytes": median(sample["bytes"] for sample in taken),
        }
        for name, taken in samples.items()
    ]


def idle(events_file: Path, rounds: int) -> list[dict[str, Any]]:
    """Median memory of each client just after its first hundred events."""
    samples: dict[str, list[float]] = {name: [] for name in IDLE}
    with Server(Plan(str(events_file), 1, FEW_EVENTS)) as server:
        for _ in range(rounds):
            for name in IDLE:
                noted = run(CLIENTS[name], server.url, [FEW_EVENTS], events_file.parent)
                samples[name].append(noted["points"][-1]["resident_bytes"])
    return [
        {"kind": "idle", "contender": name, "resident_bytes": median(taken)}
        for name, taken in samples.items()
    ]
