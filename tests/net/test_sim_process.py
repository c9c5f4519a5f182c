"""The simulator in a process of its own, and the fixtures that ship with it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from fastpoly.sim import SimulatorConfig, SimulatorProcess
from tests.loops import in_loop
from tests.net.wire_client import WireClient
from tests.waiting import PATIENCE_S

QUICK = {"symbols": 20, "history": 70, "rate": 2000.0}


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@in_loop
async def test_what_was_sent_is_what_was_received() -> None:
    with SimulatorProcess(**QUICK, events_per_frame=10) as simulator:
        client = await WireClient.login(simulator.url("stocks"), "key")
        await client.subscribe("T.*,Q.*,A.*")
        await client.some_events(500)
        simulator.pause()
        sent = simulator.stats()["events"]
        await client.until(lambda: len(client.events()) == sum(sent.values()))
        assert sent == {ev: len(client.events(ev)) for ev in sent}
        assert [json.loads(text)["action"] for _, text in simulator.requests()] == [
            "auth",
            "subscribe",
        ]
        simulator.resume()
        simulator.set_rate(50_000)
        await client.until(lambda: len(client.texts) > 300)
        assert simulator.send('[{"ev":"hello"}]') == 1
        await client.until(lambda: b'[{"ev":"hello"}]' in client.texts)
        assert simulator.inject("close", code=1012) == 1
        await client.ended()
        assert client.close_code == 1012
        assert simulator.stats()["faults"] == {"close": 1}


def test_errors_come_back() -> None:
    with SimulatorProcess(SimulatorConfig(**QUICK)) as simulator:
        with pytest.raises(RuntimeError, match="could not inject: ValueError: there is no fault"):
            simulator.inject("bang")
        with pytest.raises(RuntimeError, match="could not dance: KeyError"):
            simulator.command("dance")
        with pytest.raises(RuntimeError, match="above 0"):
            simulator.set_rate(-1)
        assert simulator.stats()["accepted"] == 0
        pid = simulator.pid
    assert gone(pid)
    with pytest.raises(RuntimeError, match="not running"):
        simulator.stats()
    simulator.stop()


def test_bad_settings_are_refused_before_anything_starts() -> None:
    with pytest.raises(ValueError, match="no setting"):
        SimulatorProcess(colour="red")
    with pytest.raises(ValueError, match="rate"):
        SimulatorProcess(rate=-1)


def test_a_port_that_is_taken(capfd: pytest.CaptureFixture[str]) -> None:
    with SimulatorProcess(**QUICK) as simulator:
        other = SimulatorProcess(**QUICK, port=simulator.port)
        with pytest.raises(RuntimeError, match="has ended"):
            other.start()
        other.stop()
    assert "Traceback" not in capfd.readouterr().err


def test_it_does_not_outlive_who_started_it() -> None:
    script = (
        "import os, sys\n"
        "from fastpoly.sim import SimulatorProcess\n"
        f"simulator = SimulatorProcess(**{QUICK!r})\n"
        "simulator.start()\n"
        "print(simulator.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    pid = int(output.stdout)
    deadline = time.monotonic() + PATIENCE_S
    while not gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_quietly(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fastpoly.sim", "--symbols", "10"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # a reader ahead would keep from communicate() what it has read
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    assert first.startswith(b"ws://127.0.0.1:")
    process.send_signal(number)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert output == b""
    assert [line for line in errors.splitlines() if not line.startswith(b"ws://")] == []


def test_a_wrong_option_is_named() -> None:
    for option in (["--rate", "-1"], ["--fault", "bang"], ["--acks", "never"]):
        result = subprocess.run(
            [sys.executable, "-m", "fastpoly.sim", *option],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert result.returncode == 2
        assert option[0].removeprefix("--") in result.stderr
        assert "Traceback" not in result.stderr


def test_the_factory_fixture(fastpoly_simulators: Any) -> None:
    first = fastpoly_simulators(**QUICK)
    second = fastpoly_simulators(**QUICK, seed=2)
    assert first.port != second.port
    assert second.config.seed == 2
    assert not gone(first.pid)


def test_the_session_fixture(fastpoly_simulator: SimulatorProcess) -> None:
    async def main() -> None:
        client = await WireClient.login(fastpoly_simulator.url("crypto"))
        await client.subscribe("XT.*")
        await client.some_events(50)
        await client.close()

    asyncio.run(main())


def test_the_plugin_is_light() -> None:
    script = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import pytest\n"
        "loaded = set(sys.modules)\n"
        "import fastpoly.pytest_plugin\n"
        "print(*sorted(m for m in set(sys.modules) - loaded if m.startswith('fastpoly.sim')))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert output.stdout.strip() == ""
