"""The programs of docs/rest-fill.md run as they stand, against servers of made-up data."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
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
for name in ("fill",):
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


def test_the_program_that_has_its_gaps_filled(tmp_path: Path) -> None:
    (program,) = [one for one in BLOCKS if "filled" in one]
    with (
        SimulatorProcess(rate=2000, symbols=5, trade_share=0.5) as simulator,
        serving(Always()) as url,
        (tmp_path / "out").open("w") as out,
        (tmp_path / "err").open("w") as err,
        subprocess.Popen(
            [sys.executable, "-u", "-W", "error", "-c", DRIVER, simulator.url("stocks"), url],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            text=True,
        ) as running,
    ):
        try:
            assert running.stdin is not None
            running.stdin.write(program)
            running.stdin.close()

            def streams(times: int) -> bool:
                stats = simulator.stats()
                return stats["accepted"] >= times and bool(stats["connections"][-1]["events"])

            wait_until(lambda: streams(1))
            simulator.inject("drop")
            wait_until(lambda: "filled T AAPL" in (tmp_path / "out").read_text())
            running.send_signal(signal.SIGINT)
            running.wait(60)
        finally:
            running.kill()
    printed = (tmp_path / "out").read_text()
    assert re.search(r"^a gap of \d+\.\d s, 1 events filled\nfilled T AAPL \d{13}$", printed, re.M)
    assert "Traceback" not in (tmp_path / "err").read_text()


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
    assert len(BLOCKS) == 2
