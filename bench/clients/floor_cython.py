"""The floor without an interpreter in it: the same listener, compiled."""

from __future__ import annotations

import uvloop
from bench_floor import Counter

from bench.clients.floor import listen
from bench.clients.meter import Job, Meter


def run(job: Job) -> None:
    uvloop.run(listen(job, Counter(Meter(job))))
