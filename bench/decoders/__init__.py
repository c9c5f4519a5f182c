"""The decoders under measure, one library per file.

Each module has ``TASKS``, by name of the task. A task's ``run`` does it to every frame of a list
and holds each frame's result until the next one's is there, as a handler would; that is what is
timed. Its ``rows`` gives what was read out of one frame, so that all libraries can be seen to have
done the same work: a row is symbol, price or bid, size or ask, timestamp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Row = tuple[str, float, float, int]


@dataclass(frozen=True)
class Task:
    """One task as one library does it."""

    run: Callable[[list[bytes]], None]
    rows: Callable[[bytes], Iterable[Row]]
