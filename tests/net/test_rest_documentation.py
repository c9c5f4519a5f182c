"""The programs of docs/rest-fill.md run as they stand, against servers of made-up data."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fastpoly.net.credentials import API_KEY_VARIABLES
from fastpoly.sim import SimulatorProcess
from tests.rest_server import KEY, Asked, RestServer
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "docs/rest-fill.md").read_text(), re.MULTILINE | re.DOTALL
)

# Only the addresses are others than on the page.
DRIVER = """
import functools, sys
import fastpoly
from fastpoly import rest
stream_url, rest.DEFAULT_URL = sys.argv[1:]
class Stream(fastpoly.Stream):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{"url": stream_url, **options})
fastpoly.Stream = Stream
for name in ("fill", "fetch", "backfill"):
    setattr(rest, name, functools.partial(getattr(rest, name), url=rest.DEFAULT_URL))
try:
    exec(compile(sys.stdin.read(), "page", "exec"), {"__name__": "__main__"})
except KeyboardInterrupt:
    pass
"""


class Always(RestServer):
    """Has a trade in the middle of whatever time it is asked for."""

    def _wanted(self, asked: Asked) -> list[dict[str, Any]]:
        if not asked.path.startswith("/v3/trades/"):
            return []
        begin, end = (int(asked.query[f"timestamp.{name}"]) for name in ("gte", "lte"))
        row = {"id": "of rest", "exchange": 99, "price": 1.5, "size": 1, "sequence_number": 1}
        return [row | {"sip_timestamp": (begin + end) // 2}]


@contextmanager
def serving(server: RestServer) -> Iterator[str]:
    """Run a server in a thread of its own, and give its address."""
    ready = threading.Event()
    found: list[Any] = []

    async def main() -> None:
        async with server:
            done = asyncio.Event()
            found.extend((server.url, asyncio.get_running_loop(), done))
            ready.set()
            await done.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    ready.wait()
    url, loop, done = found
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in API_KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(API_KEY_VARIABLES[0], KEY)


class Program:
    """A program of the page, beside a simulator, until Ctrl-C.

    Args:
        program: Its text.
        url: The REST server.
        folder: Where its output goes.
    """

    def __init__(self, program: str, url: str, folder: Path) -> None:
        self._program = program
        self._url = url
        self._out, self._err = folder / "out", folder / "err"

    def run(self, acts: Callable[[SimulatorProcess, Callable[[], str]], None]) -> str:
        """Run it while something happens; return what it printed."""
        with (
            SimulatorProcess(rate=2000, symbols=5, trade_share=0.5) as simulator,
            self._out.open("w") as out,
            self._err.open("w") as err,
            subprocess.Popen(
                [sys.executable, "-u", "-W", "error", "-c", DRIVER, simulator.url("stocks"),
                 self._url],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                text=True,
            ) as running,
        ):  # fmt: skip
            try:
                assert running.stdin is not None
                running.stdin.write(self._program)
                running.stdin.close()
                acts(simulator, self._out.read_text)
                running.send_signal(signal.SIGINT)
                running.wait(60)
            finally:
                running.kill()
        assert "Traceback" not in self._err.read_text()
        return self._out.read_text()


def test_the_program_that_has_its_gaps_filled(tmp_path: Path) -> None:
    (program,) = [one for one in BLOCKS if "events filled" in one]

    def cut(simulator: SimulatorProcess, printed: Callable[[], str]) -> None:
        def streams() -> bool:
            stats = simulator.stats()
            return stats["accepted"] >= 1 and bool(stats["connections"][-1]["events"])

        wait_until(streams)
        simulator.inject("drop")
        wait_until(lambda: "filled T AAPL" in printed())

    with serving(Always()) as url:
        printed = Program(program, url, tmp_path).run(cut)
    assert re.search(r"^a gap of \d+\.\d s, 1 events filled\nfilled T AAPL \d{13}$", printed, re.M)


def test_the_program_that_begins_with_history(tmp_path: Path) -> None:
    (program,) = [one for one in BLOCKS if "rest.backfill" in one]

    def wait(simulator: SimulatorProcess, printed: Callable[[], str]) -> None:
        wait_until(lambda: "live" in printed())

    with serving(Always()) as url:
        printed = Program(program, url, tmp_path).run(wait)
    assert re.match(r"before \d{13} 1\.5\nlive \d{13} \d", printed)


def test_the_program_that_fetches() -> None:
    (program,) = [one for one in BLOCKS if "rest.fetch" in one]
    with serving(Always()) as url:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", DRIVER, "", url],
            input=program,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    # In the middle of the minute before 16:00 UTC.
    assert ran.stdout == "T 1795622370000\n"


def test_the_program_with_another_client() -> None:
    (program,) = [one for one in BLOCKS if "urllib" in one]
    program += """
from fastpoly.notices import Gap
gap = Gap(market="stocks", at_ns=1, cause="", since_ns=10**18, until_ns=10**18, params=("T.A",))
print(asyncio.run(fill(gap))[0]["i"], fill.stats().failed)
"""
    with serving(Always()) as url:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", DRIVER, "", url],
            input=program,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "of rest 0\n", "")


def test_every_program_of_the_page_is_run() -> None:
    assert len(BLOCKS) == 4
