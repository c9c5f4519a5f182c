"""``fastpoly convert``, and columns out of a recording."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet  # noqa: F401  or these imports would be on the first export's account

from bench.exporters import Job, Task
from fastpoly import Batch
from fastpoly.capture import CaptureReader
from fastpoly.capture.row_groups import row_groups
from fastpoly.capture.selection import Selection, Selector
from fastpoly.sinks.converting import convert


def converted(name: str, job: Job) -> int:
    account = convert([job.recording], Path(job.target) / name)
    return sum(account.events.values())


def columns_as_they_come(job: Job) -> int:
    """Arrow columns of each batch, as a handler that asks for them makes them."""
    events = 0
    with CaptureReader(job.recording) as reader:
        for found in reader:
            if isinstance(found, Batch):
                _ = [found.to_arrow(channel) for channel in found.channels]
                events += len(found)
    return events


def columns_in_groups(job: Job) -> int:
    """The same of rows that were gathered over many batches."""
    events = 0
    with CaptureReader(job.recording) as reader:
        for channel, group in row_groups(reader, Selector(Selection("stocks"))):
            _ = group.to_arrow(channel)
            events += len(group)
    return events


TASKS: dict[str, Task] = {
    "parquet": partial(converted, "ticks"),
    "csv": partial(converted, "ticks.csv"),
    "lines": partial(converted, "ticks.jsonl.gz"),
    "columns": columns_as_they_come,
    "groups": columns_in_groups,
}
