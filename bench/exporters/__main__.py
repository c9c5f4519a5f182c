"""Runs one export: ``python -m bench.exporters NAME JOB``; prints what it cost as JSON."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from pathlib import Path

from bench.exporters import Job, Task


def measured(task: Task, job: Job) -> dict[str, float]:
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    events = task(job)
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    files = (path for path in Path(job.target).rglob("*") if path.is_file())
    return {
        "events": events,
        "cpu_ns_per_event": cpu / events,
        "events_per_s": events * 1e9 / wall,
        "bytes_per_event": sum(path.stat().st_size for path in files) / events,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


if __name__ == "__main__":
    wanted = Job.load(sys.argv[2])
    module = importlib.import_module(f"bench.exporters.{sys.argv[1]}")
    print(json.dumps(measured(module.TASKS[wanted.task], wanted)))
