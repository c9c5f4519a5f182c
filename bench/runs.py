"""Runs clients against servers: who is measured, one process each, and what one run brought."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bench import environments
from bench.clients.meter import Job
from bench.server import Plan

PATIENCE_S: Final = 120


@dataclass(frozen=True)
class Client:
    """A client under measure.

    Attributes:
        label: What reports call it.
        module: Of `bench.clients`.
        environment: Which interpreter it runs on.
        event_ns: About what an event costs it; says how many events make a run long enough.
        options: What it is told.
        counts_bytes: Whether its counts, and so its marks, are of payload bytes.
        source: Folder that fastpoly is imported from.
    """

    label: str
    module: str
    environment: str
    event_ns: int
    options: Mapping[str, Any] = field(default_factory=dict)
    counts_bytes: bool = False
    source: Path = environments.SOURCE


CLIENTS: Final = {
    "floor": Client("picows, counting bytes", "floor", "rivals", 60, counts_bytes=True),
    "floor_cython": Client(
        "picows, counting bytes, compiled", "floor_cython", "rivals", 60, counts_bytes=True
    ),
    "listener": Client(
        "fastpoly's listener alone", "fastpoly_listener", "fastpoly", 220, {"handler": "untouched"}
    ),
    "untouched": Client(
        "fastpoly, batches", "fastpoly_stream", "fastpoly", 250, {"handler": "untouched"}
    ),
    "at_once": Client(
        "fastpoly, batches, data never waits",
        "fastpoly_stream",
        "fastpoly",
        250,
        {"handler": "untouched", "max_read_delay": 0},
    ),
    "columns": Client(
        "fastpoly, NumPy columns", "fastpoly_stream", "fastpoly", 300, {"handler": "columns"}
    ),
    "recorded": Client(
        "fastpoly, batches, recorded",
        "fastpoly_stream",
        "fastpoly",
        700,
        {"handler": "untouched", "recorded": True},
    ),
    "sunk": Client(
        "fastpoly, batches, to Parquet as they come",
        "fastpoly_stream",
        "fastpoly",
        1_000,
        {"handler": "untouched", "sunk": True},
    ),
    "events": Client(
        "fastpoly, every event", "fastpoly_stream", "fastpoly", 350, {"handler": "events"}
    ),
    "dropin": Client("fastpoly, drop-in, dicts", "fastpoly_dropin", "fastpoly", 1_500),
    "dropin_loop": Client(
        "fastpoly, drop-in in the user's own loop",
        "fastpoly_dropin",
        "fastpoly",
        2_500,
        {"own_loop": True},
    ),
    "massive": Client(
        "fastpoly, the official client's drop-in, models", "fastpoly_massive", "fastpoly", 1_000
    ),
    "picows_msgspec": Client("picows + msgspec by hand", "picows_msgspec", "rivals", 1_000),
    "aiohttp_orjson": Client("aiohttp + orjson by hand", "aiohttp_orjson", "rivals", 1_500),
    "official": Client("official client", "official", "rivals", 15_000),
    "official_tuned": Client(
        "official client, uvloop + orjson", "official", "rivals", 9_000, {"tuned": True}
    ),
    "community": Client("community client, dicts", "community", "community", 9_000),
    "community_loop": Client(
        "community client in the user's own loop",
        "community",
        "community",
        9_000,
        {"own_loop": True},
    ),
}
"""Everyone that is measured from a socket, by name."""


class Server:
    """A replay server in a process of its own."""

    def __init__(self, plan: Plan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.server", plan.dump()],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=environments.ROOT,
            env=environments.variables(),
        )
        stdout = self._process.stdout
        assert stdout is not None
        scheme = "ws" if plan.certificate is None else "wss"
        self.url = f"{scheme}://127.0.0.1:{int(stdout.readline())}/stocks"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        with self._process:  # closes the pipe
            pass


def run(
    client: Client,
    url: str,
    marks: list[int],
    folder: Path,
    *,
    authority: Path | None = None,
    lag: bool = False,
    bytes_per_event: float = 1.0,
) -> dict[str, Any]:
    """Runs one client once; returns what its meter noted, with counts in events.

    Raises:
        RuntimeError: It failed, or did not finish in time.
    """
    unit = bytes_per_event if client.counts_bytes else 1.0
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    job = Job(
        url=url,
        authority=None if authority is None else str(authority),
        marks=[int(mark * unit) for mark in marks],
        result=str(result),
        lag=lag,
        options=dict(client.options),
    )
    more = {} if authority is None else {"SSL_CERT_FILE": str(authority)}
    try:
        done = subprocess.run(
            [
                environments.python(client.environment),
                "-m",
                "bench.clients",
                client.module,
                job.dump(),
            ],
            cwd=environments.ROOT,
            env=environments.variables(client.source, **more),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(
            f"{client.label}: not done in {PATIENCE_S} s; {error.stderr!r}"
        ) from None
    if done.returncode or not result.exists():
        raise RuntimeError(f"{client.label}: ended with {done.returncode}; {done.stderr[-2000:]}")
    noted: dict[str, Any] = json.loads(result.read_text())
    for point in noted["points"]:
        point["events"] /= unit
    return noted


def between(noted: dict[str, Any]) -> dict[str, float]:
    """Cost per event between the first and the last point of a run."""
    first, last = noted["points"][0], noted["points"][-1]
    events = last["events"] - first["events"]
    return {
        "events": events,
        "cpu_ns_per_event": (last["cpu_ns"] - first["cpu_ns"]) / events,
        "thread_ns_per_event": (last["thread_ns"] - first["thread_ns"]) / events,
        "events_per_s": events * 1e9 / (last["wall_ns"] - first["wall_ns"]),
    }
