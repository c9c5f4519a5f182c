"""Who writes recorded frames to files of tables: fastpoly, and what one writes by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Job:
    """One export.

    Attributes:
        recording: The frames as an MCAP file.
        lines: The same frames as gzipped lines, each the receive time, a space, and the frame.
        target: Folder for what is written; it is empty.
        task: What to do, a key of the exporter's `TASKS`.
    """

    recording: str
    lines: str
    target: str
    task: str

    def dump(self) -> str:
        """The job as `load` reads it."""
        return json.dumps(asdict(self))

    @staticmethod
    def load(text: str) -> Job:
        """The job that `dump` wrote."""
        return Job(**json.loads(text))


Task = Callable[[Job], int]
"""Does the job and returns how many events it had."""
