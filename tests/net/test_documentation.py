"""The programs in the documentation run as they stand, against a simulator."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fastpoly
from fastpoly.net.credentials import API_KEY_VARIABLES
from fastpoly.sim import SimulatorProcess
from tests.day_files import HEADERS, expected, rows, text_of, write
from tests.waiting import PATIENCE_S, wait_until

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "docs/quickstart.md",
    "docs/handlers.md",
    "docs/last-values.md",
    "docs/bars.md",
    "docs/data-out.md",
)

# The address is the simulator's; everything that is read and handled has to fit into a few
# kilobytes, so that consumers lose events.
DRIVER = """
import sys
import fastpoly
url = sys.argv[1]
class Stream(fastpoly.Stream):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{**options, "url": url, "max_buffer_bytes": 4096})
        streams.append(self)
class AsyncStreamClient(fastpoly.AsyncStreamClient):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{**options, "host": url})
streams = []
fastpoly.Stream, fastpoly.AsyncStreamClient = Stream, AsyncStreamClient
try:
    exec(compile(sys.stdin.read(), "page", "exec"), {"__name__": "__main__"})
except KeyboardInterrupt:
    pass
for stream in streams:
    stats = stream.stats()
    buffers = [*stats.iterations, *(one.buffer for one in stats.handlers)]
    lost = sum(buffer.lost for buffer in buffers)
    print("account:", stream.error, lost, file=sys.stderr)
"""


def blocks(page: str) -> list[str]:
    text = (ROOT / page).read_text()
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def programs() -> Iterator[Any]:
    """Blocks that say what they import, or that need no more than `Stream`."""
    for page in PAGES:
        for number, block in enumerate(blocks(page), 1):
            if "Stream(" in block or "AsyncStreamClient(" in block:
                yield pytest.param(block, id=f"{page}-{number}")


def streams_again(simulator: SimulatorProcess, accepted: int) -> bool:
    stats = simulator.stats()
    return stats["accepted"] >= accepted and bool(stats["connections"][-1]["events"])


def fragments() -> Iterator[Any]:
    """Blocks that show what can be done with a batch or a trade."""
    for number, block in enumerate(blocks("docs/quickstart.md"), 1):
        if "Stream(" not in block:
            yield pytest.param(block, id=f"quickstart-{number}")


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(rate=20_000, symbols=30, trade_share=0.5) as process:
        yield process


class Running:
    """A page's program in a process of its own, at a simulator.

    Args:
        program: The program, as it is printed.
        url: The simulator's.
        folder: Where it runs, and what it writes is kept.
    """

    def __init__(self, program: str, url: str, folder: Path) -> None:
        source = (
            program
            if "import Stream" in program or "import Async" in program
            else (f"from fastpoly import Stream\n{program}")
        )
        # Only large trades are shown there, and a small market has few of them.
        source = source.replace("trade.size >= 10_000", "trade.size >= 100")
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", DRIVER, url],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                text=True,
                cwd=folder,
            )
        assert self.process.stdin is not None
        self.process.stdin.write(source)
        self.process.stdin.close()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def printed(self) -> int:
        """Bytes that it has printed."""
        return self._out.stat().st_size

    @property
    def said(self) -> str:
        """What it wrote to standard error."""
        return self._err.read_text()

    def interrupt(self) -> int:
        """Press Ctrl-C, as the page's reader would, and check what it leaves.

        Returns:
            How many streams it had; of a drop-in there is no account.
        """
        assert self.process.poll() is None, self.said
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        assert self.process.returncode == 0, self.said
        assert "Traceback" not in self.said
        accounts = re.findall(r"^account: (.*) (\d+)$", self.said, re.MULTILINE)
        assert all(error == "None" for error, _ in accounts)
        return len(accounts)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in API_KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("program", [*programs()])
def test_program_survives_a_reconnect_a_gap_and_slowness(
    program: str, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    before = simulator.stats()["accepted"]
    with Running(program, simulator.url("stocks"), tmp_path) as running:
        wait_until(lambda: streams_again(simulator, before + 1))
        simulator.inject("drop")
        wait_until(lambda: streams_again(simulator, before + 2))
        printed = running.printed
        accounts = running.interrupt()
    if ".sink(" in program:
        written = [one for one in tmp_path.rglob("*") if one.suffix in (".parquet", ".sqlite")]
        assert written
        assert all(one.stat().st_size for one in written)
    else:
        assert printed or running.printed
    assert accounts == ("AsyncStreamClient" not in program)


@pytest.mark.slow
def test_first_programs_go_on_for_a_minute_of_drops(tmp_path: Path) -> None:
    """Side by side, each at a simulator of its own that drops it every other second."""
    pages = [one for page in ("README.md", "docs/quickstart.md") for one in blocks(page)]
    first = [one for one in pages if "Stream(" in one or "AsyncStreamClient(" in one]
    assert len(first) == 4
    with contextlib.ExitStack() as stack:
        pairs: list[tuple[SimulatorProcess, int, Running]] = []
        for number, program in enumerate(first):
            simulator = stack.enter_context(
                SimulatorProcess(rate=2_000, symbols=30, trade_share=0.5, faults=("drop:every=2",))
            )
            folder = tmp_path / str(number)
            folder.mkdir()
            running = Running(program, simulator.url("stocks"), folder)
            # A stream waits longer each time. The drop-in waits for five seconds, and gave up
            # after five attempts if these connections did not count as good ones.
            connections = 8 if "AsyncStreamClient" in program else 4
            pairs.append((simulator, connections, stack.enter_context(running)))
        wait_until(
            lambda: all(streams_again(one, count) for one, count, _ in pairs), 3 * PATIENCE_S
        )
        for _, _, running in pairs:
            running.interrupt()
            assert running.printed


def test_the_program_that_replays_a_day_file(tmp_path: Path) -> None:
    (program,) = [one for one in blocks("docs/replaying.md") if ".csv.gz" in one]
    table = [
        {**row, "ticker": name}
        for name in ("AAPL", "AMZN", "MSFT")
        for row in rows("stocks trades", tickers=1)
    ]
    text = text_of(HEADERS["stocks trades"].split(","), table)
    write(tmp_path / "2026-11-25.csv.gz", text)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        f"{at} {event['sym']} {float(event['p'])} {event['s']}"
        for at, event in expected("stocks trades", text)
        if event["sym"] != "AMZN"
    ]


@pytest.mark.parametrize("fragment", [*fragments()])
def test_fragment(fragment: str) -> None:
    frame = (
        b'[{"ev":"T","sym":"AAPL","i":"71","x":4,"p":187.25,"s":100,"t":1781706602123,"q":7},'
        b'{"ev":"Q","sym":"AAPL","bx":4,"ax":7,"bp":187.24,"ap":187.26,"bs":1,"as":2,'
        b'"t":1781706602124,"q":8}]'
    )
    batch = fastpoly.decode(frame, market="stocks")
    names = {"batch": batch, "trade": batch[0], "field": fastpoly.field}
    if "import" in fragment:
        exec(fragment, names)  # noqa: S102
        return
    for line in fragment.splitlines():
        assert eval(line, dict(names)) is not ...  # noqa: S307


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
