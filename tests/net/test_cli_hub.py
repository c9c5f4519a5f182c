"""``fastpoly hub``, as a process before a simulator, with clients in other processes."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastpoly.cli.terminal import ExitCode
from fastpoly.sim import SimulatorProcess
from tests.net.test_cli import run, start
from tests.waiting import PATIENCE_S


def events(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_programs_share_a_connection_and_the_hub_gives_an_account(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    with SimulatorProcess(rate=3000, symbols=20, max_connections=1) as simulator:
        url = simulator.url("stocks")
        arguments = ["hub", "stocks", "Q.*", "--url", url, "--port", "0", "--record", str(path)]
        with start(*arguments, "--json") as hub:
            assert hub.stdout is not None
            served = hub.stdout.readline().strip()
            assert served.startswith("ws://127.0.0.1:")
            assert served.endswith("/stocks")
            first = run("tail", "stocks", "T.*", "--url", served, "--count", "20")
            assert {event["ev"] for event in events(first.stdout)} == {"T"}
            second = run("tail", "stocks", "T.AAPL", "Q.*", "--url", served, "--count", "20")
            assert len(events(second.stdout)) == 20
            hub.send_signal(signal.SIGTERM)
            out, err = hub.communicate(timeout=PATIENCE_S)
        assert hub.returncode == ExitCode.TERMINATED
        assert "Traceback" not in err
        figures = json.loads(out)
        assert figures["connections"] == 1
        assert figures["readers"] == 2
        assert figures["lost"] == {}
        assert figures["bytes_sent"] > 0
        assert len(simulator.stats()["connections"]) == 1
    (recording,) = figures["recordings"]
    recorded = json.loads(run("info", str(path), "--json").stdout)
    del recorded["events"]["status"]
    # What it received, every event of it.
    assert figures["received"]["events"] == sum(recorded["events"].values())
    assert recording["dropped_events"] == 0


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["hub", "stokcs"], ExitCode.USAGE, "stokcs"),
        (["hub", "stocks", "--host", "0.0.0.0"], ExitCode.USAGE, "other machines"),  # noqa: S104
        (["hub", "stocks", "--keyfile", "k.pem"], ExitCode.USAGE, "--certfile"),
        (["hub", "stocks", "--certfile", "none.pem"], ExitCode.USAGE, "PEM"),
        (["hub", "stocks", "--token-file", "none"], ExitCode.USAGE, "token"),
        (["hub", "stocks", "--host", "192.0.2.1", "--port", "0"], ExitCode.USAGE, "192.0.2.1"),
        (["hub", "stocks", "--unix", "s" * 108], ExitCode.USAGE, "a short one"),
        (["hub", "stocks", "--unix", "s", "--unix-mode", "rw"], ExitCode.USAGE, "octal"),
        (["hub", "stocks", "--unix", "/none/s"], ExitCode.FAILED, "Make its directory first"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], code: ExitCode, words: str) -> None:
    done = run(*arguments, "--url", "ws://127.0.0.1:1/stocks")
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such memory")
def test_it_is_shared_through_memory() -> None:
    name = f"cli-hub-{os.getpid()}"
    with SimulatorProcess(rate=3000, symbols=20) as simulator:
        url = simulator.url("stocks")
        with start("hub", "stocks", "T.*", "--url", url, "--port", "0", "--shm", name) as hub:
            assert hub.stdout is not None
            assert hub.stdout.readline().startswith("ws://")
            read = run("tail", "stocks", "T.*", "--url", f"shm://{name}", "--count", "20")
            assert {event["ev"] for event in events(read.stdout)} == {"T"}
            hub.send_signal(signal.SIGTERM)
            hub.communicate(timeout=PATIENCE_S)
        assert hub.returncode == ExitCode.TERMINATED


def test_a_port_that_is_taken_is_said() -> None:
    url = "ws://127.0.0.1:1/stocks"
    with start("hub", "stocks", "--url", url, "--port", "0") as hub:
        assert hub.stdout is not None
        port = hub.stdout.readline().strip().rpartition(":")[2].partition("/")[0]
        second = run("hub", "stocks", "--url", url, "--port", port)
        assert second.returncode == ExitCode.FAILED
        assert "Could not listen" in second.stderr
        hub.send_signal(signal.SIGINT)
        hub.communicate(timeout=PATIENCE_S)
        assert hub.returncode == ExitCode.INTERRUPTED


@pytest.fixture
def unix() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fp-") as folder:  # pytest's own are long
        yield Path(folder) / "hub.sock"


def test_it_listens_on_a_unix_socket_and_removes_it_at_the_end(unix: Path) -> None:
    with SimulatorProcess(rate=3000, symbols=20) as simulator:
        url = simulator.url("stocks")
        with start("hub", "stocks", "--url", url, "--unix", str(unix)) as hub:
            assert hub.stdout is not None
            served = hub.stdout.readline().strip()
            assert served == f"ws+unix://{unix}:/stocks"
            assert stat.S_IMODE(unix.stat().st_mode) == 0o600
            read = run("tail", "stocks", "T.*", "--url", served, "--count", "20")
            assert {event["ev"] for event in events(read.stdout)} == {"T"}
            second = run("hub", "stocks", "--url", url, "--unix", str(unix))
            assert second.returncode == ExitCode.FAILED
            assert f"{unix}: another program listens there" in second.stderr
            assert "Stop that program, or choose another --unix" in second.stderr
            hub.send_signal(signal.SIGTERM)
            out, err = hub.communicate(timeout=PATIENCE_S)
        assert out == ""
        assert "Traceback" not in err
        assert not unix.exists()


def test_what_a_killed_hub_left_is_replaced_and_it_listens_on_a_port_as_well(unix: Path) -> None:
    with SimulatorProcess(rate=3000, symbols=20) as simulator:
        url = simulator.url("stocks")
        arguments = ["hub", "stocks", "--url", url, "--unix", str(unix), "--unix-mode", "660"]
        with start(*arguments) as hub:
            assert hub.stdout is not None
            hub.stdout.readline()
            hub.kill()
        assert unix.is_socket()
        with start(*arguments, "--port", "0") as hub:
            assert hub.stdout is not None
            by_port, by_file = (hub.stdout.readline().strip() for _ in range(2))
            assert by_port.startswith("ws://127.0.0.1:")
            assert by_file == f"ws+unix://{unix}:/stocks"
            assert stat.S_IMODE(unix.stat().st_mode) == 0o660
            for served in (by_port, by_file):
                assert len(run("tail", "stocks", "T.*", "--url", served, "--count", "5").stdout)
            hub.send_signal(signal.SIGTERM)
            hub.communicate(timeout=PATIENCE_S)
        assert not unix.exists()


def page(url: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url.replace("/metrics", path)) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_figures_and_health_are_served_beside_it() -> None:
    with SimulatorProcess(rate=3000, symbols=20) as simulator:
        url = simulator.url("stocks")
        with start("hub", "stocks", "--url", url, "--port", "0", "--metrics", "0") as hub:
            assert hub.stdout is not None
            assert hub.stderr is not None
            served = hub.stdout.readline().strip()
            figures = hub.stderr.readline().strip().removeprefix("fastpoly: ").split()[1]
            # Nobody wants anything yet.
            assert page(figures, "/health")[0] == 503
            with start("tail", "stocks", "T.*", "--url", served) as reader:
                assert reader.stdout is not None
                assert json.loads(reader.stdout.readline())["ev"] == "T"
                assert page(figures, "/health")[0] == 200
                assert 'market="stocks"' in page(figures, "/metrics")[1]
                port = figures.rpartition(":")[2].partition("/")[0]
                second = run("hub", "stocks", "--url", url, "--port", "0", "--metrics", port)
                assert second.returncode == ExitCode.FAILED
                assert f"Could not listen on 127.0.0.1:{port}" in second.stderr
                assert "another --metrics" in second.stderr
                reader.kill()
            hub.send_signal(signal.SIGTERM)
            hub.wait(PATIENCE_S)
