"""The programs in the documentation run as they stand, against a simulator."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fastpoly
from fastpoly.sim import SimulatorProcess

ROOT = Path(__file__).parents[2]

# Where the page leaves the address out, it is the simulator's; then Ctrl-C, as its reader would.
DRIVER = """
import functools, os, signal, sys, threading
import fastpoly
url, seconds = sys.argv[1], float(sys.argv[2])
class Stream(fastpoly.Stream):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{**options, "url": url, "api_key": "simulator"})
class AsyncStreamClient(fastpoly.AsyncStreamClient):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{**options, "host": url})
fastpoly.Stream, fastpoly.AsyncStreamClient = Stream, AsyncStreamClient
timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
timer.daemon = True
timer.start()
try:
    exec(compile(sys.stdin.read(), "page", "exec"), {"__name__": "__main__"})
except KeyboardInterrupt:
    pass
"""


def blocks(page: str) -> list[str]:
    text = (ROOT / page).read_text()
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def programs() -> Iterator[Any]:
    """Blocks that say what they import, or that need no more than `Stream`."""
    for page in ("README.md", "docs/quickstart.md"):
        for number, block in enumerate(blocks(page), 1):
            if "Stream(" in block or "AsyncStreamClient(" in block:
                yield pytest.param(block, id=f"{page}-{number}")


def fragments() -> Iterator[Any]:
    """Blocks that show what can be done with a batch or a trade."""
    for number, block in enumerate(blocks("docs/quickstart.md"), 1):
        if "Stream(" not in block:
            yield pytest.param(block, id=f"quickstart-{number}")


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(rate=20_000, symbols=30, trade_share=0.5) as process:
        yield process


@pytest.mark.parametrize("program", [*programs()])
def test_program(program: str, simulator: SimulatorProcess) -> None:
    source = (
        program
        if "import Stream" in program or "import Async" in program
        else (f"from fastpoly import Stream\n{program}")
    )
    # Only large trades are shown there, and a small market has few of them.
    source = source.replace("trade.size >= 10_000", "trade.size >= 100")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRIVER, simulator.url("stocks"), "1.5"],
        input=source,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # On a machine that is busy the loop does stand still, and that is said.
    said = [line for line in done.stderr.splitlines() if "The event loop was blocked" not in line]
    assert said == []
    assert len(done.stdout.splitlines()) >= 1


@pytest.mark.parametrize("fragment", [*fragments()])
def test_fragment(fragment: str) -> None:
    frame = (
        b'[{"ev":"T","sym":"AAPL","i":"71","x":4,"p":187.25,"s":100,"t":1781706602123,"q":7},'
        b'{"ev":"Q","sym":"AAPL","bx":4,"ax":7,"bp":187.24,"ap":187.26,"bs":1,"as":2,'
        b'"t":1781706602124,"q":8}]'
    )
    batch = fastpoly.decode(frame, market="stocks")
    for line in fragment.splitlines():
        names = {"batch": batch, "trade": batch[0], "field": fastpoly.field}
        assert eval(line, names) is not ...  # noqa: S307


@pytest.mark.parametrize("number", range(len(blocks("docs/filter.md"))))
def test_filters(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTPOLY_API_KEY", "simulator")
    exec(blocks("docs/filter.md")[number], {})  # noqa: S102


def scripted() -> Iterator[Any]:
    """Programs that bring their own server."""
    for number, block in enumerate(blocks("docs/simulator.md"), 1):
        if "asyncio.run(" in block:
            yield pytest.param(block, id=f"simulator-{number}")


@pytest.mark.parametrize("program", [*scripted()])
def test_a_program_with_a_server_of_its_own(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Only what a stream says about a reconnect.
    assert all(line.startswith("stocks: ") for line in done.stderr.splitlines()), done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "1.5"
    assert "T.AAPL" in lines[-1]


def test_there_are_programs_with_a_server_of_their_own() -> None:
    assert len([*scripted()]) == 2
