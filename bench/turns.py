"""Takes turns: one process per decoder, alive all along, each timed for a slice while others wait.

Turns of a few hundredths of a second, round after round, spread what else the machine does over all
of them alike; a process of its own for each keeps their imports, allocators and caches apart.

Run as ``python -m bench.turns MODULE``; reads requests as JSON lines, answers with JSON lines.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench import environments
from bench.frames import frames


@dataclass(frozen=True)
class Decoder:
    """A decoder under measure.

    Attributes:
        label: What reports call it.
        module: Of `bench.decoders`.
        environment: Which interpreter it runs on.
        source: Folder that fastpoly is imported from.
    """

    label: str
    module: str
    environment: str
    source: Path = environments.SOURCE


class Player:
    """A decoder's process, seen from outside.

    Args:
        name: What its samples are kept under.
        decoder: What it runs, where.
    """

    def __init__(self, name: str, decoder: Decoder) -> None:
        self.name = name
        self._decoder = decoder
        self._process = subprocess.Popen(
            [
                environments.python(decoder.environment),
                "-m",
                "bench.turns",
                decoder.module,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=environments.ROOT,
            env=environments.variables(decoder.source),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        # What was asked of a process that had ended is still in the pipe's buffer.
        with suppress(BrokenPipeError), self._process:
            pass

    def check(self, task: str, events_file: str, per_frame: int) -> dict[str, Any]:
        """Does the task once, untimed; returns how many events and a digest of what was read."""
        return self._ask(ask="check", task=task, events=events_file, per_frame=per_frame)

    def turn(self, task: str, events_file: str, per_frame: int, slice_s: float) -> list[float]:
        """Does the task for a slice of time; returns ns of CPU per event, pass by pass."""
        answer = self._ask(
            ask="turn", task=task, events=events_file, per_frame=per_frame, slice_s=slice_s
        )
        samples: list[float] = answer["ns_per_event"]
        return samples

    def _ask(self, **request: Any) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        print(json.dumps(request), file=stdin, flush=True)
        line = stdout.readline()
        if not line:
            raise RuntimeError(
                f"the process of bench.decoders.{self._decoder.module} ended; see above"
            )
        answer: dict[str, Any] = json.loads(line)
        return answer


@lru_cache(maxsize=4)
def load(events_file: str, per_frame: int) -> list[bytes]:
    return frames(Path(events_file).read_bytes().splitlines(), per_frame)


def play(module: str) -> None:
    """Answers requests until there are no more."""
    tasks = importlib.import_module(f"bench.decoders.{module}").TASKS
    for line in sys.stdin:
        request = json.loads(line)
        task, per_frame = tasks[request["task"]], request["per_frame"]
        data = load(request["events"], per_frame)
        if request["ask"] == "check":
            # Sorted: columns hold the trades before the quotes.
            rows = sorted(row for frame in data for row in task.rows(frame))
            digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
            answer: dict[str, Any] = {"events": len(rows), "digest": digest}
        else:
            answer = {"ns_per_event": timed(task.run, data, per_frame, request["slice_s"])}
        print(json.dumps(answer), flush=True)


def timed(run: Any, data: list[bytes], per_frame: int, slice_s: float) -> list[float]:
    events = len(data) * per_frame
    clock = time.process_time_ns
    gc.collect()
    samples: list[float] = []
    end = time.perf_counter() + slice_s
    while not samples or time.perf_counter() < end:
        start = clock()
        run(data)
        samples.append((clock() - start) / events)
    return samples


if __name__ == "__main__":
    play(sys.argv[1])
