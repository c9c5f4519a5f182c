"""The command line as users run it: processes, pipes, signals, exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from fastpoly.cli import demo, main
from fastpoly.cli.terminal import ExitCode
from fastpoly.sim import SimulatorProcess
from tests.waiting import PATIENCE_S

KEY_VARIABLES = ("FASTPOLY_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY")


def environment(**variables: str) -> dict[str, str]:
    """The process's own environment without keys and without what changes the display."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in {*KEY_VARIABLES, "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "COLUMNS"}
    }
    return clean | variables


def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fastpoly", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**variables),
    )


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    with start(*arguments, **variables) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def unless_it_was_slow(said: str) -> str:
    """What tail has said, without what it says where the machine was slow for a moment."""
    slow = r"connected to .*; waiting for .*|The event loop was blocked for .*"
    return re.sub(rf"fastpoly: (?:{slow})\n", "", said)


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(rate=5000, symbols=50, keys=("good", "simulator", "demo")) as process:
        yield process


@pytest.fixture
def url(simulator: SimulatorProcess) -> str:
    return simulator.url("stocks")


def connections(simulator: SimulatorProcess) -> int:
    return sum(not entry["ended"] for entry in simulator.stats()["connections"])


def wait_for_no_connections(simulator: SimulatorProcess) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while connections(simulator):
        assert time.monotonic() < deadline, "the connection is still there"
        time.sleep(0.01)


# -------------------------------------------------------------------------------------- tail


def test_tail_writes_one_object_a_line(url: str) -> None:
    done = run("tail", "stocks", "T.*", "Q.*", "--url", url, "--count", "200")
    assert done.returncode == ExitCode.OK, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(events) == 200
    assert {event["ev"] for event in events} == {"T", "Q"}
    assert unless_it_was_slow(done.stderr) == ""


def test_tail_where(url: str) -> None:
    conditions = ("--where", "size >= 100", "--where", "not conditions has 37")
    done = run("tail", "stocks", "T.*", "Q.*", "--url", url, "--count", "200", *conditions)
    assert (done.returncode, unless_it_was_slow(done.stderr)) == (ExitCode.OK, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    trades = [event for event in events if event["ev"] == "T"]
    assert 0 < len(trades) < len(events) == 200
    assert all(event["s"] >= 100 and 37 not in event.get("c", ()) for event in trades)


def test_tail_where_nothing_can_be(url: str) -> None:
    for condition in ("sized > 1", "size"):
        done = run("tail", "stocks", "T.*", "--url", url, "--where", condition)
        assert done.returncode == ExitCode.USAGE
        assert "size" in done.stderr


def test_tail_of_other_markets(simulator: SimulatorProcess) -> None:
    done = run("tail", "crypto", "XT.*", "--url", simulator.url("crypto"), "--count", "3")
    assert done.returncode == ExitCode.OK, done.stderr
    assert [json.loads(line)["ev"] for line in done.stdout.splitlines()] == ["XT"] * 3


def test_tail_by_attribute_names(url: str) -> None:
    done = run("tail", "stocks", "T.*", "--url", url, "--count", "3", "--format", "named")
    assert done.returncode == ExitCode.OK, done.stderr
    for line in done.stdout.splitlines():
        trade = json.loads(line)
        assert {"event_type", "symbol", "price", "size", "timestamp"} <= set(trade)


def test_tail_for_people(url: str) -> None:
    done = run("tail", "stocks", "T.*", "--url", url, "--count", "3", "--format", "text")
    assert done.returncode == ExitCode.OK, done.stderr
    for line in done.stdout.splitlines():
        assert re.match(r"\d\d:\d\d:\d\d\.\d{3}  T     \S+ +.*price=", line)


def test_tail_ends_quietly_when_its_reader_has_enough(
    url: str, simulator: SimulatorProcess
) -> None:
    with start("tail", "stocks", "T.*", "--url", url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["ev"] == "T"
        process.stdout.close()
        assert process.wait(30) == ExitCode.OK
        assert unless_it_was_slow(process.stderr.read()) == ""
    wait_for_no_connections(simulator)


def test_tail_notices_that_its_reader_is_gone_while_nothing_comes(
    url: str, simulator: SimulatorProcess
) -> None:
    """Nobody trades this ticker, so there is no write that could fail."""
    with start("tail", "stocks", "T.NOSUCH", "--url", url) as process:
        assert process.stdout is not None
        deadline = time.monotonic() + PATIENCE_S
        while not connections(simulator) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.stdout.close()
        assert process.wait(30) == ExitCode.OK
    wait_for_no_connections(simulator)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)],
)
def test_signals_end_tail_quietly(
    url: str, simulator: SimulatorProcess, number: int, code: int
) -> None:
    with start("tail", "stocks", "T.*", "--url", url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(number)
        process.stdout.read()
        assert process.wait(30) == code
        assert unless_it_was_slow(process.stderr.read()) == ""
    wait_for_no_connections(simulator)


def test_the_key_comes_from_the_environment(url: str, simulator: SimulatorProcess) -> None:
    before = len(simulator.requests())
    done = run("tail", "stocks", "T.*", "--url", url, "--count", "1", FASTPOLY_API_KEY="good")
    assert done.returncode == ExitCode.OK, done.stderr
    sent = [text for _, text in simulator.requests()[before:]]
    assert json.loads(sent[0]) == {"action": "auth", "params": "good"}


def test_a_refused_key(url: str) -> None:
    key = "not-one-of-them"
    done = run("tail", "stocks", "T.*", "--url", url, FASTPOLY_API_KEY=key)
    assert done.returncode == ExitCode.REFUSED
    assert done.stdout == ""
    assert all(line.startswith(("fastpoly: ", "  ")) for line in done.stderr.splitlines())
    assert "Check the API key" in done.stderr
    assert key not in done.stderr


def test_no_key_for_the_real_service() -> None:
    done = run("tail", "stocks", "T.AAPL")
    assert done.returncode == ExitCode.USAGE
    assert "FASTPOLY_API_KEY" in done.stderr


@pytest.mark.sampled
@pytest.mark.parametrize(
    "arguments",
    [
        ("bonds", "T.*"),
        ("stocks", "AAPL"),
        ("stocks", "XT.BTC-USD"),
        ("stocks", "T.*", "--url", "http://127.0.0.1"),
        ("stocks", "T.*", "--feed", "fast"),
        ("stocks", "T.*", "--count", "0"),
        ("stocks", "T.*", "--format", "xml"),
    ],
    ids=" ".join,
)
def test_wrong_arguments(arguments: tuple[str, ...]) -> None:
    done = run("tail", *arguments, FASTPOLY_API_KEY="good")
    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        done = run("tail", "stocks", "T.*", "--url", f"ws://127.0.0.1:{port}")
    assert done.returncode == ExitCode.DISCONNECTED
    assert "Traceback" not in done.stderr


WAITING = "fastpoly: connected to {url}; waiting for T.NOSUCH\n"


def test_tail_says_that_it_is_connected_and_waits(url: str, simulator: SimulatorProcess) -> None:
    with start("tail", "stocks", "T.NOSUCH", "--url", url) as process:
        assert process.stderr is not None
        assert WAITING.format(url=url) in process.stderr
        process.terminate()
        assert process.wait(30) == ExitCode.TERMINATED
    wait_for_no_connections(simulator)


def test_tail_waits_for_so_long_and_no_longer(url: str) -> None:
    done = run("tail", "stocks", "T.NOSUCH", "--url", url, "--wait", "1.5")
    assert (done.returncode, done.stdout) == (ExitCode.FAILED, "")
    assert WAITING.format(url=url) in done.stderr
    assert unless_it_was_slow(done.stderr) == "fastpoly: nothing came for 1.5 s.\n"


def test_tail_with_wait_goes_on_while_something_comes(url: str) -> None:
    done = run("tail", "stocks", "T.*", "Q.*", "--url", url, "--wait", "20", "--count", "3000")
    assert done.returncode == ExitCode.OK, done.stderr
    assert len(done.stdout.splitlines()) == 3000


def test_tail_with_tls_where_there_is_none(simulator: SimulatorProcess) -> None:
    url = simulator.url("stocks").replace("ws:", "wss:")
    done = run("tail", "stocks", "T.*", "--url", url)
    assert done.returncode == ExitCode.DISCONNECTED
    first, second = unless_it_was_slow(done.stderr).splitlines()
    assert first.startswith(f"fastpoly: {url} ended the connection during the TLS handshake")
    assert "use ws:// and not wss://" in second


def test_tail_without_tls_where_there_is_some(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(str(chain))
    certificate.private_key_pem.write_to_path(str(key))
    with SimulatorProcess(certfile=str(chain), keyfile=str(key)) as server:
        url = server.url("stocks")
        plain = run("tail", "stocks", "T.*", "--url", url.replace("wss:", "ws:"))
        unknown = run("tail", "stocks", "T.*", "--url", url)
    assert plain.returncode == unknown.returncode == ExitCode.DISCONNECTED
    assert "wss://" in plain.stderr
    assert "does not verify" in unknown.stderr
    for done in (plain, unknown):
        assert len(unless_it_was_slow(done.stderr).splitlines()) == 2


def test_tail_of_a_host_that_does_not_resolve() -> None:
    url = "ws://no-such-host.invalid/stocks"
    done = run("tail", "stocks", "T.*", "--url", url, FASTPOLY_API_KEY="good")
    assert done.returncode == ExitCode.DISCONNECTED
    first, second = unless_it_was_slow(done.stderr).splitlines()
    assert "'no-such-host.invalid' does not resolve" in first
    assert "spelling" in second


# ----------------------------------------------------------------------- standard streams

FULL = Path("/dev/full")


def shell(
    arguments: str, redirection: str, url: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line with streams that only a shell can give it."""
    script = f'"$PYTHON" -m fastpoly {arguments} {redirection}'
    return subprocess.run(
        ["sh", "-c", script],
        env=environment(PYTHON=sys.executable, URL=url, **variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.sampled
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_with_closed_streams(closed: str, url: str) -> None:
    for arguments in ("tail stocks 'T.*' --count 1 --url $URL", "demo --seconds 0.5 --rate 2000"):
        done = shell(arguments, closed, url)
        assert done.returncode == ExitCode.OK, done.stderr
        assert "Traceback" not in done.stderr
        assert bool(done.stdout) == (">&-" not in closed.replace("2>&-", ""))
    assert shell("nonsense", closed).returncode == ExitCode.USAGE


@pytest.mark.sampled
@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments",
    [
        "tail stocks 'T.*' --url $URL",
        "demo --seconds 0.5 --rate 2000",
        "sim --port 0",
        "--help",
        "tail --help",
    ],
)
def test_output_to_a_full_disk(arguments: str, url: str) -> None:
    done = shell(arguments, f"> {FULL}", url)
    assert done.returncode == ExitCode.FAILED
    said = unless_it_was_slow(done.stderr)
    lines = [line for line in said.splitlines() if not line.startswith("A simulated")]
    assert lines == [
        "fastpoly: Standard output cannot be written: No space left on device.",
        "  Check where standard output goes, and that there is room.",
    ]


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_errors_to_a_full_disk(url: str) -> None:
    tail = "tail stocks 'T.*' --url $URL --count 1"
    assert shell(tail, f"2> {FULL}", url).returncode == ExitCode.OK
    refused = shell(tail, f"2> {FULL}", url, FASTPOLY_API_KEY="bad")
    assert refused.returncode == ExitCode.REFUSED
    assert shell("nonsense", f"2> {FULL}").returncode == ExitCode.USAGE
    assert shell("demo --seconds 0.5 --rate 2000", f"2> {FULL}").returncode == ExitCode.OK


def test_a_reader_that_has_enough_of_a_help_page() -> None:
    for arguments in ("--help", "sim --help", "--version"):
        done = shell(arguments, "| true")
        assert done.stderr == ""


# --------------------------------------------------------------------------------------- sim


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rate", "nan"), "rate must be a finite number"),
        (("--rate", "inf"), "rate must be a finite number"),
        (("--rate", "-1"), "rate must not be negative"),
        (("--port", "65536"), "port must be at most 65,535"),
        (("--port", "-1"), "port must not be negative"),
        (("--symbols", "1000000000000"), "symbols must be at most"),
        (("--ack-delay", "nan"), "ack_delay must be a finite number"),
        (("--report", "nan"), "not a finite number"),
        (("--fault", "drop:every=nan"), "every must not be nan"),
        (("--fault", "drop:at=-1"), "at must not be -1"),
        (("--certfile", "/no/such", "--keyfile", "/no/such"), "/no/such: No such file"),
        (("--certfile", __file__, "--keyfile", __file__), "certificate cannot be read"),
    ],
    ids=str,
)
def test_sim_with_wrong_arguments(arguments: tuple[str, ...], words: str) -> None:
    done = run("sim", *arguments)
    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "words"),
    [("no-such-host.invalid", "not known"), ("192.0.2.1", "Cannot assign")],
)
def test_sim_on_an_address_of_somebody_else(host: str, words: str) -> None:
    done = run("sim", "--host", host, "--port", "0")
    assert done.returncode == ExitCode.FAILED
    first, second = done.stderr.splitlines()
    assert words in first
    assert "--host" in second


def test_sim_serves_what_tail_reads() -> None:
    with start("sim", "--port", "0", "--rate", "2000", "--symbols", "20") as server:
        assert server.stdout is not None
        assert server.stderr is not None
        urls = [server.stdout.readline().strip() for _ in range(6)]
        assert [url.rpartition("/")[2] for url in urls] == [
            "stocks", "options", "forex", "crypto", "indices", "futures",
        ]  # fmt: skip
        done = run("tail", "forex", "C.*", "--url", urls[2], "--count", "5")
        assert done.returncode == ExitCode.OK, done.stderr
        assert len(done.stdout.splitlines()) == 5
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == ExitCode.INTERRUPTED
        assert "Traceback" not in server.stderr.read()


def test_sim_with_faults() -> None:
    faults = ("--fault", "close:code=1012,at=0.2,times=1", "--fault", "bad_json:at=0.1,times=1")
    with start("sim", "--port", "0", "--rate", "2000", "--symbols", "20", *faults) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            done = run("tail", "stocks", "T.*", "Q.*", "--url", url, "--count", "1500")
        finally:
            server.terminate()
    assert done.returncode == ExitCode.OK, done.stderr
    assert len(done.stdout.splitlines()) == 1500
    assert "the JSON text ends too early" in done.stderr
    assert re.search(r"gap of .* is restarting", done.stderr)


def test_sim_reports(simulator: SimulatorProcess) -> None:
    with start("sim", "--port", "0", "--report", "0.05") as server:
        assert server.stderr is not None
        assert "Listening" in server.stderr.readline()
        assert re.match(r"0 connections, 0 events/s, 0 events in all", server.stderr.readline())
        server.terminate()
        assert server.wait(30) == ExitCode.TERMINATED


def test_sim_on_a_taken_port(simulator: SimulatorProcess) -> None:
    done = run("sim", "--port", str(simulator.port))
    assert done.returncode == ExitCode.FAILED
    assert str(simulator.port) in done.stderr
    assert "Traceback" not in done.stderr


# -------------------------------------------------------------------------------------- demo


@pytest.mark.sampled
@pytest.mark.parametrize(
    "arguments", [("--rate", "nan"), ("--rate", "inf"), ("--seconds", "nan"), ("--seconds", "inf")]
)
def test_demo_with_wrong_arguments(arguments: tuple[str, ...]) -> None:
    done = run("demo", *arguments)
    assert done.returncode == ExitCode.USAGE
    assert "finite number" in done.stderr
    assert "fastpoly demo --help" in done.stderr


def test_demo_accounts_for_every_event() -> None:
    done = run("demo", "--seconds", "2", "--rate", "20000", "--symbols", "100")
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    rows = {
        words[0]: [int(word.replace(",", "")) for word in words[1:]]
        for words in map(str.split, done.stdout.splitlines())
        if words and words[0] in {"T", "Q", "AM", "all"}
    }
    assert set(rows) == {"T", "Q", "AM", "all"}
    for sent, received, lost in rows.values():
        assert (sent, lost) == (received, 0)
    assert rows["T"][0] > 0
    assert rows["Q"][0] > 0
    assert "of one core" in done.stdout
    # The lines that it writes where there is no terminal.
    assert len(re.findall(r"^ +\d+\.\d s  T [\d,]+/s", done.stderr, re.MULTILINE)) >= 1
    assert "\x1b" not in done.stderr


def test_demo_for_programs() -> None:
    done = run("demo", "--seconds", "1", "--rate", "3000", "--symbols", "10", "--json")
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    account = json.loads(done.stdout)
    assert account["complete"] is True
    assert account["sent"] == account["received"]
    assert sum(account["sent"].values()) > 1000
    assert not any(account["lost"].values())
    assert 0 <= account["lag_ms"]["p50"] <= account["lag_ms"]["p99"]
    assert account["bytes"] > 100 * sum(account["sent"].values()) / 2
    assert 0 < account["reader_cpu"] < 1.5


def test_demo_fails_when_events_are_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Boastful(SimulatorProcess):
        """Says that it sent three trades more than it did."""

        def stats(self) -> dict[str, Any]:
            stats = super().stats()
            stats["events"]["T"] += 3
            return stats

    monkeypatch.setattr(demo, "SimulatorProcess", Boastful)
    monkeypatch.setattr(demo, "SETTLE_S", 0.2)
    assert main(["demo", "--seconds", "0.5", "--rate", "2000", "--json"]) == ExitCode.FAILED
    account = json.loads(capsys.readouterr().out)
    assert account["lost"] == {"T": 3, "Q": 0, "AM": 0}
    assert account["complete"] is False


def test_demo_on_a_terminal_draws_a_table() -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "fastpoly", "demo", "--seconds", "1.5", "--rate", "3000"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=environment(TERM="xterm", COLUMNS="100", LINES="40"),
    )
    os.close(terminal)
    drawn = b""
    try:
        while select.select([controller], [], [], 60)[0]:
            try:
                drawn += os.read(controller, 65536)
            except OSError:  # the other end of a terminal is closed: Linux says EIO
                break
        out, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    assert process.returncode == ExitCode.OK
    for part in (b"events/s", b"lag p99 ms", b"busiest:", b"A simulated stocks market"):
        assert part in drawn
    assert b"lost" in out
    assert b"\x1b" not in out


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # After the name, which may have anything in it: state, then the parent.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ctrl_c_ends_demo_and_its_simulator() -> None:
    with start("demo", "--seconds", "60", "--rate", "2000") as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.stderr.readline()
        (simulator,) = children(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == ExitCode.INTERRUPTED
        assert "Traceback" not in process.stderr.read()
    assert not is_running(simulator)
