"""Measures one client from inside its process: CPU, time, memory and lag, by count of events."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
STAMPED: Final = 10**18
"""A sequence number above this is the server's stamp, ns since 1970; see `bench.server`."""


@dataclass(frozen=True)
class Job:
    """One run of one client.

    Attributes:
        url: Of the server, as ``ws://127.0.0.1:1234/stocks``.
        authority: PEM file of the certificate authority to trust, for ``wss://``.
        marks: Counts of events, rising. Measuring begins at the first, the last ends the process.
        result: File for the result, in JSON.
        lag: Whether to note how late stamped events come to the handler.
        options: What more this client can be told.
    """

    url: str
    authority: str | None
    marks: list[int]
    result: str
    lag: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """``host:port``."""
        return self.url.split("/")[2]

    @property
    def secure(self) -> bool:
        """Whether the server speaks TLS."""
        return self.url.startswith("wss:")

    def dump(self) -> str:
        """The job as `load` reads it."""
        return json.dumps(asdict(self))

    @staticmethod
    def load(text: str) -> Job:
        """The job that `dump` wrote."""
        return Job(**json.loads(text))


class Meter:
    """Notes when a client has counted up to each mark; after the last it ends the process.

    A client compares its own count with the next mark in its handler, so that counting costs every
    client the same few instructions, and calls `reached` when it is there.

    Attributes:
        mark: The first mark.
        note: Takes the handler's stamped sequence numbers; None unless the job asks for lag.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._ahead = sorted(job.marks, reverse=True)
        self._points: list[dict[str, float]] = []
        self._lags_ns: list[int] = []
        self.mark = self._ahead.pop()
        self.note: Callable[[Iterable[int]], None] | None = self._note if job.lag else None

    def reached(self, seen: int) -> int:
        """Notes that `seen` events have arrived; returns the next mark."""
        self._points.append(
            {
                "events": seen,
                "cpu_ns": time.process_time_ns(),
                "thread_ns": time.thread_time_ns(),
                "wall_ns": time.perf_counter_ns(),
                "resident_bytes": resident_bytes(),
            }
        )
        if len(self._points) == 1:
            self._lags_ns.clear()
        while self._ahead and self._ahead[-1] <= seen:
            self._ahead.pop()
        if not self._ahead:
            self._finish()
        return self._ahead[-1]

    def _note(self, stamps: Iterable[int]) -> None:
        now = time.time_ns()
        self._lags_ns += [now - stamp for stamp in stamps]

    def _finish(self) -> None:
        # At once, and whatever the client would do on closing: that is not measured.
        result = {"points": self._points, "lags_ns": self._lags_ns}
        Path(self._job.result).write_text(json.dumps(result))
        os._exit(0)


def resident_bytes() -> int:
    """Memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES
