"""Every example runs as it stands, against a simulator."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastpoly.net.credentials import API_KEY_VARIABLES, LOOPBACK_KEY
from fastpoly.sim import SimulatorProcess
from tests.waiting import PATIENCE_S

EXAMPLES = Path(__file__).parents[2] / "examples"

ENDLESS = {"drop_in.py", "handlers.py", "interruptions.py"}
"""Examples that end with Ctrl-C."""

SURVIVES = {"drop_in.py", "handlers.py", "interruptions.py"}
"""Examples whose connection is dropped once it streams."""

SAYS = {
    "trades.py": [r"^\w\S* \d+\.?\d* \d+"] * 20,
    "columns.py": [r"^\d+ trades$", *[r"^\w\S* +\d+\.\d{4} +\d+$"] * 10],
    "filters.py": [
        *[r"^(AAPL|MSFT|NVDA|SPY|TSLA) \d+"] * 10,
        r"^thin quotes of \w",
        r"^\d{3,} events came, [1-9]\d* of them were left out$",
    ],
    "handlers.py": [r"^ +\d+ trades, the largest \d+ \w", r"^ +\d+ second bars"],
    "bars.py": [r"^\d+ bars, \d+ sent again$", *[r"^\w\S*( \d+\.?\d*){5}$"] * 5],
    "subscriptions.py": [
        r"^quotes of \w",
        r"^\w\S* \d+\.\d+ \d+\.\d+",
        r"^still subscribed: Q\.\w",
    ],
    "two_markets.py": [r"^stocks: \d{4,} events", r"^crypto: \d{4,} events"],
    "interruptions.py": [
        r"^state: waiting",
        r"^state: live",
        r"^\d+\.\d s without data: ",
        r"^missing: trades between \d{13} and \d{13}",
    ],
    "slow_consumer.py": [r"^lost \{'\w+': \d+", r"^received \d{4,} and lost [1-9]\d*$"],
    "blocking.py": [r"^ +\d+ events, \d+ bytes$"] * 5,
    "refusals.py": [
        r"^stocks T\.AAPL: streams",
        r"^the caller: 'AAPL' has no channel",
        r"^the caller: 'XT\.BTC-USD' names no channel of stocks",
        r"^the caller: 'bonds' is not a market",
        r"^the caller: 'Q\.\*' is a wildcard",
        r"^the server: ",
        r"^the line: ",
    ],
    "decode_lines.py": [r"^T +2$", r"^status +1$", r"^Q +1$"],
    "drop_in.py": [r"^trade \w\S* \d+\.?\d* \d+", r"^bar \w"],
    "change_handlers.py": [
        r"^the server says: authenticated",
        r"^the first trade: \w",
        r"^a quote of that stock: \w",
    ],
    "own_loop.py": [r"^\d{4,} trades$"],
    "callbacks.py": [r"^closed: 1000 None$", r"^\d{4,} trades$"],
    "drop_in_events.py": [
        *[r"^\w\S* \d+\.?\d* \d+ \{'ev': 'T'"] * 5,
        r"^on_trade failed on \w\S*: the sixth",
    ],
}
"""Lines that each example prints, among others."""


def missing(name: str, printed: list[str]) -> list[str]:
    """Patterns that no line matches, or fewer than there should be."""
    return [
        pattern
        for pattern, count in Counter(SAYS[name]).items()
        if sum(re.search(pattern, line) is not None for line in printed) < count
    ]


def interrupt(simulator: SimulatorProcess, before: int) -> None:
    """Drops the connection that comes next, once it streams."""
    while True:
        stats = simulator.stats()
        if stats["accepted"] > before and stats["connections"][-1]["events"]:
            break
        time.sleep(0.05)
    simulator.inject("drop")


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(
        rate=20_000, symbols=30, trade_share=0.5, keys=(LOOPBACK_KEY,), bar_hold_ms=100
    ) as process:
        yield process


def test_every_example_is_run_and_listed() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    assert names == set(SAYS)
    listed = re.findall(r"^\| \[(.*?)\]\((.*?)\) \|", (EXAMPLES / "README.md").read_text(), re.M)
    assert [name for name, _ in listed] == [link for _, link in listed]
    assert {name for name, _ in listed} == names


@pytest.mark.parametrize("name", sorted(SAYS))
def test_example(name: str, simulator: SimulatorProcess, tmp_path: Path) -> None:
    argument = f"ws://127.0.0.1:{simulator.port}"
    if name == "decode_lines.py":
        file = tmp_path / "frames"
        file.write_text(
            '[{"ev":"status","status":"success"}]\n[{"ev":"T"},{"ev":"Q"}]\n{"ev":"T"}\n'
        )
        argument = str(file)
    accepted = simulator.stats()["accepted"]
    without_keys = {key: value for key, value in os.environ.items() if key not in API_KEY_VARIABLES}
    with subprocess.Popen(
        [sys.executable, "-u", "-W", "error", str(EXAMPLES / name), argument],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # a reader ahead would keep from communicate() what it has read
        env=without_keys,
    ) as program:
        printed: list[str] = []
        try:
            if name in SURVIVES:
                interrupt(simulator, accepted)
            if name in ENDLESS:
                # Counted as they come: an example may print thousands of lines before the last one.
                left = Counter(SAYS[name])
                while +left:
                    printed.append(next(program.stdout).decode())
                    left.subtract(pattern for pattern in left if re.search(pattern, printed[-1]))
                program.send_signal(signal.SIGINT)
            rest, said = program.communicate(timeout=PATIENCE_S)
            complaints = said.decode()
            printed += rest.decode().splitlines()
        finally:
            program.kill()
    assert not missing(name, printed), (printed, complaints)
    assert program.returncode == 0
    # The handler's error there is meant, and logged once.
    assert complaints.count("Traceback") == (name == "drop_in_events.py"), complaints
