"""Programs under measure in processes of their own: begun, talked to, and their figures."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench import environments

TICKS: Final = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, user's and system's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """Memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def started(environment: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A module run in an environment, with a pipe to and from it; killed afterwards."""
    with subprocess.Popen(
        [environments.python(environment), "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=environments.ROOT,
        env=environments.variables(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    found = process.stdout.readline()
    if not found:
        raise RuntimeError(f"{process.args} ended with {process.wait()}")
    return found.strip()


def tell(process: subprocess.Popen[str], text: str = "") -> None:
    """Writes a line to a process."""
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()
