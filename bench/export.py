"""What does it cost to get recorded events out: as Parquet, CSV, JSON lines, Arrow columns?

Each export is a process of its own. Processor time is of all its threads; events a second are by
the clock on the wall, so they depend on how many processors there are.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import environments, results
from bench.exporters import Job
from bench.frames import frames
from fastpoly.capture import CaptureWriter

START_NS: Final = 1_781_706_600_000_000_000
STEP_NS: Final = 200_000


@dataclass(frozen=True)
class Exporter:
    """Who is measured.

    Attributes:
        label: What reports call it.
        module: Of `bench.exporters`.
        environment: Which interpreter it runs on.
        repeats: How often the events are there in what it reads: the slow read fewer.
        tasks: What it does.
    """

    label: str
    module: str
    environment: str
    repeats: int
    tasks: tuple[str, ...]


EXPORTERS: Final = {
    "fastpoly_": Exporter(
        "fastpoly, from a recording",
        "fastpoly_",
        environments.HERE,
        10,
        ("parquet", "csv", "lines", "columns", "groups"),
    ),
    "by_hand": Exporter("by hand, from gzipped lines", "by_hand", "rivals", 1, ("parquet", "csv")),
}

TITLES: Final = {
    "parquet": "Parquet",
    "csv": "CSV",
    "lines": "gzipped JSON lines",
    "columns": "Arrow columns, batch by batch",
    "groups": "Arrow columns, in groups",
}


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: Exports of each kind by each contender.
        per_frame: Events a frame.
        share: Divides the repeats.
    """

    rounds: int
    per_frame: int
    share: int = 1


FULL: Final = Effort(4, 100)
QUICK: Final = Effort(1, 100, 10)


def record(events: list[bytes], per_frame: int, repeats: int, folder: Path) -> tuple[str, str]:
    """Write frames as a recording and as gzipped lines; return both names."""
    recording, lines = folder / f"{repeats}.mcap", folder / f"{repeats}.lines.gz"
    stamp, whole = START_NS, frames(events, per_frame)
    with (
        CaptureWriter(recording, market="stocks", wait=True) as writer,
        gzip.open(lines, "wb", compresslevel=6) as file,
    ):
        for _ in range(repeats):
            for frame in whole:
                writer.add_frame(frame, stamp)
                file.write(b"%d %b\n" % (stamp, frame))
                stamp += STEP_NS
    return str(recording), str(lines)


def measure(events_file: Path, effort: Effort) -> list[dict[str, Any]]:
    """Export in turns; return a cell for each contender and task."""
    events = events_file.read_bytes().splitlines()
    noted: dict[tuple[str, str], list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(dir=events_file.parent) as temporary:
        folder = Path(temporary)
        sources = {
            repeats: record(events, effort.per_frame, repeats, folder)
            for repeats in {_repeats(one, effort) for one in EXPORTERS.values()}
        }
        for _ in range(effort.rounds):
            for name, exporter in EXPORTERS.items():
                for task in exporter.tasks:
                    with tempfile.TemporaryDirectory(dir=folder) as target:
                        job = Job(*sources[_repeats(exporter, effort)], target, task)
                        noted.setdefault((name, task), []).append(_run(exporter, job))
    return [
        {
            "contender": name,
            "task": task,
            "per_frame": effort.per_frame,
            "cpu_ns_per_event": results.summary([one["cpu_ns_per_event"] for one in ones]),
            "events_per_s": max(one["events_per_s"] for one in ones),
            "bytes_per_event": ones[0]["bytes_per_event"],
            "peak_bytes": max(one["peak_bytes"] for one in ones),
        }
        for (name, task), ones in noted.items()
    ]


def _repeats(exporter: Exporter, effort: Effort) -> int:
    return max(1, exporter.repeats // effort.share)


def _run(exporter: Exporter, job: Job) -> dict[str, float]:
    done = subprocess.run(
        [
            environments.python(exporter.environment),
            "-m",
            "bench.exporters",
            exporter.module,
            job.dump(),
        ],
        cwd=environments.ROOT,
        env=environments.variables(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    noted: dict[str, float] = json.loads(done.stdout)
    return noted
